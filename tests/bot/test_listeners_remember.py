"""Approve and remember at work in Slack: a form, the rule, requests approved by it, and its end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities import grants as made
from activities.cards import APPROVE, REMEMBER
from bot import remember, rulelist
from bot.gateway import GrantRefusedError
from bot.grants import Grants
from bot.listeners.approvals import FOREIGN, GONE
from bot.settings import Settings
from bot.standin import forms
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED
from tests.bot.acme import answers, ask, open_acme, person, team, tell, words
from tests.bot.tabs import buttons, open_home
from tests.bot.tabs import words as tab_words
from tests.cable import open_cable
from tests.doors import (
    Handle,
    code_text,
    connect,
    has_buttons,
    listen_on,
    modal,
    new_id,
    open_bot,
    read_state,
    told_directly,
)
from tests.factories import build_decision
from tests.harness import (
    ALICE,
    APPROVALS,
    BOB,
    CAROL,
    DAVE,
    OUTCOMES,
    Harness,
    eventually,
    eventually_read,
    everything,
)
from workflows.approval import ApprovalWorkflow
from workflows.grants import Grant, Refusal, Revocation
from workflows.policy import Refusal as Refused

POLICIES = """
policies:
  - name: large
    match: {action: wire_*}
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], quorum: 2, deadline: 24h}]
  - name: default
    remember: {days: 30, uses: 3}
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
AMOUNT = f"{remember.BOUND_BLOCK}_0"
Json = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, in which there are no rules."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
def remembering(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with policies by which small transfers may be remembered."""
    path = tmp_path / "remembering.yaml"
    path.write_text(POLICIES)
    return settings.model_copy(update={"countersign_policies": path})


@pytest.fixture(params=["socket", "http"])
async def door(
    request: pytest.FixtureRequest, slack: Standin, client: Client, remembering: Settings
) -> AsyncGenerator[Harness]:
    """All of it at work under these policies, by Socket Mode and by signed HTTP."""
    chosen = listen_on(slack, remembering) if request.param == "http" else remembering
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


@pytest.fixture
async def whole(slack: Standin, client: Client, remembering: Settings) -> AsyncGenerator[Harness]:
    """The same by Socket Mode only."""
    async with open_bot(slack, remembering, client, client) as harness:
        yield harness


def arguments(amount: object = 250, **changes: Any) -> Json:
    return {"amount": amount, "source": "checking", "target": "savings"} | changes


def picked(value: str) -> Json:
    return {TYPED: {"selected_option": {"value": value}}}


async def open_form(harness: Harness, user: str = BOB, number: int = 0) -> Message:
    card = await harness.card(number)
    await eventually(lambda: has_buttons(card) or None)
    assert (await harness.slack.click(user, card.channel, card.ts, REMEMBER)).acked
    return card


async def submit(harness: Harness, values: Json | None = None, user: str = BOB) -> Delivery:
    return await harness.slack.submit(user, modal(harness.slack, user).id, values or {})


async def see_rule(harness: Harness, user: str = BOB, uses: str = "3", number: int = 0, **more: str) -> None:
    await open_form(harness, user, number)
    chosen = {AMOUNT: "most"} | {
        f"{remember.BOUND_BLOCK}_{key[1:]}": value for key, value in more.items() if key != "who"
    }
    values: Json = {block: {TYPED: reach} for block, reach in chosen.items()}
    if who := more.get("who"):
        values[remember.WHO_BLOCK] = {TYPED: who}
    assert (await submit(harness, values | {remember.USES_BLOCK: {TYPED: uses}}, user)).acked
    assert modal(harness.slack, user).body["callback_id"] == remember.RULE_SHOWN


async def make_rule(harness: Harness, user: str = BOB, **more: Any) -> Grant:
    """A request approved and remembered; answers with its rule."""
    handle = await ask(harness)
    await see_rule(harness, user, number=len(harness.cards()) - 1 if harness.cards() else 0, **more)
    assert (await submit(harness, user=user)).acked
    assert (await handle.result()).approved
    return (await rules(harness, 1))[0]


async def rules(harness: Harness, count: int) -> tuple[Grant, ...]:
    """The rules in force, as soon as there are so many."""

    async def read() -> tuple[Grant, ...] | None:
        found = await Grants(harness.gateway).read(team(harness))
        return found if len(found) == count else None

    return await eventually_read(read) if count else await Grants(harness.gateway).read(team(harness))


async def approved_by_rule(harness: Harness, **changes: Any) -> Handle:
    wanted: Json = {"arguments": arguments(100)} | changes
    handle = await ask(harness, **wanted)
    outcome = await handle.result()
    assert (outcome.approved, outcome.decisions) == (True, ())
    assert outcome.grant
    return handle


async def asked(harness: Harness, **changes: Any) -> Handle:
    """A request that people are asked about."""
    before = len(harness.cards())
    wanted: Json = {"arguments": arguments(100)} | changes
    handle = await ask(harness, **wanted)
    await eventually(lambda: (len(harness.cards()) > before and has_buttons(harness.cards()[-1])) or None)
    assert (await read_state(handle)).status == "pending"
    return handle


def notice(harness: Harness, user: str = BOB) -> str:
    """What a modal without anything to send says."""
    body = modal(harness.slack, user).body
    assert not body.get("submit")
    return json.dumps(body["blocks"], ensure_ascii=False)


async def test_a_rule_is_seen_made_used_listed_and_revoked(door: Harness) -> None:
    first = await ask(door)
    await see_rule(door)
    shown = code_text(modal(door.slack, BOB).body["blocks"])
    condition = 'size(args) == 3 &&\nargs.amount >= 0 && args.amount <= 250 &&\nargs.source == "checking" &&\nargs.target == "savings"'
    assert condition in shown
    assert "amount: 250" in shown
    assert (await read_state(first)).status == "pending", "nothing counts before the last step"
    assert (await submit(door)).acked
    outcome = await first.result()
    assert outcome.decisions[0].remember
    assert outcome.decisions[0].remember.condition == condition
    await eventually(lambda: any("Your rule is in force" in one for one in door.whispers(BOB)) or None)
    second = await approved_by_rule(door)
    used = (await second.result()).grant
    assert used
    assert (used.owner.user_id, used.condition, used.number, used.left) == (BOB, condition, 1, 2)
    card = await door.card(1)
    assert not has_buttons(card)
    assert "Approved by a rule that" in str(card.blocks)
    assert "Use 1, 2 uses left" in str(card.blocks)
    await eventually(lambda: "Approved by a rule" in everything(door.messages(OUTCOMES)) or None)
    message = await tell(door, "rules")
    assert "2 of 3 uses left, last used " in words(message)
    assert condition in code_text(message.blocks)
    assert (await door.slack.click_ephemeral(BOB, message.ts, rulelist.REVOKE)).acked
    assert await rules(door, 0) == ()
    assert rulelist.NONE in words(await tell(door, "rules"))
    await asked(door)
    assert not door.slack.workspace.warnings


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": arguments(251)},
        {"arguments": arguments("100")},
        {"arguments": arguments(-1)},
        {"arguments": arguments(100, target="sаvings")},  # noqa: RUF001 - the Cyrillic letter is the point
        {"arguments": arguments(100, note="x")},
        {"arguments": {"amount": 100}},
        {"action": "transfer_funds"},
        {"agent": "Other"},
        {"by": DAVE},
        {"parameters": {"type": "object"}},
    ],
    ids=str,
)
async def test_what_is_not_like_it_is_asked_about(whole: Harness, changes: Json) -> None:
    await make_rule(whole)
    await asked(whole, **changes)
    assert (await rules(whole, 1))[0].used == 0


async def test_a_rule_for_anybody_is_for_anybody_but_its_owner(whole: Harness) -> None:
    await make_rule(whole, who="anybody")
    await approved_by_rule(whole, by=DAVE)
    await asked(whole, by=BOB)


async def test_any_value_of_an_argument_only_where_that_was_chosen(whole: Harness) -> None:
    await make_rule(whole, _1="any")
    await approved_by_rule(whole, arguments=arguments(100, source="elsewhere"))
    await asked(whole, arguments=arguments(100, target="elsewhere"))


async def test_an_owner_who_may_not_decide_any_more_approves_nothing(whole: Harness) -> None:
    await make_rule(whole)
    room = whole.slack.workspace.rooms[APPROVALS]
    room.members.remove(BOB)
    await asked(whole)
    assert (await rules(whole, 1))[0].used == 0


async def test_of_many_requests_at_once_as_many_are_approved_as_uses_are_left(whole: Harness) -> None:
    await make_rule(whole, uses="2")
    handles = await asyncio.gather(*(ask(whole, arguments=arguments(100 + n)) for n in range(6)))
    await eventually(lambda: len([one for one in whole.cards() if has_buttons(one)]) == 4 or None)

    async def states() -> list[str] | None:
        found = sorted([str((await read_state(one)).status) for one in handles])
        return found if found.count("approved") == 2 else None

    assert await eventually_read(states) == ["approved"] * 2 + ["pending"] * 4
    assert await rules(whole, 0) == ()


async def test_a_policy_that_no_longer_allows_rules_is_heeded_at_each_use(
    slack: Standin, client: Client, remembering: Settings
) -> None:
    async with open_bot(slack, remembering, client, client) as before:
        await make_rule(before)
    path = remembering.countersign_policies
    assert path
    path.write_text(POLICIES.replace("remember: {days: 30, uses: 3}", "severity: low"))
    async with open_bot(slack, remembering, client, client) as after:
        await asked(after)
        assert (await rules(after, 1))[0].used == 0


async def test_where_two_have_to_approve_no_rule_is_offered(whole: Harness) -> None:
    await ask(whole, action="wire_money")
    card = await whole.card()
    with pytest.raises(LookupError):
        forms.find(card.blocks, REMEMBER, None)


@pytest.mark.parametrize("user", [ALICE, DAVE], ids=["requester", "outsider"])
async def test_who_may_not_approve_makes_no_rule(whole: Harness, user: str) -> None:
    handle = await ask(whole)
    await see_rule(whole, user)
    assert (await submit(whole, user=user)).acked
    why = Refused.REQUESTER if user == ALICE else Refused.OUTSIDER
    await eventually(lambda: why in (*whole.whispers(user), *told_directly(whole, user)) or None)
    assert (await read_state(handle)).status == "pending"
    assert await rules(whole, 0) == ()


@pytest.mark.parametrize(
    ("block", "value"), [(remember.USES_BLOCK, "4"), (remember.DAYS_BLOCK, "31"), (remember.USES_BLOCK, "0")]
)
async def test_more_than_the_policy_allows_is_told_in_the_form(
    whole: Harness, block: str, value: str
) -> None:
    await ask(whole)
    await open_form(whole)
    await submit(whole, {block: {TYPED: value}})
    assert block in modal(whole.slack, BOB).errors


@pytest.mark.parametrize("draft", [{"days": 31}, {"days": 10**9}, {"uses": 4}], ids=str)
async def test_an_edited_draft_beyond_the_policy_makes_no_rule(whole: Harness, draft: Json) -> None:
    handle = await ask(whole)
    await see_rule(whole)
    body = modal(whole.slack, BOB).body
    body["private_metadata"] = json.dumps(json.loads(body["private_metadata"]) | draft)
    assert (await submit(whole)).acked
    assert (await handle.result()).approved
    told = made.START + made.LIMITS.format(days=30, uses=3)
    await eventually(lambda: told in whole.whispers(BOB) or None)
    assert await rules(whole, 0) == ()


@pytest.mark.parametrize(
    "metadata", ["", "nonsense", "{}", "null", '{"value":"x","reaches":[],"days":1,"uses":1}']
)
async def test_edited_metadata_changes_nothing(
    slack: Standin, client: Client, remembering: Settings, metadata: str
) -> None:
    async with open_bot(slack, listen_on(slack, remembering), client, client) as web:
        handle = await ask(web)
        await see_rule(web)
        modal(slack, BOB).body["private_metadata"] = metadata
        assert (await submit(web)).status == 400
        assert (await read_state(handle)).status == "pending"


@pytest.mark.parametrize("condition", ["size(args) > 0", " && ".join(["true"] * 300)], ids=["wider", "long"])
async def test_a_condition_other_than_its_limits_come_to_makes_no_rule(
    whole: Harness, condition: str
) -> None:
    handle = await ask(whole)
    await see_rule(whole)
    state = await read_state(handle)
    wish = remember.build_wish(state, remember.read_draft(modal(whole.slack, BOB).body["private_metadata"]))
    wider = wish.model_copy(update={"condition": condition})
    decision = build_decision(decided_by=person(whole, BOB), digest=state.digest, via="slack", remember=wider)
    await handle.signal(ApprovalWorkflow.decide, decision)
    assert (await handle.result()).approved
    await eventually(lambda: made.START + made.DIFFERENT in whole.whispers(BOB) or None)
    assert await rules(whole, 0) == ()


@pytest.mark.parametrize("step", ["form", "rule"])
async def test_what_has_ended_meanwhile_is_said_to_have(whole: Harness, step: str) -> None:
    handle = await ask(whole)
    if step == "form":
        await open_form(whole)
    else:
        await see_rule(whole)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert (await submit(whole)).acked
    assert Refused.REJECTED in notice(whole)
    assert await rules(whole, 0) == ()


@pytest.mark.parametrize(
    ("value", "sentence"), [("x|0|zz", FOREIGN), (f"{new_id()}|0|{'0' * 64}", GONE)], ids=["edited", "gone"]
)
async def test_a_button_of_nothing_opens_nothing(door: Harness, value: str, sentence: str) -> None:
    await ask(door)
    card = await door.card()
    assert (await door.slack.click(BOB, card.channel, card.ts, REMEMBER, value=value)).acked
    await eventually(lambda: sentence in door.whispers(BOB) or None)
    assert not door.slack.workspace.modals.stack(BOB)


async def test_a_rule_that_is_submitted_twice_is_one(whole: Harness) -> None:
    handle = await ask(whole)
    await see_rule(whole)
    view = modal(whole.slack, BOB)
    await asyncio.gather(*(whole.slack.submit(BOB, view.id) for _ in range(2)))
    await handle.result()
    await approved_by_rule(whole)  # by then both have been looked into
    assert [one.used for one in await rules(whole, 1)] == [1]


async def test_rules_are_seen_by_their_owners_and_by_who_may_decide_and_by_nobody_else(
    whole: Harness,
) -> None:
    await make_rule(whole)
    for user in (BOB, CAROL, ALICE):
        assert "transfer_money (rule-" in words(await tell(whole, "rules", user))
        view = await open_home(whole, user)
        assert "transfer_money (rule-" in tab_words(view, rulelist.TITLE)
        assert buttons(view, rulelist.TITLE) == ["Revoke"]
    assert words(await tell(whole, "rules", DAVE)) == rulelist.NONE
    assert "rule-" not in tab_words(await open_home(whole, DAVE))


async def test_who_may_decide_revokes_another_s_rule_in_the_home_tab(door: Harness) -> None:
    await make_rule(door)
    view = await open_home(door, CAROL)
    assert (await door.slack.press(CAROL, view.id, rulelist.HOME_REVOKE)).acked
    await eventually(lambda: rulelist.REVOKED in tab_words(door.slack.workspace.modals.homes[CAROL]) or None)
    assert await rules(door, 0) == ()
    await asked(door)


async def test_who_may_not_decide_revokes_nothing_and_is_told(whole: Harness) -> None:
    grant = await make_rule(whole)
    wish = Revocation(grant_id=grant.grant_id, person=person(whole, DAVE))
    with pytest.raises(GrantRefusedError, match=Refusal.NOT_YOURS):
        await Grants(whole.gateway).revoke(team(whole), wish)
    assert len(await rules(whole, 1)) == 1


async def test_its_owner_revokes_it_from_another_workspace_of_the_organisation(whole: Harness) -> None:
    grant = await make_rule(whole)
    there = person(whole, BOB).model_copy(update={"team_id": "T0ELSEWHERE"})
    await Grants(whole.gateway).revoke(team(whole), Revocation(grant_id=grant.grant_id, person=there))
    assert await rules(whole, 0) == ()


async def test_a_rule_that_is_gone_is_said_to_be(whole: Harness) -> None:
    await make_rule(whole)
    old = await tell(whole, "rules")
    assert (await whole.slack.click_ephemeral(BOB, old.ts, rulelist.REVOKE)).acked
    again = await tell(whole, "rules", CAROL)
    assert words(again) == rulelist.NONE
    with pytest.raises(GrantRefusedError, match=Refusal.GONE):
        await Grants(whole.gateway).revoke(
            team(whole),
            Revocation(grant_id="rule-00000000-0000-0000-0000-000000000000", person=person(whole, BOB)),
        )


async def test_history_says_by_whose_rule(whole: Harness) -> None:
    await make_rule(whole)
    await approved_by_rule(whole)

    async def listed() -> bool:
        return "by a rule of " in words(await tell(whole, "history"))

    await eventually_read(listed)


async def test_without_temporal_each_step_fails_aloud_and_can_be_done_again(
    slack: Standin, client: Client, remembering: Settings, temporal_address: str
) -> None:
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, remembering)
        async with open_bot(slack, remembering, near, client) as cut:
            handle = await ask(cut)
            await see_rule(cut)
            await cable.cut()
            assert not (await submit(cut)).acked
            assert words(await tell_rules(cut)) == rulelist.UNREADABLE
            await cable.mend()
            assert (await submit(cut)).acked
            assert (await handle.result()).approved
            await rules(cut, 1)


async def tell_rules(harness: Harness) -> Message:
    assert (await harness.slack.command(BOB, "C0GENERAL", "/approvals", "rules")).acked
    return answers(harness)[-1]


async def test_approve_alone_makes_no_rule(whole: Harness) -> None:
    handle = await ask(whole)
    card = await whole.card()
    assert (await whole.slack.click(BOB, card.channel, card.ts, APPROVE)).acked
    assert (await handle.result()).approved
    await asked(whole)
