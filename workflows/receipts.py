"""Receipts: what an approval leaves as proof."""

from workflows.contracts import Decision, Outcome, Receipt, Vote


def write_receipt(outcome: Outcome) -> Receipt:
    """The receipt of an approval; comments stay with the approval, as they may be long."""
    return Receipt(
        approval_id=outcome.approval_id,
        digest=outcome.digest,
        policy=outcome.policy,
        votes=tuple(map(_write_vote, outcome.decisions)),
        grant=outcome.grant,
        decided_at=outcome.decided_at,
    )


def _write_vote(decision: Decision) -> Vote:
    return Vote(
        verdict=decision.verdict,
        decided_by=decision.decided_by,
        stage=decision.stage,
        on_behalf_of=decision.on_behalf_of,
        decided_at=decision.decided_at,
    )
