"""Rules at work: one is found that stands for a request, and one is made of an approval, each by the policies in force."""

from functools import partial
from typing import Protocol

from temporalio import activity

from activities.bounds import BoundsError, check_condition, holds, write_condition
from activities.directory import Directory
from activities.plans import Shelf
from activities.rules.conditions import Facts
from activities.rules.matching import MatchError, find_policy
from workflows.contracts import Approvers, GrantUse, MembershipQuery, Person, Remembrance
from workflows.digest import UndigestibleError
from workflows.grants import Claim, Grant, GrantQuery, Making, build_grant, fits
from workflows.leeway import can_remember
from workflows.ports import GrantPort

START = "This is approved, but no rule was made of it: "
OTHER = "the policies no longer allow one."
LIMITS = "the policies let a rule hold for {days} days and {uses} requests at most."
STRANGER = "you are not one of those who may decide such requests by themselves."
DIFFERENT = "its CEL is not what its limits come to."


class GrantKeeper(Protocol):
    """Where a workspace's rules are kept; each method raises where it does not answer."""

    async def read(self, team_id: str) -> tuple[Grant, ...]:
        """The rules that can still be used, in the order in which they were made."""
        ...

    async def make(self, grant: Grant) -> str:
        """Let one stand, once; answers with the sentence that says why not, or with nothing."""
        ...

    async def use(self, team_id: str, claim: Claim) -> GrantUse | None:
        """Take one use for an approval, once; None where there is none to take."""
        ...


class GrantActivities(GrantPort):
    """The port of rules: by the rulebook in force, the people whom the directory knows, and the rules that are kept."""

    def __init__(self, shelf: Shelf, directory: Directory, keeper: GrantKeeper) -> None:
        self._shelf = shelf
        self._directory = directory
        self._keeper = keeper

    @activity.defn
    async def use_grant(self, query: GrantQuery) -> GrantUse | None:
        """Find a rule that stands for a request, and take one use of it. Whatever is in doubt about a rule, it does not apply.

        Raises:
            ApplicationError: Slack does not say now who may decide.
        """
        team, facts, allowed = query.plan.team_id, Facts(query.request), query.plan.remember
        if not team or allowed is None:
            return None
        for grant in await self._keeper.read(team):
            if not (fits(grant, query) and holds(grant.condition, facts)):
                continue
            if not await self._may_decide(grant.owner, query.plan.stages[0].approvers):
                continue
            claim = Claim(grant_id=grant.grant_id, approval_id=query.approval_id, most=allowed.uses)
            if use := await self._keeper.use(team, claim):
                return use
        return None

    async def _may_decide(self, owner: Person, approvers: tuple[Approvers, ...]) -> bool:
        """By themselves, that is: a delegation ends, and a rule must not outlast it."""
        query = MembershipQuery(person=owner, approvers=approvers)
        return (await self._directory.check_member(query)).standing == "member"

    @activity.defn
    async def make_grant(self, making: Making) -> str:
        """Make a rule of an approval, and answer with the sentence that its owner is told.

        Raises:
            ApplicationError: Slack does not say now who may decide.
        """
        problem = await self._find_problem(making)
        if problem:
            return f"{START}{problem}"
        grant = build_grant(making)
        return await self._keeper.make(grant) or describe_made(making.wish)

    async def _find_problem(self, making: Making) -> str:
        request, wish = making.request, making.wish
        try:
            condition = write_condition(request.arguments, wish.bounds)
            check_condition(condition, request)
            belongs = partial(self._directory.is_in, request.requester)
            plan = (await find_policy(self._shelf.rulebook, request, belongs)).plan
        except (BoundsError, MatchError) as error:
            return str(error)
        if condition != wish.condition:
            return DIFFERENT
        allowed = plan.remember
        if allowed is None or not can_remember(plan) or plan.policy != making.plan.policy:
            return OTHER
        if wish.days > allowed.days or wish.uses > allowed.uses:
            return LIMITS.format(days=allowed.days, uses=allowed.uses)
        try:
            build_grant(making)  # last, as it takes no limits but those
        except UndigestibleError as error:
            return str(error)
        return "" if await self._may_decide(making.owner, plan.stages[0].approvers) else STRANGER


def describe_made(wish: Remembrance) -> str:
    """Told to a rule's owner."""
    days = "a day" if wish.days == 1 else f"{wish.days} days"
    times = "once" if wish.uses == 1 else f"up to {wish.uses} times"
    return (
        f"Your rule is in force for {days}: requests that fit it are approved {times} without asking anybody, and each is "
        "shown. /approvals rules lists it, and there you can revoke it."
    )
