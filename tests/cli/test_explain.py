"""`hotpatch explain`: a rule, a term, a word of a set, a part of a word, and hotpatching itself."""

import re

import pytest

from hotpatch_cli.knowledge.concepts import load_concepts
from hotpatch_cli.knowledge.load import load_rules
from hotpatch_cli.outputs.rule_text import rule_page, subject_page
from hotpatch_cli.outputs.terminal_markdown import shown_markdown
from hotpatch_cli.outputs.view_options import ViewOptions
from tests.conftest import Hotpatch

RULES = load_rules()
CONCEPTS = load_concepts()


@pytest.mark.parametrize("topic", ["HP202", "hp202", "patch-mode", "Patch-Mode", "patch mode"])
def test_a_rule_is_found_by_code_or_name(hotpatch: Hotpatch, topic: str) -> None:
    """A rule is found in any letter case, and has a wrong and a right example and its source."""
    out = hotpatch("explain", topic).out
    assert out.startswith("# HP202 patch-mode\n")
    for part in ("## Wrong", "## Right", "## Source", "https://"):
        assert part in out


@pytest.mark.parametrize("name", CONCEPTS)
def test_a_term_is_explained(hotpatch: Hotpatch, name: str) -> None:
    """Each term has its section of the concepts, with spaces or hyphens, and in the plural."""
    title = f"# {CONCEPTS[name].title}\n"
    assert title in hotpatch("explain", name).out
    assert title in hotpatch("explain", *name.split("-")).out
    assert title in hotpatch("explain", f"{name}s").out


@pytest.mark.parametrize(
    ("word", "headings"),
    [
        ("ready", ["Verdict: ready"]),
        ("unknown", ["Verdict: unknown", "Track: unknown"]),
        ("off-track", ["Track: off-track", "Next restart: off-track", "HP303 off-track"]),
        ("baseline", ["Baseline", "Next restart: baseline"]),
        ("ring", ["Ring"]),
    ],
)
def test_a_word_is_explained_in_each_of_its_sets(
    hotpatch: Hotpatch, word: str, headings: list[str]
) -> None:
    """A word of several sets is explained for each; a rule of that name follows."""
    out = hotpatch("explain", word).out
    assert re.findall(r"(?m)^# (.+)$", re.sub(r"(?ms)^```.*?^```", "", out)) == headings


@pytest.mark.parametrize(
    ("word", "concept"),
    [
        ("soak", "Ring"),
        ("settle", "Group"),
        ("weighted hours", "Exposure"),
        ("forecast", "Baseline"),
    ],
)
def test_a_word_of_a_screen_is_explained_by_its_concept(
    hotpatch: Hotpatch, word: str, concept: str
) -> None:
    """A word that only the text of a concept has leads to that concept."""
    assert hotpatch("explain", word).out.startswith(f"# {concept}\n")


@pytest.mark.parametrize("part", ["vbs", "missing", "secure", "hp20", "e"])
def test_a_part_of_several_names_is_a_short_list(hotpatch: Hotpatch, part: str) -> None:
    """Several matches are a list with one line each: code, name and title; never a long one."""
    done = hotpatch("explain", part)
    lines = done.out.splitlines()[2:]
    assert done.code == 0
    assert 1 < len(lines) <= 21
    assert all(re.match(r"(HP\d{3}|term) +[a-z0-9-]+ +\S|\.\.\. and", line) for line in lines)


def test_a_part_of_one_name_is_that_one(hotpatch: Hotpatch) -> None:
    """A single match is explained at once."""
    assert hotpatch("explain", "vbs-not").out == hotpatch("explain", "HP205").out


@pytest.mark.parametrize(
    ("topic", "advice"),
    [
        ("HP999", "Codes run from HP101 to HP505"),
        ("hp100", "the nearest are HP101, HP102, HP103"),
        ("hotpach", "Did you mean 'hotpatch'"),
        ("exposre", "Did you mean 'exposure'"),
        ("qqqq", "run `hotpatch explain`"),
    ],
)
def test_an_unknown_topic_is_refused_with_the_nearest(
    hotpatch: Hotpatch, topic: str, advice: str
) -> None:
    """Code 2, with the range of codes or the nearest names; a code in capitals."""
    done = hotpatch("explain", topic)
    said = re.sub(r"[^\w.`,']+", " ", done.err)
    assert done.code == 2
    assert advice in said
    assert re.findall(r"\bhp\d{3}", said) == []


def test_all_rules_are_listed_by_code(hotpatch: Hotpatch) -> None:
    """Without a topic every rule has a line, in the order of codes, and the terms follow."""
    out = hotpatch("explain").out
    assert re.findall(r"(?m)^HP\d{3}", out) == sorted(RULES)
    assert all(name in out.rpartition("Terms:")[2] for name in CONCEPTS)


def test_json_has_rules_and_terms(hotpatch: Hotpatch) -> None:
    """JSON has the matches of a topic, or everything; the subject is a text."""
    everything = hotpatch("explain", "-f", "json").json
    assert [rule["code"] for rule in everything["rules"]] == sorted(RULES)
    assert {row["term"] for row in everything["terms"]} == set(CONCEPTS)
    found = hotpatch("explain", "off-track", "-f", "json").json
    assert [rule["code"] for rule in found["rules"]] == ["HP303"]
    assert [(row["term"], row["word"]) for row in found["terms"]] == [
        ("track", "off-track"),
        ("next-restart", "off-track"),
    ]
    assert hotpatch("explain", "hotpatch", "-f", "json").json["text"] == subject_page()


def test_a_pipe_gets_the_markdown(hotpatch: Hotpatch) -> None:
    """The subject is the page as it is."""
    assert hotpatch("explain", "hotpatch").out == subject_page()


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("text", [subject_page(), *map(rule_page, RULES.values())])
def test_a_terminal_shows_every_word(text: str, width: int) -> None:
    """Rendered for a terminal, no line is too long, no markup is left, and no word is lost."""
    out = shown_markdown(text, ViewOptions(terminal=True, width=width))
    assert max(map(len, out.splitlines())) <= width
    assert re.findall(r"^#+ |^```|\*\*", out, re.MULTILINE) == []
    plain = re.sub(r"(?m)^```\w*$", "", text)
    assert letters(out) == letters(plain)


def letters(text: str) -> str:
    """The letters and digits of a text: no spaces, and no signs of a markup."""
    return re.sub(r"\W|_", "", text)


def test_color_is_for_terminals_that_want_it() -> None:
    """Without color nothing but text is printed, and inline code keeps its backticks."""
    text = "# Title\n\nRun `hotpatch check`.\n"
    plain = shown_markdown(text, ViewOptions(terminal=True))
    colored = shown_markdown(text, ViewOptions(terminal=True, color=True))
    assert "\x1b" not in plain
    assert "`hotpatch check`" in plain
    assert "\x1b[" in colored
