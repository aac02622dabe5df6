"""A remedy as steps: sentences, and commands with the names of a machine filled in.

A value is quoted for the shell of its command. Whatever a name holds, Bash passes it on as one
argument, and PowerShell runs nothing of it. A value that isn't known stays a blank such as `<vm>`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Literal, NamedTuple
from urllib.parse import quote

from hotpatch_cli.model import Machine

Shell = Literal["Bash", "PowerShell", "Terminal"]
Form = Literal["word", "url", "plain"]
"""Where a value is written: as a word of its own, inside an address, or inside another literal."""
Names = Mapping[str, str]
"""Blank -> value: `vm` -> `web01`."""


class Blank(NamedTuple):
    """A value to fill in."""

    name: str
    form: Form


Piece = str | Blank


class Command(NamedTuple):
    """A command. A line breaks only between its chunks: an option stays with its value."""

    shell: Shell
    chunks: tuple[tuple[Piece, ...], ...]

    @property
    def blanks(self) -> frozenset[str]:
        """The names of its blanks."""
        pieces = chain.from_iterable(self.chunks)
        return frozenset(piece.name for piece in pieces if isinstance(piece, Blank))


class CommandStep(NamedTuple):
    """A sentence, and the commands that follow it; either may be missing."""

    prose: str
    commands: tuple[Command, ...] = ()


_CODE = re.compile(r"`([^`]*)`")
_COMMAND = re.compile(
    r"(?:az|azcmagent|docker|hotpatch|DISM|wusa\.exe) |(?:\$\w+ = )?\(?[A-Z][a-z]+-[A-Z]\w+"
)
_SHELLS: Mapping[str, Shell] = {"az": "Bash", "docker": "Terminal", "hotpatch": "Terminal"}
_ENDS = re.compile(r"\s*(?:$|[.,;:]|and (?:then )?$)")
"""What follows a command that ends its clause; `hotpatch plan` in mid-sentence stays prose."""
_GLUE = re.compile(r"[\s.,;:]*(?:and )?(?:then)?\s*(?:and)?\s*$")
_LEADING = re.compile(r"[\s.,;:]*(?:and )?")
_TOKEN = re.compile(r"""<[a-z][a-z -]*>|"[^"]*"|'[^']*'|[^\s"'<]+|<|\s+|["']""")
_BLANK = re.compile(r"<([a-z][a-z -]*)>")
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")
_KB = re.compile(r"KB\d+")
_UPDATES = ("baseline", "latest")
_QUOTES = re.compile("(['‘’‚‛]+)")
"""PowerShell takes all of them for the end of a literal in single quotes."""
_CREATES = ("az vm create ", "az vmss create ", "New-VM ")
"""Commands whose `<vm>` or `<scale-set>` is new: the name of the old one would be wrong."""
_NEW = frozenset({"vm", "scale-set"})
SUBSCRIPTION = "--subscription "
"""How the chunk begins that a command of az gets where the subscription is known."""
_PARTS = {
    "subscriptions": "subscription",
    "resourcegroups": "resource-group",
    "virtualmachinescalesets": "scale-set",
}


# --- a remedy as steps ----------------------------------------


@lru_cache(maxsize=512)
def steps(remedy: str) -> tuple[CommandStep, ...]:
    """The remedy as steps. Every word of it is kept, but those that join two commands."""
    found: list[CommandStep] = []
    prose = ""
    commands: list[Command] = []
    for text, is_command in _parts(remedy):
        if is_command:
            commands.append(command(text))
        elif not commands:
            prose += text
        elif not _GLUE.fullmatch(text):
            found.append(CommandStep(_before(prose), tuple(commands)))
            prose, commands = _after(text), []
    if commands:
        found.append(CommandStep(_before(prose), tuple(commands)))
    elif prose.strip():
        found.append(CommandStep(prose.strip()))
    return tuple(found)


def _parts(remedy: str) -> Iterator[tuple[str, bool]]:
    """The parts of a remedy, and whether each is a command that gets a line of its own."""
    last = 0
    prose = ""
    for code in _CODE.finditer(remedy):
        prose += remedy[last : code.start()]
        last = code.end()
        following = _CODE.split(remedy[last:], maxsplit=1)[0]
        if _COMMAND.match(code[1]) and _ENDS.match(following):
            yield prose, False
            yield code[1], True
            prose = ""
        else:
            prose += code[0]
    yield prose + remedy[last:], False


def _before(prose: str) -> str:
    """The text before a command: it ends with a colon."""
    text = prose.strip()
    return text if not text or text.endswith(":") else text.rstrip(".,;") + ":"


def _after(prose: str) -> str:
    """The text after a command, as a sentence of its own."""
    text = _LEADING.sub("", prose, count=1)
    word = re.match(r"[a-z]+\b", text)
    return text[0].upper() + text[1:] if word else text


def command(text: str) -> Command:
    """A command with its blanks."""
    program = text.split(" ", maxsplit=1)[0]
    fixed = _NEW if text.startswith(_CREATES) else frozenset()
    words: list[list[Piece]] = [[]]
    for token in _TOKEN.findall(text):
        if token.isspace():
            words.append([])
        else:
            words[-1] += _pieces(token, fixed)
    chunks = _chunks(words)
    if program == "az" and "--resource-group" in text:
        chunks.append([SUBSCRIPTION, Blank("subscription", "word")])
    return Command(_SHELLS.get(program, "PowerShell"), tuple(map(tuple, chunks)))


def _pieces(token: str, fixed: frozenset[str]) -> Iterator[Piece]:
    """A token as text and blanks; `fixed` are blanks that the reader alone can fill."""
    form: Form = "word"
    if token[0] in "\"'":
        form = "url" if token[1:].startswith("https://") else "plain"
    for number, part in enumerate(_BLANK.split(token)):
        if number % 2:
            yield f"<new-{part}>" if part in fixed else Blank(part, form)
        elif part:
            yield part


def _chunks(words: Iterable[list[Piece]]) -> list[list[Piece]]:
    """The program with its subcommands, then each option with its value, each pipe with what it
    starts.
    """
    chunks: list[list[Piece]] = [[]]
    room = True
    for word in words:
        first = word[0] if word and isinstance(word[0], str) else ""
        if first.startswith("-") or first == "|":
            chunks.append(list(word))
            room = True
        elif room:
            chunks[-1] += [" ", *word] if chunks[-1] else word
            room = len(chunks) == 1
        else:
            chunks.append(list(word))
    return chunks


# --- the values ----------------------------------------


def names_of(machine: Machine, values: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """What a machine, and a finding of it, fill in. A value is known or it isn't there."""
    found = {"vm": machine.name, "region": machine.placement.region or machine.facts.region or ""}
    parts = (machine.id or "").strip("/").split("/")
    for key, value in zip(parts[::2], parts[1::2], strict=False):
        if key.lower() in _PARTS:
            found[_PARTS[key.lower()]] = value
    if machine.id:
        found["vm"] = parts[-1]
    found["machine"] = found["vm"]
    found |= of_finding(values)
    return {key: value for key, value in found.items() if _usable(value)}


