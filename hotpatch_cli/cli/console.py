"""The output of a command: the product goes to standard output or a file, notes and problems go to
standard error.

The only place that decides on color: --no-color and NO_COLOR turn it off, FORCE_COLOR turns it on,
and otherwise a terminal has it unless TERM is `dumb`.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hotpatch_cli.cli.standard_streams import discard_rest
from hotpatch_cli.documents.redaction import redacted
from hotpatch_cli.documents.run_files import files_of_run
from hotpatch_cli.errors import SHOWN_AT_MOST, InputError, refuse
from hotpatch_cli.outputs.escaping import encoded, visible, without_commands
from hotpatch_cli.outputs.view_options import ViewOptions

WIDE = 200
"""The width of text with forced color that goes to no terminal: a log has no width of its own."""


def takes_color() -> bool:
    """Whether standard output takes color."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and not is_dumb())


def is_dumb() -> bool:
    """Whether the terminal takes no control codes."""
    return os.environ.get("TERM") == "dumb"


def shows_progress(*, quiet: bool) -> bool:
    """Whether standard error is a terminal on which a line can be drawn again and again."""
    return not quiet and sys.stderr.isatty() and not is_dumb()


def screen(
    output: str, *, no_color: bool = False, everything: bool = False, explain: bool = False
) -> ViewOptions:
    """The options of a view at the place that the product goes to."""
    wanted = ViewOptions(color=not no_color, everything=everything, explain=explain)
    return at_place(output, wanted)


def at_place(output: str, wanted: ViewOptions) -> ViewOptions:
    """The options with what is known of a place: its width, and whether it takes color.

    Where color is forced, text that goes to no terminal is drawn as for a wide one, with all rows.
    """
    from shutil import get_terminal_size

    wanted = wanted._replace(suffix=Path(f"_{Path(output).name}").suffix.lower())
    wanted = wanted._replace(build_log=output == "-" and _in_build())
    color = output == "-" and wanted.color and takes_color()
    if output == "-" and sys.stdout.isatty():
        width = get_terminal_size().columns
        return wanted._replace(terminal=True, width=width, color=color)
    if not color:
        return wanted._replace(color=False)
    width = get_terminal_size((WIDE, 0)).columns
    return wanted._replace(terminal=True, width=width, color=True, everything=True)


def deliver(product: str | bytes, output: str) -> None:
    """Write the product: to standard output for `-`, otherwise to a file, whole or not at all."""
    if output != "-":
        from hotpatch_cli.cli.atomic_write import write_whole

        write_whole(output, product)
        return
    if isinstance(product, bytes) and sys.stdout.isatty():
        raise refuse(
            "standard output", "A terminal can't show a picture.", "Specify a file with -o."
        )
    deliver_parts([encoded(product)])


def deliver_parts(parts: Iterable[bytes]) -> None:
    """Write the product to standard output, part by part. Raises InputError."""
    try:
        sys.stdout.flush()
        with suppress(ValueError):  # a stream without a number, as in tests
            status = os.fstat(sys.stdout.fileno())
            files_of_run().require_other_stream("standard output", status)
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the pipe is closed, as in `hotpatch check ... | head`
        discard_rest(sys.stdout.fileno())


def safe_in_log(text: str) -> str:
    """Text for a standard stream: in a build log nothing in it is a command to the agent."""
    return without_commands(text) if _in_build() else text


def _in_build() -> bool:
    """Whether an agent of Azure Pipelines or GitHub Actions reads the standard streams."""
    return bool(os.environ.get("TF_BUILD") or os.environ.get("GITHUB_ACTIONS"))


def say(text: str, *, quiet: bool = False) -> None:
    """Write a note to standard error: one line, which a terminal wraps between words."""
    if not quiet:
        sys.stderr.write(_line(text))


def _line(text: str) -> str:
    line = safe_in_log(visible(redacted(text)))
    if sys.stderr.isatty():
        from shutil import get_terminal_size
        from textwrap import fill

        width = max(40, get_terminal_size().columns)
        line = fill(
            line,
            width,
            break_on_hyphens=False,
            break_long_words=False,
            replace_whitespace=False,
        )
    return line + "\n"


def show_problems(error: InputError) -> None:
    """Write each problem on its line, at most fifty, and the number of the rest; in a terminal also
    the source line.
    """
    shows = sys.stderr.isatty()
    from hotpatch_cli.cli.source_excerpt import excerpt

    for problem in error.problems[:SHOWN_AT_MOST]:
        sys.stderr.write(_line(str(problem)) + (safe_in_log(excerpt(problem)) if shows else ""))
    rest = len(error.problems) - SHOWN_AT_MOST
    if rest > 0:
        sys.stderr.write(f"... and {rest} more problems.\n")
