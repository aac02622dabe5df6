"""Completions for a shell: rule codes, words of options, and the machines and windows of a fleet.

A fleet is read only where it's small, and its problems are left to the command itself.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hotpatch_cli.cli.help_page import registry

MOST_BYTES = 2_000_000
"""Larger files aren't read for a completion; reading takes about a quarter of a second."""
SHOWN = 200


def completed(command: Any) -> Any:
    """A command whose arguments and options complete; made only for a shell that asks."""
    for child in getattr(command, "commands", {}).values():
        completed(child)
    for param in command.params:
        words = _WORDS.get(param.name or "") or next(
            (_FLAGS[flag] for flag in param.opts if flag in _FLAGS), None
        )
        if words is not None:
            param._custom_shell_complete = _completer(words)
    return command


def _completer(words: Callable[[Any], Iterable[str]]) -> Callable[[Any, Any, str], list[str]]:
    def complete(context: Any, _param: Any, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        chosen = {word.lower() for word in before.split(",")}
        fit = (
            word
            for word in words(context)
            if word.lower().startswith(last.lower()) and word.lower() not in chosen
        )
        return [before + comma + word for word in list(fit)[:SHOWN]]

    return complete


def _codes(_context: Any) -> list[str]:
    from hotpatch_cli.knowledge.cache import load_knowledge

    return sorted(load_knowledge().rules)


def _subjects(context: Any) -> list[str]:
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.concepts import load_concepts

    return [
        "hotpatch",
        *load_concepts(),
        *_codes(context),
        *sorted(rule.name for rule in load_knowledge().rules.values()),
    ]


def _verdicts(_context: Any) -> list[str]:
    from hotpatch_cli.gate.outcome import NEVER, TRACK_CONDITIONS, VERDICT_CONDITIONS

    return [*VERDICT_CONDITIONS, *TRACK_CONDITIONS, NEVER]


def _chosen(context: Any) -> list[str]:
    from hotpatch_cli.gate.outcome import TRACK_CONDITIONS, VERDICT_CONDITIONS

    return ["ready", *VERDICT_CONDITIONS, "current", *TRACK_CONDITIONS, *_codes(context)]


def _readers(_context: Any) -> list[str]:
    from hotpatch_cli.inputs.fleet import READERS

    return list(READERS)


def _formats(context: Any) -> list[str]:
    """The formats of the command that is being typed."""
    place = _FORMATS.get(context.info_name)
    return list(registry(place)) if place else ["table", "json"]


def _machines(context: Any) -> list[str]:
    fleet = _fleet(context)
    return [machine.label for machine in fleet.machines] if fleet else []


def _windows(context: Any) -> list[str]:
    fleet = _fleet(context)
    return list(fleet.windows) if fleet else []


def _fleet(context: Any) -> Any:
    """The fleet of the files on the line; None where one is large, or can't be read."""
    from hotpatch_cli.documents.run_files import is_file
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.inputs.fleet import load_fleet

    # an option without its value stops the parser: then the files are among the remaining words
    named = context.params.get("fleet") or [word for word in context.args if is_file(word)]
    files = [Path(name) for name in ([named] if isinstance(named, str) else named)]
    try:
        if not files or not all(map(is_file, files)):
            return None
        if sum(file.stat().st_size for file in files) > MOST_BYTES:
            return None
        return load_fleet([str(file) for file in files])[0]
    except (InputError, OSError):
        return None


_FORMATS = {
    "check": "outputs.formats.CHECK_FORMATS",
    "image": "outputs.formats.CHECK_FORMATS",
    "calendar": "outputs.formats.CALENDAR_FORMATS",
    "diff": "outputs.formats.DIFF_FORMATS",
    "plan": "outputs.formats.PLAN_FORMATS",
    "releases": "outputs.formats.RELEASE_FORMATS",
    "show": "outputs.formats.SHOW_FORMATS",
}
"""Command -> the registry of its formats."""
_WORDS: dict[str, Callable[[Any], Iterable[str]]] = {
    "only": _chosen,
    "fail_on": _verdicts,
    "form": _formats,
    "input_format": _readers,
    "machine": _machines,
    "topic": _subjects,
    "rule": _codes,
}
"""By the name of a parameter."""
_FLAGS: dict[str, Callable[[Any], Iterable[str]]] = {
    "--machine": _machines,
    "--window": _windows,
    "--product": lambda _context: ("all", "ws2022", "ws2025"),
    "--platform": lambda _context: ("azure", "azure-local"),
}
"""By the flag of an option."""
