"""The procurement story: three stages, two directors, a reminder, an escalation, a delegate and a very short weekend."""

from datetime import UTC, datetime, timedelta

from activities.cards import APPROVE
from bot.standin.message import Message
from bot.teller import BOB, CAROL, StoryError, Teller, read_blocks

GRACE, HEIDI, IVAN = "U0GRACE", "U0HEIDI", "U0IVAN"
PURCHASES = "C0PURCHASES"
WEEKEND = (timedelta(seconds=6), timedelta(seconds=14))
"""When the office closes and opens again after the demo has started."""
REMINDED_AFTER = 10.0
"""Eight open seconds with some of the weekend in between."""
POLICIES = """
calendars:
  office:
    zone: {zone}
    hours: {{mon-sun: ["00:00-{closes}", "{opens}-24:00"]}}
policies:
  - name: procurement
    match:
      action: transfer_money
      when: args.amount >= 1000
    calendar: office
    card: {{channel: C0PURCHASES}}
    stages:
      - name: manager
        approvers: [{{usergroup: S0MANAGERS}}]
        deadline: 2m
        remind: {{first: 8s, times: 1}}
      - name: director
        approvers: [{{usergroup: S0DIRECTORS}}]
        quorum: 2
        deadline: 2m
        escalate: {{after: 3s, to: [{{usergroup: S0FINANCE}}]}}
      - name: cfo
        approvers: [{{email: ivan@acme.example}}]
        deadline: 2m
        card: {{channel: C0PURCHASES, direct: true}}
  - name: default
    stages: [{{name: approval, approvers: [{{channel: C0APPROVALS}}], deadline: 24h}}]
"""


class ProcurementStory(Teller):
    """Alice buys something that three stages have to agree to."""

    @classmethod
    def write_policies(cls, now: datetime) -> str:
        """The policies, with an office that closes for a few seconds soon after `now`."""
        shift = 12 - now.astimezone(UTC).hour  # a zone in which it is about noon, far from midnight
        local = now.astimezone(UTC) + timedelta(hours=shift)
        closes, opens = (f"{local + edge:%H:%M:%S}" for edge in WEEKEND)
        return POLICIES.format(zone=f"Etc/GMT{-shift:+d}", closes=closes, opens=opens)

    async def play(self) -> None:
        """Play all of it.

        Raises:
            StoryError: a step did not happen.
        """
        before = self.ledger.balance("checking")
        await self._go_away()
        thread = await self.ask("transfer 2400 from checking to savings")
        card = await self.card(0, PURCHASES)
        self.show("Stage 1, in #purchases", card)
        await self._await_manager(card)
        await self._await_directors(card)
        await self._await_cfo()
        reply = await self.until("the agent answers", lambda: self.reply(thread, "Moved"))
        self.say(f"All three stages have agreed, and the transfer has run: [i]{reply.text}[/i]")
        self.show("The card now", await self.until("the card is closed", lambda: self.closed(card)))
        if before - self.ledger.balance("checking") != 2400:  # noqa: PLR2004 - what was asked for
            raise StoryError("checking should have lost 2400, exactly")

    async def _go_away(self) -> None:
        until = (datetime.now(UTC) + timedelta(days=7)).date()
        answer = await self.command(IVAN, PURCHASES, f"away <@{HEIDI}|heidi> until {until}")
        self.say(f"Slack tells [b]Ivan[/b], and only him: [i]{answer}[/i]")

    async def _await_manager(self, card: Message) -> None:
        self.say(
            "Managers are reminded after 8 open seconds. The office now closes for 8: that is our weekend."
        )
        reminder = await self.until("the managers are reminded", lambda: self._said(card, "Reminder"))
        passed = float(reminder.ts) - float(card.ts)
        if passed < REMINDED_AFTER:
            raise StoryError(f"the reminder came after {passed:.1f} s: no weekend was counted")
        self.show(f"After {passed:.0f} seconds on the wall, in the card's thread", reminder)
        await self.click(BOB, card, APPROVE)
        await self.until("the second stage opens", lambda: self._shows(card, "Stage 2 of 3"))

    async def _await_directors(self, card: Message) -> None:
        await self.click(GRACE, card, APPROVE)
        await self.until("her approval is on the card", lambda: self._shows(card, "1 of 2"))
        self.say("Two directors are needed, and the other one is busy.")
        escalation = await self.until("finance is asked, too", lambda: self._said(card, "Escalated"))
        self.show("In the card's thread", escalation)
        await self.click(CAROL, card, APPROVE)
        self.show(
            "Stage 3, in #purchases",
            await self.until("it is the CFO's turn", lambda: self._shows(card, "3 of 3")),
        )

    async def _await_cfo(self) -> None:
        self.say(
            "[b]Ivan[/b] is away, so the card is in [b]Heidi[/b]'s direct messages, who decides for him."
        )
        room = self.slack.workspace.direct(HEIDI)
        own = await self.until("Heidi is asked", lambda: next(iter(room.messages), None))
        await self.click(HEIDI, own, APPROVE)

    def _said(self, card: Message, start: str) -> Message | None:
        replies = self.slack.workspace.rooms[card.channel].thread(card.ts)
        return next((one for one in replies if one.text.startswith(start)), None)

    def _shows(self, card: Message, part: str) -> Message | None:
        now = self.slack.workspace.rooms[card.channel].message(card.ts)
        return now if part in read_blocks(now.blocks, self.names()) else None
