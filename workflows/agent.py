"""The conversation: one workflow for each Slack thread in which people talk to the agent."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agents import AgentsException, TResponseInputItem
    from pydantic import JsonValue, TypeAdapter
    from temporalio.openai_agents import AgentsWorkflowError

    from workflows import allowance, attachments, calls, failures, gate, transcript
    from workflows.attachments import ReadFile
    from workflows.builders import build_agent
    from workflows.contracts import Conversation, Heard, Person, Reply, Whisper
    from workflows.intents import read_intent
    from workflows.talk import Aside, AsideKind, Draft, TurnCancellation
    from workflows.turn import Turn, explain_stop
    from workflows.watch import CalledOffError

IDLE = timedelta(days=7)
"""How long a silent thread is remembered; waiting costs nothing, but the list of open workflows should stay readable."""
SEEN_EVENTS = 200
ASIDES = "asides"
"""The change since which messages are answered while the agent is busy; runs begun before it read them afterwards."""
BOUNDS = "bounds"
"""The change since which conversations are trimmed and limited; runs begun before it go on without."""
FILES = "files"
"""The change since which files of messages are read; runs begun before it go on without."""
NOT_YOURS = "Only whoever asked for this may cancel it; nothing was cancelled."
OVER = "The agent has finished with that, so there is nothing to cancel."
_ITEMS: TypeAdapter[list[dict[str, JsonValue]]] = TypeAdapter(list[dict[str, JsonValue]])


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
        self._allowance = conversation.allowance
        self._spent = conversation.spent
        self._turn: Turn | None = None
        self._told: list[asyncio.Task[None]] = []

    @workflow.run
    async def run(self, conversation: Conversation) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Answer until nobody has written for a long time."""
        while await self._awaits_message():
            await self._take_turn(self._inbox.pop(0))
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(lambda: not self._told)
                workflow.continue_as_new(self._carry())

    @workflow.signal
    def hear(self, heard: Heard | None = None) -> None:
        """A message to the agent; Slack may deliver it more than once.

        A signal without its input is ignored; without the default it would fail every task from then on.
        """
        if heard is None or heard.event_id in self._seen:
            return
        self._seen = [*self._seen, heard.event_id][-SEEN_EVENTS:]
        if self._turn is None or not self._answer_aside(self._turn, heard):
            self._inbox.append(heard)

    @workflow.signal
    def cancel(self, wish: TurnCancellation | None = None) -> None:
        """The wish to call off what an approval belongs to, which may be over by now."""
        if wish is None:
            return
        busy = self._turn
        if busy is None or wish.approval_id not in busy.gate.approvals:
            self._whisper(wish, OVER)
        elif busy.is_asked_by(wish.cancelled_by):
            busy.call_off()
        else:
            self._whisper(wish, NOT_YOURS)

    def _answer_aside(self, busy: Turn, heard: Heard) -> bool:
        """Whether a message has its answer while the agent is busy, so that the agent need not hear it."""
        intent = read_intent(heard.text)
        if intent == "other":
            if busy.waiting and not busy.has_told_later and workflow.patched(ASIDES):
                busy.has_told_later = True
                self._say(busy, heard, "later")
            return False
        if not workflow.patched(ASIDES):
            return False
        if intent == "where":
            self._say(busy, heard, "where")
        elif busy.is_asked_by(heard.person):
            busy.call_off()
        else:
            self._say(busy, heard, "theirs")
        return True

    def _say(self, busy: Turn, heard: Heard, kind: AsideKind) -> None:
        aside = Aside(
            kind=kind,
            thread=self._thread,
            key=heard.event_id,
            asked_at=workflow.now(),
            requester=busy.heard.person,
            approvals=busy.waiting,
        )
        self._tell(calls.tell_aside(aside))

    def _whisper(self, wish: TurnCancellation, sentence: str) -> None:
        whisper = Whisper(
            approval_id=wish.approval_id,
            person=wish.cancelled_by,
            channel_id=self._thread.channel_id,
            sentence=sentence,
        )
        self._tell(calls.whisper_refusal(whisper))

    def _tell(self, words: Coroutine[Any, Any, None]) -> None:
        """Say something while other things go on; only the end of the run waits for that."""
        task = asyncio.create_task(words)
        self._told.append(task)
        task.add_done_callback(self._told.remove)

    async def _awaits_message(self) -> bool:
        """Whether there is one; a message that comes while the last words are still being said counts, too."""
        try:
            await workflow.wait_condition(lambda: bool(self._inbox), timeout=IDLE)
        except TimeoutError:
            await workflow.wait_condition(lambda: bool(self._inbox) or not self._told)
        return bool(self._inbox)

    async def _take_turn(self, heard: Heard) -> None:
        self._speakers = list(dict.fromkeys([*self._speakers, heard.person]))
        self._agent = heard.agent or self._agent
        files = await self._read(heard)
        content = attachments.compose(heard.text, files) if files else heard.text
        self._items.append({"role": "user", "content": content})
        self._bound()
        now = workflow.now()
        excess = allowance.find_excess(self._allowance, self._spent, now)
        if excess and workflow.patched(BOUNDS):
            text = self._conclude(excess)
        else:
            self._spent = allowance.begin_message(self._spent, now)
            text = await self._think(heard, now)
        text = "\n\n".join(filter(None, (text, attachments.name_unread(files))))
        reply = Reply(thread=self._thread, text=text, key=heard.event_id, asked_at=now)
        await calls.post_reply(reply)

    async def _read(self, heard: Heard) -> tuple[ReadFile, ...]:
        """The files of a message, before the agent hears it."""
        if not heard.files or not workflow.patched(FILES):
            return ()
        return await calls.read_files(heard.files)

    async def _think(self, heard: Heard, asked_at: datetime) -> str:
        asked = gate.Gate(
            requester=heard.person,
            reason=" ".join(filter(None, (heard.text, attachments.list_names(heard.files)))),
            origin=self._thread,
            speakers=gate.speakers(self._speakers, heard.person),
            conversation=workflow.info().workflow_id,
            draft=Draft(thread=self._thread, key=heard.event_id, asked_at=asked_at, reader=heard.person),
        )
        self._turn = Turn(heard, asked)
        try:
            result = await self._turn.run(build_agent(self._agent), self._items, self._allowance.model_calls)
        except CalledOffError as stop:
            return self._conclude(explain_stop(asked, stop.granted))
        except (AgentsException, AgentsWorkflowError, FailureError) as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.exception("The agent failed")
            fault = failures.find_fault(error)
            if fault is failures.TOO_LONG:
                self._trim(transcript.measure(self._mappings) // 2)
            return self._conclude(failures.explain_failure(fault, asked.effects))
        finally:
            self._turn = None
            self._spent = allowance.add_tokens(self._spent, asked.watch.tokens)
        self._items = result.to_input_list()
        return str(result.final_output)

    def _conclude(self, told: str) -> str:
        """A turn that ended without the model's own words, as the model reads it in the next."""
        self._items.append({"role": "assistant", "content": told})
        return told

    def _bound(self) -> None:
        """Have the model hear no more than it can take, and history no more than it can hold."""
        if transcript.is_long(self._mappings) and workflow.patched(BOUNDS):
            self._trim(transcript.MOST_BYTES)

    def _trim(self, most_bytes: int) -> None:
        trimmed = transcript.trim(self._mappings, most_bytes=most_bytes)
        self._items = cast(list[TResponseInputItem], trimmed)

    @property
    def _mappings(self) -> list[dict[str, Any]]:
        """The transcript, as what has no need to know the SDK's types sees it."""
        return cast(list[dict[str, Any]], self._items)

    def _carry(self) -> Conversation:
        self._trim(transcript.MOST_BYTES)
        return Conversation(
            thread=self._thread,
            items=tuple(_ITEMS.validate_python(self._items)),
            speakers=tuple(self._speakers),
            inbox=tuple(self._inbox),
            seen=tuple(self._seen),
            agent=self._agent,
            allowance=self._allowance,
            spent=self._spent,
        )
