"""Cards beside the channel's go to whom people's own wishes say, and to nobody's harm."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import CARD_CHANNEL, REQUESTER, build_person, build_plan, build_stage, build_state
from workflows.contracts import ApprovalState, Delegation, MessageRef, Person, Roster
from workflows.notices import card_posts, opening_posts

ALICE, BOB, CAROL = (build_person(name) for name in ("UALICE", "UBOB", "UCAROL"))


def state(card: str, direct: tuple[Person, ...] | None = None, **changes: Any) -> ApprovalState:
    roster = Roster(people=(ALICE, BOB), direct=direct, quiet=changes.pop("quiet", ()))
    plan = build_plan(stages=(build_stage(card=card, channel=None),))
    return build_state(**{"plan": plan, "roster": roster} | changes)


def written(given: ApprovalState) -> list[str]:
    return [post.channel_id for post in card_posts(given)]


@pytest.mark.parametrize(
    ("card", "direct", "places"),
    [
        ("channel", None, [CARD_CHANNEL]),
        ("channel", (CAROL,), [CARD_CHANNEL, "UCAROL"]),
        ("channel", (), [CARD_CHANNEL]),
        ("both", None, [CARD_CHANNEL, "UALICE", "UBOB"]),
        ("both", (BOB,), [CARD_CHANNEL, "UBOB"]),
        ("both", (), [CARD_CHANNEL]),
        ("both", (ALICE, REQUESTER), [CARD_CHANNEL, "UALICE"]),
        ("direct", None, ["UALICE", "UBOB"]),
        ("direct", (), ["UALICE", "UBOB"]),
    ],
)
def test_cards_go_where_the_policy_and_then_people_say(
    card: str, direct: tuple[Person, ...] | None, places: list[str]
) -> None:
    assert written(state(card, direct)) == places


crowds = st.lists(st.sampled_from([ALICE, BOB, CAROL, REQUESTER]), unique=True).map(tuple)


@given(st.sampled_from(["channel", "both", "direct"]), st.none() | crowds, crowds)
def test_nobodys_wishes_leave_a_stage_without_a_card_or_ask_who_may_not_decide(
    card: str, direct: tuple[Person, ...] | None, quiet: tuple[Person, ...]
) -> None:
    places = written(state(card, direct, quiet=quiet))
    if card == "direct":
        assert places == written(state(card))
    else:
        assert places[0] == CARD_CHANNEL
    assert REQUESTER.user_id not in places
    assert len(set(places)) == len(places)


def test_who_is_off_when_people_are_looked_up_anew_keeps_the_card_they_have() -> None:
    cards = tuple(
        MessageRef(channel_id=f"D{one.user_id}", ts="1.1", key=f"card-{one.user_id}")
        for one in (ALICE, CAROL)
    )
    given = state("both", (), quiet=(ALICE, BOB), cards=cards)
    assert written(given) == [CARD_CHANNEL, "DUALICE"]
    moved = [post.key for post in opening_posts(None, given) if post.view == "moved"]
    assert moved == ["card-UCAROL"]


def test_a_wish_of_somebody_who_may_not_decide_moves_no_card() -> None:
    given = state("both", (BOB,), quiet=(REQUESTER,))
    had = MessageRef(channel_id="DUREQUESTER", ts="1.1", key=f"card-{REQUESTER.user_id}")
    assert written(given.model_copy(update={"cards": (had,)})) == [CARD_CHANNEL, "UBOB"]


def test_without_wishes_delegates_are_asked_as_before() -> None:
    away = Delegation(principal=BOB, delegate=CAROL, until=build_state().opened_at, away=True)
    roster = Roster(people=(ALICE, BOB), delegations=(away,))
    assert written(state("both", roster=roster)) == [CARD_CHANNEL, "UALICE", "UCAROL"]


def card_of(person: Person) -> MessageRef:
    return MessageRef(channel_id=f"D{person.user_id}", ts="1.1", key=f"card-{person.user_id}")


def views(shown: ApprovalState, now: ApprovalState) -> dict[str, str]:
    """What becomes of the cards that people have, by their keys."""
    keys = {ref.key for ref in now.cards}
    return {post.key: post.view for post in opening_posts(shown, now) if post.key in keys}


@pytest.mark.parametrize("roster", [Roster(count=4), Roster(), Roster(count=4, direct=(ALICE,))])
def test_a_card_that_somebody_wished_for_stays_while_they_may_decide(roster: Roster) -> None:
    """They wish nothing any more, wishes or people cannot be told, or it is another's wish now."""
    plan = build_plan(stages=(build_stage(card="channel", channel=None),))
    before = build_state(plan=plan, roster=Roster(count=4, direct=(CAROL,)), cards=(card_of(CAROL),))
    assert views(before, before.model_copy(update={"roster": roster})) == {"card-UCAROL": "card"}


def test_a_card_goes_when_it_is_known_that_somebody_is_asked_no_more() -> None:
    before = state("both", cards=(card_of(ALICE), card_of(BOB)), roster=Roster(people=(ALICE, BOB), count=2))
    left = before.model_copy(update={"roster": Roster(people=(ALICE,), count=1)})
    assert views(before, left) == {"card-UALICE": "card", "card-UBOB": "moved"}


def test_a_wished_for_card_goes_with_its_stage() -> None:
    stages = (build_stage(card="channel", channel=None), build_stage(card="channel", channel="COTHER"))
    before = build_state(
        plan=build_plan(stages=stages), roster=Roster(count=4, direct=(CAROL,)), cards=(card_of(CAROL),)
    )
    later = before.model_copy(update={"stage": 1, "roster": Roster(count=2)})
    assert views(before, later) == {"card-UCAROL": "moved"}
