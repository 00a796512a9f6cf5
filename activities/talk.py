"""The talk port: what a conversation says and reads beside the agent's own words."""

from collections.abc import Awaitable, Callable, Sequence

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.asides import find_named, render_aside
from activities.attachments import FileReader
from activities.messages import MessageBoard
from activities.webapi import WebApi
from workflows.contracts import ApprovalState
from workflows.ports import TalkPort
from workflows.talk import Aside, FilesQuery, FilesRead

ReadStates = Callable[[Sequence[str]], Awaitable[Sequence[ApprovalState]]]


class TalkActivities(TalkPort):
    """The talk port, over one workspace; `read_states` says how approvals are, of those that there still are."""

    def __init__(self, api: WebApi, read_states: ReadStates) -> None:
        self._api = api
        self._read_states = read_states
        self._board = MessageBoard(api)
        self._reader = FileReader(api)

    @activity.defn
    async def tell_aside(self, aside: Aside) -> None:
        """Say in a thread what waits and who has it, as it is at this moment.

        Raises:
            ApplicationError: Slack refused it or is away.
        """
        states = await self._read_states(aside.approvals)
        people = dict.fromkeys(one.user_id for state in states for one in find_named(state))
        names = {user: await self._name(user) for user in people}
        rendered = render_aside(aside, states, names, (await self._api.identity()).url)
        since = aside.asked_at if activity.info().attempt > 1 else None
        label = {"id": aside.key, "key": "aside"}
        await self._board.post_once(aside.thread.channel_id, aside.thread.thread_ts, rendered, label, since)

    @activity.defn
    async def read_files(self, query: FilesQuery) -> FilesRead:
        """Read the files of a message, as far as they are text.

        Raises:
            ApplicationError: Slack is away.
        """
        return FilesRead(files=await self._reader.read_all(query.files))

    async def _name(self, user: str) -> str:
        try:
            found = (await self._api.call("users.info", user=user))["user"]
        except ApplicationError:  # an answer with an id in it is better than none
            return user
        return str(found.get("real_name") or found.get("name") or user)
