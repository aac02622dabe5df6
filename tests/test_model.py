"""Facts are values: read once from the text of a source, which stays with them."""

import ast
from pathlib import Path

import pytest

import hotpatch_cli
from hotpatch_cli.knowledge.load import load_rules
from hotpatch_cli.model import (
    ArcStatus,
    Build,
    Enablement,
    HostRelease,
    LicenseStatus,
    PatchMode,
    RebootSetting,
    SecurityType,
    SourceWord,
)

PACKAGE = Path(hotpatch_cli.__file__).parent
WORDS = (PatchMode, RebootSetting, ArcStatus, LicenseStatus, Enablement, SecurityType)
CORES = ("eligibility", "servicing", "planning", "gate", "use_cases", "restarts.py", "report.py")


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_a_word_is_read_in_any_letter_case(words: type[SourceWord]) -> None:
    """Each member is read from its word in any letter case, and the text stays as it was."""
    for member in words:
        for text in (str(member), member.upper(), member.lower()):
            value = words.parse(text)
            assert value.meaning is member
            assert (value.text, str(value)) == (text, text)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_an_unknown_word_keeps_its_text(words: type[SourceWord]) -> None:
    """A word of no member is a value without a meaning, and it isn't equal to another such word."""
    value = words.parse("Newfangled")
    assert value.meaning is None
    assert str(value) == "Newfangled"
    assert value != words.parse("newfangled")


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_a_missing_word_is_missing(words: type[SourceWord]) -> None:
    """No text is no value."""
    assert words.parse(None) is None


@pytest.mark.parametrize(
    ("words", "text", "meaning"),
    [
        (RebootSetting, "NeverReboot", RebootSetting.NEVER),
        (RebootSetting, "alwaysReboot", RebootSetting.ALWAYS),
        (LicenseStatus, "Enabling", LicenseStatus.PENDING),
        (LicenseStatus, "Disabled", LicenseStatus.CANCELED),
        (LicenseStatus, "cancelled", LicenseStatus.CANCELED),
        (LicenseStatus, "not-enrolled", LicenseStatus.NOT_ENROLLED),
    ],
)
def test_a_synonym_means_the_member(
    words: type[SourceWord], text: str, meaning: SourceWord
) -> None:
    """Words of other APIs mean the same member."""
    assert words.parse(text).meaning is meaning


def test_equal_words_are_one_value() -> None:
    """Thousands of machines that state the same word share one value."""
    assert PatchMode.parse("Manual") is PatchMode.parse("Manual")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("26100.7092", Build(26100, 7092)),
        ("10.0.26100.7092", Build(26100, 7092)),
        ("26100", Build(26100, None)),
        ("x", None),
    ],
)
def test_a_build_keeps_its_text(text: str, meaning: Build | None) -> None:
    """A build is read once; an unreadable one is a value of its own, with its text."""
    value = Build.parse(text)
    assert value is not None
    assert (value.meaning, str(value)) == (meaning, text)


def test_no_text_is_no_build_and_no_release() -> None:
    """An empty text is a missing fact."""
    assert Build.parse("") is None
    assert Build.parse(None) is None
    assert HostRelease.parse("") is None


def core_files() -> list[Path]:
    """The Python files of the cores."""
    files: list[Path] = []
    for core in CORES:
        path = PACKAGE / core
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


@pytest.mark.parametrize("file", core_files(), ids=lambda file: file.name)
def test_no_core_parses_a_build_or_compares_lowered_text(file: Path) -> None:
    """Cores get values: they call no parser of builds, and compare no lowered text with a word."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            assert node.id != "parse_build"
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            literal = any(isinstance(side, ast.Constant | ast.Tuple) for side in sides)
            lowered = any(ast.unparse(side).endswith(".lower()") for side in sides)
            assert not (literal and lowered), f"line {node.lineno}"


@pytest.mark.parametrize("code", load_rules())
def test_every_rule_has_the_verdict_of_its_hundred(code: str) -> None:
    """Rules of 1xx make unsupported, of 2xx action-required, of 4xx unknown; others no verdict."""
    hundreds = {"1": "unsupported", "2": "action-required", "4": "unknown"}
    assert load_rules()[code].verdict == hundreds.get(code[2])
