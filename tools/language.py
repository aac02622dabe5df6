"""Words that the texts of hotpatch avoid: `python tools/language.py [PATH...]` lists each with its
file, line and a better word; `--count` shows their number per folder.

A text is what users read: pages, help, messages, rules, templates, docstrings. Code, keys and
commands in a text are left out: `reboot` is a key of inventories, and a restart everywhere else.
"""

import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_CODE = "\0"
"""Stands in a masked file for what is no text: no pattern matches across it."""


class AvoidedWord(NamedTuple):
    """A word or phrase, and what to write. One `for_users` is fine in docstrings and
    CONTRIBUTING.
    """

    pattern: re.Pattern[str]
    better: str
    for_users: bool = False


class Hit(NamedTuple):
    """An avoided word in a file."""

    file: str
    line: int
    text: str
    better: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text!r}: {self.better}"


def _word(pattern: str, better: str, *, for_users: bool = False) -> AvoidedWord:
    """A row of the list: a space is any white space, a word ends where the pattern ends."""
    spaced = pattern.replace(" ", r"\s+")
    return AvoidedWord(re.compile(rf"(?i)(?<![\w-])(?:{spaced})(?![\w-])"), better, for_users)


_IZE = (
    "recogn|organ|normal|serial|summar|optim|minim|maxim|initial|general|virtual|prior|real|capital"
    "|categor|custom|synchron|author|standard|util|final|emphas|local|central|special|visual"
)
_SPELLINGS = (
    ("colou?rs?(?<=colour)|colours|coloured|colouring|colourless", "color"),
    ("licences?|licenced|licencing", "license"),
    ("enrolments?|enrols?|unenrol", "enrollment, enroll"),
    ("behaviours?", "behavior"),
    ("catalogues?", "catalog"),
    ("centres?|centred", "center"),
    ("neighbours?|neighbouring", "neighbor"),
    ("grey(?:s|ed)?", "gray"),
    ("favour\\w*|honour\\w*|labour\\w*|flavour\\w*", "-or"),
    ("cancelled|cancelling|labelled|labelling|modelled|modelling|travell\\w+", "one l"),
    ("fulfils?|judgements?|artefacts?|programmes?|whilst|ageing|defences?", "the US spelling"),
    ("analyse[sd]?|analysing", "analyze"),
    (
        f"(?:{_IZE})is(?:e|es|ed|ing|ation|ations|er|ers)",
        "-ize",
    ),
)
WORDS: tuple[AvoidedWord, ...] = (
    *(_word(pattern, f"US spelling: {better}") for pattern, better in _SPELLINGS),
    _word(
        "(?:can|could|cannot|can't|can not|may|might|must) hotpatch"
        "(?! (?:check|plan|explain|report|image))(?=[\\s.,;:?!)\0]|$)",
        "eligible for hotpatching",
    ),
    _word("hotpatchable", "eligible for hotpatching"),
    _word(
        "(?:wins?|won|winning|los(?:e|es|t|ing)|gains?) (?:or (?:wins?|loses?) )?"
        "(?:its |their )?hotpatch(?:es)?",
        "become ineligible; gain or lose eligibility",
    ),
    _word("what it takes|what (?:does )?it take|what do(?:es)? they take", "prerequisites"),
    _word("stands? in (?:the|its|their) way|standing in the way|in the way", "blocked by"),
    _word(r"reboots?(?![:=(.]\w|: |:$|\s*=)|rebooted|rebooting", "restart"),
    _word("updates? (?:that )?waits?|updates? (?:are )?waiting|waiting updates?", "pending update"),
    _word(
        "(?:restart|reboot)s? (?:that )?(?:already )?waits?|waiting restarts?", "pending restart"
    ),
    _word("worlds?", "as of a date; scenario; schedule"),
    _word("supposed?|supposes|supposing|suppositions?", "scenario; hypothetical"),
    _word("(?<!un)placed|unplaced|(?:cannot|can't|not) place", "scheduled, not scheduled"),
    _word("reliefs?|relieves?", "fix; change"),
    _word("reasons that stand|stand against", "conflict; cause"),
    _word("described nowhere|nowhere described|is described by nothing", "isn't defined"),
    _word("sources? (?:says?|said|tells?)|says no source|voices?", "no source states"),
    _word(
        "(?:is|are|was|were|isn't|be) over(?=[.,;:\x20\n]|$)(?! the| a | all| \\d)",
        "expired; past",
        for_users=True,
    ),
    _word("(?:is|are|was|were|be|been|being|gets?) (?:told|said)", "reported; stated"),
    _word("(?:and|which) (?:it|they|that) decides?|and decides", "required; is missing"),
    _word("whose world|whom to|whom", "rephrase: as of; which source"),
    _word(
        "who (?:gives?|waits?|wins?|loses?|answers?|names|asks|says|wants|writes|reads|has|needs)",
        "if you; machines that",
    ),
    _word("mends?|mended|mending", "fix"),
    _word("answers? for", "owns the decision; accepts"),
    _word(r"stands?(?! for)|stood|standing(?! for)", "is; is in; appears (things do not stand)"),
    _word("lies|lie|lying|lain", "is; is in (things do not lie)", for_users=True),
    _word(
        "lies?(?! (?:in|inside|outside|within|between|before|after|above|below|off|so) )|lying"
        "|lies? in (?:the|its|their|a|another) (?:files?|folders?|pages?)",
        "is; is in (only a point of an interval lies in it)",
    ),
    _word("hangs?|hung|hanging", "depends on"),
    _word("laid (?:over|beside|upon|down|on)|lays? (?:over|beside|upon)", "added to; compared"),
    _word("(?:is|are|was|were) held (?:to|as|against|apart|together)", "is assumed; is compared"),
    _word("so (?:many|much)(?! (?:that|as|so))|so long (?:before|after|as)", "this many; how long"),
    _word(
        r"(?<=[,;]\x20)for (?:it|they|there|we|you|he|she|nobody)(?= \w+ \w+)"
        r"|(?<=[,;]\x20)for (?:their|its|the|a|an|no|each|every) (?!\w+ (?:that|which|who))\w+"
        r" (?:is|are|was|were|has|have|had|can|cannot|may|must|does|do|ends?|needs?|shows?)",
        "because",
    ),
    _word(
        r"(?<=[,;:]\x20)so (?!that|far|on|long|as|many|much|called)\w+", "therefore; new sentence"
    ),
    _word(r"(?<=[.!?]\x20)So (?!far|on)\w+ \w+", "drop So"),
    _word(r"anew", "again"),
    _word(r"now and then", "sometimes"),
    _word(r"in force", "takes effect"),
    _word(r"(?:is|are) there (?:already|too)|there already", "already exists"),
    _word(r"takes? (?:no )?sides?", "report the conflict"),
    _word(r"the house|of the house|houses?", "the code; structure"),
    _word(r"parted|parts? (?:it|them) from", "separated"),
    _word(r"counts? no more", "no longer counts"),
    _word(r"whether [^.;:\0]{1,80} is(?:n't| not) known", "noun phrase: VBS status unknown"),
    _word(
        r"(?<!screen\x20)(?-i:readers?|READERS?)(?! (?:must|may|sees|knows|looks))",
        "source; file type",
        for_users=True,
    ),
    _word("rights", "permissions"),
    _word(r"minds(?= the)|reads? on a (?:tele)?phone", "is case-sensitive; works on"),
    _word(r"says? it otherwise|told otherwise", "override"),
)

