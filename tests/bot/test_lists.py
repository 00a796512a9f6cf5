"""What `/approvals` shows, as pure data."""

import json
from datetime import timedelta

import pytest

from activities.cards import Rendered
from activities.links import card_link
from bot.gateway import PAGE_SIZE, Page, Row
from bot.lists import (
    DELEGATIONS_SHOWN,
    EMPTY,
    NEXT,
    NO_DELEGATIONS,
    NOTHING_REVOKED,
    PREVIOUS,
    render_delegated,
    render_delegations,
    render_list,
    render_revoked,
    render_sentence,
    render_usage,
    span_words,
)
from bot.standin import forms
from bot.standin.limits import check_message
from bot.standin.trees import Json, nodes
from tests.factories import APPROVER, HOUR, NOW, REQUESTER, SECOND, SPEAKER, build_person
from workflows.contracts import Delegation, MessageRef, Person, Summary

URL = "https://acme.slack.com/"
CARD = MessageRef(channel_id="C1", ts="1700000000.000100")


def row(number: int = 0, title: str = "Transfer money", **changes: object) -> Row:
    values = {"title": title, "requester": REQUESTER, "deadline": NOW + HOUR, "card": CARD} | changes
    return Row(f"approval-{number}", Summary.model_validate(values | {"opened_at": NOW - 2 * HOUR}))


def shown(rows: list[Row], number: int = 0, total: int | None = None) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    rendered = render_list(Page(rows, number, len(rows) if total is None else total), URL, NOW)
    blocks: list[Json] = [block.to_dict() for block in rendered.blocks]
    check_message(rendered.text, blocks)
    return blocks


def words(blocks: list[Json]) -> str:
    return "".join(node["text"] for node in nodes(blocks) if isinstance(node.get("text"), str))


def buttons(blocks: list[Json]) -> dict[str, str]:
    return {one["action_id"]: one["value"] for block in blocks for one in forms.elements(block)}


def test_an_empty_page_is_a_sentence() -> None:
    assert words(shown([])) == EMPTY


def test_a_row_says_title_requester_age_time_left_and_where() -> None:
    blocks = shown([row()])
    assert "Transfer money\nasked by  2 hours ago, 1 hour left, until" in words(blocks)
    assert {"type": "user", "user_id": REQUESTER.user_id} in list(nodes(blocks))
    assert "https://acme.slack.com/archives/C1/p1700000000000100" in json.dumps(blocks)


def test_a_row_without_a_card_or_a_deadline_says_so() -> None:
    blocks = shown([row(card=None, deadline=None)])
    assert "its card is not posted yet" in words(blocks)
    assert "left" not in words(blocks)


@pytest.mark.parametrize(
    ("number", "rows", "total", "expected", "span"),
    [
        (0, 3, 3, {}, "1 to 3 of 3"),
        (0, 10, 10, {}, "1 to 10 of 10"),
        (0, 10, 11, {NEXT: "1"}, "1 to 10 of 11"),
        (1, 10, 23, {PREVIOUS: "0", NEXT: "2"}, "11 to 20 of 23"),
        (2, 3, 23, {PREVIOUS: "1"}, "21 to 23 of 23"),
        (2, 3, 20, {PREVIOUS: "1"}, "21 to 23 of 23"),
    ],
)
def test_pages_lead_to_their_neighbours(
    number: int, rows: int, total: int, expected: dict[str, str], span: str
) -> None:
    blocks = shown([row(one) for one in range(rows)], number, total)
    assert buttons(blocks) == expected
    assert span in words(blocks)


def test_rows_stand_in_the_order_in_which_they_come() -> None:
    text = words(shown([row(title="Newest"), row(title="Older", requester=APPROVER)]))
    assert text.index("Newest") < text.index("Older")


@pytest.mark.parametrize("title", ["x" * 100_000, "é" * 100_000, "<!channel>" * 1_000, "& " * 5_000])
def test_a_page_of_the_longest_titles_is_still_one_message(title: str) -> None:
    shown([row(one, title) for one in range(PAGE_SIZE)], total=PAGE_SIZE)


def test_a_title_without_anything_visible_breaks_no_list() -> None:
    shown([row(title="\u200b\u202e"), row(title="Transfer money")])


