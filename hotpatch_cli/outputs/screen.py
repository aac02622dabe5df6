"""What a renderer may know of where its text goes."""

from typing import NamedTuple

ROWS = 50


class Screen(NamedTuple):
    """Whether it is a terminal, how wide, in colour or not, and how much the user wants to see."""

    terminal: bool = False
    width: int = 80
    colour: bool = False
    everything: bool = False
    explain: bool = False
    rows: int = ROWS
