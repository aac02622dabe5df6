"""Tables of all commands in real terminals: identifiers are whole at every width."""

import fcntl
import gc
import json
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from threading import Thread
from typing import Any, NamedTuple

import pytest

from hotpatch_cli.cli import main
from hotpatch_cli.outputs.restart_text import order_of
from hotpatch_cli.outputs.table import Column, TextTable, columns, few, fits, plain, terminal
from hotpatch_cli.restarts import Restart
from tests.conftest import Hotpatch

WIDTHS = (60, 80, 100, 140)
DAY = ("--as-of", "2025-12-15")
URN = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition"
LONG = "web-production-frontend-westeurope-{:05}"
"""A name of 40 letters."""
KB = r"\bKB\d+"
BUILD = r"\b\d{5}\.\d+\b"
DATE = r"\b\d{4}-\d\d-\d\d\b"
ARC = {
    "platform": "arc",
    "os": "Windows Server 2025 Datacenter",
    "arc": {
        "status": "Connected",
        "hotpatch": "Enabled",
        "vbs": "running",
        "secure_boot": True,
        "uefi": True,
    },
    "window": "sunday-night",
    "groups": ["database-servers"],
    "ring": "broad",
}
AZURE = {
    "platform": "azure",
    "image": f"{URN}-hotpatch",
    "patching": {"mode": "AutomaticByPlatform", "hotpatching": True, "vm_agent": True},
    "region": "westeurope",
}


def fleet(name: str) -> dict[str, Any]:
    """A fleet with machines of each verdict and of most track states, under names of one form."""
    machines: list[dict[str, Any]] = [
        ARC | {"build": "26100.7092", "kbs": ["KB5068966"]},
        ARC | {"build": "26100.7392", "kbs": ["KB5072014"], "owner": "database team"},
        ARC | {"build": "26100.7178", "kbs": ["KB5072359"]},
        ARC | {"build": "26100.4652"},
        ARC | {"build": "26100.7392", "arc": ARC["arc"] | {"vbs": "off", "hotpatch": "Canceled"}},
        AZURE | {"build": "20348.4346"},
        AZURE | {"build": "20348.3932"},
        AZURE | {"patching": {"mode": "AutomaticByOS", "hotpatching": False, "vm_agent": True}},
        AZURE | {"image": URN},
        {"platform": "arc", "os": "Windows Server 2019 Datacenter"},
        {"platform": "arc"},
    ]
    return {
        "fleet": "contoso",
        "windows": {
            "sunday-night": {
                "rrule": "FREQ=WEEKLY;BYDAY=SU",
                "start": "02:00",
                "duration": "4h",
                "timezone": "Europe/Stockholm",
            }
        },
        "groups": {"database-servers": {"max_unavailable": 1}},
        "rings": [{"name": "broad"}],
        "machines": [
            {"name": name.format(number)} | machine for number, machine in enumerate(machines)
        ],
    }


class Shown(NamedTuple):
    """A command whose tables are looked at, and what each of its tables must show: machine names,
    or patterns of what its plain text has.
    """

    arguments: tuple[str, ...]
    names: bool = True
    patterns: tuple[str, ...] = ()


