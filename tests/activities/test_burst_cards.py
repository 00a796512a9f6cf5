"""The message of a burst: every request with its state, all of its arguments or none, and never more than Slack takes."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.blocks import render
from activities.bursts import APPROVE_ALL, ELSEWHERE, REJECT_ALL, ROWS_SHOWN, render_batch
from activities.cards import Rendered
from activities.text import list_arguments
from bot.standin.limits import check_message
from tests.factories import APPROVER, CARD_CHANNEL, HOUR, NOW, build_request, build_state
from tests.readers import MOST_TEXT, all_text, buttons, check_harmless, check_limits, listed, of_type, sent
from tests.workflows.test_burst import build_batch, build_row
from workflows import burst
from workflows.burst import Batch, Room, Row
from workflows.contracts import MessageRef, Status

URL = "https://acme.slack.com/"
STATUSES: tuple[Status, ...] = get_args(Status)
BAIT = "<!channel> <@U1> <https://x|y> *b* `c` @here &amp;\u202e"

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


def show(*rows: Row, **changes: Any) -> Rendered:
    """The burst's message in the approvals channel, where all requests began."""
    batch = build_batch(*rows, **({"batch_id": "batch-1", "opened_at": NOW} | changes))
    members = tuple(row.approval_id for row in rows)
    return render_batch(batch, Room(channel_id=CARD_CHANNEL, members=members), URL)


def test_each_request_has_a_row_with_its_arguments_and_where_its_card_is() -> None:
    card = MessageRef(channel_id=CARD_CHANNEL, ts="2.5", thread_ts="1.5")
    rows = [
        build_row(number, arguments={"amount": number}, cards=(card,), deadline=NOW + HOUR)
        for number in (1, 2)
    ]
    rendered = show(*rows)
    assert listed(rendered) == "amount: 1amount: 2"
    assert [link["url"] for link in of_type(rendered, "link")] == [
        f"{URL}archives/{CARD_CHANNEL}/p25?thread_ts=1.5&cid={CARD_CHANNEL}"
    ] * 2
    assert buttons(rendered) == [APPROVE_ALL, REJECT_ALL]
    assert {button["value"] for button in of_type(rendered, "button")} == {f"batch-1|{CARD_CHANNEL}"}
    assert all_text(rendered).count("Waiting until ") == 2


@pytest.mark.parametrize("arguments", [None, {"text": "x" * 700}])
def test_arguments_are_shown_in_full_or_not_at_all(arguments: Any) -> None:
    rendered = show(build_row(1, arguments=arguments), build_row(2, arguments={"amount": 2}))
    assert listed(rendered) == "amount: 2"
    assert all_text(rendered).count(ELSEWHERE) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (build_row(1), "Waiting"),
        (build_row(1, approvals=1, quorum=3), "Waiting, 1 of 3 approvals"),
        (build_row(1, room="COTHER"), "Goes on elsewhere"),
        (build_row(1, status="approved"), "Approved"),
        (build_row(1, status="expired"), "Expired, not approved"),
    ],
)
def test_a_row_says_how_far_its_request_is(row: Row, words: str) -> None:
    assert words in all_text(show(row, build_row(2)))


def test_a_row_says_who_has_decided() -> None:
    rendered = show(build_row(1, status="rejected", decided_by=APPROVER), build_row(2))
    assert "Rejected by" in all_text(rendered)
    assert APPROVER.user_id in {node["user_id"] for node in of_type(rendered, "user")}


@pytest.mark.parametrize(
    ("rows", "changes", "title"),
    [
        ((build_row(1), build_row(2)), {}, "Approval needed: 2 requests at once"),
        ((build_row(1), build_row(2, status="approved")), {}, "Approval needed: 1 of 2 requests"),
        ((build_row(1), build_row(2, room="COTHER")), {}, "Approval needed: 1 of 2 requests"),
        (
            (build_row(1, status="rejected"), build_row(2, status="approved")),
            {},
            "Nothing more to decide here: 2 requests",
        ),
        ((build_row(1), build_row(2)), {"over": True}, "Nothing more to decide here: 2 requests"),
    ],
)
def test_there_are_buttons_as_long_as_there_is_something_to_decide(
    rows: tuple[Row, ...], changes: dict[str, Any], title: str
) -> None:
    rendered = show(*rows, **changes)
    assert rendered.text.startswith(title)
    assert bool(buttons(rendered)) is title.startswith("Approval needed")


def test_of_too_many_the_open_ones_are_shown_and_the_others_counted() -> None:
    rows = [
        build_row(number, status="approved" if number < 10 else "pending") for number in range(ROWS_SHOWN + 9)
    ]
    text = all_text(show(*rows))
    assert (text.count("Waiting"), "and 9 more" in text) == (19, True)


@settings(max_examples=30)
@given(
    title=texts,
    action=st.sampled_from(["a" * 200, "\u202e" * 200, "transfer_money"]),
    arguments=st.dictionaries(texts, st.integers() | texts, max_size=5),
    statuses=st.lists(st.sampled_from(STATUSES), min_size=2, max_size=60),
    reason=texts,
)
def test_every_burst_is_one_that_slack_takes(
    title: str, action: str, arguments: dict[str, Any], statuses: list[Status], reason: str
) -> None:
    state = build_state(
        request=build_request(title=title, action=action, arguments=arguments), digest="d" * 64
    )
    row = burst.describe(state)
    rows = [
        row.model_copy(update={"approval_id": f"approval-{n}", "status": one})
        for n, one in enumerate(statuses)
    ]
    rendered = show(*rows, reason=reason)
    check_limits(rendered)
    whole, shown = list_arguments(arguments), listed(rendered)
    assert shown == whole * (len(shown) // len(whole))


def test_hostile_text_stands_only_where_nothing_is_interpreted() -> None:
    rows = [build_row(number, title=BAIT, action=BAIT, arguments={BAIT: BAIT}) for number in (1, 2)]
    rendered = show(*rows, reason=BAIT)
    check_limits(rendered)
    check_harmless(rendered)
    assert "<!channel>" not in rendered.text
    assert "\u202e" not in json.dumps(render(rendered.blocks), ensure_ascii=False)
    assert {node["user_id"] for node in of_type(rendered, "user")} == {"UREQUESTER"}


def test_a_full_message_keeps_its_margin() -> None:
    long = {"text": "x" * 120}
    rows = [
        build_row(n, title="t" * 300, action="a" * 200, arguments=long, approvals=1, quorum=9)
        for n in range(60)
    ]
    rendered = show(*rows, reason="r" * 5_000)
    assert len(all_text(rendered)) <= MOST_TEXT
    check_message(rendered.text, json.loads(json.dumps(render(rendered.blocks))))
    assert len(sent(rendered)) > ROWS_SHOWN


def test_a_burst_without_words_quotes_none() -> None:
    batch: Batch = build_batch(build_row(1), build_row(2))
    rendered = render_batch(batch, Room(channel_id=CARD_CHANNEL, members=("approval-1", "approval-2")), URL)
    assert "In these words" not in all_text(rendered)
