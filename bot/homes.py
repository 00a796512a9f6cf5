"""Home tabs: what is on them is read for one person, within what a listener has, and published to them."""

import asyncio
from collections.abc import Sequence

import structlog

from activities.webapi import WebApi
from bot import home, lists
from bot.catalog import Catalog
from bot.filters import Filter
from bot.forms import dump_view
from bot.gateway import Gateway, TemporalAwayError
from bot.grants import Grants
from bot.home import SHOWN, Home
from bot.readers import Reader, Readers
from bot.rulelist import select_rules
from bot.visitors import Visitors
from workflows.contracts import Delegation, Person
from workflows.grants import Grant
from workflows.preferences import Preferences, find_preferences

log = structlog.stdlib.get_logger("countersign.homes")


class Homes:
    """Reads and publishes Home tabs."""

    def __init__(
        self, gateway: Gateway, catalog: Catalog, api: WebApi, readers: Readers, visitors: Visitors
    ) -> None:
        self._gateway = gateway
        self._catalog = catalog
        self._api = api
        self._readers = readers
        self._visitors = visitors
        self._grants = Grants(gateway)

    async def open(self, person: Person, notice: str = "", sent: str = "") -> None:
        """Show somebody their Home tab as it is now, also when nothing can be read.

        A `notice` says what they have done in it, to `sent` if it was sent to a request.

        Raises:
            ApplicationError: Slack does not take it.
        """
        reader = await self._readers.find(person)
        self._visitors.note(reader)
        try:
            found = await self._read(reader)
            view = home.render_home(found._replace(notice=notice, sent=sent))
        except (
            TemporalAwayError
        ) as error:  # no traceback: writing one takes some of the time that Slack waits
            log.warning("A Home tab could not be read", problem=str(error))
            view = home.render_unreadable(notice)
        await self._api.call("views.publish", user_id=person.user_id, view=dump_view(view))

    async def refresh(self, person: Person) -> bool:
        """Draw somebody's Home tab anew; where it cannot be told what they are in, it stays as it is, and the answer is no.

        Raises:
            ApplicationError: Slack does not take it.
            TemporalAwayError: it cannot be read.
        """
        reader = await self._readers.find(person)
        if reader.complete:
            view = home.render_home(await self._read(reader))
            await self._api.call("views.publish", user_id=person.user_id, view=dump_view(view))
        return reader.complete

    async def _read(self, reader: Reader) -> Home:
        """All of it at once. What has ended is listed as far as it names the reader, or a channel or group of theirs."""
        concerned = reader._replace(everybody=False)
        own = await self._api.identity()
        waiting, asked, lately, delegations, preferences, rules = await asyncio.gather(
            self._catalog.read_soonest(reader),
            self._catalog.read_latest(reader, Filter(scope="asked"), SHOWN + 1),
            self._catalog.read_latest(concerned, Filter(scope="history"), SHOWN),
            self._read_delegations(own.team_id),
            self._read_preferences(reader.person, own.team_id),
            self._read_rules(reader),
        )
        return Home(
            person=reader.person,
            team_url=own.url,
            now=lists.current_time(),
            waiting=waiting,
            asked=asked,
            lately=lately,
            delegations=delegations,
            preferences=preferences,
            rules=rules,
            complete=reader.complete,
        )

    async def _read_delegations(self, team_id: str) -> Sequence[Delegation] | None:
        """They are known by a workflow, which needs a worker; the lists do not."""
        try:
            return await self._gateway.read_delegations(team_id)
        except TemporalAwayError as error:
            log.warning("Delegations could not be read", problem=str(error))
            return None

    async def _read_preferences(self, person: Person, team_id: str) -> Preferences | None:
        try:
            return find_preferences(await self._gateway.read_preferences(team_id), person)
        except TemporalAwayError as error:
            log.warning("Preferences could not be read", problem=str(error))
            return None

    async def _read_rules(self, reader: Reader) -> Sequence[Grant] | None:
        try:
            return select_rules(await self._grants.read(reader.team_id), reader)
        except TemporalAwayError as error:
            log.warning("Rules could not be read", problem=str(error))
            return None
