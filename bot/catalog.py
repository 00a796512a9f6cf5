"""The catalog: lists of approvals for those who read them, from Temporal's visibility."""

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.service import RPCError

from bot.deadlines import FIRST, MOST, WANTED, begin_search
from bot.filters import Filter
from bot.gateway import both, in_time
from bot.queries import build_due, build_lookup, build_query
from bot.readers import Reader
from workflows.approval import ApprovalWorkflow
from workflows.attributes import DEADLINE, DECIDERS
from workflows.case import SUMMARY_MEMO
from workflows.contracts import Outcome, Summary

LIST_SECONDS = 1.2
"""How long Temporal has to answer; before that it has been found out who reads, and Slack waits three seconds in all."""
PAGE_SIZE = 10
MOST_PAGES = 100
"""Temporal answers with at most 1,000 rows at once; whoever looks for something older narrows the list down."""

MOST_ROWS = 5_000
PATIENT_SECONDS = 20.0
"""How much a digest counts, and how long Temporal has to answer one."""
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """One approval in a list: what it is, whether the reader can decide it, and once it has ended what came of it."""

    approval_id: str
    summary: Summary
    decidable: bool = False
    ended_at: datetime | None = None
    outcome: Outcome | None = None


class Match(NamedTuple):
    """An approval that was looked for, and whether the reader can decide it."""

    approval_id: str
    decidable: bool


class Page(NamedTuple):
    """One page of a list, newest first; pages count from 0."""

    rows: list[Row]
    number: int
    total: int

    @property
    def last(self) -> int:
        """The last page that can be turned to."""
        return min(max(self.total - 1, 0) // PAGE_SIZE, MOST_PAGES - 1)


class Soonest(NamedTuple):
    """The first of what waits for a reader, by deadline, and how many wait in all.

    Where it is not `exact`, there are so many that others may be due before some of these.
    """

    rows: list[Row]
    total: int
    exact: bool = True


class Catalog:
    """Reads lists, each within well under three seconds."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read_page(self, reader: Reader, wanted: Filter, number: int = 0) -> Page:
        """A page of what a reader may see; a number past the end is the last page.

        Raises:
            TemporalAwayError: Temporal did not answer.
        """
        query = build_query(reader, wanted, datetime.now(UTC))
        return await in_time(self._read_page(reader, query, min(number, MOST_PAGES - 1)), LIST_SECONDS)

    async def read_latest(self, reader: Reader, wanted: Filter, limit: int) -> list[Row]:
        """The newest of what a reader may see of what is wanted.

        Raises:
            TemporalAwayError: Temporal did not answer.
        """
        query = build_query(reader, wanted, datetime.now(UTC))
        return await in_time(self._read_rows(reader, query, limit), LIST_SECONDS)

    async def read_soonest(self, reader: Reader) -> Soonest:
        """What waits for a reader and is due first, the first ten of it.

        Raises:
            TemporalAwayError: Temporal did not answer.
        """
        return await in_time(self._read_soonest(reader, datetime.now(UTC)), LIST_SECONDS)

    async def read_all(self, reader: Reader, wanted: Filter) -> list[Row]:
        """All that a reader may see of what is wanted, at most as much as is worth telling; for those who can wait for it.

        Raises:
            TemporalAwayError: Temporal did not answer.
        """
        query = build_query(reader, wanted, datetime.now(UTC))
        return await in_time(self._read_rows(reader, query, MOST_ROWS), PATIENT_SECONDS)

    async def find_approvals(self, reader: Reader, start: str) -> list[Match]:
        """The approvals, at most two, whose ids begin like this and that a reader may see; one with just this id alone.

        Raises:
            TemporalAwayError: Temporal did not answer.
        """
        query = build_lookup(reader, start)
        found = await in_time(self._read_executions(query, PAGE_SIZE), LIST_SECONDS)
        matches = {one.id: Match(one.id, _can_decide(reader, one)) for one in found}
        return [matches[start]] if start in matches else list(matches.values())[:2]

    async def _read_page(self, reader: Reader, query: str, number: int) -> Page:
        found, count = await both(
            self._read_executions(query, (number + 1) * PAGE_SIZE), self._client.count_workflows(query)
        )
        page = Page([], number, count.count)
        if page.total and number > page.last:  # it has become shorter since that page was offered
            return await self._read_page(reader, query, page.last)
        rows = await asyncio.gather(*(self._read_row(reader, one) for one in found[number * PAGE_SIZE :]))
        return page._replace(rows=list(rows))

    async def _read_rows(self, reader: Reader, query: str, limit: int) -> list[Row]:
        found = await self._read_executions(query, limit)
        return list(await asyncio.gather(*(self._read_row(reader, one) for one in found)))

    async def _read_soonest(self, reader: Reader, now: datetime) -> Soonest:
        seen, total, exact = await self._read_executions(build_due(reader, None, now), FIRST), 0, True
        if len(seen) == FIRST:
            total = (await self._client.count_workflows(build_due(reader, None, now))).count
            seen, exact = await self._narrow(reader, now, seen, total)
        first = sorted(seen, key=_due)[:WANTED]
        rows = await asyncio.gather(*(self._read_row(reader, one) for one in first))
        return Soonest(list(rows), max(total, len(seen)), exact)

    async def _narrow(
        self, reader: Reader, now: datetime, first: list[WorkflowExecution], total: int
    ) -> tuple[list[WorkflowExecution], bool]:
        """All that looks nearer and nearer have shown, and whether the soonest are among it."""
        seen, deadlines = {one.id: one for one in first}, [_due(one) for one in first]
        search = begin_search(now, deadlines, max(total, len(first)))
        while not search.is_over:
            found = await self._read_executions(build_due(reader, search.end, now), MOST)
            seen |= {one.id: one for one in found}
            search = search.narrow([_due(one) for one in found], full=len(found) == MOST)
        return list(seen.values()), search.exact

    async def _read_executions(self, query: str, limit: int) -> list[WorkflowExecution]:
        size = min(limit, PAGE_SIZE * MOST_PAGES)
        return [one async for one in self._client.list_workflows(query, limit=limit, page_size=size)]

    async def _read_row(self, reader: Reader, found: WorkflowExecution) -> Row:
        summary = await found.memo_value(SUMMARY_MEMO, type_hint=Summary)
        if found.status != WorkflowExecutionStatus.RUNNING:
            return Row(found.id, summary, ended_at=found.close_time, outcome=await self._read_outcome(found))
        return Row(found.id, summary, _can_decide(reader, found))

    async def _read_outcome(self, found: WorkflowExecution) -> Outcome | None:
        """What came of a request, which is its workflow's result; None where it was ended from outside."""
        handle = self._client.get_workflow_handle_for(ApprovalWorkflow.run, found.id, run_id=found.run_id)
        try:
            return await handle.result(follow_runs=False)
        except (WorkflowFailureError, RPCError):
            return None


def _due(found: WorkflowExecution) -> datetime:
    """When it is due. What can be decided has a deadline; whatever has none comes last."""
    return found.typed_search_attributes.get(DEADLINE) or NEVER


def _can_decide(reader: Reader, found: WorkflowExecution) -> bool:
    return reader.can_decide(found.typed_search_attributes.get(DECIDERS) or ())
