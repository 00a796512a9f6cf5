"""Which messages a state calls for."""

from typing import get_args

import pytest

from tests.factories import CARD_CHANNEL, NOW, REQUESTER, THREAD, build_plan, build_request, build_state
from workflows.contracts import ApprovalState, MessageRef, Post, Status, Summary
from workflows.notices import card_post, closing_posts, closing_publication, opening_posts, summary
from workflows.policy import close

CARD = MessageRef(channel_id=CARD_CHANNEL, ts="1.2")
NEW_CARD = Post(view="card", key="card", channel_id=CARD_CHANNEL)
OLD_CARD = Post(view="card", key="card", channel_id=CARD_CHANNEL, ts="1.2")
ASKED = Post(view="asked", key="asked", channel_id=THREAD.channel_id, thread_ts=THREAD.thread_ts)
REPLY = Post(view="reply", key="reply", channel_id=THREAD.channel_id, thread_ts=THREAD.thread_ts)
TOLD = Post(view="outcome", key="outcome-COUTCOMES", channel_id="COUTCOMES")
PLAN = build_plan()
ALONE = build_request(origin=None)


@pytest.mark.parametrize(
    ("state", "posts"),
    [
        (build_state(), (NEW_CARD, ASKED)),
        (build_state(cards=(CARD,)), (OLD_CARD,)),
        (build_state(request=ALONE), (NEW_CARD,)),
        (build_state(request=ALONE, cards=(CARD,)), (OLD_CARD,)),
    ],
)
def test_the_requester_is_told_once_and_the_card_comes_first(
    state: ApprovalState, posts: tuple[Post, ...]
) -> None:
    assert opening_posts(state, PLAN) == posts


@pytest.mark.parametrize("status", [one for one in get_args(Status) if one != "pending"])
@pytest.mark.parametrize(
    ("state", "posts"),
    [
        (build_state(cards=(CARD,)), (OLD_CARD, REPLY, TOLD)),
        (build_state(), (NEW_CARD, REPLY, TOLD)),
        (build_state(request=ALONE, cards=(CARD,)), (OLD_CARD, TOLD)),
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
    assert card_post(state, PLAN).channel_id == "COLD"


def test_every_post_has_a_key_of_its_own() -> None:
    state = build_state(plan=build_plan(outcome_channels=("C1", "C2", CARD_CHANNEL)))
    keys = [post.key for post in (*opening_posts(state, PLAN), *closing_posts(state)[1:])]
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
