"""Questions at work in Slack: answered by a button or a form, through both doors, and by nothing that is no answer."""

import asyncio
import json
from typing import Any

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, ASK, DETAILS, REJECT, REJECT_FORM
from activities.elicitations import CHOOSE, RESPOND
from bot import modals
from bot.bulk import PICK
from bot.elicitations import FORM
from bot.listeners.approvals import FOREIGN, GONE
from bot.parameters import field_block
from bot.rows import BLOCK
from bot.settings import Settings
from bot.standin import forms
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import COMMENT_BLOCK, TYPED
from bot.testing.kit import list_buttons
from tests.bot.conftest import CutOff
from tests.doors import (
    Handle,
    button_value,
    has_buttons,
    modal,
    new_id,
    open_bot,
    read_state,
    start_request,
)
from tests.harness import (
    ALICE,
    BOB,
    CAROL,
    GENERAL,
    OUTCOMES,
    Harness,
    eventually,
)
from tests.workflows.test_elicitation import Order
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Outcome
from workflows.elicitation import ASK_HUMAN, describe_model
from workflows.policy import Refusal

OPTIONS = {"question": "Which region?", "options": ["eu", "us"]}
MANY = {"question": "Which month?", "options": [f"Month {number}" for number in range(1, 13)]}
WORDS = {"question": "Why?"}
ORDER: dict[str, Any] = {"question": "What is ordered?", "schema": describe_model(Order)}
FILLED = {
    "region": "us",
    "amount": "12.5",
    "count": "3",
    "urgent": True,
    "day": "2026-11-25",
    "tags": ["old", "new"],
}
FIRST = f"{CHOOSE}_0"


async def ask(harness: Harness, arguments: dict[str, Any] = OPTIONS, **changes: Any) -> Handle:
    title = arguments["question"]
    return await start_request(harness, action=ASK_HUMAN, title=title, arguments=arguments, **changes)


async def outcome(handle: Handle) -> Outcome:
    async with asyncio.timeout(10):
        return await handle.result()


async def open_form(harness: Harness, user: str = BOB) -> Message:
    card = await harness.card()
    assert (await harness.slack.click(user, card.channel, card.ts, RESPOND)).acked
    return card


async def submit(harness: Harness, *texts: str, user: str = BOB) -> Delivery:
    typed = {field_block(number): {TYPED: text} for number, text in enumerate(texts)}
    return await harness.slack.submit(user, modal(harness.slack, user).id, typed)


def notice(harness: Harness) -> str:
    body = modal(harness.slack, BOB).body
    assert not body.get("submit")
    return json.dumps(body["blocks"], ensure_ascii=False)


async def untouched(handle: Handle) -> bool:
    state = await read_state(handle)
    return (state.status, state.decisions) == ("pending", ())


async def test_one_press_on_an_option_answers(door: Harness) -> None:
    handle = await ask(door)
    card = await door.card()
    assert card.text.startswith("Answer needed: Which region?")
    names = list(list_buttons(card).values())
    assert names == ["eu", "us", "Decline", "Details", "Ask…", "Answer with comment…", "Decline with reason…"]
    await door.answer_as(BOB, "us")
    ended = await outcome(handle)
    assert (ended.status, ended.answer) == ("approved", "us")
    await eventually(lambda: card.text.startswith("Answered: Which region?") or None)
    assert not has_buttons(card)
    assert f"'user_id': '{BOB}'" in str(card.blocks)
    assert "The answer: us" in card.text
    told = await eventually(lambda: next(iter(door.messages(OUTCOMES)), None))
    assert told.text == "Answered: Which region?\nThe answer: us"
    assert not door.slack.workspace.warnings


async def test_words_are_typed_in_a_form(door: Harness) -> None:
    handle = await ask(door, WORDS)
    await door.answer_as(CAROL, "Because of <the> rain.\nReally.")
    assert (await outcome(handle)).answer == "Because of <the> rain.\nReally."
    card = door.cards()[0]
    await eventually(lambda: "Because of &lt;the&gt; rain. · Really." in card.text or None)


async def test_many_options_are_a_menu(door: Harness) -> None:
    handle = await ask(door, MANY)
    assert FIRST not in list_buttons(await door.card())
    await door.answer_as(BOB, "Month 12")
    assert (await outcome(handle)).answer == "Month 12"


async def test_a_model_is_a_form(door: Harness) -> None:
    handle = await ask(door, ORDER)
    await door.answer_as(BOB, FILLED)
    answer = (await outcome(handle)).answer
    assert answer == {
        "region": "us", "amount": 12.5, "count": 3, "urgent": True, "day": "2026-11-25", "tags": ["old", "new"],
    }  # fmt: skip
    assert Order.model_validate(answer).amount == 12.5


async def test_a_default_stands_where_nothing_is_typed(harness: Harness) -> None:
    handle = await ask(harness, ORDER)
    await open_form(harness)
    shown = forms.find(modal(harness.slack, BOB).body["blocks"], TYPED, field_block(2))[1]
    assert shown["initial_value"] == "1"
    await harness.slack.dismiss(BOB, modal(harness.slack, BOB).id)
    await harness.answer_as(BOB, {name: one for name, one in FILLED.items() if name not in ("count", "tags")})
    answer = (await outcome(handle)).answer
    assert isinstance(answer, dict)
    assert (answer["count"], answer["tags"], "note" in answer) == (1, [], False)


