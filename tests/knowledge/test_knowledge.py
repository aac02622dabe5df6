"""The rows of knowledge: each has its source, no two are the same, and a user's files are read as
strictly.
"""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from hotpatch_cli.documents.codec import parse_date
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.cache import frozen, thawed
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.records import PRODUCTS, STANDARD, Release, Rule
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday
from hotpatch_cli.use_cases.check import check

KNOWLEDGE = load_knowledge()
BUILDS = {"ws2022": 20348, "ws2025": 26100}


@pytest.mark.parametrize(
    "row", KNOWLEDGE.releases, ids=lambda row: f"{row.product}-{row.date}-{row.name}"
)
def test_a_release_is_well_formed(row: Release) -> None:
    """A release has a source with its day, a build of its product, and a Patch Tuesday where it is
    monthly.
    """
    assert row.source
    assert all(source.title and source.read for source in row.source)
    assert row.build is None or row.build.number == BUILDS[row.product]
    if row.date is not None and row.kind in (
        "planned-baseline",
        "unplanned-baseline",
        "hotpatch",
        "standard",
        None,
    ):
        assert row.date == patch_tuesday(row.date.year, row.date.month)
    if row.kind == "planned-baseline" and row.date is not None:
        assert row.date.month in (1, 4, 7, 10)


@pytest.mark.parametrize(
    "row", KNOWLEDGE.releases, ids=lambda row: f"{row.product}-{row.date}-{row.name}"
)
def test_a_release_is_told_as_its_sources_allow(row: Release) -> None:
    """A KB has its form, sources were read before the collection ended, and only a schedule lacks
    KB and build.
    """
    assert row.kb is None or re.fullmatch(r"KB50[0-9]{5}|KB51[0-9]{5}", row.kb)
    assert all(date(2022, 2, 16) <= source.read <= date(2026, 11, 22) for source in row.source)
    assert row.kb or row.build or row.confidence == "low"
    assert row.date or row.confidence == "low"
    assert row.kind or row.notes, "why no kind is stated is told"


def test_no_release_stands_twice() -> None:
    """A KB belongs to one release of a product."""
    named = [(row.product, row.kb) for row in KNOWLEDGE.releases if row.kb]
    assert len(named) == len(set(named))
    assert len(KNOWLEDGE.releases) == 188


def test_only_one_build_is_shared() -> None:
    """Two updates share 26100.6905, and no other build belongs to two releases."""
    builds = Counter(str(row.build) for row in KNOWLEDGE.releases if row.build)
    assert {build for build, count in builds.items() if count > 1} == {"26100.6905"}


@pytest.mark.parametrize("product", PRODUCTS)
def test_builds_grow_with_the_days(product: str) -> None:
    """A release that comes later has a higher build, but for the standard update that a later
    hotpatch stays below.
    """
    rows = [row for row in KNOWLEDGE.releases if row.product == product and row.build and row.date]
    track = [row for row in rows if row.kind not in STANDARD]
    standard = [row for row in rows if row.kind in (*STANDARD, "planned-baseline")]
    for chain in (track, standard):
        builds = [row.build for row in sorted(chain, key=lambda row: (row.date, row.build))]
        assert builds == sorted(each for each in builds if each)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_month_has_one_release_of_the_track(product: str) -> None:
    """From the first release to the last scheduled one, each month has one baseline or hotpatch, or
    one of no kind.
    """
    kinds = ("planned-baseline", "unplanned-baseline", "hotpatch", None)
    days = [
        row.date
        for row in KNOWLEDGE.releases
        if row.product == product and row.kind in kinds and row.date
    ]
    months = sorted((day.year, day.month) for day in days)
    first, last = months[0], months[-1]
    count = (last[0] - first[0]) * 12 + last[1] - first[1] + 1
    assert len(months) == len(set(months)) == count


def test_every_row_of_the_matrix_has_its_source() -> None:
    """Images, editions, prices, prerequisites, statements: all name a source and its day."""
    for name in KNOWLEDGE.matrix._fields[1:]:
        for row in getattr(KNOWLEDGE.matrix, name):
            assert row.source, (name, row)
            assert all(source.url for source in row.source), (name, row)


def test_the_cache_keeps_every_row() -> None:
    """What the cache gives back equals what was put in."""
    assert thawed(frozen(KNOWLEDGE)) == KNOWLEDGE


def test_previews_of_a_c_week_are_of_2021_and_2022() -> None:
    """A preview is a standard update of Windows Server 2022 between two Patch Tuesdays, with KB and
    build.
    """
    previews = [row for row in KNOWLEDGE.releases if row.kind == "preview"]
    assert len(previews) == 15
    assert all(row.product == "ws2022" and row.kb and row.build and row.date for row in previews)
    assert {row.date.year for row in previews if row.date} == {2021, 2022}


