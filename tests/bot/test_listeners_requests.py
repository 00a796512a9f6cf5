"""New request, through the front doors: filed by a form, decided by people, told to whoever asked."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, WITHDRAW
from activities.rules.rulebook import LoadError
from bot import answers, filing
from bot.app import build_app
from bot.catalog import Catalog
from bot.formbook import GENERAL
from bot.gateway import Gateway
from bot.listeners.requests import NEW_REQUEST
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED
from bot.teller import read_blocks
from bot.visitors import Visitors
from tests.bot.conftest import CutOff
from tests.doors import button_value, has_buttons, listen_on, modal, open_bot
from tests.harness import ALICE, APPROVALS, BOB, CAROL, OUTCOMES, Harness, eventually
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState, Outcome
from workflows.digest import digest
from workflows.policy import Refusal

FORMS = """
policies:
  - name: purchase
    match: {action: purchase, when: args.total >= 1000}
    form:
      title: Buy something
      action: purchase
      fields:
        - {name: total, label: "Total, in euros", kind: number}
        - {name: item, label: What, kind: text}
        - {name: needed, label: Needed by, kind: date, required: false}
        - {name: site, label: Site, kind: choice, options: [Berlin, Paris]}
        - {name: buyer, label: Buyer, kind: user, required: false}
        - {name: room, label: Channel, kind: channel, required: false}
        - {name: notes, label: Notes, kind: long_text, required: false}
    stages: [{name: directors, approvers: [{channel: C0APPROVALS}], quorum: 2, deadline: 24h}]
  - name: small-purchase
    match: {action: purchase}
    stages: [{name: manager, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: access
    match: {action: grant_access}
    form: {title: Ask for access, action: grant_access, fields: [{name: dataset, label: Data, kind: text}]}
    stages: [{name: owner, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
WHAT = {
    filing.TITLE_BLOCK: "Repair the door",
    f"{answers.FIELD}what": "The front door sticks.\nCall Smith & Co.",
}
LAPTOPS = {"total": "12000.50", "item": "Laptops", "needed": "2026-12-24", "site": "Paris", "buyer": CAROL}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "forms.yaml"
    path.write_text(FORMS)
    return path


@pytest.fixture
async def shop(slack: Standin, client: Client, settings: Settings, file: Path) -> AsyncGenerator[Harness]:
    """All of it at work under policies with forms."""
    chosen = settings.model_copy(update={"countersign_policies": file})
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


async def start(harness: Harness, user: str = ALICE) -> None:
    assert (await harness.slack.shortcut(user, NEW_REQUEST)).acked


async def submit(harness: Harness, words: dict[str, str], user: str = ALICE) -> Delivery:
    values = {block: {TYPED: text} for block, text in words.items()}
    return await harness.slack.submit(user, modal(harness.slack, user).id, values)


async def choose(harness: Harness, policy: str, user: str = ALICE) -> None:
    await start(harness, user)
    assert (await submit(harness, {filing.CHOICE_BLOCK: policy}, user)).acked


async def fill_in(harness: Harness, values: dict[str, str], user: str = ALICE, reason: str = "") -> Delivery:
    words = {f"{answers.FIELD}{name}": text for name, text in values.items()}
    return await submit(harness, words | ({filing.REASON_BLOCK: reason} if reason else {}), user)


def title(harness: Harness, user: str = ALICE) -> str:
    return str(modal(harness.slack, user).body["title"]["text"])


def shown(harness: Harness, user: str = ALICE) -> str:
    return str(modal(harness.slack, user).body["blocks"])


def errors(harness: Harness, user: str = ALICE) -> dict[str, str]:
    return modal(harness.slack, user).errors


async def told(harness: Harness, number: int, user: str = ALICE) -> Message:
    """What somebody was written to directly, by its number."""
    room = harness.slack.workspace.direct(user)
    return await eventually(lambda: room.messages[number] if len(room.messages) > number else None)


async def state_of(harness: Harness, card: Message) -> ApprovalState:
    approval_id = button_value(card, APPROVE).split("|")[0]
    handle = harness.client.get_workflow_handle_for(ApprovalWorkflow.run, approval_id)
    return await handle.query(ApprovalWorkflow.state)


async def outcome_of(harness: Harness, card: Message) -> Outcome:
    approval_id = button_value(card, APPROVE).split("|")[0]
    return await harness.client.get_workflow_handle_for(ApprovalWorkflow.run, approval_id).result()


async def test_a_request_is_filed_decided_and_told(door: Harness) -> None:
    await start(door)
    assert (title(door), errors(door)) == ("New request", {})
    assert (await submit(door, WHAT | {filing.REASON_BLOCK: "It is cold in here"})).acked
    assert (title(door), "Repair the door" in shown(door)) == ("Asked", True)
    assert filing.DIRECT in shown(door)
    card = await door.card()
    state = await state_of(door, card)
    request = state.request
    assert (request.action, request.title, request.agent, request.origin) == (
        "request",
        "Repair the door",
        "",
        None,
    )
    assert request.arguments == {"what": "The front door sticks.\nCall Smith & Co."}
    assert state.digest == digest("request", request.arguments)
    assert (request.requester.team_id, request.requester.user_id) == ("T0COUNTER", ALICE)
    assert request.reason == "It is cold in here"
    text = read_blocks(card.blocks)
    assert f"Asked by: {ALICE}\n" in text
    assert "the agent" not in text
    assert "This is exactly what is to be approved:" in text
    assert "run" not in text
    asked = await told(door, 0)
    assert f"Repair the door: waiting for approval in {APPROVALS} until" in read_blocks(asked.blocks)
    ending = asyncio.create_task(outcome_of(door, card))
    assert (await door.approve(card)).acked
    assert (await ending).approved
    assert "Approved: Repair the door" in read_blocks((await told(door, 1)).blocks)
    assert read_blocks(asked.blocks) == "Repair the door: approved; see below"
    assert len(door.messages(OUTCOMES)) == 1


async def test_nobody_approves_what_they_filed(harness: Harness) -> None:
    await start(harness)
    await submit(harness, WHAT)
    assert (await harness.approve(await harness.card(), ALICE)).acked
    await eventually(lambda: Refusal.REQUESTER in harness.whispers(ALICE))


async def test_a_form_of_a_policy_is_chosen_and_its_answers_have_their_kinds(shop: Harness) -> None:
    await choose(shop, "purchase")
    assert title(shop) == "Buy something"
    assert (await fill_in(shop, LAPTOPS, reason="New colleagues")).acked
    state = await state_of(shop, await shop.card())
    assert (state.plan and state.plan.policy) == "purchase"
    assert state.request.arguments == {
        "total": 12000.5,
        "item": "Laptops",
        "needed": "2026-12-24",
        "site": "Paris",
        "buyer": CAROL,
    }
    assert state.request.title == "Buy something: 12000.5, Laptops, 2026-12-24, Paris"


async def test_the_policy_that_applies_is_the_files_and_not_the_forms(shop: Harness) -> None:
    await choose(shop, "purchase")
    await fill_in(shop, LAPTOPS | {"total": "250.00"})
    state = await state_of(shop, await shop.card())
    assert (state.plan and state.plan.policy) == "small-purchase"
    assert state.request.arguments["total"] == 250


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("total", "9007199254740993", answers.INEXACT),
        ("total", "0.10000000000000000001", answers.INEXACT),
        ("item", "  \t ", answers.EMPTY),
    ],
)
async def test_what_is_wrong_is_said_below_its_field_and_nothing_is_asked(
    shop: Harness, name: str, text: str, sentence: str
) -> None:
    await choose(shop, "purchase")
    assert (await fill_in(shop, LAPTOPS | {name: text})).acked
    assert errors(shop) == {f"{answers.FIELD}{name}": sentence}
    assert shop.cards() == []
    await fill_in(shop, LAPTOPS)
    assert await shop.card()


async def test_a_title_of_blanks_is_none(harness: Harness) -> None:
    await start(harness)
    await submit(harness, WHAT | {filing.TITLE_BLOCK: "   "})
    assert errors(harness) == {filing.TITLE_BLOCK: filing.BLANK}


async def test_a_form_submitted_twice_asks_once(shop: Harness) -> None:
    """Two presses at once, and the same delivered again once it has been decided."""
    await choose(shop, "access")
    view = modal(shop.slack, ALICE)
    values = {f"{answers.FIELD}dataset": {TYPED: "sales"}}
    deliveries = await asyncio.gather(*(shop.slack.submit(ALICE, view.id, values) for _ in range(2)))
    assert all(one.acked for one in deliveries)
    sent = shop.slack.deliveries[-1]
    card = await shop.card()
    ending = asyncio.create_task(outcome_of(shop, card))
    await shop.approve(card)
    await ending
    assert (await shop.slack.deliver(sent.kind, sent.payload)).acked
    await told(shop, 1)
    assert len(shop.cards()) == 1
    assert len(shop.slack.workspace.direct(ALICE).messages) == 2


async def test_what_was_changed_after_a_doubtful_answer_is_asked_as_it_is_now(shop: Harness) -> None:
    """The same view with other answers is another request; the first would otherwise stand in its place."""
    await choose(shop, "access")
    view = modal(shop.slack, ALICE)
    for dataset in ("sales", "payroll"):
        delivery = await shop.slack.courier.once("interactive", submission(shop, view, {"dataset": dataset}))
        assert delivery.acked
    await shop.card(1)
    arguments = [(await state_of(shop, card)).request.arguments["dataset"] for card in shop.cards()]
    assert sorted(map(str, arguments)) == ["payroll", "sales"]


def submission(harness: Harness, view: Any, values: dict[str, str]) -> dict[str, Any]:
    """What Slack sends for a form, to be delivered by hand."""
    entries = {
        f"{answers.FIELD}{name}": {TYPED: {"type": "plain_text_input", "value": text}}
        for name, text in values.items()
    }
    shown = view.shown(harness.slack.workspace.seed) | {"state": {"values": entries}}
    return {
        "type": "view_submission",
        "team": {"id": "T0COUNTER", "domain": "acme"},
        "user": {"id": ALICE, "username": "alice", "team_id": "T0COUNTER"},
        "view": shown,
    }


async def test_while_temporal_is_away_nothing_is_lost(web_cut: CutOff) -> None:
    harness = web_cut.harness
    await start(harness)
    await web_cut.cable.cut()
    delivery = await submit(harness, WHAT)
    assert (delivery.acked, delivery.seconds < 3) == (True, True)
    assert errors(harness) == {filing.REASON_BLOCK: filing.AWAY}
    await web_cut.cable.mend()
    assert (await submit(harness, {})).acked
    assert title(harness) == "Asked"
    await harness.card()
    assert len(harness.cards()) == 1


async def test_a_form_that_changed_meanwhile_is_shown_anew(shop: Harness, file: Path) -> None:
    await choose(shop, "access")
    rewrite(file, FORMS.replace("label: Data", "label: Which data exactly"))
    assert (await fill_in(shop, {"dataset": "sales"})).acked
    assert filing.CHANGED in shown(shop)
    assert "Which data exactly" in shown(shop)
    assert shop.cards() == []
    assert (await fill_in(shop, {})).acked
    assert (await state_of(shop, await shop.card())).request.arguments == {"dataset": "sales"}


async def test_a_form_that_is_gone_meanwhile_is_said(shop: Harness, file: Path) -> None:
    await choose(shop, "access")
    other = FORMS.replace("name: access", "name: reading")
    rewrite(file, other)
    assert (await fill_in(shop, {"dataset": "sales"})).acked
    assert filing.GONE in shown(shop)
    assert title(shop) == "New request"
    rewrite(file, FORMS)
    assert (await submit(shop, {filing.CHOICE_BLOCK: "reading"})).acked
    assert filing.GONE in shown(shop)
    assert shop.cards() == []


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)


async def test_a_file_with_faults_leaves_the_forms_as_they_are(shop: Harness, file: Path) -> None:
    rewrite(file, "policies: []")
    await choose(shop, "access")
    assert title(shop) == "Ask for access"


async def test_a_bot_does_not_start_on_a_file_with_faults(
    settings: Settings, client: Client, file: Path
) -> None:
    rewrite(file, "policies: []")
    with pytest.raises(LoadError):
        build_app(
            settings.model_copy(update={"countersign_policies": file}),
            Gateway(client, "queue"),
            Catalog(client),
            Visitors(),
        )


async def test_an_expired_trigger_opens_nothing_and_is_not_acknowledged(harness: Harness) -> None:
    harness.slack.faults.add("views.open", "error", error="expired_trigger_id")
    assert not (await harness.slack.shortcut(ALICE, NEW_REQUEST)).acked
    assert harness.slack.workspace.modals.stack(ALICE) == []


@pytest.mark.parametrize("metadata", ["", "nonsense", "{}", '{"policy": 1}'])
async def test_edited_metadata_asks_nothing(
    slack: Standin, client: Client, settings: Settings, metadata: str
) -> None:
    async with open_bot(slack, listen_on(slack, settings), client, client) as web:
        await start(web)
        modal(slack, ALICE).body["private_metadata"] = metadata
        assert (await submit(web, WHAT)).status == 400
        assert web.cards() == []


async def test_text_that_slack_would_act_on_stays_text(harness: Harness) -> None:
    await start(harness)
    words = "<!channel> <@U0BOB> &lt; *bold* <https://evil.example|safe>"
    await submit(harness, WHAT | {filing.TITLE_BLOCK: words, f"{answers.FIELD}what": words})
    card = await harness.card()
    assert (await state_of(harness, card)).request.arguments == {"what": words}
    asked = await told(harness, 0)
    assert set(card.notified) <= {ALICE}
    assert BOB not in asked.notified
    assert card.unfurled == asked.unfurled == []


async def test_withdraw_ends_a_request_for_its_requester_only(door: Harness) -> None:
    await start(door)
    await submit(door, WHAT)
    card, asked = await door.card(), await told(door, 0)
    ending = asyncio.create_task(outcome_of(door, card))
    assert (await door.slack.click(ALICE, asked.channel, asked.ts, WITHDRAW)).acked
    outcome = await ending
    assert (outcome.status, outcome.reason) == ("cancelled", "Withdrawn by the requester")
    assert not has_buttons(card)
    assert read_blocks(asked.blocks) == "Repair the door: cancelled, not approved; see below"
    assert "Withdrawn by the requester" in read_blocks((await told(door, 1)).blocks)


def test_the_form_for_where_no_policy_has_one_asks_for_what() -> None:
    assert (GENERAL.action, [field.name for field in GENERAL.fields]) == ("request", ["what"])
