"""Approval of a message, through the front doors: what is approved is what was shown, and who wrote it may not decide."""

import asyncio

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, DETAILS, WITHDRAW
from bot import filing, modals, quoting
from bot.gateway import SIGNAL_SECONDS
from bot.listeners.quotes import ASK_ABOUT, READ_SECONDS
from bot.settings import Settings
from bot.standin import payloads
from bot.standin.delivery import Delivery
from bot.standin.file import File
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED
from bot.teller import read_blocks
from tests.bot.conftest import CutOff
from tests.doors import Json, button_value, code_text, listen_on, modal, open_bot, told_directly
from tests.harness import ALICE, BOB, CAROL, GENERAL, Harness, eventually
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState, Person, Thread
from workflows.policy import Refusal

PRIVATE = "C0PRIVATE"
WORDS = "Let us order 20 laptops & a <b>printer</b>.\nBudget: 24,000."
SENT = "Let us order 20 laptops &amp; a &lt;b&gt;printer&lt;/b&gt;.\nBudget: 24,000."


async def write(
    harness: Harness, text: str = SENT, user: str = CAROL, channel: str = GENERAL, thread: str | None = None
) -> str:
    return await harness.slack.say(user, channel, text, thread, mention=False)


async def choose(harness: Harness, ts: str, channel: str = GENERAL, user: str = ALICE) -> None:
    assert (await harness.slack.message_shortcut(user, channel, ts, ASK_ABOUT)).acked


async def ask(harness: Harness, reason: str = "Is this fine?", user: str = ALICE) -> Delivery:
    return await harness.slack.submit(
        user, modal(harness.slack, user).id, {filing.REASON_BLOCK: {TYPED: reason}}
    )


def shown(harness: Harness, user: str = ALICE) -> str:
    return str(modal(harness.slack, user).body["blocks"])


def message(harness: Harness, ts: str, channel: str = GENERAL) -> Message:
    return harness.slack.workspace.rooms[channel].message(ts)


async def state_of(harness: Harness, card: Message, action: str = APPROVE) -> ApprovalState:
    approval_id = button_value(card, action).split("|")[0]
    handle = harness.client.get_workflow_handle_for(ApprovalWorkflow.run, approval_id)
    return await handle.query(ApprovalWorkflow.state)


async def test_a_message_is_shown_asked_about_decided_and_told_in_its_thread(door: Harness) -> None:
    ts = await write(door)
    await choose(door, ts)
    assert code_text(modal(door.slack, ALICE).body["blocks"]) == WORDS
    assert (await ask(door)).acked
    assert filing.THREAD in shown(door)
    card = await door.card()
    request = (await state_of(door, card)).request
    assert request.action == quoting.ACTION
    assert request.arguments == {
        "message": WORDS,
        "author": CAROL,
        "link": f"https://acme.slack.com/archives/{GENERAL}/p{ts.replace('.', '')}",
    }
    assert (request.reason, request.agent) == ("Is this fine?", "")
    assert request.origin == Thread(team_id="T0COUNTER", channel_id=GENERAL, thread_ts=ts)
    assert request.title == "Message: Let us order 20 laptops & a <b>printer</b>. Budget: 24,000"
    await door.reply(GENERAL, ts, "waiting for approval")
    assert (await door.approve(card)).acked
    await door.reply(GENERAL, ts, "Approved: Message")
    assert told_directly(door, ALICE) == []


async def test_who_wrote_it_may_not_approve_it(harness: Harness) -> None:
    await choose(harness, await write(harness))
    await ask(harness)
    card = await harness.card()
    assert (await state_of(harness, card)).request.speakers == (Person(team_id="T0COUNTER", user_id=CAROL),)
    await harness.approve(card, CAROL)
    await eventually(lambda: Refusal.SPEAKER in harness.whispers(CAROL))
    await harness.approve(card, ALICE)
    await eventually(lambda: Refusal.REQUESTER in harness.whispers(ALICE))


async def test_one_s_own_message_may_be_asked_about(harness: Harness) -> None:
    await choose(harness, await write(harness, user=ALICE))
    await ask(harness)
    assert (await state_of(harness, await harness.card())).request.speakers == ()


async def test_a_reply_in_a_thread_is_read_there(harness: Harness) -> None:
    first = await write(harness, "Shall we?")
    ts = await write(harness, "Yes, 20 of them.", thread=first)
    await choose(harness, ts)
    assert code_text(modal(harness.slack, ALICE).body["blocks"]) == "Yes, 20 of them."
    await ask(harness)
    request = (await state_of(harness, await harness.card())).request
    assert request.origin
    assert request.origin.thread_ts == first
    assert str(request.arguments["link"]).endswith(f"p{ts.replace('.', '')}?thread_ts={first}&cid={GENERAL}")


