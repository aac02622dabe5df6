"""Text of unknown origin in Markdown, drawn by GitHub's own renderer: it stays text."""

import html
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
import yaml
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.outputs.escaping import (
    markdown,
    markdown_code,
    markdown_fence,
    markdown_prose,
    markdown_table,
    visible,
)

DAY = ("--as-of", "2026-03-29")
ZERO_WIDTH = "\u200b"
TEXTS = {
    "strikethrough": "~~s~~",
    "team": "@team/x",
    "address": "see https://evil.example/a?b=c",
    "address alone": "HTTP://evil.example",
    "host": "www.evil.example/x",
    "mail": "mailto:a@evil.example or a@evil.example",
    "issue": "#12 and a/b#12 and GH-12 gh-1",
    "emoji": ":tada: :+1:",
    "emphasis": "*a* _b_ **c** __d__",
    "code": "`a` ``b``",
    "link": "[a](https://evil.example) ![b](c.png) [d]: e",
    "HTML": "<b>x</b><img src=x onerror=y><!-- c --> &lt; &amp;lt;",
    "cells": "a | b || c",
    "math": "$x$ $$y$$",
    "heading": "# a",
    "setext": "===",
    "rule": "---",
    "list": "- a",
    "plus": "+ a",
    "ordered": "1. a",
    "ordered bracket": "2) a",
    "quote": "> a",
    "fence": "```sh",
    "tilde fence": "~~~",
    "task": "[x] a",
    "backslash": "a\\*b*\\",
    "footnote": "[^1]",
    "alert": "[!WARNING]",
    "commit": "see " + "0123456789abcdef0123456789abcdef01234567",
    "commit of a user": "x@" + "0123456789abcdef0123456789abcdef01234567",
    "indented": "    a",
    "command of GitHub's log": "::error::a",
    "older command of a log": "##[error]a",
    "merge request": "!12 and $12 and &12",
}
NEUTRAL = "plain"
PLACES = {
    "paragraph": "{}",
    "item": "- {}",
    "item behind a word": "- word: {}",
    "quote": "> {}  ",
    "heading": "## {}",
    "emphasis": "word ({}) word",
}
# What GitHub finds in the text that it shows: mentions, issues, emoji.
REFERENCES = re.compile(
    r"@\w|[#!$&]\d|\bgh-\d|:(?-i:[a-z+-][\w+-]*):|https?://|www\.|\b[0-9a-f]{40}\b", re.IGNORECASE
)
COMMANDS_OF_LOGS = re.compile(r"^\s*::|##(?:vso)?\[", re.MULTILINE)
"""What GitHub's runner and Azure Pipelines take for a command."""


class _Elements(HTMLParser):
    """The elements of a page and its text, less code, in which nothing comes alive."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.text = ""
        self.code = 0
        self.feed(page)

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.names[tag] += 1
        self.code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += "" if self.code else data


def drawn(text: str) -> _Elements:
    """What GitHub's renderer makes of Markdown, with the HTML in it."""
    page = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return _Elements(page)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_makes_no_element(text: str, place: str) -> None:
    """Wherever it stands, the text is shown as it is, and nothing of it comes alive."""
    page = drawn(place.format(markdown(text)))
    assert page.names == drawn(place.format(NEUTRAL)).names
    shown = page.text.replace(ZERO_WIDTH, "").strip()
    assert shown == place.lstrip("->#* ").format(text).strip()
    assert not REFERENCES.search(page.text)
    assert not COMMANDS_OF_LOGS.search(markdown(text))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_code_ends_where_it_has_to(text: str, place: str) -> None:
    """A command is code as a whole, whatever its words are, also in a cell."""
    expected = drawn(place.format("`x`")).names
    assert drawn(place.format(markdown_code(text))).names == expected
    assert drawn(f"| a |\n| --- |\n| {markdown_code(text)} |").names["td"] == 1
    assert drawn(markdown_fence("sh", text)).names == Counter(pre=1, code=1)


