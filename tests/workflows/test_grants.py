"""Rules of people, as pure functions: what fits, what is counted, and what is never used again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    APPROVER,
    MEMBER,
    NOW,
    REQUESTER,
    SECOND,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows import amendments, grants, policy
from workflows.contracts import Bound, Decision, Leeway, Membership, Plan, Remembrance
from workflows.grants import Book, Claim, Grant, GrantQuery, Refusal
from workflows.leeway import can_remember
from workflows.policy import Refusal as Refused
from workflows.receipts import write_receipt

ALLOWED = Leeway(days=30, uses=50)
LATER = NOW + timedelta(days=1)


def build_wish(**changes: Any) -> Remembrance:
    defaults: dict[str, Any] = {
        "bounds": tuple(Bound(name=name) for name in ("amount", "source", "target")),
        "condition": "size(args) == 3",
        "days": 30,
        "uses": 2,
    }
    return Remembrance.model_validate(defaults | changes)


def remembering(**changes: Any) -> Plan:
    return build_plan(**({"remember": ALLOWED, "team_id": "T1"} | changes))


def build_grant(**changes: Any) -> Grant:
    """What an approval of the usual request comes to."""
    state = build_state(plan=remembering(), status="approved")
    making = grants.draft(state, build_decision(state, remember=build_wish()), NOW)
    assert making
    return grants.build_grant(making).model_copy(update=changes)


def build_query(**changes: Any) -> GrantQuery:
    defaults = {"approval_id": "approval-2", "request": build_request(), "plan": remembering(), "now": LATER}
    return GrantQuery.model_validate(defaults | changes)


def claim(grant: Grant, approval_id: str = "approval-2", most: int = 50) -> Claim:
    return Claim(grant_id=grant.grant_id, approval_id=approval_id, most=most)


@pytest.mark.parametrize(
    "changes",
    [
        {"remember": None},
        {"effect": "approve"},
        {"effect": "deny"},
        {"shadow": True},
        {"comment_on": ("approve",)},
        {"severity": "medium"},
        {"severity": "high"},
        {"stages": (build_stage(quorum=2),)},
        {"stages": (build_stage(), build_stage(name="second"))},
        {"stages": ()},
    ],
    ids=str,
)
def test_an_approval_stands_for_others_only_where_one_person_is_enough_and_the_policy_says_so(
    changes: dict[str, Any],
) -> None:
    assert can_remember(remembering())
    assert not can_remember(remembering(**changes))


def test_the_ceiling_of_severity_is_included() -> None:
    assert can_remember(remembering(severity="medium", remember=Leeway(severity="medium", days=1, uses=1)))


def test_an_answer_to_a_question_stands_for_no_other() -> None:
    question = build_request(action="ask_human", arguments={"question": "Which one?"})
    state = build_state(plan=remembering(), request=question)
    decision = build_decision(state, remember=build_wish(), answer="This one")
    assert policy.judge(state, decision, MEMBER, NOW) == (state, Refused.UNREMEMBERED)
    assert not grants.fits(build_grant(action="ask_human"), build_query(request=question))
    taken = grants.use(Book(grants=(build_grant(),)), claim(build_grant()), LATER).use
    assert taken
    assert grants.accept(state, taken, LATER) is state


@pytest.mark.parametrize("verdict", ["reject", "approve"])
def test_a_rule_that_the_policy_does_not_allow_decides_nothing(verdict: str) -> None:
    plan = build_plan() if verdict == "approve" else remembering()
    state = build_state(plan=plan)
    decision = build_decision(state, verdict=verdict, remember=build_wish())
    ruling = policy.judge(state, decision, MEMBER, NOW)
    assert ruling == (state, Refused.UNREMEMBERED)


def test_a_delegate_makes_no_rules_but_may_approve() -> None:
    state = build_state(plan=remembering())
    deputy = Membership(standing="delegate", principals=(SECOND,))
    decision = build_decision(state, remember=build_wish())
    assert policy.judge(state, decision, deputy, NOW) == (state, Refused.DEPUTY)
    plain = decision.model_copy(update={"remember": None})
    assert policy.judge(state, plain, deputy, NOW).state.status == "approved"


def test_a_change_and_a_rule_do_not_go_together() -> None:
    state = build_state(plan=remembering(change="alone"))
    decision = build_decision(state, remember=build_wish(), arguments={"amount": 1})
    assert amendments.screen(state, decision, NOW) is Refused.UNREMEMBERED


@pytest.mark.parametrize("status", ["pending", "rejected", "expired", "cancelled", "failed"])
def test_a_rule_is_made_of_what_is_approved_only(status: str) -> None:
    state = build_state(plan=remembering(), status=status)
    assert grants.draft(state, build_decision(state, remember=build_wish()), NOW) is None


def test_a_rule_is_made_once_for_its_approval_and_as_wished() -> None:
    grant = build_grant()
    assert grant.grant_id == build_grant().grant_id
    assert (grant.until, grant.uses, grant.left) == (NOW + timedelta(days=30), 2, 2)
    assert (grant.owner, grant.requester) == (APPROVER, REQUESTER)


def test_a_request_like_it_fits() -> None:
    assert grants.fits(build_grant(), build_query())


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "transfer_monеy"},  # noqa: RUF001 - the Cyrillic letter is the point
        {"action": "Transfer_money"},
        {"agent": "Other"},
        {"agent": ""},
        {"requester": SECOND},
        {"requester": build_person("UREQUESTER", "T2")},
        {"speakers": (APPROVER,)},
        {"parameters": {"type": "object"}},
    ],
    ids=str,
)
def test_another_request_does_not_fit(changes: dict[str, Any]) -> None:
    assert not grants.fits(build_grant(), build_query(request=build_request(**changes)))


def test_the_owner_s_own_request_never_fits_nor_is_approved() -> None:
    own = build_request(requester=build_person("UAPPROVER", "T2"))
    assert not grants.fits(build_grant(requester=None), build_query(request=own))
    state = build_state(plan=remembering(), request=own)
    taken = grants.use(Book(grants=(build_grant(),)), claim(build_grant()), LATER).use
    assert taken
    assert grants.accept(state, taken, LATER) is state


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "another"},
        {"team_id": "T2"},
        {"team_id": ""},
        {"remember": None},
        {"severity": "medium"},
        {"stages": (build_stage(quorum=2),)},
    ],
    ids=str,
)
def test_another_plan_does_not_fit(changes: dict[str, Any]) -> None:
    assert not grants.fits(build_grant(), build_query(plan=remembering(**changes)))


def test_the_policy_s_limits_are_those_of_today() -> None:
    def fits(**limits: int) -> bool:
        allowed = Leeway.model_validate({"days": 30, "uses": 50} | limits)
        return grants.fits(build_grant(used=1), build_query(plan=remembering(remember=allowed)))

    assert fits()
    assert not fits(days=1), "it was made a day ago"
    assert not fits(uses=1)


@pytest.mark.parametrize(
    ("seconds", "fits"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_a_rule_ends_at_its_moment(seconds: int, *, fits: bool) -> None:
    now = build_grant().until + timedelta(seconds=seconds)
    longer = Leeway(days=300, uses=50)
    assert grants.fits(build_grant(), build_query(now=now, plan=remembering(remember=longer))) is fits


def test_an_approval_by_a_rule_names_it_its_owner_and_what_is_left() -> None:
    taken = grants.use(Book(grants=(build_grant(),)), claim(build_grant()), LATER).use
    assert taken
    state = grants.accept(build_state(plan=remembering()), taken, LATER)
    outcome = policy.outcome(state)
    assert (outcome.approved, outcome.decisions, outcome.grant) == (True, (), taken)
    assert write_receipt(outcome).grant == taken
    for part in (taken.grant_id[: grants.ID_SHOWN], "UAPPROVER", "1 use left"):
        assert part in outcome.reason


def test_what_has_ended_meanwhile_is_not_approved_by_a_rule() -> None:
    taken = grants.use(Book(grants=(build_grant(),)), claim(build_grant()), LATER).use
    ended = build_state(plan=remembering(), status="cancelled")
    assert taken
    assert grants.accept(ended, taken, LATER) is ended


def test_a_book_that_is_full_says_so() -> None:
    crowd = tuple(build_grant(grant_id=f"rule-{number}") for number in range(grants.MOST_GRANTS))
    book, refusal = grants.make(Book(grants=crowd), build_grant(), NOW)
    assert refusal is Refusal.FULL
    assert len(book.grants) == grants.MOST_GRANTS


def test_the_fullest_book_fits_one_payload() -> None:
    wide = build_grant(condition="ü" * grants.CONDITION_LENGTH)
    crowd = tuple(wide.model_copy(update={"grant_id": f"rule-{n:036}"}) for n in range(grants.MOST_GRANTS))
    taken = grants.use(Book(grants=crowd), claim(crowd[0]), NOW).book.taken * grants.CLAIMS_KEPT
    gone = (wide.grant_id,) * grants.GONE_KEPT
    full = Book(grants=crowd, taken=taken, gone=gone)
    assert len(full.model_dump_json().encode()) < 1_800_000


def test_a_use_that_is_claimed_again_is_the_same_use() -> None:
    book = Book(grants=(build_grant(),))
    first = grants.use(book, claim(build_grant()), NOW)
    again = grants.use(first.book, claim(build_grant()), LATER)
    assert again == first


def test_what_ended_is_not_made_again_by_a_repeated_delivery() -> None:
    grant = build_grant(uses=1)
    spent = grants.use(Book(grants=(grant,)), claim(grant), NOW).book
    revoked = grants.revoke(Book(grants=(grant,)), grant.grant_id, NOW)
    for book in (spent, revoked):
        assert book.grants == ()
        assert grants.make(book, grant, NOW).refusal is Refusal.GONE


def test_a_claim_that_is_repeated_after_the_rule_was_revoked_gets_nothing() -> None:
    grant = build_grant()
    book = grants.use(Book(grants=(grant,)), claim(grant), NOW).book
    assert grants.use(grants.revoke(book, grant.grant_id, NOW), claim(grant), NOW).use is None


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(0, 12)),
        st.tuples(st.just("make"), st.just(0)),
        st.tuples(st.just("revoke"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 20)),
    ),
    max_size=40,
)


@given(events=EVENTS, uses=st.integers(1, 5), most=st.integers(1, 5))
def test_whatever_happens_uses_never_exceed_the_count_and_end_with_the_rule(
    events: list[tuple[str, int]], uses: int, most: int
) -> None:
    grant = build_grant(uses=uses)
    book, now, used, over = Book(grants=(grant,)), NOW, dict[str, int](), False
    for kind, number in events:
        if kind == "wait":
            now += timedelta(days=number)
        elif kind == "make":
            book = grants.make(book, grant, now).book
        elif kind == "revoke":
            book, over = grants.revoke(book, grant.grant_id, now), True
        else:
            book, use = grants.use(book, claim(grant, f"approval-{number}", most), now)
            if use and f"approval-{number}" not in used:
                assert not over
                assert now < grant.until
                used[f"approval-{number}"] = use.number
            assert not (use and over)
    assert len(used) <= min(uses, most)
    assert sorted(used.values()) == list(range(1, len(used) + 1))


@given(events=EVENTS)
def test_a_book_survives_being_carried_on(events: list[tuple[str, int]]) -> None:
    book = Book(grants=(build_grant(uses=5),))
    for _, number in events:
        book = grants.use(book, claim(build_grant(), f"approval-{number}"), NOW).book
    assert Book.model_validate_json(book.model_dump_json()) == book


def test_a_decision_without_a_rule_is_read_as_before() -> None:
    old = build_decision().model_dump(mode="json")
    del old["remember"]
    assert Decision.model_validate(old).remember is None
