"""Approve and Reject: who is refused and told, which buttons are not believed, when a click is acknowledged."""

import asyncio
from typing import Literal

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from activities.blocks import render
from activities.cards import APPROVE, REJECT, render_card
from bot.clients import build_client
from bot.listeners.approvals import FOREIGN, GONE
from bot.roles import run_worker
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.bot.conftest import CutOff
from tests.doors import (
    Handle,
    button_value,
    card_known,
    click_payload,
    has_buttons,
    listen_on,
    new_id,
    open_bot,
    read_state,
    start_request,
    told_directly,
)
from tests.factories import build_state
from tests.harness import ALICE, APPROVALS, BOB, CAROL, DAVE, Harness, eventually, everything
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState
from workflows.ids import agent_workflow
from workflows.policy import Refusal

EVE, OTHER_BOT = "U0EVE", "U0OTHERBOT"
NONSENSE = (
    "", "nonsense", "{id}", "{id}|0", "{id}|x|{digest}", "{id}|-1|{digest}", "{id}|0|{digest}|more", "{id}|0|",
    "agent-{id}|0|{digest}", " {id}|0|{digest}", "{id}|0|{digest}\n",
)  # fmt: skip
Verb = Literal["countersign_approve", "countersign_reject"]


async def press(harness: Harness, card: Message, user: str, verb: str, value: str | None = None) -> Delivery:
    return await harness.slack.click(user, card.channel, card.ts, verb, value=value)


async def hears(harness: Harness, user: str, sentence: str) -> None:
    await eventually(lambda: sentence in harness.whispers(user))


async def untouched(handle: Handle) -> bool:
    state = await read_state(handle)
    return state.status == "pending" and state.decisions == ()


async def post_card(harness: Harness, state: ApprovalState) -> Message:
    """A card that no workflow knows of."""
    rendered = render_card(state)
    slack = build_client(harness.settings)
    await slack.chat_postMessage(channel=APPROVALS, text=rendered.text, blocks=render(rendered.blocks))
    return harness.cards()[-1]


