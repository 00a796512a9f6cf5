"""How approvals end when nobody approves: in time, by withdrawal, or because something cannot be."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from bot.server import find_binary
from tests.factories import APPROVER, REQUESTER, SPEAKER, build_decision, build_person
from tests.harness import PATIENCE, eventually
from tests.workflows.bench import Approval, Bench
from tests.workflows.ports import transfer
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Outcome
from workflows.policy import Refusal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
UNREADABLE: list[object] = [
    {},
    [],
    None,
    "yes",
    {"verdict": "approve"},
    {"verdict": "maybe", "decided_by": None},
]


def raw(value: object) -> RawValue:
    """A payload as any client in any language may send it."""
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode()))


async def test_nobody_deciding_for_a_day_does_not_approve(clock: Bench) -> None:
    approval = await clock.ask()
    await clock.skip(23 * HOUR)
    assert (await approval.state()).status == "pending"
    await clock.skip(2 * HOUR)
    outcome = await approval.outcome()
    assert (outcome.status, outcome.approved, outcome.decisions) == ("expired", False, ())
    assert outcome.reason
    assert [state.status for state in clock.slack.cards[0].states] == ["pending", "expired"]
    assert [message.key for message in clock.slack.messages] == [
        "card",
        "asked",
        "reply",
        "outcome-COUTCOMES",
    ]


async def test_a_decision_still_being_checked_at_the_deadline_does_not_count(clock: Bench) -> None:
    approval = await clock.ask()
    await clock.skip(23 * HOUR)
    clock.slack.away = True
    await approval.click()
    await clock.checked(2)
    await clock.skip(HOUR + MINUTE)
    clock.slack.away = False
    await clock.skip(5 * MINUTE)
    outcome = await approval.outcome()
    assert (outcome.status, outcome.decisions) == ("expired", ())
    assert [(one.person, one.sentence) for one in clock.slack.whispers] == [(APPROVER, Refusal.EXPIRED)]
    assert [card.state.status for card in clock.slack.cards] == ["expired"]


@pytest.mark.parametrize("person", [REQUESTER, None], ids=["requester", "operator"])
async def test_the_requester_or_an_operator_withdraws(bench: Bench, person: Any) -> None:
    approval = await bench.ask()
    await approval.cancel(person, "No longer needed")
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("cancelled", "No longer needed")
    assert bench.slack.cards[0].state.status == "cancelled"


@pytest.mark.parametrize(
    "person", [APPROVER, SPEAKER, build_person("UOUTSIDER")], ids=lambda one: one.user_id
)
async def test_nobody_else_withdraws(bench: Bench, person: Any) -> None:
    approval = await bench.ask(speakers=(SPEAKER,))
    await approval.cancel(person, "Mine")
    await approval.click()
    assert (await approval.outcome()).approved


@pytest.mark.parametrize("word", ["no", "yes", "true", 1, 0, None, {}, [True]], ids=repr)
async def test_an_override_that_is_no_yes_or_no_is_ignored(bench: Bench, word: object) -> None:
    approval = await bench.ask()
    await approval.handle.signal("approve", raw(word))
    assert (await approval.state()).status == "pending"
    await approval.click()
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [APPROVER]


@pytest.mark.parametrize("word", UNREADABLE, ids=repr)
async def test_a_decision_that_cannot_be_read_is_ignored(bench: Bench, word: object) -> None:
    approval = await bench.ask()
    await approval.handle.signal("decide", raw(word))
    assert (await approval.state()).status == "pending"
    await approval.click()
    assert (await approval.outcome()).approved


@pytest.mark.parametrize("signal", ["approve", "decide", "cancel"])
async def test_a_signal_without_its_input_is_ignored(bench: Bench, signal: str) -> None:
    """Temporal's own command line sends one when --input is forgotten."""
    approval = await bench.ask()
    await approval.handle.signal(signal)
    assert (await approval.state()).status == "pending"
    await approval.click()
    assert (await approval.outcome()).approved


