"""Which release is installed: by its build, by its KBs, by both, and where neither tells."""

import pytest
from worlds import KNOWLEDGE, arc, azure, codes, judge, knowing, release

from hotpatch_cli.model import Facts, parse_build
from hotpatch_cli.servicing.track import Track


def tracked(facts: Facts, as_of: str) -> Track:
    """The track by the shipped data."""
    return judge(facts, as_of).track


@pytest.mark.parametrize(
    ("build", "kbs", "as_of", "installed"),
    [
        ("26100.7392", (), "2025-12-15", "KB5072014"),
        ("10.0.26100.7392", (), "2025-12-15", "KB5072014"),
        ("26100.7392", ("KB5066835", "KB5074204", "KB9999999"), "2025-12-15", "KB5072014"),
        ("26100.6905", ("KB5066835", "KB5070893"), "2025-11-01", "KB5070893"),
        ("26100.6905", ("KB5070881",), "2025-11-01", "KB5070881"),
        ("26100.6905", (), "2025-10-23", "KB5070881"),
        (None, ("KB5066835", "KB5068966"), "2025-11-15", "KB5068966"),
        (None, ("KB5068966", "KB5068861"), "2025-11-15", "KB5068861"),
        (None, ("KB5072014", "KB5074204"), "2025-12-15", "KB5072014"),
        (None, ("KB5072014", "KB5073379"), "2025-12-15", "KB5072014"),
        ("26100", ("KB5068966",), "2025-11-15", "KB5068966"),
        ("10.0.26100", ("KB5068966",), "2025-11-15", "KB5068966"),
        ("26100.32700", ("KB5082063", "KB5091470"), "2026-04-20", "KB5091470"),
    ],
)
def test_the_installed_release(
    build: str | None, kbs: tuple[str, ...], as_of: str, installed: str
) -> None:
    """Build and KBs, on a day, name this release: a build before all KBs, a KB only of what was
    out.
    """
    found = tracked(arc(build, *kbs), as_of).installed
    assert found is not None
    assert found.kb == installed


@pytest.mark.parametrize(
    ("build", "kbs", "as_of"),
    [
        (None, (), "2025-12-15"),
        (None, ("KB9999999",), "2025-12-15"),
        (None, ("KB5074204",), "2025-12-15"),
        (None, ("KB5073379",), "2025-12-15"),
        ("26100", (), "2025-12-15"),
        ("26100.6905", (), "2025-11-01"),
        ("26100.6905", ("KB5066835",), "2025-11-01"),
        ("26100.6905", ("KB5070881", "KB5070893"), "2025-11-01"),
        ("26100.7393", ("KB5072014",), "2025-12-15"),
        ("26100.32313", ("KB5082063",), "2026-01-20"),
        ("26100.99999", ("KB5082063", "KB5091470"), "2026-07-20"),
        ("26100.33159", ("KB5091470",), "2026-07-20"),
    ],
)
def test_what_does_not_tell_is_unknown(build: str | None, kbs: tuple[str, ...], as_of: str) -> None:
    """Without a build on record, or a KB that decides, nothing is installed for sure and the track
    is unknown.
    """
    track = tracked(arc(build, *kbs), as_of)
    assert track.installed is None
    assert track.state == "unknown"
    assert track.why


@pytest.mark.parametrize(
    "row", [row for row in KNOWLEDGE.releases if row.build and row.date], ids=lambda row: row.name
)
def test_every_build_on_record_is_found(row: object) -> None:
    """The build of each release is that release on its own day, but for the build that two updates
    share.
    """
    assert isinstance(row, type(KNOWLEDGE.releases[0]))
    assert row.date
    facts = (arc if row.product == "ws2025" else lambda build: azure("2022", build))(str(row.build))
    judgment = judge(facts, max(row.date.isoformat(), "2022-02-16"))
    if row.kb == "KB5070893":
        assert judgment.track.state == "unknown"
        assert "HP304" in codes(judgment)
    elif judgment.verdict != "unsupported":
        assert judgment.track.installed == row


@pytest.mark.parametrize(
    ("build", "kbs", "contradicted"),
    [
        ("26100.7392", ("KB5072033",), ["KB5072033"]),
        ("26100.7462", ("KB5072014",), ["KB5072014"]),
        ("26100.7462", ("KB5072014", "KB5072033"), []),
        ("26100.7392", ("KB5072014", "KB5066835"), []),
        ("26100.7392", ("KB5066835",), []),
        ("26100.7092", ("KB5072014", "KB5072033"), ["KB5072014", "KB5072033"]),
        ("26100.7392", ("KB5074204",), []),
    ],
)
def test_a_kb_that_contradicts_the_build(
    build: str, kbs: tuple[str, ...], contradicted: list[str]
) -> None:
    """A KB with a higher build is reported, and one as new as the build's own where that one is not
    listed.
    """
    judgment = judge(arc(build, *kbs), "2025-12-15")
    found = [dict(each.values)["kb"] for each in judgment.findings if each.code == "HP304"]
    assert found == contradicted
    assert judgment.track.installed is not None
    assert str(judgment.track.installed.build) == build


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("26100.7092", (26100, 7092)),
        (" 10.0.26100.7092 ", (26100, 7092)),
        ("20348.2700", (20348, 2700)),
        ("20348.0", (20348, 0)),
        ("26100", (26100, None)),
        ("10.0.26100", (26100, None)),
    ],
)
def test_the_forms_of_a_build(text: str, build: tuple[int, int | None]) -> None:
    """A build is read with and without 10.0, and a missing revision is not zero."""
    assert parse_build(text) == build


@pytest.mark.parametrize(
    "text",
    ["", "x", "26100.", ".7092", "26100.7092.1", "10.0", "1e5", "-26100.1", "26100,7092", "٢٦١٠٠"],
)
def test_what_is_no_build(text: str) -> None:
    """Anything else is no build."""
    assert parse_build(text) is None


def test_a_build_shared_by_three_updates_names_all() -> None:
    """The finding of a shared build names every update that has it."""
    rows = [release("2025-01-14", "planned-baseline", "26100.2000", "KB5000001")]
    rows += [release("2025-02-11", "hotpatch", "26100.2100", f"KB500001{n}") for n in range(3)]
    judgment = judge(arc("26100.2100"), "2025-02-20", knowing(*rows))
    finding = next(each for each in judgment.findings if each.code == "HP304")
    assert all(f"KB500001{n}" in dict(finding.values)["kbs"] for n in range(3))


def test_an_installed_release_of_unknown_kind_is_named() -> None:
    """Where the installed release itself has no kind, on the very day of a planned baseline, it is
    what is named.
    """
    rows = [
        release("2025-01-14", "planned-baseline", "26100.2000", "KB5000001"),
        release("2025-04-08", None, "26100.2300", "KB5000002"),
    ]
    finding = next(
        each
        for each in judge(arc("26100.2300"), "2025-04-20", knowing(*rows)).findings
        if each.code == "HP309"
    )
    assert finding.variant == "default"
    assert dict(finding.values)["kb"] == "KB5000002"
