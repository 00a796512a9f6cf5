"""When whose Home tab is drawn anew: pure, with times in seconds of any one clock."""

from typing import NamedTuple

from workflows.contracts import Person

LAG = 2.0
"""How long visibility may take to know of a change."""
PAUSE = 3.0
"""How long there is at least between two drawings for one person."""
TRIES = 6
"""So often somebody is tried again who could not be drawn."""
MOST = 1_000
"""So many people wait at most; beyond that a change is shown when they open their Home tab."""


class Entry(NamedTuple):
    """Somebody who is waiting: since the last change of theirs, until a time."""

    person: Person
    marked: float
    due: float
    tries: int = 0


class Agenda:
    """Who is to be drawn, and when: not before a change can be read, and after the last one in any case."""

    def __init__(self, lag: float = LAG, pause: float = PAUSE) -> None:
        self._lag = lag
        self._pause = pause
        self._entries: dict[str, Entry] = {}
        self._drawn: dict[str, float] = {}

    @property
    def next_due(self) -> float | None:
        """When somebody is to be drawn; None while nobody is."""
        return min((one.due for one in self._entries.values()), default=None)

    def mark(self, person: Person, now: float) -> None:
        """Something of theirs has changed."""
        waiting = self._entries.get(person.user_id)
        if waiting:
            self._entries[person.user_id] = waiting._replace(marked=now)
        elif len(self._entries) < MOST:
            due = max(now + self._lag, self._earliest(person))
            self._entries[person.user_id] = Entry(person, now, due)

    def take(self, now: float) -> Entry | None:
        """Who has waited longest of those who are due."""
        due = [one for one in self._entries.values() if one.due <= now]
        first = min(due, key=lambda one: one.due, default=None)
        return self._entries.pop(first.person.user_id) if first else None

    def settle(self, entry: Entry, begun: float, now: float) -> None:
        """Somebody has been drawn, from `begun` until now; a change that could not be read by then is drawn again."""
        self._forget(now)
        self._drawn[entry.person.user_id] = now
        waiting = self._entries.pop(entry.person.user_id, None) or entry
        if waiting.marked + self._lag > begun:
            due = max(waiting.marked + self._lag, self._earliest(entry.person))
            self._entries[entry.person.user_id] = waiting._replace(due=due)

    def put_back(self, entry: Entry, due: float) -> None:
        """Somebody could not be drawn; they are tried again, some times: what changes or who looks later begins anew."""
        if entry.tries < TRIES:
            again = entry._replace(due=due, tries=entry.tries + 1)
            self._entries.setdefault(entry.person.user_id, again)

    def _earliest(self, person: Person) -> float:
        return self._drawn.get(person.user_id, float("-inf")) + self._pause

    def _forget(self, now: float) -> None:
        """Let go of those who may be drawn at any time again."""
        if len(self._drawn) >= MOST:
            self._drawn = {name: at for name, at in self._drawn.items() if at + self._pause > now}
