"""The Details modal, as pure data: complete, in order, within Slack's limits, Approve at the end only."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from pydantic import JsonValue

from activities.layout.pieces import PAGE_LENGTH
from activities.layout.request import read_pages
from bot.forms import dump_view
from bot.modals import (
    CALLBACK,
    NEXT,
    PREVIOUS,
    REJECT,
    Place,
    find_page,
    read_place,
    render_details,
    render_notice,
)
from bot.payloads import MalformedError
from bot.standin import forms
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import COMMENT_BLOCK
from tests.activities.test_card_limits import states
from tests.factories import NOW, build_decision, build_request, build_state
from tests.layouts import elements, words
from workflows.contracts import ApprovalState

INTERPRETED = {"mrkdwn", "markdown", "link", "broadcast", "emoji"}
LONG: dict[str, JsonValue] = {"memo": "x" * 3 * PAGE_LENGTH}


def state_of(values: dict[str, JsonValue], title: str = "Transfer money", **changes: object) -> ApprovalState:
    return build_state(request=build_request(arguments=values, title=title), **changes)


def read_on(state: ApprovalState) -> Iterator[Json]:
    """Every page as Slack gets it, and takes it, opened one after the other."""
    place: Place | None = None
    for number in range(len(read_pages(state))):
        view = dump_view(render_details(state, number, place))
        check_view(view, "modal")
        place = read_place(view["private_metadata"])
        assert place.page == number
        yield view


def buttons(view: Json) -> dict[str, str]:
    found = [one for block in view["blocks"] if block["type"] == "actions" for one in forms.elements(block)]
    return {one["action_id"]: one["value"] for one in found}


def turns(view: Json) -> dict[str, str]:
    return {name: value for name, value in buttons(view).items() if name != REJECT}


def content(view: Json) -> str:
    """What the page says, without what is around it on every page."""
    found = [one for block in view["blocks"] if block["type"] == "rich_text" for one in block["elements"]]
    return "\n".join(map(words, found))


@settings(max_examples=60)
@given(states())
def test_every_page_of_every_state_is_one_that_slack_takes(state: ApprovalState) -> None:
    views = list(read_on(state))
    pages = read_pages(state)
    assert [content(view) for view in views] == ["\n".join(map(words, elements([page]))) for page in pages]
    approves = [bool(view.get("submit")) for view in views]
    assert approves == [False] * (len(views) - 1) + [state.status == "pending"]
    assert not {node.get("type") for node in nodes(views)} & INTERPRETED


def test_pages_lead_to_their_neighbours() -> None:
    first, *between, last = read_on(state_of(LONG))
    assert turns(first) == {NEXT: "1"}
    assert [turns(view) for view in between] == [
        {PREVIOUS: str(number - 1), NEXT: str(number + 1)} for number in range(1, len(between) + 1)
    ]
    assert turns(last) == {PREVIOUS: str(len(between))}


def test_one_page_needs_no_buttons_to_turn_and_can_be_approved_at_once() -> None:
    (view,) = read_on(state_of({"memo": "x"}))
    assert buttons(view).keys() == {REJECT}
    assert view["submit"]["text"] == "Approve"
    assert read_place(view["private_metadata"]).is_end


def test_a_comment_can_be_written_at_the_end() -> None:
    *before, last = read_on(state_of(LONG))
    (comment,) = [block for block in last["blocks"] if block["type"] == "input"]
    assert (comment["block_id"], comment["optional"]) == (COMMENT_BLOCK, True)
    assert not [block for view in before for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize("number", [2, 3, 10**9])
def test_no_page_is_skipped(number: int) -> None:
    state = state_of(LONG)
    assert find_page(state, number).place.page == 0
    second = find_page(state, number, find_page(state).place).place
    assert (second.page, second.seen, second.is_end) == (1, 2, False)


def test_what_was_opened_can_be_turned_to_from_anywhere() -> None:
    state = state_of(LONG)
    place = read_place(list(read_on(state))[-1]["private_metadata"])
    back = find_page(state, 0, place).place
    assert find_page(state, 99, back).place.is_end


def test_the_last_page_does_not_count_as_read_when_more_is_written_meanwhile() -> None:
    before = state_of(LONG)
    comment = build_decision(comment="c" * 2 * PAGE_LENGTH, decided_at=NOW)
    after = before.model_copy(update={"decisions": (comment,)})
    end = read_place(list(read_on(before))[-1]["private_metadata"])
    assert not find_page(after, end.page, end).place.is_end


def test_what_was_read_of_other_arguments_does_not_count() -> None:
    place = read_place(list(read_on(state_of(LONG)))[-1]["private_metadata"])
    assert find_page(state_of({"memo": "y" * 3 * PAGE_LENGTH}), 3, place).place.seen == 1


@pytest.mark.parametrize("status", ["approved", "rejected", "expired", "cancelled", "failed"])
def test_a_closed_request_can_be_read_and_nothing_else(status: str) -> None:
    views = list(read_on(state_of(LONG, status=status)))
    assert not any(view.get("submit") for view in views)
    assert all(f"already {status}" in json.dumps(view) for view in views)
    assert not any(REJECT in buttons(view) for view in views)


@pytest.mark.parametrize("title", ["x" * 10_000, "<!channel> *x* `y`", "Pay\n\n\u202eeverybody\u200b"])
def test_titles_from_outside_fit_and_are_plain_text(title: str) -> None:
    view, *_ = read_on(state_of({"memo": "x"}, title))
    assert len(view["title"]["text"]) <= 24
    assert "mrkdwn" not in {node.get("type") for node in nodes([view])}
    assert "\u202e" not in json.dumps(view, ensure_ascii=False)


def test_a_title_without_anything_visible_can_be_read_too() -> None:
    assert list(read_on(state_of({"memo": "x"}, "\u200b\u202e")))


def test_arguments_that_imitate_mentions_are_plain_text() -> None:
    view, *_ = read_on(state_of({"memo": "<!channel> <@U0BOB> <https://evil.example|safe>"}))
    assert not {node.get("type") for node in nodes([view])} & INTERPRETED
    assert "<!channel> <@U0BOB> <https://evil.example|safe>" in content(view)


def test_the_place_is_kept_in_the_view_and_read_back() -> None:
    state = state_of(LONG)
    view = list(read_on(state))[2]
    place = read_place(view["private_metadata"])
    assert (place.page, place.seen, view["callback_id"]) == (2, 3, CALLBACK)
    assert (place.target.approval_id, place.target.digest) == (state.approval_id, state.digest)


def test_the_longest_id_still_fits_the_metadata() -> None:
    assert list(read_on(state_of({"memo": "x"}, approval_id=f"approval-{'x' * 200}")))


@pytest.mark.parametrize(
    "metadata", ["", "x", "{}", "[]", "null", '{"value":5,"page":0}', '{"value":"x","page":-1}']
)
def test_metadata_that_is_not_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(MalformedError):
        read_place(metadata)


def test_a_place_whose_value_was_edited_has_no_target() -> None:
    with pytest.raises(MalformedError):
        _ = Place(value="approval-1|0|nonsense").target


def test_a_notice_is_a_modal_that_can_only_be_closed() -> None:
    view = dump_view(render_notice("It is over."))
    check_view(view, "modal")
    assert view.get("submit") is None
    assert "It is over." in json.dumps(view)
