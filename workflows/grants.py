"""Grants, which people know as rules: approvals that stand for later requests like theirs. Pure functions over a workspace's.

Policies have rules of their own, in the policy file; those are no grants.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, Field

from workflows import policy
from workflows.contracts import (
    ApprovalRequest,
    ApprovalState,
    Approvers,
    Contract,
    Decision,
    GrantUse,
    Person,
    Plan,
    Remembrance,
)
from workflows.digest import UndigestibleError, digest
from workflows.elicitation import is_question
from workflows.ids import grant_of
from workflows.leeway import can_remember
from workflows.policy import bar_asker, same_person

MOST_GRANTS = 200
CONDITION_LENGTH = 1_500
"""In characters. All grants and claims of a workspace have to fit into one payload of two megabytes."""
CLAIMS_KEPT = 100
"""How many uses are remembered, to tell a repeated claim from a new one; a claim is repeated within seconds."""
GONE_KEPT = 500
ID_SHOWN = len("rule-") + 8
"""How much of a rule's id people are shown."""


class Refusal(StrEnum):
    """Why nothing came of a wish about a rule, as the one sentence that the person is told."""

    FULL = "There are as many rules as can be kept, so no rule was made. Revoke one that is not needed: /approvals rules."
    GONE = "There is no such rule any more: it was revoked or used up, or its time is over."
    NOT_YOURS = (
        "Only its owner and those who may decide such requests can revoke a rule, so nothing was changed."
    )
    UNSURE = "It could not be established that you may revoke this rule, so nothing was changed. Try again in a minute."


class Grant(Contract):
    """An approval that stands for later requests: for which, whose it is, and how long and how often it holds.

    `requester` is None where anybody may ask. `parameters` is the digest of the JSON Schema of the arguments.
    """

    grant_id: str
    team_id: str
    policy: str
    action: str
    agent: str
    requester: Person | None
    parameters: str
    condition: str = Field(max_length=CONDITION_LENGTH)
    owner: Person
    approvers: tuple[Approvers, ...]
    since: AwareDatetime
    until: AwareDatetime
    uses: int = Field(ge=1)
    used: int = Field(default=0, ge=0)
    last_used: AwareDatetime | None = None

    @property
    def left(self) -> int:
        """How often it can still be used."""
        return self.uses - self.used


class GrantQuery(Contract):
    """A request that people are about to be asked about, and its plan: does an earlier approval stand for it?"""

    approval_id: str
    request: ApprovalRequest
    plan: Plan
    now: datetime


class Making(Contract):
    """A rule to be made of an approval that counts: of which request, as it was approved, and by whom."""

    approval_id: str
    request: ApprovalRequest
    plan: Plan
    owner: Person
    wish: Remembrance
    now: datetime


class Claim(Contract):
    """The wish to use a grant once for an approval; `most` is how often the policy lets any grant be used."""

    grant_id: str
    approval_id: str
    most: int


class Revocation(Contract):
    """The wish to revoke a grant, and whose."""

    grant_id: str
    person: Person


class Taken(Contract):
    """A use that was taken, and for which approval."""

    approval_id: str
    use: GrantUse


class Book(Contract):
    """A workspace's grants, its latest uses, and the ids of grants that ended lately, which must not be made again."""

    grants: tuple[Grant, ...] = ()
    taken: tuple[Taken, ...] = ()
    gone: tuple[str, ...] = ()


class Ruling(NamedTuple):
    """The book after an event, and why the event changed nothing, if it did not."""

    book: Book
    refusal: Refusal | None = None


class Usage(NamedTuple):
    """The book after a claim, and the use, if there is one."""

    book: Book
    use: GrantUse | None = None


def describe_parameters(request: ApprovalRequest) -> str:
    """The digest of the JSON Schema of a request's arguments; empty where it has none.

    Raises:
        UndigestibleError: the schema has no exact form.
    """
    return "" if request.parameters is None else digest(request.action, request.parameters)


def in_force(grants: tuple[Grant, ...], now: datetime) -> tuple[Grant, ...]:
    """Those that can still be used."""
    return tuple(one for one in grants if now < one.until and one.left > 0)


def draft(state: ApprovalState, decision: Decision, now: datetime) -> Making | None:
    """The rule to be made of a decision that counts; None where it ended nothing, or wants none."""
    wish, plan, owner = decision.remember, state.plan, decision.decided_by
    if wish is None or plan is None or owner is None or state.status != "approved":
        return None
    return Making(
        approval_id=state.approval_id, request=state.request, plan=plan, owner=owner, wish=wish, now=now
    )


