"""What the commands that judge share: which findings count, what is shown, and the exit code."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, cast

import typer

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.gate.outcome import NEVER, TRACK_CONDITIONS, VERDICT_CONDITIONS, conditions_of
from hotpatch_cli.model import Platform
from hotpatch_cli.report import Outcome, Report

FAIL_ON = "unsupported,action-required"

FailOn = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="LIST",
        envvar="HOTPATCH_FAIL_ON",
        help="Verdicts (unsupported, action-required, unknown) and track states (behind, baseline-due, off-track, "
        "track:unknown) that give exit code 1; or never.",
    ),
]


def known_word(word: str, known: tuple[str, ...], option: str) -> str:
    """A word of an option. Raises BadParameter with the nearest known one."""
    if word in known:
        return word
    advice = did_you_mean(word, known) or f"Known are {', '.join(known)}."
    raise typer.BadParameter(f"{word!r} is not known. {advice}", param_hint=option)


def parse_fail_on(text: str) -> frozenset[str]:
    """The words of `--fail-on`. Raises BadParameter for one that is not known."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    found = frozenset(
        known_word(word, (*VERDICT_CONDITIONS, *TRACK_CONDITIONS, NEVER), "--fail-on")
        for word in words
    )
    if not found or (NEVER in found and len(found) > 1):
        raise typer.BadParameter(
            "give verdicts and track states, or only `never`.", param_hint="--fail-on"
        )
    return found


def known_platform(name: str) -> Platform:
    """A platform that has images. Raises BadParameter."""
    return cast("Platform", known_word(name, ("azure", "azure-local"), "--platform"))


def known_reader(name: str | None) -> str | None:
    """The name of a reader. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return None if name is None else known_word(name, tuple(READERS), "--from")


def known_source(name: str | None, files: Sequence[str]) -> str | None:
    """The name of a reader, or one of the files that are given. Raises BadParameter."""
    from hotpatch_cli.inputs.fleet import READERS

    return name if name is None or name in files else known_word(name, tuple(READERS), "--prefer")


def chosen(only: str | None) -> frozenset[str] | None:
    """The words of `--only`: verdicts, track states, codes. Raises BadParameter."""
    if only is None:
        return None
    known: tuple[str, ...] = ("ready", "current", *VERDICT_CONDITIONS, *TRACK_CONDITIONS)
    words = [word.strip() for word in only.split(",") if word.strip()]
    if any(word.upper().startswith("HP") for word in words):
        from hotpatch_cli.knowledge.load import load_rules

        known += tuple(load_rules())
    if not words:
        raise typer.BadParameter("give verdicts, track states or codes.", param_hint="--only")
    return frozenset(
        known_word(word.upper() if word.upper().startswith("HP") else word.lower(), known, "--only")
        for word in words
    )


def narrowed(report: Report, only: frozenset[str] | None) -> Report:
    """The report with only the machines that are asked for; what it hides and counts is told, lest
    it look green.
    """
    if only is None:
        return report
    kept = tuple(each for each in report.machines if only & (conditions_of(each) | set(each.codes)))
    shown, total = (
        Counter(each.outcome for each in machines) for machines in (kept, report.machines)
    )
    words: dict[Outcome, str] = {"fails": "fail", "undecided": "are unknown"}
    left = " and ".join(
        f"{total[key] - shown[key]} that {word}"
        for key, word in words.items()
        if total[key] > shown[key]
    )
    note = f"--only leaves out machines that count ({left}): the exit code is that of all machines."
    gate = (
        report.gate._replace(notes=(*report.gate.notes, note))
        if left and report.gate.exit_code
        else report.gate
    )
    return report._replace(machines=kept, gate=gate)