@pytest.mark.parametrize("text", ["a`b <b>x</b>", "`", "a` <img src=x> `b` ~~c~~", "```"])
def test_a_backtick_in_a_sentence_lets_no_markup_out(text: str) -> None:
    """A sentence with code, whose values have backticks of their own, makes code at most."""
    page = drawn(markdown_prose(f"Run `tool {text}`. Then run `other`."))
    assert set(page.names) == {"p", "code"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_stays_in_its_cell(text: str) -> None:
    """A table has as many cells as it has without the text."""
    page = drawn("\n".join(markdown_table(("a", "b"), [(text, "x")])))
    assert page.names == drawn("\n".join(markdown_table(("a", "b"), [(NEUTRAL, "x")]))).names


def test_the_name_of_an_image_can_be_copied() -> None:
    """No space without width is in a name of Azure."""
    name = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition:20348.4467.251205"
    assert markdown(name) == name


@given(st.text(alphabet="ab1 :/.@#-+=~*_`[]()<>!|&;\\$\"'wWghGHtps\t", max_size=30))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    """No order of signs makes an element, and every sign is shown."""
    page = drawn(f"- word {markdown(text)} word")
    assert page.names == Counter(ul=1, li=1)
    shown = " ".join(page.text.replace(ZERO_WIDTH, "").split())
    assert shown == " ".join(f"word {visible(text)} word".split())


def _fleet(text: str) -> str:
    """A fleet that says a text wherever it has words of its own."""
    sku = "2022-datacenter-azure-edition-core"
    machine = {
        "platform": "azure",
        "image": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": sku},
        "patching": {
            "mode": "AutomaticByPlatform",
            "hotpatching": True,
            "vm_agent": True,
            "bypass_safety_checks": True,
        },
        "window": text,
        "groups": [text],
        "owner": text,
        "timezone": "Europe/Berlin",
        "build": "20348.4529",
        "tags": {"a": text},
    }
    return yaml.safe_dump(
        {
            "windows": {text: {"days": ["sat", "sun"], "start": "22:00", "duration": "3h"}},
            "groups": {text: {"max_unavailable": 1}},
            "machines": [
                {"name": f"one {text}", **machine},
                {
                    "name": f"two {text}",
                    **machine,
                    "platform": "arc",
                    "os": f"Windows Server 2019 {text}",
                },
            ],
        },
        allow_unicode=True,
    )


COMMANDS = {
    "check": ("check", "fleet.yaml", *DAY, "-f", "markdown"),
    "plan": ("plan", "fleet.yaml", *DAY, "-f", "markdown"),
    "run sheet": ("plan", "fleet.yaml", *DAY, "-f", "runsheet"),
    "fix": ("fix", "fleet.yaml", *DAY, "-f", "markdown"),
    "show": ("show", "fleet.yaml", "one {}", *DAY, "-f", "markdown"),
    "show what is wrong": ("show", "fleet.yaml", "two {}", *DAY, "-f", "markdown"),
    "diff": ("diff", "old.json", "new.json", "-f", "markdown"),
    "trend": ("trend", "old.json", "new.json", "-f", "markdown"),
    "progress": ("progress", "plan.json", "fleet.yaml", *DAY, "-f", "markdown"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    "text",
    [
        "~~s~~ @team/x",
        "https://e.example GH-1 #2",
        "1. <b>x</b> | y",
        "- :tada: `z`",
        "a` <img src=x> [b](c) www.e.example",
        "::error::" + "0123456789" * 4,
    ],
)
def test_no_command_lets_a_text_out(hotpatch: Any, command: tuple[str, ...], text: str) -> None:
    """Names, groups, windows, owners and systems of a fleet make no element in any Markdown."""
    pages = []
    for words in (NEUTRAL, text):
        hotpatch.write("fleet.yaml", _fleet(words))
        if "old.json" in command:
            hotpatch("check", "fleet.yaml", *DAY, "-o", "new.json")
            hotpatch.write("fleet.yaml", _fleet(words).replace("one ", "old "))
            hotpatch("check", "fleet.yaml", "--as-of", "2026-03-28", "-o", "old.json")
        if "plan.json" in command:
            hotpatch("plan", "fleet.yaml", *DAY, "-o", "plan.json")
        done = hotpatch(*(part.format(words) for part in command))
        assert done.code in (0, 1, 3, 4), done.err
        pages.append(drawn(done.out))
    plain, hostile = pages
    assert NEUTRAL in plain.text
    assert hostile.names == plain.names
    found = Counter(REFERENCES.findall(hostile.text)) - Counter(REFERENCES.findall(plain.text))
    assert not found
    assert not COMMANDS_OF_LOGS.search(done.out)


def test_a_quoted_merge_key_is_a_key_like_others(hotpatch: Any) -> None:
    """In JSON and in quotes `<<` merges nothing: a tag of that name survives a conversion."""
    machine = {"name": "a", "platform": "arc", "os": "Windows Server 2025 Datacenter"}
    fleet = {"machines": [{**machine, "tags": {"<<": "x", "=": "y"}}]}
    hotpatch.write("fleet.json", json.dumps(fleet))
    assert hotpatch("convert", "fleet.json", "-o", "out.yaml").code == 0
    written = (Path(hotpatch.folder) / "out.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(written)["machines"][0]["tags"] == {"<<": "x", "=": "y"}
    again = hotpatch("convert", "out.yaml").out
    assert yaml.safe_load(again)["machines"][0]["tags"] == {"<<": "x", "=": "y"}


@pytest.mark.parametrize(
    "text", ["/close", "  /label ~bug", "~bug", '~"a b"', "%next", "!12", "#12"]
)
def test_no_action_or_reference_of_gitlab(text: str) -> None:
    """GitLab reads actions at the start of lines, and references in the text that it shows."""
    written = markdown(text)
    shown = html.unescape(written)
    assert not re.match(r"\s*/", written)
    assert not re.search(r'[~%][\w"]|[!#]\d', shown)
