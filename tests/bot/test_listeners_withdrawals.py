"""Withdraw, through the front doors: the requester's alone, once, and always answered."""

import pytest
from temporalio.client import Client

from activities.cards import WITHDRAW
from bot.listeners.approvals import FOREIGN, GONE
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.teller import read_blocks
from tests.bot.conftest import CutOff
from tests.doors import Handle, has_buttons, listen_on, new_id, open_bot, read_state, start_request
from tests.harness import ALICE, BOB, GENERAL, Harness, eventually
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Thread
from workflows.policy import Refusal


async def asked(harness: Harness, **changes: object) -> tuple[Handle, Message]:
    """A request of Alice's without an agent, and the direct message that she gets about it."""
    handle = await start_request(harness, **({"agent": ""} | changes))
    room = harness.slack.workspace.direct(ALICE)
    return handle, await eventually(lambda: room.messages[0] if room.messages else None)


async def withdraw(harness: Harness, message: Message, user: str = ALICE) -> None:
    assert (await harness.slack.click(user, message.channel, message.ts, WITHDRAW)).acked


async def test_the_requester_withdraws(door: Harness) -> None:
    handle, message = await asked(door)
    await withdraw(door, message)
    outcome = await handle.result()
    assert (outcome.status, outcome.reason) == ("cancelled", "Withdrawn by the requester")
    assert not has_buttons(message)
    assert not has_buttons(await door.card())


async def test_an_agent_s_request_is_withdrawn_in_its_thread_by_its_requester_only(door: Harness) -> None:
    thread = await door.ask("transfer 250 from checking to savings")
    await door.reply(GENERAL, thread, "waiting for approval")
    [message] = [one for one in door.slack.workspace.rooms[GENERAL].thread(thread) if "waiting" in one.text]
    await withdraw(door, message, BOB)
    await eventually(lambda: Refusal.NOT_YOURS in door.whispers(BOB))
    assert has_buttons(message)
    await withdraw(door, message)
    await door.reply(GENERAL, thread, "Cancelled, not approved")
    await door.reply(GENERAL, thread, "Not approved (cancelled)")
    assert not has_buttons(message)


async def test_whoever_is_refused_is_told_where_they_pressed(harness: Harness) -> None:
    ts = await harness.slack.say(ALICE, GENERAL, "hello", mention=False)
    await start_request(harness, origin=Thread(team_id="T0COUNTER", channel_id=GENERAL, thread_ts=ts))
    await harness.reply(GENERAL, ts, "waiting for approval")
    await withdraw(harness, harness.slack.workspace.rooms[GENERAL].thread(ts)[0], BOB)
    told = await eventually(lambda: next(iter(harness.slack.workspace.ephemerals.values()), None))
    assert (told.channel, told.only_for, told.text) == (GENERAL, BOB, Refusal.NOT_YOURS)


async def test_after_the_end_it_is_answered_and_its_button_goes(door: Harness) -> None:
    handle, message = await asked(door)
    door.slack.faults.add("chat.update", "error", times=5, error="cant_update_message")
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    assert (await handle.result()).approved
    door.slack.faults.clear()
    assert has_buttons(message)
    await withdraw(door, message)
    await eventually(lambda: Refusal.APPROVED in door.whispers(ALICE))
    assert read_blocks(message.blocks) == "Transfer money: approved; see below"


async def test_pressed_twice_it_counts_once(harness: Harness) -> None:
    handle, message = await asked(harness)
    before = [dict(block) for block in message.blocks]
    await withdraw(harness, message)
    assert (await handle.result()).status == "cancelled"
    message.blocks = before
    await withdraw(harness, message)
    await eventually(lambda: Refusal.CANCELLED in harness.whispers(ALICE))
    assert not has_buttons(message)


async def test_of_a_request_that_is_gone_it_says_so(harness: Harness) -> None:
    _, message = await asked(harness)
    gone = f"{new_id()}|0|{'0' * 64}"
    assert (await harness.slack.click(ALICE, message.channel, message.ts, WITHDRAW, value=gone)).acked
    await eventually(lambda: GONE in harness.whispers(ALICE))
    assert not has_buttons(message)


async def test_an_edited_button_withdraws_nothing(harness: Harness) -> None:
    handle, message = await asked(harness)
    assert (await harness.slack.click(ALICE, message.channel, message.ts, WITHDRAW, value="x")).acked
    await eventually(lambda: FOREIGN in harness.whispers(ALICE))
    assert (await read_state(handle)).status == "pending"


async def test_while_temporal_is_away_it_is_not_acknowledged(web_cut: CutOff) -> None:
    harness = web_cut.harness
    handle, message = await asked(harness)
    await web_cut.cable.cut()
    assert not (await harness.slack.click(ALICE, message.channel, message.ts, WITHDRAW)).acked
    assert harness.slack.workspace.warnings[ALICE]
    await web_cut.cable.mend()
    await withdraw(harness, message)
    assert (await handle.result()).status == "cancelled"


@pytest.mark.parametrize("tells", [True, False])
async def test_a_policy_may_tell_the_requester_nothing(
    slack: Standin,
    client: Client,
    settings: Settings,
    tells: bool,  # noqa: FBT001 - parametrized
) -> None:
    path = settings.countersign_ledger.parent / "quiet.yaml"
    stages = "stages: [{name: a, approvers: [{channel: C0APPROVALS}], deadline: 1h}]"
    path.write_text(f"policies:\n- {{name: p, notify: {{requester: {str(tells).lower()}}}, {stages}}}")
    quiet = listen_on(slack, settings.model_copy(update={"countersign_policies": path}))
    async with open_bot(slack, quiet, client, client) as harness:
        handle = await start_request(harness, agent="")
        await harness.card()
        await handle.signal(ApprovalWorkflow.approve, arg=True)
        await handle.result()
        assert len(slack.workspace.direct(ALICE).messages) == (2 if tells else 0)
