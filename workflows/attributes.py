"""Search attributes: what approvals can be found by in Temporal."""

from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from workflows.contracts import ApprovalState, Person

TEAM = SearchAttributeKey.for_keyword("CountersignTeam")
REQUESTER = SearchAttributeKey.for_keyword("CountersignRequester")
ACTION = SearchAttributeKey.for_keyword("CountersignAction")
POLICY = SearchAttributeKey.for_keyword("CountersignPolicy")
DEADLINE = SearchAttributeKey.for_datetime("CountersignDeadline")

ALL: tuple[SearchAttributeKey[str] | SearchAttributeKey[datetime], ...] = (
    TEAM,
    REQUESTER,
    ACTION,
    POLICY,
    DEADLINE,
)

KEYWORD_BYTES = 255
"""How long a keyword may be on every store that Temporal supports."""


def describe_key(key: SearchAttributeKey[str] | SearchAttributeKey[datetime]) -> str:
    """An attribute as Temporal's command line names it: `Name=Type`."""
    return f"{key.name}={'Datetime' if key is DEADLINE else 'Keyword'}"


def person_key(person: Person) -> str:
    """A person as one keyword."""
    return f"{person.team_id}/{person.user_id}"


def describe(state: ApprovalState) -> list[SearchAttributeUpdate[Any]]:
    """The attributes of an approval."""
    request, plan = state.request, state.plan
    updates: list[SearchAttributeUpdate[Any]] = [
        TEAM.value_set(request.requester.team_id),
        REQUESTER.value_set(person_key(request.requester)),
        ACTION.value_set(_keyword(request.action)),
    ]
    if plan:
        updates.append(POLICY.value_set(_keyword(plan.policy)))
    if state.deadline:
        updates.append(DEADLINE.value_set(state.deadline))
    return updates


def _keyword(text: str) -> str:
    return text.encode()[:KEYWORD_BYTES].decode(errors="ignore")