async def test_an_answer_may_come_with_a_comment(harness: Harness) -> None:
    handle = await ask(harness)
    await open_form(harness)
    entered = {field_block(0): {TYPED: '"eu"'}, COMMENT_BLOCK: {TYPED: "Closer."}}
    assert (await harness.slack.submit(BOB, modal(harness.slack, BOB).id, entered)).acked
    ended = await outcome(handle)
    assert (ended.answer, ended.reason) == ("eu", "Closer.")


@pytest.mark.parametrize(
    ("changes", "part"),
    [({"amount": "0"}, "less than or equal to the minimum"), ({"amount": "1", "count": "1"}, "")],
)
async def test_what_is_wrong_is_said_below_its_field(
    harness: Harness, changes: dict[str, str], part: str
) -> None:
    handle = await ask(harness, ORDER)
    await harness.answer_as(BOB, FILLED | changes)
    if part:
        assert part in modal(harness.slack, BOB).errors[field_block(1)]
        assert await untouched(handle)
    else:
        assert (await outcome(handle)).approved


async def test_declining_is_no_answer(door: Harness) -> None:
    handle = await ask(door)
    await door.reject_as(BOB)
    ended = await outcome(handle)
    assert (ended.status, ended.answer) == ("rejected", None)
    card = door.cards()[0]
    await eventually(lambda: card.text.startswith("Declined, not answered: Which region?") or None)
    assert "Declined by " in str(card.blocks)


async def test_who_declines_can_say_why(harness: Harness) -> None:
    handle = await ask(harness)
    card = await harness.card()
    assert (await harness.slack.click(BOB, card.channel, card.ts, REJECT_FORM)).acked
    view = modal(harness.slack, BOB)
    assert view.body["submit"]["text"] == "Decline"
    assert "Which region?" in str(view.body["blocks"])
    assert "Why do you decline this?" in str(view.body["blocks"])
    assert (await harness.slack.submit(BOB, view.id, {COMMENT_BLOCK: {TYPED: "Ask Carol."}})).acked
    assert (await outcome(handle)).reason == "Ask Carol."


async def test_whoever_asked_may_not_answer(door: Harness) -> None:
    handle = await ask(door)
    await door.answer_as(ALICE, "eu")
    assert door.whispers(ALICE) == [Refusal.REQUESTER]
    assert await untouched(handle)


async def test_a_press_on_approve_that_a_card_of_a_question_never_had_answers_nothing(door: Harness) -> None:
    handle = await ask(door)
    card = await door.card()
    for row in card.blocks:
        for one in row.get("elements", ()) if row["type"] == "actions" else ():
            one["action_id"] = APPROVE if one["action_id"] == FIRST else one["action_id"]
    assert (await door.slack.click(BOB, card.channel, card.ts, APPROVE)).acked
    await eventually(lambda: Refusal.UNANSWERED in door.whispers(BOB) or None)
    assert await untouched(handle)


@pytest.mark.parametrize("action", [f"{CHOOSE}_2", f"{CHOOSE}_999"])
async def test_an_option_that_there_is_not_answers_nothing(door: Harness, action: str) -> None:
    handle = await ask(door)
    card = await door.card()
    forms.find(card.blocks, FIRST, None)[1]["action_id"] = action
    assert (await door.slack.click(BOB, card.channel, card.ts, action)).acked
    await eventually(lambda: Refusal.UNANSWERED in door.whispers(BOB) or None)
    assert await untouched(handle)


@pytest.mark.parametrize("action", [f"{CHOOSE}_x", f"{CHOOSE}_-1", f"{CHOOSE}_1000"])
async def test_an_edited_button_answers_nothing(door: Harness, action: str) -> None:
    handle = await ask(door)
    card = await door.card()
    forms.find(card.blocks, FIRST, None)[1]["action_id"] = action
    assert (await door.slack.click(BOB, card.channel, card.ts, action)).acked
    await eventually(lambda: FOREIGN in door.whispers(BOB) or None)
    assert await untouched(handle)


@pytest.mark.parametrize("action", [FIRST, RESPOND])
@pytest.mark.parametrize(
    ("value", "sentence"), [("x|0|zz", FOREIGN), (f"{new_id()}|0|{'0' * 64}", GONE)], ids=["edited", "gone"]
)
async def test_a_button_of_nothing_opens_nothing(
    harness: Harness, action: str, value: str, sentence: str
) -> None:
    await ask(harness)
    card = await harness.card()
    assert (await harness.slack.click(BOB, card.channel, card.ts, action, value=value)).acked
    await eventually(lambda: sentence in harness.whispers(BOB) or None)
    assert not harness.slack.workspace.modals.stack(BOB)


