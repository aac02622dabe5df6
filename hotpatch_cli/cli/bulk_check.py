"""A run of `check` on a table as a whole: profiles are checked, machines are counted, and files are
written at the end.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import typer

from hotpatch_cli.cli.atomic_write import write_all
from hotpatch_cli.cli.console import deliver, deliver_parts, screen
from hotpatch_cli.cli.decision import conclude, counts_decision
from hotpatch_cli.cli.options.bulk import BulkRequest
from hotpatch_cli.cli.options.gate import Waiving, is_asked_for, judged_by
from hotpatch_cli.cli.output_targets import Delivery
from hotpatch_cli.cli.session import day_of, knowledge_of, set_facts, tell, watched
from hotpatch_cli.cli.words import known_source, parse_fail_on, parse_only
from hotpatch_cli.errors import InputError, refuse
from hotpatch_cli.gate.outcome import GateCounts, GateTally
from hotpatch_cli.inputs.default_facts import platform_of_rows
from hotpatch_cli.inputs.fleet import fleet_with, load_sources
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine
from hotpatch_cli.inputs.tables.bulk.table import BulkTable, FleetPart
from hotpatch_cli.inputs.tables.columns import parse_map
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.knowledge.release_age import stale
from hotpatch_cli.outputs.bulk.rows import Results
from hotpatch_cli.outputs.bulk.summary import Summary
from hotpatch_cli.outputs.report_head import DataAge
from hotpatch_cli.report import GateResult, Report, left_out_note
from hotpatch_cli.use_cases.check import check as check_fleet
from hotpatch_cli.use_cases.check import nothing_to_check


def run_bulk(
    detected: DetectedTable, request: BulkRequest, targets: Sequence[Delivery]
) -> NoReturn:
    """Check a table, write each (format, file) pair, all or none, and exit as `check` does. Raises
    InputError.
    """
    failing, only = parse_fail_on(request.fail_on), parse_only(request.only)
    others = _beside(detected, request)
    knowledge, day = knowledge_of(request), day_of(request)
    facts = set_facts(request)
    run = _Run(failing, only, knowledge)
    with Engine() as engine:
        platform = platform_of_rows(others, facts)
        table = BulkTable(detected, parse_map(request.columns or ()), engine, platform)
        results = {form: Results(engine, form) for form, _ in targets if form != "table"}
        for part in table.parts(others, partial(fleet_with, facts=facts)):
            run.take(check_fleet(part.fleet, knowledge, day), part, results.values())
        if not run.judged and not request.allow_empty:
            raise _nothing_judged(detected, run)
        tell((*table.notes, stale(knowledge, day), *run.general), quiet=request.quiet)
        age, counts = DataAge.of_data(knowledge, day), run.counts
        products: list[tuple[str, str | Path]] = []
        for form, output in targets:
            if form == "table":
                view = screen(output, no_color=request.no_color, everything=request.every)
                text = run.summary.render(Path(detected.name).name, day, age, counts, view)
                text += "".join(f"{line}\n" for line in left_out_note(counts.left_out))
                products.append((output, text))
            else:
                path = engine.folder / f"result-{len(products)}"
                results[form].write(table, path)
                products.append((output, path))
        _deliver_all(products)
    outputs = [output for _, output in targets]
    conclude(counts_decision(counts, "machine"), outputs, quiet=request.quiet)
    raise typer.Exit(run.exit_code)


def _nothing_judged(detected: DetectedTable, run: "_Run") -> InputError:
    why = nothing_to_check(run.summary.skipped)
    return refuse(detected.name, why, "Nothing was checked.")


class _Run:
    """The machines that were counted so far."""

    def __init__(
        self, failing: frozenset[str], only: frozenset[str] | None, knowledge: Knowledge
    ) -> None:
        self.summary = Summary()
        self.judged = 0
        self.general: dict[str, None] = {}
        self._codes: set[int] = set()
        self._tally = GateTally()
        self._failing = failing
        self._only = only
        self._knowledge = knowledge

    def take(self, report: Report, part: FleetPart, results: Iterable[Results]) -> None:
        """Count the machines of a part, and keep its findings."""
        self.summary.skipped += sum(part.profiles[machine.name][1] for machine in report.skipped)
        self.judged += len(report.machines)
        report = judged_by(report, self._failing, Waiving(), self._knowledge)
        self._codes.add(report.gate.exit_code)
        self.general |= dict.fromkeys(report.general_lines)
        for checked in report.machines:
            self._tally.add(checked, part.profiles[checked.machine.name][1])
        shown = [checked for checked in report.machines if is_asked_for(checked, self._only)]
        stands_for = [part.profiles[checked.machine.name] for checked in shown]
        self.summary.add(
            (count, checked) for (_, count), checked in zip(stands_for, shown, strict=True)
        )
        for result in results:
            result.add(
                (number, checked) for (number, _), checked in zip(stands_for, shown, strict=True)
            )

    @property
    def exit_code(self) -> int:
        """1 where a machine fails, 3 where none does but a verdict is unknown, otherwise 0."""
        return next((code for code in (1, 3) if code in self._codes), 0)

    @property
    def counts(self) -> GateCounts:
        """What the gate counted."""
        return self._tally.result(GateResult(tuple(self._failing), self.exit_code))


def _deliver_all(products: Sequence[tuple[str, str | Path]]) -> None:
    """Write files, all or none, and then to standard output. Raises InputError."""
    write_all((output, product) for output, product in products if output != "-")
    for output, product in products:
        if output == "-" and isinstance(product, str):
            deliver(product, output)
        elif output == "-" and isinstance(product, Path):
            with product.open("rb") as stream:
                deliver_parts(iter(partial(stream.read, 2**20), b""))


def _beside(detected: DetectedTable, request: BulkRequest) -> list[SourceData]:
    """The sources beside the table: windows, freezes, groups and rings. Raises InputError where one
    has machines.
    """
    names = [name for name in request.fleet if name != detected.name]
    if not names and not request.windows:
        return []
    prefer = known_source(request.prefer, request.fleet)
    with watched(request):
        _, notes, sources = load_sources(names, None, prefer, request.windows or ())
    for source in sources:
        if source.machines or source.parts or source.shared:
            message = f"It has machines, but {detected.name} is checked as a whole "
            message += "and can't be joined with them."
            advice = "Join them in the table, or add --no-bulk."
            raise refuse(source.file, message, advice)
    tell(notes, quiet=request.quiet)
    return sources
