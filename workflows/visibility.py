"""Who may see a request and who can decide it, as the tokens that lists are filtered by: pure functions of its state.

A token is the id of a person, a channel or a user group. Lists only show: who may decide is judged in `policy`.
"""

from collections.abc import Iterable

from workflows import policy
from workflows.contracts import ApprovalState, Approvers, Plan

EVERYBODY = "everybody"
"""The token of a request that everybody in the workspace may see, its guests excepted."""
NO_DELEGATES = "!delegates"
"""The token of a request that only those can decide who are asked themselves."""
TOKENS_BYTES = 1_800
"""How much all tokens of one attribute take: Temporal has 2 kB for the value of one, quotes and commas included."""


def bar(user_id: str) -> str:
    """The token that says that somebody can not decide, whatever groups they are in."""
    return f"!{user_id}"


def is_open(plan: Plan) -> bool:
    """Whether everybody may see a request: its policy says so, and it came from and is decided in public channels."""
    return plan.visible == "everybody" and not plan.private_channels


def list_deciders(state: ApprovalState) -> tuple[str, ...]:
    """Who can decide the current stage, and who of them can not any more; nobody once the request has ended."""
    stage = policy.current_stage(state)
    if state.status != "pending" or stage is None:
        return ()
    limits = () if stage.delegates else (NO_DELEGATES,)
    barred = (bar(person.user_id) for person in policy.barred(state))
    return _fit((*_group_tokens(state, policy.approvers(state)), *limits, *barred))


def list_viewers(state: ApprovalState) -> tuple[str, ...]:
    """Who may see a request: whoever is involved in it, guests, too; and everybody, if it is for everybody.

    What no policy applies to is only for whoever asked.
    """
    request, plan = state.request, state.plan
    asked = tuple(person.user_id for person in (request.requester, *request.speakers))
    if plan is None:
        return _fit(asked)
    anybody = (EVERYBODY,) if is_open(plan) else ()
    groups = _group_tokens(state, _all_approvers(plan))
    return _fit((*anybody, *asked, *plan.private_channels, *groups, *_told(state, plan)))


def _all_approvers(plan: Plan) -> tuple[Approvers, ...]:
    later = (stage.escalation.approvers for stage in plan.stages if stage.escalation)
    return tuple(one for group in (*(stage.approvers for stage in plan.stages), *later) for one in group)


def _group_tokens(state: ApprovalState, groups: tuple[Approvers, ...]) -> tuple[str, ...]:
    """The groups' ids; for addresses, whose they are, as far as the roster knows."""
    ids = tuple(group.id for group in groups if group.kind != "email")
    if len(ids) == len(groups) or state.roster is None:
        return ids
    return (*ids, *(person.user_id for person in state.roster.people))


def _told(state: ApprovalState, plan: Plan) -> tuple[str, ...]:
    deciders = (person for one in state.decisions for person in (one.decided_by, one.on_behalf_of))
    return (*plan.tell_people, *(person.user_id for person in deciders if person))


def _fit(tokens: Iterable[str]) -> tuple[str, ...]:
    """The first tokens, as far as an attribute has room; more than a hundred people who are named one by one are not found."""
    kept: list[str] = []
    left = TOKENS_BYTES
    for token in dict.fromkeys(tokens):
        left -= len(token.encode()) + 3
        if left < 0:
            break
        kept.append(token)
    return tuple(kept)
