"""The modals of a change, as pure data: the form, what is wrong with it, and the difference that gets approved."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.cards import card_value
from activities.changes import find_changes
from activities.text import list_arguments
from bot.changes import (
    LONG,
    SAME,
    Draft,
    list_fields,
    make_draft,
    preview,
    put_changes,
    read_change,
    read_draft,
    render_change,
    render_changed,
)
from bot.forms import dump_view
from bot.parameters import field_block
from bot.payloads import MalformedError
from bot.standin import forms
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import RETYPE_BLOCK, parse_typed
from tests.bot.test_parameters import offers
from tests.doors import code_text
from tests.factories import build_plan, build_request, build_state
from workflows.contracts import ApprovalState
from workflows.digest import DIGEST_SHOWN, UndigestibleError, digest

PARAMETERS: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "maximum": 1_000},
        "source": {"type": "string", "enum": ["checking", "savings"]},
        "target": {"type": "string"},
        "memo": {"type": ["string", "null"]},
        "tags": {"type": "array"},
    },
    "required": ["amount", "source", "target"],
    "additionalProperties": False,
}
AMOUNT, SOURCE, TARGET, MEMO = map(field_block, range(4))
BAIT = "<!channel> *b* <https://x|y>\u202e"


def digestible(offer: tuple[Any, dict[str, JsonValue]]) -> bool:
    try:
        return bool(digest("transfer_money", offer[1]))
    except UndigestibleError:
        return False


askable = offers().filter(digestible)
"""Others are never asked about."""


def state_of(
    arguments: dict[str, JsonValue] | None = None, parameters: Any = PARAMETERS, **plan: Any
) -> ApprovalState:
    request = build_request(parameters=parameters)
    exact = request.arguments if arguments is None else arguments
    request = request.model_copy(update={"arguments": exact})
    return build_state(request=request, plan=build_plan(**{"change": "second"} | plan))


def form(state: ApprovalState) -> Json:
    """The form as Slack gets it, and takes it."""
    view = dump_view(render_change(state))
    check_view(view, "modal")
    return view


def typed(state: ApprovalState, **words: str | None) -> dict[str, str | None]:
    """What Slack sends of the form, with something typed into it, by the argument's name."""
    blocks = form(state)["blocks"]
    named = {field.name: field_block(number) for number, field in enumerate(list_fields(state))}
    entered: Json = {named[name]: {"typed": word} for name, word in words.items() if word is not None}
    values = forms.state(blocks, {}, entered)
    for name in [name for name, word in words.items() if word is None]:
        values[named[name]]["typed"]["value"] = None
    return parse_typed({"view": {"id": "V1", "state": {"values": values}}})


def difference(state: ApprovalState, arguments: dict[str, JsonValue]) -> Json:
    view = dump_view(render_changed(state, make_draft(state, arguments)))
    check_view(view, "modal")
    return view


@given(askable)
def test_a_form_that_is_left_alone_changes_nothing(offer: tuple[Any, dict[str, JsonValue]]) -> None:
    parameters, arguments = offer
    state = state_of({"amount": 1} | arguments, parameters)
    found, errors = read_change(state, typed(state))
    assert json.dumps(found) == json.dumps(state.request.arguments)
    assert errors, "that nothing is different, or what was wrong from the start"


@given(askable, st.text(max_size=20))
def test_whatever_is_typed_the_draft_says_exactly_what_is_approved(
    offer: tuple[Any, dict[str, JsonValue]], word: str
) -> None:
    parameters, arguments = offer
    state = state_of({"amount": 1} | arguments, parameters)
    words = dict.fromkeys(typed(state), word)
    found, errors = read_change(state, words)
    if errors:
        assert set(errors) <= set(words) or not words
        return
    draft = read_draft(make_draft(state, found).model_dump_json())
    assert json.dumps(put_changes(state, draft), sort_keys=True) == json.dumps(found, sort_keys=True)
    assert preview(state, draft).request.arguments == found
    assert digest("transfer_money", found) != state.digest
    changed = {change.name for change in find_changes(state.request.arguments, found)}
    assert changed == set(draft.changes) | set(draft.left_out)
    difference(state, found)


def test_what_is_typed_is_what_is_changed_and_nothing_else() -> None:
    state = state_of()
    found, errors = read_change(state, typed(state, amount="200", memo=" For May "))
    assert found == state.request.arguments | {"amount": 200, "memo": "For May"}
    assert errors == {}
    draft = make_draft(state, found)
    assert (draft.changes, draft.left_out) == ({"amount": 200, "memo": "For May"}, ())
    assert draft.value == card_value(state)


def test_an_argument_that_was_never_there_is_not_made_up() -> None:
    state = state_of()
    assert "memo" not in read_change(state, typed(state, amount="200"))[0]


def test_what_is_emptied_is_null_where_it_may_be_and_left_out_where_not() -> None:
    optional: Any = {
        "type": "object",
        "properties": {"memo": {"type": "string"}, "note": {"type": ["string", "null"]}},
    }
    state = state_of({"memo": "a", "note": "b"}, optional)
    found, errors = read_change(state, typed(state, memo=None, note=None))
    assert (found, errors) == ({"note": None}, {})
    draft = make_draft(state, found)
    assert (draft.changes, draft.left_out) == ({"note": None}, ("memo",))
    assert put_changes(state, draft) == found


