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

from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.formats import REPORT_FORMATS
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.check import check

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
    rows = [
        line.split("  ")[0].strip()
        for line in text.split("──\n" if options.terminal else "--\n")[1].splitlines()
    ]
    shown = "".join(rows[: rows.index("")])
    assert shown.encode("unicode_escape").replace(b"\\\\", b"\\") == name.encode("unicode_escape")


@pytest.mark.parametrize("name", ["e\u0301", "日本語のサーバー", "😀😀"])
def test_columns_stand_below_each_other_for_wide_letters(hotpatch: Any, name: str) -> None:
    """In plain text the second column begins in the same cell of the screen for wide letters and
    for narrow ones.
    """
    from rich.cells import cell_len

    lines = REPORT_FORMATS["table"](
        report_on(hotpatch, [name, "a" * 20]), ViewOptions()
    ).splitlines()
    assert {
        cell_len(line[: line.index("unknown")])
        for line in lines
        if "HP402" in line and "2 x" not in line
    } == {22}


@pytest.fixture(scope="module")
def example() -> Report:
    """The report on the example."""
    return check(load_fleet([EXAMPLE])[0], load_knowledge(), date.fromisoformat(DAY))


def test_a_row_of_80_columns_is_whole(example: Report) -> None:
    """In 80 columns no line is longer, nothing is cut, and each row has name, verdict, track,
    restart and codes.
    """
    text = REPORT_FORMATS["table"](example, NARROW)
    table = text.split("──\n")[1].split("\n\n")[0]
    assert all(len(line) <= 80 for line in table.splitlines())
    assert "…" not in text
    for machine in example.machines:
        at = table.index(f" {machine.machine.label} ")
        row = " ".join(table[at:].split("\n")[0].split())
        assert row.startswith(
            f"{machine.machine.label} {machine.judgement.verdict} "
            f"{machine.judgement.track.state or '-'}"
        )
        block = re.match(r".*(?:\n {50,}HP.*)*", table[at:])
        assert block
        assert tuple(re.findall(r"HP\d{3}", block[0])) == machine.codes


def test_a_long_name_gives_way_and_nothing_else(hotpatch: Any) -> None:
    """Beside a name of 100 letters, the longest verdict and track and a restart stand whole on one
    line of 80.
    """
    hotpatch.write(
        "f.yaml",
        f"""\
windows: {{w: {{days: [Sat], start: 22:00, duration: 4h, timezone: UTC}}}}
machines:
  - name: {"n" * 100}
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch
    patching: {{mode: AutomaticByOS, hotpatching: false, vm_agent: false}}
    build: 20348.4106
    window: w
""",
    )
    report = check(
        load_fleet([str(hotpatch.folder / "f.yaml")])[0], load_knowledge(), date(2025, 12, 15)
    )
    table = REPORT_FORMATS["table"](report, NARROW).split("──\n")[1].split("\n\n")[0]
    assert re.search(r" action-required +baseline-due +2025-12-20 22:00 +HP201", table)
    assert (
        sum(line.count("n") for line in re.sub(r"action.*22:00|HP.*", "", table).splitlines())
        == 100
    )
    assert max(map(len, table.splitlines())) <= 80


def test_what_needs_attention_comes_first(example: Report) -> None:
    """The table begins with unsupported machines, then action-required, unknown, and ready ones
    last.
    """
    rows = REPORT_FORMATS["table"](example, ViewOptions()).splitlines()[4:15]
    order = ["unsupported", "action-required", "unknown", "ready"]
    ranks = [order.index(row.split()[1]) for row in rows]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 4


def test_the_head_tells_the_day_and_the_age_and_the_end_the_sum(example: Report) -> None:
    """The first line has the as-of day and the newest release, the last one counts the verdicts."""
    lines = REPORT_FORMATS["table"](example, ViewOptions()).splitlines()
    assert lines[0].startswith("As of 2025-12-15. Release data up to 2025-12-09")
    assert lines[-1] == "11 machines: 5 ready, 1 action-required, 4 unsupported, 1 unknown."


def test_a_terminal_gets_50_rows_and_the_count_of_the_rest(hotpatch: Any) -> None:
    """Of 60 machines a terminal shows 50 and says that there are 10 more; with --all, and in plain
    text, all stand.
    """
    report = report_on(hotpatch, [f"machine{n}" for n in range(60)])
    shown = {
        options: REPORT_FORMATS["table"](report, options)
        for options in (NARROW, NARROW._replace(everything=True), ViewOptions())
    }
    assert [len(re.findall("^ ?machine\\d", text, re.MULTILINE)) for text in shown.values()] == [
        50,
        60,
        60,
    ]
    assert ["... and 10 more machines: --all shows them." in text for text in shown.values()] == [
        True,
        False,
        False,
    ]


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
        for line in REPORT_FORMATS["table"](example, ViewOptions()).splitlines()[4:15]
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
        assert words[1:3] == [machine["verdict"], machine["track"]["state"] or "-"]
        assert row["restart_start"] == (window["start"] if window else "")
        assert not window or window["start"][:10] in words
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
    assert "HP105 error:" in out
    assert "f.yaml:1:41" in out
    assert "To do: " in out
