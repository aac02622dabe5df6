"""Seeds: the inputs of tests and examples, computed from the files that have them."""

import ast
import functools
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "fuzz" / "corpus"
"""Files that tests wrote while `recorder.py` watched; none unless somebody ran it."""
MAX_SEED = 32_768


def of_samples(*names: str, suffix: str = "") -> Iterator[bytes]:
    """The files of samples whose names begin with one of these words."""
    for name, sample in _samples().items():
        if name.startswith(names):
            for file, content in sample.files.items():
                if file.endswith(suffix):
                    yield content.encode() if isinstance(content, str) else content


def of_files(*patterns: str) -> Iterator[bytes]:
    """The files of the project that match."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            yield path.read_bytes()


def recorded(*suffixes: str, like: str = "") -> Iterator[bytes]:
    """The recorded files of tests with one of these suffixes, and with a match of an expression."""
    expression = re.compile(like.encode())
    for path in sorted(CORPUS.glob("*")):
        if path.suffix in suffixes and expression.search(data := path.read_bytes()):
            yield data


def of_literals(*patterns: str, like: str) -> Iterator[bytes]:
    """The texts in the code of tests that match an expression as a whole."""
    expression = re.compile(like, re.DOTALL)
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            for text in _literals(path):
                if expression.fullmatch(text):
                    yield text.encode("utf-8", "replace")


def usable(seeds: Iterable[bytes]) -> list[bytes]:
    """Seeds of a usable size, each once, in a fixed order: the small ones first."""
    fitting = {seed for seed in seeds if 0 < len(seed) <= MAX_SEED}
    return sorted(fitting, key=lambda seed: (len(seed), seed))


def calendars() -> Iterator[bytes]:
    """Calendar files, of events in the tests."""
    begin, end = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n", "END:VCALENDAR\r\n"
    lines = [
        text.decode()
        for text in of_literals("tests/schedule/**/*.py", like=r"(?:[A-Z][A-Z-]+[:;][^\n]*\r?\n?)+")
    ]
    whole = [line for line in lines if "BEGIN:VEVENT" in line]
    for text in whole:
        body = text if "BEGIN:VCALENDAR" in text else f"{begin}{text.strip()}\r\n{end}"
        yield body.encode()
    starts = [line for line in lines if line.startswith("DTSTART") and "\n" not in line]
    more = [line for line in lines if not line.startswith(("DTSTART", "BEGIN", "END"))]
    for at, line in enumerate(line for line in more if "\n" not in line):
        event = f"BEGIN:VEVENT\r\n{starts[at % len(starts)]}\r\n{line}\r\nEND:VEVENT\r\n"
        yield f"{begin}{event}{end}".encode()


def answers() -> Iterator[bytes]:
    """Answers of Resource Graph with the rows of the samples."""
    for name in ("azure-vms", "arc", "azure-local", "patch-state", "maintenance"):
        for content in of_samples(name, suffix=".json"):
            rows = json.loads(content)
            if isinstance(rows, dict):
                rows = rows.get("value") or rows.get("data") or []
            for some in (rows, rows[:1]):
                answer = {"totalRecords": len(some), "count": len(some), "data": some}
                yield json.dumps(answer | {"facets": [], "resultTruncated": "false"}).encode()
    error = {"error": {"code": "BadRequest", "message": "No.", "details": []}}
    yield json.dumps(error).encode()


def pages() -> Iterator[bytes]:
    """Release pages, as Markdown and HTML, and CVRF documents."""
    sys.path.append(str(ROOT / "tests" / "release_import"))
    from cvrf_documents import GOOD
    from cvrf_documents import NOT_UNDERSTOOD as OTHER_DOCUMENTS
    from pages import NOT_UNDERSTOOD, OCTOBER, html, markdown

    yield from (page.encode() for page in (markdown(OCTOBER), html(OCTOBER)))
    yield from (page.encode() for page in NOT_UNDERSTOOD.values())
    for tree in (GOOD, *OTHER_DOCUMENTS.values()):
        yield (tree if isinstance(tree, str) else json.dumps(tree)).encode()


@functools.cache
def _samples() -> dict[str, "Sample"]:  # type: ignore[name-defined] # noqa: F821  of the tests
    sys.path.append(str(ROOT / "tests" / "inputs"))
    from source_samples import SAMPLES

    return SAMPLES


def _literals(path: Path) -> Iterator[str]:
    """The texts in a file of code; parts of an f-string aren't texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value
