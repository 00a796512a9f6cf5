"""The Details modal: everything can be read before it can be approved, and nothing else can be."""

import re

import pytest
from pydantic import JsonValue

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT
from activities.contents import ARGUMENTS_CUT
from activities.text import list_arguments
from bot import modals
from bot.forms import dump_view
from bot.listeners.approvals import FOREIGN, GONE
from bot.standin import forms
from bot.standin.message import Message
from bot.submissions import COMMENT_BLOCK, TYPED
from tests.bot.conftest import CutOff
from tests.doors import button_value, code_text, has_buttons, modal, new_id, read_state, start_request
from tests.harness import ALICE, BOB, OUTCOMES, Harness, eventually, everything
from tests.layouts import TEXTS, words
from workflows.approval import ApprovalWorkflow
from workflows.policy import Refusal

LONG: dict[str, JsonValue] = {
    "memo": "".join(f"{number:06} pay no more than this\n" for number in range(3_571))[:100_000],
    "amount": 250,
}
MEDIUM = {"memo": "y" * 9_000}


def action_ids(message: Message) -> list[str]:
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in forms.elements(block)]


async def open_details(harness: Harness, card: Message, user: str = BOB) -> None:
    assert (await harness.slack.click(user, card.channel, card.ts, DETAILS)).acked


async def turn(harness: Harness, action_id: str = modals.NEXT) -> None:
    assert (await harness.slack.press(BOB, modal(harness.slack, BOB).id, action_id)).acked


def offers(harness: Harness, action_id: str) -> bool:
    try:
        forms.find(modal(harness.slack, BOB).body["blocks"], action_id, None)
    except LookupError:
        return False
    return True


def submits(harness: Harness) -> bool:
    return bool(modal(harness.slack, BOB).body.get("submit"))


async def read_all(harness: Harness) -> list[str]:
    """Turn to the last page; the pages' texts."""
    pages = [boxed_text(harness)]
    while offers(harness, modals.NEXT):
        assert not submits(harness)
        await turn(harness)
        pages.append(boxed_text(harness))
    return pages


def boxed_text(harness: Harness) -> str:
    """What is in code and in quotes on the page in front."""
    groups = [
        group for block in modal(harness.slack, BOB).body["blocks"] for group in block.get("elements", [])
    ]
    return "\n".join(words(group) for group in groups if group["type"] in TEXTS)


async def test_a_card_that_cannot_show_everything_says_so_and_offers_no_approve(harness: Harness) -> None:
    await start_request(harness, arguments=LONG)
    card = await harness.card()
    listing = list_arguments(LONG)
    assert action_ids(card)[:2] == [DETAILS, REJECT]
    assert not {APPROVE, APPROVE_FORM} & set(action_ids(card))
    assert f"{len(listing) - ARGUMENTS_CUT:,} of {len(listing):,} characters are not shown" in everything(
        [card]
    )
    assert len(listing) > 100_000


async def test_everything_is_read_page_by_page_before_it_can_be_approved(door: Harness) -> None:
    handle = await start_request(door, arguments=LONG)
    await open_details(door, await door.card())
    assert not offers(door, modals.PREVIOUS)
    pages = await read_all(door)
    assert str(LONG["memo"]).strip().replace("\n", "") in "".join(pages).replace("\n", "")
    assert len(pages) == 12
    assert submits(door)
    assert (await read_state(handle)).status == "pending"
    typed = {COMMENT_BLOCK: {TYPED: "All of it is in order"}}
    assert (await door.slack.submit(BOB, modal(door.slack, BOB).id, typed)).acked
    outcome = await handle.result()
    assert outcome.approved
    (decision,) = outcome.decisions
    assert decision.decided_by
    assert (decision.decided_by.user_id, decision.read, decision.comment) == (
        BOB,
        True,
        "All of it is in order",
    )
    await eventually(
        lambda: "Approved: Transfer money" in "".join(one.text for one in door.messages(OUTCOMES))
    )
    assert not door.slack.workspace.modals.stack(BOB)
    assert not has_buttons(door.cards()[0])
    assert "after reading it all" in everything(door.cards()[:1])


async def test_pages_can_be_turned_back(harness: Harness) -> None:
    await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card())
    first = modal(harness.slack, BOB).body["blocks"]
    await turn(harness)
    assert submits(harness)
    await turn(harness, modals.PREVIOUS)
    assert code_text(modal(harness.slack, BOB).body["blocks"]) == code_text(first)
    assert not submits(harness)
    await turn(harness)
    assert submits(harness)