_FIELDS = "hotpatch_cli/inputs/fields.py"
_COLUMN = "a column of tables that other tools write"
_CALENDAR = "a word of RFC 5545"
ALLOWED: tuple[tuple[str, str, str], ...] = (
    (_FIELDS, '"reboot setting"', _COLUMN),
    (_FIELDS, '"reboot pending", "pending reboot", "pending restart"', _COLUMN),
    (_FIELDS, '"reboot required"', _COLUMN),
    (_FIELDS, '"hotpatch licence"', _COLUMN),
    ("hotpatch_cli/outputs/ics.py", '"CANCELLED"', _CALENDAR),
    ("hotpatch_cli/schedule/recurrence/ics.py", '"CANCELLED"', _CALENDAR),
)
"""(file, text, reason): words of others, which can't be replaced."""
GENERATED = (
    "docs/commands.md",
    "docs/comparison.md",
    "docs/concepts.md",
    "docs/limits.md",
    "docs/reference.md",
)
"""Pages made from other texts, which are looked at instead."""


# --- which part of a file is text ----------------------------------------


def _blank(text: str, fill: str = _CODE) -> str:
    """A text of the same length and lines."""
    return re.sub(r"[^\n]", fill, text)


def _masked(pattern: str, text: str, fill: str = _CODE, flags: int = 0) -> str:
    """A text without what matches the pattern."""
    return re.sub(pattern, lambda match: _blank(match[0], fill), text, flags=flags)


