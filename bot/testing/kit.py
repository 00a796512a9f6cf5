"""The kit: all of it at work on a stand-in, and what people do there and see, as a test says it."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from temporalio.client import Client, Plugin, WorkflowHandle
from temporalio.envconfig import ClientConfigProfile

from activities.cards import APPROVE, APPROVE_FORM, REJECT, REJECT_FORM
from activities.elicitations import CHOOSE, RESPOND
from bot.gateway import Gateway
from bot.mcp import read_servers
from bot.models import NamedProvider
from bot.roles import run_bot, run_worker
from bot.settings import DEMO_MODEL, Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED
from bot.temporal import connect_server
from bot.testing.history import list_activities
from bot.testing.model import TapedModel
from bot.testing.patience import eventually
from bot.visitors import Visitors
from bot.worker import build_plugin
from workflows.contracts import Thread, Verdict
from workflows.elicitation import ANSWER
from workflows.ids import agent_workflow

ALICE, BOB, CAROL, DAVE = "U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"
GENERAL, APPROVALS, OUTCOMES = "C0GENERAL", "C0APPROVALS", "C0OUTCOMES"
BUTTONS: dict[Verdict, tuple[str, ...]] = {
    "approve": (APPROVE, APPROVE_FORM),
    "reject": (REJECT, REJECT_FORM),
}
DAY = timedelta(days=1)
LONGEST = 400
"""Days after which what has not expired is taken not to."""
SETTLE = 0.2
"""Seconds in which approvals end once their time has come; on a slow machine it comes to another day."""

Skip = Callable[[timedelta], Awaitable[None]]


def make_settings(slack: Standin, folder: Path, **overrides: Any) -> Settings:
    """Settings for a stand-in; the ledger in a folder of the test's own."""
    values: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": f"{slack.url}/api/",
        "countersign_model": DEMO_MODEL,
        "countersign_approvals_channel": APPROVALS,
        "countersign_outcomes_channel": OUTCOMES,
        "countersign_ledger": folder / "ledger.db",
        "countersign_task_queue": f"queue-{folder.name}",
    }
    return Settings.model_validate({**values, **overrides})


async def no_skip(span: timedelta) -> None:
    """How time is skipped where it cannot be.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(f"This server cannot skip {span}: use the fixture `countersign`, which can.")


@dataclass
class Kit:
    """What a test holds in its hands. Everything a person does goes through the stand-in, as in Slack."""

    slack: Standin
    client: Client
    settings: Settings
    gateway: Gateway
    model: TapedModel = field(default_factory=TapedModel)
    skip: Skip = no_skip
    asked: str = ""
    room: str = GENERAL

    @property
    def queue(self) -> str:
        """The task queue that everything runs on."""
        return self.settings.countersign_task_queue

    async def start(self, workflow: Callable[..., Awaitable[Any]], argument: Any) -> WorkflowHandle[Any, Any]:
        """Start a workflow of one's own, that a plugin of `countersign_plugins` brings."""
        return await self.client.start_workflow(
            workflow, argument, id=f"test-{uuid4()}", task_queue=self.queue
        )

    async def activities(self, handle: WorkflowHandle[Any, Any] | None = None) -> list[str]:
        """The names of all activities that a workflow has had scheduled so far: what is not there never ran.

        Without a workflow it is the conversation in the thread that was asked in last.
        """
        return await list_activities(handle or self.client.get_workflow_handle(self._conversation()))

    def _conversation(self) -> str:
        team = self.slack.workspace.seed.team_id
        return agent_workflow(Thread(team_id=team, channel_id=self.room, thread_ts=self.asked))

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel, oldest first."""
        return self.slack.workspace.rooms[channel].messages

    def cards(self) -> list[Message]:
        """All cards, oldest first; what is said in their threads is not among them."""
        return [message for message in self.messages(APPROVALS) if not message.is_reply]

    async def card(self, number: int = 0) -> Message:
        """A card, as soon as it is there."""
        return await eventually(lambda: self.cards()[number] if len(self.cards()) > number else None)

    def waiting(self, verdict: Verdict = "approve") -> list[Message]:
        """All messages anywhere that have a button for it, oldest first."""
        rooms = self.slack.workspace.rooms.values()
        found = (message for room in rooms for message in room.messages if find_button(message, verdict))
        return sorted(found, key=lambda message: float(message.ts))

    async def ask(self, text: str, user: str = ALICE, channel: str = GENERAL) -> str:
        """Ask the agent in a channel; answers with the thread's timestamp."""
        self.room = channel
        self.asked = await self.slack.say(user, channel, f"<@{self.slack.workspace.bot.id}> {text}")
        return self.asked

    async def approve(self, card: Message, user: str = BOB) -> Delivery:
        """Press Approve on a card."""
        return await self.slack.click(user, card.channel, card.ts, APPROVE)

    async def reject(self, card: Message, user: str = BOB) -> Delivery:
        """Press Reject on a card."""
        return await self.slack.click(user, card.channel, card.ts, REJECT)

    async def approve_as(self, user: str) -> None:
        """Press Approve on the oldest card that has it, once there is one, and wait for the answer.

        Where the policy wants more than a press, the answer is a form, which is for the test to submit.

        Raises:
            AssertionError: there is no such card, or Slack would show that the press was lost.
        """
        await self._press(user, "approve")

    async def reject_as(self, user: str) -> None:
        """The same with Reject."""
        await self._press(user, "reject")

    async def answer_as(self, user: str, answer: str | Mapping[str, Any]) -> None:
        """Answer the oldest question, once there is one: one of its options, words, or what goes into its form, by its fields' names.

        An answer that the form will not have stays in it, with what is wrong below its fields.

        Raises:
            AssertionError: there is no such question, or Slack would show that the press was lost.
        """
        card = await eventually(self._find_question, what="a card with a question")
        if isinstance(answer, str) and (option := find_option(card, answer)):
            await self._push(user, card, option)
            return
        await self._push(user, card, RESPOND)
        form = self.slack.workspace.modals.stack(user)[-1]
        fields = {block["label"]["text"]: block for block in form.body["blocks"] if block["type"] == "input"}
        given = {ANSWER: answer} if isinstance(answer, str) else answer
        entered = {fields[name]["block_id"]: _enter(fields[name], one) for name, one in given.items()}
        await self.slack.submit(user, form.id, entered)

    def _find_question(self) -> Message | None:
        """The oldest one that waits for an answer."""
        return next((one for one in self.waiting("reject") if RESPOND in list_buttons(one)), None)

    async def _press(self, user: str, verdict: Verdict) -> None:
        card = await eventually(
            lambda: next(iter(self.waiting(verdict)), None), what=f"a card with a button to {verdict}"
        )
        await self._push(user, card, find_button(card, verdict))

    async def _push(self, user: str, card: Message, action: str) -> None:
        before = self._look(user, card)
        delivery = await self.slack.click(user, card.channel, card.ts, action)
        if not delivery.acked:
            raise AssertionError(f"The press was not acknowledged: {delivery.error}")
        await eventually(lambda: self._look(user, card) != before or None, what="an answer to the press")

    def _look(self, user: str, card: Message) -> tuple[object, ...]:
        """What changes with the answer: the card, words for the one who pressed, or the form they have in front."""
        direct = self.messages(self.slack.direct(user))
        forms = self.slack.workspace.modals.stack(user)
        return list(card.blocks), len(self.whispers(user)), len(direct), len(forms)

    async def expire(self) -> None:
        """Let time pass until nothing waits to be decided any more; at once, where the server skips time.

        Raises:
            NotImplementedError: it does not.
            AssertionError: something waits without end.
        """
        await eventually(lambda: self.waiting("reject"), what="a card to be decided")
        for _ in range(LONGEST):
            await self.skip(DAY)
            try:
                await eventually(lambda: not self.waiting("reject"), SETTLE)
            except AssertionError:
                continue
            return
        raise AssertionError(f"After {LONGEST} days there are still cards to be decided.")

    def thread(self, channel: str, ts: str) -> list[str]:
        """The texts of a thread's replies."""
        return [message.text for message in self.slack.workspace.rooms[channel].thread(ts)]

    async def reply(self, channel: str = "", ts: str = "", part: str = "") -> str:
        """The first reply in a thread that contains something, as soon as it is there.

        Without a thread it is the one that was asked in last; without anything to look for, the agent's own first words.
        """

        def find() -> str | None:
            replies = self.slack.workspace.rooms[channel or self.room].thread(ts or self.asked)
            return next((one.text for one in replies if (part in one.text if part else is_agents(one))), None)

        return await eventually(find, what=f"a reply with {part!r}" if part else "the agent's reply")

    def whispers(self, user: str) -> list[str]:
        """What only this user was told."""
        return [
            message.text for message in self.slack.workspace.ephemerals.values() if message.only_for == user
        ]


