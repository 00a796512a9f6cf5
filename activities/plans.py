"""Which policy applies to a request, and what its stages come to when they open: moments, and people.

Clocks are counted here, where what they come to is recorded; and nothing waits for Slack that is only shown.
"""

import asyncio
from datetime import datetime
from functools import partial

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.addressees import choose_addressees
from activities.directory import SHOWN_PEOPLE, Directory, Listing
from activities.elicitations import find_problem, find_problems
from activities.parameters import find_misfits
from activities.rules.matching import Match, MatchError, find_policy
from activities.rules.rulebook import Rulebook
from workflows.clock import ClockError, advance, elapsed, remind_times
from workflows.contracts import (
    ApprovalRequest,
    ArgumentsCheck,
    ArgumentsQuery,
    Halt,
    Opening,
    Plan,
    PlanQuery,
    Resolution,
    Stage,
    StageQuery,
)
from workflows.elicitation import AnswerCheck, AnswerQuery, fit_plan
from workflows.ports import PolicyPort

POLICY = "policy"
"""The type of failures that only another policy file heals."""


class Shelf:
    """Holds the rulebook in force. A new one counts for requests to come; one that is open has its plan."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force."""
        return self._rulebook

    def replace(self, rulebook: Rulebook) -> None:
        """Put another rulebook in force."""
        self._rulebook = rulebook


class PlanActivities(PolicyPort):
    """The policy port: plans by the rulebook in force, people by the directory."""

    def __init__(self, shelf: Shelf, directory: Directory) -> None:
        self._shelf = shelf
        self._directory = directory

    @activity.defn
    async def resolve_plan(self, query: PlanQuery) -> Resolution:
        """Find the policy of a request, and open its first stage where people are asked.

        Raises:
            ApplicationError: no policy can be applied (non-retryable), or Slack does not say now who is in a group.
        """
        try:
            plan = fit_plan(query.request, (await self._find_match(query.request)).plan)
        except MatchError as error:
            raise ApplicationError(str(error), type=POLICY, non_retryable=True) from None
        opening, private, team = await asyncio.gather(
            self._open_first(plan, query),
            self._directory.find_private(_find_rooms(plan, query.request)),
            self._directory.find_team(),
        )
        found = plan.model_copy(update={"private_channels": private, "team_id": team})
        return Resolution(plan=found, opening=opening, problem=find_problem(query.request))

    async def _find_match(self, request: ApprovalRequest) -> Match:
        belongs = partial(self._directory.is_in, request.requester)
        return await find_policy(self._shelf.rulebook, request, belongs)

    async def _open_first(self, plan: Plan, query: PlanQuery) -> Opening | None:
        """The first stage, unless Slack has to be waited for; the plan itself need not be."""
        if plan.effect != "ask" or plan.shadow or not plan.stages:
            return None
        stage, request = plan.stages[0], query.request
        barred = (request.requester, *request.speakers)
        first = StageQuery(
            stage=stage, approvers=stage.approvers, needed=stage.quorum, barred=barred, now=query.now
        )
        return await self.open_stage(first)

    @activity.defn
    async def open_stage(self, query: StageQuery) -> Opening:
        """What a stage comes to: its clocks as moments, its people, and why nobody could decide it, if that is known.

        Where its cards go to people, and Slack does not say now who they are, its clocks are told first.

        Raises:
            ApplicationError: the stage's calendar cannot be counted by (non-retryable); or its clocks run already, and
                Slack still does not say whom its cards go to.
        """
        try:
            opening = _wind_clocks(query)
        except ClockError as error:
            raise ApplicationError(str(error), type=POLICY, non_retryable=True) from None
        listing = await self._directory.read_roster(query.approvers, delegates=query.stage.delegates)
        if listing.known is None and query.stage.card != "channel":
            if query.clocked and query.halt is None:
                raise ApplicationError(
                    "Slack does not say now whom the cards should go to.", type="unreachable"
                )
            return opening.model_copy(update={"roster": None})
        for sentence in listing.lost:
            activity.logger.warning(sentence)
        if query.stage.card == "both" and listing.named > SHOWN_PEOPLE:
            activity.logger.warning("%s; the others have it in the channel", _count_crowd(query, listing))
        roster = choose_addressees(query, listing)
        return opening.model_copy(update={"roster": roster, "problem": _find_problem(query, listing)})

    @activity.defn
    async def check_arguments(self, query: ArgumentsQuery) -> ArgumentsCheck:
        """Hold changed arguments against their JSON Schema and the rulebook in force; without a schema nobody may change them.

        Raises:
            ApplicationError: Slack does not say now who is in a group.
        """
        problems = tuple(find_misfits(query.request.arguments, query.request.parameters).values())
        try:
            return ArgumentsCheck(problems=problems, policy=(await self._find_match(query.request)).policy)
        except MatchError as error:
            activity.logger.warning("A change fits no policy: %s", error)
            return ArgumentsCheck(problems=problems)

    @activity.defn
    async def check_answer(self, query: AnswerQuery) -> AnswerCheck:
        """Hold an answer against what its question takes."""
        return AnswerCheck(problems=find_problems(query.request, query.answer))


