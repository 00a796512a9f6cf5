"""Policies end to end: a file, an agent, people in Slack, and what each of them sees."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.cards import APPROVE
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.teller import read_blocks
from tests.harness import (
    ALICE,
    APPROVALS,
    BOB,
    CAROL,
    DAVE,
    GENERAL,
    OUTCOMES,
    Harness,
    eventually,
    open_harness,
)

FRANK, HEIDI, IVAN = "U0FRANK", "U0HEIDI", "U0IVAN"
POLICIES = """
policies:
  - name: direct
    match: {action: transfer_*, when: args.amount >= 1000}
    card: {direct: true}
    notify: {people: [U0DAVE]}
    stages:
      - {name: managers, approvers: [{usergroup: S0MANAGERS}], quorum: 2, deadline: 1h}
      - {name: cfo, approvers: [{email: ivan@acme.example}], deadline: 1h}
  - name: ghosts
    match: {action: transfer_*, when: args.amount >= 500}
    stages: [{name: ghosts, approvers: [{usergroup: S0GHOSTS}], deadline: 1h}]
  - name: treasury
    match: {action: transfer_*, requester: {usergroup: S0FINANCE}}
    auto: approve
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "countersign.yaml"
    path.write_text(POLICIES)
    return path


@pytest.fixture
async def acme(slack: Standin, client: Client, settings: Settings, file: Path) -> AsyncGenerator[Harness]:
    """All of it at work under these policies."""
    changed = settings.model_copy(update={"countersign_policies": file})
    async with open_harness(slack, client, changed) as whole:
        yield whole


def direct(acme: Harness, user: str) -> Message | None:
    """What somebody was written to first."""
    return next(iter(acme.slack.workspace.direct(user).messages), None)


def shown(acme: Harness, message: Message) -> str:
    room = acme.slack.workspace.rooms[message.channel]
    return read_blocks(room.message(message.ts).blocks)


async def test_cards_go_to_the_people_who_may_decide_and_follow_the_stages(acme: Harness) -> None:
    thread = await acme.ask("transfer 2400 from checking to savings")
    bob = await eventually(lambda: direct(acme, BOB))
    frank = await eventually(lambda: direct(acme, FRANK))
    assert acme.cards() == []
    assert direct(acme, ALICE) is None
    assert (await acme.approve(bob, BOB)).acked
    await eventually(lambda: "1 of 2 approvals" in shown(acme, frank) or None)
    assert (await acme.approve(frank, FRANK)).acked
    ivan = await eventually(lambda: direct(acme, IVAN))
    await eventually(lambda: "[ Approve ]" not in shown(acme, bob) + shown(acme, frank) or None)
    assert "Stage 2 of 2: cfo" in shown(acme, ivan)
    assert (await acme.approve(ivan, IVAN)).acked
    await acme.reply(GENERAL, thread, "Moved 2,400.00 EUR")
    await eventually(lambda: "[ Approve ]" not in shown(acme, ivan) or None)
    assert await eventually(lambda: direct(acme, DAVE))
    for message in (bob, frank, ivan):
        assert "Approved by U0IVAN" in shown(acme, message)
    (told,) = acme.messages(OUTCOMES)
    assert "Approved by U0FRANK" in shown(acme, told)


async def test_a_stage_whose_user_group_is_gone_fails_with_a_sentence(acme: Harness) -> None:
    thread = await acme.ask("transfer 600 from checking to savings")
    reply = await acme.reply(GENERAL, thread, "Failed, not approved")
    assert reply
    message = next(one for one in acme.slack.workspace.rooms[GENERAL].thread(thread) if one.text == reply)
    assert "The user group S0GHOSTS cannot be read" in shown(acme, message)


async def test_a_policy_for_some_requesters_is_not_for_others(acme: Harness) -> None:
    assert "Moved" in await acme.reply(
        GENERAL, await acme.ask("transfer 5 from checking to savings", CAROL), "Moved"
    )
    assert acme.cards() == []
    await acme.ask("transfer 5 from checking to savings", DAVE)
    assert await acme.card()


async def test_an_open_request_keeps_its_plan_and_a_new_one_has_the_new_policies(
    acme: Harness, file: Path
) -> None:
    thread = await acme.ask("transfer 7 from checking to savings")
    card = await acme.card()
    rewrite(file, POLICIES.replace("approvers: [{channel: C0APPROVALS}]", "approvers: [{user: U0GRACE}]"))

    async def ask() -> Message:
        count = len(acme.cards())
        await acme.ask("transfer 8 from checking to savings")
        return await acme.card(count)

    latest = await ask()
    while "U0GRACE" not in shown(acme, latest):  # the worker looks at the file once a second
        latest = await ask()
    assert (await acme.approve(latest)).acked
    assert "not one of the people" in await eventually(lambda: "".join(acme.whispers(BOB)))
    assert (await acme.approve(card)).acked
    await acme.reply(GENERAL, thread, "Moved 7.00 EUR")


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)


async def test_a_delegate_decides_for_somebody_and_it_is_on_record(acme: Harness) -> None:
    """Handed over by the slash command, shown on the card, said in the outcome; and taken back again."""
    await acme.slack.command(IVAN, "C0PURCHASES", "/approvals", f"delegate <@{HEIDI}|heidi> until 2027-01-31")
    thread = await acme.ask("transfer 3000 from checking to savings")
    bob = await eventually(lambda: direct(acme, BOB))
    frank = await eventually(lambda: direct(acme, FRANK))
    assert (await acme.approve(bob, BOB)).acked
    assert (await acme.approve(frank, FRANK)).acked
    heidi = await eventually(lambda: direct(acme, HEIDI))
    assert "(or U0HEIDI for U0IVAN, until" in shown(acme, heidi)
    assert (await acme.slack.click(HEIDI, heidi.channel, heidi.ts, APPROVE)).acked
    await acme.reply(GENERAL, thread, "Moved 3,000.00 EUR")
    (told,) = acme.messages(OUTCOMES)
    assert "Approved by U0HEIDI for U0IVAN" in shown(acme, told)


async def test_a_delegation_that_was_taken_back_counts_no_more(acme: Harness) -> None:
    await acme.slack.command(BOB, APPROVALS, "/approvals", f"delegate <@{DAVE}|dave> until 2027-01-31")
    await acme.ask("transfer 7 from checking to savings")
    card = await acme.card()
    await acme.slack.command(BOB, APPROVALS, "/approvals", "back")
    assert (await acme.approve(card, DAVE)).acked
    told = await eventually(lambda: direct(acme, DAVE))
    assert "not one of the people" in told.text
