"""Changes at work in Slack: a form, the difference, and a new card that somebody else approves."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, CHANGE
from bot import forms as words
from bot.changes import CHANGED_FORM, NO_FIELDS, SAME
from bot.listeners.approvals import FOREIGN, GONE
from bot.parameters import field_block
from bot.settings import Settings
from bot.standin import forms
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import RETYPE_BLOCK, TYPED
from tests.cable import open_cable
from tests.doors import (
    Handle,
    button_value,
    code_text,
    connect,
    has_buttons,
    listen_on,
    modal,
    new_id,
    open_bot,
    read_state,
    start_request,
)
from tests.harness import ALICE, BOB, CAROL, GENERAL, OUTCOMES, Harness, eventually, everything
from workflows.approval import ApprovalWorkflow
from workflows.policy import Refusal

POLICIES = """
policies:
  - name: small
    match: {action: transfer_*, when: args.amount < 1000}
    change: second
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: careful
    match: {action: careful_*}
    severity: high
    change: alone
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: default
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "source": {"type": "string"},
        "target": {"type": "string", "enum": ["savings", "checking"]},
    },
    "required": ["amount", "source", "target"],
}
AMOUNT, SOURCE, TARGET = map(field_block, range(3))


@pytest.fixture
def changeable(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with policies by which small transfers may be changed."""
    path = tmp_path / "changeable.yaml"
    path.write_text(POLICIES)
    return settings.model_copy(update={"countersign_policies": path})


@pytest.fixture(params=["socket", "http"])
async def door(
    request: pytest.FixtureRequest, slack: Standin, client: Client, changeable: Settings
) -> AsyncGenerator[Harness]:
    """All of it at work under these policies, by Socket Mode and by signed HTTP."""
    chosen = listen_on(slack, changeable) if request.param == "http" else changeable
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


@pytest.fixture
async def whole(slack: Standin, client: Client, changeable: Settings) -> AsyncGenerator[Harness]:
    """The same by Socket Mode only."""
    async with open_bot(slack, changeable, client, client) as harness:
        yield harness


async def ask(harness: Harness, **changes: Any) -> Handle:
    return await start_request(harness, **({"parameters": PARAMETERS} | changes))


async def open_form(harness: Harness, user: str = BOB) -> Message:
    card = await harness.card()
    assert (await harness.slack.click(user, card.channel, card.ts, CHANGE)).acked
    return card


async def submit(harness: Harness, values: dict[str, str] | None = None, user: str = BOB) -> Delivery:
    typed = {block: {TYPED: text} for block, text in (values or {}).items()}
    return await harness.slack.submit(user, modal(harness.slack, user).id, typed)


async def see_difference(harness: Harness, amount: str = "200", user: str = BOB) -> None:
    await open_form(harness, user)
    assert (await submit(harness, {AMOUNT: amount}, user)).acked
    assert modal(harness.slack, user).body["callback_id"] == CHANGED_FORM


def errors(harness: Harness) -> dict[str, str]:
    return modal(harness.slack, BOB).errors


def has_modal(harness: Harness, user: str = BOB) -> bool:
    return bool(harness.slack.workspace.modals.stack(user))


def notice(harness: Harness) -> str:
    """What a modal without anything to send says."""
    body = modal(harness.slack, BOB).body
    assert not body.get("submit")
    return json.dumps(body["blocks"], ensure_ascii=False)


async def untouched(handle: Handle) -> bool:
    state = await read_state(handle)
    return (state.status, state.decisions, state.amendments) == ("pending", (), ())


async def test_a_change_is_seen_approved_by_another_and_told(door: Harness) -> None:
    handle = await ask(door)
    card = await open_form(door)
    assert (await submit(door, {AMOUNT: "200"})).acked
    shown = code_text(modal(door.slack, BOB).body["blocks"])
    assert "- amount: 250\n+ amount: 200" in shown
    assert await untouched(handle), "nothing counts before the last step"
    assert (await submit(door)).acked
    assert not has_modal(door)
    await eventually(lambda: "Changed by" in everything([card]) or None)
    assert "amount: 200" in code_text(card.blocks)
    await door.approve(card, BOB)
    await eventually(lambda: Refusal.CHANGED in door.whispers(BOB) or None)
    await door.approve(card, CAROL)
    outcome = await handle.result()
    assert (outcome.status, outcome.arguments) == (
        "approved",
        {"amount": 200, "source": "checking", "target": "savings"},
    )
    assert not door.slack.workspace.warnings
    await eventually(lambda: "Changed by" in everything(door.messages(OUTCOMES)) or None)


async def test_the_agent_does_what_was_changed_and_no_more(whole: Harness) -> None:
    thread = await whole.ask("transfer 250 from checking to savings")
    await see_difference(whole)
    assert (await submit(whole)).acked
    card = whole.cards()[0]
    await eventually(lambda: "Changed by" in everything([card]) or None)
    await whole.approve(card, CAROL)
    await whole.reply(GENERAL, thread, "Moved 200.00 EUR")
    assert not any(map(has_buttons, whole.cards()))


async def test_alone_the_new_amount_is_typed_again(whole: Harness) -> None:
    handle = await ask(whole, action="careful_transfer")
    await see_difference(whole)
    assert (await submit(whole, {RETYPE_BLOCK: "250"})).acked
    assert errors(whole) == {RETYPE_BLOCK: words.WRONG}
    assert await untouched(handle)
    assert (await submit(whole, {RETYPE_BLOCK: "200"})).acked
    outcome = await handle.result()
    assert outcome.arguments
    assert outcome.arguments["amount"] == 200


@pytest.mark.parametrize(
    ("values", "block", "part"),
    [
        ({}, AMOUNT, SAME),
        ({AMOUNT: "250.00"}, AMOUNT, SAME),
        ({AMOUNT: "-1"}, AMOUNT, "minimum"),
        ({SOURCE: "  "}, AMOUNT, "'source' is a required property"),
    ],
)
async def test_what_is_wrong_is_said_in_the_form(
    whole: Harness, values: dict[str, str], block: str, part: str
) -> None:
    handle = await ask(whole)
    await open_form(whole)
    assert (await submit(whole, values)).acked
    assert part in errors(whole)[block]
    assert await untouched(handle)


@pytest.mark.parametrize("step", ["form", "difference"])
async def test_what_was_changed_meanwhile_is_stale(door: Harness, step: str) -> None:
    handle = await ask(door)
    if step == "form":
        await open_form(door)
    else:
        await see_difference(door)
    await see_difference(door, "100", CAROL)
    assert (await submit(door, user=CAROL)).acked
    await eventually(lambda: "Changed by" in everything(door.cards()) or None)
    assert (await submit(door, {AMOUNT: "200"} if step == "form" else None)).acked
    assert Refusal.STALE in notice(door)
    state = await read_state(handle)
    assert [one.changed_by.user_id for one in state.amendments] == [CAROL]


@pytest.mark.parametrize("step", ["form", "difference"])
async def test_what_has_ended_meanwhile_is_said_to_have(whole: Harness, step: str) -> None:
    handle = await ask(whole)
    if step == "form":
        await open_form(whole)
    else:
        await see_difference(whole)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    outcome = await handle.result()
    assert (await submit(whole, {AMOUNT: "200"} if step == "form" else None)).acked
    assert Refusal.REJECTED in notice(whole)
    assert outcome.arguments is None


async def test_a_card_that_was_changed_under_an_old_button_opens_nothing(whole: Harness) -> None:
    handle = await ask(whole)
    old = button_value(await whole.card(), CHANGE)
    await see_difference(whole)
    assert (await submit(whole)).acked
    card = whole.cards()[0]
    await eventually(lambda: "Changed by" in everything([card]) or None)
    assert (await whole.slack.click(CAROL, card.channel, card.ts, CHANGE, value=old)).acked
    await eventually(lambda: Refusal.STALE in whole.whispers(CAROL) or None)
    assert (await whole.slack.click(CAROL, card.channel, card.ts, APPROVE, value=old)).acked
    await eventually(lambda: len(whole.whispers(CAROL)) == 2 or None)
    assert (await read_state(handle)).status == "pending"


@pytest.mark.parametrize(
    ("value", "sentence"), [("x|0|zz", FOREIGN), (f"{new_id()}|0|{'0' * 64}", GONE)], ids=["edited", "gone"]
)
async def test_a_button_of_nothing_opens_nothing(door: Harness, value: str, sentence: str) -> None:
    await ask(door)
    card = await door.card()
    assert (await door.slack.click(BOB, card.channel, card.ts, CHANGE, value=value)).acked
    await eventually(lambda: sentence in door.whispers(BOB) or None)
    assert not has_modal(door)


async def test_the_requester_may_fill_in_a_form_but_not_change(whole: Harness) -> None:
    handle = await ask(whole)
    await see_difference(whole, user=ALICE)
    assert (await submit(whole, user=ALICE)).acked
    await eventually(lambda: Refusal.REQUESTER in whole.whispers(ALICE) or None)
    assert await untouched(handle)


async def test_what_would_be_another_policy_s_is_not_approved_here(whole: Harness) -> None:
    handle = await ask(whole)
    await see_difference(whole, "1000000")
    assert (await submit(whole)).acked
    await eventually(lambda: Refusal.OTHER_POLICY in whole.whispers(BOB) or None)
    assert await untouched(handle)


@pytest.mark.parametrize(
    "changes", [{"parameters": None}, {"arguments": {"amount": 1_000}}], ids=["no schema", "never"]
)
async def test_where_nothing_can_be_changed_no_card_offers_it(whole: Harness, changes: Any) -> None:
    await ask(whole, **changes)
    card = await whole.card()
    with pytest.raises(LookupError):
        forms.find(card.blocks, CHANGE, None)


async def test_where_no_field_can_hold_anything_that_is_said(whole: Harness) -> None:
    await ask(whole, action="careful_list", parameters={"properties": {"rows": {"type": "array"}}})
    await open_form(whole)
    await eventually(lambda: NO_FIELDS in whole.whispers(BOB) or None)
    assert not has_modal(whole)


@pytest.mark.parametrize("metadata", ["", "nonsense", "{}", '{"value":"x","changes":{}}', "null"])
async def test_edited_metadata_changes_nothing(
    slack: Standin, client: Client, changeable: Settings, metadata: str
) -> None:
    async with open_bot(slack, listen_on(slack, changeable), client, client) as web:
        handle = await ask(web)
        await see_difference(web)
        modal(slack, BOB).body["private_metadata"] = metadata
        assert (await submit(web)).status == 400
        assert await untouched(handle)


@pytest.mark.parametrize(
    "changes", [{"amount": -5}, {"amount": "200"}, {"target": "elsewhere"}], ids=["minus", "text", "choice"]
)
async def test_edited_values_that_do_not_fit_are_refused_by_the_workflow(
    whole: Harness, changes: Any
) -> None:
    handle = await ask(whole)
    await see_difference(whole)
    body = modal(whole.slack, BOB).body
    draft = json.loads(body["private_metadata"])
    body["private_metadata"] = json.dumps(draft | {"changes": changes})
    assert (await submit(whole)).acked
    await eventually(lambda: Refusal.UNFIT in whole.whispers(BOB) or None)
    assert await untouched(handle)


async def test_a_difference_that_is_submitted_twice_is_one_change(whole: Harness) -> None:
    handle = await ask(whole)
    await see_difference(whole)
    view = modal(whole.slack, BOB)
    await asyncio.gather(*(whole.slack.submit(BOB, view.id) for _ in range(2)))
    await eventually(lambda: "Changed by" in everything(whole.cards()) or None)
    assert len((await read_state(handle)).amendments) == 1
    assert not whole.whispers(BOB)


async def test_closing_either_step_changes_nothing(whole: Harness) -> None:
    handle = await ask(whole)
    await open_form(whole)
    await whole.slack.dismiss(BOB, modal(whole.slack, BOB).id)
    await see_difference(whole)
    await whole.slack.dismiss(BOB, modal(whole.slack, BOB).id)
    assert await untouched(handle)


async def test_without_temporal_each_step_fails_aloud_and_can_be_done_again(
    slack: Standin, client: Client, changeable: Settings, temporal_address: str
) -> None:
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, changeable)
        async with open_bot(slack, changeable, near, client) as cut:
            handle = await ask(cut)
            await see_difference(cut)
            await cable.cut()
            assert not (await submit(cut)).acked
            assert modal(slack, BOB).body["callback_id"] == CHANGED_FORM
            assert await untouched(handle)
            await cable.mend()
            assert (await submit(cut)).acked
            await eventually(lambda: "Changed by" in everything(cut.cards()) or None)
