"""What `plan` and `verify` share: loading, searching with progress, and reading a plan back."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from signal import SIGINT, getsignal, signal
from typing import Any, NamedTuple

from hotpatch_cli.cli.talk import say
from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.files import read_document
from hotpatch_cli.documents.tree import Log, Mapping
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.outputs.plan import PlanView
from hotpatch_cli.planner.plan import Progress
from hotpatch_cli.planning import Prepared, Wish, plan, prepare
from hotpatch_cli.planning.conflicts import obstacles


class Search(NamedTuple):
    """How to look for a plan."""

    matrix: tuple[str, ...]
    releases: tuple[str, ...]
    as_of: date
    time_limit: float = 10
    keep: dict[str, datetime] | None = None
    quiet: bool = False
    windows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def load(names: Sequence[str], wish: Wish, options: Search) -> tuple[Prepared, Any]:
    """(the fleet as a problem, the rules). Raises InputError."""
    fleet, notes = load_fleet(names, windows=options.windows, columns=options.columns)
    for note in notes:
        say(note, quiet=options.quiet)
    knowledge = load_knowledge(options.matrix, options.releases)
    try:
        return prepare(fleet, Judge(knowledge, options.as_of), wish), knowledge.rules
    except ValueError as error:
        raise refuse(", ".join(names), str(error), "Name another month with --release.") from None


def search(names: Sequence[str], wish: Wish, options: Search) -> PlanView:
    """The best plan found; Ctrl-C ends the search and keeps the best so far."""
    prepared, rules = load(names, wish, options)
    with _interruptible() as asked:
        found = plan(
            prepared,
            time_limit=options.time_limit,
            should_stop=lambda: bool(asked),
            progress=None if options.quiet or not sys.stderr.isatty() else _show,
            keep=options.keep,
        )
    if options.keep is not None:
        _tell_moved(found.result.moved, prepared, quiet=options.quiet)
    return PlanView(found, rules, obstacles(found, rules))


def _tell_moved(moved: Sequence[int], prepared: Prepared, *, quiet: bool) -> None:
    names = ", ".join(prepared.machines[task].label for task in moved)
    say(f"Moved {len(moved)} restarts{': ' + names if names else ''}.", quiet=quiet)


def _show(progress: Progress) -> None:
    gap = (progress.exposure - progress.bound) / progress.exposure if progress.exposure else 0
    sys.stderr.write(f"\rimproving: {min(1, progress.work / max(progress.limit, 1)):4.0%}, gap {gap:.2%}   \r")
    sys.stderr.flush()


@contextmanager
def _interruptible() -> Iterator[list[bool]]:
    """While this lasts, Ctrl-C asks the search to end; a second one ends the program."""
    asked: list[bool] = []
    before = getsignal(SIGINT)

    def ask(*_: object) -> None:
        asked.append(True)
        signal(SIGINT, before)

    signal(SIGINT, ask)
    try:
        yield asked
    finally:
        signal(SIGINT, before)


_REBOOT: Codec[dict[str, Any]] = c.record(
    dict,
    {
        "machine": Field(c.text(), "name of the machine", required=True),
        "start": Field(c.moment, "start with its offset", required=True),
        "end": Field(c.moment, "end with its offset"),
    },
    "a restart",
)


def read_plan(name: str) -> dict[str, datetime]:
    """The starts of a plan (JSON) by machine. Raises InputError."""
    document = read_document(name)
    log = Log(document)
    root = document.root
    if not isinstance(root, Mapping) or not isinstance(root.get("reboots"), list):
        raise refuse(name, "This is not a plan: it has no list `reboots`.", "Write one with `hotpatch plan -f json`.")
    starts: dict[str, datetime] = {}
    for node, mark in zip(root["reboots"], root["reboots"].marks, strict=True):
        kept = Mapping(mark)
        for key, value, key_mark, value_mark in node.placed() if isinstance(node, Mapping) else ():
            if key in ("machine", "start", "end"):
                kept.put(key, value, key_mark, value_mark)
        found: dict[str, Any] | None = _REBOOT.read(kept, mark, log)
        if found is not None and found["machine"] in starts:
            log.add(mark, f"The machine '{found['machine'][:60]}' restarts twice in this plan.", "Keep one.")
        elif found is not None:
            starts[found["machine"]] = found["start"]
    log.finish()
    return starts