def find_button(message: Message, verdict: Verdict) -> str:
    """The action of a message's button for it, at once or by a form; empty where it has none."""
    there = list_buttons(message)
    return next((action for action in BUTTONS[verdict] if action in there), "")


def find_option(message: Message, option: str) -> str:
    """The action of a question's button for one of its options; empty where it has none."""
    return next(
        (
            action
            for action, text in list_buttons(message).items()
            if action.startswith(CHOOSE) and text == option
        ),
        "",
    )


def list_buttons(message: Message) -> dict[str, str]:
    """What a message's buttons say, by their actions."""
    elements: list[dict[str, Any]] = [
        one for block in message.blocks if block["type"] == "actions" for one in block["elements"]
    ]
    return {one["action_id"]: one["text"]["text"] for one in elements}


def _enter(block: dict[str, Any], answer: Any) -> dict[str, Any]:
    """An answer as it is entered in a field; what is chosen is chosen as JSON."""
    if not block["element"].get("options"):
        return {TYPED: answer}
    if isinstance(answer, list | tuple):
        return {TYPED: [_write(one) for one in cast(Sequence[object], answer)]}
    return {TYPED: _write(answer)}


def _write(choice: object) -> str:
    return json.dumps(choice, ensure_ascii=False)


def is_agents(message: Message) -> bool:
    """Whether it is what the agent says, not what is told about its requests."""
    label = (message.metadata or {}).get("event_payload", {})
    return str(label.get("key", "")).startswith("part-")


@asynccontextmanager
async def run_roles(
    client: Client, settings: Settings, *, worker: bool = True, bot: bool = True
) -> AsyncGenerator[Gateway]:
    """Worker and bot (or one of them) at work with a client that has the plugins."""
    visitors = Visitors()
    async with AsyncExitStack() as stack:
        if worker:
            await stack.enter_async_context(run_worker(client, settings, visitors))
        if bot:
            await stack.enter_async_context(run_bot(client, settings, visitors))
        yield Gateway(client, settings.countersign_task_queue)


@asynccontextmanager
async def open_kit(
    address: str, slack: Standin, settings: Settings, plugins: Sequence[Plugin] = (), skip: Skip = no_skip
) -> AsyncGenerator[Kit]:
    """All of it at work on a Temporal server, with a taped model; plugins bring workflows and activities of one's own."""
    model = TapedModel()
    profile = ClientConfigProfile(address=address)
    client = await connect_server(
        profile, [build_plugin(NamedProvider(model), read_servers(settings)), *plugins]
    )
    async with run_roles(client, settings) as gateway:
        yield Kit(slack, client, settings, gateway, model, skip)