COMMANDS = {
    "check": Shown(("check", "fleet.json", *DAY)),
    "check, grouped": Shown(("check", "large.json", *DAY), names=False),
    "check --all": Shown(("check", "fleet.json", *DAY, "--all")),
    "check --explain": Shown(
        ("check", "fleet.json", *DAY, "--explain"), patterns=(KB, BUILD, DATE, r"HP\d{3}")
    ),
    "show": Shown(
        ("show", "fleet.json", "02", *DAY), names=False, patterns=(KB, BUILD, DATE, r"HP\d{3}")
    ),
    "next": Shown(("next", "fleet.json", *DAY), names=False, patterns=(DATE,)),
    "check --what-if": Shown(("check", "fleet.json", *DAY, "--what-if", "unplanned:2026-02")),
    "check --bulk": Shown(("check", "table.csv", *DAY, "--bulk"), names=False),
    "image": Shown(
        ("image", URN, f"{URN}-hotpatch", "canonical:server:22_04", *DAY),
        names=False,
        patterns=(r"\b20\d\d-datacenter[\w-]+", DATE),
    ),
    "calendar": Shown(
        ("calendar", "--year", "2025", *DAY), names=False, patterns=(KB, BUILD, DATE)
    ),
    "releases": Shown(("releases",), names=False, patterns=(KB, BUILD)),
    "trend": Shown(("trend", "before.json", "after.json"), names=False, patterns=(DATE,)),
    "trend --all": Shown(("trend", "before.json", "after.json", "--all"), patterns=(DATE,)),
    "diff": Shown(("diff", "old.json", "new.json", *DAY), patterns=(DATE,)),
    "matrix": Shown(("matrix", *DAY), names=False, patterns=(DATE, BUILD, r"\b20\d\d-dat[\w-]+")),
    "explain": Shown(("explain",), names=False, patterns=(r"HP\d{3}",)),
    "plan": Shown(("plan", "fleet.json", *DAY), names=False, patterns=(DATE,)),
    "verify": Shown(("verify", "plan.json", "fleet.json", *DAY), names=False, patterns=(DATE,)),
    "progress": Shown(
        ("progress", "plan.json", "fleet.json", "--as-of", "2026-02-20"),
        names=False,
        patterns=(KB, BUILD),
    ),
    "windows list": Shown(
        ("windows", "list", "fleet.json", "--from", "2025-12-15"), names=False, patterns=(DATE,)
    ),
    "fix": Shown(("fix", "fleet.json", *DAY), names=False, patterns=(r"(?m)^[a-z]+(?:-[a-z]+)+",)),
    "rollback": Shown(
        ("rollback", "fleet.json", "--kb", "KB5068966", *DAY), patterns=(KB, BUILD, DATE)
    ),
}


@pytest.fixture(params=["srv{:02}", LONG], ids=["short names", "names of 40 letters"])
def data(request: pytest.FixtureRequest, hotpatch: Hotpatch) -> tuple[Hotpatch, list[str]]:
    """The program in a folder with fleets and a plan, and the names of the machines."""
    form = str(request.param)
    inventory = fleet(form)
    machines = inventory["machines"]
    names = [machine["name"] for machine in machines]
    hotpatch.write("fleet.json", json.dumps(inventory))
    many = [
        machine | {"name": f"{machine['name']}-{copy}"} for copy in range(6) for machine in machines
    ]
    hotpatch.write("large.json", json.dumps(inventory | {"machines": many}))
    lost = [
        machine | ({"image": URN} if machine["platform"] == "azure" else {"arc": {}})
        for machine in machines
    ]
    hotpatch.write("old.json", json.dumps(inventory))
    hotpatch.write("new.json", json.dumps(inventory | {"machines": lost}))
    for old, fleet_file, day in (
        ("before.json", "old.json", "2025-12-15"),
        ("after.json", "new.json", "2026-01-18"),
    ):
        hotpatch("check", fleet_file, "--as-of", day, "-f", "json", "-o", old)
    rows = [f"{name},arc,Windows Server 2025 Datacenter,26100.7392" for name in names]
    hotpatch.write("table.csv", "\n".join(["name,platform,os,build", *rows]) + "\n")
    plan = hotpatch("plan", "fleet.json", *DAY, "-f", "json").json
    for reboot in plan["reboots"]:
        reboot["start"] = reboot["start"].replace("T02:", "T09:")  # outside of the window
    hotpatch.write("plan.json", json.dumps(plan))
    return hotpatch, names


