"""Who decides for whom, as pure rules: at most one hand, never a circle, never further than one step."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import HOUR, NOW, build_person
from workflows.contracts import Delegation, Membership, Person
from workflows.delegation import (
    LONGEST,
    Refusal,
    admit,
    delegation_of,
    in_force,
    principals_of,
    revoke,
    screen,
)

ALICE, BOB, CAROL, DAVE = (build_person(name) for name in ("UALICE", "UBOB", "UCAROL", "UDAVE"))
PEOPLE = (ALICE, BOB, CAROL, DAVE)
FINE = Membership(standing="outsider")


def hand(
    principal: Person, delegate: Person, until: datetime = NOW + HOUR, *, away: bool = False
) -> Delegation:
    return Delegation(principal=principal, delegate=delegate, until=until, away=away)


def elsewhere(person: Person) -> Person:
    """The same human being as another team's payloads name them."""
    return person.model_copy(update={"team_id": "TOTHER"})


def refused(*before: Delegation, wish: Delegation) -> Refusal | None:
    """What is said against a wish, the same before and after asking who the delegate is."""
    ruling = admit(before, wish, FINE, NOW)
    assert ruling.refusal == screen(before, wish, NOW)
    assert (wish in ruling.delegations) == (ruling.refusal is None)
    return ruling.refusal


def test_a_delegation_stands_and_entitles_the_delegate() -> None:
    wish = hand(ALICE, BOB)
    assert admit((), wish, FINE, NOW) == ((wish,), None)
    assert principals_of((wish,), BOB, NOW) == (ALICE,)


def test_nobody_delegates_to_themselves_by_whatever_team() -> None:
    assert refused(wish=hand(ALICE, ALICE)) == Refusal.SELF
    assert refused(wish=hand(ALICE, elsewhere(ALICE))) == Refusal.SELF


@pytest.mark.parametrize(
    ("until", "refusal"),
    [
        (NOW - HOUR, Refusal.PAST),
        (NOW, Refusal.PAST),
        (NOW + timedelta(microseconds=1), None),
        (NOW + LONGEST, None),
        (NOW + LONGEST + timedelta(microseconds=1), Refusal.FAR),
        ((NOW + HOUR).replace(tzinfo=None), Refusal.UNZONED),
    ],
)
def test_a_delegation_ends_within_a_year_from_now(until: datetime, refusal: Refusal | None) -> None:
    assert refused(wish=hand(ALICE, BOB, until)) == refusal


def test_circles_of_any_length_are_refused() -> None:
    assert refused(hand(ALICE, BOB), wish=hand(BOB, ALICE)) == Refusal.LOOP
    assert refused(hand(ALICE, BOB), hand(BOB, CAROL), wish=hand(CAROL, ALICE)) == Refusal.LOOP
    long = (hand(CAROL, DAVE), hand(ALICE, BOB), hand(BOB, CAROL))
    assert refused(*long, wish=hand(DAVE, ALICE)) == Refusal.LOOP


def test_a_circle_is_seen_through_another_teams_name_for_a_person() -> None:
    assert refused(hand(ALICE, BOB), wish=hand(elsewhere(BOB), elsewhere(ALICE))) == Refusal.LOOP


def test_a_chain_that_is_no_circle_is_not_refused() -> None:
    assert refused(hand(ALICE, BOB), wish=hand(BOB, CAROL)) is None
    assert refused(hand(BOB, CAROL), wish=hand(ALICE, BOB)) is None


def test_what_has_ended_makes_no_circle() -> None:
    ended = hand(ALICE, BOB, NOW)
    assert admit((ended,), hand(BOB, ALICE), FINE, NOW) == ((hand(BOB, ALICE),), None)


def test_ones_own_old_delegation_makes_no_circle_with_the_new_one() -> None:
    before = (hand(ALICE, BOB),)
    assert admit(before, hand(ALICE, CAROL), FINE, NOW) == ((hand(ALICE, CAROL),), None)


