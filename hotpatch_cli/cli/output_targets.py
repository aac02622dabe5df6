"""One report, several outputs: which format goes where, and all of them written or none."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.console import at_place, deliver
from hotpatch_cli.cli.request import format_option, option
from hotpatch_cli.cli.words import known_word
from hotpatch_cli.outputs.formats import CHECK_FORMATS, PAGE_FORMATS, REPORT_FORMATS
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Report

if TYPE_CHECKING:
    from hotpatch_cli.outputs.page.render import PageContents

Formats = Annotated[
    list[str] | None,
    format_option(
        CHECK_FORMATS,
        "; table if not given. Repeatable, each with its --output.",
        show_default=False,
    ),
]
Outputs = Annotated[
    list[Path]  # a Path, so that in the variable a colon parts them (on Windows a semicolon)
    | None,
    option(
        "--output -o",
        "FILE",
        "Write here; - is standard output. Repeatable: the first is for the first --format, "
        "and so on.",
        show_default=False,
    ),
]


class Delivery(NamedTuple):
    """A format and the file that it goes to; `-` is standard output."""

    form: str
    output: str


def paired(
    formats: Iterable[str] | None,
    outputs: Iterable[Path] | None,
    known: Iterable[str] = CHECK_FORMATS,
) -> tuple[Delivery, ...]:
    """Formats and outputs, pair by pair in the order they were given. Raises BadParameter where
    they do not fit.

    Pairs of the configuration stay together: who gives another --format does not mean the outputs
    that stand there.
    """
    config = current.get()
    filed = {"form", "output"} <= config.defaults.keys()  # the file itself makes pairs
    if filed and config.given("form") and not config.given("output"):
        outputs = None
    names = tuple(known)
    forms = [known_word(form, names, "--format") for form in formats or ["table"]]
    targets = [str(output) for output in outputs or ()] or ["-"]
    if len(forms) != len(targets):
        counts = f"{len(forms)} of --format and {len(targets)} of --output"
        advice = "give each --format its own --output, in the same order; one of them may be -"
        # the option that is blamed is the one whose place in the configuration is told
        hint = "--format" if filed and not config.given("form") else "--output"
        raise typer.BadParameter(f"{counts} do not make pairs: {advice}.", param_hint=hint)
    places = [target if target == "-" else str(Path(target).resolve()) for target in targets]
    for at, place in enumerate(places):
        if place in places[:at]:
            name = "standard output" if place == "-" else targets[at]
            raise typer.BadParameter(
                f"two formats cannot both go to {name}.", param_hint="--output"
            )
    return tuple(map(Delivery, forms, targets))


def refuse_overwriting_inputs(
    outputs: Iterable[str | None], *inputs: Iterable[str | Path] | None
) -> None:
    """Raise BadParameter where an output is one of the inputs, which it would take the place of."""
    read: set[str] = set()
    for files in inputs:
        read.update(_place(str(name)) for name in files or () if str(name) != "-")
    for output in outputs:
        if output and output != "-" and _place(output) in read:
            raise typer.BadParameter(
                f"{output} is read by this run: it would be overwritten.", param_hint="--output"
            )


def _place(name: str) -> str:
    """Where a file lies, through links; the name itself where it can be none."""
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):
        return name


def write_all_targets(
    report: Report,
    deliveries: Sequence[Delivery],
    options: ViewOptions,
    page: "PageContents | None" = None,
    extra: Iterable[tuple[str, str]] = (),
) -> None:
    """Render every format, then write all outputs: files first, whole or not at all, standard
    output last.

    `page` is what a page holds, where one is among the formats; `extra` are more files, as (name,
    text), which are written with them. Raises InputError.
    """
    shown = []
    for form, output in deliveries:
        view = at_place(output, options)
        if page is not None and form in PAGE_FORMATS:
            from hotpatch_cli.cli.html_report import machine_table

            table = machine_table(report, output)
            named = page._replace(csv=table.name if table else None)
            shown.append((PAGE_FORMATS[form](named, view), output))
        else:
            shown.append((REPORT_FORMATS[form](report, view), output))
    # a link stays one: its target is written
    files = [(Path(output).resolve(), text) for text, output in shown if output != "-"]
    files += [(Path(name).resolve(), text) for name, text in extra]
    with _job_summary(report, deliveries):
        if files:
            from hotpatch_cli.cli.atomic_write import write_all

            write_all(files)
    for text, output in shown:
        if output == "-":
            deliver(text, output)


@contextmanager
def _job_summary(report: Report, deliveries: Sequence[Delivery]) -> Iterator[None]:
    """Append Markdown to the summary of a GitHub job once all is written; a place that refuses it
    is found before.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name or all(form != "github" for form, _ in deliveries):
        yield
        return
    from hotpatch_cli.errors import refuse

    try:
        with Path(name).open("ab") as summary:
            text = REPORT_FORMATS["markdown"](report, ViewOptions())
            yield
            summary.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise refuse(
            name,
            f"The job summary cannot be written: {error.strerror}.",
            "See GITHUB_STEP_SUMMARY.",
        ) from None
