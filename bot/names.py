"""Who exactly may decide, by name: for `countersign policy explain`, where Slack can be asked."""

import asyncio
from collections.abc import Sequence

from pydantic import ValidationError
from temporalio.exceptions import ApplicationError

from activities.directory import Directory
from activities.rules.explain import mark_asker, name_approvers
from activities.rules.matching import MatchError
from activities.rules.planning import Channels
from activities.webapi import WebApi
from bot.clients import build_client
from bot.policies import Wiring
from bot.settings import Settings
from workflows.contracts import Approvers, Delegation, Person

NAMED = 20
"""How many people are named; more are counted."""


def wire_policies() -> Wiring:
    """The settings' channels and, with a bot token, Slack's names for people and its word on who is in a group."""
    try:
        settings = Settings()
    except ValidationError:  # the doctor's business: a policy can be checked all the same
        return Wiring()
    channels = Channels(
        settings.approvals_channel or "C0APPROVALS", settings.outcomes_channel or "C0OUTCOMES"
    )
    if not settings.bot_token:
        return Wiring(channels=lambda: channels)
    names = Names(settings)
    return Wiring(lambda: channels, names.tell, names.belongs)


class Names:
    """People by their names in Slack, as it knows them now."""

    def __init__(self, settings: Settings) -> None:
        self._api = WebApi(build_client(settings))
        self._directory = Directory(self._api, _no_delegations)

    async def tell(self, approvers: Sequence[Approvers], asker: str) -> str:
        """Those meant and, in brackets, who that is; where Slack does not say, their ids alone. The asker is marked."""
        meant = name_approvers(approvers)
        listing = await self._directory.read_roster(approvers, delegates=False)
        if listing.known is None:
            return f"{name_approvers(approvers, asker)} (Slack does not say who that is)"
        people = sorted(listing.known)
        names = await asyncio.gather(*(self._name(one) for one in people[:NAMED]))
        marked = [mark_asker(name, one, asker) for name, one in zip(names, people, strict=False)]
        more = [f"and {len(people) - NAMED} more"] if len(people) > NAMED else []
        lost = "".join(f" {sentence}" for sentence in listing.lost)
        return f"{meant} ({', '.join([*marked, *more]) or 'nobody'}){lost}"

    async def belongs(self, asker: str, usergroup: str) -> bool | None:
        """Whether somebody is in a user group; None while Slack does not say.

        Raises:
            MatchError: it cannot be told, and a request would fail of it.
        """
        try:
            own = await self._api.identity()
            return await self._directory.is_in(Person(team_id=own.team_id, user_id=asker), usergroup)
        except ApplicationError as error:
            if error.non_retryable:
                raise MatchError(error.message) from None
            return None

    async def _name(self, user: str) -> str:
        try:
            found = (await self._api.call("users.info", user=user))["user"]
        except ApplicationError:
            return user
        return f"{found.get('real_name') or found.get('name') or user} {user}"


async def _no_delegations(team: str) -> tuple[Delegation, ...]:
    del team
    return ()
