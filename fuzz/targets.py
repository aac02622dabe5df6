"""One target a reader: bytes go in, and only problems that the program reports itself come out."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fuzz import seeds
from fuzz.program import DAY, UnsafeOutputError, checked, hotpatch, require_good, scratch

_INPUTS, _SCHEDULE = "tests/inputs/**/*.py", "tests/schedule/**/*.py"
_HOST = (
    "machines:\n- {name: sql01, platform: arc, os: Windows Server 2025 Datacenter, "
    "arc: {status: Connected, hotpatch: Enabled}, timezone: Europe/Paris, window: w}\n"
)
_BEGIN = datetime(2025, 12, 15, tzinfo=UTC)
_MOST_OPENINGS = 50


class Target(NamedTuple):
    """A reader under attack: what runs it, its seeds, and how its inputs are mutated.

    `recorded` has the suffixes of files of tests that are seeds too, and what is in them.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    kind: str
    suffix: str
    recorded: tuple[str, str] = ("", "")

    def usable_seeds(self) -> list[bytes]:
        """All seeds, those of recorded tests included."""
        suffixes, like = self.recorded
        return seeds.usable(chain(self.seeds(), seeds.recorded(*suffixes.split(), like=like)))


# --- readers without a file ----------------------------------------


def _expression(data: bytes) -> None:
    from tests.armtemplate.trees import resolved, template, vm

    text = f"[{data.decode('utf-8', 'replace')}]"
    resolved(
        template(
            vm(text, a=text),
            parameters={"a": {"defaultValue": text}, "b": {"defaultValue": {"c": [1, "x"]}}},
            variables={"v": text, "w": "[parameters('a')]"},
        )
    )


def _opened(rule: Any) -> None:
    """The openings of a rule in a zone with summer time, as a window has them."""
    from hotpatch_cli.schedule.windows import Window, WindowError, openings, validate

    window = Window("w", rule, time(2, 30), timedelta(hours=4), from_day=date(2025, 1, 31))
    try:
        validate(window)
    except WindowError:
        return
    rule.note(window.from_day)
    until = _BEGIN + timedelta(days=800)
    list(islice(openings(window, ZoneInfo("Europe/Paris"), _BEGIN, until), _MOST_OPENINGS))


def _rrule(data: bytes) -> None:
    from hotpatch_cli.schedule.recurrence import RecurrenceError, parse_rrule

    try:
        rule = parse_rrule(data.decode("utf-8", "replace"))
    except RecurrenceError:
        return
    _opened(rule)


def _azure(data: bytes) -> None:
    from hotpatch_cli.schedule.azure import parse_azure
    from hotpatch_cli.schedule.recurrence import RecurrenceError

    try:
        rule = parse_azure(data.decode("utf-8", "replace"))
    except RecurrenceError:
        return
    if parse_azure(rule.text) != rule:
        raise UnsafeOutputError(f"{rule.text!r} is read as another rule")
    _opened(rule)


def _configuration(data: bytes) -> None:
    """The settings for each command. No command runs: settings name files to read and to write."""
    import typer

    from hotpatch_cli.cli.config import config, tables
    from hotpatch_cli.cli.config.file import read
    from hotpatch_cli.cli.root import app
    from hotpatch_cli.errors import InputError

    name = str(scratch() / "hotpatch.toml")
    (scratch() / "hotpatch.toml").write_bytes(data)
    root = typer.main.get_command(app)
    try:
        file = read(name)
        config.require_known(file, root)
        for path, command in config.commands_of(root):
            config.defaults(file, path, config.options_of(command))
    except InputError:
        return
    tables.severities(file.table.get("severity"))


# --- readers of files ----------------------------------------


def _with_fleet(command: Callable[[str], tuple[str, ...]], name: str, fleet: str) -> Any:
    """A run on a small fleet, to which the fuzzed file is added."""

    def run(data: bytes) -> None:
        (scratch() / "fleet.yaml").write_text(fleet, encoding="utf-8")
        (scratch() / name).write_bytes(data)
        require_good(hotpatch(*command(name), *DAY, "-f", "json"))

    return run


_WINDOW = "windows: {w: {days: [Sun], start: 02:00, duration: 4h}}\n"
_CALENDAR = "windows: {w: {ics: cal.ics}}\nfreezes: [{name: f, ics: cal.ics}]\n" + _HOST


def _page(data: bytes) -> None:
    (scratch() / "page.md").write_bytes(data)
    require_good(hotpatch("releases", "import", "page.md", "--dry-run"), is_json=False)


