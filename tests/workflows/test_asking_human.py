"""Asking people: the answer comes back typed, and no door lets anything pass that is none."""

from collections.abc import AsyncGenerator
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, field_validator
from temporalio import workflow
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bot.testing.model import call
from tests.factories import APPROVER, REQUESTER, SECOND, build_person, build_stage
from tests.harness import eventually
from tests.workflows.bench import Approval, Bench, open_bench, scheduled
from tests.workflows.ports import DAY
from workflows.approval import ApprovalWorkflow
from workflows.contracts import JsonObject
from workflows.elicitation import ASK_HUMAN
from workflows.policy import Refusal

with workflow.unsafe.imports_passed_through():
    from agents import Agent

    from workflows.asking import ask_human
    from workflows.gate import Gate, run_with_approvals
    from workflows.interviewer import interview
    from workflows.tools import free

OUTSIDER = build_person("UOUTSIDER")
REGIONS: JsonObject = {"question": "Which region?", "options": ["eu", "us"]}
AMOUNT: JsonObject = {
    "question": "How much?",
    "schema": {
        "type": "object",
        "properties": {"amount": {"type": "number", "maximum": 100}, "day": {"type": "string", "format": "date"}},
        "required": ["amount"],
    },
}  # fmt: skip


class Region(StrEnum):
    EU = "eu"
    US = "us"


class Order(BaseModel):
    """A form whose own validator wants more than its schema says."""

    region: Region
    day: date
    amount: float = 5

    @field_validator("amount")
    @classmethod
    def _check_amount(cls, amount: float) -> float:
        if amount > 1_000:
            raise ValueError("too much")
        return amount


@workflow.defn
class AskingHumanWorkflow:
    """Asks in each of the ways, and says in words what it has got; or lets an agent fill in a form."""

    @workflow.run
    async def run(self, kind: str) -> str:
        match kind:
            case "options":
                chosen = await ask_human("Which region?", ("eu", "us"), requester=REQUESTER)
                return f"{chosen.outcome.status} {chosen.answer}"
            case "words":
                told = await ask_human("Why?", requester=REQUESTER, agent="Desk", reason="I wonder")
                return f"{told.outcome.status} {told.answer}"
            case "blank":
                blank = await ask_human(" ", requester=REQUESTER)
                return f"{blank.outcome.status} {blank.outcome.reason}"
            case "model":
                filled = await ask_human("What is ordered?", schema=Order, requester=REQUESTER)
                order = filled.answer
                return f"{filled.outcome.status} {order and (order.region, order.day, order.amount)} {filled.outcome.reason}"
            case _:
                return await self._run_agent()

    async def _run_agent(self) -> str:
        tool = interview(Order, "take_order", "Have an order taken.")
        agent = Agent[Any](name="Desk", tools=[free(tool, why="It asks people itself.")])
        result = await run_with_approvals(agent, "go", gate=Gate(requester=REQUESTER))
        return str(result.final_output)


@pytest.fixture
async def asking(temporal_address: str) -> AsyncGenerator[Bench]:
    async with open_bench(temporal_address, _no_skip, [AskingHumanWorkflow], cached=100) as one:
        yield one


async def _no_skip(_: timedelta) -> None:
    """Nothing here skips time."""


async def start(bench: Bench, kind: str) -> WorkflowHandle[Any, str]:
    handle = await bench.client.start_workflow(
        AskingHumanWorkflow.run, kind, id=f"asking-{bench.queue}", task_queue=bench.queue
    )
    bench.handles.append(handle)
    return handle


async def ask(bench: Bench, arguments: JsonObject = REGIONS, **changes: Any) -> Approval:
    return await bench.ask(action=ASK_HUMAN, title="Which region?", arguments=arguments, **changes)


async def sentences(bench: Bench, count: int = 1) -> list[str]:
    await bench.told(count)
    return [whisper.sentence for whisper in bench.slack.whispers]


