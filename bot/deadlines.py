"""The soonest of very many, though visibility cannot sort: how far ahead to look, until one look shows all that is due by then."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Self

WANTED = 10
MOST = 50
"""So many are shown by one look; where there are as many, there may be more."""
TRIES = 6
"""So many looks are taken at most; people who wait for an answer come before an order among very many."""
SHARE = 4
"""How much nearer the next look ends when one showed too many."""
NEAREST = timedelta(seconds=1)
"""Looks that differ by less are not worth taking."""


class Search(NamedTuple):
    """Where to look next: at everything that is due by `end`, or at all, without one.

    By `floor` too few are due, by `ceiling` enough. `exact` says that the soonest are among what was seen.
    """

    floor: datetime
    end: datetime | None = None
    ceiling: datetime | None = None
    left: int = TRIES
    exact: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to look for."""
        return self.exact or self.left == 0

    def narrow(self, seen: Sequence[datetime], *, full: bool) -> Self:
        """The search after a look that has shown these deadlines; `full` says that there may be more of them."""
        if not full and (self.end is None or len(seen) >= WANTED):
            return self._replace(exact=True)
        if full and len(seen) < WANTED:
            return self._replace(left=0)
        if full:
            return self._look_between(self.floor, sorted(seen)[WANTED - 1], SHARE)
        return self._look_between(self.end or self.floor, self.ceiling, 2)

    def _look_between(self, floor: datetime, ceiling: datetime | None, share: int) -> Self:
        """Any ten that are seen bound the ten soonest, so it is never looked further than the last of them."""
        span = (ceiling or floor) - floor
        left = self.left - 1 if span > NEAREST else 0
        return self._replace(floor=floor, ceiling=ceiling, end=floor + span / share, left=left)