async def test_a_decision_of_a_newer_client_is_read_without_what_is_unknown(bench: Bench) -> None:
    approval = await bench.ask()
    decision = approval.decision().model_dump(mode="json")
    await approval.handle.signal("decide", raw(decision | {"mood": "sunny"}))
    assert (await approval.outcome()).approved


@pytest.mark.parametrize("start", [{}, {"action": "pay"}, None, "pay", [1]], ids=repr)
async def test_a_request_that_cannot_be_read_fails_clearly(live: Bench, start: object) -> None:
    handle = await live.client.start_workflow(
        "ApprovalWorkflow", raw(start), id=f"approval-{live.queue}", task_queue=live.queue
    )
    with pytest.raises(WorkflowFailureError):
        await ended(handle)


async def ended(handle: WorkflowHandle[Any, Any]) -> Any:
    """The result of a workflow that should need only a moment to end."""
    async with asyncio.timeout(5):
        return await handle.result()


@pytest.mark.parametrize("number", [str(2**53 + 1), "1e400", "NaN"])
async def test_a_number_that_cannot_be_written_down_fails_in_a_sentence(live: Bench, number: str) -> None:
    request = {
        "action": "pay",
        "title": "Pay",
        "arguments": {"amount": "HOLE"},
        "requester": REQUESTER.model_dump(),
    }
    data = json.dumps(request).replace('"HOLE"', number).encode()
    payload = RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data))
    handle = await live.client.start_workflow(
        "ApprovalWorkflow",
        payload,
        id=f"approval-{live.queue}",
        task_queue=live.queue,
        result_type=Outcome,
    )
    outcome = await ended(handle)
    assert outcome.status == "failed"
    assert outcome.reason.startswith("The arguments of pay cannot be written down exactly")
    assert live.slack.cards == []


async def test_an_undigestible_request_with_a_thread_is_told_there(bench: Bench) -> None:
    approval = await bench.start(arguments={"amount": 2**60})
    assert (await approval.outcome()).status == "failed"
    assert [message.key for message in bench.slack.messages] == ["reply"]


async def test_a_policy_that_cannot_be_resolved_fails_in_a_sentence(bench: Bench) -> None:
    bench.policy.error = ApplicationError("No policy fits.", non_retryable=True)
    approval = await bench.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("failed", "No policy could be applied: No policy fits.")
    assert [message.key for message in bench.slack.messages] == ["reply"]


async def test_a_policy_that_needs_slack_to_be_resolved_waits_for_it(clock: Bench) -> None:
    clock.policy.error = ApplicationError("Slack is away.")
    approval = await clock.start()
    await clock.skip(5 * HOUR)
    assert (await approval.state()).status == "pending"
    clock.policy.error = None
    await clock.skip(HOUR)
    await clock.settled(approval)
    await approval.click()
    assert (await approval.outcome()).approved


async def test_a_policy_that_cannot_be_resolved_for_a_day_fails_in_a_sentence(clock: Bench) -> None:
    clock.policy.error = ApplicationError("Slack is away.")
    approval = await clock.start()
    await clock.skip(25 * HOUR)
    outcome = await approval.outcome()
    assert outcome.status == "failed"
    assert outcome.reason.startswith("No policy could be applied: ")


async def test_a_click_that_waits_for_a_policy_which_never_comes_does_not_hang(bench: Bench) -> None:
    bench.policy.error = ApplicationError("The policy file is unreadable.", non_retryable=True)
    bench.policy.resolved.clear()
    approval = await bench.start()
    await approval.click()
    bench.policy.resolved.set()
    assert (await approval.outcome()).status == "failed"


