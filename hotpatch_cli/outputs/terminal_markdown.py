"""Markdown for the place that it goes to: drawn in a terminal, as it is elsewhere."""

import re

from hotpatch_cli.outputs.view_options import ViewOptions


def shown_markdown(text: str, options: ViewOptions) -> str:
    """Markdown, drawn at the width of a terminal; unchanged if it goes to a file or a pipe."""
    if not options.terminal:
        return text
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Heading, Markdown
    from rich.padding import Padding
    from rich.text import Text
    from rich.theme import Theme

    class LeftHeading(Heading):
        """A heading at the left margin; Rich centers the first level."""

        LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")

    class PlainCode(CodeBlock):
        """Code without a background, which one of the light and dark themes would not suit."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Padding(Text(str(self.text).rstrip(), style="markdown.code_block"), (0, 0, 0, 2))

    class PlainMarkdown(Markdown):
        """Markdown with these two."""

        elements = Markdown.elements | {
            "heading_open": LeftHeading,
            "fence": PlainCode,
            "code_block": PlainCode,
        }

    console = Console(
        width=options.width,
        force_terminal=options.color,
        no_color=not options.color,
        color_system="standard" if options.color else None,
        theme=Theme(_STYLES),
    )
    with console.capture() as capture:
        console.print(PlainMarkdown(text if options.color else _quoted(text), hyperlinks=False))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).strip("\n") + "\n"


def _quoted(text: str) -> str:
    """Markdown whose inline code keeps its backticks, since no color sets it apart."""
    parts = re.split(r"(?ms)(^```.*?^```)", text)
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"`` `\1` ``", parts[at])
    return "".join(parts)


_STYLES = {
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.code": "cyan",
    "markdown.code_block": "cyan",
    "markdown.item.bullet": "none",
    "markdown.link": "none",
    "markdown.link_url": "underline",
}
"""Colors of the standard palette, which a terminal shows in its own theme."""
