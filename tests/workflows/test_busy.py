"""While the agent is busy: where things are is answered at once, and whoever asked can call all of it off."""

from datetime import timedelta

import pytest

from tests.factories import APPROVER, build_person
from tests.harness import eventually, eventually_read
from tests.workflows.bench import ASKER, Bench, scheduled
from tests.workflows.ports import transfer
from workflows.agent import IDLE, NOT_YOURS, OVER, AgentWorkflow
from workflows.contracts import Person
from workflows.gate import Gate
from workflows.talk import TurnCancellation
from workflows.turn import explain_stop

OTHER = build_person("UOTHER")
DONE = "Nothing was done."


def words(bench: Bench) -> list[str]:
    """What people had said when the model was asked last."""
    return [item["content"] for item in bench.model.heard[-1] if item.get("role") == "user"]


async def press_cancel(bench: Bench, approval_id: str, person: Person = ASKER) -> None:
    """Press the button on the word to the requester."""
    wish = TurnCancellation(cancelled_by=person, approval_id=approval_id)
    await bench.handles[0].signal(AgentWorkflow.cancel, wish)


async def test_where_it_is_is_answered_while_it_waits_and_the_model_never_hears_it(talks: Bench) -> None:
    talks.model.tape = [[transfer(1), transfer(2)], "Moved.", "Hello."]
    await talks.hear("go")
    one, other = await talks.find(0), await talks.find(1)
    await talks.hear("where is it?", OTHER, "question-1")
    told = await talks.aside()
    assert (told.kind, told.key, told.requester) == ("where", "question-1", ASKER)
    assert set(told.approvals) == {one.handle.id, other.handle.id}
    await one.click()
    await one.outcome()
    await talks.hear("any news?")
    assert (await talks.aside(1)).approvals == (other.handle.id,)
    await other.click()
    await talks.reply()
    await talks.hear("hello")
    await talks.reply(1)
    assert words(talks) == ["go", "hello"]


async def test_where_it_is_is_answered_once_for_each_message(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)]]
    await talks.hear("go")
    await talks.find()
    for event in ("a", "a", "b"):
        await talks.hear("where is it?", event_id=event)
    await talks.aside(1)
    assert [one.key for one in talks.ports.talk.asides] == ["a", "b"]


async def test_another_message_is_told_once_that_it_waits_and_is_read_afterwards(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Moved.", "One.", "Two."]
    await talks.hear("go")
    approval = await talks.find()
    await talks.hear("balance of checking")
    await talks.hear("and of savings")
    assert (await talks.aside()).kind == "later"
    await approval.click()
    assert await talks.reply(2) == "Two."
    assert len(talks.ports.talk.asides) == 1
    assert words(talks) == ["go", "balance of checking", "and of savings"]


async def test_who_asked_where_it_is_may_still_decide(talks: Bench) -> None:
    """The model has not read it, so it could not have steered anything."""
    talks.model.tape = [[transfer(1)], "Moved."]
    await talks.hear("go")
    approval = await talks.find()
    await talks.hear("where is it?", APPROVER)
    await talks.aside()
    await approval.click(APPROVER)
    assert await talks.reply() == "Moved."


async def test_to_an_idle_agent_the_same_words_are_for_the_model(talks: Bench) -> None:
    talks.model.tape = ["I do not know.", "There is nothing to cancel."]
    await talks.hear("where is it?")
    await talks.reply()
    await talks.hear("cancel")
    assert await talks.reply(1) == "There is nothing to cancel."
    assert talks.ports.talk.asides == []


@pytest.mark.parametrize("by", ["words", "button"])
async def test_whoever_asked_calls_off_all_that_waits(talks: Bench, by: str) -> None:
    talks.model.tape = [[transfer(1), transfer(2)], "Hello."]
    handle = await talks.hear("go")
    one, other = await talks.find(0), await talks.find(1)
    if by == "words":
        await talks.hear("never mind")
    else:
        await press_cancel(talks, one.handle.id)
    told = await talks.reply()
    assert told == f"Cancelled, as you asked; I have stopped. 2 requests were withdrawn. {DONE}"
    outcomes = [await one.outcome(), await other.outcome()]
    assert [outcome.status for outcome in outcomes] == ["cancelled", "cancelled"]
    assert {outcome.reason for outcome in outcomes} == {"Withdrawn by the requester"}
    await talks.hear("hello")
    assert await talks.reply(1) == "Hello."
    assert words(talks) == ["go", "hello"]
    assert {"role": "assistant", "content": told} in talks.model.heard[-1]
    assert await scheduled(handle, "transfer_money") == 0


async def test_what_is_approved_while_others_wait_is_done_though_the_rest_is_called_off(talks: Bench) -> None:
    talks.model.tape = [[transfer(1), transfer(2)]]
    handle = await talks.hear("go")
    one, other = await talks.find(), await talks.find(1)
    await one.click()
    await eventually(lambda: talks.ledger.transfers or None)
    await talks.hear("stop")
    told = await talks.reply()
    assert told.startswith(
        "Cancelled, as you asked; I have stopped. One request was withdrawn. This had been done before:"
    )
    assert (await other.outcome()).status == "cancelled"
    assert await scheduled(handle, "transfer_money") == 1


@pytest.mark.parametrize(("granted", "words"), [(1, "One had"), (2, "2 had")])
def test_what_had_been_approved_but_not_begun_is_told(granted: int, words: str) -> None:
    told = explain_stop(Gate(requester=APPROVER), granted)
    assert f"{words} been approved already, but will not be carried out. Nothing was done." in told


async def test_what_was_done_before_is_told(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], [transfer(2)]]
    await talks.hear("go")
    await (await talks.find()).click()
    await talks.find(1)
    await talks.hear("cancel")
    assert (await talks.reply()).endswith("This had been done before:\nMoved 1.0")
    assert talks.ledger.amounts == [1]


