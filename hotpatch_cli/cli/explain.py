"""`hotpatch explain`: a rule, all rules, or the whole subject."""

from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import NoColor, Output
from hotpatch_cli.cli.options.gate import known_word

app = typer.Typer(add_completion=False)
SUBJECT = "hotpatch"


@app.command(epilog="Examples: hotpatch explain HP202; hotpatch explain hotpatch")
def explain(
    topic: Annotated[
        str | None,
        typer.Argument(metavar="[CODE|hotpatch]", help="A rule code or name, or hotpatch itself."),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json"
        ),
    ] = "table",
    output: Output = "-",
    no_color: NoColor = False,
) -> None:
    """Tell what a rule means, why it is there and what to do; or what hotpatch is."""
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.knowledge.load import load_rules
    from hotpatch_cli.outputs.rule_text import (
        rule_list,
        rule_page,
        rules_json,
        subject_json,
        subject_page,
    )

    rules, view = load_rules(), screen(output, no_color=no_color)
    by_name = {rule.name: rule for rule in rules.values()} | {
        code.lower(): rule for code, rule in rules.items()
    }
    word = None if topic is None else known_word(topic.lower(), (SUBJECT, *by_name), "CODE")
    as_json = known_word(form, ("table", "json"), "--format") == "json"
    if word == SUBJECT:
        deliver(subject_json() if as_json else subject_page(), output)
    elif as_json:
        deliver(rules_json([by_name[word]] if word else rules.values()), output)
    else:
        deliver(rule_page(by_name[word], view) if word else rule_list(rules, view), output)
