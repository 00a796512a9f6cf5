"""Forms at work: opened from the card, corrected where that costs nothing, decided by the workflow alone."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM
from bot import forms, modals
from bot.gateway import SIGNAL_SECONDS
from bot.listeners.approvals import FOREIGN, GONE
from bot.listeners.forms import CHECK_SECONDS
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import COMMENT_BLOCK, RETYPE_BLOCK, TYPED
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
)
from tests.harness import ALICE, BOB, CAROL, OUTCOMES, Harness, eventually, everything
from workflows.approval import ApprovalWorkflow
from workflows.policy import Refusal

POLICIES = """
policies:
  - name: careful
    severity: high
    comment: {required_on: reject}
    stages: [{name: finance, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
Words = dict[str, str]


@pytest.fixture
def careful(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a policy by which an approval is typed again and a rejection explained."""
    path = tmp_path / "careful.yaml"
    path.write_text(POLICIES)
    return settings.model_copy(update={"countersign_policies": path})


@pytest.fixture(params=["socket", "http"])
async def door(
    request: pytest.FixtureRequest, slack: Standin, client: Client, careful: Settings
) -> AsyncGenerator[Harness]:
    """All of it at work under that policy, by Socket Mode and by signed HTTP."""
    chosen = listen_on(slack, careful) if request.param == "http" else careful
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


@pytest.fixture
async def whole(slack: Standin, client: Client, careful: Settings) -> AsyncGenerator[Harness]:
    """The same by Socket Mode only."""
    async with open_bot(slack, careful, client, client) as harness:
        yield harness


async def open_form(harness: Harness, card: Message, action: str = APPROVE_FORM, user: str = BOB) -> None:
    assert (await harness.slack.click(user, card.channel, card.ts, action)).acked


async def submit(harness: Harness, words: Words, user: str = BOB) -> Delivery:
    values = {block: {TYPED: text} for block, text in words.items()}
    return await harness.slack.submit(user, modal(harness.slack, user).id, values)


def errors(harness: Harness, user: str = BOB) -> dict[str, str]:
    return modal(harness.slack, user).errors


def has_modal(harness: Harness, user: str = BOB) -> bool:
    return bool(harness.slack.workspace.modals.stack(user))


async def untouched(handle: Handle) -> bool:
    state = await read_state(handle)
    return state.status == "pending" and state.decisions == ()


async def test_an_approval_is_typed_again_and_comes_with_its_comment(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await open_form(door, card)
    assert await untouched(handle)
    assert (await submit(door, {RETYPE_BLOCK: "250", COMMENT_BLOCK: " Checked with the bank "})).acked
    outcome = await handle.result()
    decision = outcome.decisions[0]
    assert outcome.approved
    assert (decision.comment, decision.retyped, decision.via) == ("Checked with the bank", "250", "slack")
    assert decision.decided_by
    assert decision.decided_by.user_id == BOB
    assert not has_modal(door)
    assert "Checked with the bank" in everything([card])
    await eventually(lambda: "Checked with the bank" in everything(door.messages(OUTCOMES)))


async def test_a_rejection_is_explained(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await open_form(door, card, REJECT_FORM)
    assert (await submit(door, {COMMENT_BLOCK: "Wrong account"})).acked
    outcome = await handle.result()
    assert (outcome.status, outcome.decisions[0].comment) == ("rejected", "Wrong account")
    assert "Wrong account" in everything([card])


@pytest.mark.parametrize("typed", ["25", "2500", "about 250", "two hundred and fifty"])
async def test_what_was_mistyped_is_said_in_the_form_and_decides_nothing(whole: Harness, typed: str) -> None:
    handle = await start_request(whole)
    await open_form(whole, await whole.card())
    assert (await submit(whole, {RETYPE_BLOCK: typed})).acked
    assert errors(whole) == {RETYPE_BLOCK: forms.WRONG}
    assert await untouched(handle)
    assert not whole.whispers(BOB)
    assert (await submit(whole, {RETYPE_BLOCK: "250"})).acked
    assert (await handle.result()).approved


async def test_blanks_are_no_comment(door: Harness) -> None:
    handle = await start_request(door)
    await open_form(door, await door.card(), REJECT_FORM)
    assert (await submit(door, {COMMENT_BLOCK: "  \n "})).acked
    assert errors(door) == {COMMENT_BLOCK: forms.BLANK}
    assert await untouched(handle)
    assert not door.slack.workspace.warnings


async def test_an_empty_form_never_leaves_slack(whole: Harness) -> None:
    handle = await start_request(whole)
    await open_form(whole, await whole.card(), REJECT_FORM)
    assert not (await submit(whole, {})).acked
    assert COMMENT_BLOCK in errors(whole)
    assert await untouched(handle)


async def test_the_workflow_refuses_a_plain_press_where_words_are_needed(whole: Harness) -> None:
    """As with a card from before the words were asked for."""
    handle = await start_request(whole)
    card = await whole.card()
    for block in card.blocks:
        for element in block.get("elements", []):
            if str(element.get("action_id")) in (APPROVE_FORM, REJECT_FORM):
                element["action_id"] = element["action_id"].removesuffix("_form")
    assert (await whole.slack.click(BOB, card.channel, card.ts, APPROVE)).acked
    await eventually(lambda: Refusal.RETYPED in whole.whispers(BOB))
    assert (await whole.slack.click(BOB, card.channel, card.ts, REJECT)).acked
    await eventually(lambda: Refusal.COMMENT in whole.whispers(BOB))
    assert await untouched(handle)


async def test_the_requester_may_fill_in_a_form_but_not_decide(whole: Harness) -> None:
    handle = await start_request(whole)
    await open_form(whole, await whole.card(), user=ALICE)
    assert (await submit(whole, {RETYPE_BLOCK: "250"}, ALICE)).acked
    await eventually(lambda: Refusal.REQUESTER in whole.whispers(ALICE))
    assert await untouched(handle)


async def test_a_form_that_is_submitted_twice_counts_once(whole: Harness) -> None:
    """Slack may deliver a submission again; the view's id tells that from another one."""
    handle = await start_request(whole)
    await open_form(whole, await whole.card())
    view = modal(whole.slack, BOB)
    values = {RETYPE_BLOCK: {TYPED: "250"}}
    await asyncio.gather(*(whole.slack.submit(BOB, view.id, values) for _ in range(2)))
    outcome = await handle.result()
    assert [one.event_id for one in outcome.decisions] == [f"{BOB}:{view.id}:approve"]
    assert not whole.whispers(BOB)


async def test_an_edited_form_button_opens_nothing(door: Harness) -> None:
    await start_request(door)
    card = await door.card()
    delivery = await door.slack.click(BOB, card.channel, card.ts, APPROVE_FORM, value="approval-x|0|zz")
    assert delivery.acked
    await eventually(lambda: FOREIGN in door.whispers(BOB))
    assert not has_modal(door)


@pytest.mark.parametrize("metadata", ["", "nonsense", "approval-1|0|zz", '{"value":"x","page":0}'])
async def test_edited_metadata_decides_nothing(
    slack: Standin, client: Client, careful: Settings, metadata: str
) -> None:
    async with open_bot(slack, listen_on(slack, careful), client, client) as web:
        handle = await start_request(web)
        await open_form(web, await web.card())
        modal(slack, BOB).body["private_metadata"] = metadata
        assert (await submit(web, {RETYPE_BLOCK: "250"})).status == 400
        assert await untouched(handle)


@pytest.mark.parametrize("wrong", ["{id}|7|{digest}", "{id}|0|" + "0" * 64], ids=["stage", "digest"])
async def test_a_form_about_another_stage_or_digest_decides_nothing(whole: Harness, wrong: str) -> None:
    handle = await start_request(whole)
    card = await whole.card()
    digest = button_value(card, APPROVE_FORM).split("|")[2]
    await open_form(whole, card)
    modal(whole.slack, BOB).body["private_metadata"] = wrong.format(id=handle.id, digest=digest)
    assert (await submit(whole, {RETYPE_BLOCK: "250"})).acked
    await eventually(lambda: Refusal.STALE in whole.whispers(BOB))
    assert await untouched(handle)


async def test_a_form_moved_to_another_request_approves_neither(whole: Harness) -> None:
    """What was typed is compared with what the other request says, whatever the form showed."""
    first = await start_request(whole)
    card = await whole.card()
    second = await start_request(whole, arguments={"amount": 9_000_000})
    other = await whole.card(1)
    await open_form(whole, card)
    modal(whole.slack, BOB).body["private_metadata"] = button_value(other, APPROVE_FORM)
    assert (await submit(whole, {RETYPE_BLOCK: "250"})).acked
    assert errors(whole) == {RETYPE_BLOCK: forms.WRONG}
    assert await untouched(first)
    assert await untouched(second)


async def test_the_button_of_a_request_that_has_ended_answers_and_closes_the_card(whole: Harness) -> None:
    handle = await start_request(whole)
    card = await whole.card()
    await card_known(handle)
    whole.slack.faults.add("chat.update", "error", error="cant_update_message")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert has_buttons(card)
    await open_form(whole, card)
    await eventually(lambda: Refusal.REJECTED in whole.whispers(BOB))
    assert not has_modal(whole)
    assert not has_buttons(card)


async def test_the_button_of_a_request_that_is_gone_answers_and_closes_the_card(whole: Harness) -> None:
    await start_request(whole)
    card = await whole.card()
    gone = f"{new_id()}|0|{'0' * 64}"
    assert (await whole.slack.click(BOB, card.channel, card.ts, APPROVE_FORM, value=gone)).acked
    await eventually(lambda: GONE in whole.whispers(BOB))
    assert not has_buttons(card)


async def test_a_form_submitted_after_the_request_has_ended_is_answered(door: Harness) -> None:
    handle = await start_request(door)
    await open_form(door, await door.card())
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert (await submit(door, {RETYPE_BLOCK: "1"})).acked
    assert GONE in str(modal(door.slack, BOB).body["blocks"])
    assert not door.slack.workspace.warnings


async def test_details_ask_for_the_same_on_their_last_page(door: Harness) -> None:
    handle = await start_request(door, arguments={"amount": 250, "memo": "y" * 9_000})
    card = await door.card()
    assert (await door.slack.click(BOB, card.channel, card.ts, DETAILS)).acked
    assert (await door.slack.press(BOB, modal(door.slack, BOB).id, modals.NEXT)).acked
    assert (await submit(door, {RETYPE_BLOCK: "251"})).acked
    assert errors(door) == {RETYPE_BLOCK: forms.WRONG}
    assert await untouched(handle)
    assert (await submit(door, {RETYPE_BLOCK: "250"})).acked
    assert (await handle.result()).decisions[0].retyped == "250"


async def test_a_form_is_taken_while_no_worker_can_say_whether_it_is_right(
    slack: Standin, client: Client, careful: Settings
) -> None:
    """The workflow, when it is back, does."""
    async with open_bot(slack, listen_on(slack, careful), client, client, worker=False) as harness:
        async with open_bot(slack, careful, client, client) as working:
            handle = await start_request(harness)
            await open_form(working, await harness.card())
            await card_known(handle)
        assert (await submit(harness, {RETYPE_BLOCK: "250"})).acked
        assert not slack.workspace.warnings
    async with open_bot(slack, careful, client, client):
        assert (await handle.result()).approved


async def test_a_form_is_neither_opened_nor_taken_while_temporal_is_away(
    slack: Standin, client: Client, careful: Settings, temporal_address: str
) -> None:
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, careful)
        async with open_bot(slack, listen_on(slack, careful), near, client) as harness:
            handle = await start_request(harness)
            card = await harness.card()
            await cable.cut()
            assert not (await slack.click(BOB, card.channel, card.ts, APPROVE_FORM)).acked
            await cable.mend()
            await open_form(harness, card)
            await cable.cut()
            assert not (await submit(harness, {RETYPE_BLOCK: "250"})).acked
            assert slack.workspace.warnings[BOB]
            await cable.mend()
            assert await untouched(handle)
            assert (await submit(harness, {RETYPE_BLOCK: "250"})).acked
            assert (await handle.result()).approved


async def test_an_expired_trigger_opens_no_form_and_is_not_acknowledged(whole: Harness) -> None:
    await start_request(whole)
    card = await whole.card()
    whole.slack.faults.add("views.open", "error", error="expired_trigger_id")
    assert not (await whole.slack.click(BOB, card.channel, card.ts, APPROVE_FORM)).acked
    assert not has_modal(whole)
    await open_form(whole, card)
    assert has_modal(whole)


async def test_two_people_may_have_the_form_open_and_one_decides(whole: Harness) -> None:
    handle = await start_request(whole)
    card = await whole.card()
    await open_form(whole, card)
    await open_form(whole, card, REJECT_FORM, CAROL)
    assert (await submit(whole, {COMMENT_BLOCK: "Too much"}, CAROL)).acked
    assert (await handle.result()).status == "rejected"
    assert (await submit(whole, {RETYPE_BLOCK: "250"})).acked
    assert GONE in str(modal(whole.slack, BOB).body["blocks"])


def test_a_form_is_checked_and_handed_on_within_the_time_that_slack_waits() -> None:
    assert CHECK_SECONDS + SIGNAL_SECONDS < 3
