"""The scenario of a what-if question: releases and freezes that are not known, taken as given."""

from typing import NamedTuple

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.schedule.freezes import Freeze


class Scenario(NamedTuple):
    """Unplanned baselines and freezes that hold together; `texts` are the questions as asked."""

    texts: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.texts)


NO_SCENARIO = Scenario()