class _Live:
    """The live reader against the tests' stand-in for Azure, whose answers are the fuzzed bytes."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.azure: Any = None

    def __call__(self, data: bytes) -> None:
        from tests.inputs.live.azure_stand import Answer, Handler, running

        if self.azure is None:
            Handler.disable_nagle_algorithm = True  # a small answer isn't held back for 40 ms
            self.azure = self.stack.enter_context(running())
        os.environ["HOTPATCH_AZURE_ENDPOINT"] = self.azure.url
        first = len(data) % 2
        self.azure.asked.clear()
        self.azure.instead[:] = [*[None] * first, *[Answer(body=data)] * 3]
        require_good(hotpatch("check", "--azure", *DAY, "-f", "json"))


def _tsv() -> Iterator[bytes]:
    for content in seeds.of_samples("table", suffix=".csv"):
        yield content.replace(b",", b"\t")


_WAIVERS = "waivers:\n- {machine: sql01, rule: HP101, reason: x, owner: y, expires: 2026-01-31}\n"


def _json_sources() -> Iterator[bytes]:
    names = ("inventory as", "azure", "arc", "patch-state", "maintenance", "what-if")
    for content in seeds.of_samples(*names, "image-builder", suffix=".json"):
        yield content
        tree = json.loads(content)
        rows = tree if isinstance(tree, list) else tree.get("value") or tree.get("data") or []
        yield from (json.dumps([row]).encode() for row in rows if isinstance(row, dict))
    yield from seeds.of_files("tests/inputs/data/*.json", "examples/*.json")


TARGETS: dict[str, Target] = {
    "yaml": Target(
        checked("fleet.yaml"),
        lambda: chain(
            seeds.of_samples("inventory", "several", suffix=".yaml"),
            seeds.of_files("examples/*.yaml"),
            seeds.of_literals(_INPUTS, "tests/gate/*.py", like=r".*\bmachines:.*"),
        ),
        "yaml",
        ".yaml",
        (".yaml .yml", "machines|windows|defaults"),
    ),
    "json": Target(checked("fleet.json"), _json_sources, "json", ".json", (".json", "name|id")),
    "csv": Target(
        checked("fleet.csv"),
        lambda: chain(
            seeds.of_samples("table", "several", suffix=".csv"), seeds.of_files("examples/*.csv")
        ),
        "text",
        ".csv",
        (".csv", ""),
    ),
    "tsv": Target(checked("fleet.tsv"), _tsv, "text", ".tsv", (".tsv", "")),
    "workbook": Target(
        checked("fleet.xlsx"),
        lambda: seeds.of_samples("table in", suffix=".xlsx"),
        "zip",
        ".xlsx",
        (".xlsx", ""),
    ),
    "hcl": Target(
        checked("golden.pkr.hcl"),
        lambda: chain(
            seeds.of_samples("packer in", suffix=".hcl"),
            seeds.of_literals(_INPUTS, like=r".*\bsource \"azure-arm\".*"),
        ),
        "text",
        ".pkr.hcl",
        (".hcl", ""),
    ),
    "packer": Target(
        checked("golden.json"),
        lambda: seeds.of_samples("packer", suffix=".json"),
        "json",
        ".json",
        (".json", "builders"),
    ),
    "arm-expression": Target(
        _expression,
        lambda: (
            text[1:-1]
            for text in seeds.of_literals(
                "tests/armtemplate/*.py", "tests/inputs/templates/*.py", like=r"\[[A-Za-z].*\]"
            )
        ),
        "text",
        ".txt",
    ),
    "arm-template": Target(
        checked("main.json"),
        lambda: seeds.of_samples("arm-template"),
        "json",
        ".json",
        (".json", "deploymentTemplate"),
    ),
    "terraform": Target(
        checked("plan.json"),
        lambda: chain(
            seeds.of_samples("terraform"), seeds.of_files("examples/terraform-plan.json")
        ),
        "json",
        ".json",
        (".json .tfstate", 'terraform|planned_values|"mode"'),
    ),
    "ansible": Target(
        checked("hosts.json"),
        lambda: seeds.of_samples("ansible"),
        "json",
        ".json",
        (".json", "hostvars|azure_|ansible|win_"),
    ),
    "icalendar": Target(
        _with_fleet(lambda _name: ("check", "fleet.yaml"), "cal.ics", _CALENDAR),
        seeds.calendars,
        "text",
        ".ics",
        (".ics", ""),
    ),
    "rrule": Target(
        _rrule, lambda: seeds.of_literals(_SCHEDULE, _INPUTS, like=r".*FREQ=.*"), "text", ".txt"
    ),
    "azure-recurrence": Target(
        _azure,
        lambda: seeds.of_literals(
            _SCHEDULE, _INPUTS, like=r"(?i)\d*(?:hour|day|week|month)s?(?: [\w, -]+)?"
        ),
        "text",
        ".txt",
    ),
    "release-page": Target(
        _page, seeds.pages, "json", ".md", (".md .html .json", "Windows Server|ProductTree")
    ),
    "collected": Target(
        _with_fleet(lambda name: ("check", name, "fleet.yaml"), "sql01.json", _WINDOW + _HOST),
        lambda: chain(seeds.of_samples("collected"), seeds.of_files("examples/collected.json")),
        "json",
        ".json",
        (".json", "HotpatchCollect"),
    ),
    "guest-text": Target(
        _with_fleet(lambda name: ("check", name, "fleet.yaml"), "sql01.txt", _WINDOW + _HOST),
        lambda: chain(
            seeds.of_samples("patch-state of", suffix=".txt"),
            seeds.of_literals("tests/inputs/*.py", like=r".*(?:Host Name:|HotFixID|KB\d{7}).*\n.*"),
        ),
        "text",
        ".txt",
        (".txt", ""),
    ),
    "waivers": Target(
        _with_fleet(
            lambda name: ("check", "fleet.yaml", "--waivers", name), "waivers.yaml", _WINDOW + _HOST
        ),
        lambda: chain(
            [_WAIVERS.encode()],
            seeds.of_literals("tests/gate/*.py", "tests/cli/*.py", like=r".*\bexpires:.*"),
        ),
        "yaml",
        ".yaml",
        (".yaml .yml", "waivers"),
    ),
    "configuration": Target(
        _configuration,
        lambda: chain(
            seeds.of_literals("tests/cli/**/*.py", "tests/gate/*.py", like=r".*\w+ = [\"\[{\w].*"),
            seeds.of_files("examples/**/*.toml"),
        ),
        "text",
        ".toml",
        (".toml", ""),
    ),
    "live": Target(_Live(), seeds.answers, "json", ".json"),
}
"""Name -> target, in the order in which they run."""
