"""Whether machines may restart at a moment: table and JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.open_windows import OpenWindow

_COLUMNS = (
    Column("machine"),
    Column("may restart"),
    Column("because", rank=1, prose=True),
    Column("next", rank=2),
)
_WORDS = {True: "yes", False: "no", None: "unknown"}


class MomentView(NamedTuple):
    """Which machines may restart at a moment, as it was given."""

    at: str
    answers: Sequence[OpenWindow]


def render_table(view: MomentView, options: ViewOptions) -> str:
    """A row for each machine, those that may not restart first."""
    order = (False, None, True)
    answers = sorted(view.answers, key=lambda answer: order.index(answer.is_open))
    rows = [
        (
            answer.machine.label,
            _WORDS[answer.is_open],
            _because(answer),
            "" if answer.is_open or not answer.next else _local(answer.next.start),
        )
        for answer in answers
    ]
    return drawn(TextTable(_COLUMNS, rows), options)


def _because(answer: OpenWindow) -> str:
    """The window or the freeze that decides, in words."""
    frozen = f" ({', '.join(answer.freezes)})" if answer.freezes else ""
    until = _local(answer.until) if answer.until else ""
    said = {
        "open": f"{answer.window} is open until {until}.",
        "too-short": f"{answer.window} is open, but only until {until}{frozen}.",
        "frozen": f"{answer.window} is open, but frozen{frozen}.",
        "closed": "No window is open.",
        "unknown": "",
    }[answer.answer]
    return " ".join(filter(None, (said, answer.why)))


def _local(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M %z}"


def render_json(view: MomentView, _options: ViewOptions) -> str:
    """The answers as JSON."""
    counts = {
        word: sum(answer.is_open is value for answer in view.answers)
        for value, word in ((True, "open"), (False, "closed"), (None, "unknown"))
    }
    content = {
        "schema_version": 1,
        "at": view.at,
        "summary": {"machines": len(view.answers), **counts},
        "machines": [_answer_dict(answer) for answer in view.answers],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _answer_dict(answer: OpenWindow) -> dict[str, Any]:
    return {
        "name": answer.machine.label,
        "open": answer.is_open,
        "state": answer.answer,
        "at": answer.at.isoformat(),
        "window": answer.window,
        "until": answer.until.isoformat() if answer.until else None,
        "freezes": list(answer.freezes),
        "next": _opening_dict(answer),
        "why": answer.why or None,
    }


def _opening_dict(answer: OpenWindow) -> dict[str, str] | None:
    if answer.next is None:
        return None
    return {
        "window": answer.next.window,
        "start": answer.next.start.isoformat(),
        "end": answer.next.end.isoformat(),
    }


def decision(view: MomentView) -> str:
    """Whether all machines may restart, as a sentence without its full stop."""
    total = counted(len(view.answers), "machine")
    closed = [answer for answer in view.answers if answer.is_open is False]
    unknown = sum(answer.is_open is None for answer in view.answers)
    if not closed and not unknown:
        return f"{total} may restart at {view.at}"
    parts = [f"{len(closed)} of {total} may not restart at {view.at}"] if closed else []
    parts += [f"{unknown} of {total} unknown"] if unknown else []
    return "; ".join(parts)