async def test_what_has_ended_meanwhile_is_said_to_have(door: Harness) -> None:
    handle = await ask(door)
    card = await open_form(door)
    old = button_value(card, FIRST)
    await door.answer_as(CAROL, "eu")
    assert (await outcome(handle)).answer == "eu"
    assert (await submit(door, '"us"')).acked
    assert Refusal.TOLD in notice(door)
    await eventually(lambda: not has_buttons(card) or None)
    card.blocks.append({"type": "actions", "block_id": "old", "elements": [_button(old)]})
    assert (await door.slack.click(BOB, card.channel, card.ts, FIRST)).acked
    await eventually(lambda: Refusal.TOLD in door.whispers(BOB) or None)


def _button(value: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": FIRST,
        "value": value,
        "text": {"type": "plain_text", "text": "eu"},
    }


@pytest.mark.parametrize("metadata", ["", "nonsense", "a|b|c"])
async def test_edited_metadata_answers_nothing(web: Harness, metadata: str) -> None:
    handle = await ask(web)
    await open_form(web)
    modal(web.slack, BOB).body["private_metadata"] = metadata
    assert (await submit(web, '"eu"')).status == 400
    assert await untouched(handle)


async def test_a_form_of_answers_decides_nothing_about_what_is_no_question(web: Harness) -> None:
    handle = await ask(web)
    await open_form(web)
    other = await start_request(web)
    state = await read_state(other)
    modal(web.slack, BOB).body["private_metadata"] = f"{other.id}|0|{state.digest}"
    assert (await submit(web, '"eu"')).acked
    assert "This question cannot be asked" in notice(web)
    assert await untouched(handle)
    assert await untouched(other)


async def test_a_form_that_is_submitted_twice_is_one_answer(harness: Harness) -> None:
    handle = await ask(harness, WORDS)
    await open_form(harness)
    view = modal(harness.slack, BOB)
    typed = {field_block(0): {TYPED: "Rain."}}
    await asyncio.gather(*(harness.slack.submit(BOB, view.id, typed) for _ in range(2)))
    assert len((await outcome(handle)).decisions) == 1
    assert not harness.whispers(BOB)


async def test_without_temporal_an_answer_fails_aloud_and_can_be_given_again(socket_cut: CutOff) -> None:
    cut, cable = socket_cut
    handle = await ask(cut, WORDS)
    await open_form(cut)
    await cable.cut()
    assert not (await submit(cut, "Rain.")).acked
    assert modal(cut.slack, BOB).body["callback_id"] == FORM
    await cable.mend()
    assert (await submit(cut, "Rain.")).acked
    assert (await outcome(handle)).answer == "Rain."


async def test_an_option_is_taken_in_while_no_worker_is_there(
    slack: Standin, client: Client, settings: Settings
) -> None:
    async with open_bot(slack, settings, client, client) as whole:
        handle = await ask(whole)
        await whole.card()
        await eventually(lambda: whole.cards() or None)
    async with open_bot(slack, settings, client, client, worker=False) as alone:
        card = alone.cards()[0]
        assert (await alone.slack.click(BOB, card.channel, card.ts, FIRST)).acked
    async with open_bot(slack, settings, client, client):
        assert (await outcome(handle)).answer == "eu"


async def test_the_requester_is_told_what_was_answered(harness: Harness) -> None:
    thread = await harness.ask("hello")
    await harness.reply(GENERAL, thread)
    origin = {"team_id": harness.slack.workspace.seed.team_id, "channel_id": GENERAL, "thread_ts": thread}
    handle = await ask(harness, origin=origin)
    asked = "Which region? Waiting for an answer"
    await eventually(lambda: any(one.startswith(asked) for one in harness.thread(GENERAL, thread)) or None)
    await harness.answer_as(BOB, "us")
    await outcome(handle)
    await eventually(
        lambda: "Answered: Which region?\nThe answer: us" in harness.thread(GENERAL, thread) or None
    )


async def test_details_show_all_of_a_question_but_approve_nothing(harness: Harness) -> None:
    handle = await ask(harness)
    card = await harness.card()
    assert (await harness.slack.click(BOB, card.channel, card.ts, DETAILS)).acked
    view = modal(harness.slack, BOB)
    assert not view.body.get("submit")
    text = json.dumps(view.body["blocks"], ensure_ascii=False)
    assert "Close this to answer it." in text
    assert "Decline…" in text
    assert "Approve" not in text
    view.body["submit"] = {"type": "plain_text", "text": "Approve"}
    assert (await harness.slack.submit(BOB, view.id)).acked
    await eventually(lambda: Refusal.UNANSWERED in harness.whispers(BOB) or None)
    assert await untouched(handle)
    await handle.signal(ApprovalWorkflow.approve, arg=False)


async def test_approvers_can_ask_back(harness: Harness) -> None:
    await ask(harness)
    card = await harness.card()
    assert (await harness.slack.click(BOB, card.channel, card.ts, ASK)).acked
    assert "Which region?" in str(modal(harness.slack, BOB).body["blocks"])


def test_nothing_here_is_a_button_of_another_kind() -> None:
    assert not {RESPOND, FIRST} & {APPROVE, REJECT, DETAILS, ASK, *PICK.values(), modals.REJECT, BLOCK}
