"""The Home tab over the front door: who sees what, deciding in it, being away, and how it follows what changes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM, card_value
from bot import absence, bulk, home, picks
from bot.absence import DELEGATE_BLOCK, UNTIL_BLOCK
from bot.home import AWAY, BACK
from bot.listeners.approvals import GONE
from bot.listeners.home import HANDED_OVER, TAKEN_BACK
from bot.listeners.rows import SENT
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.seed import PEOPLE, Seed
from bot.standin.server import Standin
from bot.submissions import COMMENT_BLOCK, RETYPE_BLOCK, TYPED
from tests.bot.acme import HIDDEN, ask, open_acme, person, team
from tests.bot.conftest import CutOff
from tests.bot.tabs import (
    ASKED,
    DELEGATIONS,
    LATELY,
    buttons,
    open_home,
    press,
    titles,
    until_drawn,
    until_opened,
    words,
)
from tests.doors import Handle, modal, read_state
from tests.harness import ALICE, BOB, CAROL, DAVE, GENERAL, Harness, eventually, make_settings
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Delegation, Person
from workflows.delegation import Refusal
from workflows.policy import Refusal as Denial

POLICIES = """
policies:
  - name: careful
    match: {action: wire}
    severity: high
    comment: {required_on: reject}
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 1h}]
  - name: slow
    match: {action: hire}
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 3d}]
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
WEEK = timedelta(days=7)


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, whose lists no other test has filled."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
def settings(slack: Standin, tmp_path: Path) -> Settings:
    """Settings with these policies."""
    file = tmp_path / "countersign.yaml"
    file.write_text(POLICIES)
    return make_settings(slack, tmp_path, countersign_policies=file)


async def outcome(handle: Handle) -> str:
    async with asyncio.timeout(10):
        return (await handle.result()).status


async def hand_over(harness: Harness, delegate: str, until: datetime, user: str = BOB) -> Delivery:
    """Say in the tab that somebody is away."""
    view = await open_home(harness, user)
    assert (await press(harness, view, AWAY)).acked
    values = {
        DELEGATE_BLOCK: {TYPED: delegate},
        UNTIL_BLOCK: {TYPED: {"selected_date_time": int(until.timestamp())}},
    }
    return await harness.slack.submit(user, modal(harness.slack, user).id, values)


async def standing(harness: Harness) -> list[tuple[str, str, bool]]:
    """Who has handed over to whom, and is away."""
    found = await harness.gateway.read_delegations(team(harness))
    return [(one.principal.user_id, one.delegate.user_id, one.away) for one in found]


async def test_what_waits_is_there_with_its_buttons_the_soonest_deadline_first(door: Harness) -> None:
    await ask(door, "Urgent", action="wire", arguments={"amount": 250})
    await ask(door, "Usual")
    await ask(door, "Slow", action="hire")
    view = await until_opened(door, lambda view: len(titles(view)) == 3)
    assert titles(view) == ["Urgent", "Usual", "Slow"]
    assert buttons(view) == ["Approve", "Reject", "Details"] * 3
    assert "asked by" in words(view).lower()
    assert "stage 1 of 1: approval" in words(view)
    assert (titles(view, ASKED), titles(view, LATELY)) == ([], [])
    assert door.slack.workspace.warnings == {}


async def test_the_requester_sees_what_they_asked_for_and_decides_none_of_it(harness: Harness) -> None:
    await ask(harness, "Transfer money")
    view = await until_opened(harness, lambda view: titles(view, ASKED), ALICE)
    assert (titles(view), titles(view, ASKED)) == ([], ["Transfer money"])
    assert buttons(view, ASKED) == ["Details"]


async def test_an_outsider_sees_nothing_of_a_private_channel(harness: Harness) -> None:
    handle = await ask(harness, "Raise for Bo", channel=HIDDEN)
    await until_opened(harness, titles)
    assert "Raise" not in words(await open_home(harness, DAVE))
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await until_opened(harness, lambda view: titles(view, LATELY))
    assert "Raise" not in words(await open_home(harness, DAVE))


