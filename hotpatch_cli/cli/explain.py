"""`hotpatch explain`: a rule, a term, all rules, or the whole subject."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import ConfigOption, NoColor, Output, Quiet
from hotpatch_cli.cli.output_targets import format_for
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import NEAREST, unknown_code
from hotpatch_cli.knowledge.concepts import Concept, load_concepts
from hotpatch_cli.knowledge.records import Rule

if TYPE_CHECKING:
    from hotpatch_cli.outputs.view_options import ViewOptions

app = typer.Typer(add_completion=False)
SUBJECT = "hotpatch"
FORMATS = ("table", "markdown", "json")
LISTED = 20
"""The most topics of a list; a longer list would hide what somebody looks for."""


class Topic(NamedTuple):
    """Something to explain: a rule, a concept, or a word of a concept's set."""

    name: str
    title: str
    rule: Rule | None = None
    concept: Concept | None = None

    @property
    def code(self) -> str:
        """The code of a rule; empty for a term."""
        return self.rule.code if self.rule else ""

    @property
    def word(self) -> str | None:
        """A word of a set; None for a rule or a concept."""
        return self.name if self.concept and self.name != self.concept.name else None


@app.command(cls=RequestCommand)
class ExplainRequest(NamedTuple):
    """Explain a rule, a term such as `baseline`, or hotpatching itself; without a topic, list all
    rules.
    """

    topic: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CODE|TERM|hotpatch]",
            help="A rule code or name, a term, or part of one. `hotpatch` is the whole subject.",
        ),
    ] = None
    form: Annotated[str, format_option(FORMATS)] = "table"
    output: Output = "-"
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the explanation. Raises BadParameter."""
        from hotpatch_cli.cli.console import deliver

        deliver(self._text(format_for(self, FORMATS)), self.output)
        conclude("", [self.output], quiet=self.quiet)

    def _text(self, form: str) -> str:
        from hotpatch_cli.cli.console import screen
        from hotpatch_cli.knowledge.load import load_knowledge
        from hotpatch_cli.outputs import concept_text, rule_text
        from hotpatch_cli.outputs.terminal_markdown import shown_markdown
        from hotpatch_cli.outputs.view_options import PLAIN

        view = screen(self.output, no_color=self.no_color) if form == "table" else PLAIN
        word = "-".join(" ".join(self.topic or ()).lower().split())
        if word == SUBJECT:
            page = rule_text.subject_page()
            return rule_text.subject_json() if form == "json" else shown_markdown(page, view)
        knowledge = load_knowledge()
        topics = all_topics(knowledge.rules.values(), load_concepts().values())
        matches = matching(word, topics) if word else topics
        if form == "json":
            rules = [topic.rule for topic in matches if topic.rule]
            concepts = [topic.concept for topic in matches if topic.concept and not topic.word]
            words = [
                (topic.concept, topic.word) for topic in matches if topic.concept and topic.word
            ]
            return rule_text.topics_json(rules, concept_text.term_rows(concepts, words, knowledge))
        if not word:
            names = ", ".join(topic.name for topic in topics if topic.concept and not topic.word)
            listing = rule_text.rule_list(knowledge.rules.values(), view)
            return f"{listing}\n" + shown_markdown(f"Terms: {names}, {SUBJECT}.\n", view)
        if len({topic.name for topic in matches}) > 1:
            return _list(matches, view)
        pages = []
        for topic in matches:
            if topic.rule:
                pages.append(rule_text.rule_page(topic.rule))
            elif topic.concept and topic.word:
                pages.append(concept_text.word_page(topic.concept, topic.word))
            elif topic.concept:
                pages.append(concept_text.concept_page(topic.concept, knowledge))
        return shown_markdown("\n".join(pages), view)


def all_topics(rules: Iterable[Rule], concepts: Iterable[Concept]) -> list[Topic]:
    """Everything that can be explained: concepts, words of their sets, then rules by code."""
    topics = [Topic(concept.name, concept.title, concept=concept) for concept in concepts]
    for concept in [topic.concept for topic in topics if topic.concept]:
        topics += [
            Topic(word, f"{concept.title}: {word}", concept=concept) for word in concept.words
        ]
    by_code = sorted(rules, key=lambda rule: rule.code)
    return [*topics, *(Topic(rule.name, rule.title, rule=rule) for rule in by_code)]


def matching(word: str, topics: Sequence[Topic]) -> list[Topic]:
    """The topics of a word: those of this code or name, otherwise those whose name or else title
    has the word in it, otherwise the concepts whose text has it. Raises BadParameter where there
    are none.
    """
    singular = word.removesuffix("s")
    exact = [topic for topic in topics if word in (topic.code.lower(), topic.name)]
    exact = exact or [topic for topic in topics if topic.name == singular]
    if exact:
        return exact
    if re.fullmatch(r"hp\d{3,}", word):
        raise unknown_code(word.upper(), [topic.code for topic in topics if topic.code], "TOPIC")
    in_name = [topic for topic in topics if word in topic.name or word in topic.code.lower()]
    if in_name:
        return in_name
    in_title = [topic for topic in topics if word in "-".join(topic.title.lower().split())]
    if in_title:
        return in_title
    in_text = [topic for topic in topics if topic.concept and not topic.word and _says(topic, word)]
    if in_text:
        return in_text
    raise _unknown_word(word, topics)


def _says(topic: Topic, word: str) -> bool:
    """Whether the text of a concept has a word, or several in a row; a plural counts as well."""
    words = r"[\s_-]+".join(map(re.escape, word.removesuffix("s").split("-")))
    found = topic.concept and re.search(rf"(?i)(?<!\w){words}s?(?!\w)", topic.concept.text)
    return bool(found)


def _unknown_word(word: str, topics: Sequence[Topic]) -> typer.BadParameter:
    names = {topic.name: None for topic in topics} | {SUBJECT: None}
    nearest = get_close_matches(word[:80], names, n=NEAREST, cutoff=0.6)
    advice = (
        f"Did you mean {' or '.join(map(repr, nearest))}?"
        if nearest
        else "To list all rules and terms, run `hotpatch explain`."
    )
    return typer.BadParameter(f"{word[:80]!r} isn't a rule or a term. {advice}", param_hint="TOPIC")


def _list(topics: Sequence[Topic], view: "ViewOptions") -> str:
    """Topics that a word could mean, one a line."""
    from hotpatch_cli.outputs.rule_text import topic_list

    rows = [(topic.code or "term", topic.name, topic.title) for topic in topics]
    listing = topic_list(rows[:LISTED], view)
    rest = len(rows) - LISTED
    return listing + (f"... and {rest} more. Specify more of the name.\n" if rest > 0 else "")