def _without_code(text: str) -> str:
    """A text without inline code, addresses, and words that are keys."""
    text = _masked(r"``[^`]+``|`[^`]*`", text)
    text = _masked(r"https?://[^\s)>\"']+", text)
    return _masked(r"(?<![\w-])(?:\w+[._/\\=])+\w+(?![\w-])|--[a-z][a-z-]*", text)


def _markdown(text: str) -> str:
    def fence(match: re.Match[str]) -> str:
        lines = match[0].splitlines(keepends=True)
        return "".join(_blank(line) if "# " not in line else _comment_of(line) for line in lines)

    text = re.sub(r"(?ms)^```.*?^```", fence, text)
    text = _masked(r"<!--.*?-->", text, flags=re.DOTALL)
    text = _masked(r"(?<=\])\([^)]*\)", text)
    return _without_code(text)


def _comment_of(line: str) -> str:
    code, sign, comment = line.partition("# ")
    return _blank(code + sign) + comment


def _yaml(text: str) -> str:
    text = re.sub(r"(?m)^(\s*)#", r"\1 ", text)
    text = _masked(r"(?m)^\s*(?:- )?[\w$\"'.*-]+:(?=\s)", text)
    return _without_code(text)


def _powershell(text: str) -> str:
    kept = r"<#.*?#>|(?m:#.*$)|'[^'\n]*\s[^'\n]*'|\"[^\"\n]*\s[^\"\n]*\""
    return _without_code(_only(kept, text, re.DOTALL))


def _only(pattern: str, text: str, flags: int = 0) -> str:
    """Nothing of a text but what matches the pattern."""
    parts, end = [], 0
    for match in re.finditer(pattern, text, flags):
        parts += [_blank(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _blank(text[end:])])


def _html(text: str) -> str:
    def tag(match: re.Match[str]) -> str:
        kept = r"(?<=title=\")[^\"]*|(?<=aria-label=\")[^\"]*|(?<=placeholder=\")[^\"]*"
        return _only(kept, match[0])

    text = _masked(r"(?s)<(script|style)\b.*?</\1>|<!--.*?-->|\{#.*?#\}", text)
    text = re.sub(r"<[^>]*>", tag, text)
    text = re.sub(r"(?s)\{\{.*?\}\}|\{%.*?%\}", lambda m: _only(r"\"[^\"]*\s[^\"]*\"", m[0]), text)
    return _without_code(text)


def _script(text: str) -> str:
    text = _masked(r"(?m)//.*$|/\*.*?\*/", text)
    kept = r"\"[^\"\n]*\s[^\"\n]*\"|'[^'\n]*\s[^'\n]*'|`[^`]*`"
    text = _only(kept, text)
    return _masked(r"\$\{[^}]*\}", text).replace("`", " ")


def _python(text: str, *, docstrings: bool = True) -> str:
    """The strings of a module. Literals that follow each other are one; a lone word is a key."""
    text = _masked(r"(?s)__all__ = \[.*?\]", text)
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    parts, end = [], 0
    for literals in _literals(text):
        first, last = literals[0], literals[-1]
        start = starts[first.start[0] - 1] + first.start[1]
        stop = starts[last.end[0] - 1] + last.end[1]
        prose = _prose(text[start:stop])
        if first.string.startswith('"""') and not docstrings:
            prose = _blank(prose)
        parts += [_blank(text[end:start]), prose]
        end = stop
    return _without_code("".join([*parts, _blank(text[end:])]))


