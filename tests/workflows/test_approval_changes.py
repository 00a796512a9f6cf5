"""Changes at work: a new card, a second person, and exactly the changed call, once."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.factories import APPROVER, HOUR, REQUESTER, SECOND, build_person, build_request, build_stage
from tests.harness import eventually
from tests.workflows.bench import Approval, Bench, scheduled
from tests.workflows.ports import DAY, Call, transfer
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState, Approvers, Escalation, Reminders
from workflows.digest import digest
from workflows.policy import Refusal
from workflows.titles import make_title

OUTSIDER = build_person("UOUTSIDER")
ARGUMENTS: dict[str, JsonValue] = dict(build_request().arguments)
LESS = ARGUMENTS | {"amount": 200}
PARAMETERS: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"amount": {"type": "number", "maximum": 1_000}, "source": {"type": "string"}},
    "required": ["amount", "source"],
}
SECONDS = timedelta(seconds=1)
HEAD = Approvers(kind="user", id="UHEAD")


def exact(arguments: dict[str, JsonValue]) -> str:
    return digest("transfer_money", arguments)


def let(bench: Bench, change: str, **changes: Any) -> None:
    """Let approvers change what is asked."""
    bench.policy.plan = bench.policy.plan.model_copy(update={"change": change, **changes})


async def ask(bench: Bench, change: str = "second", **changes: Any) -> Approval:
    let(bench, change)
    return await bench.ask(parameters=PARAMETERS, **changes)


async def sentences(bench: Bench, count: int = 1) -> list[str]:
    await bench.told(count)
    return [whisper.sentence for whisper in bench.slack.whispers]


async def changed(bench: Bench) -> ApprovalState:
    """What the card shows once it is of the changed request; the workflow is asked nothing while it is at work."""
    card = bench.slack.cards[0]
    return await eventually(lambda: card.state if card.state.amendments else None)


async def test_a_change_makes_another_card_that_a_second_person_approves(live: Bench) -> None:
    approval = await ask(live, title=make_title("transfer_money", ARGUMENTS))
    await approval.click(arguments=LESS, comment="Less")
    shown = await changed(live)
    assert (shown.digest, shown.request.arguments, shown.status) == (exact(LESS), LESS, "pending")
    assert "200" in shown.request.title
    await approval.click(SECOND, digest=exact(LESS))
    outcome = await approval.outcome()
    assert (outcome.status, outcome.digest, outcome.arguments) == ("approved", exact(LESS), LESS)
    assert [one.decided_by for one in outcome.decisions] == [SECOND]
    assert live.slack.whispers == []
    assert [request.arguments for request in live.policy.checks] == [LESS]


async def test_alone_a_change_approves_at_once(bench: Bench) -> None:
    approval = await ask(bench, "alone")
    await approval.click(arguments=LESS)
    outcome = await approval.outcome()
    assert (outcome.status, outcome.digest, outcome.arguments) == ("approved", exact(LESS), LESS)


async def test_what_nobody_changed_has_no_other_arguments(bench: Bench) -> None:
    approval = await ask(bench)
    await approval.click(arguments=ARGUMENTS)
    outcome = await approval.outcome()
    assert (outcome.status, outcome.digest, outcome.arguments) == ("approved", exact(ARGUMENTS), None)
    assert bench.policy.checks == []


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"arguments": ARGUMENTS | {"amount": 2_000}}, Refusal.UNFIT),
        ({"arguments": ARGUMENTS | {"amount": "all of it"}}, Refusal.UNFIT),
        ({"arguments": {}}, Refusal.UNFIT),
        ({"arguments": LESS, "verdict": "reject"}, Refusal.UNCHANGEABLE),
        ({"arguments": LESS, "person": REQUESTER}, Refusal.REQUESTER),
        ({"arguments": LESS, "person": OUTSIDER}, Refusal.OUTSIDER),
        ({"arguments": LESS, "digest": exact(LESS)}, Refusal.STALE),
    ],
)
async def test_what_is_no_change_is_answered_and_decides_nothing(
    live: Bench, wanted: dict[str, Any], refusal: Refusal
) -> None:
    approval = await ask(live, "alone")
    await approval.click(**wanted)
    assert await sentences(live) == [refusal]
    state = await approval.state()
    assert (state.digest, state.amendments, state.decisions) == (exact(ARGUMENTS), (), ())
    await approval.click()
    assert (await approval.outcome()).arguments is None


async def test_what_has_no_schema_cannot_be_changed(live: Bench) -> None:
    let(live, "alone")
    approval = await live.ask()
    await approval.click(arguments=LESS)
    assert await sentences(live) == [Refusal.UNFIT]
    await approval.click()
    assert (await approval.outcome()).arguments is None


@pytest.mark.parametrize("applies", ["strict", ""])
async def test_what_another_policy_would_apply_to_is_not_these_people_s_to_approve(
    live: Bench, applies: str
) -> None:
    """Or whoever may approve little could make it much."""
    approval = await ask(live, "alone")
    live.policy.applies = applies
    await approval.click(arguments=LESS)
    assert await sentences(live) == [Refusal.OTHER_POLICY]
    assert (await approval.state()).amendments == ()
    await approval.click()
    assert (await approval.outcome()).arguments is None


async def test_a_caller_learns_at_once_what_came_of_a_change(live: Bench) -> None:
    approval = await ask(live)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await approval.call(arguments=ARGUMENTS | {"amount": 2_000})
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "UNFIT"
    state = await approval.call(arguments=LESS)
    assert (state.status, state.digest) == ("pending", exact(LESS))
    with pytest.raises(WorkflowUpdateFailedError) as own:
        await approval.call(digest=exact(LESS))
    assert isinstance(own.value.cause, ApplicationError)
    assert own.value.cause.type == "CHANGED"
    assert (await approval.call(SECOND, digest=exact(LESS))).status == "approved"


async def test_a_change_that_is_delivered_again_changes_nothing_more(live: Bench) -> None:
    approval = await ask(live)
    again = await approval.click(arguments=LESS)
    await changed(live)
    await approval.handle.signal(ApprovalWorkflow.decide, again)
    await approval.click(SECOND, digest=exact(LESS))
    outcome = await approval.outcome()
    assert (outcome.arguments, len(outcome.decisions)) == (LESS, 1)
    assert live.slack.whispers == []


async def test_a_click_on_the_card_as_it_was_is_stale(live: Bench) -> None:
    approval = await ask(live)
    await approval.click(arguments=LESS)
    await changed(live)
    await approval.click(SECOND)
    await approval.click(SECOND, arguments=ARGUMENTS | {"amount": 1})
    await approval.click(SECOND, "reject")
    assert await sentences(live, 3) == [Refusal.STALE] * 3
    assert (await approval.state()).status == "pending"
    await approval.click(SECOND, digest=exact(LESS))
    assert (await approval.outcome()).arguments == LESS


async def test_two_changes_at_once_are_one_and_a_stale_one(live: Bench) -> None:
    approval = await ask(live)
    live.policy.checked.clear()
    await approval.click(arguments=LESS)
    await approval.click(SECOND, arguments=ARGUMENTS | {"amount": 1})
    await eventually(lambda: len(live.policy.checks) >= 2 or None)
    live.policy.checked.set()
    await changed(live)
    assert await sentences(live) == [Refusal.STALE]


async def test_old_approvals_do_not_count_for_what_was_changed(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await ask(live)
    await approval.call(SECOND)
    await approval.call(arguments=LESS)
    state = await approval.call(SECOND, digest=exact(LESS))
    assert (state.status, len(state.decisions)) == ("pending", 2)
    await approval.click(digest=exact(LESS))
    assert await sentences(live) == [Refusal.CHANGED]
    await approval.cancel(REQUESTER)
    outcome = await approval.outcome()
    assert outcome.status == "cancelled"


async def test_a_request_that_ends_while_a_change_is_looked_into_is_not_changed(live: Bench) -> None:
    approval = await ask(live, "alone")
    live.policy.checked.clear()
    await approval.click(arguments=LESS)
    await eventually(lambda: live.policy.checks or None)
    await approval.click(SECOND)
    outcome = await approval.outcome()
    live.policy.checked.set()
    assert (outcome.arguments, outcome.digest) == (None, exact(ARGUMENTS))
    assert await sentences(live) == [Refusal.APPROVED]


async def test_who_may_not_decide_any_more_once_a_change_was_looked_into_changes_nothing(live: Bench) -> None:
    escalation = Escalation(approvers=(HEAD,), after=SECONDS, replace=True)
    live.policy.plan = live.policy.plan.model_copy(update={"stages": (build_stage(escalation=escalation),)})
    approval = await ask(live, "alone")
    live.policy.checked.clear()
    await approval.click(arguments=LESS)
    await eventually(lambda: live.policy.openings or None)
    live.slack.standings[APPROVER.user_id] = "outsider"
    live.policy.checked.set()
    assert await sentences(live) == [Refusal.OUTSIDER]
    assert [query.approvers for query in live.slack.queries][-1] == (HEAD,)


async def test_a_stage_that_opens_while_it_is_changed_opens_anew(live: Bench) -> None:
    """What was found out before holds for other people, and its time is not the new request's."""
    reminders = Reminders(first=SECONDS, longest=DAY)
    live.policy.plan = live.policy.plan.model_copy(
        update={"stages": (build_stage(deadline=DAY, reminders=reminders),)}
    )
    approval = await ask(live)
    live.policy.opened.clear()
    await eventually(lambda: live.policy.openings or None)
    await approval.click(arguments=LESS)
    await eventually(lambda: live.policy.openings >= 2 or None)
    live.policy.opened.set()
    state = await changed(live)
    assert state.deadline
    assert state.deadline >= state.amendments[0].changed_at + DAY
    assert APPROVER in live.policy.queries[-1].barred


