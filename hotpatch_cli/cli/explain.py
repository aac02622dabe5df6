"""`hotpatch explain`: a rule, all rules, or the whole subject."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import ConfigOption, NoColor, Output
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import known_word

app = typer.Typer(add_completion=False)
SUBJECT = "hotpatch"
FORMATS = ("table", "json")


@app.command(
    cls=RequestCommand, epilog="Examples: hotpatch explain HP202; hotpatch explain hotpatch"
)
class ExplainRequest(NamedTuple):
    """Tell what a rule means, why it is there and what to do; or what hotpatch is."""

    topic: Annotated[
        str | None,
        typer.Argument(metavar="[CODE|hotpatch]", help="A rule code or name, or hotpatch itself."),
    ] = None
    form: Annotated[str, format_option(FORMATS)] = "table"
    output: Output = "-"
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write what a rule, all rules or the subject mean. Raises BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.knowledge.load import load_rules
        from hotpatch_cli.outputs import rule_text

        rules, view = load_rules(), screen(self.output, no_color=self.no_color)
        by_word = {rule.name: rule for rule in rules.values()}
        by_word |= {code.lower(): rule for code, rule in rules.items()}
        word = self.topic
        if word is not None:
            word = known_word(word.lower(), (SUBJECT, *by_word), "CODE")
        as_json = known_word(self.form, FORMATS, "--format") == "json"
        if word == SUBJECT:
            text = rule_text.subject_json() if as_json else rule_text.subject_page()
        elif as_json:
            text = rule_text.rules_json([by_word[word]] if word else rules.values())
        elif word:
            text = rule_text.rule_page(by_word[word], view)
        else:
            text = rule_text.rule_list(rules, view)
        deliver(text, self.output)
