"""Who may see a request and who can decide it, as lists are filtered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    REQUESTER,
    SECOND,
    SPEAKER,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import ApprovalState, Approvers, Escalation, Roster
from workflows.visibility import (
    EVERYBODY,
    NO_DELEGATES,
    TOKENS_BYTES,
    bar,
    list_deciders,
    list_viewers,
)

USER, GROUP = Approvers(kind="user", id="UHEAD"), Approvers(kind="usergroup", id="SFINANCE")
ADDRESS = Approvers(kind="email", id="cfo@example.com")
HIDDEN: dict[str, Any] = {"private_channels": ("CHIDDEN",)}


def decided(*stages: Any, **changes: Any) -> ApprovalState:
    plan = build_plan(stages=stages or (build_stage(),), **changes.pop("plan", {}))
    return build_state(plan=plan, **changes)


def test_whoever_is_in_one_of_the_groups_can_decide_but_never_the_requester() -> None:
    stage = build_stage(approvers=(USER, GROUP, Approvers(id=CARD_CHANNEL)))
    assert list_deciders(decided(stage)) == ("UHEAD", "SFINANCE", CARD_CHANNEL, bar("UREQUESTER"))


def test_speakers_and_whoever_has_decided_can_decide_no_more() -> None:
    request = build_request(speakers=(SPEAKER,))
    state = decided(build_stage(quorum=2), request=request)
    done = build_decision(state, decided_by=APPROVER, on_behalf_of=SECOND)
    assert list_deciders(state.model_copy(update={"decisions": (done,)}))[1:] == (
        bar("UREQUESTER"), bar("USPEAKER"), bar("UAPPROVER"), bar("USECOND"),
    )  # fmt: skip


def test_addresses_are_those_whose_they_are() -> None:
    stage = build_stage(approvers=(ADDRESS,))
    known = decided(stage, roster=Roster(people=(APPROVER,), count=1))
    assert list_deciders(known) == ("UAPPROVER", bar("UREQUESTER"))
    assert "UAPPROVER" in list_viewers(decided(stage, roster=known.roster, plan=HIDDEN))
    assert list_deciders(decided(stage, roster=None)) == (bar("UREQUESTER"),)


def test_the_current_stage_is_what_can_be_decided() -> None:
    stages = (build_stage(), build_stage(approvers=(GROUP,), delegates=False))
    assert list_deciders(decided(*stages, stage=1)) == ("SFINANCE", NO_DELEGATES, bar("UREQUESTER"))


@pytest.mark.parametrize(
    ("escalated", "tokens"), [("", ("UHEAD",)), ("added", ("UHEAD", "SFINANCE")), ("replaced", ("SFINANCE",))]
)
def test_after_an_escalation_others_can_decide(escalated: str, tokens: tuple[str, ...]) -> None:
    stage = build_stage(approvers=(USER,), escalation=Escalation(approvers=(GROUP,)))
    assert list_deciders(decided(stage, escalated=escalated)) == (*tokens, bar("UREQUESTER"))


@pytest.mark.parametrize("changes", [{"status": "approved"}, {"status": "expired"}])
def test_what_has_ended_nobody_can_decide(changes: dict[str, Any]) -> None:
    assert list_deciders(decided(**changes)) == ()
    assert list_deciders(build_state(plan=build_plan(stages=(), effect="deny"))) == ()


def test_everybody_may_see_what_is_public() -> None:
    assert list_viewers(decided()) == (EVERYBODY, "UREQUESTER", CARD_CHANNEL)


@pytest.mark.parametrize(
    ("plan", "channels"), [(HIDDEN, ("CHIDDEN",)), ({"visible": "involved"}, ()), (HIDDEN | {"visible": "involved"}, ("CHIDDEN",))]
)  # fmt: skip
def test_what_is_not_public_is_for_whoever_is_involved(
    plan: dict[str, Any], channels: tuple[str, ...]
) -> None:
    first = build_stage(approvers=(USER,), escalation=Escalation(approvers=(GROUP,)))
    later = build_stage(approvers=(Approvers(id=CARD_CHANNEL),))
    state = decided(
        first, later, request=build_request(speakers=(SPEAKER,)), plan=plan | {"tell_people": ("UTOLD",)}
    )
    done = build_decision(state, decided_by=APPROVER, on_behalf_of=SECOND)
    assert list_viewers(state.model_copy(update={"decisions": (done,)})) == (
        "UREQUESTER", "USPEAKER", *channels, "UHEAD", CARD_CHANNEL, "SFINANCE", "UTOLD", "UAPPROVER", "USECOND",
    )  # fmt: skip


def test_what_no_policy_applies_to_is_for_whoever_asked() -> None:
    assert list_viewers(build_state(plan=None)) == (REQUESTER.user_id,)


@given(st.integers(0, 400), st.integers(0, 400))
def test_however_many_are_named_an_attribute_has_room_for_it(approvers: int, speakers: int) -> None:
    people = tuple(Approvers(kind="user", id=f"U{number:09}") for number in range(approvers + 1))
    spoke = tuple(build_person(f"U{number:09}") for number in range(speakers))
    state = decided(build_stage(approvers=people), request=build_request(speakers=spoke), plan=HIDDEN)
    for tokens in (list_deciders(state), list_viewers(state)):
        assert sum(len(token) + 3 for token in tokens) <= TOKENS_BYTES
        assert len(tokens) == len(set(tokens)) > 0
