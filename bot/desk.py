"""The desk: answers what is asked behind `/approvals`, each question within Slack's three seconds."""

from typing import Literal

import structlog

from activities.cards import Rendered
from activities.webapi import WebApi
from bot import handovers, lists, rulelist
from bot.catalog import Catalog
from bot.commands import Command, build_delegation
from bot.gateway import ApprovalGoneError, DelegationRefusedError, Gateway, TemporalAwayError
from bot.grants import Grants
from bot.notifications import AWAY, describe_preferences, render_preferences
from bot.readers import Readers
from bot.zones import ask_zone
from workflows.clock import find_zone
from workflows.contracts import Person
from workflows.preferences import find_preferences

log = structlog.stdlib.get_logger("countersign.desk")


class Desk:
    """Answers commands, and the buttons of what they were answered with."""

    def __init__(self, gateway: Gateway, catalog: Catalog, api: WebApi) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._api = api
        self._readers = Readers(api, gateway)
        self._grants = Grants(gateway)

    async def answer(self, command: Command, caller: Person) -> Rendered:
        """Do what the command asks for, and say what came of it."""
        match command.kind:
            case "list" | "show":
                return await self.look(command, caller)
            case "delegate":
                return await self._delegate(command, caller)
            case "back":
                return await self._revoke(caller)
            case "delegations" | "rules" | "notifications":
                return await self._show_kept(command.kind, caller)
            case "help" | "wrong":
                draw = lists.render_usage if command.kind == "help" else lists.render_sentence
                return draw(command.problem)

    async def _show_kept(
        self, kind: Literal["delegations", "rules", "notifications"], caller: Person
    ) -> Rendered:
        """What is kept for the workspace, as far as it is the caller's to see."""
        if kind == "rules":
            return await self.show_rules(caller)
        if kind == "delegations":
            return await self._show_delegations(caller)
        return await self._show_preferences(caller)

    async def look(
        self, command: Command, caller: Person, number: int = 0, notice: str = "", sent: str = ""
    ) -> Rendered:
        """A page of a list, or one request; a `notice` says what was done in it, to `sent` if it was sent to one."""
        if command.problem:
            return lists.render_usage(command.problem)
        try:
            if command.kind == "show":
                return await self._show_one(command.start, caller, notice)
            return await self._show_list(command, caller, number, notice, sent)
        except (
            TemporalAwayError
        ) as error:  # no traceback: writing one takes some of the time that Slack waits
            log.warning("Approvals could not be listed", problem=str(error))
            return lists.render_sentence(f"{notice} {lists.AWAY}".strip())

    async def _show_list(
        self, command: Command, caller: Person, number: int, notice: str, sent: str
    ) -> Rendered:
        own, reader = await self._api.identity(), await self._readers.find(caller)
        page = await self._catalog.read_page(reader, command.wanted, number)
        view = lists.View(command.wanted, own.url, lists.current_time(), reader.complete, notice, sent)
        return lists.render_list(page, view)

    async def _show_one(self, start: str, caller: Person, notice: str) -> Rendered:
        """What somebody may not see is answered like what there is not."""
        found = await self._catalog.find_approvals(await self._readers.find(caller), start)
        if len(found) > 1:
            return lists.render_sentence(lists.SEVERAL)
        try:
            states = [await self._gateway.read_state(one.approval_id) for one in found]
        except ApprovalGoneError:
            states = []
        if not states:
            return lists.render_sentence(lists.NOT_FOUND)
        return lists.render_one(states[0], notice, decidable=found[0].decidable)

    async def _delegate(self, command: Command, caller: Person) -> Rendered:
        zone = await ask_zone(self._api, caller)
        if zone is None:
            return lists.render_sentence(handovers.UNKNOWN_ZONE)
        wish = build_delegation(command, caller, find_zone(zone))
        try:
            await self._gateway.delegate(wish)
        except DelegationRefusedError as refused:
            return lists.render_sentence(str(refused))
        except TemporalAwayError as error:
            log.warning("A delegation could not be handed on", problem=str(error))
            return lists.render_sentence(handovers.UNCERTAIN)
        return handovers.render_delegated(wish)

    async def _revoke(self, caller: Person) -> Rendered:
        try:
            return handovers.render_revoked(await self._gateway.revoke(caller))
        except TemporalAwayError as error:
            log.warning("A delegation could not be taken back", problem=str(error))
            return lists.render_sentence(handovers.UNCERTAIN)

    async def _show_delegations(self, caller: Person) -> Rendered:
        try:
            found = await self._gateway.read_delegations(caller.team_id)
        except TemporalAwayError as error:
            log.warning("Delegations could not be listed", problem=str(error))
            return lists.render_sentence(lists.AWAY)
        return handovers.render_delegations(found, caller)

    async def find_team(self) -> str:
        """The workspace whose rules these are, whatever workspace of its organisation somebody is of.

        Raises:
            ApplicationError: Slack has not yet said which it is.
        """
        return (await self._api.identity()).team_id

    async def show_rules(self, caller: Person, notice: str = "") -> Rendered:
        """The rules that somebody may see; a `notice` says what was done with one."""
        try:
            reader = await self._readers.find(caller)
            found = await self._grants.read(reader.team_id)
        except TemporalAwayError as error:
            log.warning("Rules could not be listed", problem=str(error))
            return lists.render_sentence(f"{notice} {rulelist.UNREADABLE}".strip())
        return rulelist.render_rules(
            rulelist.select_rules(found, reader), caller, notice, complete=reader.complete
        )

    async def _show_preferences(self, caller: Person) -> Rendered:
        try:
            known = await self._gateway.read_preferences(caller.team_id)
        except TemporalAwayError as error:
            log.warning("Preferences could not be read", problem=str(error))
            return lists.render_sentence(AWAY)
        own = find_preferences(known, caller)
        return Rendered(describe_preferences(own), render_preferences(own))