async def test_an_approval_is_taken_with_who_what_and_how(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    assert (await door.approve(card)).acked
    outcome = await handle.result()
    decision = outcome.decisions[0]
    assert outcome.approved
    assert (decision.decided_by.user_id if decision.decided_by else "", decision.via) == (BOB, "slack")
    assert decision.digest == outcome.digest == (await read_state(handle)).digest
    assert not has_buttons(card)


async def test_a_rejection_is_taken_from_an_approver(door: Harness) -> None:
    handle = await start_request(door)
    assert (await door.reject(await door.card())).acked
    assert (await handle.result()).status == "rejected"


@pytest.mark.parametrize("verb", [APPROVE, REJECT])
async def test_the_requester_is_refused_and_told(harness: Harness, verb: Verb) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    assert (await press(harness, card, ALICE, verb)).acked
    await hears(harness, ALICE, Refusal.REQUESTER)
    assert await untouched(handle)
    assert has_buttons(card)


@pytest.mark.parametrize("verb", [APPROVE, REJECT])
async def test_an_outsider_is_refused_and_told_by_direct_message(harness: Harness, verb: Verb) -> None:
    handle = await start_request(harness)
    assert (await press(harness, await harness.card(), DAVE, verb)).acked
    await eventually(lambda: Refusal.OUTSIDER in told_directly(harness, DAVE))
    assert await untouched(handle)


@pytest.mark.parametrize("verb", [APPROVE, REJECT])
async def test_a_bot_is_refused_and_told(harness: Harness, verb: Verb) -> None:
    handle = await start_request(harness)
    assert (await press(harness, await harness.card(), OTHER_BOT, verb)).acked
    await hears(harness, OTHER_BOT, Refusal.BOT)
    assert await untouched(handle)


@pytest.mark.parametrize("verb", [APPROVE, REJECT])
async def test_a_partners_user_is_refused_and_told(harness: Harness, verb: Verb) -> None:
    """Also one who is a guest in the approvers' channel."""
    harness.slack.workspace.rooms[APPROVALS].members.append(EVE)
    handle = await start_request(harness)
    card = await harness.card()
    assert (await press(harness, card, EVE, verb)).acked
    await eventually(lambda: harness.whispers(EVE) or not has_buttons(card))
    assert await untouched(handle)
    assert harness.whispers(EVE)


async def test_a_partners_user_outside_the_channel_is_refused_and_told_by_direct_message(
    web: Harness,
) -> None:
    handle = await start_request(web)
    eve = web.slack.workspace.user(EVE)
    payload = click_payload(web.slack, eve, await web.card(), APPROVE)
    assert (await web.slack.deliver("interactive", payload)).acked
    await eventually(lambda: Refusal.OUTSIDER in told_directly(web, EVE))
    assert await untouched(handle)


async def test_somebody_who_names_another_team_is_refused_and_told(web: Harness) -> None:
    handle = await start_request(web)
    card = await web.card()
    impostor = web.slack.workspace.user(BOB).model_copy(update={"team_id": "T0PARTNER"})
    payload = click_payload(web.slack, impostor, card, APPROVE)
    assert (await web.slack.deliver("interactive", payload)).acked
    await hears(web, BOB, Refusal.UNKNOWN)
    assert await untouched(handle)


async def test_one_who_left_the_channel_is_refused(harness: Harness) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    harness.slack.workspace.rooms[APPROVALS].members.remove(CAROL)
    assert (await harness.approve(card, CAROL)).acked
    await eventually(lambda: Refusal.OUTSIDER in told_directly(harness, CAROL))
    assert await untouched(handle)


async def test_of_two_clicks_at_once_one_counts(harness: Harness) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    both = await asyncio.gather(harness.approve(card, BOB), harness.reject(card, CAROL))
    assert all(one.acked for one in both)
    assert len((await handle.result()).decisions) == 1


async def test_a_button_moved_to_another_request_decides_neither(harness: Harness) -> None:
    first = await start_request(harness)
    card = await harness.card()
    second = await start_request(harness, arguments={"amount": 9_000_000})
    await harness.card(1)
    _, stage, digest = button_value(card, APPROVE).split("|")
    assert (await press(harness, card, BOB, APPROVE, f"{second.id}|{stage}|{digest}")).acked
    await hears(harness, BOB, Refusal.STALE)
    assert await untouched(first)
    assert await untouched(second)
    assert all(has_buttons(one) for one in harness.cards())


@pytest.mark.parametrize("wrong", ["{id}|7|{digest}", "{id}|0|" + "0" * 64], ids=["stage", "digest"])
async def test_a_button_of_another_stage_or_digest_decides_nothing(harness: Harness, wrong: str) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    value = wrong.format(id=handle.id, digest=button_value(card, APPROVE).split("|")[2])
    assert (await press(harness, card, BOB, APPROVE, value)).acked
    await hears(harness, BOB, Refusal.STALE)
    assert await untouched(handle)


@pytest.mark.parametrize("verb", [APPROVE, REJECT])
async def test_a_nonsense_button_decides_nothing_and_is_answered(door: Harness, verb: Verb) -> None:
    handle = await start_request(door)
    card = await door.card()
    _, _, digest = button_value(card, verb).split("|")
    for value in NONSENSE:
        assert (await press(door, card, BOB, verb, value.format(id=handle.id, digest=digest))).acked
    await eventually(lambda: door.whispers(BOB) == [FOREIGN] * len(NONSENSE))
    assert await untouched(handle)
    assert has_buttons(card)


async def test_a_button_that_names_a_conversation_reaches_no_conversation(harness: Harness) -> None:
    thread = await harness.ask("transfer 250 from checking to savings")
    card = await harness.card()
    approval_id, stage, digest = button_value(card, APPROVE).split("|")
    state = await harness.gateway.read_state(approval_id)
    assert state.request.origin
    assert state.request.origin.thread_ts == thread
    agent = harness.client.get_workflow_handle(agent_workflow(state.request.origin))
    before = (await agent.describe()).history_length
    assert (await press(harness, card, BOB, APPROVE, f"{agent.id}|{stage}|{digest}")).acked
    await hears(harness, BOB, FOREIGN)
    assert (await agent.describe()).history_length == before


async def test_the_card_of_a_completed_request_is_answered_and_closed(harness: Harness) -> None:
    """Slack had refused to rewrite it, so that its buttons outlived the request."""
    handle = await start_request(harness)
    card = await harness.card()
    await card_known(handle)
    harness.slack.faults.add("chat.update", "error", error="cant_update_message")
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await handle.result()
    assert has_buttons(card)
    assert (await harness.reject(card)).acked
    await hears(harness, BOB, Refusal.APPROVED)
    assert not has_buttons(card)
    assert "Approved: Transfer money" in card.text


async def test_the_card_of_a_terminated_request_is_answered_and_closed(door: Harness) -> None:
    handle = await start_request(door)
    card = await door.card()
    await handle.terminate()
    assert (await door.approve(card)).acked
    await hears(door, BOB, Refusal.FAILED)
    assert not has_buttons(card)
    assert "Failed, not approved" in card.text
    assert (await handle.describe()).status == WorkflowExecutionStatus.TERMINATED


async def test_the_card_of_an_unknown_request_is_answered_and_closed(door: Harness) -> None:
    card = await post_card(door, build_state(approval_id=new_id()))
    assert (await door.approve(card)).acked
    await hears(door, BOB, GONE)
    assert not has_buttons(card)
    assert "no longer on record" in everything([card])


async def test_a_dead_card_is_closed_without_workers_too(
    slack: Standin, client: Client, settings: Settings
) -> None:
    async with open_bot(slack, settings, client, client, worker=False) as harness:
        handle = await start_request(harness)
        card = await post_card(harness, build_state(approval_id=handle.id))
        await handle.terminate()
        assert (await harness.approve(card)).acked
        await hears(harness, BOB, GONE)
        assert not has_buttons(card)


async def test_a_click_without_workers_is_acknowledged_and_counts_later(
    slack: Standin, client: Client, settings: Settings
) -> None:
    async with open_bot(slack, listen_on(slack, settings), client, client, worker=False) as harness:
        async with run_worker(client, settings):
            handle = await start_request(harness)
            card = await harness.card()
            await card_known(handle)
        assert (await harness.approve(card)).acked
        assert not harness.slack.workspace.warnings
        async with run_worker(client, settings):
            assert (await handle.result()).approved


async def refused_then_taken(cut_off: CutOff) -> None:
    harness, cable = cut_off
    handle = await start_request(harness)
    card = await harness.card()
    await cable.cut()
    lost = await harness.approve(card)
    assert not lost.acked
    assert harness.slack.workspace.warnings[BOB]
    assert await untouched(handle)
    await cable.mend()
    assert (await harness.approve(card)).acked
    assert (await handle.result()).approved


async def test_a_click_is_not_acknowledged_by_socket_while_temporal_is_away(socket_cut: CutOff) -> None:
    await refused_then_taken(socket_cut)


async def test_a_click_is_not_acknowledged_by_http_while_temporal_is_away(web_cut: CutOff) -> None:
    await refused_then_taken(web_cut)


@pytest.mark.parametrize("fault", ["error", "http_500", "lost"])
async def test_a_first_click_is_not_acknowledged_while_slack_does_not_say_who_we_are(
    web: Harness, fault: Literal["error", "http_500", "lost"]
) -> None:
    handle = await start_request(web)
    card = await web.card()
    web.slack.faults.add("auth.test", fault, error="invalid_auth")
    assert not (await web.approve(card)).acked
    assert web.slack.workspace.warnings[BOB]
    assert await untouched(handle)
    assert (await web.approve(card)).acked
    assert (await handle.result()).approved
