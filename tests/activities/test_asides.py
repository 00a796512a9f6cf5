"""What is said while the agent is busy: everything that one asks for, and nobody is notified by it but who may act."""

from datetime import timedelta

import pytest

from activities.asides import HINT, LATER, NOTHING, SHOWN, find_named, render_aside
from activities.blocks import render
from bot.standin.limits import check_message
from bot.teller import read_blocks
from tests.factories import (
    APPROVER,
    NOW,
    REQUESTER,
    SECOND,
    THREAD,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import ApprovalState, MessageRef, Roster
from workflows.talk import Aside, AsideKind

URL = "https://acme.slack.com/"
CARD = MessageRef(channel_id="CAPPROVALS", ts="1700000000.000200")
NAMES = {APPROVER.user_id: "Ann Approver", SECOND.user_id: "Sam \u202eSecond"}


def build_aside(kind: AsideKind = "where") -> Aside:
    return Aside(kind=kind, thread=THREAD, key="event-1", asked_at=NOW, requester=REQUESTER)


def waiting(**changes: object) -> ApprovalState:
    return build_state(**({"cards": (CARD,)} | changes))


def shown(*states: ApprovalState, kind: AsideKind = "where") -> tuple[str, str]:
    """The text for notifications, and all that the message shows."""
    rendered = render_aside(build_aside(kind), states, NAMES, URL)
    blocks = render(rendered.blocks)
    check_message(rendered.text, blocks)
    assert '"type": "user"' not in str(blocks).replace("'", '"') or kind == "theirs"
    return rendered.text, read_blocks(blocks)


def test_it_says_what_waits_who_has_it_since_when_and_until_when() -> None:
    stage = build_stage(name="treasury", card="both")
    roster = Roster(people=(APPROVER, SECOND), count=2)
    text, blocks = shown(waiting(roster=roster, plan=build_plan(stages=(stage,))))
    assert "Transfer money" in blocks
    assert "(Ann Approver, Sam Second)" in blocks
    assert "Stage 1 of 1: treasury" in blocks
    assert blocks.count("2026-11-23") == 2
    assert HINT in blocks
    assert text.splitlines() == [
        "One request waits for approval.",
        "Transfer money: waiting since 2026-11-23 09:00 UTC, until 2026-11-23 10:00 UTC",
    ]


def test_a_card_in_a_channel_is_linked_and_one_in_direct_messages_is_not() -> None:
    linked = render_aside(build_aside(), [waiting()], {}, URL)
    assert f"{URL}archives/CAPPROVALS/p1700000000000200" in str(render(linked.blocks))
    direct = waiting(cards=(CARD.model_copy(update={"channel_id": "DX", "key": "card-UX"}),))
    assert URL not in str(render(render_aside(build_aside(), [direct], {}, URL).blocks))


def test_of_a_channel_it_is_any_member_who_has_it() -> None:
    assert "(any of its members but whoever asked)" in shown(waiting())[1]


def test_whoever_asked_is_not_named_among_those_who_have_it() -> None:
    state = waiting(roster=Roster(people=(REQUESTER, APPROVER), count=2))
    assert find_named(state) == (APPROVER,)


def test_of_many_people_some_are_named_and_the_others_counted() -> None:
    people = tuple(build_person(f"U{number}") for number in range(7))
    _, blocks = shown(waiting(roster=Roster(people=people, count=7)))
    assert "(U0, U1, U2, U3, and 3 more)" in blocks


def test_many_requests_are_counted() -> None:
    text, blocks = shown(*(waiting() for _ in range(SHOWN + 5)))
    assert text.startswith("15 requests wait for approval.")
    assert "and 5 more" in blocks


def test_what_has_been_decided_meanwhile_is_left_out() -> None:
    text, blocks = shown(waiting(status="approved", decided_at=NOW), waiting())
    assert text.startswith("One request waits for approval.")
    assert shown(waiting(status="approved", decided_at=NOW)) == (NOTHING, NOTHING)
    assert shown() == (NOTHING, NOTHING)
    assert blocks.count("Since: ") == 1


def test_a_message_that_has_to_wait_is_told_so() -> None:
    text, blocks = shown(waiting(), kind="later")
    assert text.startswith(LATER)
    assert blocks.startswith(LATER)


def test_a_clock_that_stands_still_is_told() -> None:
    _, blocks = shown(waiting(paused_at=NOW + timedelta(minutes=1)))
    assert "until its question is answered" in blocks


def test_a_request_without_a_plan_yet_says_what_it_can() -> None:
    _, blocks = shown(waiting(plan=None, cards=()))
    assert "until a time that is being worked out" in blocks


def test_whoever_may_cancel_is_named() -> None:
    text, blocks = shown(kind="theirs")
    assert text == f"Only <@{REQUESTER.user_id}> may cancel what I am doing; nothing was cancelled."
    assert REQUESTER.user_id in blocks


@pytest.mark.parametrize("title", ["<!channel> *now*", "x" * 3_000, "\u202eevil"])
def test_hostile_titles_stay_words(title: str) -> None:
    states = [waiting(request=build_request(title=title)) for _ in range(SHOWN)]
    text, _ = shown(*states)
    assert "<!channel>" not in text
    assert "\u202e" not in text