def _literals(text: str) -> Iterator[list[tokenize.TokenInfo]]:
    """The string tokens of a module, in groups that make one string."""
    group: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _STRINGS:
            group.append(token)
        elif group and token.type not in _LAYOUT:
            yield group
            group = []


_FSTRINGS = [getattr(tokenize, f"FSTRING_{part}", -1) for part in ("START", "MIDDLE", "END")]
_STRINGS = {tokenize.STRING, *_FSTRINGS} - {-1}
_LAYOUT = {tokenize.NL, tokenize.COMMENT}


def _prose(text: str) -> str:
    """The text of literals, without their quotes, expressions and escapes."""
    text = _masked(r"(?m)#[^\"'\n]*$", text, " ") if "\n" in text and '"""' not in text else text
    text = re.sub(r"\\[nt\n]|(?<![a-zA-Z])[rbfu]{1,2}(?=[\"'])|\"\"\"", _spaces, text)
    text = re.sub(r"(?<=\s)[\"']|[\"'](?=\s)|^[\"']|[\"']$", " ", text)
    text = _masked(r"\{[^{}]*\}", text)
    return text if re.search(r"\S\s+\S", text) or re.search(r"[A-Z]", text) else _blank(text)


def _spaces(match: re.Match[str]) -> str:
    return _blank(match[0], " ")


_KINDS: dict[str, Callable[[str], str]] = {
    ".md": _markdown,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".ps1": _powershell,
    ".html": _html,
    ".js": _script,
    ".py": _python,
}
SCOPES = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "action.yml", ".pre-commit-hooks.yaml"),
    *("docs/**/*.md", "docs/**/*.yaml", "docs/**/*.yml", "docs/**/*.py", "examples/*.yaml"),
    *("benchmarks/README.md", "hotpatch_cli/**/*"),
)
"""Where texts are, from the root of the project."""


def files(root: Path = ROOT) -> list[Path]:
    """The files that hold texts, in order."""
    found = {path for scope in SCOPES for path in root.glob(scope) if path.suffix in _KINDS}
    generated = {root / page for page in GENERATED}
    return sorted(path for path in found - generated if "__pycache__" not in path.parts)


def hits(file: Path, root: Path = ROOT) -> Iterator[Hit]:
    """The avoided words of a file."""
    name = file.relative_to(root).as_posix()
    text = file.read_text(encoding="utf-8")
    prose = _KINDS[file.suffix](text)
    for_users = prose
    if file.suffix == ".py":
        for_users = _python(text, docstrings=False)
    elif name == "CONTRIBUTING.md" or "/README" in name:
        for_users = ""
    matches = [
        (match.start(), -match.end(), " ".join(match[0].split()), word.better)
        for word in WORDS
        for match in word.pattern.finditer(for_users if word.for_users else prose)
    ]
    last = 0
    for start, end, words, better in sorted(matches):
        if -end > last and not _is_allowed(name, text, start, -end):
            yield Hit(name, text.count("\n", 0, start) + 1, words, better)
        last = max(last, -end)


def _is_allowed(name: str, text: str, start: int, end: int) -> bool:
    quotes = [quote for file, quote, _ in ALLOWED if file == name]
    return any(
        match.start() <= start and end <= match.end()
        for quote in quotes
        for match in re.finditer(re.escape(quote), text)
    )


def main(arguments: list[str]) -> int:
    """List or count the avoided words; 1 where there are any."""
    root = ROOT
    wanted = [Path(word).resolve() for word in arguments if not word.startswith("-")]
    found = [
        hit
        for file in files(root)
        if not wanted or any(file == path or path in file.parents for path in wanted)
        for hit in hits(file, root)
    ]
    if "--count" in arguments:
        for folder, count in sorted(Counter(str(Path(hit.file).parent) for hit in found).items()):
            sys.stdout.write(f"{count:5} {folder}\n")
    else:
        sys.stdout.writelines(f"{hit}\n" for hit in found)
    sys.stderr.write(f"{len(found)} avoided words\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
