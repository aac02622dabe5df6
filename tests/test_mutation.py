"""The tool that changes the program: which changes it makes, and that one takes effect."""

from pathlib import Path

from hotpatch_cli.schedule import durations
from hotpatch_cli.schedule.recurrence import rrule, rule
from tools.mutation import apply_mutant, files_with, mutants_of

SOURCE = """
LIMIT = 3


def short(words, at_most=LIMIT, *, sign=True):
    if not words or len(words) <= at_most:
        raise ValueError("no 7")
    return words[1:]
"""

CHANGES = {
    ("3", "4"),
    ("3", "2"),
    ("True", "False"),
    ("not words or len(words) <= at_most", "not words and len(words) <= at_most"),
    ("not words or len(words) <= at_most", "len(words) <= at_most"),
    ("not words or len(words) <= at_most", "not words"),
    ("not words", "words"),
    ("len(words) <= at_most", "len(words) < at_most"),
    ("len(words) <= at_most", "len(words) > at_most"),
    ("return words[1:]", "return None"),
    ("1:", ":"),
    ("1:", "2:"),
    ("1:", "0:"),
}


def test_the_changes_of_a_function(tmp_path: Path) -> None:
    """Conditions, numbers, defaults, results and slices change; texts and what is raised don't."""
    file = tmp_path / "words.py"
    file.write_text(SOURCE, "utf-8")
    found = {(mutant.before, mutant.after) for mutant in mutants_of(file)}
    assert found >= CHANGES
    assert not any("7" in before for before, _ in found - CHANGES)


def test_a_mutant_changes_the_program_in_memory() -> None:
    """A function that returns None in a mutant returns None, and its file is the same."""
    path = Path(durations.__file__)
    before, function = path.read_bytes(), durations.duration_text
    mutant = next(one for one in mutants_of(path) if one.after == "return None")
    assert mutant.owner == function.__name__
    code = function.__code__
    try:
        assert apply_mutant(mutant)
        assert function(durations.timedelta(hours=1)) is None
    finally:
        function.__code__ = code
    assert path.read_bytes() == before


def test_a_constant_is_judged_by_the_tests_of_every_file_that_has_it() -> None:
    """The tests that may notice another DAY are those of the files that import it, too."""
    path = Path(rule.__file__)
    mutant = next(one for one in mutants_of(path) if one.owner == "DAY")
    files = files_with(mutant)
    assert {str(path), rrule.__file__} <= files
    assert durations.__file__ not in files