def _find_rooms(plan: Plan, request: ApprovalRequest) -> tuple[str, ...]:
    """The channels where a request is seen without any list: where it was asked, and where its cards go."""
    origin = (request.origin.channel_id,) if request.origin else ()
    if plan.shadow:
        return (*origin, plan.card_channel)
    cards = (stage.channel or plan.card_channel for stage in plan.stages if stage.card != "direct")
    return (*origin, *cards)


def _wind_clocks(query: StageQuery) -> Opening:
    if query.halt:
        return _rewind_clocks(query, query.halt)
    stage, calendar = query.stage, query.stage.calendar
    deadline = advance(query.now, stage.deadline, calendar)
    reminders = remind_times(query.now, deadline, stage.reminders, calendar) if stage.reminders else ()
    return Opening(deadline=deadline, reminders=reminders, escalates_at=_escalates_at(stage, query))


def _rewind_clocks(query: StageQuery, halt: Halt) -> Opening:
    """Each moment as far off, in open time, as it was when the clocks were halted."""

    def put_off(moment: datetime) -> datetime:
        calendar = query.stage.calendar
        return advance(query.now, elapsed(halt.since, moment, calendar), calendar)

    return Opening(
        deadline=put_off(halt.deadline),
        reminders=tuple(map(put_off, halt.reminders)),
        escalates_at=put_off(halt.escalates_at) if halt.escalates_at else None,
    )


def _escalates_at(stage: Stage, query: StageQuery) -> datetime | None:
    """A stage escalates once: when others decide it than at first, it has."""
    if stage.escalation is None or stage.escalation.after is None or query.approvers != stage.approvers:
        return None
    return advance(query.now, stage.escalation.after, stage.calendar)


def _find_problem(query: StageQuery, listing: Listing) -> str:
    """Why nobody could decide, or not all would be asked, as far as it is known; a delegate adds no approval."""
    if listing.known is None:
        return ""
    if query.stage.card == "direct" and listing.named > SHOWN_PEOPLE:
        return f"{_count_crowd(query, listing)}: name a channel for its card."
    able = len(listing.known - {person.user_id for person in query.barred})
    if able >= query.needed:
        return ""
    name, lost = query.stage.name, "".join(f" {sentence}" for sentence in listing.lost)
    has = f"has {able} who may decide" if able else "has nobody who may decide"
    return f"The stage {name} needs {query.needed} more to approve and {has}: check its approvers.{lost}"


def _count_crowd(query: StageQuery, listing: Listing) -> str:
    return f"The stage {query.stage.name} has {listing.named} people, and direct messages go to {SHOWN_PEOPLE} at most"
