"""The difference of two reports: table, JSON, and Markdown for the comment of a pull request."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hotpatch_cli.gate.diff import Pair, ReportDiff, Side
from hotpatch_cli.inputs.others.report import ReportedMachine
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.outputs.escaping import markdown, markdown_table, visible
from hotpatch_cli.outputs.machine_rows import room_for_names
from hotpatch_cli.outputs.phrases import and_more, and_rest, counted
from hotpatch_cli.outputs.report_markdown import MOST
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn, few
from hotpatch_cli.outputs.view_options import ViewOptions, folded, indented

MARK = "<!-- hotpatch-diff -->"
"""By this line a pipeline finds the comment that it wrote last time."""
_COLUMNS = (
    *columns("change", "machine"),
    Column("was", prose=True),
    Column("is", prose=True),
    Column("new findings", 1, prose=True),
    Column("resolved", 2, prose=True),
)
_WORDS = {"loses": "loses", "wins": "gains", "changed": "changed", "new": "new", "gone": "gone"}
"""What became of a machine, as a word of a table."""
_NAMED = 5
"""The most machines that a line of a terminal names."""
_SENTENCES = {
    "loses": ("machine loses eligibility", "machines lose eligibility"),
    "wins": ("machine gains eligibility", "machines gain eligibility"),
    "changed": ("machine changes otherwise", "machines change otherwise"),
    "new": ("machine is new", "machines are new"),
    "gone": ("machine is gone", "machines are gone"),
    "same": ("machine is unchanged", "machines are unchanged"),
}


def render_json(difference: ReportDiff, _options: ViewOptions) -> str:
    """The difference as JSON."""
    shown: dict[str, Any] = {
        "schema_version": 1,
        "old": _side(difference.old),
        "new": _side(difference.new),
        "summary": difference.counts,
        "machines": [_pair(pair) for pair in difference.pairs if pair.change != "same"],
    }
    return json.dumps(shown, ensure_ascii=False, indent=1) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {"source": side.name, "as_of": str(side.as_of), "machines": len(side.machines)}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "name": pair.machine.name,
        "id": pair.machine.id,
        "change": pair.change,
        "old": _state(pair.old),
        "new": _state(pair.new),
        "raised": [{"code": code, "message": message} for code, message in pair.raised],
        "settled": list(pair.settled),
    }


def _state(machine: ReportedMachine | None) -> dict[str, Any] | None:
    if machine is None:
        return None
    return {"verdict": machine.verdict, "track": machine.track, "codes": list(machine.codes)}


def render_table(difference: ReportDiff, options: ViewOptions) -> str:
    """The machines that differ as a table, and why those that gain or lose eligibility do."""
    pairs = [pair for pair in difference.pairs if pair.change != "same"]
    shown = pairs[: options.most]
    parts = [folded(_days(difference), options)]
    if shown:
        room = room_for_names(options)
        grid = TextTable(_COLUMNS, [_row(pair, room) for pair in shown])
        parts.append(drawn(grid, options))
    if len(shown) < len(pairs):
        parts.append(and_rest(len(pairs) - len(shown), "machines", "--all"))
    parts.append(_whys([pair for pair in shown if pair.change in ("loses", "wins")], options))
    parts.append(folded(f"{_sentence(difference)}\n", options))
    return "\n".join(filter(None, parts))


def _row(pair: Pair, room: int | None = None) -> tuple[str, ...]:
    raised = dict.fromkeys(code for code, _ in pair.raised)
    return (
        _WORDS[pair.change],
        pair.machine.name,
        _word(pair.old),
        _word(pair.new),
        few(_rule_names(raised), room),
        few(_rule_names(pair.settled), room),
    )


def _word(machine: ReportedMachine | None) -> str:
    if machine is None:
        return "-"
    if machine.track is None:
        return machine.verdict
    # `unknown` is a verdict too: a track is named as --fail-on names it
    track = "track:unknown" if machine.track == "unknown" else machine.track
    return f"{machine.verdict}, {track}"


def _rule_names(codes: Iterable[str]) -> list[str]:
    """The names of rules; a report of another version may have a code that has none here."""
    rules = load_knowledge().rules
    return [rules[code].name if code in rules else code for code in codes]


def _messages(pair: Pair) -> list[str]:
    """The new findings and those that are gone, a sentence each."""
    names = _rule_names(code for code, _ in pair.raised)
    said = [
        f"{name} ({code}): {message}"
        for name, (code, message) in zip(names, pair.raised, strict=True)
    ]
    return said + ([f"no longer {' '.join(_rule_names(pair.settled))}"] if pair.settled else [])


def _whys(pairs: Iterable[Pair], options: ViewOptions) -> str:
    """Why machines gain or lose eligibility: once for all of which the same is true."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for pair in pairs:
        alike.setdefault((pair.change, tuple(_messages(pair))), []).append(pair.machine.name)
    text = ""
    for (change, messages), names in alike.items():
        listed = and_more(names, _NAMED if options.terminal else len(names))
        verb = _WORDS[change] if len(names) == 1 else _WORDS[change].removesuffix("s")
        text += folded(f"{visible(listed)} {verb} eligibility:\n", options, map(visible, names))
        text += "".join(indented(visible(message), options) for message in messages)
    return text