async def test_an_option_is_chosen_by_its_place(asking: Bench) -> None:
    handle = await start(asking, "options")
    await (await asking.find()).click(choice=1)
    assert await handle.result() == "approved us"
    shown = asking.slack.cards[0].state
    assert [(one.decided_by, one.answer) for one in shown.decisions] == [(APPROVER, "us")]


async def test_words_come_back_as_they_are(asking: Bench) -> None:
    handle = await start(asking, "words")
    approval = await asking.find()
    assert (approval.request.agent, approval.request.reason) == ("Desk", "I wonder")
    await approval.click(answer="Because.\nReally.")
    assert await handle.result() == "approved Because.\nReally."


async def test_a_model_comes_back_as_one(asking: Bench) -> None:
    handle = await start(asking, "model")
    await (await asking.find()).click(answer={"region": "us", "day": "2026-11-25"})
    assert await handle.result() == f"approved {(Region.US, date(2026, 11, 25), 5)} "


async def test_what_the_model_itself_will_not_have_is_no_answer(asking: Bench) -> None:
    handle = await start(asking, "model")
    await (await asking.find()).click(answer={"region": "us", "day": "2026-11-25", "amount": 2_000})
    told = await handle.result()
    assert told.startswith("failed None The answer is not what was asked for")
    assert "too much" in told


async def test_a_question_that_cannot_be_asked_has_failed_and_nobody_could_answer(asking: Bench) -> None:
    handle = await start(asking, "blank")
    assert await handle.result() == "failed This question cannot be asked (question): the question is empty"
    assert [one.status for card in asking.slack.cards for one in card.states] == ["failed"]


async def test_who_declines_says_why_and_nothing_is_answered(asking: Bench) -> None:
    handle = await start(asking, "options")
    await (await asking.find()).click(verdict="reject", comment="Not mine to say.")
    assert await handle.result() == "rejected None"


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (REGIONS, {"answer": "mars"}),
        (REGIONS, {"answer": ["eu"]}),
        (REGIONS, {"answer": {"Answer": "eu"}}),
        ({"question": "Why?"}, {"answer": " \n"}),
        ({"question": "Why?"}, {"answer": "a" * 2_001}),
        ({"question": "Why?"}, {"answer": 7}),
        (AMOUNT, {"answer": {}}),
        (AMOUNT, {"answer": {"amount": 101}}),
        (AMOUNT, {"answer": {"amount": 1, "day": "2026-02-30"}}),
        (AMOUNT, {"answer": "much"}),
        (AMOUNT, {"answer": []}),
    ],
)
async def test_what_the_question_does_not_take_is_refused_by_both_doors(
    live: Bench, arguments: JsonObject, given: dict[str, Any]
) -> None:
    approval = await ask(live, arguments)
    await approval.click(**given)
    assert await sentences(live) == [Refusal.ILL_ANSWERED]
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await approval.call(SECOND, **given)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "ILL_ANSWERED"
    assert (await approval.state()).status == "pending"


@pytest.mark.parametrize("given", [{}, {"choice": 2}, {"comment": "eu"}, {"read": True}])
async def test_an_approval_without_an_answer_is_refused_by_every_door(
    live: Bench, given: dict[str, Any]
) -> None:
    approval = await ask(live)
    await approval.click(**given)
    assert await sentences(live) == [Refusal.UNANSWERED]
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await approval.call(SECOND, **given)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "UNANSWERED"
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    state = await approval.state()
    assert (state.status, state.decisions) == ("pending", ())
    assert live.policy.answers == []
    assert (await approval.call(choice=0)).status == "approved"


async def test_an_operator_can_only_decline_before_the_policy_is_known_too(live: Bench) -> None:
    live.policy.resolved.clear()
    approval = await live.start(action=ASK_HUMAN, title="Which?", arguments=REGIONS)
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    live.policy.resolved.set()
    await live.settled(approval)
    assert (await approval.state()).status == "pending"
    await approval.handle.signal(ApprovalWorkflow.approve, False)  # noqa: FBT003 - the signal's own argument
    outcome = await approval.outcome()
    assert (outcome.status, outcome.answer) == ("rejected", None)


