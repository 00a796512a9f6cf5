"""Changes as people read them: who, when, for whom, each argument before and after, and why."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.blocks import paragraphs
from activities.cards import Rendered, render_card
from activities.changes import (
    CHANGES_ON_CARD,
    CHANGES_SHOWN,
    change_row,
    change_rows,
    change_text,
    find_changes,
)
from activities.verdicts import decision_row
from tests.factories import (
    APPROVER,
    MEMBER,
    NOW,
    SECOND,
    build_decision,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import all_text, check_harmless, of_type
from workflows.amendments import amend
from workflows.contracts import ApprovalState, Membership
from workflows.policy import judge

ARGUMENTS: dict[str, JsonValue] = dict(build_request().arguments)
LATER = NOW + timedelta(minutes=5)
values: st.SearchStrategy[JsonValue] = (
    st.none() | st.booleans() | st.integers(0, 1) | st.text("ab", max_size=2)
)
mappings = st.dictionaries(st.sampled_from("xyz"), values)


def asked(change: str = "second", quorum: int = 2) -> ApprovalState:
    return build_state(plan=build_plan(change=change, stages=(build_stage(quorum=quorum),)))


def changed(
    state: ApprovalState, arguments: dict[str, JsonValue], membership: Membership = MEMBER, **changes: object
) -> ApprovalState:
    ruling = amend(state, build_decision(state, arguments=arguments, **changes), membership, LATER)
    assert ruling.refusal is None
    return ruling.state


def texts(state: ApprovalState) -> list[str]:
    return [all_text(Rendered("x", [paragraphs(row)])) for row in change_rows(state, CHANGES_ON_CARD)]


@given(mappings, mappings)
def test_every_difference_is_found_and_nothing_else(
    before: dict[str, JsonValue], after: dict[str, JsonValue]
) -> None:
    found = {change.name for change in find_changes(before, after)}

    def told(arguments: dict[str, JsonValue], name: str) -> str:
        return repr(arguments[name]) if name in arguments else ""

    assert found == {name for name in {**before, **after} if told(before, name) != told(after, name)}
    assert all(change.before != change.after for change in find_changes(before, after))


def test_one_is_not_true_and_null_is_not_nothing() -> None:
    texts = [change_text(one) for one in find_changes({"a": 1, "b": None}, {"a": True})]
    assert texts == ["a: 1  →  a: true", "b: null  →  b: (not there)"]


def test_a_row_says_who_changed_what_and_why() -> None:
    state = changed(asked(), ARGUMENTS | {"amount": 200}, comment="Less\nwill do")
    (text,) = texts(state)
    assert "amount: 250  →  amount: 200" in text
    assert text.endswith("(Less will do)")
    assert "source" not in text
    users = of_type(Rendered("x", [paragraphs(change_row(state, 0, 500))]), "user")
    assert [user["user_id"] for user in users] == [APPROVER.user_id]


def test_a_comment_that_counts_as_a_decision_stands_there() -> None:
    state = changed(asked("alone"), ARGUMENTS | {"amount": 200}, comment="Less")
    assert "Less" not in texts(state)[0]
    assert all_text(render_card(state)).count("Less") == 1


def test_a_row_says_for_whom() -> None:
    delegate = Membership(standing="delegate", principals=(APPROVER,))
    state = changed(asked(), ARGUMENTS | {"amount": 200}, delegate, decided_by=SECOND)
    row = Rendered("x", [paragraphs(change_row(state, 0, 500))])
    assert [user["user_id"] for user in of_type(row, "user")] == [SECOND.user_id, APPROVER.user_id]
    assert " for " in all_text(row)


def test_each_change_is_told_from_what_was_before_it() -> None:
    state = changed(asked(), ARGUMENTS | {"amount": 200})
    state = changed(state, ARGUMENTS, decided_by=SECOND)
    first, second = texts(state)
    assert "amount: 250  →  amount: 200" in first
    assert "amount: 200  →  amount: 250" in second


def test_of_very_many_changes_the_last_are_told_and_the_others_counted() -> None:
    state = asked()
    for number in range(CHANGES_SHOWN + 2):
        person = (APPROVER, SECOND)[number % 2]
        state = changed(state, ARGUMENTS | {"amount": number}, decided_by=person)
    rows = texts(state)
    assert len(rows) == CHANGES_SHOWN + 1
    assert rows[0] == "Earlier changes not shown here: 2"
    assert f"amount: {CHANGES_SHOWN + 1}" in rows[-1]


def test_what_was_decided_before_a_change_is_said_to_be_so_even_if_it_was_changed_back() -> None:
    state = judge(asked(), build_decision(decided_by=SECOND), MEMBER, NOW).state
    state = changed(state, ARGUMENTS | {"amount": 200})
    state = changed(state, ARGUMENTS, decided_by=SECOND)
    state = judge(state, build_decision(state, event_id="event-9"), MEMBER, LATER).state
    rows = [all_text(Rendered("x", [paragraphs(decision_row(state, one, 99))])) for one in state.decisions]
    assert ["before it was changed" in row for row in rows] == [True, False]


@pytest.mark.parametrize("bait", ["<!channel> *b*\u202e", "x" * 10_000, "a\n+ amount: 1"])
def test_rows_from_outside_are_short_plain_and_hide_nothing(bait: str) -> None:
    state = changed(asked(), {bait: bait}, comment=bait)
    row = Rendered("x", [paragraphs(change_row(state, 0, CHANGES_ON_CARD))])
    check_harmless(row)
    assert "\u202e" not in all_text(row)
    assert len(all_text(row)) <= 2 * CHANGES_ON_CARD + 100
