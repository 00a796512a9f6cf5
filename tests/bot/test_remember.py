"""The modals of Approve and remember, as pure data: within what Slack takes, and read strictly."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.bounds import BoundsError, is_rememberable
from bot import remember
from bot.forms import dump_view
from bot.payloads import MalformedError
from bot.standin.limits import check_view
from bot.standin.trees import nodes
from bot.submissions import TYPED, parse_filing
from tests.factories import APPROVER, build_plan, build_request, build_state
from workflows.contracts import ApprovalState, Leeway

ALLOWED = Leeway(days=30, uses=50)
ARGUMENTS = st.dictionaries(
    st.text(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=200),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=4,
    ),
    max_size=30,
)


def build(arguments: dict[str, JsonValue], **changes: Any) -> ApprovalState:
    plan = build_plan(remember=ALLOWED, team_id="T1")
    return build_state(plan=plan, request=build_request(arguments=arguments, **changes))


def chosen(state: ApprovalState, **entries: Any) -> remember.Chosen:
    """What the form comes to with these choices beside the first ones."""
    plain = {f"{remember.BOUND_BLOCK}_{index}": "exact" for index in range(len(state.request.arguments))}
    plain |= {remember.WHO_BLOCK: "same"} | {key: value for key, value in entries.items() if "_bound" in key}
    typed = {remember.DAYS_BLOCK: "7", remember.USES_BLOCK: "10"} | {
        key: value for key, value in entries.items() if key in (remember.DAYS_BLOCK, remember.USES_BLOCK)
    }
    values: dict[str, Any] = {key: {TYPED: {"selected_option": {"value": one}}} for key, one in plain.items()}
    values |= {key: {TYPED: {"value": one}} for key, one in typed.items()}
    view = {"id": "V1", "private_metadata": "approval-1|0|" + "0" * 64, "state": {"values": values}}
    body = {"user": {"id": APPROVER.user_id, "team_id": APPROVER.team_id}, "view": view}
    return remember.read_choices(state, ALLOWED, parse_filing(body))


@settings(max_examples=60)
@given(arguments=ARGUMENTS, agent=st.text(max_size=200))
def test_whatever_is_asked_both_modals_are_what_slack_takes(
    arguments: dict[str, JsonValue], agent: str
) -> None:
    state = build(arguments, agent=agent)
    if not is_rememberable(state):
        return
    form = dump_view(remember.render_rule_form(state, ALLOWED))
    check_view(form, "modal")
    draft = chosen(state).draft
    assert draft
    shown = dump_view(remember.render_rule(state, draft, remember.build_wish(state, draft)))
    check_view(shown, "modal")
    assert not [one for one in nodes([form, shown]) if one.get("type") == "mrkdwn"]


def test_what_is_chosen_at_first_is_the_narrowest() -> None:
    state = build({"amount": 250, "note": "rent"})
    draft = chosen(state).draft
    assert draft
    wish = remember.build_wish(state, draft)
    assert [one.reach for one in wish.bounds] == ["exact", "exact"]
    assert not wish.anybody


@pytest.mark.parametrize("count", ["", "0", "-1", "51", "1.5", "٣", "1e1", " 7"])
def test_a_count_that_is_no_whole_number_within_the_policy_is_told_at_its_field(count: str) -> None:
    filled = chosen(build({}), **{remember.USES_BLOCK: count})
    assert filled == remember.Chosen(errors={remember.USES_BLOCK: remember.WHOLE.format(most=50)})


@pytest.mark.parametrize("reach", ["most", "", "less", "0"])
def test_a_limit_that_was_not_offered_is_malformed(reach: str) -> None:
    with pytest.raises(MalformedError):
        chosen(build({"note": "rent"}), **{f"{remember.BOUND_BLOCK}_0": reach})


def test_a_draft_of_other_arguments_makes_no_rule() -> None:
    draft = chosen(build({"note": "rent"})).draft
    assert draft
    with pytest.raises(BoundsError):
        remember.build_wish(build({}), draft)
