"""The list of pending approvals, as pure data."""

import json
from datetime import timedelta

import pytest

from bot.gateway import PAGE_SIZE, Page, Row
from bot.lists import EMPTY, NEXT, PREVIOUS, card_link, render_list, render_sentence, span_words
from bot.standin import forms
from bot.standin.limits import check_message
from bot.standin.trees import Json, nodes
from tests.factories import APPROVER, HOUR, NOW, REQUESTER
from workflows.contracts import MessageRef, Summary

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
