"""Thirty kinds of secrets in sources that aren't mappings, and in every other command's output."""

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from source_samples import SAMPLES
from test_planted_secrets import KINDS, PLANTED

from hotpatch_cli.outputs import formats

DAY = ("--as-of", "2025-12-15")
FLEET = Path(__file__).parents[2] / "examples" / "fleet.yaml"
FLEET_TAGS = {key: value for key, value in KINDS.items() if "\n" not in value}


def _hcl(value: str) -> str:
    return json.dumps(value).replace("${", "$${")


def _packer() -> str:
    """A Packer template with each of them as a setting, a tag, and the default of a variable."""
    settings = "".join(f"  {key} = {_hcl(value)}\n" for key, value in KINDS.items())
    variables = "".join(
        f'variable "{key}" {{\n  default = {_hcl(value)}\n}}\n' for key, value in KINDS.items()
    )
    text = str(SAMPLES["packer in HCL"].files["golden.pkr.hcl"])
    head = 'source "azure-arm" "golden" {\n'
    return variables + text.replace(head, f"{head}{settings}  azure_tags = {{\n{settings}  }}\n")


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["name", "platform", *(f"tags.{key}" for key in KINDS), *KINDS])
    book.active.append(["web01", "azure", *KINDS.values(), *KINDS.values()])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _collected() -> str:
    """What the script of `collect` gives, with each of them in each of its objects."""
    lines = str(SAMPLES["collected"].files["web01.json"]).strip().splitlines()

    def within(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: within(value) for key, value in node.items()} | {
                key: value for key, value in KINDS.items() if key not in node
            }
        return [within(value) for value in node] if isinstance(node, list) else node

    return "\n".join(json.dumps(within(json.loads(line))) for line in lines)


def _systeminfo() -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in FLEET_TAGS.items())
    return str(SAMPLES["patch-state of guests"].files["sql01.txt"]) + lines


def _hosts() -> str:
    """An inventory of Ansible: in the variables of a host, of a group, and of all."""
    content = json.loads(str(SAMPLES["ansible"].files["hosts.json"]))
    for variables in content["_meta"]["hostvars"].values():
        variables.update(KINDS | {"tags": KINDS, "ansible_facts": KINDS})
    return json.dumps(content | {"all": {"vars": KINDS, "children": []}})


def _terraform() -> str:
    settings = "".join(f"  {key} = {_hcl(value)}\n" for key, value in KINDS.items())
    return f'resource "azurerm_windows_virtual_machine" "web" {{\n{settings}}}\n'


PLACES: dict[str, str | bytes] = {
    "build.pkr.hcl": _packer(),
    "main.tf": _terraform(),
    "fleet.xlsx": _workbook(),
    "web01.json": _collected(),
    "sql01.txt": _systeminfo(),
    "hosts.json": _hosts(),
}


def _cache(folder: Path) -> bytes:
    """All that the program keeps for the user between runs."""
    data = folder / "user-data"
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


def _forms(command: str, names: Any, *arguments: str) -> list[tuple[str, ...]]:
    runs = [(*command.split(), *arguments, "-f", form) for form in names]
    return [(*run, "-o", "drawn.png") if run[-1] == "png" else run for run in runs]


def _assert_clean(hotpatch: Any, *arguments: str) -> int:
    """A run whose output, messages, files and cache have no secret."""
    before = {path for path in hotpatch.folder.iterdir() if path.is_file()}
    done = hotpatch(*arguments)
    assert "Traceback" not in done.err, done.err
    assert done.code != 70, done.err
    assert PLANTED not in done.out + done.err, arguments
    for path in {path for path in hotpatch.folder.iterdir() if path.is_file()} - before:
        assert PLANTED.encode() not in path.read_bytes(), (arguments, path.name)
    assert PLANTED.encode() not in _cache(hotpatch.folder), arguments
    return int(done.code)


@pytest.mark.parametrize("name", PLACES)
def test_a_source_that_is_no_mapping(hotpatch: Any, name: str) -> None:
    """HCL, workbooks, Ansible and what guests give: a secret in them comes out nowhere."""
    hotpatch.write(name, PLACES[name])
    sources = [name]
    if name == "sql01.txt":
        sources.append(hotpatch.write("own.yaml", "machines: [{name: sql01, platform: arc}]\n"))
    for run in (
        *_forms("check", formats.CHECK_FORMATS, *sources, *DAY),
        *_forms("fix", formats.FIX_FORMATS, *sources, *DAY),
        ("convert", *sources),
        ("next", *sources, *DAY),
    ):
        # Terraform's own files aren't read: the message is all that there is.
        assert (_assert_clean(hotpatch, *run) == 2) == (name == "main.tf"), run


CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    + "".join(
        f"BEGIN:VEVENT\r\nUID:{at}\r\nDTSTART:20251220T000000Z\r\nDTEND:20251221T000000Z\r\n"
        f"SUMMARY:{value}\r\nDESCRIPTION:{key}={value}\r\nX-{key.upper()}:{value}\r\nEND:VEVENT\r\n"
        for at, (key, value) in enumerate(FLEET_TAGS.items())
    )
    + "END:VCALENDAR\r\n"
)
WAIVERS = "waivers:\n" + "".join(
    f"- {{machine: web01, rule: HP104, reason: {json.dumps(value)}, owner: a,"
    f" expires: 2026-01-31, {key}: {json.dumps(value)}}}\n"
    for key, value in KINDS.items()
)
CONFIG = "".join(f"{key} = {json.dumps(value)}\n" for key, value in KINDS.items())
PAGE = "# Release notes\n\n" + "".join(
    f"| {key} | {value} | KB5072033 |\n" for key, value in FLEET_TAGS.items()
)
MISPLACED = {
    "waivers": ("w.yaml", WAIVERS, ("check", "fleet.yaml", "--waivers", "w.yaml")),
    "configuration": ("c.toml", CONFIG, ("check", "fleet.yaml", "--config", "c.toml")),
    "release page": ("page.md", PAGE, ("releases", "import", "page.md", "--yes")),
    "calendar": ("f.ics", CALENDAR, ("plan", "fleet.yaml", *DAY)),
}


@pytest.mark.parametrize(("name", "content", "run"), MISPLACED.values(), ids=MISPLACED)
def test_a_file_beside_the_sources(
    hotpatch: Any, name: str, content: str, run: tuple[str, ...]
) -> None:
    """Waivers, configuration, pages of releases, and calendars: no message repeats a secret."""
    freezes = "freezes:\n- file: f.ics\n" if name == "f.ics" else ""
    hotpatch.write("fleet.yaml", f"machines:\n- {{name: web01, platform: azure}}\n{freezes}")
    hotpatch.write(name, content)
    _assert_clean(hotpatch, *run)


@pytest.fixture
def fleet(hotpatch: Any) -> Any:
    """A folder with the example fleet, whose machines have every kind of secret in their tags, and
    two reports of it.
    """
    text = re.sub(r"(: )(\d+:\d\d)\b", r'\1"\2"', FLEET.read_text(encoding="utf-8"))
    content = yaml.safe_load(text)
    for machine in content["machines"]:
        machine["tags"] = (machine.get("tags") or {}) | KINDS
    hotpatch.write("fleet.yaml", yaml.safe_dump(content))
    for name, day in (("old.json", "2025-11-15"), ("new.json", "2025-12-15")):
        done = hotpatch("check", "fleet.yaml", "--as-of", day, "-f", "json")
        hotpatch.write(name, done.out)
    return hotpatch


RUNS = [
    *_forms("plan", formats.PLAN_FORMATS, "fleet.yaml", *DAY, "--effort", "0.1"),
    *_forms("fix", formats.FIX_FORMATS, "fleet.yaml", *DAY),
    *_forms("next", formats.NEXT_FORMATS, "fleet.yaml", *DAY),
    *_forms("diff", formats.DIFF_FORMATS, "old.json", "new.json"),
    *_forms("trend", formats.TREND_FORMATS, "old.json", "new.json"),
    *_forms("calendar", formats.CALENDAR_FORMATS, "--year", "2025"),
    *_forms("windows list", formats.OPENING_FORMATS, "fleet.yaml", "--from", "2025-12-15"),
    *_forms("windows lint", formats.LINT_FORMATS, "fleet.yaml"),
    *_forms("rollback", formats.ROLLBACK_FORMATS, "fleet.yaml", "--machine", "net01", *DAY),
    ("windows", "export", "fleet.yaml"),
    ("convert", "fleet.yaml"),
    ("feed", "releases"),
    ("feed", "restarts", "fleet.yaml", *DAY),
    ("report", "fleet.yaml", *DAY),
]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_no_other_command_shows_a_secret(fleet: Any, arguments: tuple[str, ...]) -> None:
    """Every format of each command that reads machines or reports, and the cache it leaves."""
    assert _assert_clean(fleet, *arguments) != 2
