"""Who is who in Slack: who may decide at this moment, and who was known to when a stage opened.

To entitle somebody Slack is asked anew each time. What is only shown may be some seconds old.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.people import Found, People
from activities.recall import Recall
from activities.rooms import Rooms
from activities.webapi import Identity, WebApi
from workflows.contracts import Approvers, Delegation, Membership, MembershipQuery, Person, Roster
from workflows.delegation import in_force, principals_of
from workflows.preferences import Preferences

FRESHNESS = 15.0
WISHED = 3.0
"""How old what people want may be, in seconds: who has just changed it expects it to count."""
PATIENCE = 3.0
"""How long the opening of a stage waits for Slack to say who is in it, in seconds; a request waits no longer."""
SHOWN_PEOPLE = 100
"""How many people a roster names, and a card can go to; more are only counted."""
ReadDelegations = Callable[[str], Awaitable[tuple[Delegation, ...]]]
ReadPreferences = Callable[[str], Awaitable[tuple[Preferences, ...]]]
logger = logging.getLogger(__name__)


class Listing(NamedTuple):
    """Who may decide, to be shown and counted: `known` are all of them by id, None while Slack cannot say.

    `named` is how many of them can be written to: all but those who are only members of a channel. `preferences` are
    those of anybody in the workspace.
    """

    roster: Roster
    known: frozenset[str] | None = None
    lost: tuple[str, ...] = ()
    named: int = 0
    team_id: str = ""
    preferences: tuple[Preferences, ...] = ()


async def know_no_preferences(team_id: str) -> tuple[Preferences, ...]:
    """Everybody is written to as the policy says."""
    del team_id
    return ()


class Directory:
    """The people of one workspace.

    `read_delegations` answers with a team's delegations, in the order in which they were made, `read_preferences` with how
    its people want to be written to.
    """

    def __init__(
        self,
        api: WebApi,
        read_delegations: ReadDelegations,
        freshness: float = FRESHNESS,
        patience: float = PATIENCE,
        read_preferences: ReadPreferences = know_no_preferences,
    ) -> None:
        self._api = api
        self._read_delegations = read_delegations
        self._read_preferences = read_preferences
        self._patience = patience
        self._people = People(api, freshness)
        self._rooms = Rooms(api, freshness, patience)
        self._delegations = Recall[tuple[Delegation, ...]](freshness)
        self._preferences = Recall[tuple[Preferences, ...]](min(freshness, WISHED))
        self._wished: dict[str, tuple[Preferences, ...]] = {}

    @activity.defn
    async def check_member(self, query: MembershipQuery) -> Membership:
        """Ask Slack whether a living person of that identity is one of the approvers, or decides for one, now.

        Raises:
            ApplicationError: Slack is away, and without it nobody is entitled.
        """
        refused, found = await asyncio.gather(
            self._people.refuse(query.person), self._people.find(query.approvers)
        )
        return refused or await self._place(query, found)

    async def _place(self, query: MembershipQuery, found: Found) -> Membership:
        """A group that cannot be resolved hides nobody who is in another one; beyond that it is in doubt who is in it."""
        if found.has(query.person):
            return Membership(standing="member")
        if found.away:
            raise found.away
        principals = await self._find_principals(query.person, found) if query.delegates else ()
        if principals:
            return Membership(standing="delegate", principals=principals)
        if found.lost:
            return Membership(standing="unknown", detail=" ".join(found.lost))
        return Membership(standing="outsider")

    async def _find_principals(self, person: Person, found: Found) -> tuple[Person, ...]:
        """Those for whom a person decides who could decide themselves."""
        delegations = await self._read_delegations(person.team_id)
        named = principals_of(delegations, person, datetime.now(UTC))
        inside = [one for one in named if found.has(one)]
        refused = await asyncio.gather(*(self._people.refuse(one) for one in inside))
        return tuple(one for one, why in zip(inside, refused, strict=True) if why is None)

    async def is_in(self, person: Person, usergroup: str) -> bool:
        """Whether a person is in a user group, now.

        Raises:
            ApplicationError: it cannot be told; non-retryable where Slack knows no such group.
        """
        found = await self._people.find([Approvers(kind="usergroup", id=usergroup)])
        if found.away:
            raise found.away
        if found.lost:
            raise ApplicationError(found.lost[0], type="policy", non_retryable=True)
        return found.has(person)

    async def find_team(self) -> str:
        """The id of the workspace, whoever asks; empty where Slack does not say that now. Never fails."""
        try:
            async with asyncio.timeout(self._patience):
                return (await self._api.identity()).team_id
        except (ApplicationError, TimeoutError):
            return ""

    async def find_private(self, channels: Iterable[str]) -> tuple[str, ...]:
        """Those of these channels that are not known to be public; never fails."""
        return await self._rooms.find_private(channels)

    async def read_roster(self, approvers: Iterable[Approvers], *, delegates: bool = True) -> Listing:
        """Who may decide, and who for them (`delegates`), as far as that can be told within a moment; never fails."""
        try:
            async with asyncio.timeout(self._patience):
                own = await self._api.identity()
                found, handed, preferences = await asyncio.gather(
                    self._people.recall(approvers),
                    self._recall_delegations(own.team_id, wanted=delegates),
                    self._recall_preferences(own.team_id),
                )
        except (ApplicationError, TimeoutError) as error:
            logger.warning("Slack does not say who may decide: %s", error)
            return Listing(Roster())
        return _list_people(found, own, handed)._replace(preferences=preferences)

    async def _recall_preferences(self, team: str) -> tuple[Preferences, ...]:
        """As they were last known: many requests at once keep a worker from asking, and nobody is to be written to for that."""
        try:
            self._wished[team] = await self._preferences.ask(team, lambda: self._read_preferences(team))
        except (
            Exception
        ):  # whatever keeps them away: who has never been asked is written to as the policy says
            logger.warning("It cannot be told how people want to be written to", exc_info=True)
        return self._wished.get(team, ())

    async def _recall_delegations(self, team: str, *, wanted: bool) -> tuple[Delegation, ...]:
        if not wanted:
            return ()
        try:
            return await self._delegations.ask(team, lambda: self._read_delegations(team))
        except Exception:  # whatever keeps them away: they are only shown here
            logger.warning("It cannot be shown who decides for whom", exc_info=True)
            return ()


def _list_people(found: Found, own: Identity, handed: tuple[Delegation, ...]) -> Listing:
    if found.away:
        return Listing(Roster(), lost=found.lost)
    known = frozenset((*found.named, *found.members)) - {own.bot_user_id}
    reachable = [one for one in dict.fromkeys(found.named) if one in known]
    named = reachable[:SHOWN_PEOPLE]
    shown = tuple(one for one in in_force(handed, datetime.now(UTC)) if one.principal.user_id in known)
    people = tuple(Person(team_id=own.team_id, user_id=one) for one in named)
    roster = Roster(people=people, count=len(known), delegations=shown)
    return Listing(roster, known, found.lost, len(reachable), own.team_id)
