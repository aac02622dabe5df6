"""Folding of prose, and rows as blocks."""

import pytest

from hotpatch_cli.outputs.folding import cells, wrapped
from hotpatch_cli.outputs.table import Column, TextTable, terminal
from hotpatch_cli.outputs.view_options import ViewOptions, folded

URN = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch"


@pytest.mark.parametrize(
    "text", ["a b " * 40, "東京 サーバー " * 20, f"Use {URN} or another. " * 3]
)
def test_only_a_word_that_is_longer_goes_past_the_width(text: str) -> None:
    """Each line fits in the cells of the width, unless it is one word that can't."""
    lines = wrapped(text, 60)
    assert all(cells(line) <= 60 or " " not in line.strip() for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("width", range(40, 90, 7))
def test_a_name_with_spaces_is_folded_nowhere(width: int) -> None:
    """A line that names machines has each of their names whole."""
    names = [f"sql server {number:02} (old)" for number in range(12)]
    view = ViewOptions(terminal=True, width=width)
    text = folded(f"{', '.join(names)} can't be scheduled.\n", view, names)
    assert all(any(name in line for line in text.splitlines()) for name in names)


def test_prose_of_a_block_keeps_to_the_width() -> None:
    """A long identifier in one message doesn't widen the prose beside it."""
    table = TextTable(
        (Column("finding"), Column("message", prose=True)),
        [("image-not-supported", f"The image isn't eligible for hotpatching. Use {URN} instead.")],
    )
    lines = terminal(table, 80, color=False).splitlines()
    assert [line for line in lines if cells(line) > 80] == [
        f"message  {URN}".replace("message", " " * 7)
    ]
