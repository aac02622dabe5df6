"""Work budget: how long a search may go on.

It is counted in work, so that a search ends the same way on every machine; a clock may cut it.
"""

from collections.abc import Callable
from time import monotonic


class WorkBudget:
    """Work is about one placement tried.

    `cut_short`: the clock or the user ended the search, not the work.
    """

    def __init__(
        self, work: int, seconds: float | None, should_stop: Callable[[], bool] | None
    ) -> None:
        self.limit, self.work = work, 0
        self.cut_short = False
        self._deadline = None if seconds is None else monotonic() + seconds
        self._should_stop = should_stop

    def spend(self, work: int) -> None:
        """Count work that was done."""
        self.work += work

    def left(self) -> int:
        """Work that may still be done."""
        return 0 if self.cut_short else max(0, self.limit - self.work)

    def stops(self) -> bool:
        """Whether the work is used up, the time is over, or the user said to stop."""
        return self.work >= self.limit or self.expired()

    def expired(self) -> bool:
        """Whether the time is over, or the user said to stop; once it is, it stays so."""
        if not self.cut_short:
            over = self._deadline is not None and monotonic() >= self._deadline
            self.cut_short = over or (self._should_stop is not None and self._should_stop())
        return self.cut_short
