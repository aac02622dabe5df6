"""The scenario of `--what-if`: hypothetical releases and freezes."""

from typing import NamedTuple

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.schedule.freezes import Freeze


class Scenario(NamedTuple):
    """Unplanned baselines and freezes that apply together; `texts` are the options as given."""

    texts: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    def __bool__(self) -> bool:
        """Whether the scenario has any change."""
        return bool(self.texts)
