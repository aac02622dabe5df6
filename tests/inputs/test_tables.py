"""Tables as inventories: the same fleet in every format, guesses that are shown, and cells that
mislead.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.worksheet.worksheet import Worksheet

HEADER = [
    "name",
    "platform",
    "os",
    "build",
    "arc.status",
    "arc.hotpatch",
    "arc.vbs",
    "arc.secure_boot",
    "tags.env",
]
ROWS: list[list[str | None]] = [
    [
        "web01",
        "arc",
        "Windows Server 2025 Datacenter",
        "26100.7392",
        "Connected",
        "Enabled",
        "running",
        "true",
        "prod",
    ],
    [
        "web02",
        "arc",
        "Windows Server 2025 Standard",
        "26100.4270",
        "Connected",
        "Enabled",
        "off",
        "true",
        None,
    ],
    [
        "old01",
        "arc",
        "Windows Server 2019 Datacenter",
        "17763.7558",
        None,
        None,
        None,
        None,
        "test",
    ],
]


def csv_text(
    separator: str = ",", header: list[str] = HEADER, rows: list[list[str | None]] = ROWS
) -> str:
    """A table as text."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([header, *rows])
    return stream.getvalue()


def objects() -> list[dict[str, Any]]:
    """The rows as objects, what is missing left out."""
    return [
        {key: cell for key, cell in zip(HEADER, row, strict=True) if cell is not None}
        for row in ROWS
    ]


def nested() -> list[dict[str, Any]]:
    """The rows as objects with objects in them."""
    found: list[dict[str, Any]] = []
    for row in objects():
        node: dict[str, Any] = {}
        for key, value in row.items():
            outer, _, inner = key.partition(".")
            if inner:
                node.setdefault(outer, {})[inner] = value
            else:
                node[key] = value
        found.append(node)
    return found