def in_terminal(hotpatch: Hotpatch, width: int, arguments: tuple[str, ...]) -> str:
    """What a command writes to standard output where that is a terminal of some width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    said: list[bytes] = []
    reader = Thread(target=lambda: said.extend(_parts(leader)))
    reader.start()
    thresholds = gc.get_threshold()
    with (
        os.fdopen(follower, "w", encoding="utf-8") as screen,
        hotpatch.monkeypatch.context() as patch,
    ):
        patch.chdir(hotpatch.folder)
        patch.delenv("COLUMNS", raising=False)
        patch.setattr(sys, "argv", ["hotpatch", *arguments])
        patch.setattr(sys, "stdout", screen)
        patch.setattr(sys, "__stdout__", screen)  # its size is the size of the terminal
        try:
            main()
        except SystemExit as stop:
            assert stop.code in (None, 0, 1, 3, 4)
        finally:
            gc.set_threshold(*thresholds)
    reader.join()
    os.close(leader)
    return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(said).decode()).replace("\r\n", "\n")


def _parts(leader: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end is closed: all is said
            return
        if not part:
            return
        yield part


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_identifiers_are_whole(command: str, data: tuple[Hotpatch, list[str]]) -> None:
    """At each width a table shows the names and identifiers of its data, each whole on one line;
    what looks like a KB or a build is one.
    """
    hotpatch, names = data
    shown = COMMANDS[command]
    full = hotpatch(*shown.arguments).out
    known = {pattern: set(re.findall(pattern, full)) for pattern in (KB, BUILD)}
    for width in WIDTHS:
        text = in_terminal(hotpatch, width, shown.arguments)
        wanted = {name for name in names if name in full} if shown.names else set()
        wanted |= {found for pattern in shown.patterns for found in re.findall(pattern, full)}
        missing = {found for found in wanted if not re.search(rf"{re.escape(found)}(?!\w)", text)}
        assert not missing, (width, text)
        for pattern, of_data in known.items():
            assert set(re.findall(pattern, text)) <= of_data, (width, text)
        cropped = {
            word
            for word in re.findall(r"[\w-]+", text)
            if len(word) > 9 and any(name.startswith(word) and name != word for name in names)
        }
        assert not cropped - {LONG.split("{", maxsplit=1)[0].rstrip("-")}, (width, text)


@pytest.mark.slow
def test_next_restarts_are_whole(data: tuple[Hotpatch, list[str]]) -> None:
    """At each width `check` shows the day of the next restart of each machine."""
    hotpatch, _ = data
    restarts = [
        machine["next_reboot"]
        for machine in hotpatch("check", "fleet.json", *DAY, "-f", "json").json["machines"]
    ]
    days = {restart["by"] for restart in restarts if restart["by"]} | {
        restart["window"]["start"][:10]
        for restart in restarts
        if restart["window"] and restart["enforced"] and not restart["overdue"]
    }
    assert len(days) > 2
    for width in WIDTHS:
        text = in_terminal(hotpatch, width, ("check", "fleet.json", *DAY))
        for day in days:
            assert f"{day}" in text, width
            assert width < 100 or f"{date.fromisoformat(day):%a} {day}" in text, width


@pytest.mark.slow
def test_groups_that_differ_look_different(hotpatch: Hotpatch) -> None:
    """Past 50 machines, a row has everything that blocks its machines, at every width."""
    lacking = ({}, {"status": "Disconnected"}, {"hotpatch": "Pending"}, {"secure_boot": False})
    machines = [
        {
            **ARC,
            "name": LONG.format(number),
            "arc": {**ARC["arc"], "vbs": "off", **lacking[number % 4]},
        }
        for number in range(60)
    ]
    for machine in machines:
        for key in ("window", "groups", "ring"):
            machine.pop(key)
    hotpatch.write("fleet.json", json.dumps({"machines": machines}))
    for width in WIDTHS:
        text = in_terminal(hotpatch, width, ("check", "fleet.json", *DAY))
        groups = text.partition("blocked by / track")[2].partition("\n\n")[0]
        for name in ("arc-not-connected", "not-enrolled", "no-secure-boot"):
            assert name in groups


def test_all_names_every_machine_that_is_not_scheduled(hotpatch: Hotpatch) -> None:
    """With --all, a terminal names all machines of a plan, those without a moment too."""
    machines = [{**ARC, "name": LONG.format(number)} for number in range(9)]
    for machine in machines:
        for key in ("window", "groups", "ring"):
            machine.pop(key)
    hotpatch.write("fleet.json", json.dumps({"machines": machines}))
    few_names = in_terminal(hotpatch, 80, ("plan", "fleet.json", *DAY))
    every = in_terminal(hotpatch, 80, ("plan", "fleet.json", *DAY, "--all"))
    assert " more: no-window" in few_names
    assert all(machine["name"] in every for machine in machines)


def test_wider_terminals_show_more(data: tuple[Hotpatch, list[str]]) -> None:
    """A wider terminal has all columns of a narrower one that has rows, and more of them."""
    hotpatch, _ = data
    heads = []
    for width in (100, 140, 200, 240):
        text = in_terminal(hotpatch, width, ("check", "fleet.json", *DAY))
        heads += [
            set(re.split(" {2,}", line.strip()))
            for line in re.findall("^machine +verdict.*", text, re.MULTILINE)
        ]
    heads = [head - {"blocked by / track"} for head in heads]
    assert len(heads) >= 2
    assert all(before <= after for before, after in pairwise(heads))
    assert len(heads[0]) < len(heads[-1])


# --- the engine ----------------------------------------


ROWS = [("machine01", "needs attention now", "KB5068966", "26100.7092")]
TABLE = TextTable(
    (Column("name"), Column("why", 1, prose=True), Column("kb"), Column("build", 2)), ROWS
)


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (60, "name       why                  kb         build"),
        (50, "name       why               kb         build"),
        (49, "name       why                  kb"),
        (38, "name       why               kb"),
        (37, "name       kb"),
        (20, "name       kb"),
    ],
)
def test_columns_give_way_by_rank(width: int, head: str) -> None:
    """The column of the highest rank goes first, prose folds, and those of rank 0 stay."""
    assert terminal(TABLE, width, color=False).splitlines()[0] == head


def test_blocks_where_no_row_fits() -> None:
    """Where the columns of rank 0 don't fit, each row is a block of all its facts."""
    assert terminal(TABLE, 18, color=False).splitlines() == [
        "name   machine01",
        "why    needs attention",
        "       now",
        "kb     KB5068966",
        "build  26100.7092",
    ]


