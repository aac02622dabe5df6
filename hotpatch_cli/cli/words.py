"""Words of options: an invalid one is refused with the nearest valid one."""

import re
from collections.abc import Iterable, Sequence
from typing import cast

import typer

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.gate.outcome import NEVER, TRACK_CONDITIONS, VERDICT_CONDITIONS
from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Platform

_ONLY = ("ready", "current", *VERDICT_CONDITIONS, *TRACK_CONDITIONS)
FAIL_ON = "unsupported,action-required"
NEAREST = 3
"""The number of topics or codes that are suggested for one that isn't known."""


def known_word(word: str, known: Iterable[str], option: str) -> str:
    """A word of an option. Raises BadParameter with the nearest valid one."""
    words = tuple(known)
    if word in words:
        return word
    advice = did_you_mean(word, words) or f"Specify one of {', '.join(words)}."
    raise typer.BadParameter(f"{word!r} isn't valid. {advice}", param_hint=option)


def parse_fail_on(text: str) -> frozenset[str]:
    """The words of `--fail-on`. Raises BadParameter for an invalid one."""
    known = (*VERDICT_CONDITIONS, *TRACK_CONDITIONS, NEVER)
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    failing = frozenset(known_word(word, known, "--fail-on") for word in words)
    if not failing or (NEVER in failing and len(failing) > 1):
        raise typer.BadParameter(
            "Specify verdicts and track states, or only `never`.", param_hint="--fail-on"
        )
    return failing


def parse_only(text: str | None) -> frozenset[str] | None:
    """The words of `--only`: verdicts, track states, and rules, which become codes. Raises
    BadParameter.
    """
    if text is None:
        return None
    words = {word.strip() for word in text.split(",") if word.strip()}
    words = {word.lower() if word.lower() in _ONLY else word for word in words}
    if not words:
        raise typer.BadParameter("Specify verdicts, track states, or rules.", param_hint="--only")
    rest = words.difference(_ONLY)
    return frozenset(words - rest) | (_rules_of(rest) if rest else frozenset())


def _rules_of(words: Iterable[str]) -> frozenset[str]:
    """The codes of rules, each given by code or name. Raises BadParameter."""
    from hotpatch_cli.knowledge.load import load_rules

    rules = load_rules()
    codes = set()
    for word in words:
        code = rule_code(word, rules.values())
        if code is None:
            if re.fullmatch(r"(?i)HP\d+", word):
                raise unknown_code(word.upper(), rules, "--only")
            names = (*_ONLY, *(rule.name for rule in rules.values()))
            advice = did_you_mean(word, names) or (
                f"Specify one of {', '.join(_ONLY)}, or a rule. "
                "To list the rules, run `hotpatch explain`."
            )
            raise typer.BadParameter(f"{word!r} isn't valid. {advice}", param_hint="--only")
        codes.add(code)
    return frozenset(codes)


def rule_code(word: str, rules: Iterable[Rule]) -> str | None:
    """The code of the rule with this code or name, in any letter case; None where there is none."""
    folded = word.strip().lower()
    return next((rule.code for rule in rules if folded in (rule.code.lower(), rule.name)), None)


def unknown_code(code: str, codes: Iterable[str], option: str) -> typer.BadParameter:
    """The refusal of a rule code, with the nearest by number: letters in common mean nothing."""
    number = int(code[2:20])
    ordered = sorted(codes)
    nearest = sorted(sorted(ordered, key=lambda known: abs(int(known[2:]) - number))[:NEAREST])
    return typer.BadParameter(
        f"{code[:20]} isn't a rule code. Codes run from {ordered[0]} to {ordered[-1]}; "
        f"the nearest are {', '.join(nearest)}. To list the rules, run `hotpatch explain`.",
        param_hint=option,
    )


def known_platform(name: str) -> Platform:
    """A platform that has images. Raises BadParameter."""
    return cast("Platform", known_word(name, ("azure", "azure-local"), "--platform"))


def known_product(name: str) -> str:
    """A product, or all of them. Raises BadParameter."""
    return known_word(name, ("all", "ws2022", "ws2025"), "--product")


def known_input_format(name: str | None) -> str | None:
    """The name of a file type. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return None if name is None else known_word(name, READERS, "--input-format")


def known_source(name: str | None, files: Sequence[str]) -> str | None:
    """The name of a file type, or one of the files of the run. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return name if name is None or name in files else known_word(name, READERS, "--prefer")
