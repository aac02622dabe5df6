"""The report in its formats: they say the same, keep hostile text as text, and fit a terminal of 80
columns.
"""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hotpatch_cli.gate.outcome import GateRules, apply_gate
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.formats import REPORT_FORMATS
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.outputs.table import SIGNS
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.check import check
from hotpatch_cli.use_cases.fix_ranking import blocking_rules

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "fleet.yaml")
DAY = "2025-12-15"
NARROW = ViewOptions(terminal=True, width=80)
HOSTILE = {
    "brackets": "web[01]",
    "markup": "[red]x[/red]",
    "equals": "=1+1",
    "plus": "+1",
    "minus": "-1",
    "at": "@x",
    "line end": "a\nb",
    "tab": "a\tb",
    "return": "a\rb",
    "escape": "\x1b[31mx",
    "right to left": "\u202egnp.exe",
    "bell": "a\x07",
    "next line": "a\x85b",
    "long": "n" * 256,
    "pipe": "a|b",
    "backtick": "`x`",
    "emoji": "😀😀",
    "quotes": "a\"b'c",
    "comma": "a,b;c",
    "wide": "日本語のサーバー",
    "accent": "e\u0301",
    "tag": "<b>&amp;",
    "half a pair": "\ud800x",
}


def report_on(hotpatch: Any, names: list[str]) -> Report:
    """The report on machines of these names."""
    machines = [{"name": name, "platform": "arc"} for name in names]
    hotpatch.write("fleet.json", json.dumps({"machines": machines}))
    return check(
        load_fleet([str(hotpatch.folder / "fleet.json")])[0], load_knowledge(), date(2025, 12, 15)
    )


def machine_rows(text: str) -> list[str]:
    """The lines of the table of machines, without its head."""
    sections = text.split("\n\n")
    listing = next(part for part in sections if re.match(r"machine +verdict", part))
    return listing.splitlines()[2:]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_json_gives_a_name_back(hotpatch: Any, name: str) -> None:
    """Any name comes back from JSON as it is."""
    report_on(hotpatch, [name])
    assert list(hotpatch("check", "fleet.json", "-f", "json").machines) == [name]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_csv_holds_a_name_in_one_safe_cell(hotpatch: Any, name: str) -> None:
    """A name stays in its cell of its row, and no spreadsheet takes the cell for a formula."""
    report_on(hotpatch, [name, "next"])
    done = hotpatch("check", "fleet.json", "-f", "csv")
    header, first, second = csv.reader(io.StringIO(done.out, newline=""))
    assert len(header) == len(first) == len(second)
    assert second[0] == "next"
    assert not first[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x85\u202e]", first[0])


@pytest.mark.parametrize("options", [ViewOptions(), NARROW], ids=["plain", "terminal"])
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_table_holds_a_name_as_text(hotpatch: Any, name: str, options: ViewOptions) -> None:
    """A name brings no line end, no control code, no direction mark and no markup into a table, and
    is not cut.
    """
    text = REPORT_FORMATS["table"](report_on(hotpatch, [name]), options)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x85\u200f\u202e]", text)
    if options.terminal and len(name) > 200:  # a block, in which the name has a line of its own
        shown = re.findall("^machine +(n+)$", text, re.MULTILINE)[0]
    else:
        (row,) = machine_rows(text)
        shown = re.split(" {2,}", row)[0]
    assert shown.encode("unicode_escape").replace(b"\\\\", b"\\") == name.encode("unicode_escape")


@pytest.mark.parametrize("name", ["e\u0301", "日本語のサーバー", "😀😀"])
def test_columns_stand_below_each_other_for_wide_letters(hotpatch: Any, name: str) -> None:
    """In plain text the second column begins in the same cell of the screen for wide letters and
    for narrow ones.
    """
    from rich.cells import cell_len

    text = REPORT_FORMATS["table"](report_on(hotpatch, [name, "a" * 20]), ViewOptions())
    rows = machine_rows(text)
    assert {cell_len(line[: line.index("unknown")]) for line in rows} == {22}


@pytest.fixture(scope="module")
def example() -> Report:
    """The report on the example."""
    return check(load_fleet([EXAMPLE])[0], load_knowledge(), date.fromisoformat(DAY))


def test_a_row_of_80_columns_is_whole(example: Report) -> None:
    """In 80 columns no line of a table is longer, nothing is cut, and each row has name, verdict,
    what blocks the machine or its track, and its restart.
    """
    text = REPORT_FORMATS["table"](example, NARROW)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "…" not in text
    rows = " ".join(" ".join(machine_rows(text)).split())
    for checked in example.machines:
        at = rows.index(f"{checked.machine.label} ")
        blocking = [rule.name for rule in blocking_rules(checked.reasons).values()]
        verdict = checked.judgment.verdict or ""
        said = blocking[0] if blocking else checked.judgment.track.state
        assert rows[at:].startswith(f"{checked.machine.label} {SIGNS[verdict]} {verdict} {said}")
        assert next_restart(checked.restart).split(" or ")[0] in rows


