"""A remedy as steps: sentences, and commands with the names of a machine filled in.

A value is quoted for the shell of its command. Whatever a name holds, Bash passes it on as one
argument, and PowerShell runs nothing of it. A value that isn't known stays a blank such as `<vm>`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
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
_INSTANCE = "virtualmachineinstances"
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
        form = "url" if token[1:].startswith(("https://", "/subscriptions/")) else "plain"
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
    found = exact_names(machine) | of_finding(values)
    return {key: value for key, value in found.items() if _usable(value)}


def exact_names(machine: Machine) -> dict[str, str]:
    """What a machine fills in, whatever letters it has."""
    found = {"vm": machine.name, "region": machine.placement.region or machine.facts.region or ""}
    parts = (machine.id or "").strip("/").split("/")
    keys = dict(zip(map(str.lower, parts[::2]), parts[1::2], strict=False))
    found |= {name: keys[key] for key, name in _PARTS.items() if key in keys}
    if machine.id:
        # the instance of an Azure Local VM is called `default`: the machine above it has the name
        found["vm"] = keys["machines"] if _INSTANCE in keys and "machines" in keys else parts[-1]
    found["machine"] = found["vm"]
    return {key: value for key, value in found.items() if value}


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


# --- a script ----------------------------------------

VARIABLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "subscription": ("SUBSCRIPTION", "Subscription"),
        "resource-group": ("RESOURCE_GROUP", "ResourceGroup"),
        "region": ("LOCATION", "Location"),
    }
)
"""Blank -> the variable of a script in Bash, and in PowerShell, where the value isn't known."""
_OPTION_AND_VALUE = 3
_ASCII = re.compile(r"[ !#-&(-~]+")


class ScriptCommand(NamedTuple):
    """A command of a script, and the blanks that are variables in it."""

    text: str
    variables: frozenset[str]


def scripted(made: Command, names: Names) -> ScriptCommand:
    """A command that can run as it is: values are filled in whatever their letters, and a value
    that isn't known is a variable. A subscription that isn't known is the one that is signed in to.

    Raises ValueError for a value that no command takes.
    """
    unknown: set[str] = set()
    chunks = []
    for chunk in made.chunks:
        is_subscription = chunk[-1] == Blank("subscription", "word")
        if is_subscription and "subscription" not in names:
            continue
        chunks.append(_script_chunk(chunk, made.shell, names, unknown))
    return ScriptCommand(" ".join(chunks), frozenset(unknown))


def _script_chunk(chunk: tuple[Piece, ...], shell: Shell, names: Names, unknown: set[str]) -> str:
    texts = [_script_piece(piece, shell, names, unknown) for piece in chunk]
    last = chunk[-1]
    if (
        shell == "Bash"
        and len(chunk) == _OPTION_AND_VALUE
        and isinstance(last, Blank)
        and names.get(last.name, "").startswith("-")
    ):  # az would take the value for an option
        return f"{texts[0]}={texts[2]}"
    return "".join(texts)


def _script_piece(piece: Piece, shell: Shell, names: Names, unknown: set[str]) -> str:
    if isinstance(piece, str):
        return piece
    value = names.get(piece.name)
    if value is not None:
        return _script_value(value, piece.form, shell)
    if piece.name not in VARIABLES:
        return f"<{piece.name}>"
    unknown.add(piece.name)
    in_bash, in_powershell = VARIABLES[piece.name]
    variable = in_bash if shell == "Bash" else in_powershell
    word = f'"${variable}"' if shell == "Bash" else f"${variable}"
    return {"url": f"${{{variable}}}", "word": word, "plain": f"'{word}'"}[piece.form]


def _script_value(value: str, form: Form, shell: Shell) -> str:
    if "\0" in value or (form == "url" and value in (".", "..")):
        raise ValueError(f"no command takes {value!r}")
    value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    if form == "url":
        return quote(value, safe="")
    if form == "plain":  # within JSON within a literal in single quotes
        text = json.dumps(value)[1:-1]
        return str(text.replace("'", "'\\''" if shell == "Bash" else "''"))
    return bash_word(value) if shell == "Bash" else powershell_word(value)


def bash_word(value: str) -> str:
    """A word of a script in Bash. Control codes are escapes, so that the script can be read."""
    if _PLAIN.fullmatch(value):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "'\\''") + "'"
    escaped = (
        letter if _ASCII.fullmatch(letter) and letter != "\\" else _bytes(letter)
        for letter in value
    )
    return f"$'{''.join(escaped)}'"


def _bytes(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode())


def powershell_word(value: str) -> str:
    """A word of a script in PowerShell, in ASCII: Windows PowerShell reads a file without a mark as
    of the code page of the machine, where parts of other letters are quotation marks.
    """
    parts: list[str] = []
    for part in _RUNS.findall(value):
        if part.isascii() and part.isprintable():
            parts.append("'" + part.replace("'", "''") + "'")
        else:
            units = part.encode("utf-16-be")
            pairs = zip(units[::2], units[1::2], strict=True)
            parts += [f"[char]0x{high:02x}{low:02x}" for high, low in pairs]
    if len(parts) == 1 and parts[0].startswith("'"):
        return parts[0]
    return f"('' + {' + '.join(parts)})"


_RUNS = re.compile(r"[ -~]+|[^ -~]+")