async def test_no_edited_button_leads_past_what_was_not_opened(web: Harness) -> None:
    await start_request(web, arguments=LONG)
    await open_details(web, await web.card())
    view = modal(web.slack, BOB)
    assert (await web.slack.press(BOB, view.id, modals.NEXT, value="13")).acked
    assert modals.read_place(view.body["private_metadata"]).page == 1
    assert not submits(web)


async def test_a_small_request_is_read_and_approved_on_one_page(harness: Harness) -> None:
    handle = await start_request(harness)
    await open_details(harness, await harness.card())
    assert not offers(harness, modals.NEXT)
    assert (await harness.slack.submit(BOB, modal(harness.slack, BOB).id)).acked
    assert (await handle.result()).decisions[0].read


async def test_a_click_on_the_card_does_not_say_that_everything_was_read(harness: Harness) -> None:
    handle = await start_request(harness)
    await harness.approve(await harness.card())
    assert not (await handle.result()).decisions[0].read
    assert "after reading it all" not in everything(harness.cards())


async def test_it_is_rejected_from_any_page_with_a_reason(door: Harness) -> None:
    handle = await start_request(door, arguments=MEDIUM)
    await open_details(door, await door.card())
    await turn(door, modals.REJECT)
    stack = door.slack.workspace.modals.stack(BOB)
    assert len(stack) == 2
    typed = {COMMENT_BLOCK: {TYPED: "Not this month"}}
    assert (await door.slack.submit(BOB, stack[-1].id, typed)).acked
    outcome = await handle.result()
    assert (outcome.status, outcome.reason, outcome.decisions[0].read) == (
        "rejected",
        "Not this month",
        False,
    )
    assert not door.slack.workspace.modals.stack(BOB)


async def test_a_rejection_can_be_thought_better_of(harness: Harness) -> None:
    handle = await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card())
    await turn(harness, modals.REJECT)
    await harness.slack.dismiss(BOB, modal(harness.slack, BOB).id)
    assert offers(harness, modals.NEXT)
    assert (await read_state(handle)).decisions == ()


async def test_what_has_ended_meanwhile_is_shown_instead_of_the_form(harness: Harness) -> None:
    handle = await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card())
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    await turn(harness, modals.REJECT)
    assert len(harness.slack.workspace.modals.stack(BOB)) == 1
    assert "already rejected" in str(modal(harness.slack, BOB).body["blocks"])


async def test_the_history_is_on_the_last_page(harness: Harness) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    value = button_value(card, DETAILS)
    await harness.approve(card)
    await handle.result()
    await eventually(lambda: not has_buttons(harness.cards()[0]))
    view = modals.render_details(await harness.gateway.read_state(value.split("|")[0]))
    assert "Approved by " in str(dump_view(view))


async def test_the_requester_may_read_but_not_approve(harness: Harness) -> None:
    handle = await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card(), ALICE)
    view = modal(harness.slack, ALICE)
    assert (await harness.slack.press(ALICE, view.id, modals.NEXT)).acked
    assert (await harness.slack.submit(ALICE, view.id)).acked
    await eventually(lambda: Refusal.REQUESTER in harness.whispers(ALICE))
    assert (await read_state(handle)).decisions == ()


async def test_an_edited_details_button_opens_nothing(harness: Harness) -> None:
    await start_request(harness, arguments=MEDIUM)
    card = await harness.card()
    assert (await harness.slack.click(BOB, card.channel, card.ts, DETAILS, value="approval-x|0|zz")).acked
    await eventually(lambda: FOREIGN in harness.whispers(BOB))
    assert not harness.slack.workspace.modals.stack(BOB)


@pytest.mark.parametrize("metadata", ["", "[]", "nonsense", '{"value":"x|0|y","page":0}', '{"page":1}'])
async def test_edited_metadata_approves_nothing_and_turns_no_page(web: Harness, metadata: str) -> None:
    handle = await start_request(web, arguments=MEDIUM)
    await open_details(web, await web.card())
    view = modal(web.slack, BOB)
    shown = view.body["blocks"]
    view.body["private_metadata"] = metadata
    assert not (await web.slack.press(BOB, view.id, modals.NEXT)).acked
    assert view.body["blocks"] == shown
    assert (await web.slack.submit(BOB, view.id)).status == 400
    assert (await read_state(handle)).decisions == ()
    assert web.slack.workspace.warnings[BOB]


