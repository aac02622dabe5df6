"""The way back from an update: table and JSON."""

import json
from collections.abc import Sequence
from typing import Any

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.use_cases.rollback import NOTES, Rollback


def render_json(found: Sequence[Rollback], _options: ViewOptions) -> str:
    """The way back of each machine as JSON."""
    content = {"schema_version": 1, "notes": list(NOTES), "machines": list(map(_machine, found))}
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
        "steps": list(rollback.steps),
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


def render_table(found: Sequence[Rollback], options: ViewOptions) -> str:
    """Machine by machine: what goes, what it goes back to, when, and how."""
    if not found:
        return "No machine has it installed.\n"
    parts = []
    for rollback in found:
        lines = [indented(visible(text), options) for text in _lines(rollback)]
        parts.append(f"{visible(rollback.machine.label)}\n{''.join(lines)}")
    return "\n".join([*parts, "".join(indented(note, options, 0) for note in NOTES)])


def _lines(rollback: Rollback) -> list[str]:
    if not rollback.steps:
        return [f"Nothing can be said: {rollback.why}."]
    opening = rollback.opening
    window = (
        f"{opening.window}, {opening.start:%Y-%m-%d %H:%M %z} to {opening.end:%H:%M}"
        if opening
        else "none is known"
    )
    update, baseline = rollback.uninstall, rollback.baseline
    return [
        f"uninstall      {_named(update) if update else rollback.why}",
        f"back to        {_named(baseline) if baseline else 'no earlier baseline is on record'}",
        f"restart        yes; next window: {window}",
        *([f"mind           {rollback.why}"] if rollback.why and rollback.uninstall else []),
        *(f"{number}. {step}" for number, step in enumerate(rollback.steps, 1)),
    ]


def _named(release: Release) -> str:
    build = f", build {release.build}" if release.build else ""
    return f"{release.name}, {release.kind or 'update'} of {release.date}{build}"