def build_grant(making: Making) -> Grant:
    """The grant that a rule to be made comes to.

    Raises:
        UndigestibleError: the schema of the arguments has no exact form.
        ValidationError: its condition is too long.
    """
    request, wish = making.request, making.wish
    return Grant(
        grant_id=grant_of(making.approval_id),
        team_id=making.plan.team_id,
        policy=making.plan.policy,
        action=request.action,
        agent=request.agent,
        requester=None if wish.anybody else request.requester,
        parameters=describe_parameters(request),
        condition=wish.condition,
        owner=making.owner,
        approvers=making.plan.stages[0].approvers,
        since=making.now,
        until=making.now + timedelta(days=wish.days),
        uses=wish.uses,
    )


def fits(grant: Grant, query: GrantQuery) -> bool:
    """Whether a grant is for such a request, but for its condition on the arguments; the policy's limits are today's."""
    allowed = query.plan.remember
    if allowed is None or not can_remember(query.plan) or is_question(query.request):
        return False
    if not _is_meant(grant, query):
        return False
    longest = grant.since + timedelta(days=allowed.days)
    return query.now < min(grant.until, longest) and grant.used < min(grant.uses, allowed.uses)


def _is_meant(grant: Grant, query: GrantQuery) -> bool:
    request, plan = query.request, query.plan
    named = (grant.team_id, grant.policy, grant.action, grant.agent)
    if named != (plan.team_id, plan.policy, request.action, request.agent):
        return False
    if grant.requester not in (None, request.requester):
        return False
    if any(same_person(grant.owner, one) for one in (request.requester, *request.speakers)):
        return False  # nobody approves what they asked for, or had a say in
    try:
        return grant.parameters == describe_parameters(request)
    except UndigestibleError:
        return False


def accept(state: ApprovalState, use: GrantUse, now: datetime) -> ApprovalState:
    """Let an earlier approval stand for a request that waits; one that has ended, or is the owner's own, stays as it is."""
    plan = state.plan
    if state.status != "pending" or plan is None or not policy.may_remember(state):
        return state
    if bar_asker(state, use.owner):
        return state
    left = f"{use.left} use{'' if use.left == 1 else 's'} left"
    name, owner = use.grant_id[:ID_SHOWN], use.owner.user_id
    reason = (
        f"Approved by {name}, a rule of {owner} under policy {plan.policy}, {left}: nobody had to be asked"
    )
    return policy.close(state.model_copy(update={"grant": use}), "approved", now, reason)


# The book


def make(book: Book, grant: Grant, now: datetime) -> Ruling:
    """Add a grant, once, however often it is sent."""
    book = _tidy(book, now)
    if any(one.grant_id == grant.grant_id for one in book.grants):
        return Ruling(book)
    if grant.grant_id in book.gone:
        return Ruling(book, Refusal.GONE)
    if len(book.grants) >= MOST_GRANTS:
        return Ruling(book, Refusal.FULL)
    return Ruling(book.model_copy(update={"grants": (*book.grants, grant)}))


def use(book: Book, claim: Claim, now: datetime) -> Usage:
    """Take one use of a grant for an approval, once, however often it is claimed; none where none is left."""
    known = next((one.use for one in book.taken if one.approval_id == claim.approval_id), None)
    if known:
        return Usage(book, known)
    book = _tidy(book, now)
    grant = find_grant(book, claim.grant_id)
    if grant is None or grant.used >= claim.most:
        return Usage(book)
    used = grant.model_copy(update={"used": grant.used + 1, "last_used": now})
    taken = Taken(approval_id=claim.approval_id, use=_describe_use(used))
    grants = tuple(used if one is grant else one for one in book.grants)
    kept = (*book.taken, taken)[-CLAIMS_KEPT:]
    return Usage(_tidy(book.model_copy(update={"grants": grants, "taken": kept}), now), taken.use)


def _describe_use(grant: Grant) -> GrantUse:
    return GrantUse(
        grant_id=grant.grant_id,
        owner=grant.owner,
        since=grant.since,
        condition=grant.condition,
        number=grant.used,
        left=grant.left,
    )


def revoke(book: Book, grant_id: str, now: datetime) -> Book:
    """Take a grant out; a claim on it that is repeated gets nothing any more."""
    kept = tuple(one for one in book.grants if one.grant_id != grant_id)
    taken = tuple(one for one in book.taken if one.use.grant_id != grant_id)
    gone = (*book.gone, grant_id)[-GONE_KEPT:]
    return _tidy(book.model_copy(update={"grants": kept, "taken": taken, "gone": gone}), now)


def find_grant(book: Book, grant_id: str) -> Grant | None:
    """The grant of that id."""
    return next((one for one in book.grants if one.grant_id == grant_id), None)


def _tidy(book: Book, now: datetime) -> Book:
    """Without those that have ended."""
    kept = in_force(book.grants, now)
    ended = tuple(one.grant_id for one in book.grants if one not in kept)
    return (
        book.model_copy(update={"grants": kept, "gone": (*book.gone, *ended)[-GONE_KEPT:]}) if ended else book
    )
