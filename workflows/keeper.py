"""The keeper: has Slack show the state of a request, from its first card to its last message."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows import burst, calls, notices, policy
    from workflows.case import Case
    from workflows.contracts import ApprovalState, Publication, Published

LISTED = timedelta(seconds=30)
"""How long lists wait for all messages about a new request, before they have it without its card."""
PLACE = timedelta(seconds=6)
"""How long a card waits to be told in whose thread it belongs; then it goes to its channel by itself."""


class Keeper:
    """Keeps the cards of one case; `shown` is the state that Slack shows, `again` that an earlier run may have posted."""

    def __init__(self, case: Case, shown: ApprovalState | None, *, again: bool) -> None:
        self._case = case
        self._again = again
        self._card: asyncio.Task[None] | None = None
        self._stopping = False
        self.shown = shown

    def start(self) -> None:
        """Keep the cards from now on, while others work on the case."""
        self._stopping = False
        self._card = asyncio.create_task(self._keep_card())

    async def stop(self) -> None:
        """The flag is for an attempt under way that succeeds: the SDK then forgets that it was cancelled."""
        self._stopping = True
        if self._card:
            self._card.cancel()
            await asyncio.gather(self._card, return_exceptions=True)

    async def close(self) -> None:
        """Publish the end: cards without buttons, and who is told. The parent need not wait for a Slack that is away."""
        if self.shown is None:
            self._case.note_all()
        await asyncio.gather(self._report_row(), self._publish_end())

    async def _publish_end(self) -> None:
        state = self._case.state
        if not notices.closing_posts(state):
            return
        published = await calls.publish_promptly(notices.closing_publication(state, again=False))
        if published is None:
            await calls.tell_parent(policy.outcome(state))
            await asyncio.sleep(calls.ATTEMPT.total_seconds())  # an attempt under way may still be posting
            published = await _publish(notices.closing_publication(state, again=True))
        _report(published)

    async def _keep_card(self) -> None:
        """The card follows the state: posted first, rewritten after each change that matters."""
        await self._find_place()
        while True:
            await workflow.wait_condition(self._settled)
            if self._case.closed or self._stopping:
                return
            await self._show()

    async def _find_place(self) -> None:
        """A request of a burst has its card in the thread of the burst's message, where that is there in time."""
        case = self._case
        if case.placed:
            return
        await self._report_row()
        try:
            await workflow.wait_condition(lambda: case.placed or case.closed or self._stopping, timeout=PLACE)
        except TimeoutError:
            workflow.logger.info("The message of a burst was not there in time")
        case.place(None)

    async def _report_row(self) -> None:
        """Let the burst that this is part of show what has become of it."""
        state = self._case.state
        if state.request.batch:
            await calls.report_row(state.request.batch, burst.describe(state))

    def _settled(self) -> bool:
        """Whether there is something to show: not while a stage is opening, which is about to change the card again."""
        state = self._case.state
        differs = self.shown is None or notices.differ(self.shown, state)
        return self._case.closed or self._stopping or (differs and not policy.is_opening(state))

    async def _publish_first(self, publication: Publication) -> Published:
        """What lists have only with its card must not be missing from them because one of its messages cannot be sent."""
        try:
            return await calls.publish_state(publication, within=LISTED)
        except ActivityError as error:
            if is_cancelled_exception(error) or error.retry_state is RetryState.NON_RETRYABLE_FAILURE:
                return _give_up(error)
        self._case.note_all()
        await asyncio.sleep(calls.ATTEMPT.total_seconds())  # an attempt under way may still be posting
        return await _publish(publication.model_copy(update={"again": True}))

    async def _show(self) -> None:
        case, state = self._case, self._case.state
        posts = notices.opening_posts(self.shown, state)
        first, cards = self.shown is None, case.state.cards
        publication = Publication(state=state, posts=posts, again=self._again)
        published = await (self._publish_first(publication) if first else _publish(publication))
        _report(published)
        case.state = notices.place_cards(case.state, posts, published)
        self.shown = state
        if first:  # lists have it from when Slack shows it: with its card, so that this is noted once
            case.note_all()
        elif cards != case.state.cards:
            case.note()
        nowhere = not notices.has_card(state, case.state.cards)
        if nowhere and state.stage == case.state.stage and not self._stopping:
            problem = "; ".join(published.problems) or "There is nobody whom its card could be sent to"
            case.state = policy.block_stage(case.state, problem, workflow.now())
        await self._report_row()


async def _publish(publication: Publication) -> Published:
    try:
        return await calls.publish_state(publication)
    except ActivityError as error:
        return _give_up(error)


def _give_up(error: ActivityError) -> Published:
    """What is published when Slack will never have it.

    Raises:
        ActivityError: it was called off.
    """
    if is_cancelled_exception(error):
        raise error
    return Published(messages=(), problems=(f"Slack could not be written to: {error.cause}",))


def _report(published: Published) -> None:
    for problem in published.problems:
        workflow.logger.error("Slack will not have a message: %s", problem)
