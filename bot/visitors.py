"""Who has opened their Home tab lately, and so sees it drawn anew when something of theirs changes."""

from collections.abc import Set as AbstractSet

from bot.readers import Reader
from workflows import visibility
from workflows.contracts import ApprovalState, Person

MOST = 200
"""So many are remembered; whoever opened their Home tab longest ago is forgotten first."""


class Visitors:
    """The readers of Home tabs in this process, by user id; the latest last."""

    def __init__(self) -> None:
        self._readers: dict[str, Reader] = {}

    def note(self, reader: Reader) -> None:
        """Somebody has looked."""
        self._readers.pop(reader.person.user_id, None)
        self._readers[reader.person.user_id] = reader
        if len(self._readers) > MOST:
            del self._readers[next(iter(self._readers))]

    def __contains__(self, person: Person) -> bool:
        """Whether somebody has looked."""
        return person.user_id in self._readers

    def list_concerned(self, state: ApprovalState) -> list[Person]:
        """Whose Home tab a request may be on, the latest visitor first.

        What everybody may see is on nobody's for that alone.
        """
        viewers, deciders = set(visibility.list_viewers(state)), set(visibility.list_deciders(state))
        latest = reversed(self._readers.values())
        return [one.person for one in latest if _concerns(one, viewers, deciders)]


def _concerns(reader: Reader, viewers: AbstractSet[str], deciders: AbstractSet[str]) -> bool:
    concerned = (
        viewers | deciders
    )  # of what has ended nobody is a decider, and it has to go from a delegate's tab
    return not viewers.isdisjoint(reader.own.tokens) or any(
        not concerned.isdisjoint(voice.tokens) for voice in reader.principals
    )
