"""The demo's story: a transfer that is approved, one that is rejected, one that waits."""

import asyncio
import time
from decimal import Decimal

from rich.panel import Panel
from rich.text import Text

from activities.cards import APPROVE, REJECT
from bot.filters import Filter
from bot.readers import Reader, Voice
from bot.teller import ALICE, APPROVALS, BOB, CAROL, PATIENCE, StoryError, Teller, read_blocks
from workflows.contracts import Person

COMMAND = "/approvals"


class TransferStory(Teller):
    """One policy, one approval a request: the one path."""

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
        thread = await self.ask("transfer 250 from checking to savings")
        card = await self.card(0)
        self.show("The card in #approvals", card)
        await self.click(ALICE, card, APPROVE)
        whisper = await self.until("the requester is refused", lambda: self.whisper(ALICE))
        self.say(f"Slack tells [b]Alice[/b], and only her: [i]{whisper}[/i]")
        await self.click(BOB, card, APPROVE)
        reply = await self.until("the agent answers", lambda: self.reply(thread, "Moved"))
        self.say(f"The transfer has run. The agent answers in the thread: [i]{reply.text}[/i]")
        self._compare(before, self._balances(), Decimal(250))
        self.show("The same card now", await self.until("the card is closed", lambda: self.closed(card)))
        told = await self.until("the requester is told", lambda: self.reply(thread, "Approved:"))
        self.show("In Alice's thread", told)
        self.show("In #outcomes", await self.until("the outcomes channel is told", self.outcome))

    async def _rejection(self) -> None:
        before = self._balances()
        thread = await self.ask("transfer 9000 from payroll to checking")
        card = await self.card(1)
        await self.click(CAROL, card, REJECT)
        reply = await self.until("the agent hears of it", lambda: self.reply(thread, "Not approved"))
        self.say(f"The agent answers: [i]{reply.text}[/i]")
        self._compare(before, self._balances(), Decimal(0))

    async def _waiting(self) -> None:
        await self.ask("transfer 40 from savings to payroll")
        await self.card(2)
        await self._until_listable()
        self.say(f"[b]Bob[/b] types [b]{COMMAND}[/b]:")
        delivery = await self.slack.command(BOB, APPROVALS, COMMAND)
        listed = read_blocks((delivery.body or {}).get("blocks", []), self.names())
        if "Open its card" not in listed:
            raise StoryError(f"{COMMAND} should list the third request: {listed}")
        self.console.print(Panel(Text(listed), title=COMMAND, title_align="left", border_style="cyan"))

    async def _until_listable(self) -> None:
        """Visibility follows within a moment of the card."""
        team, deadline = self.slack.workspace.seed.team_id, time.monotonic() + PATIENCE
        bob = Reader(Person(team_id=team, user_id=BOB), team, Voice(BOB, (BOB, APPROVALS)))
        while time.monotonic() < deadline:
            page = await self.catalog.read_page(bob, Filter())
            if any(row.summary.card for row in page.rows):
                return
            await asyncio.sleep(0.05)
        raise StoryError(f"It did not happen within {PATIENCE:.0f} s: the third request can be listed")

    def _balances(self) -> dict[str, Decimal]:
        return {name: self.ledger.balance(name) for name in ("checking", "savings", "payroll")}

    def _compare(self, before: dict[str, Decimal], after: dict[str, Decimal], moved: Decimal) -> None:
        for name, amount in before.items():
            arrow = (
                f"{amount:>12,.2f}  →  {after[name]:>12,.2f}"
                if after[name] != amount
                else f"{amount:>12,.2f}"
            )
            self.console.print(f"    {name:<10}{arrow} EUR", highlight=False)
        if before["checking"] - after["checking"] != moved:
            raise StoryError(f"checking should have lost {moved}, exactly")
