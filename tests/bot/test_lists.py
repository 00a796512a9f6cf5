"""What lists of approvals show, as pure data."""

import json
from typing import Any

import pytest

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM, Rendered, render_card
from activities.text import show_hidden
from bot import picks
from bot.catalog import MOST_PAGES, PAGE_SIZE, Page, Row
from bot.commands import parse_turn
from bot.filters import Filter, parse_filter
from bot.lists import (
    EMPTY,
    HEADINGS,
    INCOMPLETE,
    MORE,
    NEXT,
    NO_MATCH,
    PREVIOUS,
    USAGE,
    View,
    render_list,
    render_one,
    render_sentence,
    render_usage,
)
from bot.rows import read_spot
from bot.standin import forms
from bot.standin.limits import check_message
from bot.standin.trees import Json, nodes
from tests.bot.rows import URL, build_row
from tests.factories import APPROVER, NOW, build_request, build_state
from tests.readers import MOST_TEXT
from workflows.contracts import Brief


def takes(rendered: Rendered) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    blocks: list[Json] = [block.to_dict() for block in rendered.blocks]
    check_message(rendered.text, blocks)
    return blocks


def shown(
    rows: list[Row], number: int = 0, total: int | None = None, wanted: Filter | None = None, **changes: Any
) -> list[Json]:
    page = Page(rows, number, len(rows) if total is None else total)
    return takes(render_list(page, View(wanted or Filter(), URL, NOW)._replace(**changes)))


def words(blocks: list[Json]) -> str:
    return "".join(node["text"] for node in nodes(blocks) if isinstance(node.get("text"), str))


def buttons(blocks: list[Json]) -> list[str]:
    return [one["action_id"] for block in blocks for one in forms.elements(block)]


def turns(blocks: list[Json]) -> dict[str, str]:
    found = {one["action_id"]: one.get("value") for block in blocks for one in forms.elements(block)}
    return {name: str(value) for name, value in found.items() if name in (PREVIOUS, NEXT)}


@pytest.mark.parametrize("scope", list(EMPTY))
def test_an_empty_page_is_a_sentence_of_its_list(scope: str) -> None:
    wanted = parse_filter(scope)
    assert words(shown([], wanted=wanted)).startswith(EMPTY[wanted.scope])


def test_an_empty_narrowed_list_says_by_what_it_is_narrowed() -> None:
    text = words(shown([], wanted=parse_filter('policy "big deals" older than 2d "two words"')))
    assert text == f"{NO_MATCH}. Only: policy big deals, older than 2d, “two words” in the title"


def test_a_list_says_which_it_is_and_by_what_it_is_narrowed() -> None:
    blocks = shown([build_row()], wanted=parse_filter("history from <@U0BOB>"))
    assert words(blocks).startswith(f"{HEADINGS['history']}Only: asked by ")
    assert {"type": "user", "user_id": "U0BOB"} in list(nodes(blocks))


@pytest.mark.parametrize("rows", [[], [build_row()]])
def test_a_list_that_may_lack_something_says_so(rows: list[Row]) -> None:
    assert INCOMPLETE in words(shown(rows, complete=False))
    assert INCOMPLETE not in words(shown(rows))


@pytest.mark.parametrize("rows", [[], [build_row()]])
def test_what_was_done_in_a_list_is_said_above_it(rows: list[Row]) -> None:
    assert words(shown(rows, notice="Done.")).startswith("Done.")


def test_a_row_about_which_a_decision_was_sent_has_no_buttons() -> None:
    blocks = shown([build_row(1), build_row(2)], sent="approval-2")
    assert buttons(blocks) == [APPROVE, REJECT, DETAILS]
    assert "Your decision on this is on its way" in words(blocks)


@pytest.mark.parametrize(
    ("number", "rows", "total", "expected", "span"),
    [
        (0, 3, 3, {}, "1 to 3 of 3"),
        (0, 10, 10, {}, "1 to 10 of 10"),
        (0, 10, 11, {NEXT: "1|mine"}, "1 to 10 of 11"),
        (1, 10, 23, {PREVIOUS: "0|mine", NEXT: "2|mine"}, "11 to 20 of 23"),
        (2, 3, 23, {PREVIOUS: "1|mine"}, "21 to 23 of 23"),
        (2, 3, 20, {PREVIOUS: "1|mine"}, "21 to 23 of 23"),
    ],
)
def test_pages_lead_to_their_neighbours(
    number: int, rows: int, total: int, expected: dict[str, str], span: str
) -> None:
    blocks = shown([build_row(one) for one in range(rows)], number, total)
    assert turns(blocks) == expected
    assert span in words(blocks)


