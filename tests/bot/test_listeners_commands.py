"""`/approvals`: which requests are listed to whom, narrowed and page by page, over the front door."""

import re
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import lists
from bot.filters import NO_AGE, NOBODY
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.standin.trees import nodes
from tests.bot.acme import (
    GUEST,
    HIDDEN,
    answers,
    ask,
    buttons,
    open_acme,
    press,
    tell,
    tell_once,
    titles,
    until_titles,
    until_told,
    words,
)
from tests.bot.conftest import CutOff
from tests.doors import Handle, card_known
from tests.factories import build_decision
from tests.harness import ALICE, BOB, CAROL, DAVE, GENERAL, Harness, make_settings
from tests.shelf import build_pending, put_approval
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Person

FRANK = "U0FRANK"
LINK = "https://acme.slack.com/archives/C0APPROVALS/p"
POLICIES = """
policies:
  - name: managers only
    match: {action: hire}
    visible: involved
    notify: {people: [U0CAROL]}
    stages:
      - {name: manager, approvers: [{usergroup: S0MANAGERS}], deadline: 1h, card: {direct: true}}
      - {name: director, approvers: [{usergroup: S0DIRECTORS}], deadline: 1h, card: {direct: true}}
  - name: two
    match: {action: deploy}
    stages: [{name: pair, approvers: [{channel: C0APPROVALS}], quorum: 2, deadline: 1h}]
  - name: strict
    match: {action: wire}
    delegation: false
    stages: [{name: carol, approvers: [{user: U0CAROL}], deadline: 1h}]
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


async def listed(harness: Harness, count: int) -> None:
    """Wait until visibility has caught up, with the cards in it."""
    await until_told(
        harness, "all", lambda message: f" of {count}, newest" in words(message) and "not posted yet" not in words(message)
    )  # fmt: skip


async def decide(handle: Handle, user: str = BOB, verdict: str = "approve") -> None:
    """A decision, waited for until it counts."""
    state = await handle.query(ApprovalWorkflow.state)
    who = Person(team_id=state.request.requester.team_id, user_id=user)
    decision = build_decision(state, decided_by=who, verdict=verdict, event_id=f"{user}-{verdict}", via="api")
    await handle.execute_update(ApprovalWorkflow.decide_now, decision)


async def test_an_empty_list_says_so_to_the_user_only(door: Harness) -> None:
    assert words(await tell(door)).startswith(lists.EMPTY["mine"])
    assert words(await tell(door, "history")).startswith(lists.EMPTY["history"])


async def test_a_row_says_what_by_whom_since_when_until_when_and_how_far_and_links_to_the_card(
    door: Harness,
) -> None:
    handle = await ask(door, "Hire Bo", action="deploy")
    await card_known(handle)
    message = await until_told(door, "", lambda message: "Open its card" in str(message.blocks))
    card = await door.card()
    assert {"type": "user", "user_id": ALICE} in list(nodes(message.blocks))
    assert any(node.get("url") == LINK + card.ts.replace(".", "") for node in nodes(message.blocks))
    assert re.search(
        r"Hire Bo\nAsked by  less than a minute ago, 1 hour left, until "
        r"\nAction deploy, stage 1 of 1: pair, policy two",
        words(message),
    )
    assert buttons(message) == ["Approve", "Reject", "Details"]


async def test_twenty_three_pending_are_ten_to_a_page_newest_first(harness: Harness) -> None:
    wanted = [f"Request {number}" for number in range(23)]
    for title in wanted:
        await ask(harness, title)
    await listed(harness, 23)
    message = await tell(harness, "search request")
    newest = list(reversed(wanted))
    assert (titles(message), "1 to 10 of 23" in words(message)) == (newest[:10], True)
    with pytest.raises(LookupError):
        await press(harness, message, lists.PREVIOUS)
    assert (await press(harness, message, lists.NEXT)).acked
    assert (titles(message), "11 to 20 of 23" in words(message)) == (newest[10:20], True)
    assert (await press(harness, message, lists.NEXT)).acked
    assert (titles(message), "21 to 23 of 23" in words(message)) == (newest[20:], True)
    with pytest.raises(LookupError):
        await press(harness, message, lists.NEXT)
    assert (await press(harness, message, lists.PREVIOUS)).acked
    assert titles(message) == newest[10:20]
    assert words(message).startswith("Waiting for approvalOnly: “request” in the title")


async def test_a_page_past_the_end_is_the_last_page(web: Harness) -> None:
    for number in range(11):
        await ask(web, f"Request {number}")
    await listed(web, 11)
    message = await tell(web)
    for page in ("7|mine", "9999|mine"):
        assert (await press(web, message, lists.NEXT, value=page)).acked
        assert len(titles(message)) == 1
        assert (await press(web, message, lists.PREVIOUS)).acked


async def test_an_edited_page_is_refused_or_answered_with_the_usage(web: Harness) -> None:
    for number in range(11):
        await ask(web, f"Request {number}")
    await listed(web, 11)
    message = await tell(web)
    for page in ("", "two|mine", "-1|mine", "|mine", "99999|mine", "\u0661|mine"):
        assert (await press(web, message, lists.NEXT, value=page)).status == 400
    assert "1 to 10 of 11" in words(message)
    assert (await press(web, message, lists.NEXT, value="1|frobnicate")).acked
    assert words(message).endswith(lists.USAGE)


async def test_what_is_decided_moves_to_the_history_with_who_and_when(door: Harness) -> None:
    done, _ = await ask(door, "Decided"), await ask(door, "Open")
    await listed(door, 2)
    await decide(done)
    await done.result()
    await until_titles(door, ["Open"], "all")
    message = await until_titles(door, ["Decided"], "history")
    assert words(message).startswith("Decided and endedDecided\nApproved by  \nAsked by ")
    assert {"type": "user", "user_id": BOB} in list(nodes(message.blocks))
    assert buttons(message) == ["Details"]


async def test_the_history_knows_every_way_to_end(harness: Harness) -> None:
    rejected, operator, killed = [await ask(harness, title) for title in ("One", "Two", "Three")]
    broken = await ask(harness, "Four", policy="no such policy")
    await listed(harness, 3)
    await decide(rejected, verdict="reject")
    await rejected.result()
    await operator.signal(ApprovalWorkflow.approve, arg=True)
    await operator.result()
    await killed.terminate()
    await broken.result()
    message = await until_told(harness, "history", lambda message: len(titles(message)) == 3)
    assert {"Rejected by  ", "Approved by an operator ", "Ended from outside, not approved "} <= set(
        words(message).split("\n")
    )
    own = await until_told(harness, "history", lambda message: len(titles(message)) == 4, ALICE)
    assert "Four\nFailed, not approved " in words(own)


async def test_mine_is_what_i_can_decide(door: Harness) -> None:
    await ask(door, "Anyone's")
    await ask(door, "Bob's own", by=BOB)
    await ask(door, "Hire", action="hire")
    await ask(door, "Wire", action="wire")
    await until_told(door, "all", lambda message: len(titles(message)) == 4)
    assert titles(await tell(door, "", BOB)) == ["Hire", "Anyone's"]
    assert titles(await tell(door, "mine", CAROL)) == ["Wire", "Bob's own", "Anyone's"]
    assert titles(await tell(door, "", FRANK)) == ["Hire"]
    assert titles(await tell(door, "", ALICE)) == ["Bob's own"]
    assert titles(await tell(door, "", DAVE)) == []


async def test_what_i_have_decided_is_mine_no_more_though_others_have_to_decide(harness: Harness) -> None:
    handle = await ask(harness, "Deploy", action="deploy")
    await until_titles(harness, ["Deploy"])
    await decide(handle)
    await until_titles(harness, [])
    assert titles(await tell(harness, "", CAROL)) == ["Deploy"]
    assert buttons(await tell(harness, "all")) == ["Details"]


async def test_a_stage_that_others_decide_is_theirs(harness: Harness) -> None:
    handle = await ask(harness, "Hire", action="hire")
    await until_titles(harness, ["Hire"])
    await decide(handle)
    await until_titles(harness, ["Hire"], "", "U0GRACE")
    assert titles(await tell(harness)) == []
    assert "stage 2 of 2: director" in words(await tell(harness, "all"))


async def test_asked_is_what_i_asked_for(door: Harness) -> None:
    await ask(door, "Alice's")
    await ask(door, "Bob's", by=BOB)
    await until_titles(door, ["Bob's"], "asked")
    message = await until_titles(door, ["Alice's"], "asked", ALICE)
    assert (titles(message), buttons(message)) == (["Alice's"], ["Details"])


async def test_lists_are_narrowed_by_policy_person_age_and_title_together(door: Harness) -> None:
    await ask(door, "Invoice 4711 of March", action="deploy")
    await ask(door, "Invoice 12 of May")
    await ask(door, "Invoice 4711, again", by=BOB)
    await listed(door, 3)
    for text, wanted in {
        "policy two": ["Invoice 4711 of March"],
        "policy TWO": [],
        f"from <@{BOB}|bob>": ["Invoice 4711, again"],
        f"from <@{DAVE}>": [],
        "search INVOICE 4711": ["Invoice 4711, again", "Invoice 4711 of March"],
        "search voice": [],
        '"4711" policy default': ["Invoice 4711, again"],
        "older than 1h": [],
        f'mine from <@{ALICE}> "invoice" policy default': ["Invoice 12 of May"],
        "search NEAR AND OR NOT": [],
    }.items():
        assert (text, titles(await tell(door, text))) == (text, wanted)
    await until_titles(door, ["Invoice 12 of May"], "older than 1s search may")


@pytest.mark.parametrize(
    "text", ["policy \"x' OR '1' = '1\"", "policy 'x", 'policy "a\\\\"', "search ' OR '", "show x' OR 'y", "policy ''"]
)  # fmt: skip
async def test_nothing_that_is_typed_widens_a_list(harness: Harness, text: str) -> None:
    await ask(harness, "Secret")
    await listed(harness, 1)
    assert "Secret" not in str((await tell(harness, text, DAVE)).blocks)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("frobnicate", "`frobnicate` is no word of this command"),
        ("from bob", NOBODY),
        ("older than long", "`long` is no span of time"),
        ("older", NO_AGE),
        ("show", "After `show` comes"),
        ("show a b", "After `show` comes"),
        ("<!channel>", "`<!channel>` is no word"),
        ("help", ""),
    ],
)
async def test_bad_words_are_answered_with_what_is_wrong_and_the_usage(
    door: Harness, text: str, problem: str
) -> None:
    message = await tell(door, text)
    assert words(message).startswith(problem)
    assert (words(message).endswith(lists.USAGE), message.notified) == (True, [])


# What people may see


async def spy(harness: Harness, handle: Handle, user: str) -> str:
    """All that somebody gets to see who tries everything to see a request."""
    texts = (
        "",
        "all",
        "history",
        "asked",
        "search secret",
        'history "secret"',
        f"from <@{ALICE}>",
        f"show {handle.id}",
        "show a",
    )
    return "\n".join([str((await tell(harness, text, user)).blocks) for text in texts])


@pytest.mark.parametrize("where", [{"channel": HIDDEN}, {"channel": "D0ALICE"}, {"action": "hire"}])
async def test_what_is_private_outsiders_see_in_no_list_open_or_ended(
    door: Harness, where: dict[str, str]
) -> None:
    handle = await ask(door, "Top secret", **where)
    await until_titles(door, ["Top secret"], "all")
    assert "secret" not in (await spy(door, handle, DAVE)).replace("“secret”", "")
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    await until_titles(door, ["Top secret"], "history")
    assert "secret" not in (await spy(door, handle, DAVE)).replace("“secret”", "")


async def test_whoever_is_involved_sees_what_is_private(harness: Harness) -> None:
    hire = await ask(harness, "Hire", action="hire")
    await ask(harness, "Hidden", channel=HIDDEN, by=CAROL)
    await until_titles(harness, ["Hidden", "Hire"], "all")
    assert titles(await tell(harness, "all", ALICE)) == ["Hidden", "Hire"]  # in that channel; asked for it
    assert titles(await tell(harness, "all", CAROL)) == ["Hidden", "Hire"]  # asked for it; will be told
    assert titles(await tell(harness, "all", "U0GRACE")) == ["Hire"]  # decides the next stage
    assert titles(await tell(harness, "all", "U0IVAN")) == []
    await decide(hire, FRANK)
    await until_titles(harness, ["Hire"], "mine", "U0GRACE")
    assert titles(await tell(harness, "all", FRANK)) == ["Hire"]  # has decided


async def test_what_is_public_everybody_sees_but_guests(harness: Harness) -> None:
    await ask(harness, "Public", channel=GENERAL)
    await until_titles(harness, ["Public"], "all", "U0IVAN")
    assert titles(await tell(harness, "all", GUEST)) == []


async def test_other_workspaces_requests_are_not_listed(harness: Harness) -> None:
    theirs = build_pending(f"T{uuid.uuid4().hex}", "Theirs")
    handle = await put_approval(harness.client, theirs)
    await ask(harness, "Ours")
    await until_titles(harness, ["Ours"])
    assert "Theirs" not in await spy(harness, handle, BOB)


async def test_a_delegate_sees_and_finds_what_the_principal_can_decide(harness: Harness) -> None:
    await ask(harness, "Hire", action="hire")
    await ask(harness, "Wire", action="wire")
    await ask(harness, "Frank's", action="hire", by=FRANK)
    await ask(harness, "Hidden", channel=HIDDEN)
    await ask(harness, "Hidden wire", channel=HIDDEN, action="wire")
    await until_told(harness, "all", lambda message: len(titles(message)) == 5)
    until = (datetime.now(UTC) + timedelta(days=7)).date()
    for principal in (CAROL, FRANK):
        await tell(harness, f"delegate <@{DAVE}> until {until}", principal)
    assert titles(await tell(harness, "mine", DAVE)) == ["Hidden", "Hire"]  # `strict` wants Carol herself
    seen = await tell(harness, "all", DAVE)
    assert titles(seen) == ["Hidden", "Wire", "Hire"]
    can = ["Approve", "Reject", "Details"]
    assert buttons(seen) == [*can, "Details", *can]


async def test_while_slack_does_not_answer_only_what_names_the_reader_is_listed_and_that_is_said(
    harness: Harness,
) -> None:
    await ask(harness, "Anyone's")
    await ask(harness, "Wire", action="wire")
    await listed(harness, 2)
    for method in ("users.conversations", "usergroups.list"):
        harness.slack.faults.add(method, "hang", times=9, seconds=5)
    message = await tell_once(harness, "mine", CAROL)
    assert (titles(message), lists.INCOMPLETE in words(message)) == (["Wire"], True)
    assert titles(await tell_once(harness, "all", DAVE)) == []


async def test_a_workspace_without_user_groups_is_no_reason_to_leave_anything_out(harness: Harness) -> None:
    harness.slack.faults.add("usergroups.list", "error", error="plan_upgrade_required")
    await ask(harness, "Anyone's")
    await harness.card()
    await until_titles(harness, ["Anyone's"])
    assert lists.INCOMPLETE not in words(await tell_once(harness))


# Texts from outside


async def test_long_titles_break_no_list(harness: Harness) -> None:
    for _ in range(10):
        await ask(harness, "x" * 3_000, arguments={"text": "y" * 250}, reason="")
    await listed(harness, 10)
    assert "1 to 10 of 10" in words(await tell(harness))


async def test_a_hostile_title_notifies_nobody_and_unfurls_nothing(harness: Harness) -> None:
    await ask(harness, "<!channel> <@U0CAROL> https://evil.example `x` \u202eabc")
    await ask(harness, "\u200b\u202e")
    await listed(harness, 2)
    message = await tell(harness)
    assert titles(message) == ["(no title)", "<!channel> <@U0CAROL> https://evil.example `x` abc"]
    assert set(message.notified) <= {ALICE}
    assert not any("evil" in url for url in message.unfurled)


# One request


async def shown(harness: Harness, text: str, user: str = BOB) -> Message:
    return await until_told(harness, text, lambda message: words(message) != lists.NOT_FOUND, user)


async def test_one_request_is_shown_as_its_card_with_the_buttons_that_its_reader_can_use(
    door: Harness,
) -> None:
    handle = await ask(door, "Transfer money")
    message = await shown(door, f"show {handle.id}")
    card = await door.card()
    assert words(message) == words(card)
    assert buttons(message)[:3] == ["Approve", "Reject", "Details"]
    assert buttons(await tell(door, f"show {handle.id}", ALICE)) == ["Details"]
    short = handle.id.removeprefix("approval-")[:20]
    assert words(await tell(door, f"SHOW {short}")) == words(card)


async def test_an_id_that_nothing_has_is_answered_in_a_sentence(harness: Harness) -> None:
    await ask(harness, "One")
    await listed(harness, 1)
    for text in ("show approval-", "show zzz"):
        assert words(await tell(harness, text)) == lists.NOT_FOUND


async def test_an_id_that_begins_another_is_itself_and_one_that_begins_several_is_too_short(
    harness: Harness,
) -> None:
    first = await ask(harness, "Short")
    client, queue = harness.client, harness.settings.countersign_task_queue
    state = await first.query(ApprovalWorkflow.state)
    longer = state.request.model_copy(update={"title": "Long"})
    await client.start_workflow(ApprovalWorkflow.run, longer, id=f"{first.id}-2", task_queue=queue)
    await listed(harness, 2)
    assert "Short" in words(await tell(harness, f"show {first.id}"))
    assert words(await tell(harness, f"show {first.id[:-1]}")) == lists.SEVERAL


async def test_what_has_ended_is_shown_with_what_came_of_it(harness: Harness) -> None:
    handle = await ask(harness, "Transfer money")
    await listed(harness, 1)
    await decide(handle, verdict="reject")
    await handle.result()
    message = await shown(harness, f"show {handle.id}", ALICE)
    assert (words(message).startswith("Rejected: Transfer money"), buttons(message)) == (True, ["Details"])


# Temporal away


async def test_a_sentence_is_shown_while_temporal_is_away(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await cable.cut()
    assert words(await tell(harness)) == lists.AWAY
    assert words(await tell(harness, "show approval-1")) == lists.AWAY
    await cable.mend()
    assert words(await tell(harness)).startswith(lists.EMPTY["mine"])


async def test_a_sentence_is_shown_by_socket_while_temporal_is_away(socket_cut: CutOff) -> None:
    harness, cable = socket_cut
    await cable.cut()
    assert words(await tell(harness)) == lists.AWAY


async def test_another_user_has_a_list_of_their_own(harness: Harness) -> None:
    await ask(harness, "One")
    await listed(harness, 1)
    await tell(harness)
    assert titles(await tell(harness, "all", ALICE)) == ["One"]
    with pytest.raises(LookupError):
        await harness.slack.click_ephemeral(ALICE, answers(harness)[0].ts, lists.NEXT)
