"""Which messages a state calls for."""

from typing import Any, get_args

import pytest

from tests.factories import (
    CARD_CHANNEL,
    HOUR,
    NOW,
    REQUESTER,
    THREAD,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import (
    ApprovalState,
    Delegation,
    Limits,
    MessageRef,
    Post,
    Roster,
    RunPlace,
    Status,
    Summary,
)
from workflows.notices import (
    answer_channel,
    card_posts,
    closing_posts,
    closing_publication,
    differ,
    opening_posts,
    summary,
)
from workflows.policy import close

CARD = MessageRef(channel_id=CARD_CHANNEL, ts="1.2")
NEW_CARD = Post(view="card", key="card", channel_id=CARD_CHANNEL)
OLD_CARD = Post(view="card", key="card", channel_id=CARD_CHANNEL, ts="1.2")
ASKED = Post(view="asked", key="asked", channel_id=THREAD.channel_id, thread_ts=THREAD.thread_ts)
REPLY = Post(view="reply", key="reply", channel_id=THREAD.channel_id, thread_ts=THREAD.thread_ts)
DIRECT_REPLY = Post(view="reply", key="reply", channel_id=REQUESTER.user_id)
TOLD = Post(view="outcome", key="outcome-COUTCOMES", channel_id="COUTCOMES")
ALONE = build_request(origin=None)


@pytest.mark.parametrize(
    ("shown", "state", "posts"),
    [
        (None, build_state(), (NEW_CARD, ASKED)),
        (build_state(), build_state(cards=(CARD,)), (OLD_CARD,)),
        (None, build_state(request=ALONE), (NEW_CARD,)),
        (build_state(), build_state(request=ALONE, cards=(CARD,)), (OLD_CARD,)),
    ],
)
def test_the_requester_is_told_once_and_the_card_comes_first(
    shown: ApprovalState | None, state: ApprovalState, posts: tuple[Post, ...]
) -> None:
    assert opening_posts(shown, state) == posts


@pytest.mark.parametrize("status", [one for one in get_args(Status) if one != "pending"])
@pytest.mark.parametrize(
    ("state", "posts"),
    [
        (build_state(cards=(CARD,)), (OLD_CARD, REPLY, TOLD)),
        (build_state(), (NEW_CARD, REPLY, TOLD)),
        (build_state(request=ALONE, cards=(CARD,)), (OLD_CARD, DIRECT_REPLY, TOLD)),
        (build_state(plan=None), (REPLY,)),
        (build_state(request=ALONE, plan=None), ()),
        (build_state(plan=build_plan(outcome_channels=())), (NEW_CARD, REPLY)),
    ],
)
def test_every_end_closes_the_card_and_tells_everyone(
    status: Status, state: ApprovalState, posts: tuple[Post, ...]
) -> None:
    assert closing_posts(close(state, status, NOW)) == posts


def test_a_rewritten_card_stays_where_it_is_though_the_plan_names_another_channel() -> None:
    state = build_state(cards=(MessageRef(channel_id="COLD", ts="1.2"),))
    assert [post.channel_id for post in card_posts(state)] == ["COLD"]


def test_every_post_has_a_key_of_its_own() -> None:
    state = build_state(plan=build_plan(outcome_channels=("C1", "C2", CARD_CHANNEL)))
    keys = [post.key for post in (*opening_posts(None, state), *closing_posts(state)[1:])]
    assert len(set(keys)) == len(keys) == 6


def test_a_channel_that_is_named_twice_is_told_once() -> None:
    state = build_state(plan=build_plan(outcome_channels=("C1", "C1")))
    told = [post for post in closing_posts(state) if post.view == "outcome"]
    assert [post.channel_id for post in told] == ["C1"]


@pytest.mark.parametrize(
    ("cards", "again", "looks"),
    [((), False, True), ((), True, True), ((CARD,), False, False), ((CARD,), True, True)],
)
def test_a_card_that_may_have_been_posted_unseen_is_looked_for(
    cards: tuple[MessageRef, ...], *, again: bool, looks: bool
) -> None:
    state = close(build_state(cards=cards), "cancelled", NOW)
    publication = closing_publication(state, again=again)
    assert publication.again is looks
    assert publication.state == state
    assert publication.posts == closing_posts(state)


@pytest.mark.parametrize("cards", [(), (CARD,)])
def test_the_summary_is_the_row_of_a_list(cards: tuple[MessageRef, ...]) -> None:
    state = build_state(cards=cards)
    assert summary(state) == Summary(
        title="Transfer money",
        requester=REQUESTER,
        opened_at=state.opened_at,
        deadline=state.deadline,
        card=cards[0] if cards else None,
    )


ALICE, BOB, CAROL, DAVE = (build_person(f"U{name}") for name in ("ALICE", "BOB", "CAROL", "DAVE"))
LATER = NOW + HOUR


def direct(**changes: Any) -> ApprovalState:
    """A stage whose card goes to Bob and Carol themselves."""
    stage = build_stage(card=changes.pop("card", "direct"), channel=changes.pop("channel", None))
    roster = changes.pop("roster", Roster(people=(BOB, CAROL), count=2))
    return build_state(plan=build_plan(stages=(stage,)), request=ALONE, roster=roster, **changes)


def places(posts: tuple[Post, ...]) -> list[tuple[str, str, str]]:
    return [(post.view, post.key, post.channel_id) for post in posts]


def test_a_direct_card_goes_to_each_person_and_nowhere_else() -> None:
    assert places(opening_posts(None, direct())) == [
        ("card", "card-UBOB", "UBOB"),
        ("card", "card-UCAROL", "UCAROL"),
    ]


def test_a_card_may_go_to_a_stage_s_own_channel_and_to_people() -> None:
    state = direct(card="both", channel="CWIRES")
    assert [post.channel_id for post in opening_posts(None, state)] == ["CWIRES", "UBOB", "UCAROL"]
    assert answer_channel(state, build_decision(state)) == "CWIRES"


def test_nobody_who_may_not_decide_is_written_to() -> None:
    roster = Roster(people=(REQUESTER, BOB, CAROL), count=3)
    state = direct(roster=roster, decisions=(build_decision(decided_by=BOB),))
    assert [post.channel_id for post in opening_posts(None, state)] == ["UBOB", "UCAROL"]
    later = state.model_copy(update={"stage": 0, "decisions": (build_decision(decided_by=BOB, stage=-1),)})
    assert [post.channel_id for post in opening_posts(None, later)] == ["UCAROL"]


@pytest.mark.parametrize(("distinct", "written"), [(True, ["UCAROL"]), (False, ["UBOB", "UCAROL"])])
def test_whoever_decided_an_earlier_stage_is_written_to_where_they_may_decide_again(
    written: list[str], *, distinct: bool
) -> None:
    plan = build_plan(stages=(build_stage(), build_stage(card="direct")), distinct=distinct)
    state = build_state(
        plan=plan,
        stage=1,
        request=ALONE,
        roster=Roster(people=(BOB, CAROL), count=2),
        decisions=(build_decision(decided_by=BOB),),
    )
    assert [post.channel_id for post in opening_posts(None, state)] == written


@pytest.mark.parametrize(
    ("away", "written"), [(False, ["UBOB", "UCAROL", "UDAVE"]), (True, ["UCAROL", "UDAVE"])]
)
def test_a_delegate_is_written_to_and_who_is_away_is_not(away: bool, written: list[str]) -> None:  # noqa: FBT001 - a parameter of the test
    delegation = Delegation(principal=BOB, delegate=DAVE, until=LATER, away=away)
    state = direct(roster=Roster(people=(BOB, CAROL), count=2, delegations=(delegation,)))
    assert [post.channel_id for post in opening_posts(None, state)] == written


def test_a_delegate_of_nobody_who_may_decide_is_not_written_to() -> None:
    delegation = Delegation(principal=REQUESTER, delegate=DAVE, until=LATER)
    roster = Roster(people=(REQUESTER, BOB), count=2, delegations=(delegation,))
    assert [post.channel_id for post in opening_posts(None, direct(roster=roster))] == ["UBOB"]


def test_cards_of_an_earlier_stage_elsewhere_lose_their_buttons_once() -> None:
    stages = (build_stage(channel="CONE"), build_stage(channel="CTWO"))
    plan = build_plan(stages=stages)
    old = MessageRef(channel_id="CONE", ts="1.2", key="card-CONE")
    shown = build_state(plan=plan, request=ALONE, cards=(old,))
    state = build_state(plan=plan, request=ALONE, stage=1, cards=(old,))
    assert places(opening_posts(shown, state)) == [
        ("card", "card-CTWO", "CTWO"),
        ("moved", "card-CONE", "CONE"),
    ]
    new = MessageRef(channel_id="CTWO", ts="1.3", key="card-CTWO")
    both = state.model_copy(update={"cards": (old, new)})
    again = both.model_copy(update={"reminded": 1})
    assert places(opening_posts(both, again)) == [
        ("card", "card-CTWO", "CTWO"),
        ("reminder", "reminder-1-1-card-CTWO", "CTWO"),
    ]
    assert places(closing_posts(close(both, "expired", NOW)))[:2] == [
        ("card", "card-CTWO", "CTWO"),
        ("card", "card-CONE", "CONE"),
    ]
    assert summary(both).card == new


def test_a_reminder_goes_into_the_thread_of_each_card() -> None:
    card = MessageRef(channel_id="D1", ts="1.2", key="card-UBOB")
    state = direct(cards=(card,), reminded=2)
    posts = opening_posts(direct(cards=(card,), reminded=1), state)
    assert [(post.channel_id, post.thread_ts, post.ts) for post in posts if post.view == "reminder"] == [
        ("D1", "1.2", None)
    ]


def test_an_escalation_is_said_once_and_stands_for_a_reminder() -> None:
    shown, state = build_state(cards=(CARD,)), build_state(cards=(CARD,), escalated="added", reminded=1)
    assert [post.view for post in opening_posts(shown, state)] == ["card", "escalation"]
    assert [post.view for post in opening_posts(state, state)] == ["card"]


def test_the_word_to_the_requester_follows_the_deadline() -> None:
    asked = MessageRef(channel_id=THREAD.channel_id, ts="1.9", key="asked")
    shown = build_state(cards=(CARD, asked))
    state = shown.model_copy(update={"deadline": LATER + HOUR})
    assert [(post.view, post.ts) for post in opening_posts(shown, state)] == [
        ("card", "1.2"),
        ("asked", "1.9"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"decisions": (build_decision(),)},
        {"stage": 1},
        {"escalated": "added"},
        {"reminded": 1},
        {"deadline": LATER + HOUR},
        {"roster": Roster(count=4)},
    ],
)
def test_slack_is_told_of_each_change_that_matters(changes: dict[str, Any]) -> None:
    state = build_state()
    assert differ(state, state.model_copy(update=changes))
    assert not differ(state, state.model_copy(update={"cards": (CARD,), "reminders": (NOW,)}))