async def test_money_that_is_being_moved_is_moved_and_told(talks: Bench) -> None:
    """An activity at work may have done it already, so it is not given up, and the model is not asked again."""
    talks.model.tape = [[transfer(1)], "Moved."]
    talks.ledger.moves.clear()
    await talks.hear("go")
    await (await talks.find()).click()
    await eventually(lambda: talks.ledger.transfers or None)
    await talks.hear("cancel")
    await talks.hear("where is it?")
    await talks.aside()
    assert talks.slack.replies == []
    talks.ledger.moves.set()
    assert (await talks.reply()) == (
        "Cancelled, as you asked; I have stopped. This had been done before:\nMoved 1.0"
    )
    assert len(talks.model.heard) == 1


async def test_what_waits_is_withdrawn_while_another_is_carried_out(talks: Bench) -> None:
    talks.model.tape = [[transfer(1), transfer(2)], "Moved."]
    talks.ledger.moves.clear()
    await talks.hear("go")
    one, other = await talks.find(), await talks.find(1)
    await one.click()
    await eventually(lambda: talks.ledger.transfers or None)
    await talks.hear("cancel")
    assert (await other.outcome()).status == "cancelled"
    talks.ledger.moves.set()
    told = await talks.reply()
    assert "One request was withdrawn. This had been done before:\nMoved" in told
    assert len(talks.ledger.amounts) == len(talks.model.heard) == 1


@pytest.mark.parametrize("count", [1, 3])
async def test_what_is_only_about_to_be_asked_is_called_off_too(live: Bench, count: int) -> None:
    """Whenever the wish comes: before there are requests, while they begin, or when they wait."""
    live.model.tape = [[transfer(number) for number in range(1, count + 1)]]
    handle = await live.hear("go")
    await eventually(lambda: live.model.heard or None)
    await live.hear("cancel")
    assert (await live.reply()).startswith("Cancelled, as you asked")
    await eventually(lambda: all(card.state.status == "cancelled" for card in live.slack.cards) or None)
    assert await scheduled(handle, "transfer_money") == 0


async def test_a_model_that_thinks_is_stopped(talks: Bench) -> None:
    talks.model.tape = ["Too late."]
    talks.model.plays.clear()
    handle = await talks.hear("go")
    await eventually(lambda: talks.model.tools or None)
    await talks.hear("cancel")
    assert await talks.reply() == f"Cancelled, as you asked; I have stopped. {DONE}"
    talks.model.plays.set()
    await eventually_read(lambda: scheduled(handle, "post_reply"))
    assert len(talks.slack.replies) == 1


async def test_nobody_else_cancels(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Moved."]
    await talks.hear("go")
    approval = await talks.find()
    await talks.hear("cancel", OTHER)
    told = await talks.aside()
    assert (told.kind, told.requester) == ("theirs", ASKER)
    await press_cancel(talks, approval.handle.id, OTHER)
    await talks.told()
    assert [(one.person, one.sentence) for one in talks.slack.whispers] == [(OTHER, NOT_YOURS)]
    await approval.click()
    assert await talks.reply() == "Moved."


async def test_a_button_of_an_earlier_message_cancels_nothing_later(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Moved.", [transfer(2)], "Moved."]
    await talks.hear("go")
    first = await talks.find()
    await first.click()
    await talks.reply()
    await talks.hear("once more")
    second = await talks.find(1)
    await press_cancel(talks, first.handle.id)
    await talks.told()
    assert [one.sentence for one in talks.slack.whispers] == [OVER]
    await second.click()
    await talks.reply(1)
    assert talks.ledger.amounts == [1, 2]


async def test_cancelling_twice_is_cancelling_once(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Hello."]
    await talks.hear("go")
    approval = await talks.find()
    await talks.hear("cancel", event_id="a")
    await talks.hear("cancel", event_id="a")
    await talks.reply()
    await press_cancel(talks, approval.handle.id)
    assert await talks.told()
    assert len(talks.slack.replies) == 1


async def test_a_signal_without_its_input_changes_nothing(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Moved."]
    handle = await talks.hear("go")
    approval = await talks.find()
    await handle.signal("cancel")
    await approval.click()
    assert await talks.reply() == "Moved."


async def test_a_message_is_heard_that_comes_after_a_week_while_the_last_words_are_still_being_said(
    clock: Bench,
) -> None:
    clock.model.tape = ["One.", "Two."]
    await clock.hear("go")
    await clock.reply()
    await clock.skip(IDLE - timedelta(minutes=10))
    clock.slack.away = True
    await press_cancel(clock, "approval-of-long-ago")
    await clock.skip(timedelta(minutes=15))
    await clock.hear("and now?")
    clock.slack.away = False
    await clock.skip(timedelta(minutes=40))
    assert await clock.reply(1) == "Two."
