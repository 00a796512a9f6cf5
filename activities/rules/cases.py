"""Cases written beside the policies: each is asked of the rulebook, and what differs is told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, cast

from activities.rules.explain import Explanation, explain
from activities.rules.matching import MatchError
from activities.rules.rulebook import Rulebook
from activities.rules.sources import CaseSource, ExpectSource
from workflows.contracts import ApprovalRequest, Person

TEAM = "T0CASES"
"""The made-up workspace of those who ask in cases."""


class CaseResult(NamedTuple):
    """A case tried: what differed from what it expects, and the policy that applied, if any."""

    name: str
    differences: tuple[str, ...]
    policy: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


def run_cases(rulebook: Rulebook) -> tuple[CaseResult, ...]:
    """All cases of a rulebook, tried in order."""
    return tuple(_run_case(rulebook, case) for case in rulebook.cases)


def _run_case(rulebook: Rulebook, case: CaseSource) -> CaseResult:
    now = case.at or datetime.now(UTC)
    try:
        explanation = explain(rulebook, build_request(case), frozenset(case.member_of), now)
    except MatchError as error:
        return CaseResult(case.name, (str(error),))
    return CaseResult(case.name, tuple(_compare(case.expect, explanation)), explanation.policy)


def build_request(case: CaseSource) -> ApprovalRequest:
    """The request that a case makes up."""
    return ApprovalRequest(
        action=case.action,
        title=case.title or case.action,
        arguments=case.args,
        requester=Person(team_id=TEAM, user_id=case.asker),
        agent=case.agent,
    )


def _compare(expect: ExpectSource, explanation: Explanation) -> Iterator[str]:
    """A sentence for each thing that differs, of those that are expected."""
    for key, found in _findings(explanation).items():
        wanted = getattr(expect, key)
        if wanted is not None and _comparable(key, wanted) != _comparable(key, found):
            yield f"{key} is {_show(found)}, not {_show(wanted)}"


def _findings(explanation: Explanation) -> dict[str, object]:
    plan = explanation.plan
    first = explanation.stages[0] if explanation.stages else None
    return {
        "policy": plan.policy,
        "effect": plan.effect,
        "stages": tuple(stage.name for stage in plan.stages),
        "approvers": tuple(one.id for one in first.stage.approvers) if first else (),
        "quorum": first.stage.quorum if first else None,
        "deadline": first.deadline if first else None,
        "severity": plan.severity,
        "shadow": plan.shadow,
    }


def _comparable(key: str, value: object) -> object:
    """Approvers may be written in any order."""
    return sorted(_words(value)) if key == "approvers" else value


def _words(value: object) -> tuple[str, ...]:
    return cast(tuple[str, ...], value)


def _show(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return (
        "none"
        if value in (None, ())
        else str(value)
        if isinstance(value, (str, int))
        else ", ".join(_words(value))
    )
