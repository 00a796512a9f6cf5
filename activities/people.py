"""People as Slack knows them: who is in a group, and who may decide nothing whatever groups they are in."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple, cast

from temporalio.exceptions import ApplicationError

from activities.recall import Recall
from activities.webapi import Identity, WebApi
from workflows.contracts import Approvers, Membership, Person

MEMBERS_PAGE = 1_000
_LOSSES = {
    "channel": "The channel {} cannot be read",
    "usergroup": "The user group {} cannot be read",
    "user": "The person {} cannot decide",
    "email": "The address {} cannot be read",
}
_REASONS = {
    "bot": "It is a bot.",
    "unknown": "The account is deactivated.",
    "outsider": "It is nobody of this organisation.",
}

_Read = Callable[[Approvers], Awaitable[tuple[str, ...]]]
_User = Mapping[str, Any]


class Found(NamedTuple):
    """Who is in some groups: those named (by user group, id, address), and the members of channels.

    `lost` has a sentence for each group that Slack will never resolve, `away` why others have to be asked for again.
    """

    named: tuple[str, ...]
    members: tuple[str, ...]
    lost: tuple[str, ...]
    away: ApplicationError | None

    def has(self, person: Person) -> bool:
        """Whether somebody is in one of the groups."""
        return person.user_id in self.named or person.user_id in self.members


class People:
    """The people and groups of one workspace; what `recall` finds may be some seconds old (`freshness`)."""

    def __init__(self, api: WebApi, freshness: float) -> None:
        self._api = api
        self._groups = Recall[tuple[str, ...]](freshness)

    async def refuse(self, person: Person) -> Membership | None:
        """Why somebody may not decide, whatever groups they are in; None for a living person of this organisation.

        Raises:
            ApplicationError: Slack does not say who that is.
        """
        try:
            own, answer = await asyncio.gather(
                self._api.identity(), self._api.call("users.info", user=person.user_id)
            )
        except ApplicationError as error:
            if error.type == "user_not_found":
                return Membership(standing="unknown", detail="Slack knows no such user")
            raise
        return _refuse(person, cast(_User, answer["user"]), own)

    async def find(self, groups: Iterable[Approvers]) -> Found:
        """Who is in these groups at this moment."""
        return await self._find(groups, self._read)

    async def recall(self, groups: Iterable[Approvers]) -> Found:
        """Who is in these groups, or was a moment ago; a person named who may not decide is lost."""
        return await self._find(groups, self._recall)

    async def _recall(self, group: Approvers) -> tuple[str, ...]:
        return await self._groups.ask(group, lambda: self._read_living(group))

    async def _read_living(self, group: Approvers) -> tuple[str, ...]:
        if group.kind == "user":
            return (await self._read_person("users.info", user=group.id),)
        return await self._read(group)

    async def _find(self, groups: Iterable[Approvers], read: _Read) -> Found:
        asked = tuple(groups)
        results = await asyncio.gather(*(read(group) for group in asked), return_exceptions=True)
        named, members, lost, away = list[str](), list[str](), list[str](), list[ApplicationError]()
        for group, result in zip(asked, results, strict=True):
            if not isinstance(result, BaseException):
                (members if group.kind == "channel" else named).extend(result)
            elif not isinstance(result, ApplicationError):
                raise result
            elif sentence := _describe_loss(group, result):
                lost.append(sentence)
            else:
                away.append(result)
        return Found(tuple(named), tuple(members), tuple(lost), next(iter(away), None))

    async def _read(self, group: Approvers) -> tuple[str, ...]:
        match group.kind:
            case "channel":
                return await self._read_channel(group.id)
            case "usergroup":
                return await self._read_usergroup(group.id)
            case "email":
                return (await self._read_person("users.lookupByEmail", email=group.id),)
            case "user":  # whoever decides is looked up by themself
                return (group.id,)

    async def _read_channel(self, channel: str) -> tuple[str, ...]:
        members = self._api.pages("conversations.members", "members", channel=channel, limit=MEMBERS_PAGE)
        return tuple(await members)

    async def _read_usergroup(self, usergroup: str) -> tuple[str, ...]:
        answer = await self._api.call("usergroups.users.list", usergroup=usergroup, include_disabled=False)
        return tuple(answer["users"])

    async def _read_person(self, method: str, **arguments: str) -> str:
        own, answer = await asyncio.gather(self._api.identity(), self._api.call(method, **arguments))
        user = cast(_User, answer["user"])
        refused = _refuse(Person(team_id=user["team_id"], user_id=user["id"]), user, own)
        if refused:
            raise ApplicationError(_REASONS[refused.standing], type="stranger", non_retryable=True)
        return str(user["id"])


def _refuse(person: Person, user: _User, own: Identity) -> Membership | None:
    """Why somebody may not decide, whatever groups they are in; a guest of another organisation may be in a channel."""
    if user.get("is_bot") or user["id"] == "USLACKBOT":
        return Membership(standing="bot")
    if user.get("deleted") or user.get("team_id") != person.team_id:
        return Membership(
            standing="unknown", detail="Slack knows this user as deactivated or of another team"
        )
    grid: _User = user.get("enterprise_user") or {}
    at_home = person.team_id == own.team_id or (
        bool(own.enterprise_id) and grid.get("enterprise_id") == own.enterprise_id
    )
    return None if at_home else Membership(standing="outsider")


def _describe_loss(group: Approvers, error: ApplicationError) -> str:
    """What to tell the operator of a group that Slack will never resolve; nothing where waiting helps."""
    if not error.non_retryable:
        return ""
    return f"{_LOSSES[group.kind].format(group.id)}: {error.message}"
