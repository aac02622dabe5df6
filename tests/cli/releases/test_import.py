"""`hotpatch releases import`: a page of Microsoft becomes rows of the user, or nothing is
changed.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from cvrf_documents import NOT_UNDERSTOOD as UNUSABLE_DOCUMENTS
from cvrf_documents import document, fix
from pages import (
    BASELINE,
    HOTPATCH,
    NOT_UNDERSTOOD,
    OCTOBER,
    Content,
    Row,
    changed_october,
    html,
    markdown,
)

DAY = ("--as-of", "2026-11-01")
FORMS = {"markdown": markdown, "html": html}
form = pytest.mark.parametrize("render", FORMS.values(), ids=FORMS.keys())


def kept(hotpatch: Any) -> Path:
    """The file of imported rows."""
    path: Path = hotpatch.folder / "user-data" / "releases.json"
    return path


def known(hotpatch: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """All releases that the program knows, by product and KB or build."""
    rows = hotpatch("releases", "-f", "json").json["releases"]
    return {(row["product"], row["kb"] or row["build"]): row for row in rows}


def take_in(hotpatch: Any, text: str, *options: str) -> Any:
    """Import a page."""
    return hotpatch("releases", "import", hotpatch.write("page", text), *options)


@form
def test_a_page_adds_its_rows(hotpatch: Any, render: Any) -> None:
    """A page in either form adds its rows, which say where they come from and when that was
    written.
    """
    before = known(hotpatch)
    done = take_in(hotpatch, render(OCTOBER), "--yes")
    assert done.code == 0, done.err
    after = known(hotpatch)
    assert after.keys() - before.keys() == {("ws2025", "KB5199999"), ("ws2022", "KB5199998")}
    row = after["ws2025", "KB5199999"]
    assert (row["date"], row["kind"], row["build"]) == (
        "2026-10-13",
        "planned-baseline",
        "26100.33500",
    )
    assert row["sources"][0]["read"] == "2026-10-14"
    assert row["sources"][0]["url"].startswith("https://learn.microsoft.com/")


@form
def test_shipped_rows_are_never_lost(hotpatch: Any, render: Any) -> None:
    """Rows that the page does not have stay as they were, word for word."""
    before = known(hotpatch)
    take_in(hotpatch, render(OCTOBER), "--yes")
    after = known(hotpatch)
    assert {key: after[key] for key in before} == before


def test_both_forms_say_the_same(hotpatch: Any) -> None:
    """After the Markdown page the HTML page has nothing new."""
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    done = take_in(hotpatch, html(OCTOBER), "--yes")
    assert done.code == 0
    assert "all known" in done.out
    assert "Kept" not in done.err


def test_the_difference_is_shown_before_it_is_kept(hotpatch: Any) -> None:
    """Without an answer nothing is kept: exit code 2, with the difference on standard output."""
    done = take_in(hotpatch, markdown(OCTOBER))
    assert done.code == 2
    assert "2 new, 0 changed" in done.out
    assert "KB5199999" in done.out
    assert "--yes" in done.err
    assert not kept(hotpatch).exists()


def test_a_dry_run(hotpatch: Any) -> None:
    """A dry run shows the difference and keeps nothing, also with --yes."""
    done = take_in(hotpatch, markdown(OCTOBER), "--dry-run", "--yes")
    assert done.code == 0
    assert "KB5199999" in done.out
    assert not kept(hotpatch).exists()


def test_what_was_imported_is_used(hotpatch: Any) -> None:
    """A machine with the imported baseline is current, the calendar has it, and the data is not old
    any more.
    """
    arc = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true}"
    machine = f"name: a, platform: arc, os: Windows Server 2025 Standard, {arc}, build: 26100.33500"
    fleet = f"machines: [{{{machine}}}]"
    assert hotpatch.check(fleet, *DAY).machines["a"]["track"]["state"] != "current"
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    done = hotpatch.check(fleet, *DAY)
    assert done.machines["a"]["track"]["state"] == "current"
    assert "older_than_patch_tuesday" not in done.json["knowledge"]
    year = hotpatch("calendar", "--year", "2026", "-f", "json", *DAY).json["releases"]
    assert {"KB5199999", "KB5199998"} <= {each["kb"] for each in year}


def test_a_cvrf_document(hotpatch: Any) -> None:
    """A monthly document of MSRC adds its rows as a page does, and names what it left out."""
    fixes = (
        fix("5199999", "10.0.26100.33500", "12436"),
        fix("5199998", "10.0.20348.5700", "11923", "11924"),
        fix("5200009", "10.0.26100.33701", "12436"),
    )
    before = known(hotpatch)
    done = take_in(hotpatch, json.dumps(document(*fixes)), "--yes")
    assert done.code == 0, done.err
    after = known(hotpatch)
    assert {key: after[key]["kind"] for key in after.keys() - before.keys()} == {
        ("ws2025", "KB5199999"): "planned-baseline",
        ("ws2022", "KB5199998"): "planned-baseline",
    }
    assert "Skipped: ws2025 KB5200009 (26100.33701): later in the month." in done.out


def page(
    updated: str, kb: str = "KB5199999", build: str = "26100.33500", day: str = "2026-10-13"
) -> Content:
    """The page of October as it was on a day, with another KB, build or day of the baseline of
    WS2025.
    """
    history = OCTOBER.history | {"2025": [Row("2026-10 B", day, build, kb)]}
    calendar = OCTOBER.calendar | {"2025": [Row("2026.10 B", day, build, kb, BASELINE)]}
    return Content(updated, history, calendar)


def test_a_newer_page_corrects(hotpatch: Any) -> None:
    """A row that a newer page has otherwise is changed, and the change is shown."""
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    done = take_in(hotpatch, markdown(page("2026-10-20", build="26100.33501")), "--yes")
    assert "build 26100.33500 -> 26100.33501" in done.out
    assert known(hotpatch)["ws2025", "KB5199999"]["build"] == "26100.33501"


@pytest.mark.parametrize("updated", ["2026-10-14", "2026-10-15"])
def test_an_older_page_changes_nothing(hotpatch: Any, updated: str) -> None:
    """A page that is older than the reading, or of the same day, never replaces it; the difference
    is shown.
    """
    take_in(hotpatch, markdown(page("2026-10-15", build="26100.33501")), "--yes")
    before = kept(hotpatch).read_bytes()
    done = take_in(hotpatch, markdown(page(updated)), "--yes")
    assert done.code == 0
    assert known(hotpatch)["ws2025", "KB5199999"]["build"] == "26100.33501"
    assert "the page has build 26100.33501 -> 26100.33500" in done.out
    assert kept(hotpatch).read_bytes() == before


WRONG_JANUARY = "2025-01-15", "26100.2895", "KB5050009"


def test_an_old_page_cannot_change_shipped_rows(hotpatch: Any) -> None:
    """A page from before the shipped reading has no say on what that reading says."""
    before = known(hotpatch)
    baseline = "2025-01-14", "20348.3091", "KB5049983"
    old = Content(
        "2025-02-01",
        {"2025": [Row("2025-01 B", *WRONG_JANUARY)], "2022": [Row("2025-01 B", *baseline)]},
        {
            "2025": [Row("2025.01 B", *WRONG_JANUARY, HOTPATCH)],
            "2022": [Row("2025.01 B", *baseline, BASELINE)],
        },
    )
    assert take_in(hotpatch, markdown(old), "--yes").code == 0
    assert known(hotpatch) == before


def test_the_kind_comes_from_the_calendar(hotpatch: Any) -> None:
    """A cumulative update of a month of hotpatch is off the track; a baseline outside its months
    was not planned.
    """
    content = Content(
        "2026-11-20",
        {
            "2025": [Row("2026-11 B", "2026-11-10", "26100.33700", "KB5200001")],
            "2022": [
                Row("2026-11 B", "2026-11-10", "20348.5800", "KB5200003"),
                Row("2026-11 OOB", "2026-11-17", "20348.5801", "KB5200004"),
                Row("2026-11 C", "2026-11-24", "20348.5805", "KB5200005"),
            ],
        },
        {
            "2025": [Row("2026.11 B", "2026-11-10", "26100.33650", "KB5200002", HOTPATCH)],
            "2022": [Row("2026.11 B", "2026-11-10", "20348.5800", "KB5200003", BASELINE)],
        },
    )
    take_in(hotpatch, markdown(content), "--yes")
    kinds = {kb: row["kind"] for (_, kb), row in known(hotpatch).items()}
    assert {kb: kinds[kb] for kb in kinds if kb and kb.startswith("KB520000")} == {
        "KB5200001": "standard",
        "KB5200002": "hotpatch",
        "KB5200003": "unplanned-baseline",
        "KB5200004": "out-of-band",
        "KB5200005": "preview",
    }


JSON = {
    "JSON of something else": '{"value": []}',
    "JSON that is a list": "[1, 2]",
    "JSON that is broken": '{"DocumentTracking": ',
    "JSON that is nested deeply": '{"a":' * 100_000,
}
DOCUMENTS = {f"CVRF with {name}": json.dumps(tree) for name, tree in UNUSABLE_DOCUMENTS.items()}
ALL_NOT_UNDERSTOOD = NOT_UNDERSTOOD | JSON | DOCUMENTS


@pytest.mark.parametrize("text", ALL_NOT_UNDERSTOOD.values(), ids=ALL_NOT_UNDERSTOOD.keys())
def test_a_layout_that_is_not_understood(hotpatch: Any, text: str) -> None:
    """A page that is not understood changes nothing, is named, and gives exit code 2, also with
    --yes.
    """
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    before = kept(hotpatch).read_bytes()
    done = take_in(hotpatch, text, "--yes")
    assert (done.code, done.out) == (2, "")
    assert "not understood" in done.err
    assert "Nothing was changed" in done.err
    assert "Traceback" not in done.err
    assert kept(hotpatch).read_bytes() == before


WRONG_CELLS = {
    "a build of no product": (
        changed_october("| 26100.33500 |", "| 2610.33500 |"),
        "'2610.33500' is not a build of 26100",
    ),
    "a KB that is none": (changed_october("[KB5199999]", "[soon]"), "'soon' is not a KB"),
}


@pytest.mark.parametrize(("text", "message"), WRONG_CELLS.values(), ids=WRONG_CELLS.keys())
def test_a_wrong_cell_costs_its_row(hotpatch: Any, text: str, message: str) -> None:
    """A wrong cell in a page that is understood leaves out its row, by name; others are taken."""
    first, other = "| LTSC | 2026-10 B |", "| October | 2026.10 B |"
    history = f"| LTSC | 2026-10 OOB | 2026-10-20 | 26100.33600 | [KB5199990](x) |\n{first}"
    calendar = (
        f"| September | 2026.09 B | Hotpatch | 2026-09-08 | 26100.33400 | [KB5199991](x) |\n{other}"
    )
    more = text.replace(first, history, 1).replace(other, calendar, 1)
    done = take_in(hotpatch, more, "--yes")
    assert done.code == 0, done.err
    assert f"Skipped: ws2025 '2026-10-13': {message}." in done.out
    assert ("ws2025", "KB5199990") in known(hotpatch)
    assert ("ws2025", "KB5199999") not in known(hotpatch)


def test_control_codes_of_a_page_never_reach_the_terminal(hotpatch: Any) -> None:
    """What a page has of control codes never reaches the terminal."""
    for text in (
        changed_october("[KB5199999]", "[\x1b[2Jx]"),
        changed_october("| 2026-10 B |", "| \x1b]0;x\x07 |"),
    ):
        done = take_in(hotpatch, text)
        assert "\x1b" not in done.out + done.err


def test_a_broken_file_of_the_user(hotpatch: Any) -> None:
    """A data file that was damaged is named, with the way out, and is not written over."""
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    kept(hotpatch).write_text('{"releases": [')
    for arguments in (["releases"], ["calendar", "--year", "2026"]):
        done = hotpatch(*arguments)
        assert (done.code, done.out) == (2, "")
        assert "delete it and run `hotpatch releases update`" in done.err
    assert take_in(hotpatch, markdown(OCTOBER), "--yes").code == 2
    assert kept(hotpatch).read_text() == '{"releases": ['


def test_what_was_kept_is_read_back(hotpatch: Any) -> None:
    """The data file is a release file as --releases reads it; importing again writes nothing."""
    take_in(hotpatch, markdown(OCTOBER), "--yes")
    before = kept(hotpatch).stat().st_mtime_ns
    assert json.loads(kept(hotpatch).read_text())["releases"]
    assert take_in(hotpatch, markdown(OCTOBER)).code == 0
    assert kept(hotpatch).stat().st_mtime_ns == before
