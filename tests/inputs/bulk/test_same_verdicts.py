"""A table as a whole says what machines one by one say."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Hotpatch

IMAGE = "MicrosoftWindowsServer:WindowsServer:{}:latest"
WORDS = {
    "platform": ["azure", "arc", "azure-local"],
    "image": [IMAGE.format("2025-datacenter-azure-edition"), IMAGE.format("2019-datacenter"), None],
    "os": ["Windows Server 2025 Datacenter", "Windows Server 2022 Standard", "Ubuntu 24.04", None],
    "build": ["26100.7392", "26100.10", "20348.4346", "10.0.26100", None],
    "patching.mode": ["AutomaticByPlatform", "Manual", None],
    "patching.hotpatching": ["true", "false", None],
    "arc.vbs": ["running", "off", None],
    "kbs": ["KB5068840", "KB5068840;KB5065426", None],
    "power": ["on", "VM deallocated", None],
    "window": ["night", None],
    "timezone": ["Europe/Stockholm", None],
    "groups": ["web", None],
    "tags.env": ["prod", "test", None],
    "weight": ["2.5", None],
    "owner": ["Åsa", None],
}
FLEET = {
    "windows": {"night": {"days": ["Sun"], "start": "02:00", "duration": "4h"}},
    "groups": {"web": {"max_unavailable": "1"}},
    "freezes": [
        {"name": "sales", "from": "2026-01-14", "to": "2026-01-20", "tags": {"env": "prod"}}
    ],
}
ROWS = st.lists(
    st.fixed_dictionaries({key: st.sampled_from(words) for key, words in WORDS.items()}),
    min_size=1,
    max_size=12,
)
NAMES = st.lists(
    st.text("abcÅ-=+@ ,\"'\n\t\u202e", min_size=1, max_size=6).filter(
        lambda text: len(text.strip()) > 1
    )
)


def table(kind: str, rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows as a table of some kind."""
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, ["name", *WORDS])
            writer.writeheader()
            writer.writerows(rows)
        return
    lines = "".join(
        json.dumps({key: value for key, value in row.items() if value is not None}) + "\n"
        for row in rows
    )
    if kind == "jsonl":
        path.write_text(lines, encoding="utf-8")
        return
    with duckdb.connect() as connection:
        listed = ", ".join(f'unnest(?::VARCHAR[]) AS "{key}"' for key in rows[0])
        values = [[row[key] for row in rows] for key in rows[0]]
        connection.execute(f"COPY (SELECT {listed}) TO '{path}' (FORMAT parquet)", values)


def inventory(rows: list[dict[str, Any]]) -> str:
    """The same machines as an inventory."""
    machines = []
    for row in rows:
        machine: dict[str, Any] = {}
        for key, value in row.items():
            if value is None:
                continue
            said = value.strip() if key == "name" else value
            said = "off" if said == "VM deallocated" else said.split(";") if key == "kbs" else said
            above, _, below = key.partition(".")
            if below:
                machine.setdefault(above, {})[below] = said
            else:
                machine[key] = said
        machines.append(machine)
    return json.dumps(FLEET | {"machines": machines})


def read(kind: str, text: str) -> list[dict[str, Any]]:
    """The results as rows of text; nothing is empty text."""
    rows = (
        csv.DictReader(io.StringIO(text, newline=""))
        if kind == "csv"
        else map(json.loads, text.splitlines())
    )
    return [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in rows
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, names=NAMES)
def test_same_verdicts(
    hotpatch: Hotpatch, kind: str, rows: list[dict[str, Any]], names: list[str]
) -> None:
    """Whatever the table says, each machine has the verdict, restart, codes and messages that it
    has by itself.
    """
    named = dict.fromkeys(
        [*(name.strip() for name in names), *(f"m{number}" for number in range(len(rows)))]
    )
    machines = [{"name": name} | row for name, row in zip(named, rows, strict=False)]
    table(kind, machines, hotpatch.folder / f"table.{kind}")
    hotpatch.write("windows.json", json.dumps(FLEET))
    hotpatch.write("fleet.json", inventory(machines))
    day = ("--as-of", "2025-12-15")
    one_by_one = hotpatch("check", "fleet.json", *day, "-f", "csv")
    whole = hotpatch("check", f"table.{kind}", "windows.json", "--bulk", *day, "-f", "csv")
    assert whole.code == one_by_one.code, whole.err
    assert read("csv", whole.out) == read("csv", one_by_one.out)
    small = hotpatch("check", f"table.{kind}", "windows.json", "--no-bulk", *day, "-f", "csv")
    assert (whole.code, read("csv", whole.out)) == (small.code, read("csv", small.out))


