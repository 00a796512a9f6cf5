"""Histories stay bounded: approvals and conversations continue as new, and lose nothing on the way."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bot.server import embedded_server
from tests.factories import APPROVER, REQUESTER, SECOND, build_person, build_plan, build_stage
from tests.harness import PATIENCE, eventually, eventually_read
from tests.ports import free_port
from tests.workflows.bench import ASKER, Approval, Bench, build_replayer, open_bench
from tests.workflows.ports import transfer
from tests.workflows.test_burst import build_batch, build_row
from workflows.batch import BatchWorkflow
from workflows.case import SUMMARY_MEMO
from workflows.contracts import Reminders, Summary, Whisper
from workflows.policy import Refusal

LIMIT = 200
BATCH = 100
REPORTS = 250
OUTSIDER = build_person("UOUTSIDER")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """A dev server that asks for a new run early."""
    extra = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LIMIT}")
    async with embedded_server(tmp_path_factory.mktemp("short"), free_port(), None, extra) as address:
        yield address


@pytest.fixture
async def short(short_address: str) -> AsyncGenerator[Bench]:
    async with open_bench(short_address, asyncio.sleep, cached=100) as one:  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no time passes here
        yield one


async def runs(bench: Bench, handle: WorkflowHandle[Any, Any]) -> list[WorkflowHistory]:
    """The histories of all runs of a workflow, oldest first; each of them replays."""
    found: list[WorkflowHistory] = []
    run_id = handle.first_execution_run_id or ""
    while run_id:
        history = await bench.client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        await build_replayer().replay_workflow(history)
        found.append(history)
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


async def flood(approval: Approval, count: int) -> None:
    """Decisions that do not count, every other one a repetition."""
    for start in range(0, count, BATCH):
        await asyncio.gather(
            *(
                approval.click(REQUESTER, via="api", event_id=f"flood-{number // 2}")
                for number in range(start, start + BATCH)
            )
        )


async def move(approval: Approval) -> None:
    """Repeat one decision that does not count, each time once it is dealt with, until there is a new run."""
    before = (await approval.handle.describe()).run_id
    while (await approval.handle.describe()).run_id == before:
        await asyncio.gather(
            *(approval.click(REQUESTER, via="api", event_id="again") for _ in range(LIMIT // 10))
        )
        await approval.state()


async def test_changes_and_what_was_decided_before_them_are_carried_along(short: Bench) -> None:
    short.policy.plan = short.policy.quorum(2).model_copy(update={"change": "second"})
    approval = await short.ask(parameters={"type": "object"})
    less = approval.request.arguments | {"amount": 200}
    await approval.call(SECOND)
    await approval.call(arguments=less)
    await eventually(lambda: short.slack.cards[0].state.amendments or None)
    before = await approval.state()
    await move(approval)
    after = await approval.state()
    assert (after.amendments, after.decisions, after.request, after.digest) == (
        before.amendments,
        before.decisions,
        before.request,
        before.digest,
    )
    await approval.click(digest=after.digest)
    assert [whisper.sentence for whisper in await whispers(short)] == [Refusal.CHANGED]
    short.slack.standings["UTHIRD"] = "member"
    for person in (SECOND, build_person("UTHIRD")):
        await approval.click(person, digest=after.digest)
    outcome = await approval.outcome()
    assert (outcome.status, outcome.arguments) == ("approved", less)


async def whispers(bench: Bench) -> list[Whisper]:
    await bench.told()
    return bench.slack.whispers


async def test_a_flood_of_decisions_keeps_history_bounded_and_loses_nothing(short: Bench) -> None:
    approval = await short.ask()
    opened = await approval.until(lambda state: state.cards)
    await flood(approval, 1_000)
    await approval.click(OUTSIDER)
    await short.told()
    state = await approval.state()
    assert (state.status, state.deadline, state.cards) == ("pending", opened.deadline, opened.cards)
    await approval.click()
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [APPROVER]
    histories = await runs(short, approval.handle)
    assert len(histories) > 1
    assert max(len(history.events) for history in histories) < LIMIT + 10 * BATCH
    assert [(card.state.status, card.ref) for card in short.slack.cards] == [("approved", opened.cards[0])]
    assert [(one.person, one.sentence) for one in short.slack.whispers] == [(OUTSIDER, Refusal.OUTSIDER)]


async def test_a_decision_under_way_is_carried_into_the_new_run(short: Bench) -> None:
    approval = await short.ask()
    short.slack.checks.clear()
    await approval.click()
    await short.checked()
    await move(approval)
    short.slack.checks.set()
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [APPROVER]
    assert len(short.slack.cards) == 1
    assert short.slack.told == []


async def test_whoever_may_not_withdraw_is_told_before_the_new_run(short: Bench) -> None:
    approval = await short.ask()
    await approval.until(lambda state: state.cards)
    short.slack.whispering.clear()
    await approval.cancel(OUTSIDER, via="slack")
    moving = asyncio.create_task(move(approval))
    await flood(approval, LIMIT)
    short.slack.whispering.set()
    await moving
    assert await short.told() == [OUTSIDER.user_id]
    await approval.click()
    assert (await approval.outcome()).approved


async def test_the_row_of_a_list_is_carried_into_the_new_run(short: Bench) -> None:
    approval = await short.ask()
    await move(approval)
    row = await (await approval.handle.describe()).memo_value(SUMMARY_MEMO, type_hint=Summary)
    state = await approval.state()
    assert (row.title, row.opened_at) == (state.request.title, state.opened_at)
    await approval.click()
    assert (await approval.outcome()).approved


async def test_a_call_under_way_is_told_to_come_again_and_counts_all_the_same(short: Bench) -> None:
    approval = await short.ask()
    short.slack.checks.clear()
    call = asyncio.create_task(approval.call(event_id="one"))
    await short.checked()
    await move(approval)
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await call
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "MOVED"
    short.slack.checks.set()
    assert len((await approval.outcome()).decisions) == 1


async def test_what_was_answered_before_the_new_run_is_not_answered_again(short: Bench) -> None:
    approval = await short.ask()
    await move(approval)
    click = await approval.click(OUTSIDER)
    await short.told()
    await approval.state()
    await move(approval)
    await approval.click(OUTSIDER, event_id=click.event_id)
    await approval.click()
    await approval.outcome()
    assert short.slack.told == [OUTSIDER.user_id]


async def test_a_long_conversation_takes_everything_along(short: Bench) -> None:
    short.model.tape = [f"answer {number}" for number in range(40)]
    handle = await short.hear("message 0", OUTSIDER, event_id="event-0")
    for number in range(1, 40):
        await short.hear(f"message {number}", event_id=f"event-{number}")
    await eventually(lambda: len(short.slack.replies) == 40 or None)
    assert [reply.text for reply in short.slack.replies] == [f"answer {number}" for number in range(40)]
    assert len(await runs(short, handle)) > 1
    await short.hear("message 0", OUTSIDER, event_id="event-0")
    short.model.tape = [[transfer(5)], "Done."]
    await short.hear("transfer", ASKER)
    approval = await short.find()
    assert approval.request.speakers == (OUTSIDER,)
    texts = [item["content"] for item in short.model.heard[-1] if item.get("role") == "user"]
    assert texts == [f"message {number}" for number in range(40)] + ["transfer"]
    await approval.click()
    assert await short.reply(40) == "Done."


async def test_a_stage_that_waits_to_be_opened_goes_on_in_the_next_run(short: Bench) -> None:
    short.policy.plan = short.policy.quorum(1, 1)
    approval = await short.ask()
    short.policy.opened.clear()
    await approval.call()
    await move(approval)
    short.policy.opened.set()
    state = await approval.until(lambda one: one.roster)
    assert (state.stage, state.status) == (1, "pending")
    assert state.deadline
    await approval.click(SECOND, stage=1)
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [APPROVER, SECOND]
    assert len(await runs(short, approval.handle)) >= 2


async def test_what_was_said_in_the_thread_is_not_said_again_in_the_next_run(short: Bench) -> None:
    second = timedelta(seconds=1)
    short.policy.plan = build_plan(
        stages=(build_stage(reminders=Reminders(first=second, longest=second, times=1)),)
    )
    approval = await short.ask()
    await eventually(lambda: short.slack.shown("reminder-0-1-card") or None)
    await move(approval)
    await approval.click()
    assert (await approval.outcome()).approved
    assert [one.key for one in short.slack.messages].count("reminder-0-1-card") == 1
    assert len(short.slack.cards) == 1


async def test_a_question_under_way_is_carried_into_the_new_run_and_asked_once(short: Bench) -> None:
    approval = await short.ask()
    short.slack.checks.clear()
    await approval.question()
    await short.checked()
    await move(approval)
    short.slack.checks.set()
    await eventually(lambda: short.slack.shown("question-0") or None)
    state = await approval.state()
    assert [one.number for one in state.questions] == [0]
    await approval.click()
    assert (await approval.outcome()).approved
    assert len(short.slack.shown("question-0")) == 1


async def test_a_pause_its_question_and_its_answers_go_on_in_the_next_run(short: Bench) -> None:
    short.policy.plan = build_plan(question_pause=timedelta(hours=2))
    approval = await short.ask()
    question = await approval.question()
    before = await approval.until(lambda one: one.paused_at and len(one.cards) == 3)
    await move(approval)
    await approval.question(event_id=question.event_id)
    state = await approval.state()
    assert (state.paused_at, state.questions) == (before.paused_at, before.questions)
    await approval.answer()
    state = await approval.until(lambda one: one.paused_at is None and one.roster)
    assert (len(state.questions), len(state.answers)) == (1, 1)
    message = short.slack.shown("question-0")[0]
    await eventually(lambda: message.state.answers or None)
    await move(approval)
    await approval.click()
    assert (await approval.outcome()).approved
    keys = [one.key for one in short.slack.messages if one.key.startswith(("question", "news"))]
    assert keys == ["question-0", "news-0-card", "news-1-card"]


async def test_a_burst_continues_as_new_and_keeps_its_one_message(short: Bench) -> None:
    """However often its requests report, and it is told about requests again after it has been."""
    handle = await short.client.start_workflow(
        BatchWorkflow.run, build_batch(size=2), id=f"batch-{short.queue}", task_queue=short.queue
    )
    rows = [build_row(number) for number in (1, 2)]
    for row in rows:
        await handle.signal(BatchWorkflow.report, row)
    await eventually(lambda: short.slack.batches or None)
    for number in range(REPORTS):
        await handle.signal(BatchWorkflow.report, rows[0].model_copy(update={"approvals": number % 2}))
    await eventually_read(lambda: _moved_on(handle))
    for row in rows:
        await handle.signal(BatchWorkflow.report, row.model_copy(update={"status": "approved"}))
    async with asyncio.timeout(PATIENCE):
        await handle.result()
    assert len(await runs(short, handle)) > 1
    (message,) = short.slack.batches
    assert (message.states[-1].over, message.statuses) == (True, ["approved", "approved"])


async def _moved_on(handle: WorkflowHandle[Any, Any]) -> bool:
    return (await handle.describe()).run_id != handle.first_execution_run_id