async def test_what_concerns_nobody_in_particular_is_not_decided_lately(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await until_opened(harness, lambda view: titles(view, LATELY), ALICE)
    view = await open_home(harness, DAVE)  # who is not among the approvers, but may list it
    assert titles(view, LATELY) == []
    assert home.NOTHING_ENDED in words(view)


@pytest.mark.parametrize(("action", "status"), [(APPROVE, "approved"), (REJECT, "rejected")])
async def test_a_decision_in_the_tab_counts_and_the_tab_follows(
    door: Harness, action: str, status: str
) -> None:
    first, second = await ask(door, "First"), await ask(door, "Second")
    view = await until_opened(door, lambda view: len(titles(view)) == 2)
    row = titles(view).index("First")
    assert (await press(door, view, action, row)).acked
    assert next(text for text in SENT.values() if status[:6] in text) in words(view)
    assert await outcome(first) == status
    await until_drawn(door, lambda view: titles(view, LATELY) == ["First"])
    assert titles(view) == ["Second"]
    assert SENT["approve"] not in words(view)
    assert (await second.query(ApprovalWorkflow.state)).status == "pending"
    assert door.slack.workspace.warnings == {}


async def test_what_asks_for_words_asks_for_them_from_the_tab_too(door: Harness) -> None:
    handle = await ask(door, "Wire", action="wire", arguments={"amount": 250})
    view = await until_opened(door, titles)
    assert (await press(door, view, REJECT_FORM)).acked
    assert COMMENT_BLOCK in [block["block_id"] for block in modal(door.slack, BOB).body["blocks"]]
    assert (await press(door, view, APPROVE_FORM)).acked
    form = modal(door.slack, BOB)
    assert (await door.slack.submit(BOB, form.id, {RETYPE_BLOCK: {TYPED: "250"}})).acked
    assert await outcome(handle) == "approved"
    await until_drawn(door, lambda view: titles(view) == [])


async def test_details_open_from_the_tab(door: Harness) -> None:
    handle = await ask(door, "Long", arguments={"text": "x" * 500})
    view = await until_opened(door, titles)
    assert buttons(view) == ["Reject", "Details"]
    assert (await press(door, view, DETAILS)).acked
    assert (await door.slack.submit(BOB, modal(door.slack, BOB).id)).acked
    assert await outcome(handle) == "approved"


async def test_a_press_on_what_has_ended_says_so(harness: Harness) -> None:
    handle = await ask(harness, "Ended")
    view = await until_opened(harness, titles)
    value = next(
        one["value"] for block in view.body["blocks"] for one in block.get("elements", []) if "value" in one
    )
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    assert await outcome(handle) == "rejected"
    await ask(harness, "Open")
    await until_opened(harness, lambda view: titles(view) == ["Open"])
    assert (await press(harness, view, APPROVE, value=value)).acked
    assert words(view).startswith(GONE)


async def test_whoever_may_not_decide_is_told_privately_why(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    value = (await until_opened(harness, titles)).body["blocks"]
    own = await until_opened(harness, lambda view: titles(view, ASKED), ALICE)
    own.body["blocks"] = value  # as no honest client would show it
    assert (await press(harness, own, APPROVE)).acked
    await eventually(lambda: Denial.REQUESTER in harness.whispers(ALICE) or None)
    assert (await handle.query(ApprovalWorkflow.state)).status == "pending"


async def test_an_edited_button_decides_nothing(web: Harness) -> None:
    handle = await ask(web, "Transfer money")
    view = await until_opened(web, titles)
    assert (await press(web, view, APPROVE, value="approval-1")).status == 400
    assert (await handle.query(ApprovalWorkflow.state)).status == "pending"


async def test_being_away_is_said_shown_and_taken_back(door: Harness) -> None:
    assert home.NOBODY in words(await open_home(door))
    until = datetime.now(UTC).replace(microsecond=0) + WEEK
    assert (await hand_over(door, CAROL, until)).acked
    assert door.slack.workspace.modals.stack(BOB) == []
    assert await standing(door) == [(BOB, CAROL, True)]
    view = await until_drawn(door, lambda view: HANDED_OVER in words(view))
    assert "You are away until " in words(view, DELEGATIONS)
    assert buttons(view, DELEGATIONS) == ["I am back", "Change…"]
    other = await open_home(door, CAROL)
    assert "You may decide for , who is away, until " in words(other, DELEGATIONS)
    assert (await press(door, view, BACK)).acked
    assert await standing(door) == []
    assert TAKEN_BACK in words(view)
    assert home.NOBODY in words(view)


async def test_what_waits_for_a_principal_waits_for_the_delegate(harness: Harness) -> None:
    await ask(harness, "Transfer money")
    await until_opened(harness, titles)
    assert titles(await open_home(harness, DAVE)) == []
    assert (await hand_over(harness, DAVE, datetime.now(UTC) + WEEK)).acked
    assert titles(await open_home(harness, DAVE)) == ["Transfer money"]


@pytest.mark.parametrize(
    ("delegate", "span", "block", "sentence"),
    [
        (BOB, WEEK, DELEGATE_BLOCK, Refusal.SELF),
        ("U0BOT", WEEK, DELEGATE_BLOCK, Refusal.BOT),
        (CAROL, -WEEK, UNTIL_BLOCK, Refusal.PAST),
        (CAROL, 60 * WEEK, UNTIL_BLOCK, Refusal.FAR),
    ],
)
async def test_a_refusal_is_one_sentence_at_the_field_that_it_is_about(
    web: Harness, delegate: str, span: timedelta, block: str, sentence: str
) -> None:
    assert (await hand_over(web, delegate, datetime.now(UTC) + span)).acked
    assert modal(web.slack, BOB).errors == {block: sentence}
    assert await standing(web) == []


async def test_taking_back_what_was_said_elsewhere_changes_nothing_and_says_so(harness: Harness) -> None:
    wish = Delegation(
        principal=person(harness, BOB), delegate=person(harness, CAROL), until=datetime.now(UTC) + WEEK
    )
    await harness.gateway.delegate(wish)
    view = await open_home(harness)
    assert buttons(view, DELEGATIONS) == ["Take it back", "I am away…"]
    assert " may decide for you, too, until " in words(view, DELEGATIONS)
    await harness.gateway.revoke(wish.principal)
    assert (await press(harness, view, BACK)).acked
    assert "nothing to take back" in words(view)


async def test_temporal_being_away_is_said_in_the_tab_and_no_press_is_lost(web_cut: CutOff) -> None:
    harness, cable = web_cut
    handle = await ask(harness, "Transfer money")
    view = await until_opened(harness, titles)
    await cable.cut()
    assert (await press(harness, view, APPROVE)).status == 503
    assert (await press(harness, view, AWAY)).acked
    values = {
        DELEGATE_BLOCK: {TYPED: CAROL},
        UNTIL_BLOCK: {TYPED: {"selected_date_time": int((datetime.now(UTC) + WEEK).timestamp())}},
    }
    form = modal(harness.slack, BOB)
    assert (await harness.slack.submit(BOB, form.id, values)).acked
    assert form.errors == {DELEGATE_BLOCK: absence.UNCERTAIN}
    harness.slack.open_home(BOB)
    await until_drawn(harness, lambda view: home.UNREADABLE in words(view))
    await cable.mend()
    view = await until_opened(harness, titles)
    assert (await press(harness, view, APPROVE)).acked
    assert await outcome(handle) == "approved"


async def test_a_tab_that_slack_does_not_take_loses_no_press(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    view = await until_opened(harness, titles)
    harness.slack.faults.add("views.publish", "error", error="internal_error", times=1)
    assert (await press(harness, view, APPROVE)).acked
    assert await outcome(handle) == "approved"
    await until_drawn(harness, lambda view: titles(view) == [])


async def test_the_messages_tab_draws_nothing(harness: Harness) -> None:
    event = {"type": "app_home_opened", "user": BOB, "channel": "D0BOB", "tab": "messages", "event_ts": "1.1"}
    envelope = {"type": "event_callback", "team_id": team(harness), "api_app_id": "A0COUNTER", "event": event}
    assert (await harness.slack.deliver("events_api", envelope)).acked
    assert [call for call in harness.slack.calls if call.method == "views.publish"] == []


async def test_a_tab_follows_what_changes_without_being_opened_again(harness: Harness) -> None:
    await open_home(harness)
    await open_home(harness, ALICE)
    await open_home(harness, DAVE)
    before = harness.slack.workspace.modals.homes[DAVE].hash
    handle = await ask(harness, "Transfer money")
    await until_drawn(harness, lambda view: titles(view) == ["Transfer money"])
    await until_drawn(harness, lambda view: titles(view, ASKED) == ["Transfer money"], ALICE)
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await until_drawn(harness, lambda view: titles(view, LATELY) == ["Transfer money"])
    await until_drawn(harness, lambda view: titles(view, ASKED) == [], ALICE)
    assert harness.slack.workspace.modals.homes[DAVE].hash == before
    assert len(harness.messages(GENERAL)) == 0


async def test_several_are_picked_in_the_home_tab_and_decided_together(harness: Harness) -> None:
    handles = [await ask(harness, f"Pay {number}", arguments={"amount": number}) for number in range(2)]
    view = await until_opened(harness, lambda one: picks.BLOCK in str(one.body))
    values = [card_value(await read_state(one)) for one in handles]
    assert (await harness.slack.press(BOB, view.id, bulk.PICKED, value=values)).acked
    assert (await harness.slack.press(BOB, view.id, bulk.PICK["approve"])).acked
    assert (await harness.slack.submit(BOB, modal(harness.slack, BOB).id)).acked
    assert {(await one.result()).status for one in handles} == {"approved"}
    await until_drawn(harness, lambda one: picks.BLOCK not in str(one.body))


async def test_a_delegate_sees_nothing_of_what_was_decided_before(harness: Harness) -> None:
    handle = await ask(harness, "Raise for Bo", channel=HIDDEN)
    await until_opened(harness, titles)
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await outcome(handle)
    await until_opened(harness, lambda view: titles(view, LATELY))
    assert (await hand_over(harness, DAVE, datetime.now(UTC) + WEEK)).acked
    await until_opened(harness, lambda view: "You may decide for" in words(view), DAVE)
    assert "Raise" not in words(await open_home(harness, DAVE))


async def test_the_tab_of_a_delegate_follows_the_end_of_a_request(harness: Harness) -> None:
    assert (await hand_over(harness, DAVE, datetime.now(UTC) + WEEK)).acked
    handle = await ask(harness, "Transfer money")
    await until_opened(harness, titles, DAVE)
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await until_drawn(harness, lambda view: titles(view) == [], DAVE)


async def test_what_somebody_of_another_workspace_asks_is_listed_where_it_is_decided(
    harness: Harness,
) -> None:
    stranger = next(one for one in PEOPLE if one.team_id != Seed().team_id)
    await ask(harness, "Of a partner", requester=Person(team_id=stranger.team_id, user_id=stranger.id))
    await until_opened(harness, lambda view: titles(view) == ["Of a partner"])