def test_columns_without_anything_are_left_out() -> None:
    """A terminal has no room for a column in which no row has anything; a pipe has every column."""
    table = TextTable((Column("name"), Column("owner", 1)), [("a", "-"), ("b", "")])
    assert terminal(table, 80, color=False).splitlines()[0] == "name"
    assert plain(table).splitlines()[0].split() == ["name", "owner"]


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (None, "web01 web02 web03"),
        (17, "web01 web02 web03"),
        (16, "web01 web02 +1"),
        (1, "web01 +2"),
    ],
)
def test_the_first_names_of_a_list(room: int | None, text: str) -> None:
    """As many names as there is room for, one at least, and how many more there are."""
    assert few(["web01", "web02", "web03"], room) == text
    assert few([], room) == "-"


def test_commas_part_names_with_spaces() -> None:
    """A list of names in which one has a space can still be told apart."""
    assert few(["sql 01", "web02", "web03"], 16) == "sql 01, web02 +1"


def test_a_table_that_fits() -> None:
    """A table fits where all its columns are side by side and unfolded."""
    table = TextTable(columns("name", "kb"), [("a" * 10, "KB5068966")])
    assert fits(table, 21)
    assert not fits(table, 20)


def test_restarts_sort_by_their_day() -> None:
    """A restart of which nothing is known is last."""
    known = Restart(reason="baseline", by=date(2026, 1, 3))
    later = Restart(reason="baseline", by=date(2026, 2, 3))
    assert sorted([Restart(), later, known], key=order_of) == [known, later, Restart()]