async def test_a_long_message_is_asked_about_to_its_last_character(harness: Harness) -> None:
    text = "".join(f"line {number}\n" for number in range(4_000)) + "the end"
    ts = await write(harness, text)
    await choose(harness, ts)
    assert f"of {len(text):,} characters are shown here" in shown(harness)
    assert (await ask(harness)).acked
    request = (await state_of(harness, await harness.card(), DETAILS)).request
    assert request.arguments["message"] == text


async def test_a_message_that_was_edited_meanwhile_is_shown_anew(door: Harness) -> None:
    """Else something would be approved that whoever asked has never seen."""
    ts = await write(door, "Pay 100")
    await choose(door, ts)
    door.slack.workspace.edit(message(door, ts), {"text": "Pay 9,000"}, {})
    assert (await ask(door)).acked
    assert quoting.CHANGED in shown(door)
    assert code_text(modal(door.slack, ALICE).body["blocks"]) == "Pay 9,000"
    assert door.cards() == []
    assert (await ask(door)).acked
    request = (await state_of(door, await door.card())).request
    assert (request.arguments["message"], request.reason) == ("Pay 9,000", "Is this fine?")


async def test_a_message_that_was_deleted_meanwhile_is_not_asked_about(harness: Harness) -> None:
    await write(harness, "An older one")
    ts = await write(harness)
    await choose(harness, ts)
    harness.slack.workspace.delete(message(harness, ts))
    assert (await ask(harness)).acked
    assert quoting.DELETED in shown(harness)
    assert harness.cards() == []


async def test_a_message_that_is_gone_when_it_is_looked_for_is_not_shown(harness: Harness) -> None:
    first = await write(harness, "An older one")
    for thread in (None, first):
        ts = await write(harness, thread=thread)
        payload = chosen(harness, ts)
        harness.slack.workspace.delete(message(harness, ts))
        assert (await harness.slack.deliver("interactive", payload)).acked
        assert quoting.DELETED in shown(harness)


def chosen(harness: Harness, ts: str) -> Json:
    """What Slack sends for the shortcut, to be edited and delivered by hand."""
    user = harness.slack.workspace.users[ALICE]
    return payloads.message_action(harness.slack.workspace, user, message(harness, ts), ASK_ABOUT)


async def test_where_the_bot_is_not_the_message_is_taken_as_it_was_chosen(door: Harness) -> None:
    ts = await write(door, channel=PRIVATE, user=BOB)
    await choose(door, ts, PRIVATE)
    assert quoting.UNREADABLE in shown(door)
    assert code_text(modal(door.slack, ALICE).body["blocks"]) == WORDS
    door.slack.workspace.edit(message(door, ts, PRIVATE), {"text": "Something else"}, {})
    assert (await ask(door)).acked
    assert filing.DIRECT in shown(door)
    card = await door.card()
    request = (await state_of(door, card)).request
    assert (request.arguments["message"], request.origin) == (WORDS, None)
    await eventually(lambda: "waiting for approval" in "".join(told_directly(door, ALICE)))
    await door.approve(card, CAROL)
    await eventually(lambda: "Approved: Message" in "".join(told_directly(door, ALICE)))
    assert len(door.messages(PRIVATE)) == 1


async def test_a_long_message_where_the_bot_is_not_is_refused_in_a_sentence(harness: Harness) -> None:
    await choose(harness, await write(harness, "x" * 3_000, channel=PRIVATE, user=BOB), PRIVATE)
    assert quoting.TOO_LONG in shown(harness)
    assert not modal(harness.slack, ALICE).body.get("submit")


async def test_slack_being_slow_to_show_it_is_as_if_the_bot_were_not_there(harness: Harness) -> None:
    ts = await write(harness)
    harness.slack.faults.add("conversations.history", "slow", seconds=READ_SECONDS + 0.3)
    await choose(harness, ts)
    assert quoting.UNREADABLE in shown(harness)


async def test_slack_not_showing_it_again_asks_nothing_and_loses_nothing(harness: Harness) -> None:
    await choose(harness, await write(harness))
    harness.slack.faults.add("conversations.history", "http_500")
    assert (await ask(harness)).acked
    assert modal(harness.slack, ALICE).errors == {filing.REASON_BLOCK: quoting.UNCERTAIN}
    assert harness.cards() == []
    assert (await ask(harness)).acked
    assert await harness.card()


async def test_blanks_are_no_reason(harness: Harness) -> None:
    await choose(harness, await write(harness))
    assert (await ask(harness, " \n ")).acked
    assert modal(harness.slack, ALICE).errors == {filing.REASON_BLOCK: filing.BLANK}
    assert harness.cards() == []


