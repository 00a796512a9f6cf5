"""In which time zone somebody is, as Slack knows it."""

import asyncio

import structlog
from temporalio.exceptions import ApplicationError

from activities.webapi import WebApi
from workflows.clock import ClockError, find_zone
from workflows.contracts import Person

ZONE_SECONDS = 0.7
"""What Slack gets to say where somebody is; with the gateway's call it has to stay under three seconds."""
UNZONED = "Etc/UTC"
log = structlog.stdlib.get_logger("countersign.zones")


async def ask_zone(api: WebApi, person: Person) -> str | None:
    """The IANA name of a person's time zone, UTC's where Slack names none that there is; None when Slack does not answer."""
    try:
        async with asyncio.timeout(ZONE_SECONDS):
            found = await api.call("users.info", user=person.user_id)
    except (TimeoutError, ApplicationError) as error:
        log.warning("A time zone could not be read", user=person.user_id, problem=str(error))
        return None
    return known_zone(found["user"].get("tz"))


def known_zone(name: object) -> str:
    """That name, if there is such a zone; else UTC's."""
    try:
        return find_zone(name).key if isinstance(name, str) else UNZONED
    except ClockError:
        return UNZONED