def test_pages_are_of_the_same_list() -> None:
    wanted = parse_filter('asked from <@U0BOB> older than 1d12h policy "a b" "c | d"')
    values = turns(shown([build_row()], 1, 40, wanted))
    assert [parse_turn(value) for value in values.values()] == [
        (number, parse_turn("0|" + values[PREVIOUS].partition("|")[2])[1]) for number in (0, 2)
    ]
    assert parse_turn(values[NEXT])[1].wanted == wanted


def test_after_the_last_page_that_can_be_read_it_is_said_what_to_do() -> None:
    last = shown([build_row()], MOST_PAGES - 1, 5_000)
    assert (NEXT in turns(last), MORE in words(last)) == (False, True)
    before = shown([build_row()], MOST_PAGES - 2, 5_000)
    assert (NEXT in turns(before), MORE in words(before)) == (True, False)


def test_rows_stand_in_the_order_in_which_they_come_each_with_buttons_of_its_own() -> None:
    blocks = shown([build_row(title="Newest"), build_row(1, title="Older", requester=APPROVER)], 3)
    assert words(blocks).index("Newest") < words(blocks).index("Older")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    spots = [read_spot(one) for one in ids if not one.startswith(picks.BLOCK)]
    assert [(one.row, one.page, one.words) for one in spots] == [(0, 3, "mine"), (1, 3, "mine")]


@pytest.mark.parametrize("title", ["x" * 100_000, "é" * 100_000, "<!channel>" * 1_000, "& " * 5_000])
def test_a_page_of_the_longest_rows_is_still_one_message(title: str) -> None:
    long = {
        "title": title, "action": "a" * 80, "policy": title, "stage_name": title, "stages": 9,
        "severity": "medium", "asks": ("approve", "reject"), "brief": Brief(arguments={"a": "x" * 90, "b": "y" * 90}, reason="z" * 120),
    }  # fmt: skip
    rows = [build_row(one, **long) for one in range(PAGE_SIZE)]
    wanted = Filter(policy="p" * 100, older=parse_filter("older than 1d12h").older, words="w" * 40)
    blocks = shown(rows, 1, 30, wanted, complete=False, notice="n" * 100)
    assert buttons(blocks).count(APPROVE_FORM) == buttons(blocks).count(REJECT_FORM) == PAGE_SIZE
    assert len(words(blocks)) <= MOST_TEXT


def test_the_fallback_text_mentions_nobody() -> None:
    page = Page([build_row(title="<!channel> <@U0BOB> & \u202ex")], 0, 1)
    assert render_list(page, View(Filter(), URL, NOW)).text.endswith(
        "&lt;!channel&gt; &lt;@U0BOB&gt; &amp; x"
    )


def test_what_somebody_searches_for_is_never_interpreted() -> None:
    rendered = render_list(Page([], 0, 0), View(parse_filter('"<!channel> *x*"'), URL, NOW))
    assert "<!channel>" not in rendered.text
    assert {node["type"] for node in nodes(takes(rendered)) if "text" in node} == {"text"}


def test_one_request_is_its_card_with_buttons_that_draw_it_anew() -> None:
    state = build_state()
    blocks = takes(render_one(state, decidable=True))
    card = takes(render_card(state))
    assert words(blocks) == words(card)
    assert buttons(blocks) == buttons(card)
    assert buttons(blocks)[:2] == [APPROVE, REJECT]
    rows = [block for block in blocks if block["type"] == "actions"]
    assert {read_spot(row["block_id"]).words for row in rows} == {"show approval-1"}


def test_one_request_can_be_read_but_not_decided_by_others() -> None:
    assert buttons(takes(render_one(build_state(), decidable=False))) == [DETAILS]
    ended = build_state(status="rejected", decided_at=NOW)
    assert buttons(takes(render_one(ended, "Done.", decidable=True))) == [DETAILS]


def test_the_longest_card_can_be_shown_to_one_person() -> None:
    state = build_state(request=build_request(arguments={"text": "x" * 200_000}))
    blocks = takes(render_one(state, "Done.", decidable=True))
    assert json.dumps(blocks).count("countersign_row|") == 2


def test_a_sentence_is_a_message() -> None:
    rendered = render_sentence("Nothing here.")
    assert (words(takes(rendered)), rendered.text) == ("Nothing here.", "Nothing here.")


def test_the_usage_names_every_command() -> None:
    text = words(takes(render_usage()))
    assert text == USAGE
    for command in (
        "delegate @user until 2026-12-24 17:00", "away @user until", "back", "delegations", "asked", "all",
        "history", "policy NAME", "from @user", "older than 2d", "search WORDS", "show ID", "help",
    ):  # fmt: skip
        assert f"/approvals {command}" in text


def test_the_usage_says_what_was_wrong_without_interpreting_it() -> None:
    rendered = render_usage("`<!channel>` is no word.")
    assert words(takes(rendered)) == f"`<!channel>` is no word.{USAGE}"
    assert "<!channel>" not in rendered.text
    assert show_hidden(USAGE) == USAGE
