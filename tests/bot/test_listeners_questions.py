"""Ask and Answer at the front doors: from the card to the requester's thread and back; asking decides nothing."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.cards import ANSWER, ASK
from bot import questions
from bot.listeners.approvals import FOREIGN, GONE
from bot.listeners.questions import OVER
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED, WORDS_BLOCK
from tests.bot.conftest import CutOff
from tests.cable import open_cable
from tests.doors import (
    Handle,
    button_value,
    card_known,
    connect,
    has_buttons,
    listen_on,
    modal,
    new_id,
    open_bot,
    read_state,
    start_request,
    told_directly,
)
from tests.harness import ALICE, APPROVALS, BOB, CAROL, DAVE, GENERAL, Harness, eventually, everything
from workflows.approval import ApprovalWorkflow
from workflows.policy import Refusal

WHY = "Which invoice is <this> for?"
POLICIES = """
policies:
  - name: patient
    question_pause: 8h
    stages: [{name: finance, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""


async def press(harness: Harness, message: Message, action: str, user: str, value: str | None = None) -> None:
    delivery = await harness.slack.click(user, message.channel, message.ts, action, value=value)
    assert delivery.acked


async def submit(harness: Harness, text: str, user: str) -> Delivery:
    return await harness.slack.submit(user, modal(harness.slack, user).id, {WORDS_BLOCK: {TYPED: text}})


async def ask(harness: Harness, card: Message, text: str = WHY, user: str = BOB) -> None:
    await press(harness, card, ASK, user)
    assert (await submit(harness, text, user)).acked


def has_modal(harness: Harness, user: str = BOB) -> bool:
    return bool(harness.slack.workspace.modals.stack(user))


def find(messages: list[Message], part: str) -> Message | None:
    return next((one for one in messages if part in one.text), None)


async def question(harness: Harness, thread: str | None = None) -> Message:
    """The message with a question, in a thread or in Alice's direct messages, as soon as it is there."""

    def look() -> Message | None:
        room = harness.slack.workspace.rooms[GENERAL if thread else harness.slack.direct(ALICE)]
        return find(room.thread(thread) if thread else room.messages, "A question about")

    return await eventually(look)


def told(harness: Harness, card: Message) -> str:
    """What was said in a card's thread."""
    return everything(harness.slack.workspace.rooms[APPROVALS].thread(card.ts))


async def untouched(handle: Handle) -> bool:
    state = await read_state(handle)
    return (state.status, state.decisions, state.questions) == ("pending", (), ())


async def test_a_question_goes_to_the_thread_and_its_answers_come_back_to_the_card(door: Harness) -> None:
    """Of the agent first, which has read the conversation, then of whoever asked it."""
    thread = await door.ask("transfer 250 from checking to savings")
    card = await door.card()
    await ask(door, card)
    asked = await question(door, thread)
    assert asked.text == "A question about Transfer money: amount 250, source checking, target savings: " + (
        WHY.replace("<", "&lt;").replace(">", "&gt;")
    )
    await eventually(lambda: "I was asked in these words" in everything([asked]) or None)
    await eventually(lambda: "I was asked in these words" in everything([card]) or None)
    await press(door, asked, ANSWER, ALICE)
    assert (await submit(door, "Invoice 4711.", ALICE)).acked
    await eventually(lambda: "Invoice 4711." in everything([card]) or None)
    await eventually(lambda: "Invoice 4711." in told(door, card) or None)
    await eventually(lambda: not has_buttons(asked) or None)
    assert WHY in told(door, card)
    assert not has_modal(door, ALICE)
    assert not [*door.whispers(ALICE), *door.whispers(BOB)]
    assert (await door.approve(card)).acked
    await door.reply(GENERAL, thread, "250")
    assert not door.slack.workspace.warnings


async def test_the_modal_says_what_is_asked_about_whom_it_goes_to_and_that_nothing_is_decided(
    web: Harness,
) -> None:
    handle = await start_request(web)
    await press(web, await web.card(), ASK, BOB)
    shown = str(modal(web.slack, BOB).body["blocks"])
    for part in ("Transfer money", "amount: 250", "and to the agent", questions.NO_DECISION, "goes on"):
        assert part in shown
    assert await untouched(handle)


async def test_the_modal_of_an_answer_shows_the_question_in_full(web: Harness) -> None:
    await start_request(web)
    words = "word " * 399
    await ask(web, await web.card(), words)
    await press(web, await question(web), ANSWER, ALICE)
    assert words.strip() in str(modal(web.slack, ALICE).body["blocks"])


async def test_the_clock_stands_still_where_the_policy_says_so(
    slack: Standin, client: Client, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text(POLICIES)
    patient = settings.model_copy(update={"countersign_policies": path})
    async with open_bot(slack, patient, client, client) as harness:
        handle = await start_request(harness)
        card = await harness.card()
        await press(harness, card, ASK, BOB)
        assert "stands still until there is an answer" in str(modal(slack, BOB).body["blocks"])
        assert (await submit(harness, WHY, BOB)).acked
        await eventually(lambda: "the clock stands still" in everything([card]) or None)
        assert (await read_state(handle)).paused_at
        await press(harness, await question(harness), ANSWER, ALICE)
        assert (await submit(harness, "Invoice 4711.", ALICE)).acked
        await eventually(lambda: "Invoice 4711." in everything([card]) or None)
        await eventually(lambda: "the clock stands still" not in everything([card]) or None)
        assert (await read_state(handle)).paused_at is None


async def test_a_closed_modal_asks_nothing(web: Harness) -> None:
    handle = await start_request(web)
    await press(web, await web.card(), ASK, BOB)
    await web.slack.dismiss(BOB, modal(web.slack, BOB).id)
    assert not has_modal(web)
    assert await untouched(handle)


async def test_a_question_that_is_delivered_twice_is_asked_once(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await press(door, card, ASK, BOB)
    view = modal(door.slack, BOB)
    values = {WORDS_BLOCK: {TYPED: WHY}}
    await asyncio.gather(*(door.slack.submit(BOB, view.id, values) for _ in range(2)))
    await question(door)
    assert [one.event_id for one in (await read_state(handle)).questions] == [f"{BOB}:{view.id}:ask"]


# Who may not


async def test_an_outsider_who_asks_is_told_and_nobody_is_asked(door: Harness) -> None:
    handle = await start_request(door)
    await ask(door, await door.card(), user=DAVE)
    await eventually(lambda: Refusal.OUTSIDER in told_directly(door, DAVE) or None)
    assert await untouched(handle)


async def test_whoever_asked_for_it_is_told_to_leave_questions_to_others(web: Harness) -> None:
    handle = await start_request(web)
    await ask(web, await web.card(), user=ALICE)
    await eventually(lambda: Refusal.REQUESTER in web.whispers(ALICE) or None)
    assert await untouched(handle)


async def test_a_stranger_who_answers_is_told_and_the_card_shows_nothing(door: Harness) -> None:
    thread = await door.ask("transfer 250 from checking to savings")
    card = await door.card()
    await ask(door, card)
    asked = await question(door, thread)
    await press(door, asked, ANSWER, CAROL)
    assert (await submit(door, "Believe me, it is fine.", CAROL)).acked
    await eventually(lambda: Refusal.NOT_ASKED in door.whispers(CAROL) or None)
    assert "Believe me" not in everything([card, asked])


# What is wrong with what was sent


@pytest.mark.parametrize("blanks", [" ", " \n\t "])
async def test_blanks_are_no_question_and_no_answer(door: Harness, blanks: str) -> None:
    handle = await start_request(door)
    card = await door.card()
    await press(door, card, ASK, BOB)
    assert (await submit(door, blanks, BOB)).acked
    assert modal(door.slack, BOB).errors == {WORDS_BLOCK: questions.BLANK}
    assert await untouched(handle)
    assert (await submit(door, WHY, BOB)).acked
    await press(door, await question(door), ANSWER, ALICE)
    assert (await submit(door, blanks, ALICE)).acked
    assert modal(door.slack, ALICE).errors == {WORDS_BLOCK: questions.BLANK}
    assert (await read_state(handle)).answers == ()


@pytest.mark.parametrize("value", ["", "nonsense", "approval-x|0|zz", "{id}|0"])
async def test_an_edited_ask_button_opens_nothing(door: Harness, value: str) -> None:
    handle = await start_request(door)
    await press(door, await door.card(), ASK, BOB, value.format(id=handle.id))
    await eventually(lambda: FOREIGN in door.whispers(BOB) or None)
    assert not has_modal(door)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("", FOREIGN), ("{id}", FOREIGN), ("{id}|-1", FOREIGN), ("{id}|0|0", FOREIGN), ("{id}|7", OVER)],
)
async def test_an_edited_answer_button_opens_nothing(web: Harness, value: str, sentence: str) -> None:
    handle = await start_request(web)
    await ask(web, await web.card())
    await press(web, await question(web), ANSWER, ALICE, value.format(id=handle.id))
    await eventually(lambda: sentence in web.whispers(ALICE) or None)
    assert not has_modal(web, ALICE)


@pytest.mark.parametrize("metadata", ["", "nonsense", "approval-1|0|zz"])
async def test_edited_metadata_asks_and_answers_nothing(web: Harness, metadata: str) -> None:
    handle = await start_request(web)
    card = await web.card()
    await press(web, card, ASK, BOB)
    modal(web.slack, BOB).body["private_metadata"] = metadata
    assert (await submit(web, WHY, BOB)).status == 400
    assert await untouched(handle)
    await web.slack.dismiss(BOB, modal(web.slack, BOB).id)
    await ask(web, card)
    await press(web, await question(web), ANSWER, ALICE)
    modal(web.slack, ALICE).body["private_metadata"] = metadata
    assert (await submit(web, "Fine.", ALICE)).status == 400
    assert (await read_state(handle)).answers == ()


@pytest.mark.parametrize("wrong", ["{id}|7|{digest}", "{id}|0|" + "0" * 64], ids=["stage", "digest"])
async def test_a_question_about_another_stage_or_digest_is_not_asked(web: Harness, wrong: str) -> None:
    handle = await start_request(web)
    card = await web.card()
    digest = button_value(card, ASK).split("|")[2]
    await press(web, card, ASK, BOB)
    modal(web.slack, BOB).body["private_metadata"] = wrong.format(id=handle.id, digest=digest)
    assert (await submit(web, WHY, BOB)).acked
    await eventually(lambda: Refusal.STALE in web.whispers(BOB) or None)
    assert await untouched(handle)


# What has ended


async def test_the_ask_button_of_a_request_that_has_ended_answers_and_closes_the_card(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await card_known(handle)
    door.slack.faults.add("chat.update", "error", error="cant_update_message")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert has_buttons(card)
    await press(door, card, ASK, BOB)
    await eventually(lambda: Refusal.REJECTED in door.whispers(BOB) or None)
    assert not has_modal(door)
    assert not has_buttons(card)


async def test_the_buttons_of_a_request_that_is_gone_are_answered(web: Harness) -> None:
    await start_request(web)
    card = await web.card()
    await ask(web, card)
    asked = await question(web)
    await press(web, asked, ANSWER, ALICE, f"{new_id()}|0")
    await eventually(lambda: OVER in web.whispers(ALICE) or None)
    await press(web, card, ASK, BOB, f"{new_id()}|0|{'0' * 64}")
    await eventually(lambda: GONE in web.whispers(BOB) or None)


async def test_forms_that_are_submitted_after_the_request_has_ended_are_answered(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await ask(door, card)
    asked = await question(door)
    await press(door, card, ASK, CAROL)
    await press(door, asked, ANSWER, ALICE)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert (await submit(door, WHY, CAROL)).acked
    assert GONE in str(modal(door.slack, CAROL).body["blocks"])
    assert (await submit(door, "Too late.", ALICE)).acked
    assert OVER in str(modal(door.slack, ALICE).body["blocks"])
    assert not has_buttons(asked)
    assert not door.slack.workspace.warnings


# When something is away


@pytest.fixture(params=["socket", "http"])
async def cut(
    request: pytest.FixtureRequest, slack: Standin, client: Client, settings: Settings, temporal_address: str
) -> AsyncGenerator[CutOff]:
    """A bot at either door, with a cable to Temporal."""
    chosen = listen_on(slack, settings) if request.param == "http" else settings
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, settings)
        async with open_bot(slack, chosen, near, client) as whole:
            yield CutOff(whole, cable)


async def test_nothing_is_acknowledged_while_temporal_is_away_and_nothing_is_lost(cut: CutOff) -> None:
    harness, cable = cut
    handle = await start_request(harness)
    card = await harness.card()
    await cable.cut()
    assert not (await harness.slack.click(BOB, card.channel, card.ts, ASK)).acked
    await cable.mend()
    await press(harness, card, ASK, BOB)
    await cable.cut()
    assert not (await submit(harness, WHY, BOB)).acked
    assert harness.slack.workspace.warnings[BOB]
    await cable.mend()
    assert await untouched(handle)
    assert (await submit(harness, WHY, BOB)).acked
    asked = await question(harness)
    await press(harness, asked, ANSWER, ALICE)
    await cable.cut()
    assert not (await submit(harness, "Fine.", ALICE)).acked
    await cable.mend()
    assert (await submit(harness, "Fine.", ALICE)).acked
    await eventually(lambda: "Fine." in everything([card]) or None)


async def test_an_expired_trigger_opens_nothing_and_is_not_acknowledged(web: Harness) -> None:
    await start_request(web)
    card = await web.card()
    web.slack.faults.add("views.open", "error", error="expired_trigger_id")
    assert not (await web.slack.click(BOB, card.channel, card.ts, ASK)).acked
    assert not has_modal(web)
    await ask(web, card)
    asked = await question(web)
    web.slack.faults.add("views.open", "error", error="expired_trigger_id")
    assert not (await web.slack.click(ALICE, asked.channel, asked.ts, ANSWER)).acked
    await press(web, asked, ANSWER, ALICE)
    assert has_modal(web, ALICE)
