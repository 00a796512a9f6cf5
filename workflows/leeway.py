"""Whether one approval may stand for later requests under a plan: a pure function, asked when a rule is made and used."""

from workflows.contracts import Plan, Severity

_RANKS: tuple[Severity, ...] = ("low", "medium", "high")


def can_remember(plan: Plan) -> bool:
    """Whether a plan lets an approval stand for later requests.

    Only where one person's approval is enough: one person's rule must not stand for two people. And not where approvers
    have to say why, as a rule cannot.
    """
    allowed = plan.remember
    if allowed is None or plan.effect != "ask" or plan.shadow or "approve" in plan.comment_on:
        return False
    alone = len(plan.stages) == 1 and plan.stages[0].quorum == 1
    return alone and _RANKS.index(plan.severity) <= _RANKS.index(allowed.severity)