@pytest.mark.parametrize("width", [60, 80])
def test_a_long_name_gets_a_block(hotpatch: Any, width: int) -> None:
    """A machine whose name leaves no room for a row has a line for each fact, the name whole."""
    hotpatch.write(
        "f.yaml",
        f"""\
windows: {{w: {{days: [Sat], start: 22:00, duration: 4h, timezone: UTC}}}}
machines:
  - name: {"n" * 50}
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch
    patching: {{mode: AutomaticByOS, hotpatching: false, vm_agent: true}}
    build: 20348.4106
    window: w
""",
    )
    report = check(
        load_fleet([str(hotpatch.folder / "f.yaml")])[0], load_knowledge(), date(2025, 12, 15)
    )
    text = REPORT_FORMATS["table"](report, NARROW._replace(width=width))
    assert "n" * 50 in text
    assert "action-required" in text
    if width == 60:
        assert re.search(r"^next restart +Sat 2025-12-20 22:00$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= max(width, len("next restart  ") + 50)


def test_a_machine_is_blocked_by_the_most_severe_rule_first(example: Report) -> None:
    """A narrow terminal names the first rule and how many more there are; a pipe names all."""
    narrow = next(row for row in machine_rows(REPORT_FORMATS["table"](example, NARROW)))
    plain = next(row for row in machine_rows(REPORT_FORMATS["table"](example, ViewOptions())))
    assert re.match(r"vmss01 +x unsupported +scale-set-uniform \+3 ", narrow)
    every = "scale-set-uniform patch-mode-missing hotpatching-missing vm-agent-missing"
    assert re.match(f"vmss01 +unsupported +{every} ", plain)


def test_what_needs_attention_comes_first(example: Report) -> None:
    """The table begins with unsupported machines, then action-required, unknown, and ready ones
    last.
    """
    rows = machine_rows(REPORT_FORMATS["table"](example, ViewOptions()))
    order = ["unsupported", "action-required", "unknown", "ready"]
    ranks = [order.index(row.split()[1]) for row in rows]
    assert len(rows) == 11
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 4


def test_the_first_lines_answer(example: Report) -> None:
    """The head has the fleet, the day with its weekday, the age of the data, the decision and the
    counts.
    """
    gated = apply_gate(example, GateRules(SameForAll()), ["unsupported"])
    lines = REPORT_FORMATS["table"](gated, NARROW).splitlines()
    assert lines[:2] == [
        "contoso: 11 machines, as of Mon 2025-12-15",
        "Release data up to Tue 2025-12-09.",
    ]
    assert lines[3].split("  ") == [
        "GATE FAILED (4)",
        "+ 5 ready",
        "! 1 action-required",
        "x 4 unsupported",
        "? 1 unknown",
    ]
    plain = REPORT_FORMATS["table"](gated, ViewOptions()).splitlines()
    assert plain[3] == "5 ready, 1 action-required, 4 unsupported, 1 unknown. GATE FAILED (4)."


class SameForAll:
    """A policy by which unsupported machines fail."""

    def failing(self, _checked: Checked) -> frozenset[str]:
        """The conditions that fail."""
        return frozenset({"unsupported"})


@pytest.mark.parametrize(
    ("newest", "line"),
    [
        (date(2025, 12, 9), "! Release data ends Tue 2025-12-09; 2 Patch Tuesdays are missing."),
        (date(2026, 1, 13), "! Release data ends Tue 2026-01-13; 1 Patch Tuesday is missing."),
        (None, "! There is no release data yet."),
    ],
)
def test_old_data_is_told_in_the_head(example: Report, newest: date | None, line: str) -> None:
    """Where the release data is old, the head says what is missing and what to run."""
    old = example._replace(as_of=date(2026, 2, 11), newest_release=newest, missed=date(2026, 2, 10))
    whole = f"{line} Run: hotpatch releases update"
    assert REPORT_FORMATS["table"](old, ViewOptions()).splitlines()[1] == whole
    told = REPORT_FORMATS["table"](old, NARROW).split("\n\n")[0]
    assert whole in " ".join(told.split())


def test_the_next_baseline_is_told_with_its_days(example: Report) -> None:
    """The end has the next baseline, in how many days it is, and that it is a forecast."""
    text = REPORT_FORMATS["table"](example, NARROW)
    assert "Next baseline: Tue 2026-01-13, in 29 days (forecast).\n" in text


def test_a_terminal_groups_more_than_50_machines(hotpatch: Any) -> None:
    """Of 60 machines that are alike a terminal shows one row with their number; with --all, and in
    plain text, each machine has its row.
    """
    report = report_on(hotpatch, [f"machine{n}" for n in range(60)])
    shown = {
        options: REPORT_FORMATS["table"](report, options)
        for options in (NARROW, NARROW._replace(everything=True), ViewOptions())
    }
    grouped, every, plain = shown.values()
    assert (
        len(
            re.findall(
                r"^60 +\? unknown +os-missing build-missing agent-status-missing ",
                grouped,
                re.MULTILINE,
            )
        )
        == 1
    )
    assert "add --all" in grouped
    assert [len(machine_rows(text)) for text in (every, plain)] == [60, 60]
    assert "machine0 machine1 machine2 +57" in REPORT_FORMATS["table"](
        report, NARROW._replace(width=100)
    )


def test_the_explained_view_groups_more_than_50_machines(hotpatch: Any) -> None:
    """Machines that are alike are explained once, each message with its number of machines."""
    report = report_on(hotpatch, [f"machine{n}" for n in range(60)])
    text = REPORT_FORMATS["table"](report, NARROW._replace(explain=True))
    assert text.count("os-missing, error (60 machines)") == 1
    assert "and 59 more places" in text


def test_colour_is_only_where_it_is_wanted(example: Report) -> None:
    """A terminal in colour has escape codes, one without has none, and both have the same text."""
    coloured = REPORT_FORMATS["table"](example, NARROW._replace(color=True))
    assert "\x1b[" in coloured
    stripped = re.sub(r" +$", "", re.sub(r"\x1b\[[0-9;]*m", "", coloured), flags=re.MULTILINE)
    assert stripped == REPORT_FORMATS["table"](example, NARROW)


def test_the_formats_agree(hotpatch: Any, example: Report) -> None:
    """Verdict, track, restart and codes of each machine are the same in json, csv and table."""
    machines = hotpatch("check", EXAMPLE, "--as-of", DAY, "-f", "json").machines
    rows = {
        row["name"]: row
        for row in csv.DictReader(
            io.StringIO(hotpatch("check", EXAMPLE, "--as-of", DAY, "-f", "csv").out, newline="")
        )
    }
    lines = {
        line.split()[0]: line.split()
        for line in machine_rows(REPORT_FORMATS["table"](example, ViewOptions()))
    }
    assert list(machines) == list(rows)
    assert set(rows) == set(lines)
    for name, machine in machines.items():
        codes = list(dict.fromkeys(reason["code"] for reason in machine["reasons"]))
        window = machine["next_reboot"]["window"]
        row, words = rows[name], lines[name]
        assert (row["verdict"], row["track"]) == (
            machine["verdict"],
            machine["track"]["state"] or "",
        )
        assert words[1] == machine["verdict"]
        assert (machine["track"]["state"] or "-") in words
        assert row["restart_start"] == (window["start"] if window else "")
        restart = machine["next_reboot"]
        promised = window and restart["enforced"] and not restart["overdue"]
        day = window["start"][:10] if promised else restart["by"]
        assert not day or day in words
        assert not row["next_restart"] or row["next_restart"] in " ".join(words)
        assert (
            row["codes"].split()
            == codes
            == [word for word in words if re.fullmatch(r"HP\d{3}", word)]
        )


def test_json_is_as_its_schema_says(hotpatch: Any) -> None:
    """The report of hostile names validates against `hotpatch schema report`."""
    report_on(hotpatch, list(HOSTILE.values()))
    jsonschema.validate(
        hotpatch("check", "fleet.json", "-f", "json").json, hotpatch("schema", "report").json
    )


def test_json_and_csv_keep_the_order_of_the_input(hotpatch: Any) -> None:
    """Machines stand in json and csv as in the file, not sorted."""
    report_on(hotpatch, ["c", "a", "b"])
    assert list(hotpatch("check", "fleet.json", "-f", "json").machines) == ["c", "a", "b"]
    assert [
        line.split(",")[0]
        for line in hotpatch("check", "fleet.json", "-f", "csv").out.splitlines()[1:]
    ] == [
        "c",
        "a",
        "b",
    ]


def test_explain_gives_each_reason_with_its_place_and_its_remedy(hotpatch: Any) -> None:
    """`check --explain` shows of each reason the message, file, line and column, and what to do."""
    hotpatch.write(
        "f.yaml", "machines: [{name: a, platform: arc, os: Windows Server 2019 Datacenter}]"
    )
    out = hotpatch("check", "f.yaml", "--explain").out
    assert "HP105 release-not-supported, error:" in out
    assert "f.yaml:1:41" in out
    assert "To do: " in out
