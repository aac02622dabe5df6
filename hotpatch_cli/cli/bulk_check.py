"""A run of `check` on a table as a whole: profiles are judged, machines are counted, files are
written at the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import typer

from hotpatch_cli.cli.console import deliver, deliver_parts, replaced, say, screen
from hotpatch_cli.cli.options.common import today
from hotpatch_cli.cli.options.gate import chosen, known_source, parse_fail_on
from hotpatch_cli.cli.options.suppressions import Waiving, judged_by
from hotpatch_cli.errors import refuse
from hotpatch_cli.gate.outcome import conditions_of
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine
from hotpatch_cli.inputs.tables.bulk.table import BulkTable, FleetPart
from hotpatch_cli.inputs.tables.columns import parse_map
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.knowledge.release_age import last_read, newest_release, stale
from hotpatch_cli.outputs.bulk.rows import Results
from hotpatch_cli.outputs.bulk.summary import Summary
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.check import check


def run_bulk(
    found: DetectedTable, pairs: Sequence[tuple[str, str]], values: dict[str, Any]
) -> None:
    """Judge a table, write each (format, file) pair, all or none, and exit as `check` does. Raises
    InputError.
    """
    failing, only = parse_fail_on(values["fail_on"]), chosen(values["only"])
    others = _beside(found, values)
    knowledge, day = (
        load_knowledge(values["matrix"] or (), values["releases"] or ()),
        values["as_of"] or today(),
    )
    run = _Run(failing, only, knowledge)
    with Engine() as engine:
        table = BulkTable(found, parse_map(values.get("columns") or ()), engine)
        results = {form: Results(engine, form) for form, _ in pairs if form != "table"}
        for part in table.parts(others):
            run.take(check(part.fleet, knowledge, day), part, results.values())
        if not run.judged:
            why = f"All {run.summary.skipped} machines in it were skipped: none runs Windows."
            raise refuse(
                found.name,
                why if run.summary.skipped else "There is no machine in it.",
                "Nothing was checked.",
            )
        for note in (*table.notes, stale(knowledge, day), *run.general):
            if note:
                say(note, quiet=values["quiet"])
        newest, read = newest_release(knowledge, day), last_read(knowledge)
        with ExitStack() as stack:
            for form, output in pairs:
                if form == "table":
                    view = screen(output, no_color=values["no_color"], everything=values["every"])
                    stack.callback(deliver, run.summary.render(day, newest, read, view), output)
                else:
                    results[form].write(table, stack.enter_context(_target(output, engine)))
    raise typer.Exit(run.exit_code)


class _Run:
    """What is known of the machines so far."""

    def __init__(
        self, failing: frozenset[str], only: frozenset[str] | None, knowledge: Knowledge
    ) -> None:
        self.summary = Summary()
        self.judged = 0
        self.general: dict[str, None] = {}
        self._codes: set[int] = set()
        self._failing = failing
        self._only = only
        self._knowledge = knowledge

    def take(self, report: Report, part: FleetPart, results: Iterable[Results]) -> None:
        """Count the machines of a part, and keep what is said of them."""
        self.summary.skipped += sum(part.profiles[each.name][1] for each in report.skipped)
        self.judged += len(report.machines)
        report = judged_by(report, self._failing, Waiving(), self._knowledge)
        self._codes.add(report.gate.exit_code)
        self.general |= dict.fromkeys(report.general_lines)
        shown = list(filter(self._asked, report.machines))
        stands_for = [part.profiles[each.machine.name] for each in shown]
        self.summary.add(
            (machines, each) for (_, machines), each in zip(stands_for, shown, strict=True)
        )
        for result in results:
            result.add((number, each) for (number, _), each in zip(stands_for, shown, strict=True))

    def _asked(self, checked: Checked) -> bool:
        return self._only is None or bool(
            self._only & (conditions_of(checked) | set(checked.codes))
        )

    @property
    def exit_code(self) -> int:
        """1 where a machine fails, 3 where none does but a verdict is unknown, otherwise 0."""
        return next((code for code in (1, 3) if code in self._codes), 0)


@contextmanager
def _target(output: str, engine: Engine) -> Iterator[Path]:
    """The file to write to; standard output gets what stands in it at the end. Raises InputError."""
    if output != "-":
        with replaced(Path(output).resolve()) as path:
            yield path
        return
    path = engine.folder / "result"
    yield path
    with path.open("rb") as stream:
        deliver_parts(iter(partial(stream.read, 2**20), b""))


def _beside(found: DetectedTable, values: dict[str, Any]) -> list[SourceData]:
    """The sources beside the table: windows, freezes, groups and rings. Raises InputError where one
    holds machines.
    """
    names = [name for name in values["fleet"] if name != found.name]
    if not names and not values.get("windows"):
        return []
    loaded = load_sources(
        names, None, known_source(values["prefer"], values["fleet"]), values.get("windows") or ()
    )
    for source in loaded.sources:
        if source.machines or source.parts or source.shared:
            said = (
                f"It speaks of machines, and {found.name} is taken as a whole: "
                "nothing is joined with it."
            )
            raise refuse(source.file, said, "Join them in the table, or add --no-bulk.")
    for note in loaded.notes:
        say(note, quiet=values["quiet"])
    return loaded.sources
