"""Every rule of the contract that a JSON plan breaks, in plain Python and without a solver."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from fleet_reading import MINUTE, Restart, Rules, Share, Turn

Spans = dict[int, tuple[int, int]]
"""Start and end of each restart that a plan places, in minutes since the release."""


def spans_of(rules: Rules, plan: Any) -> Spans:
    """Start and end of the restarts of a plan."""
    numbers = {restart.name: number for number, restart in enumerate(rules.restarts)}
    return {
        numbers[row["machine"]]: (
            (datetime.fromisoformat(row["start"]) - rules.release) // MINUTE,
            (datetime.fromisoformat(row["end"]) - rules.release) // MINUTE,
        )
        for row in plan["reboots"]
        if row["machine"] in numbers
    }


def weight_of(rules: Rules, spans: Spans) -> Fraction:
    """The weight that a plan places."""
    return sum((rules.restarts[number].weight for number in spans), Fraction(0))


def exposure_of(rules: Rules, spans: Spans) -> Fraction:
    """Weighted hours from the release to the ends of the restarts."""
    ends = ((rules.restarts[number].weight, end) for number, (_, end) in spans.items())
    return sum((weight * Fraction(end, rules.per_hour) for weight, end in ends), Fraction(0))


def misnamed(rules: Rules, plan: Any) -> Iterator[str]:
    """Where a plan doesn't speak once of each restart that is due, or names another window than one
    that holds the restart.
    """
    told = sorted(row["machine"] for row in (*plan["reboots"], *plan["unplaced"]))
    due = sorted(restart.name for restart in rules.restarts)
    if told != due:
        yield f"due are {due}, but the plan speaks of {told}"
    windows = {row["machine"]: row["window"] for row in plan["reboots"]}
    for number, span in sorted(spans_of(rules, plan).items()):
        restart = rules.restarts[number]
        if windows[restart.name] not in _holding(restart, span):
            yield f"{restart.name} isn't inside an opening of {windows[restart.name]}"


def broken_rules(rules: Rules, spans: Spans) -> Iterator[str]:
    """One line for each rule that is broken."""
    for number, span in sorted(spans.items()):
        yield from _alone(rules, rules.restarts[number], span)
    for share in rules.shares:
        yield from _crowded(rules, share, spans)
    for turn in rules.turns:
        yield from _early(rules, turn, spans)


def _holding(restart: Restart, span: tuple[int, int]) -> set[str]:
    """The windows with an opening that holds the restart whole."""
    start, end = span
    return {name for name, opens, closes in restart.openings if opens <= start and end <= closes}


def _alone(rules: Rules, restart: Restart, span: tuple[int, int]) -> Iterator[str]:
    start, end = span
    if end - start != restart.minutes:
        yield f"{restart.name} lasts {end - start} min, not {restart.minutes}"
    if end > rules.deadline:
        yield f"{restart.name} ends {end - rules.deadline} min after the deadline"
    if restart.pinned not in {None, start}:
        yield f"{restart.name} starts at {start}, but is pinned to {restart.pinned}"
    if not _holding(restart, span):
        yield f"{restart.name} at {start} isn't inside an opening"


def _crowded(rules: Rules, share: Share, spans: Spans) -> Iterator[str]:
    inside = [(n, *spans[n]) for n in share.restarts if n in spans]
    for _, moment, _ in inside:
        taken = [
            rules.restarts[n].name
            for n, start, end in inside
            if start <= moment < end + share.settle
        ]
        if len(taken) > share.most:
            yield f"{share.name}: {taken} at {moment}, but only {share.most} may be"
            return


def _early(rules: Rules, turn: Turn, spans: Spans) -> Iterator[str]:
    names = [restart.name for restart in rules.restarts]
    for then in turn.then:
        for first in turn.first:
            if then not in spans:
                continue
            if first not in spans:
                yield f"{turn.name}: {names[then]} is placed, but {names[first]} isn't"
            elif spans[then][0] < spans[first][1] + turn.wait:
                yield f"{turn.name}: {names[then]} starts too early after {names[first]}"
