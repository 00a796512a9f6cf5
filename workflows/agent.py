"""The conversation: one workflow for each Slack thread in which people talk to the agent."""

from datetime import timedelta
from typing import cast

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agents import AgentsException, TResponseInputItem
    from pydantic import JsonValue, TypeAdapter

    from workflows import calls, gate
    from workflows.builders import build_agent
    from workflows.contracts import Conversation, Heard, Person, Reply

IDLE = timedelta(days=7)
"""How long a silent thread is remembered; waiting costs nothing, but the list of open workflows should stay readable."""
SEEN_EVENTS = 200
APOLOGY = "I could not finish this: the model did not answer as it should."

_ITEMS: TypeAdapter[list[dict[str, JsonValue]]] = TypeAdapter(list[dict[str, JsonValue]])


def explain_failure(effects: list[str]) -> str:
    """What the requester is told when the model fails, with all that was done until then, lest it be asked for again."""
    if not effects:
        return f"{APOLOGY} Nothing was done. Please ask again."
    done = "\n".join(effects)
    return f"{APOLOGY} This was done before, so do not ask for it again:\n{done}"


@workflow.defn
class AgentWorkflow:
    """Answers the messages of one thread, one after another."""

    @workflow.init
    def __init__(self, conversation: Conversation) -> None:
        self._thread = conversation.thread
        self._items: list[TResponseInputItem] = cast(list[TResponseInputItem], list(conversation.items))
        self._speakers: list[Person] = list(conversation.speakers)
        self._inbox = list(conversation.inbox)
        self._seen = list(conversation.seen)
        self._agent = conversation.agent

    @workflow.run
    async def run(self, conversation: Conversation) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Answer until nobody has written for a long time."""
        while await self._awaits_message():
            await self._take_turn(self._inbox.pop(0))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._carry())

    @workflow.signal
    def hear(self, heard: Heard) -> None:
        """A message to the agent; Slack may deliver it more than once."""
        if heard.event_id in self._seen:
            return
        self._seen = [*self._seen, heard.event_id][-SEEN_EVENTS:]
        self._inbox.append(heard)

    async def _awaits_message(self) -> bool:
        try:
            await workflow.wait_condition(lambda: bool(self._inbox), timeout=IDLE)
        except TimeoutError:
            return False
        return True

    async def _take_turn(self, heard: Heard) -> None:
        self._speakers = list(dict.fromkeys([*self._speakers, heard.person]))
        self._agent = heard.agent or self._agent
        self._items.append({"role": "user", "content": heard.text})
        now = workflow.now()
        text = await self._think(heard)
        reply = Reply(thread=self._thread, text=text, key=heard.event_id, asked_at=now)
        await calls.post_reply(reply)

    async def _think(self, heard: Heard) -> str:
        asked = gate.Gate(
            requester=heard.person,
            reason=heard.text,
            origin=self._thread,
            speakers=gate.speakers(self._speakers, heard.person),
        )
        try:
            result = await gate.run_with_approvals(build_agent(self._agent), self._items, gate=asked)
        except (AgentsException, FailureError) as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.exception("The agent failed")
            told = explain_failure(asked.effects)
            self._items.append({"role": "assistant", "content": told})
            return told
        self._items = result.to_input_list()
        return str(result.final_output)

    def _carry(self) -> Conversation:
        return Conversation(
            thread=self._thread,
            items=tuple(_ITEMS.validate_python(self._items)),
            speakers=tuple(self._speakers),
            inbox=tuple(self._inbox),
            seen=tuple(self._seen),
            agent=self._agent,
        )