def test_a_kind_can_be_less_sure_than_its_kb() -> None:
    """Microsoft's pages confirm the KBs of September 2026; whether the later ones keep the track is
    less sure.
    """
    rows = {row.kb: row for row in KNOWLEDGE.releases}
    for kb in ("KB5122871", "KB5129235", "KB5129237"):
        assert (rows[kb].confidence, rows[kb].confidence_of_kind) == ("high", "medium")
        assert all(
            source.url and "/" in source.url.removeprefix("https://")
            for source in rows[kb].source[:1]
        )
    assert rows["KB5061258"].confidence == "low"
    assert "contradict" in (rows["KB5061258"].notes or "")


def test_a_source_has_an_address_or_says_that_it_has_none() -> None:
    """A source of the release data can be opened, or its title says that it has no address of its
    own.
    """
    for row in KNOWLEDGE.releases:
        for source in row.source:
            page = (source.url or "").removeprefix("https://").partition("/")[2]
            assert page or "address" in source.title, source


RULES = list(KNOWLEDGE.rules.values())
NO_CURE = {"HP305", "HP309", "HP310"}
"""What no setting of the machine rights: the right example shows the same machine and says what
changes.
"""
LINTED = {"HP503", "HP505", "HP414"}
"""Raised by the lint of windows, by a plan, and by two files that contradict each other: by no
check of a fleet.
"""


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.code not in LINTED], ids=lambda rule: rule.code
)
def test_the_examples_of_a_rule_are_true(rule: Rule, tmp_path: Path) -> None:
    """The wrong example raises the rule, and the right one does not."""
    assert rule.code in _codes(rule.wrong, tmp_path)
    if rule.code not in NO_CURE:
        assert rule.code not in _codes(rule.right, tmp_path)


def _codes(example: str, folder: Path) -> set[str]:
    path = folder / "fleet.yaml"
    path.write_text(example, encoding="utf-8")
    day = re.search(r"as of (\d{4}-\d{2}-\d{2})", example)
    report = check(
        load_fleet([str(path)])[0], KNOWLEDGE, parse_date(day[1] if day else "2026-08-20")
    )
    general = {each.rule.code for each in report.general}
    return general | {code for machine in report.machines for code in machine.codes}


HEAD = "sources: {mine: {title: my page, url: 'https://example.org', read: 2026-11-20}}\n"
OCTOBER = (
    "{product: ws2025, date: 2026-10-13, kind: planned-baseline, "
    "kb: KB5199999, build: 26100.33500, "
    "confidence: high, source: mine}"
)


def _releases(tmp_path: Path, text: str) -> tuple[Release, ...]:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load_knowledge((), [str(path)]).releases


def test_a_users_row_fills_a_schedule(tmp_path: Path) -> None:
    """A row with its KB takes the place of the shipped row that had none."""
    rows = _releases(tmp_path, f"{HEAD}releases: [{OCTOBER}]")
    october = [row for row in rows if row.product == "ws2025" and str(row.date) == "2026-10-13"]
    assert [row.kb for row in october] == ["KB5199999"]


def test_replace_takes_the_shipped_rows_away(tmp_path: Path) -> None:
    """With `replace: true` only the user's rows are left."""
    assert len(_releases(tmp_path, f"replace: true\n{HEAD}releases: [{OCTOBER}]")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}releases: [{OCTOBER}, {OCTOBER}]", "already exists"),
        (f"{HEAD}releases: [{OCTOBER.replace('KB5199999', 'KB5073379')}]", "already exists"),
        (f"{HEAD}releases: [{OCTOBER.replace('kind:', 'kimd:')}]", "Did you mean 'kind'"),
        (
            f"{HEAD}releases: [{OCTOBER.replace('source: mine', 'source: yours')}]",
            "isn't a key of `sources`",
        ),
        (f"{HEAD}releases: [{OCTOBER.replace('26100.33500', '26100')}]", "with its revision"),
        (f"{HEAD}releases: [{OCTOBER.replace('2026-10-13', '2026-13-10')}]", "isn't a valid date"),
        (f"{HEAD}release: []", "Did you mean 'releases'"),
    ],
)
def test_a_users_file_is_read_strictly(tmp_path: Path, text: str, said: str) -> None:
    """Unknown keys, duplicates and wrong values of a user's file are problems with their line."""
    with pytest.raises(InputError) as caught:
        _releases(tmp_path, text)
    assert any(said in str(problem) for problem in caught.value.problems)
    assert all(problem.line for problem in caught.value.problems)


def test_a_users_image_is_added(tmp_path: Path) -> None:
    """A matrix file adds an image to the shipped ones."""
    path = tmp_path / "matrix.yaml"
    row = (
        "{product: ws2025, publisher: me, offer: mine, sku: 2025-x, platforms: [azure], "
        "from: 2026-01-01, source: mine}"
    )
    path.write_text(f"{HEAD}images: [{row}]", encoding="utf-8")
    images = load_knowledge([str(path)]).matrix.images
    assert len(images) == len(KNOWLEDGE.matrix.images) + 1


def test_a_remedy_names_only_commands_that_exist() -> None:
    """Every command of this program that a remedy names is one that it has."""
    from hotpatch_cli.cli.root import COMMANDS

    named = {word for rule in RULES for word in re.findall(r"`hotpatch ([a-z]+)", rule.remedy)}
    assert named
    assert named <= set(COMMANDS)
