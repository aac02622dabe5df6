"""A user's own knowledge over the shipped one: what it adds, what gives way, and how strictly it is
read.
"""

from datetime import date
from typing import Any

import pytest

from hotpatch_cli.knowledge.load import load_knowledge

KNOWLEDGE = load_knowledge()
SOURCES = "sources: {mine: {title: my page, url: 'https://example.org', read: 2026-11-20}}\n"
IMAGE = "publisher: MicrosoftWindowsServer, offer: WindowsServer, platforms: [azure], source: mine"
EVENT = "product: ws2025, day: 2026-01-01, from: 2026-01-01, source: mine"
OCTOBER = (
    "product: ws2025, date: 2026-10-13, kb: KB5199999, build: 26100.33500, "
    "confidence: high, source: mine"
)
ARC = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true}"
MACHINE = (
    f"machines: [{{name: a, platform: arc, os: Windows Server 2025 Standard, {ARC}, build: BUILD}}]"
)


@pytest.fixture
def checked(hotpatch: Any) -> Any:
    """The machine of a fleet by the shipped knowledge and the user's rows, with the codes of the
    run.
    """

    def run(fleet: str, as_of: str, **files: str) -> Any:
        given = [
            (f"--{name}", hotpatch.write(f"{name}.yaml", SOURCES + text))
            for name, text in files.items()
        ]
        done = hotpatch.check(fleet, "--as-of", as_of, *(part for pair in given for part in pair))
        assert done.code != 2, done.err
        return done.machines["a"] | {"run": [each["code"] for each in done.json["run_reasons"]]}

    return run


def codes(machine: Any) -> set[str]:
    """The codes of a machine's reasons, but for those on its windows."""
    return {each["code"] for each in machine["reasons"] if each["code"] < "HP5"}


def test_a_row_of_october_ends_the_ignorance(checked: Any) -> None:
    """With the baseline's row, HP310 is gone: the machine that has it is current, and another one
    waits for its KB.
    """
    rows = f"releases: [{{{OCTOBER}, kind: planned-baseline}}]"
    due = checked(MACHINE.replace("BUILD", "26100.33438"), "2026-11-23", releases=rows)
    assert due["run"] == []
    assert due["next_baseline"] == {"date": "2026-10-13", "kind": "planned", "confirmed": True}
    assert due["track"]["next_update"]["kb"] == "KB5199999"
    current = checked(MACHINE.replace("BUILD", "26100.33500"), "2026-11-23", releases=rows)
    assert current["track"]["state"] == "current"


def test_a_kind_that_was_not_stated_is_given(checked: Any) -> None:
    """A row with the KB of a shipped row without a kind takes its place, and the track is known."""
    image = KNOWLEDGE.matrix.images[0].urn
    vm = f"machines: [{{name: a, platform: azure, image: {image}, build: 20348.5622}}]"
    row = (
        "{product: ws2022, date: 2026-09-08, kb: KB5122882, confidence: high, source: mine, "
        "kind: KIND}"
    )
    row = row.replace("kb:", "build: 20348.5622, kb:")
    assert checked(vm, "2026-09-20")["track"]["state"] == "unknown"
    for kind, state in (("unplanned-baseline", "current"), ("standard", "off-track")):
        told = checked(vm, "2026-09-20", releases=f"releases: [{row.replace('KIND', kind)}]")
        assert told["track"]["state"] == state
        assert "HP309" not in codes(told)


def test_a_row_that_is_not_confirmed_is_a_schedule(checked: Any) -> None:
    """A baseline with a KB but of low confidence, or without KB and build, confirms nothing."""
    weak = (
        "{product: ws2025, date: 2026-10-13, kind: planned-baseline, kb: KB5199999, "
        "confidence: low, source: mine}"
    )
    bare = (
        "{product: ws2025, date: 2027-01-12, kind: planned-baseline, confidence: high, "
        "source: mine}"
    )
    for row, as_of in ((weak, "2026-11-23"), (bare, "2027-02-01")):
        found = checked(
            MACHINE.replace("BUILD", "26100.33438"), as_of, releases=f"releases: [{row}]"
        )
        assert found["next_baseline"]["confirmed"] is False
        assert found["run"] == ["HP310"]


def test_an_image_is_added_from_its_day_on(checked: Any) -> None:
    """A user's image can hotpatch from its first day, and not before."""
    row = f"images: [{{product: ws2025, sku: 2025-mini, from: 2026-03-01, {IMAGE}}}]"
    image = "MicrosoftWindowsServer:WindowsServer:2025-mini"
    fleet = f"machines: [{{name: a, platform: azure, image: {image}}}]"
    assert "HP101" in codes(checked(fleet, "2026-03-01"))
    assert "HP101" not in codes(checked(fleet, "2026-03-01", matrix=row))
    assert "HP101" in codes(checked(fleet, "2026-02-28", matrix=row))


def test_a_day_of_a_shipped_image_is_corrected(hotpatch: Any) -> None:
    """A row of an image that is there already takes its place, whatever its day."""
    path = hotpatch.write(
        "m.yaml", f"{SOURCES}images: [{{product: ws2025, sku: x, from: 2026-03-01, {IMAGE}}}]"
    )
    shipped = KNOWLEDGE.matrix.images[0]
    row = f"{{product: ws2022, sku: {shipped.sku.upper()}, from: 2023-01-01, {IMAGE}}}"
    text = f"{SOURCES}images: [{row}]"
    text = text.replace("[azure]", "[azure, azure-local]")
    more = load_knowledge(
        [str(hotpatch.folder / path), str(hotpatch.folder / hotpatch.write("n.yaml", text))]
    ).matrix.images
    assert len(more) == len(KNOWLEDGE.matrix.images) + 1
    assert [row.from_day for row in more if row.sku.lower() == shipped.sku] == [date(2023, 1, 1)]


