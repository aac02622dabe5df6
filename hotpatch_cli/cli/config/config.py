"""The configuration of a run: options of all commands, levels of rules, and settings for some
machines.

Precedence: the command line, then variables, then the file, then the default. Keys are the names of
options.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import typer

from hotpatch_cli.cli.config.file import ConfigFile, file_path, find, pattern_path, read
from hotpatch_cli.errors import InputError, Problem

MAPS = frozenset({"map", "set"})
"""Options that can also be a table: `COLUMN = "FIELD"` in [map] is --map COLUMN=FIELD."""
FLEET = "fleet"
"""The argument that can be set too: files, folders and patterns."""
OWN_TABLES = ("severity", "overrides")
_NOT_OPTIONS = {"help", "version", "config"}


class Config(NamedTuple):
    """The file (None where there is none), and the context of the command that runs."""

    file: ConfigFile | None = None
    context: Any = None

    def source_of(self, parameter: str) -> str:
        """The source of an option's value: COMMANDLINE, ENVIRONMENT, DEFAULT_MAP or DEFAULT; empty
        where no command runs.
        """
        source = self.context.get_parameter_source(parameter) if self.context else None
        return source.name if source else ""

    def given(self, parameter: str) -> bool:
        """Whether the command line or a variable sets an option, which overrides the file."""
        return self.source_of(parameter) in ("COMMANDLINE", "ENVIRONMENT")

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Parameter -> value of the options that the file sets for the command that runs."""
        return (self.file and self.context and self.context.default_map) or {}

    @property
    def fleet(self) -> list[str]:
        """The files of a fleet that the command line doesn't name: those of the command that runs,
        of all commands, or of `check`.
        """
        if self.file is None or self.context is None:
            return []
        tables: list[Any] = [self.file.table]
        for name in _path_of(self.context):
            tables.insert(0, tables[0].get(name) if isinstance(tables[0], dict) else None)
        tables.append(self.file.table.get("check"))
        found = (table.get(FLEET) for table in tables if isinstance(table, dict))
        named: str | list[str] = next((value for value in found if value), [])
        folder = self.file.folder
        return [pattern_path(name, folder) for name in _listed(named)]

    def own(self, name: str) -> Any:
        """One of the tables that aren't options."""
        return self.file.table.get(name) if self.file else None


_NOTHING = Config()
current: ContextVar[Config] = ContextVar("config", default=_NOTHING)


def use_config(context: typer.Context, name: str | None) -> str | None:
    """Take the configuration that is named or found; its values become the defaults of the command.

    It's the callback of --config, and leaves the option as it is. Raises InputError.
    """
    if context.resilient_parsing:
        return name
    place = name or find()
    if place is None:
        current.set(Config(None, context))
        return name
    file = read(place)
    require_known(file, context.find_root().command)
    current.set(Config(file, context))
    context.default_map = defaults(file, _path_of(context), options_of(context.command))
    return name


def options_of(command: Any) -> dict[str, Any]:
    """Key -> option of a command: `fail-on` is --fail-on."""
    options = {}
    for param in command.params:
        key = _key_of(param)
        if key and key not in _NOT_OPTIONS:
            options[key] = param
    return options


def takes_fleet(command: Any) -> bool:
    """Whether a command has the argument FLEET."""
    return any(param.name == FLEET and not _key_of(param) for param in command.params)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _key_of(option: Any) -> str:
    """The name of an option without its dashes; empty for an argument."""
    flags = getattr(option, "opts", ())
    return next((flag[2:] for flag in flags if flag.startswith("--")), "")


