"""Presses in rows of lists: decided as on the card, answered in the list, over the front door."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM
from bot.listeners.approvals import GONE
from bot.listeners.rows import SENT
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import COMMENT_BLOCK, RETYPE_BLOCK, TYPED
from tests.bot.acme import ask, buttons, open_acme, press, tell, titles, until_titles, words
from tests.bot.conftest import CutOff
from tests.doors import Handle, has_buttons, modal, told_directly
from tests.harness import ALICE, BOB, CAROL, DAVE, Harness, eventually, make_settings
from workflows.approval import ApprovalWorkflow
from workflows.policy import Refusal

POLICIES = """
policies:
  - name: careful
    match: {action: wire}
    severity: high
    comment: {required_on: reject}
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 1h}]
  - name: sure
    match: {action: deploy}
    severity: medium
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 1h}]
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, whose list no other test has filled."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
def settings(slack: Standin, tmp_path: Path) -> Settings:
    """Settings with these policies."""
    file = tmp_path / "countersign.yaml"
    file.write_text(POLICIES)
    return make_settings(slack, tmp_path, countersign_policies=file)


async def listing(harness: Harness, *wanted: str, text: str = "", user: str = BOB) -> Message:
    """The list with these rows, newest first, and all cards posted."""
    await eventually(lambda: len(harness.cards()) >= len(wanted) or None)
    return await until_titles(harness, list(wanted), text, user)


async def outcome(handle: Handle) -> str:
    async with asyncio.timeout(10):
        return (await handle.result()).status


@pytest.mark.parametrize(("action", "status"), [(APPROVE, "approved"), (REJECT, "rejected")])
async def test_a_decision_in_a_row_counts_and_the_list_stays_with_a_word_about_it(
    door: Harness, action: str, status: str
) -> None:
    first, second = await ask(door, "First"), await ask(door, "Second")
    message = await listing(door, "Second", "First")
    assert (await press(door, message, action, row=1)).acked
    assert await outcome(first) == status
    assert words(message).startswith(next(text for text in SENT.values() if status[:6] in text))
    assert titles(message)[0] == "Second"
    assert buttons(message) == ["Approve", "Reject", "Details"]  # the other one's
    assert door.slack.workspace.warnings == {}
    card = next(one for one in door.cards() if "First" in one.text)
    await eventually(lambda: not has_buttons(card) or None)
    assert (await second.query(ApprovalWorkflow.state)).status == "pending"


async def test_a_press_on_what_has_ended_says_so_and_leaves_the_list(door: Harness) -> None:
    handle, _ = await ask(door, "Ended"), await ask(door, "Open")
    message = await listing(door, "Open", "Ended")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    assert await outcome(handle) == "rejected"
    assert (await press(door, message, APPROVE, row=1)).acked
    assert words(message).startswith(GONE)
    await until_titles(door, ["Open"])
    assert titles(message)[0] == "Open"


