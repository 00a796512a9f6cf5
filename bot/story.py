"""The demo's story: each line is read off what really happened in the stand-in and in the ledger."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from activities.cards import APPROVE, REJECT
from activities.ledger import Ledger
from bot.gateway import Gateway
from bot.standin.message import Message
from bot.standin.server import Standin

ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"
GENERAL, APPROVALS, OUTCOMES = "C0GENERAL", "C0APPROVALS", "C0OUTCOMES"
PATIENCE = 30.0
COMMAND = "/approvals"

T = TypeVar("T")


class StoryError(Exception):
    """A step of the story did not happen."""


class Story:
    """People who ask, refuse and approve, told on a console as it happens."""

    def __init__(self, console: Console, slack: Standin, gateway: Gateway, ledger: Ledger) -> None:
        self._console = console
        self._slack = slack
        self._gateway = gateway
        self._ledger = ledger

    async def play(self) -> None:
        """Play all of it.

        Raises:
            StoryError: a step did not happen.
        """
        await self._transfer()
        await self._rejection()
        await self._waiting()

    async def _transfer(self) -> None:
        before = self._balances()
        thread = await self._ask("transfer 250 from checking to savings")
        card = await self._card(0)
        self._show("The card in #approvals", card)
        await self._click(ALICE, card, APPROVE)
        whisper = await self._until("the requester is refused", lambda: self._whisper(ALICE))
        self._say(f"Slack tells [b]Alice[/b], and only her: [i]{whisper}[/i]")
        await self._click(BOB, card, APPROVE)
        reply = await self._until("the agent answers", lambda: self._reply(thread, "Moved"))
        self._say(f"The transfer has run. The agent answers in the thread: [i]{reply.text}[/i]")
        self._compare(before, self._balances(), Decimal(250))
        self._show("The same card now", await self._until("the card is closed", lambda: self._closed(card)))
        told = await self._until("the requester is told", lambda: self._reply(thread, "Approved:"))
        self._show("In Alice's thread", told)
        self._show("In #outcomes", await self._until("the outcomes channel is told", self._outcome))

    async def _rejection(self) -> None:
        before = self._balances()
        thread = await self._ask("transfer 9000 from payroll to checking")
        card = await self._card(1)
        await self._click(CAROL, card, REJECT)
        reply = await self._until("the agent hears of it", lambda: self._reply(thread, "Not approved"))
        self._say(f"The agent answers: [i]{reply.text}[/i]")
        self._compare(before, self._balances(), Decimal(0))

    async def _waiting(self) -> None:
        await self._ask("transfer 40 from savings to payroll")
        await self._card(2)
        await self._until_listable()
        self._say(f"[b]Bob[/b] types [b]{COMMAND}[/b]:")
        delivery = await self._slack.command(BOB, APPROVALS, COMMAND)
        listed = read_blocks((delivery.body or {}).get("blocks", []), self._names())
        if "Open its card" not in listed:
            raise StoryError(f"{COMMAND} should list the third request: {listed}")
        self._console.print(Panel(Text(listed), title=COMMAND, title_align="left", border_style="cyan"))

    async def _until_listable(self) -> None:
        """Visibility follows within a moment of the card."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = await self._gateway.list_pending(self._slack.workspace.seed.team_id)
            if any(row.summary.card for row in page.rows):
                return
            await asyncio.sleep(0.05)
        raise StoryError(f"It did not happen within {PATIENCE:.0f} s: the third request can be listed")

    async def _ask(self, text: str) -> str:
        self._say(f"[b]Alice[/b] writes in #general: [i]@countersign {text}[/i]")
        return await self._slack.say(ALICE, GENERAL, f"<@{self._slack.workspace.bot.id}> {text}")

    async def _click(self, user: str, card: Message, action: str) -> None:
        name = self._slack.workspace.users[user].real_name.split()[0]
        verb = "Approve" if action == APPROVE else "Reject"
        delivery = await self._slack.click(user, card.channel, card.ts, action)
        if not delivery.acked:
            raise StoryError(f"{name}'s press on {verb} was not acknowledged: {delivery.error}")
        self._say(f"[b]{name}[/b] presses [b]{verb}[/b]; acknowledged after {delivery.seconds * 1000:.0f} ms")

    async def _card(self, number: int) -> Message:
        def find() -> Message | None:
            cards = self._slack.workspace.rooms[APPROVALS].messages
            return cards[number] if len(cards) > number else None

        return await self._until("the card is posted", find)

    async def _until(self, what: str, look: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            await asyncio.sleep(0.02)
        raise StoryError(f"It did not happen within {PATIENCE:.0f} s: {what}")

    def _whisper(self, user: str) -> str | None:
        return next(
            (one.text for one in self._slack.workspace.ephemerals.values() if one.only_for == user), None
        )

    def _reply(self, thread: str, part: str) -> Message | None:
        replies = self._slack.workspace.rooms[GENERAL].thread(thread)
        return next((one for one in replies if one.text.startswith(part)), None)

    def _outcome(self) -> Message | None:
        return next(iter(self._slack.workspace.rooms[OUTCOMES].messages), None)

    def _closed(self, card: Message) -> Message | None:
        now = self._slack.workspace.rooms[APPROVALS].message(card.ts)
        return None if any(block["type"] == "actions" for block in now.blocks) else now

    def _balances(self) -> dict[str, Decimal]:
        return {name: self._ledger.balance(name) for name in ("checking", "savings", "payroll")}

    def _compare(self, before: dict[str, Decimal], after: dict[str, Decimal], moved: Decimal) -> None:
        for name, amount in before.items():
            arrow = (
                f"{amount:>12,.2f}  →  {after[name]:>12,.2f}"
                if after[name] != amount
                else f"{amount:>12,.2f}"
            )
            self._console.print(f"    {name:<10}{arrow} EUR", highlight=False)
        if before["checking"] - after["checking"] != moved:
            raise StoryError(f"checking should have lost {moved}, exactly")

    def _show(self, title: str, message: Message) -> None:
        body = Text(read_blocks(message.blocks, self._names()))
        self._console.print(Panel(body, title=title, title_align="left", border_style="cyan"))

    def _names(self) -> dict[str, str]:
        people = {user.id: f"@{user.name}" for user in self._slack.workspace.users.values()}
        return people | {room.id: f"#{room.name}" for room in self._slack.workspace.rooms.values()}

    def _say(self, line: str) -> None:
        self._console.print(f"[cyan]●[/cyan] {line}", highlight=False)


def read_blocks(blocks: list[dict[str, Any]], names: dict[str, str] | None = None) -> str:
    """Blocks as a terminal can show them: one paragraph below the other, buttons in brackets."""
    return "\n".join(_read(block, names or {}) for block in blocks)


def _read(block: dict[str, Any], names: dict[str, str]) -> str:
    if block["type"] == "header":
        return f"{block['text']['text']}\n"
    if block["type"] == "actions":
        return "\n" + "  ".join(f"[ {button['text']['text']} ]" for button in block["elements"]) + "\n"
    if block["type"] == "context":
        return "\n" + " ".join(element["text"] for element in block["elements"])
    return "\n".join(_paragraph(element, names) for element in block["elements"])


def _paragraph(element: dict[str, Any], names: dict[str, str]) -> str:
    text = "".join(_inline(part, names) for part in element["elements"])
    indent = {"rich_text_preformatted": "    ", "rich_text_quote": "  > "}.get(element["type"], "")
    return "\n".join(f"{indent}{line}" for line in text.split("\n"))


def _inline(part: dict[str, Any], names: dict[str, str]) -> str:
    for key in ("user_id", "channel_id"):
        if key in part:
            return names.get(str(part[key]), str(part[key]))
    return str(part.get("text") or part.get("fallback") or "")
