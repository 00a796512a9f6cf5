"""The soonest of very many, though visibility cannot sort: how far ahead to look, until one look shows all that is due by then."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Self

WANTED = 10
FIRST = 20
"""So many are shown by a first look, at everything; fewer are all there are, which is what most people have."""
MOST = 50
"""So many are shown by each later look; where there are as many, there may be more."""
AIM = 25
"""So many are hoped for: enough not to be less than wanted, and few enough to be all."""
TRIES = 6
"""So many looks are taken at most; people who wait for an answer come before an order among very many."""
GRAIN = timedelta(seconds=1)
"""Stores differ in how much of a second they keep."""


class Search(NamedTuple):
    """Where to look next: at what is due by `end`. By `floor` too few are due, by `ceiling` enough.

    `exact` says that the soonest are among what was seen.
    """

    floor: datetime
    end: datetime
    ceiling: datetime
    left: int = TRIES
    exact: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to look for."""
        return self.exact or self.left == 0

    def narrow(self, seen: Sequence[datetime], *, full: bool) -> Self:
        """The search after a look that has shown these deadlines; `full` says that there may be more of them."""
        left, width = self.left - 1, abs(self.end - self.floor)
        if full:
            ceiling, end = _enough(seen), self.floor + width * AIM / (2 * MOST)
            return self._replace(ceiling=ceiling, end=min(end, ceiling), left=left)
        if len(seen) >= WANTED:
            return self._replace(left=left, exact=True)
        end = self.end + width * AIM / max(1, len(seen))
        return self._replace(floor=self.end, end=min(end, self.ceiling), left=left)


def begin_search(now: datetime, seen: Sequence[datetime], total: int) -> Search:
    """Where to look after a first look has shown these deadlines, ten at least, of so many in all.

    That is as far as it would have to be if all were due one after another between now and the last that was seen.
    """
    ceiling, width = _enough(seen), max(max(seen) - now, timedelta(0))
    return Search(now, min(now + width * AIM / total, ceiling), ceiling)


def _enough(seen: Sequence[datetime]) -> datetime:
    """By when ten are due: any ten bound the ten soonest, so it is never looked further."""
    return sorted(seen)[WANTED - 1] + GRAIN