async def test_whoever_may_not_decide_is_told_privately_why(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    message = await listing(harness, "Transfer money")
    value = next(
        one["value"] for block in message.blocks if block["type"] == "actions" for one in block["elements"]
    )
    own = await until_titles(harness, ["Transfer money"], "asked", ALICE)
    assert buttons(own) == ["Details"]
    own.blocks = message.blocks  # as no honest client would show it
    assert (await press(harness, own, APPROVE, value=value)).acked
    await eventually(lambda: Refusal.REQUESTER in harness.whispers(ALICE) or None)
    assert (await handle.query(ApprovalWorkflow.state)).status == "pending"


async def test_details_of_a_row_open_and_approve_from_there(door: Harness) -> None:
    handle = await ask(door, "Long", arguments={"text": "x" * 500})
    message = await listing(door, "Long")
    assert buttons(message) == ["Reject", "Details"]
    assert (await press(door, message, DETAILS)).acked
    view = modal(door.slack, BOB)
    assert "x" * 90 in str(view.body["blocks"])
    assert (await door.slack.submit(BOB, view.id)).acked
    assert await outcome(handle) == "approved"


async def test_what_asks_for_words_asks_for_them_from_a_row_too(door: Harness) -> None:
    handle = await ask(door, "Wire", action="wire", arguments={"amount": 250})
    message = await listing(door, "Wire")
    assert (await press(door, message, REJECT_FORM)).acked
    assert COMMENT_BLOCK in [block["block_id"] for block in modal(door.slack, BOB).body["blocks"]]
    await door.slack.dismiss(BOB, modal(door.slack, BOB).id)
    assert (await press(door, message, APPROVE_FORM)).acked
    view = modal(door.slack, BOB)
    assert (await door.slack.submit(BOB, view.id, {RETYPE_BLOCK: {TYPED: "250"}})).acked
    assert await outcome(handle) == "approved"


async def test_medium_severity_asks_once_more_from_a_row(harness: Harness) -> None:
    handle = await ask(harness, "Deploy", action="deploy")
    message = await listing(harness, "Deploy")
    assert (await press(harness, message, APPROVE_FORM)).acked
    assert (await handle.query(ApprovalWorkflow.state)).decisions == ()
    assert (await harness.slack.submit(BOB, modal(harness.slack, BOB).id)).acked
    assert await outcome(handle) == "approved"


async def test_a_form_of_what_has_ended_is_not_opened(harness: Harness) -> None:
    handle = await ask(harness, "Wire", action="wire", arguments={"amount": 250})
    message = await listing(harness, "Wire")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    assert await outcome(handle) == "rejected"
    assert (await press(harness, message, APPROVE_FORM)).acked
    assert words(message).startswith(Refusal.REJECTED)
    assert harness.slack.workspace.modals.stack(BOB) == []


async def test_details_of_what_has_ended_can_be_read(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    await listing(harness, "Transfer money")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    message = await until_titles(harness, ["Transfer money"], "history")
    assert (await press(harness, message, DETAILS)).acked
    assert "already rejected" in str(modal(harness.slack, BOB).body["blocks"])


async def test_a_card_shown_to_one_person_is_drawn_anew_for_them(door: Harness) -> None:
    handle = await ask(door, "Transfer money")
    await listing(door, "Transfer money")
    message = await tell(door, f"show {handle.id}")
    assert (await press(door, message, APPROVE)).acked
    assert await outcome(handle) == "approved"
    assert words(message).startswith(SENT["approve"])
    assert "Transfer money" in words(message)


async def test_a_button_that_was_edited_decides_nothing(web: Harness) -> None:
    handle = await ask(web, "Transfer money")
    message = await listing(web, "Transfer money")
    assert (await press(web, message, APPROVE, value="approval-1")).status == 400
    message.blocks[-2]["block_id"] = "countersign_row|x|0|mine"
    (block_id,) = [block["block_id"] for block in message.blocks if block["type"] == "actions"]
    assert (await web.slack.click_ephemeral(BOB, message.ts, APPROVE, block_id=block_id)).status == 400
    assert (await handle.query(ApprovalWorkflow.state)).status == "pending"


async def test_a_row_of_another_page_is_drawn_on_that_page(web: Harness) -> None:
    for number in range(12):
        await ask(web, f"Request {number}")
    first = [f"Request {number}" for number in range(11, 1, -1)]
    message = await listing(web, *first, text="search request")
    assert (await press(web, message, "countersign_list_next")).acked
    assert (await press(web, message, REJECT, row=1)).acked
    assert words(message).startswith(SENT["reject"])
    assert ("Only: “request” in the title" in words(message), titles(message)[0]) == (True, "Request 1")


async def test_a_decision_that_temporal_does_not_take_is_not_acknowledged(web_cut: CutOff) -> None:
    harness, cable = web_cut
    handle = await ask(harness, "Transfer money")
    message = await listing(harness, "Transfer money")
    await cable.cut()
    assert (await press(harness, message, APPROVE)).status == 503
    await cable.mend()
    assert (await press(harness, message, APPROVE)).acked
    assert await outcome(handle) == "approved"


async def test_everybody_can_press_in_their_own_list_at_once(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    both = [await listing(harness, "Transfer money", user=user) for user in (BOB, CAROL)]
    presses = await asyncio.gather(*(press(harness, message, APPROVE) for message in both))
    assert all(one.acked for one in presses)
    assert await outcome(handle) == "approved"
    assert titles(await tell(harness, "all", DAVE)) == []
    assert told_directly(harness, DAVE) == []
