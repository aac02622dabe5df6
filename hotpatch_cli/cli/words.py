"""Words that options take: each is known, or refused with the nearest one that is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, cast

import typer

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.gate.outcome import NEVER, TRACK_CONDITIONS, VERDICT_CONDITIONS
from hotpatch_cli.model import Platform

FAIL_ON = "unsupported,action-required"
Renderer = TypeVar("Renderer")


def known_word(word: str, known: Iterable[str], option: str) -> str:
    """A word of an option. Raises BadParameter with the nearest known one."""
    words = tuple(known)
    if word in words:
        return word
    advice = did_you_mean(word, words) or f"Known are {', '.join(words)}."
    raise typer.BadParameter(f"{word!r} is not known. {advice}", param_hint=option)


def chosen_format(formats: Mapping[str, Renderer], name: str) -> Renderer:
    """The renderer of `--format`. Raises BadParameter."""
    return formats[known_word(name, formats, "--format")]


def parse_fail_on(text: str) -> frozenset[str]:
    """The words of `--fail-on`. Raises BadParameter for one that is not known."""
    known = (*VERDICT_CONDITIONS, *TRACK_CONDITIONS, NEVER)
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    failing = frozenset(known_word(word, known, "--fail-on") for word in words)
    if not failing or (NEVER in failing and len(failing) > 1):
        raise typer.BadParameter(
            "give verdicts and track states, or only `never`.", param_hint="--fail-on"
        )
    return failing


def parse_only(text: str | None) -> frozenset[str] | None:
    """The words of `--only`: verdicts, track states, codes. Raises BadParameter."""
    if text is None:
        return None
    known: tuple[str, ...] = ("ready", "current", *VERDICT_CONDITIONS, *TRACK_CONDITIONS)
    words = []
    for part in text.split(","):
        word = part.strip()
        if word:
            is_code = word.upper().startswith("HP")
            words.append(word.upper() if is_code else word.lower())
    if any(word.startswith("HP") for word in words):
        from hotpatch_cli.knowledge.load import load_rules

        known += tuple(load_rules())
    if not words:
        raise typer.BadParameter("give verdicts, track states or codes.", param_hint="--only")
    return frozenset(known_word(word, known, "--only") for word in words)


def known_platform(name: str) -> Platform:
    """A platform that has images. Raises BadParameter."""
    return cast("Platform", known_word(name, ("azure", "azure-local"), "--platform"))


def known_product(name: str) -> str:
    """A product, or all of them. Raises BadParameter."""
    return known_word(name, ("all", "ws2022", "ws2025"), "--product")


def known_input_format(name: str | None) -> str | None:
    """The name of a reader. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return None if name is None else known_word(name, READERS, "--input-format")


def known_source(name: str | None, files: Sequence[str]) -> str | None:
    """The name of a reader, or one of the files that are given. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return name if name is None or name in files else known_word(name, READERS, "--prefer")