def test_people_to_be_told_are_told_and_a_requester_who_is_not_is_not() -> None:
    state = close(
        build_state(plan=build_plan(tell_people=("UAUDIT",), tell_requester=False)), "approved", NOW
    )
    assert places(closing_posts(state))[1:] == [
        ("outcome", "outcome-COUTCOMES", "COUTCOMES"),
        ("outcome", "outcome-UAUDIT", "UAUDIT"),
    ]


def test_a_plan_that_asks_nobody_has_no_card_but_tells_the_outcome() -> None:
    state = close(build_state(plan=build_plan(stages=(), effect="deny")), "rejected", NOW)
    assert [post.view for post in closing_posts(state)] == ["reply", "outcome"]
    assert not closing_publication(state, again=False).again


def test_a_shadow_s_card_goes_to_the_channel_only() -> None:
    plan = build_plan(stages=(build_stage(card="both", channel="CONE"),), shadow=True)
    state = close(build_state(plan=plan, roster=Roster(people=(BOB,))), "approved", NOW)
    assert [post.channel_id for post in closing_posts(state) if post.view == "card"] == [CARD_CHANNEL]


@pytest.mark.parametrize(("number", "posts"), [(2, (REPLY, TOLD)), (3, ()), (9, ())])
def test_of_what_goes_over_a_limit_only_the_first_is_told_and_none_has_a_card(
    number: int, posts: tuple[Post, ...]
) -> None:
    request = build_request(run=RunPlace(number=number, last_minute=1))
    state = build_state(request=request, plan=build_plan(limits=Limits(per_run=1)), status="rejected")
    assert closing_posts(state) == posts
    assert card_posts(state) == ()
