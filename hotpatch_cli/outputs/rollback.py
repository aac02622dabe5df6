"""Rollbacks of updates: table and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.use_cases.rollback import NOTES, Rollback

_COLUMNS = (Column("machine"), Column("restart"), Column("window", rank=1), Column("end", rank=2))


class RollbackView(NamedTuple):
    """The rollbacks of machines, and the sentences on the age of the release data."""

    rollbacks: tuple[Rollback, ...]
    age: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences on the age of the data, and those on every rollback."""
        return (*self.age, *NOTES)


def render_json(view: RollbackView, _options: ViewOptions) -> str:
    """The rollback of each machine as JSON."""
    machines = list(map(_machine, view.rollbacks))
    content = {"schema_version": 1, "notes": list(view.notes), "machines": machines}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _machine(rollback: Rollback) -> dict[str, Any]:
    opening = rollback.opening
    return {
        "machine": rollback.machine.label,
        "uninstall": _release(rollback.uninstall),
        "baseline": _release(rollback.baseline),
        "restart": bool(rollback.steps),
        "window": None
        if opening is None
        else {
            "name": opening.window,
            "start": opening.start.isoformat(),
            "end": opening.end.isoformat(),
        },
        "steps": list(map(str, rollback.steps)),
        "why": rollback.why,
    }


def _release(release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "kb": release.kb,
        "build": str(release.build) if release.build else None,
        "date": str(release.date),
        "kind": release.kind,
    }


def render_table(view: RollbackView, options: ViewOptions) -> str:
    """The rollbacks, each once for all machines that share it, with the next window of each
    machine.
    """
    if not view.rollbacks:
        none = "The update isn't installed on any machine."
        return "".join(folded(f"{visible(line)}\n", options) for line in (none, *view.age))
    notes = "".join(folded(f"- {visible(note)}\n", options) for note in view.notes)
    sharing: dict[tuple[object, ...], list[Rollback]] = {}
    for rollback in view.rollbacks:
        sharing.setdefault(_way(rollback), []).append(rollback)
    ordered = sorted(sharing.values(), key=lambda same: not same[0].steps)
    return "\n".join([*(_block(same, options) for same in ordered), notes])


def _way(rollback: Rollback) -> tuple[object, ...]:
    """What machines share that are rolled back alike."""
    return rollback.uninstall, rollback.baseline, rollback.steps, rollback.why


def _block(same: Sequence[Rollback], options: ViewOptions) -> str:
    first = same[0]
    names = ", ".join(visible(rollback.machine.label) for rollback in same)
    if not first.steps:
        text = f"{names}: no rollback is possible, because {visible(first.why)}.\n"
        return folded(text, options)
    name = names if len(same) == 1 else counted(len(same), "machine")
    update = f"uninstall {_named(first.uninstall)}" if first.uninstall else "uninstall the update"
    table = TextTable(_COLUMNS, [_row(rollback) for rollback in same])
    lines = "".join(_lines(first, options))
    return folded(f"{name}: {visible(update)}\n", options) + lines + "\n" + drawn(table, options)


def _lines(rollback: Rollback, options: ViewOptions) -> Iterator[str]:
    """What to know and to do. A command has its own line, and is never folded."""
    baseline = rollback.baseline
    named = _named(baseline) if baseline else "no earlier baseline in the release data"
    yield folded(f"  back to: {visible(named)}\n", options)
    if rollback.why:
        yield folded(f"  note: {visible(rollback.why)}.\n", options)
    for number, step in enumerate(rollback.steps, 1):
        colon = ":" if step.command else ""
        yield folded(f"  {number}. {visible(step.text)}{colon}\n", options)
        if step.command:
            yield f"     {step.command}\n"


def _row(rollback: Rollback) -> tuple[str, ...]:
    """The next opening of a machine that the restart fits into."""
    opening = rollback.opening
    if opening is None:
        return rollback.machine.label, "no known opening", "-", "-"
    start = f"{opening.start:%a %Y-%m-%d %H:%M %z}"
    return rollback.machine.label, start, opening.window, f"{opening.end:%a %Y-%m-%d %H:%M}"


def _named(release: Release) -> str:
    build = f", build {release.build}" if release.build else ""
    kind = (release.kind or "update").replace("-", " ")
    day = f" of {release.date:%a %Y-%m-%d}" if release.date else ""
    return f"{release.name}, {kind}{day}{build}"
