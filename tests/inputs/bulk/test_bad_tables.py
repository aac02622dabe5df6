"""Tables that are wrong are named, nothing is written, and what stands in them is not repeated."""

import json
import sys
from pathlib import Path

import duckdb
import pytest

from hotpatch_cli.inputs.tables.bulk.parquet import SPACES
from tests.conftest import Hotpatch

GOOD = '{"name": "a", "platform": "arc"}\n'
BAD: dict[str, tuple[str, str | bytes, str]] = {
    "a row that is too long": (
        "t.csv",
        "name,platform\na,arc,hunter2\n",
        "t.csv:2:1: This row has 3 cells",
    ),
    "a quote without its end": (
        "t.csv",
        'name,platform\na,arc\nb,"arc\n',
        "t.csv:3:1: Invalid CSV",
    ),
    "a file that is cut off": (
        "t.csv",
        "name,platform,os\na,arc,x\nb,ar",
        "t.csv:3:1: The file ends in this row",
    ),
    "no UTF-8": ("t.csv", b"name,platform\n\xe9,arc\n", "The file isn't text in UTF-8"),
    "zero bytes": ("t.csv", "name,platform\na\0,arc\n", "The file is binary"),
    "two columns of one name": (
        "t.csv",
        "name,platform,Name\na,arc,b\n",
        "has the column 'name' twice",
    ),
    "no name": (
        "t.csv",
        "name,platform\n-,arc\n",
        "t.csv:2:1: The key 'name' of a machine is missing",
    ),
    "a name twice": (
        "t.csv",
        "name,platform\na,arc\nb,arc\na,arc\n",
        "t.csv:4:1: The machine 'a' is defined twice",
    ),
    "an id twice": ("t.csv", "name,id,platform\na,/X,arc\nb,/x,arc\n", "is defined twice"),
    "a wrong value": (
        "t.csv",
        "name,platform,build\na,arc,\nb,arc,new\n",
        "t.csv:3:1: In the column 'build': 'new'",
    ),
    "a wrong weight": ("t.csv", "name,platform,weight\na,arc,x\n", "t.csv:2:1: Expected a number"),
    "no platform": ("t.csv", "name,owner\na,me\n", "The platform is missing for this row"),
    "an unknown window": (
        "t.csv",
        "name,platform,window\na,arc,nights\n",
        "'nights' isn't defined",
    ),
    "nobody in it": ("t.csv", "name,platform\n", "No machine was found"),
    "no Windows": (
        "t.csv",
        "name,platform,os\na,arc,Debian\n",
        "because it doesn't run Windows",
    ),
    "no table": ("t.csv", "machines: []\n", "None of the files is a table"),
    "a line that is cut off": ("t.jsonl", GOOD + '{"name": "hunter2", "plat', "t.jsonl:2:"),
    "a line that is a list": (
        "t.jsonl",
        GOOD + "[1]\n",
        "Expected an object on each line, found a list",
    ),
    "a key twice": (
        "t.jsonl",
        GOOD + '{"name": "b", "name": "c"}\n',
        "t.jsonl:2:15: The key 'name' is defined twice",
    ),
    "deep nesting": (
        "t.jsonl",
        GOOD + '{"x": ' + "[" * 5000 + "]" * 5000 + "}\n",
        "nesting is deeper",
    ),
    "a name that is a list": (
        "t.jsonl",
        GOOD + '{"name": ["b"], "platform": "arc"}\n',
        "t.jsonl:2:1: ",
    ),
    "no Parquet": ("t.parquet", "name,platform\na,arc\n", "isn't in Parquet format"),
    "Parquet that is cut off": ("t.parquet", b"PAR1" + b"hunter2" * 99, "it's damaged"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables(hotpatch: Hotpatch, case: str) -> None:
    """Each is refused with its place and exit code 2; no file is written."""
    name, content, said = BAD[case]
    hotpatch.write(name, content)
    done = hotpatch("check", name, "--bulk", "--as-of", "2025-12-15", "-f", "csv", "-o", "out.csv")
    assert (done.code, done.out) == (2, ""), done.err
    assert said in done.err
    assert "hunter2" not in done.err
    assert sorted(each.name for each in hotpatch.folder.iterdir() if each.is_file()) == [name]


PARQUET = {
    "SELECT 'a' AS name, 'arc' AS platform, 26100.10::DOUBLE AS build": "trailing zeros are lost",
    "SELECT 'a' AS name, 'arc' AS platform, 1 AS file_row_number": (
        "The column name 'file_row_number' is reserved"
    ),
    "SELECT NULL AS name, 'arc' AS platform": (
        "t.parquet:1:1: The key 'name' of a machine is missing"
    ),
    "SELECT unnest([' a', 'a ']) AS name, 'arc' AS platform": (
        "t.parquet:2:1: The machine 'a' is defined twice"
    ),
    "SELECT 'a' AS name, 'arc' AS platform, unnest([1, -1]) AS weight": (
        "t.parquet:2:1: Expected a number"
    ),
    "SELECT 1 AS foo": "No column has the names of machines",
}


def parquet(query: str, path: Path) -> str:
    """Write what a query gives."""
    with duckdb.connect() as connection:
        connection.sql(query).write_parquet(str(path))
    return path.name


@pytest.mark.parametrize("query", PARQUET)
def test_bad_parquet(hotpatch: Hotpatch, query: str) -> None:
    """Wrong rows and columns of Parquet are named as those of text are."""
    done = hotpatch("check", parquet(query, hotpatch.folder / "t.parquet"), "--bulk", "-f", "csv")
    assert (done.code, done.out) == (2, "")
    assert PARQUET[query] in done.err


def test_structs_and_odd_columns(hotpatch: Hotpatch) -> None:
    """A struct is its fields, by dots; a column whose name is SQL is only a column."""
    query = """
        SELECT 'a' AS name, {'vbs': 'running', 'status': 'Connected'} AS arc,
        'Windows Server 2025 Datacenter' AS os,
        1 AS "x""; DROP TABLE profile; --", 2 AS profile, 3 AS row
    """
    done = hotpatch("check", parquet(query, hotpatch.folder / "t.parquet"), "--bulk", "-f", "jsonl")
    assert done.code == 3, done.err
    assert json.loads(done.out)["codes"] == "HP403 HP408 HP410 HP313"
    assert "platform arc inferred" in done.err


def test_file_names_are_no_patterns(hotpatch: Hotpatch) -> None:
    """A file whose name looks like a pattern, a quote or a partition is that file only."""
    name = parquet(
        "SELECT 'a' AS name, 'arc' AS platform", hotpatch.folder / "we'ird [a]*=1.parquet"
    )
    parquet("SELECT 'b' AS name, 'arc' AS platform", hotpatch.folder / "a=1.parquet")
    assert json.loads(hotpatch("check", name, "-f", "jsonl").out)["name"] == "a"


@pytest.mark.slow
def test_order_of_many(hotpatch: Hotpatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come in the order of the table, also from many row groups, and from profiles judged part
    by part.
    """
    monkeypatch.setattr("hotpatch_cli.inputs.tables.bulk.parquet.CHUNK", 500)
    query = """
        SELECT 'n' || (range * 7919 % 150000) AS name, 'arc' AS platform,
        'Windows Server 2025 Datacenter' AS os,
        '26100.' || (range % 2000) AS build FROM range(150000)
    """
    done = hotpatch(
        "check",
        parquet(query, hotpatch.folder / "t.parquet"),
        "--bulk",
        "-f",
        "csv",
        "-o",
        "out.csv",
    )
    assert done.code == 1, done.err
    lines = (hotpatch.folder / "out.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.partition(",")[0] for line in lines] == [
        f"n{each * 7919 % 150000}" for each in range(150000)
    ]


def test_profiles_part_by_part(hotpatch: Hotpatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many profiles that they are judged part by part give what they give at once."""
    rows = "".join(
        f"m{each},arc,Windows Server 2025 Datacenter,26100.{each % 40}\n" for each in range(200)
    )
    hotpatch.write("t.csv", "name,platform,os,build\n" + rows)
    at_once = (
        hotpatch("check", "t.csv", "--bulk", "-f", "csv"),
        hotpatch("check", "t.csv", "--bulk"),
    )
    monkeypatch.setattr("hotpatch_cli.inputs.tables.bulk.stream.CHUNK", 7)
    assert (
        hotpatch("check", "t.csv", "--bulk", "-f", "csv"),
        hotpatch("check", "t.csv", "--bulk"),
    ) == at_once


def test_same_name_in_two_groups(hotpatch: Hotpatch) -> None:
    """Machines of one name are shown with their resource group, as they are one by one."""
    end = "providers/Microsoft.Compute/virtualMachines/a,2"
    rows = "".join(f"a,/subscriptions/1/resourceGroups/{group}/{end}\n" for group in "xy")
    hotpatch.write("t.csv", "name,id,generation\n" + rows)
    whole = hotpatch("check", "t.csv", "--bulk", "-f", "csv").out
    assert [line.partition(",")[0] for line in whole.splitlines()] == ["name", "x/a", "y/a"]


def test_machines_beside_it_are_refused(hotpatch: Hotpatch) -> None:
    """A table as a whole is joined with nothing that speaks of machines."""
    hotpatch.write("t.csv", "name,platform\na,arc\n")
    hotpatch.write("f.yaml", "machines: [{name: b, platform: arc}]\n")
    done = hotpatch("check", "t.csv", "f.yaml", "--bulk")
    assert (done.code, "f.yaml: It has machines" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-f", "json", "--bulk"), "For json, add --no-bulk"),
        (("--explain", "--bulk"), "apply to a table as a whole"),
    ],
)
def test_what_it_cannot(hotpatch: Hotpatch, arguments: tuple[str, ...], said: str) -> None:
    """Formats and options that look at single machines are refused by name where --bulk is asked
    for.
    """
    hotpatch.write("t.csv", "name,platform\na,arc\n")
    done = hotpatch("check", "t.csv", *arguments)
    assert (done.code, said in " ".join(done.err.replace("│", " ").split())) == (2, True), done.err


@pytest.mark.slow
def test_large_ones_are_taken_unasked(hotpatch: Hotpatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a size on a table is taken as a whole; --no-bulk and formats of single machines leave it
    to the others.
    """
    monkeypatch.setattr("hotpatch_cli.inputs.tables.bulk.detect.LARGE", {"csv": 2**20})
    hotpatch.write(
        "t.csv",
        "name,platform,owner\n" + "".join(f"n{each},arc,{'x' * 200}\n" for each in range(6000)),
    )
    assert "machines  verdict" in hotpatch("check", "t.csv").out
    assert "machine  verdict" in hotpatch("check", "t.csv", "--no-bulk").out
    assert len(hotpatch("check", "t.csv", "-f", "json").machines) == 6000


def test_spaces_of_parquet_are_those_of_python() -> None:
    """What is taken for space in Parquet is what Python takes for it."""
    assert set(SPACES) == {letter for letter in map(chr, range(sys.maxunicode)) if letter.isspace()}