@pytest.mark.parametrize(
    ("person", "refusal"), [(REQUESTER, Refusal.REQUESTER), (OUTSIDER, Refusal.OUTSIDER)]
)
async def test_who_may_not_answer_is_told_so(live: Bench, person: Any, refusal: Refusal) -> None:
    approval = await ask(live)
    await approval.click(person, choice=0)
    assert await sentences(live) == [refusal]
    await approval.click(choice=0)
    assert (await approval.outcome()).answer == "eu"


async def test_the_first_valid_answer_stands(live: Bench) -> None:
    approval = await ask(live)
    live.policy.checked.clear()
    await approval.click(choice=0)
    await approval.click(SECOND, choice=1)
    await eventually(lambda: len(live.policy.answers) == 2 or None)
    live.policy.checked.set()
    outcome = await approval.outcome()
    assert len(outcome.decisions) == 1
    assert outcome.answer == outcome.decisions[0].answer
    assert await sentences(live) == [Refusal.TOLD]


async def test_an_answer_to_something_that_was_asked_for_decides_nothing(live: Bench) -> None:
    approval = await live.ask()
    await approval.click(answer="eu")
    assert await sentences(live) == [Refusal.UNASKED]
    assert await scheduled(approval.handle, "check_answer") == 0
    await approval.click()
    assert (await approval.outcome()).answer is None


async def test_nobody_answers_in_time(clock: Bench) -> None:
    approval = await ask(clock)
    await clock.skip(DAY + timedelta(minutes=1))
    outcome = await approval.outcome()
    assert (outcome.status, outcome.answer) == ("expired", None)


async def test_two_who_must_agree_are_not_asked(live: Bench) -> None:
    live.policy.plan = live.policy.plan.model_copy(update={"stages": (build_stage(quorum=2),)})
    approval = await live.start(action=ASK_HUMAN, title="Which?", arguments=REGIONS)
    outcome = await approval.outcome()
    assert outcome.status == "failed"
    assert "takes one answer" in outcome.reason
    assert [one.status for card in live.slack.cards for one in card.states] == ["failed"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"choice": 1, "comment": "It is closer."}, 'A human answered: "us" The words that came with it: It is closer.'),
        ({"verdict": "reject"}, "Nobody answered (the question was declined); do not guess the answer."),
    ],
)  # fmt: skip
async def test_an_agent_is_told_the_answer_or_that_there_is_none(
    talks: Bench, given: dict[str, Any], told: str
) -> None:
    talks.model.tape = [[call("ask_human", question="Which region?", options=["eu", "us"])], "Done."]
    await talks.hear("set it up")
    approval = await talks.find()
    assert approval.request.arguments == REGIONS
    await approval.click(**given)
    assert await talks.reply() == "Done."
    assert talks.model.outputs() == [told]


async def test_an_agent_is_told_that_nobody_answered_in_time(clock: Bench) -> None:
    clock.model.tape = [[call("ask_human", question="Why?")], "Done."]
    await clock.hear("find out")
    await clock.find()
    await clock.skip(DAY + timedelta(minutes=1))
    assert await clock.reply() == "Done."
    (told,) = clock.model.outputs()
    assert told.startswith("Nobody answered (not in time); do not guess the answer.")


async def test_an_agent_has_a_form_filled_in(asking: Bench) -> None:
    asking.model.tape = [[call("take_order", question="What do you need?")], "Done."]
    handle = await start(asking, "agent")
    approval = await asking.find()
    assert approval.request.action == ASK_HUMAN
    await approval.click(answer={"region": "eu", "day": "2026-11-25", "amount": 7})
    assert await handle.result() == "Done."
    assert asking.model.outputs() == ['A human answered: {"region": "eu", "day": "2026-11-25", "amount": 7}']
