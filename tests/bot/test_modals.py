"""The Details modal, as pure data: complete, in order, within Slack's limits, Approve on the last page only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.text import list_arguments
from bot.forms import dump_view
from bot.modals import (
    CALLBACK,
    NEXT,
    PAGE_LENGTH,
    PREVIOUS,
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
from tests.doors import code_text
from tests.factories import build_request, build_state
from workflows.contracts import ApprovalState

arguments = st.dictionaries(
    st.text(min_size=1, max_size=10),
    st.text(max_size=3_000) | st.integers() | st.lists(st.text(max_size=50)),
    max_size=9,
)


def state_of(values: dict[str, JsonValue], title: str = "Transfer money", **changes: object) -> ApprovalState:
    request = build_request(arguments={"memo": "x"}, title=title)
    state = build_state(request=request, **changes)
    return state.model_copy(update={"request": request.model_copy(update={"arguments": values})})


def shown(state: ApprovalState, number: int) -> Json:
    """A page as Slack gets it, and takes it."""
    view = dump_view(render_details(state, number))
    check_view(view, "modal")
    return view


def buttons(view: Json) -> dict[str, str]:
    found = [one for block in view["blocks"] for one in forms.elements(block)]
    return {one["action_id"]: one["value"] for one in found}


def length(state: ApprovalState) -> int:
    return find_page(state, 0).pages


@given(arguments)
def test_all_pages_together_are_the_whole_listing(values: dict[str, JsonValue]) -> None:
    state = state_of(values)
    views = [shown(state, number) for number in range(length(state))]
    assert "".join(code_text(view["blocks"]) for view in views) == list_arguments(values)
    assert [bool(view.get("submit")) for view in views] == [False] * (len(views) - 1) + [True]


def test_pages_lead_to_their_neighbours() -> None:
    state = state_of({"memo": "x" * 3 * PAGE_LENGTH})
    assert length(state) == 4
    assert [buttons(shown(state, number)) for number in range(4)] == [
        {NEXT: "1"},
        {PREVIOUS: "0", NEXT: "2"},
        {PREVIOUS: "1", NEXT: "3"},
        {PREVIOUS: "2"},
    ]


def test_one_page_needs_no_buttons_to_turn() -> None:
    assert buttons(shown(state_of({"memo": "x"}), 0)) == {}


@pytest.mark.parametrize("past", [4, 10**9])
def test_a_number_past_the_end_is_the_last_page(past: int) -> None:
    state = state_of({"memo": "x" * 3 * PAGE_LENGTH})
    assert shown(state, past) == shown(state, 3)


@pytest.mark.parametrize("status", ["approved", "rejected", "expired", "cancelled", "failed"])
def test_a_closed_request_offers_no_approve_on_any_page(status: str) -> None:
    state = state_of({"memo": "x" * 3 * PAGE_LENGTH}, status=status)
    views = [shown(state, number) for number in range(4)]
    assert not any(view.get("submit") for view in views)
    assert all(f"already {status}" in json.dumps(view) for view in views)


@pytest.mark.parametrize("title", ["x" * 10_000, "<!channel> *x* `y`", "Pay\n\n\u202eeverybody\u200b"])
def test_titles_from_outside_fit_and_are_plain_text(title: str) -> None:
    view = shown(state_of({"memo": "x"}, title), 0)
    assert len(view["title"]["text"]) <= 24
    assert "mrkdwn" not in {node.get("type") for node in nodes([view])}
    assert "\u202e" not in json.dumps(view, ensure_ascii=False)


def test_a_title_without_anything_visible_can_be_read_too() -> None:
    shown(state_of({"memo": "x"}, "\u200b\u202e"), 0)


def test_arguments_that_imitate_mentions_are_plain_text() -> None:
    view = shown(state_of({"memo": "<!channel> <@U0BOB> <https://evil.example|safe>"}), 0)
    kinds = {node["type"] for node in nodes(view["blocks"]) if "type" in node}
    assert kinds <= {
        "rich_text",
        "rich_text_section",
        "rich_text_preformatted",
        "text",
        "context",
        "plain_text",
    }


def test_the_place_is_kept_in_the_view_and_read_back() -> None:
    state = state_of({"memo": "x" * 3 * PAGE_LENGTH})
    view = shown(state, 2)
    place = read_place(view["private_metadata"])
    assert (place.page, view["callback_id"]) == (2, CALLBACK)
    assert (place.target.approval_id, place.target.digest) == (state.approval_id, state.digest)


def test_the_longest_id_still_fits_the_metadata() -> None:
    shown(state_of({"memo": "x"}, approval_id=f"approval-{'x' * 200}"), 0)


@pytest.mark.parametrize(
    "metadata", ["", "x", "{}", "[]", "null", '{"value":5,"page":0}', '{"value":"x","page":-1}']
)
def test_metadata_that_is_not_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(MalformedError):
        read_place(metadata)


def test_a_place_whose_value_was_edited_has_no_target() -> None:
    with pytest.raises(MalformedError):
        _ = Place(value="approval-1|0|nonsense", page=0).target


def test_a_notice_is_a_modal_that_can_only_be_closed() -> None:
    view = dump_view(render_notice("It is over."))
    check_view(view, "modal")
    assert view.get("submit") is None
    assert "It is over." in json.dumps(view)