def test_the_fallback_text_mentions_nobody() -> None:
    page = Page([row(title="<!channel> <@U0BOB> & \u202ex")], 0, 1)
    assert render_list(page, URL, NOW).text.endswith("&lt;!channel&gt; &lt;@U0BOB&gt; &amp; x")


def test_a_sentence_is_a_message() -> None:
    rendered = render_sentence("Nothing here.")
    check_message(rendered.text, [block.to_dict() for block in rendered.blocks])
    assert rendered.text == "Nothing here."


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [
        (-5, "less than a minute"),
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (150, "2 minutes"),
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
    reply = CARD.model_copy(update={"thread_ts": "1600000000.000200"})
    assert card_link(URL, reply) == f"{card_link(URL, CARD)}?thread_ts=1600000000.000200&cid=C1"


def takes(rendered: Rendered) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    blocks: list[Json] = [block.to_dict() for block in rendered.blocks]
    check_message(rendered.text, blocks)
    return blocks


def hand(principal: Person = REQUESTER, hours: int = 1, *, away: bool = False) -> Delegation:
    return Delegation(principal=principal, delegate=APPROVER, until=NOW + hours * HOUR, away=away)


def people(blocks: list[Json]) -> list[str]:
    return [node["user_id"] for node in nodes(blocks) if node.get("type") == "user"]


def dates(blocks: list[Json]) -> list[int]:
    return [node["timestamp"] for node in nodes(blocks) if node.get("type") == "date"]


def test_the_usage_names_every_command() -> None:
    text = words(takes(render_usage()))
    for command in ("delegate @user until 2026-12-24 17:00", "away @user until", "back", "delegations"):
        assert f"/approvals {command}" in text


def test_a_delegation_says_what_happens_now_and_how_to_end_it() -> None:
    blocks = takes(render_delegated(hand()))
    assert words(blocks) == (
        "Until ,  may decide for you. You may still decide yourself. Take it back with /approvals back."
    )
    assert (people(blocks), dates(blocks)) == (["UAPPROVER"], [int((NOW + HOUR).timestamp())])


def test_being_away_says_that_cards_ask_somebody_else() -> None:
    rendered = render_delegated(hand(away=True))
    assert words(takes(rendered)).startswith("Until , cards ask  in your place;  may decide for you. You may")
    assert rendered.text == "Until 2026-11-23 10:00 UTC, <@UAPPROVER> may decide for you."


def test_what_was_taken_back_is_named() -> None:
    blocks = takes(render_revoked([hand()]))
    assert (
        words(blocks) == "Taken back:  no longer decides for you. What was decided until now stays decided."
    )
    assert people(blocks) == ["UAPPROVER"]


def test_nothing_to_take_back_is_said() -> None:
    assert words(takes(render_revoked([]))) == NOTHING_REVOKED


def test_no_delegations_are_a_sentence() -> None:
    assert words(takes(render_delegations([], REQUESTER))) == NO_DELEGATIONS


def test_delegations_list_ones_own_first_and_marked_then_what_ends_soonest() -> None:
    late, soon, own = hand(SPEAKER, 3), hand(SECOND, 1, away=True), hand(REQUESTER, 9)
    blocks = takes(render_delegations([late, soon, own], build_person("UREQUESTER", "TOTHER")))
    assert people(blocks) == [
        "UAPPROVER", "UREQUESTER", "UAPPROVER", "USECOND", "UAPPROVER", "USPEAKER",
    ]  # fmt: skip
    assert dates(blocks) == [int((NOW + hours * HOUR).timestamp()) for hours in (9, 1, 3)]
    assert words(blocks) == "Who decides for whomYours:  for  until  for , who is away, until  for  until "


def test_a_very_long_list_of_delegations_is_cut_and_says_so() -> None:
    many = [hand(build_person(f"U{number}"), number + 1) for number in range(DELEGATIONS_SHOWN + 7)]
    blocks = takes(render_delegations(many, SPEAKER))
    assert len(people(blocks)) == 2 * DELEGATIONS_SHOWN
    assert "and 7 more" in words(blocks)
    assert "more" not in words(takes(render_delegations(many[:DELEGATIONS_SHOWN], SPEAKER)))