def of_finding(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What the values of a finding fill in: the KB to install, of a baseline or a hotpatch."""
    updates = [value for key, value in values if key in _UPDATES and _KB.fullmatch(value)]
    return {"kb": updates[0]} if updates else {}


def _usable(value: str) -> bool:
    """Nothing that a shell would take for an option, and nothing that isn't one visible line."""
    return bool(value) and value.isprintable() and not value.startswith("-")


def forms(value: str) -> str | tuple[str, str, str, str]:
    """The value as (word in Bash, word in PowerShell, part of an address, plain word or nothing);
    one text where all are the same.
    """
    if _PLAIN.fullmatch(value):
        return value
    return bash(value), powershell(value), quote(value, safe=""), ""


def bash(value: str) -> str:
    """A word in Bash. Pasted into PowerShell it may be several words, but never code."""
    parts = (part for part in _QUOTES.split(value) if part)
    return "".join(f'"{part}"' if _QUOTES.match(part) else f"'{part}'" for part in parts)


def powershell(value: str) -> str:
    """A word in PowerShell, where a quotation mark is doubled."""
    return "'" + _QUOTES.sub(lambda found: "".join(sign * 2 for sign in found[0]), value) + "'"


def filled(made: Command, names: Names) -> tuple[str, ...]:
    """The chunks of a command with its values; a blank without a value stays."""
    known = (chunk for chunk in made.chunks if chunk[0] != SUBSCRIPTION or "subscription" in names)
    return tuple("".join(_filled(piece, made.shell, names) for piece in chunk) for chunk in known)


def _filled(piece: Piece, shell: Shell, names: Names) -> str:
    if isinstance(piece, str):
        return piece
    value = names.get(piece.name)
    known = forms(value) if value is not None else ""
    if not isinstance(known, str):
        word = known[1] if shell == "PowerShell" else known[0]
        known = {"word": word, "url": known[2], "plain": known[3]}[piece.form]
    return known or f"<{piece.name}>"
