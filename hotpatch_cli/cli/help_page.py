"""Help pages and suggestions for a mistyped name: plain text that fits any terminal.

A page shows common options first and rare ones last. It has no frames, Python types or variables:
one sentence at its end covers the variables of all options.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import zip_longest
from shutil import get_terminal_size
from string import Formatter
from textwrap import wrap
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from hotpatch_cli.cli.console import takes_color
from hotpatch_cli.cli.help_panels import COMMAND_PANELS, OPTION_PANELS, option_panel
from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.redaction import redacted

WIDEST = 100
"""The width of a page in a terminal that is wider."""
_SELF_EVIDENT = ("", "-")
"""Defaults that need no mention."""
_NO_BRACES = str.maketrans("", "", "{}")
VARIABLES = "Each option has a variable HOTPATCH_<OPTION>, such as HOTPATCH_AS_OF."


class PlainCommand(TyperCommand):
    """A command with a plain help page."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line, without braces around arguments."""
        return [piece.translate(_NO_BRACES) for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments; an unknown option is refused with the nearest one."""
        return _parsed(super().parse_args, self, ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        write_page(self, ctx, formatter)


class PlainGroup(TyperGroup):
    """A group with a plain help page, which lists its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments; an unknown option is refused with the nearest one."""
        return _parsed(super().parse_args, self, ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a message on its options has none of the secrets in them."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            error.message = redacted(error.message)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named first; an unknown one is refused with the nearest one."""
        name = args[0]
        if not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            advice = did_you_mean(name, known) or f"Commands: {', '.join(known)}."
            ctx.fail(f"{name[:80]!r} isn't a command of {ctx.command_path}. {advice}")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        write_page(self, ctx, formatter)


_RENAMED = {"--from": "--input-format", "--release": "--baseline"}
"""Options that people know by another name, where the letters suggest a wrong one."""
_UsageError: Any = typer.BadParameter.__mro__[1]


def _parsed(parse: Any, command: Any, ctx: Any, args: list[str]) -> Any:
    try:
        return parse(ctx, args)
    except _UsageError as error:
        if not hasattr(error, "possibilities"):  # only an unknown option has them
            error.message = _range_of(error) or error.message
            raise
        name = error.option_name
    flags = [flag for param in command.params for flag in param.opts if flag.startswith("--")]
    renamed = _RENAMED.get(name, "")
    nearest = f"Did you mean '{renamed}'?" if renamed in flags else did_you_mean(name, flags)
    advice = nearest or f"To list the options, run `{ctx.command_path} --help`."
    shown = redacted(name)[:80]
    return ctx.fail(f"{shown!r} isn't an option of {ctx.command_path}. {advice}")


def _range_of(error: Any) -> str:
    """The range of the number that an error is about; empty for all other errors."""
    param = getattr(error, "param", None)
    least, most = getattr(param, "min", None), getattr(param, "max", None)
    if least is None or most is None or not error.message:
        return ""
    return f"Specify a number from {least:g} to {most:g}."


def write_page(command: Any, ctx: Any, formatter: Any) -> None:
    """Write the help page of a command or a group."""
    ctx.color = takes_color()
    usage = " ".join(command.collect_usage_pieces(ctx))
    formatter.write(_wrapped(f"Usage: {ctx.command_path} {usage}", indent=4))
    for paragraph in (command.help or "").split("\n\n"):
        formatter.write("\n" + _wrapped(paragraph))
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.get_params(ctx) if param not in arguments]
    _write_rows(formatter, "Arguments", [(_name(param), option_text(param)) for param in arguments])
    if hasattr(command, "list_commands"):
        _write_commands(command, ctx, formatter)
    for title, panel in _by_panel(options).items():
        _write_rows(formatter, title, [(_name(param), option_text(param)) for param in panel])
    if any(getattr(param, "envvar", None) for param in options):
        formatter.write("\n" + _wrapped(VARIABLES))
    if command.epilog:
        formatter.write(f"\n{command.epilog.rstrip()}\n")


def _by_panel(options: Iterable[Any]) -> dict[str, list[Any]]:
    """The options by the title of their panel; rare ones alone need no title of their own."""
    panels: dict[str, list[Any]] = {title: [] for title in OPTION_PANELS}
    for param in options:
        panels[option_panel(param.opts) or OPTION_PANELS[0]].append(param)
    filled = {title: panel for title, panel in panels.items() if panel}
    return filled if len(filled) > 1 else {OPTION_PANELS[0]: next(iter(filled.values()))}


def _write_commands(group: Any, ctx: Any, formatter: Any) -> None:
    rows: dict[str, list[tuple[str, str]]] = {}
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        panel = command.rich_help_panel or "Commands"
        rows.setdefault(panel, []).append((name, (command.help or "").partition("\n\n")[0]))
    for panel in (*COMMAND_PANELS, "Commands"):
        _write_rows(formatter, panel, rows.get(panel, ()))


def _write_rows(formatter: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A heading and a list of two columns."""
    if not rows:
        return
    heading = f"{title}:"
    formatter.write(f"\n{typer.style(heading, bold=True) if takes_color() else heading}\n")
    column = 2 + max(len(name) for name, _ in rows)
    for name, text in rows:
        lines = _wrapped(text, width=_width() - column - 2).splitlines()
        for word, line in zip_longest((name,), lines, fillvalue=""):
            formatter.write(f"  {word:{column}}{line}".rstrip() + "\n")


def _width() -> int:
    return max(40, min(get_terminal_size().columns, WIDEST))


def _wrapped(text: str, width: int = 0, indent: int = 0) -> str:
    lines = wrap(
        text,
        width or _width(),
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "".join(f"{line}\n" for line in lines)


def _name(param: Any) -> str:
    """An argument, or the flags of an option with the value that it takes."""
    if param.param_type_name == "argument":
        repeats = "..." if param.nargs != 1 else ""
        return f"{param.metavar or param.name.upper()}{repeats}"
    flags = [*sorted(param.opts, key=len), *param.secondary_opts]
    value = "" if param.is_flag else f" {param.metavar}"
    return ", ".join(flags) + value


def option_text(param: Any) -> str:
    """The help of a parameter, with the keys of registries filled in, and its default.

    Only a help page needs registries: the module that renders a plan takes a tenth of a second to
    import.
    """
    text = param.help or ""
    for _, place, _, _ in Formatter().parse(text):
        if place is not None:
            text = text.replace(f"{{{place}}}", ", ".join(registry(place)))
    default = param.default
    if isinstance(default, float):
        default = f"{default:g}"
    if param.show_default and type(default) in (str, int) and default not in _SELF_EVIDENT:
        text += f" [default: {default}]"
    return text


def registry(place: str) -> Any:
    """A table of the package by its place, such as "outputs.formats.PLAN_FORMATS"."""
    module, _, name = place.rpartition(".")
    return getattr(import_module(f"hotpatch_cli.{module}"), name)
