"""Texts are in plain US English, in the words of the field: none has a word of the list in
`tools/language.py`, which names a better one for each.
"""

from pathlib import Path

import pytest

from tools.language import ALLOWED, GENERATED, ROOT, files, hits

TEXTS = files()


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_text_has_an_avoided_word(file: Path) -> None:
    """Pages, help, messages, rules, templates and docstrings use the words of the field."""
    found = [str(hit) for hit in hits(file)]
    assert found == [], "\n" + "\n".join(found)


def found_in(folder: Path, name: str, text: str) -> list[str]:
    """The avoided words of a file with this text."""
    (folder / name).write_text(text, encoding="utf-8")
    return [hit.text for hit in hits(folder / name, folder)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Can what is made from this image hotpatch?", []),
        ("An image that cannot hotpatch.", ["cannot hotpatch"]),
        ("Machines that win or lose hotpatch.", ["win or lose hotpatch"]),
        ("Gain or lose eligibility for hotpatching.", []),
        ("The reboot takes 15 minutes.", ["reboot"]),
        ("The key `reboot_minutes`, or reboot_minutes.", []),
        ("The time is reboot: 15.", []),
        ("Updates wait that it does not carry.", ["Updates wait"]),
        ("Pending updates that aren't delivered as hotpatches.", []),
        ("The world of that day.", ["world"]),
        ("What stands in the way.", ["stands in the way"]),
        ("It is told with its line.", ["is told"]),
        ("The licence is over, and it decides.", ["licence", "is over", "and it decides"]),
        ("The group is described nowhere.", ["described nowhere"]),
        ("No source says so.", ["source says"]),
        ("No source states it.", []),
        ("Who waits for it.", ["Who waits"]),
        ("The answer, for it is known.", ["for it"]),
        ("Look for it.", []),
        ("It is old, so it fails.", ["so it"]),
        ("Pass it so that it works.", []),
        ("So many of each machine.", ["So many"]),
        ("Whether VBS runs is not known", ["Whether VBS runs is not known"]),
        ("Force a reader; ask for the role Reader; a screen reader.", ["reader"]),
        ("KB stands for Knowledge Base.", []),
    ],
)
def test_words_of_prose(tmp_path: Path, text: str, words: list[str]) -> None:
    """A word is found in prose, and its look-alikes in code, keys and good sentences are not."""
    assert found_in(tmp_path, "page.md", text) == words


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.md", "Run:\n```console\n$ hotpatch reboot colour\n```\n", []),
        ("a.md", "```yaml\nkey: colour  # the colour\n```\n", ["colour"]),
        ("a.md", "It hangs\non this.", ["hangs"]),
        ("a.yaml", "reboot: Never\ntext: After the reboot.\n", ["reboot"]),
        ("a.yaml", "# a colour\n", ["colour"]),
        ("a.py", 'NAMES = {"reboot": 1, "colour": 2}\n', []),
        ("a.py", 'TEXT = "The " "colour is "\n', ["colour"]),
        ("a.py", 'TEXT = f"{colour} is so "\\\n    "many."\n', ["so many"]),
        ("a.py", 'TEXT = "It is so "\\\n    "many."\n', ["so many"]),
        ("a.py", 'PAIR = ("it is so", "many things")\n', []),
        ("a.py", '"""What lies beside it."""\n', ["lies"]),
        ("a.py", '"""A start that lies in a window; a reader."""\n', []),
        (
            "a.py",
            'TEXT = "the file lies in a folder, with a reader"\n',
            ["lies in a folder", "reader"],
        ),
        ("a.ps1", "# What is told\n$reboot = 'HKLM:\\RebootPending'\n", ["is told"]),
        ("a.html", '<p class="reboot" title="No colour">The world</p>\n', ["colour", "world"]),
        ("a.js", 'const reboot = "no colour"; // a world\n', ["colour"]),
    ],
)
def test_what_is_text(tmp_path: Path, name: str, text: str, words: list[str]) -> None:
    """Texts are found in each kind of file, in literals that go together and over line breaks."""
    assert found_in(tmp_path, name, text) == words


def test_the_lists_are_up_to_date() -> None:
    """A word that is allowed is still in its file, and a generated page exists."""
    gone = [row for row in ALLOWED if row[1] not in (ROOT / row[0]).read_text(encoding="utf-8")]
    assert gone == []
    assert all((ROOT / page).exists() for page in GENERATED)
