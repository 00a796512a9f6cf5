"""The Home tab: opened, decided in, and where people say that they are away."""

import asyncio
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from temporalio.exceptions import ApplicationError

from activities.webapi import WebApi
from bot import absence
from bot.forms import dump_view
from bot.gateway import DelegationRefusedError, Gateway, TemporalAwayError
from bot.handovers import NOTHING_REVOKED
from bot.home import AWAY, BACK, BLOCK
from bot.homes import Homes
from bot.listeners.rows import Rows, Tell
from bot.payloads import Press, parse_press, parse_visit
from bot.submissions import parse_filing
from workflows.contracts import Person

REFRESH_SECONDS = 0.7
"""How long a press waits until the tab is drawn anew; what takes longer goes on after it has been answered."""
HANDED_OVER = "You are away now; below is who is asked in your place."
TAKEN_BACK = "Nobody decides for you any more. What was decided until now stays decided."
log = structlog.stdlib.get_logger("countersign.homes")


def register(app: AsyncApp, gateway: Gateway, api: WebApi, tab: "HomeTab") -> None:
    """Listen to the tab and its buttons; to be registered before the cards', whose action ids are the same."""
    Rows(gateway, api, tab.prepare).listen(app, BLOCK)
    app.event("app_home_opened")(tab.open)
    app.block_action(AWAY)(tab.open_absence)
    app.block_action(BACK)(tab.take_back)
    app.view(absence.CALLBACK)(tab.hand_over)


class HomeTab:
    """Answers those who look at their Home tab and press in it."""

    def __init__(self, gateway: Gateway, api: WebApi, homes: Homes) -> None:
        self._gateway = gateway
        self._api = api
        self._homes = homes
        self._drawing = set[asyncio.Task[None]]()

    async def open(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Somebody looks at the app."""
        visit = parse_visit(event)
        if visit.tab == "home":
            await self._homes.open(Person(team_id=str(context.team_id), user_id=visit.user))
            log.info("A Home tab was opened", user=visit.user)

    def prepare(self, press: Press, respond: AsyncRespond) -> Tell:
        """How a press in a row is told: above everything, in the tab drawn anew. There is no message to respond to."""
        del respond
        return partial(self.redraw, press.person)

    async def open_absence(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Somebody is going to be away."""
        press = parse_press(body)
        view = dump_view(absence.render_absence())
        await self._api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def hand_over(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Somebody has said who is asked in their place until when."""
        wish = absence.read_absence(parse_filing(body))
        try:
            await self._gateway.delegate(wish)
        except DelegationRefusedError as refused:
            await ack(response_action="errors", errors=absence.place_error(str(refused)))
            return
        except (
            TemporalAwayError
        ) as error:  # no traceback: writing one takes some of the time that Slack waits
            log.warning("A delegation could not be handed on", problem=str(error))
            await ack(response_action="errors", errors=absence.place_error(absence.UNCERTAIN))
            return
        await ack()
        await self.redraw(wish.principal, HANDED_OVER)

    async def take_back(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Somebody is back."""
        person = parse_press(body).person
        revoked = await self._gateway.revoke(person)
        await ack()
        await self.redraw(person, TAKEN_BACK if revoked else NOTHING_REVOKED)

    async def redraw(self, person: Person, notice: str = "", sent: str = "") -> None:
        """Say in the tab what came of a press, within a moment if that can be."""
        drawing = asyncio.create_task(self._draw(person, notice, sent))
        self._drawing.add(drawing)
        drawing.add_done_callback(self._drawing.discard)
        await asyncio.wait([drawing], timeout=REFRESH_SECONDS)

    async def _draw(self, person: Person, notice: str, sent: str) -> None:
        try:
            await self._homes.open(person, notice, sent)
        except ApplicationError as error:  # the press was taken all the same
            log.warning("A Home tab was not drawn", user=person.user_id, problem=str(error))