def small(hotpatch: Hotpatch, *arguments: str) -> Any:
    """A run on three machines in a CSV file."""
    hotpatch.write(
        "t.csv", "name,platform,image,build\na,azure,,26100.7392\nb,azure,,26100.7392\n=c,arc,,\n"
    )
    return hotpatch("check", "t.csv", "--as-of", "2025-12-15", *arguments)


def test_bulk_results_as_json_lines(hotpatch: Hotpatch) -> None:
    """Results as JSON Lines have the columns of CSV, and the text as it is."""
    rows = read("jsonl", small(hotpatch, "-f", "jsonl").out)
    assert [row["name"] for row in rows] == ["a", "b", "=c"]
    assert list(rows[0]) == list(read("csv", small(hotpatch, "--bulk", "-f", "csv").out)[0])


def test_bulk_results_as_parquet(hotpatch: Hotpatch) -> None:
    """Results as Parquet have days as days."""
    done = small(hotpatch, "-f", "parquet", "-o", "out.parquet")
    assert (done.code, done.out) == (3, "")
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(hotpatch.folder / "out.parquet"))
        assert [row[0] for row in found.fetchall()] == ["a", "b", "=c"]
        assert dict(zip(found.columns, map(str, found.types), strict=True))["by"] == "DATE"


def test_bulk_results_as_a_summary(hotpatch: Hotpatch) -> None:
    """Without a format there is a summary: how many machines are how, and the total that `check`
    prints.
    """
    done = small(hotpatch, "--bulk")
    assert "2         unknown" in done.out
    assert done.out.startswith("t.csv: 3 machines, as of Mon 2025-12-15\n")
    counts = "0 ready, 0 action-required, 0 unsupported, 3 unknown"
    assert f"\n{counts}. GATE UNDECIDED (3).\n" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), 3), (("--fail-on", "unknown"), 1), (("--fail-on", "never"), 0), (("--only", "ready"), 3)],
)
def test_bulk_exit_codes_are_those_of_check(
    hotpatch: Hotpatch, arguments: tuple[str, ...], code: int
) -> None:
    """The exit code is that of `check`, whatever is shown."""
    assert (
        small(hotpatch, "--bulk", *arguments).code
        == small(hotpatch, "--bulk", "-f", "csv", *arguments).code
        == code
    )


def test_days_of_parquet_append(hotpatch: Hotpatch) -> None:
    """Files of days with and without empty cells have one schema, so that they append."""
    schemas = []
    for name, system in (("one", "Windows Server 2019"), ("two", "")):
        table = hotpatch.write(
            f"{name}.csv", f"name,id,platform,os\na,/subscriptions/x,arc,{system}\n"
        )
        done = hotpatch("check", table, "--bulk", "-f", "parquet", "-o", f"{name}.parquet", "-q")
        assert done.code in (1, 3)
        with duckdb.connect() as connection:
            path = str(hotpatch.folder / f"{name}.parquet")
            query = "SELECT name, type, repetition_type, logical_type FROM parquet_schema(?)"
            schemas.append(connection.execute(query, [path]).fetchall())
    assert schemas[0] == schemas[1]