async def test_what_is_no_text_is_named_and_not_approved(harness: Harness) -> None:
    ts = await write(harness, "The offers")
    message(harness, ts).files = [File("a.pdf", 9), File("b.pdf", 9)]
    await choose(harness, ts)
    assert "Not part of what is approved: 2 attached files." in shown(harness)
    await ask(harness)
    card = await harness.card()
    assert "not_included: 2 attached files" in read_blocks(card.blocks)
    assert (await state_of(harness, card)).request.arguments["not_included"] == "2 attached files"


async def test_a_message_without_text_cannot_be_asked_about(harness: Harness) -> None:
    ts = await write(harness, "x")
    message(harness, ts).text = ""
    message(harness, ts).files = [File("a.pdf", 9)]
    await choose(harness, ts)
    assert quoting.WORDLESS in shown(harness)


async def test_of_an_app_s_message_what_people_see_is_read(harness: Harness) -> None:
    """The text beside the blocks is for notifications, and may say something else."""
    workspace = harness.slack.workspace
    block = {"type": "section", "block_id": "b", "text": {"type": "mrkdwn", "text": "Pay *9,000* &amp; more"}}
    robot = workspace.users["U0OTHERBOT"]
    posted = workspace.post(workspace.draft(robot, workspace.rooms[GENERAL], "Harmless", [block]), {})
    await choose(harness, posted.ts)
    assert code_text(modal(harness.slack, ALICE).body["blocks"]) == "Pay *9,000* & more"
    await ask(harness)
    assert (await state_of(harness, await harness.card())).request.arguments["author"] == "U0OTHERBOT"


async def test_submitted_twice_it_is_asked_about_once(harness: Harness) -> None:
    await choose(harness, await write(harness))
    view = modal(harness.slack, ALICE)
    values = {filing.REASON_BLOCK: {TYPED: "why"}}
    await asyncio.gather(*(harness.slack.submit(ALICE, view.id, values) for _ in range(2)))
    card = await harness.card()
    await harness.approve(card)
    await eventually(lambda: harness.messages("C0OUTCOMES"))
    assert len(harness.cards()) == 1


async def test_while_temporal_is_away_nothing_is_lost(web_cut: CutOff) -> None:
    harness = web_cut.harness
    await choose(harness, await write(harness))
    await web_cut.cable.cut()
    delivery = await ask(harness)
    assert (delivery.acked, delivery.seconds < 3) == (True, True)
    assert modal(harness.slack, ALICE).errors == {filing.REASON_BLOCK: filing.AWAY}
    await web_cut.cable.mend()
    assert (await ask(harness)).acked
    await harness.card()


@pytest.mark.parametrize("metadata", ["", "{}", '{"place": {"channel_id": "C1", "ts": "x"}, "seal": ""}'])
async def test_edited_metadata_asks_nothing(
    slack: Standin, client: Client, settings: Settings, metadata: str
) -> None:
    async with open_bot(slack, listen_on(slack, settings), client, client) as web:
        await choose(web, await write(web))
        modal(slack, ALICE).body["private_metadata"] = metadata
        assert (await ask(web)).status == 400
        assert web.cards() == []


@pytest.mark.parametrize(
    "broken", [{"channel": {}}, {"message": {"text": "x"}}, {"message": None}, {"trigger_id": ""}]
)
async def test_a_payload_that_says_too_little_is_refused(
    slack: Standin, client: Client, settings: Settings, broken: Json
) -> None:
    async with open_bot(slack, listen_on(slack, settings), client, client) as web:
        payload = chosen(web, await write(web))
        assert (await slack.deliver("interactive", payload | broken)).status == 400
        assert slack.workspace.modals.stack(ALICE) == []


async def test_the_word_in_the_thread_withdraws(harness: Harness) -> None:
    ts = await write(harness)
    await choose(harness, ts)
    await ask(harness)
    card = await harness.card()
    await harness.reply(GENERAL, ts, "waiting for approval")
    [asked] = [one for one in harness.slack.workspace.rooms[GENERAL].thread(ts) if "waiting" in one.text]
    assert (await harness.slack.click(BOB, GENERAL, asked.ts, WITHDRAW)).acked
    await eventually(lambda: Refusal.NOT_YOURS in harness.whispers(BOB))
    assert (await state_of(harness, card)).status == "pending"
    assert (await harness.slack.click(ALICE, GENERAL, asked.ts, WITHDRAW)).acked
    await harness.reply(GENERAL, ts, "Cancelled, not approved")


def test_a_message_is_read_and_handed_on_within_the_time_that_slack_waits() -> None:
    assert READ_SECONDS + SIGNAL_SECONDS < 3


def test_a_notice_of_these_can_only_be_closed() -> None:
    for sentence in (quoting.TOO_LONG, quoting.WORDLESS, quoting.DELETED):
        assert modals.render_notice(sentence).submit is None