def _days(difference: ReportDiff) -> str:
    old, new = difference.old, difference.new
    days = (
        f"both as of {day_text(new.as_of)}"
        if old.as_of == new.as_of
        else f"as of {day_text(old.as_of)} and {day_text(new.as_of)}"
    )
    return f"{visible(old.name)} -> {visible(new.name)}, {days}.\n"


def _sentence(difference: ReportDiff) -> str:
    counts = difference.counts
    parts = [counted(count, *_SENTENCES[change]) for change, count in counts.items() if count]
    return f"{', '.join(parts)}." if parts else "No machine to compare."


def render_markdown(difference: ReportDiff, _options: ViewOptions) -> str:
    """The difference for the comment of a pull request; what is too long for it loses its end."""
    counts = difference.counts
    sign = "❌" if counts["loses"] else "✅"
    telling_counts = [
        counted(counts[change], *_SENTENCES[change])
        for change in ("loses", "wins")
        if counts[change]
    ]
    title = ", ".join(telling_counts) or "no machine gains or loses eligibility"
    lines = [MARK, f"## {sign} hotpatch: {title}", "", markdown(_days(difference).strip()), ""]
    telling = [pair for pair in difference.pairs if pair.change in ("loses", "wins")]
    others = [pair for pair in difference.pairs if pair.change in ("changed", "new", "gone")]
    if telling:
        lines += [*_rows(telling), *(f"- {_item(pair)}" for pair in telling), ""]
    if others:
        lines += [
            f"<details><summary>{counted(len(others), 'other machine')}</summary>",
            "",
            *_rows(others),
            "</details>",
            "",
        ]
    return _bounded([*lines, _sentence(difference)])


def _rows(pairs: Sequence[Pair]) -> list[str]:
    names = [column.name for column in _COLUMNS]
    return [*markdown_table(names, map(_row, pairs)), ""]


def _item(pair: Pair) -> str:
    said = "; ".join(_messages(pair))
    return markdown(f"{pair.machine.name} {_WORDS[pair.change]} eligibility: {said}")


def _bounded(lines: Sequence[str]) -> str:
    """The lines, as far as a comment can hold them; the last one, which counts, always."""
    kept, size, open_ = [], len(lines[-1]), 0
    for line in lines[:-1]:
        size += len(line) + 1
        if size > MOST:
            kept += ["", "... the rest is too long for a comment.", *["</details>"] * open_, ""]
            break
        open_ += line.startswith("<details>") - line.startswith("</details>")
        kept.append(line)
    return "\n".join([*kept, lines[-1]]) + "\n"
