"""Suppressed findings: waivers, and findings that were known before. Values only."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import translate
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.gate.outcome import (
    TRACK_CONDITIONS,
    MachineSuppressions,
    conditions_of,
    explains_track,
)
from hotpatch_cli.model import Waiver
from hotpatch_cli.report import Checked, Report, Suppressed

ALL = "*"
_COMPARED = 20
"""The number of unused waivers whose machine is compared with the names of all machines."""
_LISTED = 10
"""The number of fixed known findings that a note names; of the others it gives the number."""


class _WaiverPattern(NamedTuple):
    """A waiver of several machines. Letter case matters in names, but not in IDs."""

    number: int
    name: re.Pattern[str]
    id: re.Pattern[str]
    waiver: Waiver


class Waivers:
    """Waivers on a day. An expired waiver suppresses nothing and is reported."""

    def __init__(self, waivers: Iterable[Waiver], day: date) -> None:
        listed = tuple(waivers)
        # The last day counts.
        self._expired = [waiver for waiver in listed if day > waiver.expires]
        self._live = [waiver for waiver in listed if day <= waiver.expires]
        self._exact: dict[str, list[Waiver]] = {}
        self._patterns: dict[str, list[_WaiverPattern]] = {}
        for number, waiver in enumerate(self._live):
            self._exact.setdefault(_key(waiver.machine), []).append(waiver)
            if any(sign in waiver.machine for sign in "*?["):
                text = translate(waiver.machine)
                cased, any_case = re.compile(text), re.compile(text, re.IGNORECASE)
                pattern = _WaiverPattern(number, cased, any_case, waiver)
                self._patterns.setdefault(_beginning(waiver.machine), []).append(pattern)
        self._used: set[Waiver] = set()
        self._of_a_machine: set[Waiver] = set()
        self._machine_names: dict[str, None] = {}

    def applies(self, checked: Checked) -> MachineSuppressions:
        """What the waivers suppress of a machine."""
        everything: Suppressed | None = None
        by_rule: dict[str, Suppressed] = {}
        codes = set(checked.codes)
        for waiver in self._of(checked):
            self._of_a_machine.add(waiver)
            suppressed = Suppressed("waived", waiver.reason, waiver.owner, waiver.expires)
            if waiver.rule == ALL:
                everything = everything or suppressed
                self._used.add(waiver)
            elif waiver.rule in codes:
                by_rule.setdefault(waiver.rule, suppressed)
                self._used.add(waiver)
        return MachineSuppressions(everything, by_rule)

    def _of(self, checked: Checked) -> Iterator[Waiver]:
        machine = checked.machine
        names = dict.fromkeys((machine.label, machine.name))
        self._machine_names[machine.label] = None
        keys = list(names)
        if machine.id:
            self._machine_names[machine.id] = None
            keys.append(machine.id.lower())
        for key in keys:
            yield from self._exact.get(key, ())
        for pattern in self._near(keys):
            if any(map(pattern.name.match, names)) or (machine.id and pattern.id.match(machine.id)):
                yield pattern.waiver

    def _near(self, keys: Iterable[str]) -> list[_WaiverPattern]:
        """The patterns that begin as one of some names does, up to their first sign, in order."""
        beginnings: set[str] = set()
        for key in keys:
            lower = key.lower()
            beginnings.update(lower[:length] for length in range(len(lower) + 1))
        near = (self._patterns[beginning] for beginning in beginnings & self._patterns.keys())
        return sorted(chain.from_iterable(near), key=attrgetter("number"))

    def notes(self) -> Iterator[str]:
        """Waivers that are expired, then those that match nothing, each with its place."""
        for waiver in self._expired:
            expired = f"expired on {waiver.expires} (owner {quoted(waiver.owner)})"
            yield f"{_waiver_of(waiver)} {expired}. Its findings count again."
        unused = (waiver for waiver in self._live if waiver not in self._used)
        for number, waiver in enumerate(unused):
            why = self._why_unused(waiver, is_compared=number < _COMPARED)
            yield f"{_waiver_of(waiver)} matches nothing: {why}"

    def _why_unused(self, waiver: Waiver, *, is_compared: bool) -> str:
        if waiver in self._of_a_machine:
            return f"{waiver.rule} isn't raised for this machine."
        advice = did_you_mean(waiver.machine, self._machine_names) if is_compared else ""
        return f"no checked machine has this name. {advice}".rstrip()


def _beginning(pattern: str) -> str:
    """The letters of a pattern before its first sign, in lower case."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0].lower()


def _key(machine: str) -> str:
    """A resource id is the same in any letter case; a name is not."""
    return machine.lower() if machine.startswith("/") else machine


def _waiver_of(waiver: Waiver) -> str:
    rules = "all rules" if waiver.rule == ALL else waiver.rule
    place = f"{waiver.location.file}:{waiver.location.line}"
    return f"{place}: The waiver of {rules} for {quoted(waiver.machine, 120)}"


class Known(NamedTuple):
    """A finding that was there before; `id` is the machine's resource id, where it had one."""

    machine: str
    rule: str
    id: str | None = None


class KnownFindings:
    """Findings of an earlier day: they don't count, and fixed ones are reported."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = tuple(dict.fromkeys(known))
        self._by_id: dict[str, list[Known]] = {}
        self._by_name: dict[str, list[Known]] = {}
        for finding in self._known:
            self._by_name.setdefault(finding.machine, []).append(finding)
            if finding.id:
                self._by_id.setdefault(finding.id.lower(), []).append(finding)
        self._raised: set[Known] = set()

    def applies(self, checked: Checked) -> MachineSuppressions:
        """The known findings by rule; never the whole machine, because new findings must count."""
        machine = checked.machine
        known = self._by_id.get(machine.id.lower(), []) if machine.id else []
        if not known:  # an export of another kind may have no ids
            of_name = self._by_name.get(machine.label, [])
            known = [finding for finding in of_name if not (finding.id and machine.id)]
        rules = {*checked.codes, *unexplained_tracks(checked)}
        raised = [finding for finding in known if finding.rule in rules]
        self._raised.update(raised)
        by_rule = {finding.rule: Suppressed("known") for finding in raised}
        return MachineSuppressions(by_rule=by_rule)

    def notes(self) -> Iterator[str]:
        """Known findings that are fixed."""
        fixed = [finding for finding in self._known if finding not in self._raised]
        if fixed:
            first = fixed[:_LISTED]
            names = ", ".join(f"{quoted(finding.machine)} {finding.rule}" for finding in first)
            more = f" and {len(fixed) - _LISTED} more" if len(fixed) > _LISTED else ""
            count = f"{len(fixed)} known finding{'' if len(fixed) == 1 else 's'}"
            advice = "To remove them, use --write-known."
            yield f"Fixed: {count} no longer found ({names}{more}). {advice}"


def unexplained_tracks(checked: Checked) -> tuple[str, ...]:
    """The track state where no finding explains it: it is recorded by its name."""
    return tuple(
        state
        for state in conditions_of(checked) & set(TRACK_CONDITIONS)
        if not explains_track(state, (*checked.reasons, *checked.left_out))
    )


def known_in(report: Report) -> list[Known]:
    """All findings of a report that no waiver suppresses, in the order of the machines."""
    known: list[Known] = []
    for checked in report.machines:
        codes = [
            reason.rule.code
            for reason in checked.reasons
            if reason.suppressed is None or reason.suppressed.kind == "known"
        ]
        rules = (*dict.fromkeys(codes), *unexplained_tracks(checked))
        known += [Known(checked.machine.label, rule, checked.machine.id) for rule in rules]
    return known