async def test_a_card_that_slack_will_never_have_fails_and_the_requester_is_told(bench: Bench) -> None:
    bench.slack.refuses = frozenset({"card"})
    approval = await bench.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("failed", "card is refused")
    assert [message.key for message in bench.slack.messages] == ["asked", "reply", "outcome-COUTCOMES"]
    assert bench.slack.shown("reply")[0].state.reason == "card is refused"


async def test_a_requester_s_thread_that_slack_refuses_harms_nothing(bench: Bench) -> None:
    bench.slack.refuses = frozenset({"asked", "reply"})
    approval = await bench.ask()
    await approval.click()
    assert (await approval.outcome()).approved
    assert bench.slack.cards[0].state.status == "approved"


async def test_a_membership_that_slack_will_never_tell_refuses(bench: Bench) -> None:
    bench.slack.check_refused = True
    approval = await bench.ask()
    await approval.click()
    await bench.told()
    await approval.cancel()
    await approval.outcome()
    assert [one.sentence for one in bench.slack.whispers] == [Refusal.UNKNOWN]


async def test_the_command_line_of_temporal_approves(live: Bench) -> None:
    approval = await live.ask()
    await signal_by_hand(live, approval, "approve", "true")
    outcome = await approval.outcome()
    assert (outcome.status, [one.decided_by for one in outcome.decisions]) == ("approved", [None])
    assert live.slack.cards[0].state.status == "approved"


async def test_the_command_line_of_temporal_decides_for_a_person(live: Bench) -> None:
    approval = await live.ask()
    decision = approval.decision(verdict="reject", via="api")
    await signal_by_hand(live, approval, "decide", decision.model_dump_json())
    assert (await approval.outcome()).status == "rejected"


async def signal_by_hand(bench: Bench, approval: Approval, name: str, value: str) -> None:
    """What an operator types."""
    process = await asyncio.create_subprocess_exec(
        find_binary(), "workflow", "signal", "--address", bench.client.service_client.config.target_host,
        "--workflow-id", approval.handle.id, "--name", name, "--input", value,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


async def test_a_cancelled_parent_withdraws_its_approval(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)]]
    parent = await talks.hear("go")
    approval = await talks.find()
    await parent.cancel()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.approved) == ("cancelled", False)
    assert [card.state.status for card in talks.slack.cards] == ["cancelled"]
    with pytest.raises(WorkflowFailureError):
        await ended(parent)
    assert talks.ledger.transfers == []


async def test_a_terminated_parent_leaves_no_live_buttons(live: Bench) -> None:
    live.model.tape = [[transfer(250)]]
    parent = await live.hear("go")
    approval = await live.find()
    await parent.terminate("gone")
    assert (await approval.outcome()).status == "cancelled"
    assert [card.state.status for card in live.slack.cards] == ["cancelled"]
    assert live.ledger.transfers == []


async def test_a_terminated_approval_is_a_failure_to_its_parent(live: Bench) -> None:
    live.model.tape = [[transfer(250)], "So be it."]
    await live.hear("go")
    approval = await live.find()
    await approval.handle.terminate("by an operator")
    assert await live.reply() == "So be it."
    assert "Not approved (failed)" in live.model.outputs()[0]
    assert "terminated" in live.model.outputs()[0].lower()
    assert live.ledger.transfers == []


async def test_a_cancelled_approval_of_its_own_closes_its_card(live: Bench) -> None:
    approval = await live.ask()
    live.slack.posts.clear()
    await approval.handle.cancel()
    await live.published(2)
    await approval.handle.cancel()
    live.slack.posts.set()
    assert (await approval.outcome()).status == "cancelled"
    assert live.slack.cards[0].state.status == "cancelled"


async def test_a_decision_after_the_end_is_refused_by_the_server(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.click()
    await approval.outcome()
    state = await approval.state()
    with pytest.raises(Exception, match=r"(?i)completed"):
        await approval.handle.signal(ApprovalWorkflow.decide, build_decision(state, event_id="late"))
    await eventually(lambda: bench.slack.cards[0].state.status == "approved" or None)
