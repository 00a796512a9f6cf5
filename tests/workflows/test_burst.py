"""A burst as pure functions: what is said of each request, which channels list several, where cards belong."""

from typing import Any

import pytest

from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    REQUESTER,
    build_decision,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows import burst
from workflows.burst import ARGUMENTS_LENGTH, Batch, Room, Row
from workflows.contracts import Limits, MessageRef, RunPlace


def build_row(number: int = 1, **changes: Any) -> Row:
    values: dict[str, Any] = {
        "approval_id": f"approval-{number}",
        "action": "transfer_money",
        "title": "Transfer money",
        "status": "pending",
        "number": number,
        "room": CARD_CHANNEL,
    }
    return Row.model_validate(values | changes)


def build_batch(*rows: Row, **changes: Any) -> Batch:
    return Batch.model_validate({"size": max(len(rows), 1), "requester": REQUESTER, "rows": rows} | changes)


def test_a_row_says_what_its_request_is_about_and_how_far_it_is() -> None:
    plan = build_plan(stages=(build_stage(quorum=2),))
    state = build_state(request=build_request(run=RunPlace(number=3, last_minute=3)), plan=plan)
    row = burst.describe(state.model_copy(update={"decisions": (build_decision(state),)}))
    assert (row.number, row.room, row.approvals, row.quorum) == (3, CARD_CHANNEL, 1, 2)
    assert (row.arguments, row.decided_by, row.deadline) == (
        state.request.arguments,
        APPROVER,
        state.deadline,
    )


def test_a_row_is_small_however_large_its_request_is() -> None:
    request = build_request(arguments={"text": "x" * 100_000}, title="t" * 100_000, reason="r" * 100_000)
    row = burst.describe(build_state(request=request))
    assert row.arguments is None
    assert len(row.model_dump_json()) < 3 * ARGUMENTS_LENGTH


@pytest.mark.parametrize(
    "plan",
    [
        build_plan(stages=(build_stage(card="direct"),)),
        build_plan(stages=(), effect="deny"),
        build_plan(limits=Limits(per_run=1)),
        None,
    ],
)
def test_a_request_without_a_card_in_a_channel_has_no_room(plan: Any) -> None:
    request = build_request(run=RunPlace(number=2, last_minute=2))
    assert burst.describe(build_state(request=request, plan=plan)).room == ""


def test_a_channel_is_listed_when_several_requests_wait_there() -> None:
    rows = [
        build_row(1),
        build_row(2, room="COTHER"),
        build_row(3),
        build_row(4, room=""),
        build_row(5, status="rejected", room="COTHER"),
    ]
    grouped = burst.group(build_batch(*rows))
    assert grouped.rooms == (Room(channel_id=CARD_CHANNEL, members=("approval-1", "approval-3")),)


def test_rows_keep_the_order_in_which_they_were_asked_for_and_are_replaced_in_place() -> None:
    batch = build_batch()
    for row in (build_row(2), build_row(10), build_row(1), build_row(2, status="approved")):
        batch = burst.take(batch, row)
    assert [(row.number, row.status) for row in batch.rows] == [
        (1, "pending"),
        (2, "approved"),
        (10, "pending"),
    ]


@pytest.mark.parametrize(
    ("late", "joins"),
    [
        (build_row(3), True),
        (build_row(3, room="COTHER"), False),
        (build_row(3, status="approved"), False),
        (build_row(1, status="approved"), False),
    ],
)
def test_a_late_request_joins_those_of_its_channel(late: Row, joins: bool) -> None:  # noqa: FBT001 - what is expected
    batch = burst.take(burst.group(build_batch(build_row(1), build_row(2))), late)
    assert batch.rooms
    assert (len(batch.rooms[0].members) == 3) is joins


def test_who_has_joined_while_a_message_was_posted_stays() -> None:
    posted = Room(channel_id=CARD_CHANNEL, members=("approval-1", "approval-2"), ts="1.1")
    batch = burst.take(burst.group(build_batch(build_row(1), build_row(2))), build_row(3))
    batch = burst.put_room(batch, posted)
    assert batch.rooms
    assert (batch.rooms[0].ts, batch.rooms[0].members) == ("1.1", ("approval-1", "approval-2", "approval-3"))


def test_a_card_belongs_under_its_channels_message_or_in_its_channel() -> None:
    batch = burst.group(build_batch(build_row(1), build_row(2), build_row(3, room="COTHER")))
    assert burst.file(batch, "approval-1").thread is None
    batch = burst.put_room(batch, Room(channel_id=CARD_CHANNEL, members=(), ts="1.1"))
    assert burst.file(batch, "approval-1").thread == MessageRef(channel_id=CARD_CHANNEL, ts="1.1")
    assert burst.file(batch, "approval-3").thread is None


def test_a_burst_is_over_when_all_that_it_has_have_ended() -> None:
    done, waits = build_row(1, status="approved"), build_row(2)
    assert not burst.is_decided(build_batch(done, waits))
    assert not burst.is_decided(build_batch(done, size=2))
    assert burst.is_decided(build_batch(done, build_row(2, status="expired")))