async def test_reminders_of_what_was_changed_are_told_anew(clock: Bench) -> None:
    reminders = Reminders(first=HOUR, longest=HOUR, times=1)
    stage = build_stage(deadline=DAY, reminders=reminders)
    clock.policy.plan = clock.policy.plan.model_copy(update={"stages": (stage,)})
    approval = await ask(clock)
    await clock.skip(2 * HOUR)
    await eventually(lambda: clock.slack.shown("reminder-0-1-card") or None)
    await approval.call(arguments=LESS)
    await changed(clock)
    await clock.skip(2 * HOUR)
    await eventually(lambda: clock.slack.shown("reminder-1.0-1-card") or None)
    await clock.skip(23 * HOUR)
    assert (await approval.outcome()).status == "expired"


async def test_an_outage_of_what_says_which_policy_applies_loses_no_change(live: Bench) -> None:
    approval = await ask(live, "alone")
    live.policy.error = ApplicationError("Slack could not be reached.", type="unreachable")
    await approval.click(arguments=LESS)
    await eventually(lambda: len(live.policy.checks) >= 2 or None)
    live.policy.error = None
    assert (await approval.outcome()).arguments == LESS


# With an agent


async def test_exactly_the_changed_call_runs_once_without_another_request(live: Bench) -> None:
    let(live, "second")
    live.model.tape = [[transfer(250)], [transfer(200)], "Done."]
    handle = await live.hear("go")
    approval = await live.find()
    await approval.call(arguments=LESS, comment="Less will do")
    await approval.call(SECOND, digest=exact(LESS), comment="Fine by me")
    await live.reply()
    (done,) = live.ledger.transfers
    assert (done.arguments["amount"], done.receipt.approval_id) == (200, approval.handle.id)
    assert done.receipt.digest == digest("transfer_money", done.arguments) == exact(LESS)
    assert await scheduled(handle, "transfer_money") == 1
    assert len(live.slack.cards) == 1
    told, moved = live.model.outputs()
    assert "Not done as asked" in told
    assert '"amount": 200' in told
    assert "Fine by me" in told
    assert moved.startswith("Moved 200")