def test_nothing_different_is_said_to_be_so() -> None:
    state = state_of()
    for words in ({}, {"amount": "250.0"}):
        assert read_change(state, typed(state, **words))[1] == {AMOUNT: SAME}


@pytest.mark.parametrize(
    ("words", "block", "part"),
    [
        ({"amount": "2000"}, AMOUNT, "maximum of 1000"),
        ({"amount": "much"}, AMOUNT, "no number"),
        ({"target": None}, TARGET, "Complete this"),
    ],
)
def test_what_is_wrong_stands_under_its_field(words: Any, block: str, part: str) -> None:
    state = state_of()
    _, errors = read_change(state, typed(state, **words))
    if part == "Complete this":
        assert "'target' is a required property" in errors[AMOUNT], "Slack itself asks for it before"
    else:
        assert list(errors) == [block]
        assert part in errors[block]


def test_what_is_wrong_with_an_argument_without_a_field_is_told_under_the_first() -> None:
    state = state_of(state_of().request.arguments | {"tags": "none"})
    _, errors = read_change(state, typed(state, amount="200"))
    assert list(errors) == [AMOUNT]
    assert "'none' is not of type 'array'" in errors[AMOUNT]


@pytest.mark.parametrize("number", ["9007199254740993", "1e999", "NaN", "Infinity"])
def test_numbers_that_cannot_be_approved_exactly_are_refused(number: str) -> None:
    state = state_of(parameters={"properties": {"amount": {"type": "number"}}})
    assert list(read_change(state, typed(state, amount=number))[1]) == [AMOUNT]


def test_changes_that_do_not_fit_a_form_are_refused_there() -> None:
    names = [f"x{number}" for number in range(3)]
    parameters: Any = {"properties": {name: {"type": "string"} for name in names}}
    state = state_of(dict.fromkeys(names, "a"), parameters)
    assert read_change(state, typed(state, **dict.fromkeys(names, "b" * 1_500)))[1] == {AMOUNT: LONG}
    assert read_change(state, typed(state, x0="b" * 1_500))[1] == {}


def test_the_longest_draft_is_one_that_slack_keeps() -> None:
    parameters: Any = {"properties": {"x": {"type": "string"}, "y": {"type": "string"}}}
    state = state_of({"x": "a" * 1_990, "y": "b" * 1_990}, parameters)
    found, errors = read_change(state, typed(state, x="c" * 1_990, y="b" * 700))
    assert errors == {}
    assert code_text(difference(state, found)["blocks"]).endswith(list_arguments(found))


def test_the_form_says_what_cannot_be_changed_in_it() -> None:
    more: dict[str, JsonValue] = {"tags": ["a"], "extra": 1}
    state = state_of(state_of().request.arguments | more)
    assert "These cannot be changed here and stay as they are: tags, extra" in json.dumps(form(state))
    assert "cannot be changed here" not in json.dumps(form(state_of()))


def test_the_difference_shows_both_sides_and_all_that_will_run() -> None:
    state = state_of()
    arguments = state.request.arguments | {"amount": 200, "memo": "a\nb"}
    view = difference(state, arguments)
    shown = code_text(view["blocks"])
    assert "- amount: 250\n+ amount: 200" in shown
    assert "- memo: (not there)\n+ memo:" in shown
    assert shown.endswith(list_arguments(arguments))
    assert digest(state.request.action, arguments)[:DIGEST_SHOWN] in json.dumps(view)


@pytest.mark.parametrize(
    ("change", "submit", "told"),
    [
        ("second", "Change", "somebody else has to"),
        ("alone", "Approve as changed", "You approve exactly this"),
    ],
)
def test_the_last_button_says_what_it_does(change: str, submit: str, told: str) -> None:
    view = difference(state_of(change=change), {"amount": 1, "source": "checking", "target": "x"})
    assert view["submit"]["text"] == submit
    assert told in json.dumps(view)


def test_what_is_typed_again_is_the_new_amount() -> None:
    view = difference(state_of(severity="high"), state_of().request.arguments | {"amount": 200})
    (block,) = [block for block in view["blocks"] if block.get("block_id") == RETYPE_BLOCK]
    assert block["hint"]["text"] == "The card says: 200"


def test_text_from_outside_is_plain_in_both_views() -> None:
    arguments: dict[str, JsonValue] = {BAIT: BAIT, "x": "a", "list": [BAIT]}
    parameters: Any = {"properties": {"x": {"type": "string", "description": BAIT}, BAIT: {"type": "string"}}}
    state = state_of(arguments, parameters)
    state = state.model_copy(update={"request": state.request.model_copy(update={"title": BAIT})})
    for view in (form(state), difference(state, arguments | {"x": BAIT})):
        shown = {key: value for key, value in view.items() if key != "private_metadata"}
        assert {node.get("type") for node in nodes([shown])}.isdisjoint(
            {"mrkdwn", "link", "emoji", "broadcast"}
        )
        assert "\u202e" not in json.dumps(shown, ensure_ascii=False)


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"value": "x"}', "null"])
def test_metadata_that_is_not_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(MalformedError):
        _ = read_draft(metadata).target


def test_a_draft_says_what_was_changed() -> None:
    state = state_of()
    draft = Draft(value=card_value(state), changes={})
    assert (draft.target.digest, draft.target.stage) == (state.digest, state.stage)