def test_an_edition_is_added_from_its_day_on(checked: Any) -> None:
    """A user's edition can hotpatch through Arc from its first day on, and before it the day is
    named.
    """
    fleet = MACHINE.replace("BUILD", "26100.33222").replace("Standard", "Essentials")
    row = "editions: [{product: ws2025, edition: Essentials, from: 2026-08-01, source: mine}]"
    assert codes(checked(fleet, "2026-08-20")) == {"HP104"}
    assert codes(checked(fleet, "2026-08-20", matrix=row)) == set()
    early = checked(fleet, "2026-07-31", matrix=row)
    assert codes(early) == {"HP105"}
    assert "2026-08-01" in early["reasons"][0]["message"]


def test_replace_leaves_only_the_users_rows(checked: Any) -> None:
    """With `replace: true` the shipped matrix says nothing more."""
    fleet = f"machines: [{{name: a, platform: azure, image: {KNOWLEDGE.matrix.images[0].urn}}}]"
    row = f"replace: true\nimages: [{{product: ws2025, sku: only, from: 2026-03-01, {IMAGE}}}]"
    found = checked(fleet, "2026-08-20", matrix=row)
    assert codes(found) == {"HP101"}
    assert "MicrosoftWindowsServer:WindowsServer:only" in found["reasons"][0]["message"]


ROW = f"{{product: ws2025, sku: x, from: 2026-03-01, {IMAGE}}}"
BAD: dict[str, tuple[str, str, str]] = {
    "unknown-list": ("matrix", f"image: [{ROW}]", "Did you mean 'images'"),
    "unknown-key": ("matrix", f"images: [{ROW.replace('sku:', 'skuu:')}]", "Did you mean 'sku'"),
    "missing-key": ("matrix", f"images: [{ROW.replace('sku: x, ', '')}]", "sku"),
    "twice": (
        "matrix",
        f"images: [{ROW}, {ROW.replace('2026-03-01', '2026-04-01')}]",
        "is defined twice",
    ),
    "platform": ("matrix", f"images: [{ROW.replace('[azure]', '[azur]')}]", "Did you mean 'azure'"),
    "product": (
        "matrix",
        f"images: [{ROW.replace('ws2025', 'ws2028')}]",
        "isn't one of ws2022, ws2025",
    ),
    "no-source": ("matrix", f"images: [{ROW.replace(', source: mine', '')}]", "source"),
    "pattern": (
        "matrix",
        "lookalikes: [{pattern: '(', why: x, source: mine}]",
        "isn't a valid regular expression",
    ),
    "year": (
        "matrix",
        f"images: [{ROW.replace('2026-03-01', '0001-01-01')}]",
        "isn't in the years 2000 to 2189",
    ),
    "not-a-list": ("matrix", "images: 5", "Expected a list"),
    "event": (
        "matrix",
        f"lifecycle: [{{{EVENT}, event: party}}]",
        "party",
    ),
    "release-year": (
        "releases",
        f"releases: [{{{OCTOBER.replace('2026-10-13', '9999-12-31')}}}]",
        "2000 to 2189",
    ),
    "release-kind": ("releases", f"releases: [{{{OCTOBER}, kind: baseline}}]", "planned-baseline"),
    "release-confidence": (
        "releases",
        f"releases: [{{{OCTOBER.replace('high', 'sure')}}}]",
        "high, medium, low",
    ),
    "release-kb": (
        "releases",
        f"releases: [{{{OCTOBER.replace('KB5199999', '5199999')}}}]",
        "Use the format KB and number",
    ),
    "release-list": ("releases", "releases: {}", "Expected a list"),
    "release-none": ("releases", "", "releases"),
    "release-known": (
        "releases",
        f"releases: [{{{OCTOBER.replace('KB5199999', 'KB5122871')}}}]",
        "already exists",
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["check", "calendar"])
def test_a_users_file_is_read_strictly(name: str, command: str, hotpatch: Any) -> None:
    """What is wrong in a user's file is named with its place; exit code 2, nothing written."""
    option, text, said = BAD[name]
    if command == "calendar" and option == "matrix":
        command = "matrix"
    hotpatch.write("mine.yaml", SOURCES + text)
    hotpatch.write("fleet.yaml", "machines: [{name: a, platform: arc}]")
    given = (
        ["fleet.yaml"]
        if command == "check"
        else ["--year", "2026"]
        if command == "calendar"
        else []
    )
    done = hotpatch(command, *given, f"--{option}", "mine.yaml")
    assert done.code == 2
    assert said in done.err
    assert "mine.yaml:" in done.err
    assert done.out == ""


def test_all_problems_of_a_file_are_told_at_once(hotpatch: Any) -> None:
    """Two faults of one file are two lines with two places."""
    hotpatch.write(
        "mine.yaml",
        f"{SOURCES}releases:\n  - {{{OCTOBER}, kind: x}}\n  - {{{OCTOBER}, kimd: hotpatch}}\n",
    )
    hotpatch.write("fleet.yaml", "machines: [{name: a, platform: arc}]")
    done = hotpatch("check", "fleet.yaml", "--releases", "mine.yaml")
    assert "mine.yaml:3:" in done.err
    assert "mine.yaml:4:" in done.err
