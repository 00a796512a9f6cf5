"""What a row of a list says, and which buttons it has, as pure data."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM
from activities.links import card_link
from activities.text import list_arguments
from bot.catalog import Row
from bot.payloads import MalformedError, parse_target
from bot.rows import BLOCK, LONG, WHOLE_LENGTH, Spot, read_spot, row_blocks, span_words
from bot.standin import forms
from bot.standin.limits import check_message
from bot.standin.trees import Json, nodes
from tests.bot.rows import CARD, DIGEST, URL, build_row
from tests.factories import APPROVER, HOUR, NOW, REQUESTER, SECOND, build_decision
from workflows.contracts import Brief, MessageRef, Outcome

SPOT = Spot(0, 0, "mine")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def drawn(row: Row) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    blocks: list[Json] = [block.to_dict() for block in row_blocks(row, SPOT.block_id, URL, NOW, sent=False)]
    check_message("row", blocks)
    return blocks


def words(blocks: list[Json]) -> str:
    return "".join(node["text"] for node in nodes(blocks) if isinstance(node.get("text"), str))


def buttons(blocks: list[Json]) -> list[str]:
    return [one["action_id"] for block in blocks for one in forms.elements(block)]


def people(blocks: list[Json]) -> list[str]:
    return [node["user_id"] for node in nodes(blocks) if node.get("type") == "user"]


def end(status: str = "approved", **changes: Any) -> dict[str, Any]:
    values = {"approval_id": "approval-0", "status": status, "digest": DIGEST, "decided_at": NOW} | changes
    return {"ended_at": NOW, "outcome": Outcome.model_validate(values)}


def test_a_row_says_title_requester_age_time_left_stage_policy_and_where() -> None:
    blocks = drawn(build_row(stage=1, stages=3, stage_name="treasury", severity="high"))
    assert "Transfer money\nAsked by  2 hours ago, 1 hour left, until " in words(blocks)
    assert "Action transfer_money, stage 2 of 3: treasury, severity high, policy built-in" in words(blocks)
    assert people(blocks) == [REQUESTER.user_id]
    assert "https://acme.slack.com/archives/C1/p1700000000000100" in json.dumps(blocks)


def test_a_row_whose_time_is_over_says_so() -> None:
    assert "2 hours ago, overdue since " in words(drawn(build_row(deadline=NOW - HOUR)))


def test_a_row_without_a_card_or_a_deadline_says_so() -> None:
    blocks = drawn(build_row(card=None, deadline=None))
    assert "its card is not posted yet" in words(blocks)
    assert "left" not in words(blocks)


def test_a_card_in_somebodys_direct_messages_is_not_linked_to() -> None:
    blocks = drawn(build_row(card=MessageRef(channel_id="D0BOB", ts="1.2")))
    assert "its cards are direct messages" in words(blocks)
    assert not any("url" in node for node in nodes(blocks))


def test_buttons_carry_what_the_cards_buttons_carry() -> None:
    blocks = drawn(build_row(7, stage=2, stages=3))
    values = {one["value"] for block in blocks for one in forms.elements(block)}
    (target,) = [parse_target(value) for value in values]
    assert (target.approval_id, target.stage, target.digest) == ("approval-7", 2, DIGEST)


def test_all_that_runs_is_shown_where_approve_is() -> None:
    blocks = drawn(build_row(brief=Brief(arguments={"amount": 250, "to": "savings"}, reason="As\nagreed")))
    assert "amount: 250\nto: savings" in words(blocks)
    assert "In these words: As agreed" in words(blocks)
    assert buttons(blocks) == [APPROVE, REJECT, DETAILS]


@pytest.mark.parametrize(
    "changes",
    [
        {"brief": None},
        {"brief": Brief(arguments={"text": "\u202e" * 200})},
        {"action": "a" * 81},
        {"action": ""},
        {"action": "\u202e" * 11},
    ],
)
def test_where_not_all_of_it_is_shown_there_is_no_approve(changes: dict[str, Any]) -> None:
    blocks = drawn(build_row(**changes))
    assert buttons(blocks) == [REJECT, DETAILS]
    assert LONG in words(blocks)


@given(st.dictionaries(st.text(max_size=9), json_values, max_size=4), st.text(max_size=100))
def test_approve_is_where_every_argument_is_to_be_read(arguments: Any, reason: str) -> None:
    blocks = drawn(build_row(brief=Brief(arguments=arguments, reason=reason)))
    listing = list_arguments(arguments)
    assert (APPROVE in buttons(blocks)) == (listing in words(blocks))
    assert APPROVE in buttons(blocks) or len(listing) + len(reason) > WHOLE_LENGTH


def test_what_asks_for_more_than_a_click_opens_its_form() -> None:
    assert buttons(drawn(build_row(asks=("approve",)))) == [APPROVE_FORM, REJECT, DETAILS]
    assert buttons(drawn(build_row(asks=("reject",)))) == [APPROVE, REJECT_FORM, DETAILS]


def test_whoever_cannot_decide_can_read() -> None:
    assert buttons(drawn(build_row(decidable=False))) == [DETAILS]


def test_a_row_of_an_older_version_has_no_buttons() -> None:
    assert buttons(drawn(build_row(digest=""))) == []


def test_what_has_ended_says_how_by_whom_and_when_and_can_be_read() -> None:
    decision = build_decision(decided_by=APPROVER, on_behalf_of=SECOND)
    blocks = drawn(build_row(**end(decisions=(decision,))))
    assert words(blocks).startswith("Transfer money\nApproved by  for  \nAsked by  2 hours ago\nAction")
    assert people(blocks) == [APPROVER.user_id, SECOND.user_id, REQUESTER.user_id]
    assert [node["timestamp"] for node in nodes(blocks) if node.get("type") == "date"] == [
        int(NOW.timestamp())
    ]
    assert buttons(blocks) == [DETAILS]
    assert "stage" not in words(blocks)


@pytest.mark.parametrize(
    ("ended", "start"),
    [
        (end("expired"), "Expired, not approved \n"),
        (end("rejected"), "Rejected by its policy, nobody was asked, \n"),
        (end("rejected", decisions=(build_decision(decided_by=None),)), "Rejected by an operator \n"),
        (end("cancelled", decisions=(build_decision(),)), "Cancelled, not approved \n"),
        ({"ended_at": NOW}, "Ended from outside, not approved \n"),
    ],
)
def test_however_it_ended_is_said(ended: dict[str, Any], start: str) -> None:
    assert words(drawn(build_row(**ended))).startswith(f"Transfer money\n{start}")


def test_what_was_never_shown_has_no_link() -> None:
    assert "card" not in words(drawn(build_row(card=None, **end("failed"))))


@pytest.mark.parametrize("title", ["\u200b\u202e", "<!channel>", "x" * 9_000])
def test_no_title_breaks_a_row(title: str) -> None:
    blocks = drawn(build_row(title=title))
    assert not any(node.get("type") in ("mrkdwn", "broadcast") for node in nodes(blocks))


@given(st.integers(0, 9), st.integers(0, 99), st.text(max_size=200))
def test_where_a_button_stands_is_read_back(row: int, page: int, text: str) -> None:
    spot = Spot(row, page, text)
    assert read_spot(spot.block_id) == spot


@pytest.mark.parametrize(
    "wrong", ["", "abc", BLOCK, f"{BLOCK}|x|0|mine", f"{BLOCK}|0|-1|mine", "card|0|0|mine"]
)
def test_a_button_of_no_list_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedError):
        read_spot(wrong)


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [
        (-5, "less than a minute"),
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (150, "2 minutes"),
        (3_599, "1 hour"),
        (3_600, "1 hour"),
        (7_200, "2 hours"),
        (86_400, "1 day"),
        (10 * 86_400, "10 days"),
    ],
)
def test_spans_are_told_in_the_largest_unit_that_fits(seconds: int, words_: str) -> None:
    assert span_words(timedelta(seconds=seconds)) == words_


def test_a_link_is_formed_as_slack_forms_it() -> None:
    assert card_link(URL, CARD) == "https://acme.slack.com/archives/C1/p1700000000000100"


def test_what_waits_for_an_answer_is_not_overdue() -> None:
    row = build_row(paused=True, deadline=NOW - HOUR)
    text = words(drawn(row))
    assert "its time stands still until a question is answered" in text
    assert "overdue" not in text