def commands_of(root: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, command) of every command: (("check",), ...), (("windows", "list"), ...)."""
    for name in root.list_commands(None):
        command = root.get_command(None, name)
        inner = getattr(command, "commands", None)
        if inner is None or command.invoke_without_command:
            yield (name,), command
        yield from (((name, word), subcommand) for word, subcommand in (inner or {}).items())


def _path_of(context: typer.Context) -> tuple[str, ...]:
    names: list[str] = []
    at: Any = context
    while at.parent is not None:
        names.insert(0, at.info_name)
        at = at.parent
    return tuple(names)


def where_set(error: typer.BadParameter) -> str:
    """The place where the configuration sets a refused option; empty where the command line or a
    variable did.
    """
    file, context = current.get()[:2]
    hint = error.param_hint if isinstance(error.param_hint, str) else None
    if file is None or context is None:
        return ""
    by_key = options_of(context.command)
    keys = [key for key, option in by_key.items() if option is error.param or hint == f"--{key}"]
    if not keys or current.get().given(by_key[keys[0]].name):
        return ""
    path = _path_of(context)
    for depth in range(len(path), -1, -1):
        table: Any = file.table
        for name in path[:depth]:
            table = table.get(name, {})
        for name in table:
            if _key(name) == keys[0]:
                place = file.problem((*path[:depth], name), "")
                return f" It's set in {place.file}, line {place.line}."
    return ""


def _key(name: str) -> str:
    return name.replace("_", "-")


def defaults(file: ConfigFile, path: tuple[str, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """Parameter -> value for a command: its own table overrides the values for all commands. Raises
    InputError.
    """
    table = file.table
    layers: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), table)]
    for depth, name in enumerate(path, 1):
        inner = table.get(name)
        table = inner if isinstance(inner, dict) else {}
        layers.append((path[:depth], table))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for where, layer in layers:
        for name, value in layer.items():
            option = options.get(_key(name))
            if option is not None and (not isinstance(value, dict) or _key(name) in MAPS):
                try:
                    values[option.name] = _value(option, value, file.folder)
                except ValueError as error:
                    problems.append(file.problem((*where, name), str(error)))
    if problems:
        raise InputError(problems)
    return values


def _value(option: Any, value: Any, folder: Path) -> Any:
    """A value as the command line has it: texts, which the option then converts itself. Raises
    ValueError for one of the wrong type.
    """
    flag = f"--{_key_of(option)}"
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError(f"{flag} must be true or false.")
        return value

    # a list of words is possible where the command line has one text with commas
    if isinstance(value, list) and option.metavar == "LIST" and _are_texts(value):
        return ",".join(value)
    if isinstance(value, dict):
        value = dict(_flat(value)) if flag == "--set" else value  # `arc.vbs = "running"`
        if not _are_texts(value.values()):
            raise ValueError(f"{flag} must be a table of texts.")
        value = [f"{key}={text}" for key, text in value.items()]
    if isinstance(value, list) and not option.multiple:
        raise ValueError(
            f"{flag} takes one value, not a list. Move a list to the table of its command."
        )

    texts = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool) or not isinstance(item, str | int | float | date):
            texts_too = " or a list of texts" if option.multiple else ""
            raise ValueError(f"{flag} must be text{texts_too}.")  # noqa: TRY004  of the file
        texts.append(file_path(str(item), folder) if option.metavar == "FILE" else str(item))
    return texts if option.multiple else texts[0]


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The entries of a table and of the tables in it, named with dots."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def require_known(file: ConfigFile, root: Any) -> None:
    """Raise InputError for every key that isn't an option, a command or a table."""
    from hotpatch_cli.cli.config.tables import problems_of_tables

    commands = dict(commands_of(root))
    problems = list(_unknown(file, commands))
    problems += problems_of_tables(file)
    problems += _fleet_problems(file, file.table, ())
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))


def _unknown(file: ConfigFile, commands: Mapping[tuple[str, ...], Any]) -> Iterator[Problem]:
    by_command = {
        path: options_of(command) | ({FLEET: None} if takes_fleet(command) else {})
        for path, command in commands.items()
    }
    everywhere = set().union(*by_command.values())
    groups = {path[:1] for path in by_command}
    for name, value in file.table.items():
        if isinstance(value, dict) and (name,) in groups:
            yield from _in_command(file, (name,), value, by_command)
        elif name not in OWN_TABLES:
            yield from _in_all(file, name, value, everywhere, by_command)


def _fleet_problems(
    file: ConfigFile, table: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Problem]:
    """Values of `fleet` that aren't names, for all commands and in the table of each."""
    for key, value in table.items():
        if key == FLEET:
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not names or not _are_texts(names):
                message = 'fleet must be a list of files, folders, or patterns, as in ["*.yaml"].'
                yield file.problem((*path, key), message)
        elif isinstance(value, dict):
            yield from _fleet_problems(file, value, (*path, key))


def _in_all(
    file: ConfigFile,
    name: str,
    value: Any,
    everywhere: set[str],
    by_command: Mapping[tuple[str, ...], Any],
) -> Iterator[Problem]:
    """A key for all commands: an option of some of them."""
    key = _key(name)
    if key not in everywhere or _is_table(name, value):
        known = (*everywhere, *(path[0] for path in by_command), *OWN_TABLES)
        yield file.problem((name,), *_advice(name, known))


def _in_command(
    file: ConfigFile,
    path: tuple[str, ...],
    table: Mapping[str, Any],
    by_command: Mapping[tuple[str, ...], Any],
) -> Iterator[Problem]:
    """The keys of a command's table, and of its subcommands."""
    depth = len(path)
    inner = {
        longer[depth] for longer in by_command if longer[:depth] == path and len(longer) > depth
    }
    options = by_command.get(path, {})
    for name, value in table.items():
        if name in inner and isinstance(value, dict):
            yield from _in_command(file, (*path, name), value, by_command)
        elif _key(name) not in options or _is_table(name, value):
            yield file.problem((*path, name), *_advice(name, (*options, *inner)))


def _is_table(name: str, value: Any) -> bool:
    """Whether a value is a table although its option isn't one."""
    return isinstance(value, dict) and _key(name) not in MAPS


def _advice(name: str, known: tuple[str, ...]) -> tuple[str, str]:
    if _key(name) in known:
        return (
            f"'{name}' is an option, not a table.",
            f"Write {name} = ... above the first table.",
        )
    from hotpatch_cli.documents.codec import did_you_mean
    from hotpatch_cli.documents.tree import quoted

    return f"{quoted(name)} isn't a valid key here.", did_you_mean(_key(name), known)
