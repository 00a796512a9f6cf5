"""Revoke on a rule, in the list and on the Home tab: revoked first, then acknowledged, then drawn anew."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.desk import Desk
from bot.gateway import GrantRefusedError
from bot.grants import Grants
from bot.listeners.approvals import replace_message
from bot.listeners.home import HomeTab
from bot.payloads import Press, parse_press, parse_rule
from bot.rulelist import HOME_REVOKE, REVOKE, REVOKED
from workflows.grants import Revocation

log = structlog.stdlib.get_logger("countersign.rules")


def register(app: AsyncApp, grants: Grants, desk: Desk, tab: HomeTab) -> None:
    """Listen to the buttons."""

    async def revoke(press: Press) -> str:
        wish = Revocation(grant_id=parse_rule(press.value), person=press.person)
        try:
            await grants.revoke(await desk.find_team(), wish)
        except GrantRefusedError as refused:
            return str(refused)
        log.info("A rule was revoked", rule=wish.grant_id, user=press.person.user_id)
        return REVOKED

    async def revoke_listed(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        notice = await revoke(press)
        await ack()
        await replace_message(respond, await desk.show_rules(press.person, notice))

    async def revoke_at_home(ack: AsyncAck, body: dict[str, Any]) -> None:
        press = parse_press(body)
        notice = await revoke(press)
        await ack()
        await tab.redraw(press.person, notice)

    app.block_action(REVOKE)(revoke_listed)
    app.block_action(HOME_REVOKE)(revoke_at_home)
