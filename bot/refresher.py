"""Draws Home tabs anew when something of theirs changes: in the background, one after another, so that its load is bounded."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress

import structlog
from temporalio.exceptions import ApplicationError

from bot.agenda import Agenda, Entry
from bot.gateway import TemporalAwayError
from bot.homes import Homes
from bot.visitors import Visitors
from workflows.contracts import ApprovalState, Person

AUDIENCE = 20
"""So many people are drawn anew for one change; others see it when they open their Home tab."""
RETRY_SECONDS = 10.0
log = structlog.stdlib.get_logger("countersign.homes")


class Refresher:
    """Hears what has been published, and draws those whom it concerns. What fails here fails nothing else."""

    def __init__(
        self, homes: Homes, visitors: Visitors, agenda: Agenda, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._homes = homes
        self._visitors = visitors
        self._agenda = agenda
        self._retry_seconds = retry_seconds
        self._woken = asyncio.Event()

    def mark(self, state: ApprovalState) -> None:
        """A state has been published; those whom it concerns are drawn a moment later."""
        for person in list_audience(state, self._visitors):
            self._agenda.mark(person, _now())
        self._woken.set()

    async def run(self) -> None:
        """Draw whoever is due, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._agenda.next_due):
                    await self._woken.wait()
            self._woken.clear()
            while entry := self._agenda.take(_now()):
                await self._draw(entry)

    async def _draw(self, entry: Entry) -> None:
        begun = _now()
        try:
            complete = await self._homes.refresh(entry.person)
        except (ApplicationError, TemporalAwayError) as error:
            await self._give_way(entry, error)
        except Exception:
            log.exception("A Home tab could not be drawn", user=entry.person.user_id)
        else:
            self._finish(entry, begun, complete=complete)

    def _finish(self, entry: Entry, begun: float, *, complete: bool) -> None:
        """Whoever has looked at their tab is somebody whom Slack knows, so it will say what they are in."""
        if complete:
            self._agenda.settle(entry, begun, _now())
        elif entry.person in self._visitors:
            self._agenda.put_back(entry, _now() + self._retry_seconds)

    async def _give_way(self, entry: Entry, error: ApplicationError | TemporalAwayError) -> None:
        """Wait as long as Slack says; what cannot heal is not tried again."""
        log.warning("A Home tab was not drawn", user=entry.person.user_id, problem=str(error))
        if isinstance(error, ApplicationError) and error.non_retryable:
            return
        delay = error.next_retry_delay if isinstance(error, ApplicationError) else None
        self._agenda.put_back(entry, _now() + (delay.total_seconds() if delay else self._retry_seconds))
        if delay:
            await asyncio.sleep(delay.total_seconds())


@asynccontextmanager
async def run_refresher(refresher: Refresher) -> AsyncGenerator[Refresher]:
    """A refresher at work while the block runs; whom it has not drawn by then it leaves as they are."""
    task = asyncio.create_task(refresher.run())
    try:
        yield refresher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def list_audience(state: ApprovalState, visitors: Visitors) -> list[Person]:
    """Whom a change concerns: who asked, who decided, who has looked lately, who is named to decide, and who for them."""
    deciders = (person for one in state.decisions for person in (one.decided_by, one.on_behalf_of))
    people = (
        state.request.requester,
        *(person for person in deciders if person),
        *visitors.list_concerned(state),
        *(state.roster.people if state.roster else ()),
        *(one.delegate for one in (state.roster.delegations if state.roster else ())),
    )
    return _first_of(people)


def _first_of(people: Iterable[Person]) -> list[Person]:
    """The first of them, each once: Slack may name one person by different teams."""
    kept: dict[str, Person] = {}
    for person in people:
        kept.setdefault(person.user_id, person)
    return list(kept.values())[:AUDIENCE]


def _now() -> float:
    return asyncio.get_running_loop().time()
