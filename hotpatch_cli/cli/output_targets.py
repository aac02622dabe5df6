"""One report, several outputs: which format goes where, and all of them written or none."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, TypeVar

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.console import at_place, deliver
from hotpatch_cli.cli.request import format_option, option
from hotpatch_cli.cli.words import known_word
from hotpatch_cli.documents.run_files import files_of_run, plan_outputs
from hotpatch_cli.outputs.formats import CHECK_FORMATS, PAGE_FORMATS, REPORT_FORMATS
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Report

if TYPE_CHECKING:
    from hotpatch_cli.outputs.page.render import PageContents

Formats = Annotated[
    list[str] | None,
    format_option(
        CHECK_FORMATS,
        "By suffix. Repeatable.",
    ),
]
Outputs = Annotated[
    list[Path]  # a Path, so that in the variable a colon parts them (on Windows a semicolon)
    | None,
    option(
        "--output -o",
        "FILE",
        "Output file; - is standard output. Repeatable.",
        show_default=False,
    ),
]


_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    ".csv": ("csv",),
    ".htm": ("html", "runsheet"),
    ".html": ("html", "runsheet"),
    ".ics": ("ics",),
    ".json": ("json", "sarif", "gitlab", "azure"),
    ".jsonl": ("jsonl",),
    ".md": ("markdown", "runsheet"),
    ".parquet": ("parquet",),
    ".png": ("png",),
    ".prom": ("metrics",),
    ".ps1": ("powershell",),
    ".sarif": ("sarif",),
    ".sh": ("bash",),
    ".sarif.json": ("sarif",),
    ".svg": ("svg",),
    ".xml": ("junit",),
    ".yaml": ("yaml", "json"),
    ".yml": ("yaml", "json"),
}
"""Suffix of a file -> the format that it chooses, and the others that it fits."""
_BY_NAME = frozenset(("runsheet",))
"""Formats that no suffix chooses, only --format."""
_UNWRITTEN = frozenset(
    (
        *(".7z", ".bz2", ".gz", ".tar", ".tgz", ".xz", ".zip", ".zst"),
        *(".doc", ".docx", ".pdf", ".ppt", ".pptx", ".toml", ".tsv", ".xls", ".xlsx"),
        *(".gif", ".jpeg", ".jpg", ".webp"),
    )
)
"""Suffixes of files that no command writes: text in one of them would be no file of its kind."""
_STRENGTH = ("DEFAULT", "DEFAULT_MAP", "ENVIRONMENT", "COMMANDLINE")


def output_option(form: str, text: str = "Output file; - is standard output.") -> Any:
    """`--output` of a command that writes one format: a suffix of another one is refused."""

    def checked(output: str) -> str:
        _suffix_format(output, (form,))
        return output

    return option("--output -o", "FILE", text, callback=checked)


Renderer = TypeVar("Renderer")


class FormattedRequest(Protocol):
    """The options of a request that writes one format."""

    @property
    def form(self) -> str:
        """The format."""

    @property
    def output(self) -> str:
        """The file, or `-`."""


class Delivery(NamedTuple):
    """A format and the file that it goes to; `-` is standard output."""

    form: str
    output: str


def shows_head(deliveries: Iterable[Delivery]) -> bool:
    """Whether a terminal shows a table: its head has the age of the data."""
    return sys.stdout.isatty() and Delivery("table", "-") in deliveries


def paired(
    formats: Iterable[str] | None,
    outputs: Iterable[Path] | None,
    known: Iterable[str] = CHECK_FORMATS,
) -> tuple[Delivery, ...]:
    """Formats and outputs, pair by pair in the order they were given. Raises BadParameter where
    they don't match.

    Pairs of the configuration stay together: a --format on the command line sets its outputs aside.
    """
    config = current.get()
    filed = {"form", "output"} <= config.defaults.keys()  # the file itself makes pairs
    if filed and config.given("form") and not config.given("output"):
        outputs = None
    names = tuple(known)
    targets = [str(output) for output in outputs or ()] or ["-"]
    forms = [known_word(form, names, "--format") for form in formats or ()]
    if not forms or _is_weaker("form", "output"):
        chosen = [_suffix_format(target, names) for target in targets]
        by_suffix = any(chosen) and all(
            form or target == "-" for form, target in zip(chosen, targets, strict=True)
        )
        if by_suffix or not forms:
            forms = [form or "table" for form in chosen] if by_suffix else ["table"]
    if len(forms) != len(targets):
        counts = (
            f"{counted(len(forms), 'format')} and {counted(len(targets), 'output')} don't match"
        )
        advice = "Specify one --output for each --format, in the same order; one of them can be -"
        # the option that is blamed is the one whose place in the configuration is shown
        hint = "--format" if filed and not config.given("form") else "--output"
        raise typer.BadParameter(f"{counts}. {advice}.", param_hint=hint)
    for form, target in zip(forms, targets, strict=True):
        _refuse_unwritten(target, names)
        _refuse_contradiction(form, target)
    if targets.count("-") > 1:
        message = "Two formats can't both go to standard output."
        raise typer.BadParameter(message, param_hint="--output")
    plan_outputs(targets)
    return tuple(map(Delivery, forms, targets))


def renderer_for(request: FormattedRequest, formats: Mapping[str, Renderer]) -> Renderer:
    """The renderer of the format that a request asks for. Raises BadParameter."""
    return formats[format_for(request, formats)]


def format_for(request: FormattedRequest, known: Iterable[str]) -> str:
    """The format of a request that writes one: that of --format, or otherwise of the suffix of its
    output. Raises BadParameter where the two contradict each other, and where the output is an
    input.
    """
    names = tuple(known)
    form = known_word(request.form, names, "--format")
    _refuse_unwritten(request.output, names)
    fits = form in _BY_NAME and form in _SUFFIXES.get(_suffix_of(request.output), ())
    if _is_weaker("form", "output") and not fits:
        form = _suffix_format(request.output, names) or form
    _refuse_contradiction(form, request.output)
    return form


def _is_weaker(one: str, other: str) -> bool:
    """Whether an option was given at a weaker place than another: the command line, then variables,
    then the configuration.
    """
    source_of = current.get().source_of
    return _strength(source_of(one)) < _strength(source_of(other))


def _strength(source: str) -> int:
    return _STRENGTH.index(source) if source in _STRENGTH else 0


def _suffixes(output: str) -> list[str]:
    """The suffixes of an output in lower case; a name that is nothing but a suffix has it."""
    return [suffix.lower() for suffix in Path(f"_{Path(output).name}").suffixes]


def _suffix_of(output: str) -> str:
    """The suffix of an output, where it is one that means a format; otherwise nothing."""
    suffixes = _suffixes(output)
    ends = ("".join(suffixes[-2:]), "".join(suffixes[-1:]))
    return next((suffix for suffix in ends if suffix in _SUFFIXES), "")


def _suffix_format(output: str, known: Sequence[str]) -> str | None:
    """The format that the suffix of an output chooses; None where it means none.

    Raises BadParameter for one that the command doesn't write.
    """
    _refuse_unwritten(output, known)
    suffix = _suffix_of(output)
    if not suffix:
        return None
    fitting = [form for form in _SUFFIXES[suffix] if form in known and form not in _BY_NAME]
    if not fitting:
        by_name = next((form for form in _SUFFIXES[suffix] if form in known), None)
        if by_name:
            message = f"{output}: only the format {by_name} of this command writes {suffix} files. "
            message += f"Add --format {by_name}."
            raise typer.BadParameter(message, param_hint="--output")
        raise _not_written(output, _SUFFIXES[suffix][0], known)
    return fitting[0]


def _refuse_unwritten(output: str, known: Sequence[str]) -> None:
    suffix = "".join(_suffixes(output)[-1:])
    if suffix in _UNWRITTEN:
        raise _not_written(output, suffix.removeprefix("."), known)


def _not_written(output: str, kind: str, known: Sequence[str]) -> typer.BadParameter:
    message = f"{output}: this command doesn't write {kind}. "
    message += f"Use another suffix, or one of the formats {', '.join(known)}."
    return typer.BadParameter(message, param_hint="--output")


def suffix_format(output: str, known: Iterable[str], default: str) -> str:
    """The format that the suffix of a second output chooses. Raises BadParameter."""
    return _suffix_format(output, tuple(known)) or default


def _refuse_contradiction(form: str, output: str) -> None:
    suffix = _suffix_of(output)
    if suffix and form not in _SUFFIXES[suffix]:
        message = f"{output}: the suffix {suffix} means {_SUFFIXES[suffix][0]}, "
        message += f"but --format is {form}. Rename the file, or remove --format."
        raise typer.BadParameter(message, param_hint="--output")


def write_all_targets(
    report: Report,
    deliveries: Sequence[Delivery],
    options: ViewOptions,
    page: "PageContents | None" = None,
    extra: Iterable[tuple[str, str]] = (),
) -> list[str]:
    """Render every format, then write all outputs: files first, whole or not at all, standard
    output last. Give the names of all outputs.

    `page` is the content of a page, where one is among the formats; `extra` are more files, as
    (name, text), which are written with them. Raises InputError.
    """
    more = list(extra)
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
    files = [(output, text) for text, output in shown if output != "-"]
    files += [(name, text) for name, text in more]
    with _job_summary(report, deliveries):
        if files:
            from hotpatch_cli.cli.atomic_write import write_all

            write_all(files)
    for text, output in shown:
        if output == "-":
            deliver(text, output)
    return [*(output for _, output in deliveries), *(name for name, _ in more)]


@contextmanager
def _job_summary(report: Report, deliveries: Sequence[Delivery]) -> Iterator[None]:
    """Append Markdown to the summary of a GitHub job once all is written; a file that can't be
    opened is found before.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name or all(form != "github" for form, _ in deliveries):
        yield
        return
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.report_markdown import render_summary

    files_of_run().plan_output(name)
    try:
        with Path(name).open("ab") as summary:
            text = render_summary(report)
            yield
            summary.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise refuse(
            name,
            f"Can't write the job summary: {error.strerror}.",
            "Check the variable GITHUB_STEP_SUMMARY.",
        ) from None