async def test_metadata_with_another_digest_approves_nothing(harness: Harness) -> None:
    handle = await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card())
    await turn(harness)
    view = modal(harness.slack, BOB)
    view.body["private_metadata"] = re.sub(r"\|[0-9a-f]{64}", f"|{'0' * 64}", view.body["private_metadata"])
    assert (await harness.slack.submit(BOB, view.id)).acked
    await eventually(lambda: Refusal.STALE in harness.whispers(BOB))
    assert (await read_state(handle)).decisions == ()


@pytest.mark.parametrize("page", ["", "two", "-1", "1.5", "9" * 1_000])
async def test_an_edited_page_number_approves_nothing(web: Harness, page: str) -> None:
    """A number past the end is the last page; nothing else is a page."""
    await start_request(web, arguments=MEDIUM)
    await open_details(web, await web.card())
    view = modal(web.slack, BOB)
    delivery = await web.slack.press(BOB, view.id, modals.NEXT, value=page)
    assert delivery.status == (200 if page.isdecimal() else 400)


async def test_a_modal_submitted_after_the_request_closed_is_answered(door: Harness) -> None:
    handle = await start_request(door, arguments=MEDIUM)
    await open_details(door, await door.card())
    await turn(door)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert (await door.slack.submit(BOB, modal(door.slack, BOB).id)).acked
    assert GONE in str(modal(door.slack, BOB).body["blocks"])
    assert not submits(door)
    assert not door.slack.workspace.warnings


async def test_details_of_a_closed_request_are_read_without_approve(harness: Harness) -> None:
    handle = await start_request(harness, arguments=MEDIUM)
    await open_details(harness, await harness.card())
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    await turn(harness)
    assert not submits(harness)
    assert "already rejected" in str(modal(harness.slack, BOB).body["blocks"])


async def test_details_of_a_request_that_is_gone_answer_and_close_the_card(web: Harness) -> None:
    await start_request(web, arguments=MEDIUM)
    card = await web.card()
    gone = f"{new_id()}|0|{'0' * 64}"
    assert (await web.slack.click(BOB, card.channel, card.ts, DETAILS, value=gone)).acked
    await eventually(lambda: GONE in web.whispers(BOB))
    assert not has_buttons(card)


async def test_a_page_of_a_request_that_is_gone_is_answered(web: Harness) -> None:
    """As when a modal is left open for longer than Temporal keeps what has ended."""
    await start_request(web, arguments=MEDIUM)
    await open_details(web, await web.card())
    place = modals.Place(value=f"{new_id()}|0|{'0' * 64}")
    modal(web.slack, BOB).body["private_metadata"] = place.model_dump_json()
    await turn(web)
    assert GONE in str(modal(web.slack, BOB).body["blocks"])


async def test_details_are_not_acknowledged_while_temporal_is_away(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await start_request(harness, arguments=MEDIUM)
    card = await harness.card()
    await cable.cut()
    assert not (await harness.slack.click(BOB, card.channel, card.ts, DETAILS)).acked
    assert harness.slack.workspace.warnings[BOB]
    await cable.mend()
    await open_details(harness, card)
    await turn(harness)
    await cable.cut()
    view = modal(harness.slack, BOB)
    assert not (await harness.slack.submit(BOB, view.id)).acked
    await cable.mend()
    assert (await harness.slack.submit(BOB, view.id)).acked
    await eventually(lambda: harness.messages(OUTCOMES))


async def test_an_expired_trigger_opens_nothing_and_is_not_acknowledged(web: Harness) -> None:
    await start_request(web, arguments=MEDIUM)
    card = await web.card()
    web.slack.faults.add("views.open", "error", error="expired_trigger_id")
    assert not (await web.slack.click(BOB, card.channel, card.ts, DETAILS)).acked
    assert not web.slack.workspace.modals.stack(BOB)
    await open_details(web, card)


async def test_a_card_that_shows_everything_offers_approve_at_once(harness: Harness) -> None:
    await start_request(harness)
    card = await harness.card()
    assert action_ids(card)[:2] == [APPROVE, REJECT]
    assert button_value(card, APPROVE) == button_value(card, REJECT)