def test_whoever_is_away_takes_over_nothing() -> None:
    assert refused(hand(BOB, CAROL, away=True), wish=hand(ALICE, BOB)) == Refusal.AWAY
    assert refused(hand(elsewhere(BOB), CAROL, away=True), wish=hand(ALICE, BOB)) == Refusal.AWAY
    assert refused(hand(BOB, CAROL, NOW, away=True), wish=hand(ALICE, BOB)) is None


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [("member", None), ("outsider", None), ("bot", Refusal.BOT), ("unknown", Refusal.UNKNOWN)],
)
def test_the_delegate_is_a_living_person(standing: str, refusal: Refusal | None) -> None:
    membership = Membership.model_validate({"standing": standing})
    before = (hand(CAROL, DAVE),)
    ruling = admit(before, hand(ALICE, BOB), membership, NOW)
    assert ruling == (before if refusal else (*before, hand(ALICE, BOB)), refusal)


def test_a_new_delegation_replaces_the_principals_old_one_only() -> None:
    before = (hand(ALICE, BOB), hand(CAROL, BOB))
    ruling = admit(before, hand(elsewhere(ALICE), DAVE), FINE, NOW)
    assert ruling.delegations == (hand(CAROL, BOB), hand(elsewhere(ALICE), DAVE))


def test_a_refused_wish_leaves_the_old_delegation() -> None:
    before = (hand(ALICE, BOB),)
    assert admit(before, hand(ALICE, ALICE), FINE, NOW) == (before, Refusal.SELF)


def test_a_principal_takes_back_their_own_only() -> None:
    before = (hand(ALICE, BOB), hand(CAROL, BOB), hand(BOB, DAVE))
    assert revoke(before, elsewhere(ALICE), NOW) == before[1:]
    assert revoke(before, DAVE, NOW) == before


def test_what_has_ended_is_dropped() -> None:
    before = (hand(ALICE, BOB, NOW), hand(CAROL, DAVE))
    assert in_force(before, NOW) == revoke(before, BOB, NOW) == before[1:]


def test_a_delegate_decides_for_nobody_from_the_end_on() -> None:
    handed = (hand(ALICE, BOB),)
    assert principals_of(handed, BOB, NOW + HOUR - timedelta(microseconds=1)) == (ALICE,)
    assert principals_of(handed, BOB, NOW + HOUR) == ()


def test_delegations_are_never_passed_on() -> None:
    chain = (hand(ALICE, BOB), hand(BOB, CAROL, away=True))
    assert principals_of(chain, CAROL, NOW) == (BOB,)


def test_only_the_exact_pair_of_ids_is_entitled() -> None:
    assert principals_of((hand(ALICE, BOB),), elsewhere(BOB), NOW) == ()


def test_one_may_decide_for_several() -> None:
    assert principals_of((hand(ALICE, BOB), hand(CAROL, BOB)), BOB, NOW) == (ALICE, CAROL)


def test_what_somebody_has_handed_over_is_found_while_it_lasts() -> None:
    handed = (hand(CAROL, DAVE), hand(ALICE, BOB))
    assert delegation_of(handed, elsewhere(ALICE), NOW) == handed[1]
    assert delegation_of(handed, ALICE, NOW + HOUR) is None
    assert delegation_of(handed, BOB, NOW) is None


def leads_to_itself(start: Person, delegations: tuple[Delegation, ...]) -> bool:
    """Whether decisions handed on and on come back; looked for by brute force."""
    reached = {start.user_id}
    for _ in delegations:
        following = {one.delegate.user_id for one in delegations if one.principal.user_id in reached}
        if start.user_id in following:
            return True
        reached = following
    return False


person = st.builds(
    build_person, st.sampled_from([one.user_id for one in PEOPLE]), st.sampled_from(["T1", "TOTHER"])
)
event = st.one_of(
    st.tuples(st.just("delegate"), person, person, st.integers(-2, 10), st.booleans()),
    st.tuples(st.just("revoke"), person, person, st.just(0), st.just(value=False)),
)


@given(st.lists(st.tuples(event, st.integers(0, 3)), max_size=30))
def test_whatever_happens_there_is_no_circle_and_one_hand_each(
    events: list[tuple[tuple[str, Person, Person, int, bool], int]],
) -> None:
    delegations: tuple[Delegation, ...] = ()
    now = NOW
    for (kind, principal, delegate, hours, away), passed in events:
        now += passed * HOUR
        if kind == "revoke":
            delegations = revoke(delegations, principal, now)
        else:
            wish = hand(principal, delegate, now + hours * HOUR, away=away)
            delegations = admit(delegations, wish, FINE, now).delegations
        assert all(one.until > now for one in delegations)
        assert not any(leads_to_itself(one.principal, delegations) for one in delegations)
        assert max(Counter(one.principal.user_id for one in delegations).values(), default=0) <= 1
