"""Approvals and rules: one makes a rule, the next is approved by it, and without one people are asked as ever."""

from datetime import timedelta

from tests.factories import APPROVER, REQUESTER, build_plan, build_stage
from tests.harness import eventually
from tests.workflows.bench import Bench, scheduled
from tests.workflows.grantors import ALLOWED, WISH
from workflows.errands import UNMADE
from workflows.policy import Refusal

REMEMBERING = build_plan(remember=ALLOWED, team_id="T1")


async def make_rule(bench: Bench) -> None:
    bench.policy.plan = REMEMBERING
    approval = await bench.ask()
    await approval.click(remember=WISH)
    assert (await approval.outcome()).approved


async def test_an_approval_makes_a_rule_and_its_owner_is_told(bench: Bench) -> None:
    await make_rule(bench)
    assert [one.owner for one in bench.ports.grants.book.grants] == [APPROVER]
    assert [one.sentence for one in bench.slack.whispers] == ["The rule is made."]


async def test_a_request_like_it_is_approved_at_once_and_shown_without_buttons(bench: Bench) -> None:
    await make_rule(bench)
    approval = await bench.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.decisions) == ("approved", ())
    assert outcome.grant
    assert (outcome.grant.owner, outcome.grant.left) == (APPROVER, 1)
    assert [one.status for one in bench.slack.cards[1].states] == ["approved"]


async def test_it_is_shown_to_its_owner_where_cards_go_to_people_only(bench: Bench) -> None:
    stage = build_stage(card="direct")
    bench.policy.people = {stage.approvers[0].id: (APPROVER,)}
    await make_rule(bench)
    bench.policy.plan = REMEMBERING.model_copy(update={"stages": (stage,)})
    approval = await bench.start()
    await approval.outcome()
    assert [one.ref.channel_id for one in bench.slack.messages if one.key.startswith("card-")] == [
        "UAPPROVER"
    ]


async def test_without_a_rule_that_fits_people_are_asked(bench: Bench) -> None:
    await make_rule(bench)
    approval = await bench.ask(action="transfer_funds")
    assert bench.ports.grants.looks == 2
    await approval.click()
    outcome = await approval.outcome()
    assert outcome.approved
    assert outcome.grant is None


async def test_what_the_policy_lets_nobody_remember_is_not_even_looked_for(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.click()
    await approval.outcome()
    assert await scheduled(approval.handle, "use_grant") == 0
    assert bench.ports.grants.looks == 0


async def test_while_rules_cannot_be_read_people_are_asked(clock: Bench) -> None:
    await make_rule(clock)
    clock.ports.grants.away = True
    approval = await clock.start()
    await clock.skip(timedelta(seconds=15))
    await clock.card(1)
    assert (await approval.state()).status == "pending"
    await clock.settled(approval)
    await approval.click()
    assert (await approval.outcome()).grant is None


async def test_a_rule_that_cannot_be_made_for_long_is_told_and_the_approval_stands(clock: Bench) -> None:
    clock.policy.plan, clock.ports.grants.away = REMEMBERING, True
    approval = await clock.ask()
    await approval.click(remember=WISH)
    await eventually(lambda: clock.slack.cards[0].state.status == "approved" or None)
    await clock.skip(timedelta(minutes=31))
    assert (await approval.outcome()).approved
    assert [one.sentence for one in clock.slack.whispers] == [UNMADE]


async def test_who_may_not_approve_makes_no_rule(bench: Bench) -> None:
    bench.policy.plan = REMEMBERING
    approval = await bench.ask()
    await approval.click(REQUESTER, remember=WISH)
    await bench.told()
    assert [one.sentence for one in bench.slack.whispers] == [Refusal.REQUESTER]
    assert bench.ports.grants.book.grants == ()
    await approval.click()
    await approval.outcome()
