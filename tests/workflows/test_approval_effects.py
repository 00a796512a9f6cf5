"""Policies that ask nobody, and what decisions must come with: through the workflow, as a request meets them."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.factories import SECOND, build_plan, build_stage
from tests.harness import eventually
from tests.workflows.bench import Approval, Bench, scheduled
from tests.workflows.ports import DAY
from workflows import attributes
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Plan
from workflows.policy import Refusal


def quiet(**changes: Any) -> Plan:
    """A plan that asks nobody."""
    return build_plan(**{"policy": "tiny", "stages": ()} | changes)


async def override(approval: Approval, verdict: bool) -> None:  # noqa: FBT001 - the signal's own argument
    await approval.handle.signal(ApprovalWorkflow.approve, verdict)


@pytest.mark.parametrize(
    ("effect", "status", "reason"),
    [
        ("approve", "approved", "Approved by policy tiny: nobody had to be asked"),
        ("deny", "rejected", "Denied by policy tiny: nobody was asked"),
    ],
)
async def test_a_policy_may_decide_by_itself_and_it_is_recorded_like_any_outcome(
    bench: Bench, effect: str, status: str, reason: str
) -> None:
    bench.policy.plan = quiet(effect=effect)
    approval = await bench.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason, outcome.decisions) == (status, reason, ())
    assert [one.key for one in bench.slack.messages] == ["reply", "outcome-COUTCOMES"]
    assert bench.slack.messages[0].state.plan == bench.policy.plan
    found = await approval.handle.describe()
    assert found.typed_search_attributes.get(attributes.POLICY) == "tiny"
    assert await scheduled(approval.handle, "publish_state") == 1


@pytest.mark.parametrize("verdict", [True, False])
async def test_not_even_an_operator_approves_what_a_policy_denies(live: Bench, *, verdict: bool) -> None:
    """An override that comes before the policy is known has to wait for it, unless it rejects."""
    live.policy.plan = quiet(effect="deny", final=True)
    live.policy.resolved.clear()
    approval = await live.start()
    await override(approval, verdict)
    await approval.handle.query(ApprovalWorkflow.state)
    live.policy.resolved.set()
    outcome = await approval.outcome()
    assert outcome.status == "rejected"
    assert outcome.reason == ("Denied by policy tiny: nobody was asked" if verdict else "Operator override")


async def test_an_operator_s_early_approval_counts_when_the_policy_asks_people(live: Bench) -> None:
    live.policy.resolved.clear()
    approval = await live.start()
    await override(approval, verdict=True)
    assert (await approval.state()).status == "pending"
    live.policy.resolved.set()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("approved", "Operator override")


async def test_a_request_is_rejected_at_once_though_its_policy_cannot_be_found_out(live: Bench) -> None:
    live.policy.resolved.clear()
    approval = await live.start()
    await override(approval, verdict=False)
    assert (await approval.outcome()).status == "rejected"
    live.policy.resolved.set()


@pytest.mark.parametrize("effect", ["ask", "deny"])
async def test_a_shadow_lets_the_action_pass_and_shows_what_would_have_been_asked(
    bench: Bench, effect: str
) -> None:
    stages = (build_stage(quorum=2, deadline=DAY),) if effect == "ask" else ()
    bench.policy.plan = quiet(policy="trial", stages=stages, effect=effect, shadow=True)
    approval = await bench.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.decisions) == ("approved", ())
    assert outcome.reason == "Policy trial is in shadow mode: nobody was asked"
    (card,) = bench.slack.cards
    assert [one.status for one in card.states] == ["approved"]
    assert card.state.plan == bench.policy.plan
    assert bench.slack.queries == []


async def test_a_plan_that_asks_but_names_nobody_fails(bench: Bench) -> None:
    bench.policy.plan = quiet(effect="ask")
    outcome = await (await bench.start()).outcome()
    assert (outcome.status, outcome.reason) == ("failed", "Policy tiny names nobody who could decide")


@pytest.mark.parametrize(
    ("plan", "wrong", "right", "refusal"),
    [
        ({"comment_on": ("approve",)}, {"comment": "  "}, {"comment": "Checked."}, Refusal.COMMENT),
        ({"severity": "high"}, {"retyped": "2500"}, {"retyped": " 250 "}, Refusal.RETYPED),
        (
            {"severity": "high", "retype": "target"},
            {"retyped": "checking"},
            {"retyped": "savings"},
            Refusal.RETYPED,
        ),
    ],
)
async def test_a_decision_comes_with_what_its_plan_demands(
    live: Bench, plan: dict[str, Any], wrong: dict[str, Any], right: dict[str, Any], refusal: Refusal
) -> None:
    live.policy.plan = build_plan(stages=(build_stage(deadline=DAY),), **plan)
    approval = await live.ask()
    await approval.click(**wrong)
    await live.told()
    assert [one.sentence for one in live.slack.whispers] == [refusal]
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await approval.call(**wrong)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == refusal.name
    await approval.click(**right)
    assert (await approval.outcome()).approved


async def test_a_second_rejection_is_needed_where_the_stage_says_so(live: Bench) -> None:
    live.policy.plan = build_plan(stages=(build_stage(deadline=DAY, quorum=2, reject_quorum=2),))
    approval = await live.ask()
    await approval.click(verdict="reject")
    await eventually(lambda: live.slack.cards[0].state.decisions or None)
    assert (await approval.state()).status == "pending"
    await approval.click(SECOND, "reject", comment="Neither do I.")
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("rejected", "Neither do I.")


async def test_one_person_may_count_in_two_stages_where_the_policy_says_so(live: Bench) -> None:
    stages = (build_stage(deadline=DAY), build_stage(deadline=DAY))
    live.policy.plan = build_plan(stages=stages, distinct=False)
    approval = await live.ask()
    await approval.call()
    await approval.call(stage=1)
    assert (await approval.outcome()).approved


async def test_a_card_that_no_place_of_its_stage_will_have_fails(live: Bench) -> None:
    """The first stage's card is no help for the second."""
    live.policy.plan = build_plan(
        stages=(build_stage(deadline=DAY), build_stage(deadline=DAY, channel="CELSEWHERE"))
    )
    approval = await live.ask()
    live.slack.refuses = frozenset({"card"})
    await approval.call()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("failed", "card is refused")


async def test_cards_for_nobody_fail_with_a_sentence(live: Bench) -> None:
    live.policy.plan = build_plan(stages=(build_stage(deadline=DAY, card="direct"),))
    outcome = await (await live.start()).outcome()
    assert outcome.reason == "There is nobody whom its card could be sent to"
