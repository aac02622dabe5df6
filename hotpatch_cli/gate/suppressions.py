"""What takes findings away from the gate: waivers, and findings that were known before. Values
only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fnmatch import translate
from typing import NamedTuple

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.gate.outcome import TRACK_WORDS, explains_track, words_of
from hotpatch_cli.model import Waiver
from hotpatch_cli.report import Checked, Report, Suppressed

ALL = "*"
_SAID = 10
"""So many known findings that are fixed are named; of more, the count has to do."""


class Waivers:
    """Waivers of a day. One whose last day is over covers nothing, and is named."""

    def __init__(self, waivers: Iterable[Waiver], day: date) -> None:
        listed = tuple(waivers)
        self._over = [each for each in listed if day > each.expires]  # the last day counts
        self._live = [each for each in listed if day <= each.expires]
        self._exact: dict[str, list[Waiver]] = {}
        self._patterns: list[
            tuple[re.Pattern[str], re.Pattern[str], Waiver]
        ] = []  # for names, for ids
        for each in self._live:
            self._exact.setdefault(_key(each.machine), []).append(each)
            if any(sign in each.machine for sign in "*?["):
                text = translate(each.machine)
                self._patterns.append((re.compile(text), re.compile(text, re.IGNORECASE), each))
        self._matched: set[Waiver] = set()
        self._named: set[Waiver] = set()
        self._seen: dict[str, None] = {}

    def covers(self, checked: Checked) -> tuple[Suppressed | None, Mapping[str, Suppressed]]:
        """(the cover of the whole machine, the covers of its findings by code)."""
        every: Suppressed | None = None
        by_code: dict[str, Suppressed] = {}
        codes = set(checked.codes)
        for waiver in self._of(checked):
            self._named.add(waiver)
            cover = Suppressed("waived", waiver.reason, waiver.owner, waiver.expires)
            if waiver.rule == ALL:
                every = every or cover
                self._matched.add(waiver)
            elif waiver.rule in codes:
                by_code.setdefault(waiver.rule, cover)
                self._matched.add(waiver)
        return every, by_code

    def _of(self, checked: Checked) -> Iterator[Waiver]:
        machine = checked.machine
        names = dict.fromkeys((machine.label, machine.name))
        self._seen.update(dict.fromkeys((machine.label, *([machine.id] if machine.id else []))))
        for name in (*names, *([machine.id.lower()] if machine.id else [])):
            yield from self._exact.get(name, ())
        for named, identified, waiver in self._patterns:
            if any(map(named.match, names)) or (machine.id and identified.match(machine.id)):
                yield waiver

    def notes(self) -> Iterator[str]:
        """Waivers that are over, then those that match nothing, each with its place."""
        for each in self._over:
            ended = f"ended on {each.expires} (owner {quoted(each.owner)})"
            yield f"{_place(each)}: The waiver of {_what(each)} {ended}: what it covered counts again."
        for each in self._live:
            if each not in self._matched:
                yield f"{_place(each)}: The waiver of {_what(each)} matches nothing: {self._why(each)}"

    def _why(self, waiver: Waiver) -> str:
        if waiver in self._named:
            return f"{waiver.rule} is not raised there."
        return " ".join(
            filter(
                None,
                (
                    "no machine that was checked is called so.",
                    did_you_mean(waiver.machine, self._seen),
                ),
            )
        )


def _key(machine: str) -> str:
    """A resource id is the same in any letter case; a name is not."""
    return machine.lower() if machine.startswith("/") else machine


def _place(waiver: Waiver) -> str:
    return f"{waiver.location.file}:{waiver.location.line}"


def _what(waiver: Waiver) -> str:
    return f"{'all rules' if waiver.rule == ALL else waiver.rule} for {quoted(waiver.machine, 120)}"


class Known(NamedTuple):
    """A finding that was there before; `id` is the machine's resource id, where it had one."""

    machine: str
    rule: str
    id: str | None = None


class KnownFindings:
    """Findings of an earlier day: they do not count, and those that are gone are told."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = tuple(dict.fromkeys(known))
        self._by_id: dict[str, list[Known]] = {}
        self._by_name: dict[str, list[Known]] = {}
        for each in self._known:
            self._by_name.setdefault(each.machine, []).append(each)
            if each.id:
                self._by_id.setdefault(each.id.lower(), []).append(each)
        self._there: set[Known] = set()

    def covers(self, checked: Checked) -> tuple[Suppressed | None, Mapping[str, Suppressed]]:
        """Covers by code; never the whole machine, for what is new must count."""
        machine = checked.machine
        listed = self._by_id.get(machine.id.lower(), []) if machine.id else []
        if not listed:  # an export of another kind may have no ids
            named = self._by_name.get(machine.label, [])
            listed = [each for each in named if not (each.id and machine.id)]
        raised = {*checked.codes, *silent_words(checked)}
        here = [each for each in listed if each.rule in raised]
        self._there.update(here)
        return None, {each.rule: Suppressed("known") for each in here}

    def notes(self) -> Iterator[str]:
        """Which of them are no longer there."""
        gone = [each for each in self._known if each not in self._there]
        if gone:
            names = ", ".join(f"{quoted(each.machine)} {each.rule}" for each in gone[:_SAID])
            more = f" and {len(gone) - _SAID} more" if len(gone) > _SAID else ""
            count = f"{len(gone)} known finding{'' if len(gone) == 1 else 's'}"
            yield f"Fixed: {count} no longer found ({names}{more}); --write-known takes them out."


def silent_words(checked: Checked) -> tuple[str, ...]:
    """The track state where no finding speaks of it: it is known by its word."""
    return tuple(
        word
        for word in words_of(checked) & set(TRACK_WORDS)
        if not explains_track(word, checked.reasons)
    )


def known_in(report: Report) -> list[Known]:
    """All findings of a report that no waiver covers, in the order of the machines."""
    return [
        Known(checked.machine.label, code, checked.machine.id)
        for checked in report.machines
        for code in (
            *dict.fromkeys(
                each.rule.code
                for each in checked.reasons
                if each.cover is None or each.cover.kind == "known"
            ),
            *silent_words(checked),
        )
    ]
