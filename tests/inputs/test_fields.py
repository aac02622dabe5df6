"""The table of machine facts: what stands in it is read, joined and written, without more."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

import hotpatch_cli
from hotpatch_cli.inputs.fields import FACTS, GROUPS, IMAGE_PARTS, Fact
from hotpatch_cli.inputs.inventory.reader import READER as INVENTORY
from hotpatch_cli.inputs.join import join
from hotpatch_cli.inputs.open_source import open_document
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.inputs.tables.table import READER as TABLE
from hotpatch_cli.model import Machine
from hotpatch_cli.outputs.inventory_yaml import inventory_yaml

BASE = {"name": "m1", "platform": "arc"}
WRITTEN = [fact for fact in FACTS if fact.written]
NEW_FACT = '    Fact("rack", t.TEXT, "the rack it stands in", columns=("rack number",)),\n'


def values_of(machine: Machine) -> Machine:
    """A machine without what depends on its source."""
    return machine._replace(origin=None, label="", supposed=())  # type: ignore[arg-type]  # to compare


def write_inventory(path: Path, row: dict[str, str]) -> None:
    """An inventory of one machine, from the cells of a row."""
    machine: dict[str, Any] = {}
    for field, cell in row.items():
        value = json.loads(cell) if cell[0] in "[{" else cell
        group, _, key = field.partition(".")
        if key:
            machine.setdefault(group, {})[key] = value
        else:
            machine[field] = value
    path.write_text(json.dumps({"machines": [machine]}))


def write_csv(path: Path, row: dict[str, str]) -> None:
    """A table of one row as CSV."""
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([row.keys(), row.values()])


def write_parquet(path: Path, row: dict[str, str]) -> None:
    """A table of one row as Parquet."""
    columns = ", ".join(f'? AS "{column}"' for column in row)
    with duckdb.connect() as connection:
        connection.sql(f"SELECT {columns}", params=list(row.values())).write_parquet(str(path))


def source(path: Path, reader: Any) -> SourceData:
    """What a file holds."""
    data: SourceData = reader.read(open_document(str(path)))
    data.file, data.reader = str(path), path.suffix
    return data


@pytest.mark.parametrize("fact", WRITTEN, ids=lambda fact: fact.path)
def test_a_fact_is_read_joined_and_written(fact: Fact, tmp_path: Path) -> None:
    """A fact reads the same from YAML, CSV and Parquet, survives joining with a source that lacks
    it, and comes back from the inventory that `convert` writes.
    """
    row = BASE | {fact.path: fact.example}
    write_inventory(tmp_path / "m.yaml", row)
    write_csv(tmp_path / "m.csv", row)
    write_parquet(tmp_path / "m.parquet", row)
    write_inventory(tmp_path / "bare.yaml", BASE)
    inventory = source(tmp_path / "m.yaml", INVENTORY)
    table = source(tmp_path / "m.csv", TABLE)
    columns = source(tmp_path / "m.parquet", TABLE)
    bare = source(tmp_path / "bare.yaml", INVENTORY)
    [machine] = inventory.machines
    assert values_of(machine) != values_of(bare.machines[0])
    assert values_of(table.machines[0]) == values_of(machine)
    assert values_of(columns.machines[0]) == values_of(machine)

    (tmp_path / "converted.yaml").write_text(inventory_yaml([machine], None, {}, ["m.yaml"]))
    converted = source(tmp_path / "converted.yaml", INVENTORY)
    assert values_of(converted.machines[0]) == values_of(machine)

    if fact.path not in ("name", "platform"):
        others = [table] if fact.joining == "all" else [table, bare]
        joined = join([inventory, *others])
        assert values_of(joined.machines[0]) == values_of(machine)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.path)
def test_a_fact_is_documented(fact: Fact) -> None:
    """Each fact says what it means and gives an example; one in a group has its attribute."""
    assert fact.doc
    assert fact.example
    group, _, key = fact.path.partition(".")
    if key and group in GROUPS:
        assert key in GROUPS[group].kind._fields


@pytest.mark.slow
def test_a_new_row_is_a_new_fact(tmp_path: Path) -> None:
    """One row in the table makes a fact: read from YAML, CSV and Parquet, joined, in conflict where
    sources differ, written by `convert`, and in the JSON Schema.
    """
    package = Path(hotpatch_cli.__file__).parent
    shutil.copytree(package, tmp_path / "hotpatch_cli")
    table = tmp_path / "hotpatch_cli" / "inputs" / "fields.py"
    head = "FACTS: tuple[Fact, ...] = (\n"
    text = table.read_text(encoding="utf-8")
    assert text.count(head) == 1
    table.write_text(text.replace(head, head + NEW_FACT), encoding="utf-8")

    write_inventory(tmp_path / "a.yaml", BASE | {"rack": "r1"})
    write_csv(tmp_path / "b.csv", {"name": "m2", "platform": "arc", "Rack Number": "r2"})
    write_parquet(tmp_path / "c.parquet", {"name": "m3", "platform": "arc", "rack": "r3"})
    write_csv(tmp_path / "d.csv", {"name": "m1", "platform": "arc", "build": "26100.7092"})
    write_csv(tmp_path / "e.csv", {"name": "m1", "platform": "arc", "rack": "r9"})

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hotpatch_cli", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    converted = run("convert", "a.yaml", "b.csv", "c.parquet", "d.csv")
    for rack in ("rack: r1", "rack: r2", "rack: r3"):
        assert rack in converted
    assert "26100.7092" in converted
    assert "sources disagree on rack: r1 in a.yaml and r9 in e.csv" in run(
        "convert", "a.yaml", "e.csv"
    )
    machine = json.loads(run("schema", "inventory"))["properties"]["machines"]["items"]
    assert machine["properties"]["rack"]["description"] == "the rack it stands in"


def test_parts_of_an_image_are_no_facts_of_their_own() -> None:
    """Sources are compared by their images, not by publisher, offer and SKU one by one."""
    assert {part.joining for part in IMAGE_PARTS} == {"alone"}
