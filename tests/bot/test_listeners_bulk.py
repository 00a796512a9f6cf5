"""Deciding together at work: what a burst's message and picked requests open, and what becomes of each decision."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.bursts import APPROVE_ALL, REJECT_ALL
from activities.cards import card_value
from bot import bulk
from bot.listeners.approvals import FOREIGN
from bot.listeners.bulk import OVER
from bot.settings import Settings
from bot.standin import payloads
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import COMMENT_BLOCK, TYPED
from tests.bot.acme import until_titles
from tests.bot.conftest import CutOff
from tests.doors import (
    Handle,
    button_value,
    card_known,
    code_text,
    has_buttons,
    modal,
    open_bot,
    read_state,
    start_request,
)
from tests.harness import ALICE, APPROVALS, BOB, CAROL, DAVE, GENERAL, Harness, eventually, eventually_read
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState
from workflows.policy import Refusal

THREE = "transfer 1 from checking to savings, transfer 2 from checking to savings and transfer 9000 from checking to savings"
POLICIES = """
policies:
  - name: small
    match: {when: args.amount < 1000}
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: default
    severity: high
    stages: [{name: finance, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
Json = dict[str, Any]
Words = dict[str, dict[str, str]]


async def burst_of(harness: Harness, text: str = THREE, count: int = 3) -> tuple[Message, list[Handle]]:
    """A burst's message, and the requests whose cards are in its thread, by amount."""
    await harness.ask(text)
    message = await harness.card()
    cards = await eventually(lambda: cards_in(harness, message, count))
    await eventually(lambda: str(message.blocks).count("Open its card") == count or None)
    find = harness.client.get_workflow_handle_for
    found = [find(ApprovalWorkflow.run, approval_of(one)) for one in cards]
    states = [await read_state(one) for one in found]
    ordered = sorted(zip(states, found, strict=True), key=lambda one: str(one[0].request.arguments["amount"]))
    return message, [handle for _, handle in ordered]


def cards_in(harness: Harness, message: Message, count: int) -> list[Message] | None:
    cards = harness.slack.workspace.rooms[APPROVALS].thread(message.ts)
    cards = [one for one in cards if one.ts != message.ts and has_buttons(one)]
    return cards if len(cards) == count else None


def approval_of(card: Message) -> str:
    return button_value(card, "countersign_details").split("|")[0]


async def press(harness: Harness, message: Message, action: str, user: str = BOB) -> None:
    assert (await harness.slack.click(user, message.channel, message.ts, action)).acked


def comment(text: str) -> Words:
    return {COMMENT_BLOCK: {TYPED: text}}


async def ends(handle: Handle) -> ApprovalState:
    async def read() -> ApprovalState | None:
        state = await read_state(handle)
        return state if state.status != "pending" else None

    return await eventually_read(read)


@pytest.mark.parametrize(("action", "verdict"), [(APPROVE_ALL, "approved"), (REJECT_ALL, "rejected")])
async def test_all_are_decided_in_one_modal_and_each_is_its_own_decision(
    door: Harness, action: str, verdict: str
) -> None:
    message, handles = await burst_of(door)
    await press(door, message, action)
    view = modal(door.slack, BOB)
    assert code_text(view.body["blocks"]).count("amount: ") == 3
    assert (await door.slack.submit(BOB, view.id, comment("All in the budget."))).acked
    states = [await ends(one) for one in handles]
    assert {state.status for state in states} == {verdict}
    decisions = [state.decisions[0] for state in states]
    assert {(one.decided_by and one.decided_by.user_id, one.via, one.comment) for one in decisions} == {
        (BOB, "slack", "All in the budget.")
    }
    assert len({one.event_id for one in decisions}) == 3
    assert [one.digest for one in decisions] == [state.digest for state in states]
    await eventually(lambda: not has_buttons(message) or None)
    assert message.text.startswith("Nothing more to decide here")


async def test_what_has_to_be_typed_again_stays_for_its_own_card(
    slack: Standin, client: Client, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text(POLICIES)
    mixed = settings.model_copy(update={"countersign_policies": path})
    async with open_bot(slack, mixed, client, client) as harness:
        message, handles = await burst_of(harness)
        await press(harness, message, APPROVE_ALL)
        view = modal(slack, BOB)
        assert view.body["submit"]["text"] == "Approve all 2"
        assert "to be decided on their own cards: 1." in str(view.body["blocks"])
        await slack.submit(BOB, view.id)
        assert [(await ends(one)).status for one in handles[:2]] == ["approved", "approved"]
        assert (await read_state(handles[2])).status == "pending"
        await eventually(lambda: message.text.startswith("Approval needed: 1 of 3") or None)


@pytest.mark.parametrize(("user", "refusal"), [(ALICE, Refusal.REQUESTER), (DAVE, Refusal.OUTSIDER)])
async def test_those_who_may_not_decide_are_told_of_each_and_decide_none(
    harness: Harness, user: str, refusal: Refusal
) -> None:
    message, handles = await burst_of(harness)
    await press(harness, message, APPROVE_ALL, user)
    assert (await harness.slack.submit(user, modal(harness.slack, user).id)).acked
    await eventually(lambda: told(harness, user).count(refusal) == 3 or None)
    assert {(await read_state(one)).status for one in handles} == {"pending"}


def told(harness: Harness, user: str) -> list[str]:
    direct = harness.messages(harness.slack.direct(user))
    return [*harness.whispers(user), *(one.text for one in direct if one.bot_id)]


async def test_a_press_after_the_end_is_answered_and_takes_the_buttons_away(harness: Harness) -> None:
    message, handles = await burst_of(harness)
    for handle in handles:
        await handle.terminate()
    await press(harness, message, APPROVE_ALL)
    assert OVER in harness.whispers(BOB)
    assert not has_buttons(message)


async def test_a_request_that_ended_meanwhile_is_told_apart_from_those_that_were_handed_on(
    harness: Harness,
) -> None:
    message, handles = await burst_of(harness)
    await press(harness, message, APPROVE_ALL)
    await handles[0].terminate()
    delivery = await harness.slack.submit(BOB, modal(harness.slack, BOB).id)
    assert delivery.acked
    assert "2 of 3 decisions were handed on. Too late, because the request had ended: 1." in str(
        modal(harness.slack, BOB).body
    )
    assert [(await ends(one)).status for one in handles[1:]] == ["approved", "approved"]


async def test_nothing_is_acknowledged_while_temporal_is_away_and_the_next_try_decides(
    web_cut: CutOff,
) -> None:
    harness, cable = web_cut
    message, handles = await burst_of(harness)
    await press(harness, message, APPROVE_ALL)
    view = modal(harness.slack, BOB)
    await cable.cut()
    assert not (await harness.slack.submit(BOB, view.id)).acked
    assert not (await harness.slack.click(BOB, APPROVALS, message.ts, REJECT_ALL)).acked
    await cable.mend()

    async def submitted() -> bool:
        return (await harness.slack.submit(BOB, view.id)).acked

    await eventually_read(submitted)
    assert {(await ends(one)).status for one in handles} == {"approved"}


async def test_a_modal_submitted_twice_counts_once(harness: Harness) -> None:
    message, handles = await burst_of(harness)
    await press(harness, message, APPROVE_ALL)
    view = modal(harness.slack, BOB)
    body = await captured(harness, view.id)
    await harness.slack.deliver("interactive", body)
    states = [await ends(one) for one in handles]
    assert [len(state.decisions) for state in states] == [1, 1, 1]
    assert told(harness, BOB) == []


async def captured(harness: Harness, view_id: str) -> Json:
    """The submission as it was delivered, to be delivered once more."""
    user, view = harness.slack.workspace.user(BOB), modal(harness.slack, BOB)
    body = payloads.submission(harness.slack.workspace, user, view)
    assert (await harness.slack.submit(BOB, view_id)).acked
    return body


@pytest.mark.parametrize(
    "value", ["", "batch-1", "approval-1|C0APPROVALS", "batch-1|#approvals", "batch-1|C0APPROVALS|x"]
)
async def test_an_edited_button_decides_nothing(harness: Harness, value: str) -> None:
    message, _ = await burst_of(harness)
    delivery = await harness.slack.click(BOB, APPROVALS, message.ts, APPROVE_ALL, value=value)
    assert delivery.acked
    assert harness.whispers(BOB) == [FOREIGN]
    assert harness.slack.workspace.modals.stack(BOB) == []


async def test_a_burst_that_nobody_knows_any_more_loses_its_buttons(harness: Harness) -> None:
    message, _ = await burst_of(harness)
    await harness.slack.click(BOB, APPROVALS, message.ts, APPROVE_ALL, value=f"batch-gone|{APPROVALS}")
    assert harness.whispers(BOB) == [OVER]
    assert not has_buttons(message)


async def test_long_requests_are_read_page_by_page(door: Harness) -> None:
    handles = [await start_request(door, arguments={"text": f"{number}" * 3_000}) for number in range(5)]
    for one in handles:
        await card_known(one)
    message = await offer(door, handles)
    await pick(door, message, handles)
    await press(door, message, bulk.PICK["approve"])
    view = modal(door.slack, BOB)
    for _ in range(2):
        assert view.body.get("submit") is None
        assert (await door.slack.press(BOB, view.id, bulk.NEXT)).acked
    assert (await door.slack.press(BOB, view.id, bulk.PREVIOUS)).acked
    assert view.body.get("submit") is None
    assert (await door.slack.press(BOB, view.id, bulk.NEXT)).acked
    assert view.body["submit"]["text"] == "Approve all 5"
    assert (await door.slack.submit(BOB, view.id)).acked
    assert {(await ends(one)).status for one in handles} == {"approved"}


async def offer(harness: Harness, handles: list[Handle]) -> Message:
    """A message with checkboxes for requests, as a list may have them."""
    states = [await read_state(one) for one in handles]
    options = [
        {"text": {"type": "plain_text", "text": f"Request {n}"}, "value": card_value(one)}
        for n, one in enumerate(states)
    ]
    buttons = [
        {
            "type": "button",
            "action_id": action,
            "text": {"type": "plain_text", "text": action},
            "value": "picked",
        }
        for action in bulk.PICK.values()
    ]
    boxes = {"type": "checkboxes", "action_id": bulk.PICKED, "options": options}
    blocks = [{"type": "actions", "elements": [boxes]}, {"type": "actions", "elements": buttons}]
    client = harness.slack.workspace
    message = client.draft(client.bot, client.room(GENERAL), "Pick", settle(blocks))
    return client.post(message, {})


def settle(blocks: list[Json]) -> list[Json]:
    return [block | {"block_id": f"b{number}"} for number, block in enumerate(blocks)]


async def pick(harness: Harness, message: Message, handles: list[Handle]) -> None:
    """Tick some requests; that alone opens nothing."""
    values = [card_value(await read_state(one)) for one in handles]
    assert (await harness.slack.click(BOB, message.channel, message.ts, bulk.PICKED, value=values)).acked
    assert harness.slack.workspace.modals.stack(BOB) == []


async def test_picked_requests_of_one_kind_are_decided_together_and_the_others_stay(door: Harness) -> None:
    handles = [await start_request(door, arguments={"amount": number}) for number in range(3)]
    for one in handles:
        await card_known(one)
    message = await offer(door, handles)
    await pick(door, message, handles[:2])
    await press(door, message, bulk.PICK["reject"])
    assert (await door.slack.submit(BOB, modal(door.slack, BOB).id, comment("Not today."))).acked
    assert [(await ends(one)).reason for one in handles[:2]] == ["Not today.", "Not today."]
    assert (await read_state(handles[2])).status == "pending"


async def test_what_a_list_offers_is_decided_together(door: Harness) -> None:
    title = f"Pay {uuid.uuid4().hex}"
    handles = [await start_request(door, arguments={"amount": number}, title=title) for number in range(2)]
    message = await until_titles(door, [title, title], f"search {title}")
    values = [card_value(await read_state(one)) for one in handles]
    assert (await door.slack.click_ephemeral(BOB, message.ts, bulk.PICKED, value=values)).acked
    assert (await door.slack.click_ephemeral(BOB, message.ts, bulk.PICK["approve"])).acked
    view = modal(door.slack, BOB)
    assert code_text(view.body["blocks"]).count("amount: ") == 2
    assert (await door.slack.submit(BOB, view.id)).acked
    assert {(await ends(one)).status for one in handles} == {"approved"}


async def test_requests_picked_in_a_modal_are_decided_in_one_on_top_of_it(harness: Harness) -> None:
    handles = [await start_request(harness, arguments={"amount": number}) for number in range(2)]
    for one in handles:
        await card_known(one)
    blocks = (await offer(harness, handles)).blocks
    words = {"type": "plain_text", "text": "Pick"}
    under = harness.slack.workspace.modals.open(BOB, {"type": "modal", "title": words, "blocks": blocks})
    values = [card_value(await read_state(one)) for one in handles]
    assert (await harness.slack.press(BOB, under.id, bulk.PICKED, value=values)).acked
    assert (await harness.slack.press(BOB, under.id, bulk.PICK["approve"])).acked
    view = modal(harness.slack, BOB)
    assert view.previous_id == under.id
    assert (await harness.slack.submit(BOB, view.id)).acked
    assert {(await ends(one)).status for one in handles} == {"approved"}


async def test_requests_of_different_kinds_are_not_decided_together(harness: Harness) -> None:
    handles = [await start_request(harness), await start_request(harness, arguments={"amount": "250"})]
    for one in handles:
        await card_known(one)
    message = await offer(harness, handles)
    await pick(harness, message, handles)
    await press(harness, message, bulk.PICK["approve"])
    view = modal(harness.slack, BOB)
    assert "not of one kind" in str(view.body["blocks"])
    assert view.body.get("submit") is None


async def test_nothing_picked_is_said(harness: Harness) -> None:
    handle = await start_request(harness)
    await card_known(handle)
    message = await offer(harness, [handle])
    await press(harness, message, bulk.PICK["approve"], CAROL)
    assert bulk.NONE_PICKED in str(modal(harness.slack, CAROL).body["blocks"])