@pytest.mark.parametrize("amount", [250, 201])
async def test_any_other_call_is_asked_about_anew(live: Bench, amount: int) -> None:
    """The one that was made at first, too."""
    let(live, "alone")
    live.model.tape = [[transfer(250)], [transfer(amount)], "Done."]
    handle = await live.hear("go")
    await (await live.find()).click(arguments=LESS)
    await (await live.find(1)).click(verdict="reject")
    await live.reply()
    assert await scheduled(handle, "transfer_money") == 0
    assert live.ledger.transfers == []


@pytest.mark.parametrize("together", [True, False])
async def test_the_changed_call_passes_once(live: Bench, *, together: bool) -> None:
    let(live, "alone")
    twice = [[transfer(200), transfer(200)]] if together else [[transfer(200)], [transfer(200)]]
    live.model.tape = [[transfer(250)], *twice, "Done."]
    handle = await live.hear("go")
    await (await live.find()).click(arguments=LESS)
    await (await live.find(1)).click(verdict="reject")
    await live.reply()
    assert await scheduled(handle, "transfer_money") == 1
    assert live.ledger.amounts == [200]


async def test_what_passes_does_so_in_the_same_turn_only(live: Bench) -> None:
    let(live, "alone")
    live.model.tape = [[transfer(250)], "Later.", [transfer(200)], "Done."]
    handle = await live.hear("go")
    await (await live.find()).click(arguments=LESS)
    await live.reply()
    await live.hear("and now")
    await (await live.find(1)).click(verdict="reject")
    await live.reply(1)
    assert await scheduled(handle, "transfer_money") == 0


async def test_a_denied_change_has_no_effect(live: Bench) -> None:
    let(live, "second")
    live.model.tape = [[transfer(250)], "Understood."]
    handle = await live.hear("go")
    approval = await live.find()
    await approval.call(arguments=LESS)
    await approval.call(SECOND, "reject", digest=exact(LESS))
    await live.reply()
    assert await scheduled(handle, "transfer_money") == 0
    assert "Not approved (rejected)" in live.model.outputs()[0]


async def test_a_confirmation_cannot_be_made_another(live: Bench) -> None:
    """The agent would read the approval of something else as its own."""
    let(live, "alone")
    live.model.tape = [[Call("wait_for_confirmation", '{"action": "Close the account."}')], "Done."]
    await live.hear("go")
    approval = await live.find()
    await approval.click(arguments={"action": "Close nothing."})
    assert await sentences(live) == [Refusal.UNFIT]
    await approval.click(verdict="reject")
    await live.reply()
    assert "Not approved" in live.model.outputs()[0]