def workbook(
    *sheets: tuple[str, list[list[Any]]], change: Callable[[Worksheet], None] | None = None
) -> bytes:
    """An Excel workbook."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if change:
        change(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def old_workbook(rows: list[list[Any]]) -> bytes:
    """A workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(row, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def open_document(rows: list[list[Any]]) -> bytes:
    """A spreadsheet of LibreOffice."""
    book = OpenDocumentSpreadsheet()
    table = Table(name="S")
    for row in rows:
        line = TableRow()
        for cell in row:
            made = TableCell() if cell is None else TableCell(valuetype="string")
            if cell is not None:
                made.addElement(P(text=cell))
            line.addElement(made)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    stream = io.BytesIO()
    book.write(stream)
    return stream.getvalue()


def parquet(path: Path, query: str) -> bytes:
    """What DuckDB writes for a query."""
    duckdb.sql(query).write_parquet(str(path))
    return path.read_bytes()


def _parquet_rows(path: Path) -> bytes:
    quoted = ", ".join(f'"{name}"' for name in HEADER)
    rows = ", ".join(
        "(" + ", ".join("NULL" if c is None else f"'{c}'" for c in row) + ")" for row in ROWS
    )
    return parquet(path, f"SELECT * FROM (VALUES {rows}) AS t({quoted})")  # noqa: S608  texts of this file


def _lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


FORMATS: dict[str, tuple[str, Callable[[Path], str | bytes]]] = {
    "CSV": ("fleet.csv", lambda _: csv_text()),
    "CSV with semicolons": ("fleet.csv", lambda _: csv_text(";")),
    "CSV of a German Excel": ("fleet.csv", lambda _: b"\xef\xbb\xbf" + csv_text(";").encode()),
    "CSV with sep=": ("fleet.csv", lambda _: "sep=|\r\n" + csv_text("|")),
    "Unicode text of Excel": (
        "fleet.txt",
        lambda _: b"\xff\xfe" + csv_text("\t").encode("utf-16-le"),
    ),
    "TSV": ("fleet.tsv", lambda _: csv_text("\t")),
    "CSV with words for nothing": (
        "fleet.csv",
        lambda _: csv_text(rows=[[c or "NULL" for c in row] for row in ROWS]),
    ),
    "CSV with n/a": (
        "fleet.csv",
        lambda _: csv_text(rows=[[c or "N/A" for c in row] for row in ROWS]),
    ),
    "CSV with text formulas": (
        "fleet.csv",
        lambda _: csv_text(rows=[[f'="{c or ""}"' for c in row] for row in ROWS]),
    ),
    "CSV with empty columns": (
        "fleet.csv",
        lambda _: csv_text(header=[*HEADER, "", ""], rows=[[*row, None, None] for row in ROWS]),
    ),
    "JSON Lines": ("fleet.jsonl", lambda _: _lines(objects())),
    "JSON Lines, nested": ("fleet.ndjson", lambda _: _lines(nested())),
    "a list of objects": ("fleet.json", lambda _: json.dumps(objects(), indent=1)),
    "Excel": ("fleet.xlsx", lambda _: workbook(("Sheet1", [HEADER, *ROWS]))),
    "Excel under another name": ("fleet.dat", lambda _: workbook(("Sheet1", [HEADER, *ROWS]))),
    "Excel 97": ("fleet.xls", lambda _: old_workbook([HEADER, *ROWS])),
    "LibreOffice": ("fleet.ods", lambda _: open_document([HEADER, *ROWS])),
    "LibreOffice under another name": ("fleet.dat", lambda _: open_document([HEADER, *ROWS])),
    "Excel with a title": (
        "fleet.xlsx",
        lambda _: workbook(("S", [["Our servers"], [], HEADER, *ROWS])),
    ),
    "Excel, second sheet": (
        "fleet.xlsx",
        lambda _: workbook(("Notes", [["a", "b"]]), ("Servers", [HEADER, *ROWS])),
    ),
    "Parquet": ("fleet.parquet", _parquet_rows),
    "Parquet under another name": ("fleet.dat", _parquet_rows),
}


def without_places(report: Any) -> Any:
    """A report less the places of its reasons."""
    for machine in report["machines"]:
        for reason in machine["reasons"]:
            del reason["location"]
    return report


@pytest.mark.parametrize(("name", "make"), FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_report(
    hotpatch: Any, name: str, make: Callable[[Path], str | bytes]
) -> None:
    """A fleet is the same fleet, whatever file it stands in; an inventory is the oracle."""
    oracle = hotpatch.check(json.dumps({"machines": nested()}), name="oracle.json")
    done = hotpatch.check(make(hotpatch.folder / "made.parquet"), name=name)
    assert (done.code, without_places(done.json)) == (1, without_places(oracle.json))


def test_a_row_is_pointed_at_by_its_line(hotpatch: Any) -> None:
    """A finding names the line of its row, also behind a cell of several lines."""
    rows = [["a\nb", *ROWS[0][1:]], ROWS[1]]
    done = hotpatch.check(csv_text(rows=rows), name="fleet.csv")
    lines = {reason["location"]["line"] for reason in done.machines["web02"]["reasons"]}
    assert lines == {4}


def test_a_row_of_excel_is_pointed_at_by_its_number(hotpatch: Any) -> None:
    """Empty rows count, as they do in Excel."""
    done = hotpatch.check(
        workbook(("S", [["Our servers"], [], HEADER, [], *ROWS])), name="fleet.xlsx"
    )
    assert {reason["location"]["line"] for reason in done.machines["web02"]["reasons"]} == {6}


def test_guesses_and_unknown_columns_are_told(hotpatch: Any) -> None:
    """A column under another name is guessed, said on standard error, and never silent; --quiet
    silences it.
    """
    text = "VM Name,Hosting,OS Name,Colour\nweb01,arc,Windows Server 2019,red\n"
    done = hotpatch.check(text, name="fleet.csv")
    assert "'VM Name' as name, 'Hosting' as platform, 'OS Name' as os" in done.err
    assert "ignored columns: 'Colour'" in done.err
    assert hotpatch.check(text, "--quiet", name="fleet.csv").err == ""


def test_map_chooses_what_a_column_means(hotpatch: Any) -> None:
    """--map says what a column means, against a guess too, and HOTPATCH_MAP does."""
    text = "VM Name,Host,Where,OS\nx,web01,arc,Windows Server 2019\n"
    chosen = ("--map", "Host=name", "--map", "where=platform", "--map", "VM Name=tags.vm")
    assert list(hotpatch.check(text, *chosen, name="fleet.csv").machines) == ["web01"]
    hotpatch.monkeypatch.setenv("HOTPATCH_MAP", "Host=name Where=platform")
    assert list(hotpatch.check(text, name="fleet.csv").machines) == ["web01"]


MAPPED_WRONG = {
    "no field": (["--map", "OS=operating"], "Unknown field 'operating'"),
    "no equals sign": (["--map", "OS"], "Use the format COLUMN=FIELD"),
    "no such column": (["--map", "Build No=build"], "No table has the column 'Build No'"),
    "two columns": (["--map", "OS=os", "--map", "name=os"], "The field 'os' is mapped twice"),
}


@pytest.mark.parametrize(("arguments", "message"), MAPPED_WRONG.values(), ids=MAPPED_WRONG)
def test_map_that_cannot_be(hotpatch: Any, arguments: list[str], message: str) -> None:
    """A mapping that names no field or no column is refused."""
    done = hotpatch.check(
        "name,platform,OS\nweb01,arc,Windows Server 2019\n", *arguments, name="fleet.csv"
    )
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_map_without_a_table(hotpatch: Any) -> None:
    """--map speaks of tables; without one it is a mistake."""
    done = hotpatch.check("machines: [{name: a, platform: arc}]", "--map", "x=build")
    assert done.code == 2
    assert "No input is a table" in done.err


PLATFORMS = {
    "patch settings": ("name,patchMode\nweb01,Manual\n", "azure"),
    "image": ("name,image\nweb01,MicrosoftWindowsServer:WindowsServer:2022-datacenter\n", "azure"),
    "arc": ("name,arc.status\nweb01,Connected\n", "arc"),
    "azure local": ("name,azure_local.version\nweb01,23H2\n", "azure-local"),
    "Secure Boot of an Azure VM": ("name,Secure Boot,patchMode\nweb01,true,Manual\n", "azure"),
}


@pytest.mark.parametrize(("text", "platform"), PLATFORMS.values(), ids=PLATFORMS)
def test_a_platform_is_concluded_and_told(hotpatch: Any, text: str, platform: str) -> None:
    """A table that names no platform: what its rows speak of tells it, and the user hears that."""
    done = hotpatch.check(text, name="fleet.csv")
    assert done.machines["web01"]["platform"] == platform
    assert f"platform {platform} inferred" in done.err


def test_a_platform_by_the_resource_id(hotpatch: Any) -> None:
    """A resource id names the kind of machine, and its name."""
    text = (
        "Resource ID,OS\n"
        "/subscriptions/0/resourceGroups/r/providers/Microsoft.HybridCompute/machines/m1,Linux\n"
    )
    done = hotpatch.check(
        text + text.splitlines()[1].replace("m1", "m2").replace("Linux", "Windows 10") + "\n",
        name="f.csv",
    )
    assert [(each["name"], each["platform"]) for each in done.json["machines"]] == [("m2", "arc")]


def test_no_platform_is_one_problem(hotpatch: Any) -> None:
    """Where nothing tells the platform, one problem speaks for all rows."""
    done = hotpatch.check(
        "name,os\n" + "".join(f"m{each},Windows Server 2025\n" for each in range(100)), name="f.csv"
    )
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "(and for 99 more)" in done.err


def test_a_concluded_platform_gives_way(hotpatch: Any) -> None:
    """A table that speaks of Arc and an inventory that says Azure Local do not contradict each
    other.
    """
    table = hotpatch.write("t.csv", "name,arc.secure_boot\nweb01,true\n")
    fleet = hotpatch.write("fleet.yaml", "machines: [{name: web01, platform: azure-local}]")
    done = hotpatch("check", table, fleet, "-f", "json")
    assert [each["platform"] for each in done.json["machines"]] == ["azure-local"]


def test_a_table_joins_with_an_export(hotpatch: Any) -> None:
    """A table with ids adds to machines of an export; where they differ, they contradict."""
    vm = {
        "id": "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1",
        "name": "vm1",
        "type": "Microsoft.Compute/virtualMachines",
        "properties": {
            "storageProfile": {},
            "osProfile": {"windowsConfiguration": {"patchSettings": {}}},
        },
    }
    table = hotpatch.write(
        "cmdb.csv", f"id,build,patching.mode\n{vm['id'].upper()},20348.4346,Manual\n"
    )
    done = hotpatch(
        "check",
        hotpatch.write("vms.json", json.dumps([vm])),
        table,
        "-f",
        "json",
        "--as-of",
        "2025-12-15",
    )
    (machine,) = done.json["machines"]
    assert machine["name"] == "vm1"


def test_a_projected_query_is_a_table(hotpatch: Any) -> None:
    """Resource Graph as CSV with columns of the user's choice: a `type` alone does not make it a
    full resource.
    """
    text = (
        "name,type,location,publisher,offer,imageSku,patchMode,enableHotpatching,provisionVMAgent\n"
        "vm1,microsoft.compute/virtualmachines,uksouth,MicrosoftWindowsServer,WindowsServer,"
        "2022-datacenter-azure-edition-core,AutomaticByPlatform,true,true\n"
    )
    chosen = ("--map", "publisher=image.publisher", "--map", "offer=image.offer")
    done = hotpatch.check(text, *chosen, name="arg.csv")
    assert done.machines["vm1"]["verdict"] == "ready"


def test_a_properties_column_goes_to_the_reader_of_vms(hotpatch: Any) -> None:
    """Resource Graph as CSV with a JSON column is the export that it is."""
    properties = {"storageProfile": {"imageReference": {"id": "/subscriptions/0/images/i"}}}
    rows: list[list[str | None]] = [
        ["vm1", "microsoft.compute/virtualmachines", json.dumps(properties)]
    ]
    done = hotpatch.check(
        csv_text(header=["name", "type", "properties"], rows=rows), name="arg.csv"
    )
    assert [
        each["code"] for each in done.machines["vm1"]["reasons"] if each["level"] == "error"
    ] == ["HP102"]


LISTS = {
    "kbs by semicolons": ("KB5072014; KB5054979", "KB5072014"),
    "kbs by commas": ('"KB5054979, KB5072014"', "KB5072014"),
    "kbs by lines": ('"KB5054979\n5072014"', "KB5072014"),
}


@pytest.mark.parametrize(("cell", "kb"), LISTS.values(), ids=LISTS)
def test_lists_in_a_cell(hotpatch: Any, cell: str, kb: str) -> None:
    """Several KBs stand in one cell."""
    done = hotpatch.check(
        f"name,platform,os,kbs\nm,arc,Windows Server 2025 Standard,{cell}\n", name="f.csv"
    )
    assert done.machines["m"]["track"]["installed"]["kb"] == kb


# --- cells that mislead ----------------------------------------


def _as_number(sheet: Worksheet) -> None:
    sheet.cell(3, 4).value = 26100.427


def test_a_build_that_excel_made_a_number(hotpatch: Any) -> None:
    """26100.4270 as a number is 26100.427: nobody can tell, so it is refused, with its row and
    column.
    """
    done = hotpatch.check(workbook(("S", [HEADER, *ROWS]), change=_as_number), name="fleet.xlsx")
    assert (done.code, done.out) == (2, "")
    assert "fleet.xlsx:3:1: In the column 'build': 26100.427 is a number" in done.err


def test_a_build_that_parquet_has_as_a_number(hotpatch: Any) -> None:
    """The same in Parquet; a decimal of fixed scale keeps its zeros."""
    base = "SELECT 'm' AS name, 'arc' AS platform, 'Windows Server 2025 Standard' AS os, "
    made = hotpatch.folder / "made.parquet"
    done = hotpatch.check(parquet(made, base + "26100.427::DOUBLE AS build"), name="f.parquet")
    assert done.code == 2
    done = hotpatch.check(
        parquet(made, base + "26100.4270::DECIMAL(10,4) AS build"), name="f.parquet"
    )
    assert done.machines["m"]["track"]["installed"]["build"] == "26100.4270"


def test_numbers_dates_and_truths_of_excel(hotpatch: Any) -> None:
    """A name of digits, a truth and a whole number are what they look like."""
    rows = [["name", "platform", "arc.secure_boot", "reboot_minutes"], [1001, "arc", True, 20.0]]
    done = hotpatch("convert", hotpatch.write("f.xlsx", workbook(("S", rows))))
    assert 'name: "1001"' in done.out
    assert "reboot_minutes: 20" in done.out
    assert "secure_boot: true" in done.out


def test_nested_columns_of_parquet(hotpatch: Any) -> None:
    """Structs and lists are read."""
    query = (
        "SELECT 'm' AS name, {'status': 'Connected', 'vbs': 'off'} AS arc, ['KB5072014'] AS kbs, "
        "'Windows Server 2025 Standard' AS os, TIMESTAMP '2025-01-01' AS seen, 'x'::BLOB AS raw"
    )
    done = hotpatch.check(parquet(hotpatch.folder / "made.parquet", query), name="f.parquet")
    assert "HP205" in {each["code"] for each in done.machines["m"]["reasons"]}
    assert done.machines["m"]["track"]["installed"]["kb"] == "KB5072014"


def test_a_file_name_is_no_pattern(hotpatch: Any) -> None:
    """A Parquet file whose name has an asterisk is that file, not all that fit."""
    parquet(hotpatch.folder / "a1.parquet", "SELECT 'other' AS name, 'arc' AS platform, 'x' AS os")
    data = parquet(
        hotpatch.folder / "made.parquet", "SELECT 'm' AS name, 'arc' AS platform, 'x' AS os"
    )
    for name in ("a*.parquet", "a[1].parquet", "a?.parquet"):
        assert list(hotpatch.check(data, name=name).machines) == ["m"]


WRONG: dict[str, tuple[str, str | bytes, str]] = {
    "a word for a truth": (
        "f.csv",
        "name,platform,Secure Boot\na,arc,perhaps\n",
        "f.csv:2:1: In the column 'Secure Boot': Expected true or false, found 'perhaps'",
    ),
    "a build of words": (
        "f.csv",
        "name,platform,OS Build\na,arc,latest\n",
        "In the column 'OS Build': 'latest' isn't",
    ),
    "a name twice": (
        "f.csv",
        "name,platform,os\na,arc,x\na,arc,x\n",
        "f.csv:3:1: The machine 'a' is defined twice",
    ),
    "an id twice": ("f.csv", "name,platform,id\na,arc,/x/y\nb,arc,/X/y\n", "is defined twice"),
    "no name": ("f.csv", "name,platform,os\n,arc,x\n", "The key 'name' of a machine is missing"),
    "a column twice": ("f.csv", "name,platform,Name\na,arc,b\n", "has the column 'name' twice"),
    "more cells than columns": (
        "f.csv",
        "name,platform,os\na,arc,x,y\n",
        "This row has 4 cells, but the header has 3",
    ),
    "a row that is cut off": (
        "f.csv",
        "name,platform,os\na,arc,x\nb,ar",
        "The file ends in this row",
    ),
    "a quote that is not closed": ("f.csv", 'name,platform,os\na,arc,"x\n', "Invalid CSV"),
    "a header alone": ("f.csv", "name,platform,os\n", "The file contains no data"),
    "letters of an old code page": (
        "f.csv",
        "name,platform,os\nbär,arc,x\n".encode("cp1252"),
        "The file isn't text in UTF-8",
    ),
    "UTF-16 without a mark": (
        "f.csv",
        "name,platform,os\na,arc,x\n".encode("utf-16-le"),
        "without a byte order mark",
    ),
    "a line of JSON that is cut off": (
        "f.jsonl",
        '{"name":"a","platform":"arc"}\n{"name":"b","pla',
        "f.jsonl:2:",
    ),
    "a number among objects": (
        "f.jsonl",
        '{"name":"a","platform":"arc"}\n7\n',
        "f.jsonl:2:1: Expected an object",
    ),
    "a workbook that is cut off": (
        "f.xlsx",
        workbook(("S", [HEADER, *ROWS]))[:-200],
        "Can't read the workbook",
    ),
    "a zip that is no workbook": (
        "f.xlsx",
        b"PK\x05\x06" + bytes(18),
        "Can't read the workbook",
    ),
    "an old workbook": (
        "f.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "Can't read the workbook",
    ),
    "text that is called a workbook": (
        "f.xlsx",
        b"name,platform\n",
        "isn't a workbook (.xlsx, .xls, or .ods)",
    ),
    "an empty workbook": ("f.xlsx", workbook(("S", [])), "visible sheets contain no data"),
    "a column twice in Excel": (
        "f.xlsx",
        workbook(("S", [["name", "os", "Name"], ["a", "b", "c"]])),
        "has the column 'name' twice",
    ),
    "no Parquet": ("f.parquet", b"name,platform\n", "isn't in Parquet format"),
    "Parquet that is cut off": (
        "f.parquet",
        b"PAR1" + bytes(40),
        "it's damaged",
    ),
    "a table of something else": (
        "f.csv",
        "colour,size\nred,1\n",
        "No column has the names of machines. Columns: 'colour', 'size'.",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(
    hotpatch: Any, name: str, content: str | bytes, message: str
) -> None:
    """A table that cannot be right is refused whole, with place and reason."""
    done = hotpatch.check(content, name=name)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def _with_part(part: str, old: bytes, new: bytes) -> bytes:
    """A workbook of one machine, b, with a text of one of its parts replaced."""
    rows = [["name", "platform"], ["b", "arc"]]
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(("a", rows)))) as plain,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            content = plain.read(name)
            assert name != part or old in content
            packed.writestr(name, content.replace(old, new) if name == part else content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("part", "before", "filling"),
    [
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 2_000_000),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<!--" + b"x" * 20_000_000 + b"-->"),
    ],
    ids=["formats", "comment"],
)
def test_parts_of_a_workbook_that_hold_next_to_nothing_are_skipped(
    hotpatch: Any, part: str, before: bytes, filling: bytes
) -> None:
    """Millions of formats, or a comment of megabytes, are no reason to take long or to refuse."""
    done = hotpatch.check(_with_part(part, before, filling + before), name="fleet.xlsx")
    assert list(done.machines) == ["b"]


def test_a_sheet_of_billions_of_cells_is_refused(hotpatch: Any) -> None:
    """A cell in the last row and column makes a block of 17 billion cells."""
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    data = _with_part("xl/worksheets/sheet1.xml", b"</sheetData>", far)
    done = hotpatch.check(data, name="fleet.xlsx")
    assert (done.code, done.out) == (2, "")
    assert "fleet.xlsx: The sheet 'xl/worksheets/sheet1.xml' reaches to row 1048576" in done.err


def test_a_far_cell_of_few_columns_is_read(hotpatch: Any) -> None:
    """A stray cell in Excel's last row is common, and no reason to refuse a fleet."""
    far = b'<row r="1048576"><c r="A1048576" t="str"><v>z</v></c>'
    far += b'<c r="B1048576" t="str"><v>arc</v></c></row></sheetData>'
    data = _with_part("xl/worksheets/sheet1.xml", b"</sheetData>", far)
    assert list(hotpatch.check(data, name="fleet.xlsx").machines) == ["b", "z"]


def test_a_spreadsheet_that_repeats_a_cell_without_end(hotpatch: Any) -> None:
    """Millions of repeated rows and columns of an .ods file end its reader, not the program."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(open_document([["name"], ["b"]]))) as plain,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            repeats = b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
            repeats += b'table:number-columns-repeated="16000" office:value-type="string"'
            content = plain.read(name)
            head, cell, rest = content.rpartition(b"<table:table-row><table:table-cell office:v")
            if name == "content.xml":
                content = head + repeats + rest.removeprefix(b'alue-type="string"')
                assert cell
            packed.writestr(name, content)
    done = hotpatch.check(stream.getvalue(), name="fleet.ods")
    assert (done.code, done.out) == (2, "")
    assert "fleet.ods: Can't read the workbook" in done.err


def test_a_workbook_that_lies_about_its_size(hotpatch: Any) -> None:
    """A cell beyond all rows, and a stated size that is too small, change nothing of the rest."""
    data = _with_part("xl/worksheets/sheet1.xml", b'<dimension ref="A1:B2"', b'<dimension ref="A1"')
    assert list(hotpatch.check(data, name="f.xlsx").machines) == ["b"]
    data = _with_part("xl/worksheets/sheet1.xml", b'r="A2"', b'r="A99999999999"')
    done = hotpatch.check(data, name="f.xlsx")
    assert (done.code, done.out) == (2, "")


def test_hidden_sheets_are_not_read(hotpatch: Any) -> None:
    """What nobody sees in Excel is not the fleet."""

    def hide(sheet: Worksheet) -> None:
        sheet.sheet_state = "hidden"

    data = workbook(("Old", [HEADER, *ROWS]), ("New", [HEADER, ROWS[0]]), change=hide)
    assert list(hotpatch.check(data, name="f.xlsx").machines) == ["web01"]


def test_formulas_stay_text(hotpatch: Any) -> None:
    """A name that begins like a formula is that name, and is no formula in a CSV report."""
    done = hotpatch.check(
        'name,platform,os\n"=cmd|x",arc,Windows Server 2019\n', "-f", "csv", name="f.csv"
    )
    assert "'=cmd|x" in done.out


def test_a_missing_package_is_named(hotpatch: Any) -> None:
    """Without the package for a format the answer is the command that installs it."""
    import sys

    hotpatch.monkeypatch.setitem(sys.modules, "python_calamine", None)
    hotpatch.monkeypatch.setitem(sys.modules, "duckdb", None)
    done = hotpatch.check(workbook(("S", [HEADER, *ROWS])), name="f.xlsx")
    assert done.code == 2
    assert "pip install 'hotpatch-cli[excel]'" in done.err
    done = hotpatch.check(b"PAR1", name="f.parquet")
    assert "pip install 'hotpatch-cli[bulk]'" in done.err


def test_from_table_forces_it(hotpatch: Any) -> None:
    """--input-format table reads rows that another reader would take."""
    text = "ComputerName,platform,os,CurrentBuildNumber\nm,arc,Windows Server 2019,17763\n"
    done = hotpatch.check(
        text, "--input-format", "table", "--map", "CurrentBuildNumber=build", name="f.csv"
    )
    assert done.machines["m"]["product"] is None


def test_a_column_that_another_tool_has_too(hotpatch: Any) -> None:
    """`OS Version` in a table is a column; only the words of systeminfo make it systeminfo."""
    done = hotpatch.check("Name,OS Version,Platform\nweb,10.0.26100.7392,arc\n", name="f.csv")
    assert done.machines["web"]["track"]["state"] == "unknown"
    assert "'OS Version' as build" in done.err


def test_a_row_with_the_type_of_arc_and_other_columns(hotpatch: Any) -> None:
    """A query's own columns are not lost because a `type` stands beside them."""
    row = "m,microsoft.hybridcompute/machines,26100.7392,Windows Server 2025 Standard\n"
    text = "name,type,os build,operating system\n" + row
    done = hotpatch.check(text, "--map", "type=platform", name="f.csv")
    assert done.machines["m"]["track"]["installed"]["build"] == "26100.7392"


def test_one_line_of_json(hotpatch: Any) -> None:
    """A single object with name and platform is a table of one row, on standard input too."""
    done = hotpatch(
        "check",
        "-",
        "-f",
        "json",
        stdin='{"name": "m", "platform": "arc", "os": "Windows Server 2019"}\n',
    )
    assert list(done.machines) == ["m"]


def test_objects_that_export_csv_wrote_as_text(hotpatch: Any) -> None:
    """A table of names and cut objects says that PowerShell cut them, and how to export instead."""
    kind = "Microsoft.Azure.Management.Compute.Models.StorageProfile"
    text = f'#TYPE Microsoft.Azure.PSVirtualMachine\n"Name","StorageProfile"\n"a","{kind}"\n'
    done = hotpatch.check(text, name="vms.csv")
    assert (done.code, done.out) == (2, "")
    assert "PowerShell cut off the objects in the column 'StorageProfile'" in done.err
    assert "-Depth 10" in done.err
