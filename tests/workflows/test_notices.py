"""Which messages a state calls for."""

from typing import Any, get_args

import pytest

from tests.factories import (
    CARD_CHANNEL,
    HOUR,
    NOW,
    REQUESTER,
    THREAD,
    build_answer,
    build_decision,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import (
    ApprovalRequest,
    ApprovalState,
    Brief,
    Cancellation,
    Delegation,
    Limits,
    MessageRef,
    Post,
    Published,
    Roster,
    RunPlace,
    Status,
    Summary,
)
from workflows.notices import (
    answer_cancellation,
    answer_channel,
    answer_word,
    card_posts,
    closing_posts,
    closing_publication,
    differ,
    has_card,
    opening_posts,
    place_cards,
    summary,
)
from workflows.policy import close
from workflows.snippets import FILE_SIZE

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


LARGE = build_request(origin=None, arguments={"memo": "x" * FILE_SIZE, "amount": 1, "log": "y" * FILE_SIZE})
DIRECT = MessageRef(channel_id="D1", ts="1.3", key="card-UTWO")
BOTH = build_plan(stages=(build_stage(card="both"),))
TWO = Roster(people=(build_person("UTWO"),), count=1)


def snippets(shown: ApprovalState | None, state: ApprovalState) -> list[tuple[str, str | None, str]]:
    posts = [post for post in opening_posts(shown, state) if post.view == "snippet"]
    return [(post.channel_id, post.thread_ts, post.argument) for post in posts]


def test_arguments_as_large_as_files_follow_in_the_thread_once_the_card_is_there() -> None:
    fresh, there = build_state(request=LARGE), build_state(request=LARGE, cards=(CARD,))
    assert snippets(None, fresh) == []
    assert differ(fresh, there)
    assert snippets(fresh, there) == [(CARD_CHANNEL, "1.2", "memo"), (CARD_CHANNEL, "1.2", "log")]
    assert snippets(there, there) == []
    assert not differ(there, there)


def test_each_card_has_the_files_in_its_own_thread() -> None:
    one = build_state(request=LARGE, plan=BOTH, roster=TWO, cards=(CARD,))
    two = one.model_copy(update={"cards": (CARD, DIRECT)})
    assert snippets(one, two) == [("D1", "1.3", "memo"), ("D1", "1.3", "log")]
    posts = opening_posts(one.model_copy(update={"cards": ()}), two)
    assert len({post.key for post in posts}) == len(posts)


def test_small_arguments_and_closed_requests_make_no_files() -> None:
    assert not differ(build_state(), build_state(cards=(CARD,)))
    closed = close(build_state(request=LARGE, cards=(CARD,)), "approved", NOW)
    assert not [post for post in closing_posts(closed) if post.view == "snippet"]


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
    lost = (ASKED.model_copy(update={"found_only": True}),) if looks else ()
    assert publication.posts == (*closing_posts(state), *lost)


def test_a_word_to_the_requester_that_is_known_is_not_looked_for() -> None:
    state = close(build_state(cards=(ASKED_REF,)), "cancelled", NOW)
    assert closing_publication(state, again=True).posts == closing_posts(state)


@pytest.mark.parametrize("cards", [(), (CARD,)])
def test_the_summary_is_the_row_of_a_list(cards: tuple[MessageRef, ...]) -> None:
    state = build_state(cards=cards)
    assert summary(state) == Summary(
        title="Transfer money",
        requester=REQUESTER,
        opened_at=state.opened_at,
        deadline=state.deadline,
        card=cards[0] if cards else None,
        action="transfer_money",
        policy="built-in",
        digest=state.digest,
        stages=1,
        stage_name="approval",
        brief=Brief(arguments=state.request.arguments, reason=state.request.reason),
    )


@pytest.mark.parametrize(
    ("arguments", "reason"), [({"text": "x" * 300}, ""), ({}, "x" * 300), ({"é": "é" * 295}, "")]
)
def test_what_is_too_long_for_a_row_is_not_in_its_summary(arguments: dict[str, Any], reason: str) -> None:
    state = build_state(request=build_request(arguments=arguments, reason=reason))
    assert (summary(state).brief, summary(state).title) == (None, "Transfer money")


@pytest.mark.parametrize(
    ("changes", "asks"),
    [
        ({}, ()),
        ({"severity": "medium"}, ("approve",)),
        ({"severity": "high"}, ("approve",)),
        ({"comment_on": ("reject",)}, ("reject",)),
        ({"comment_on": ("approve", "reject"), "severity": "medium"}, ("approve", "reject")),
    ],
)
def test_a_summary_says_which_verdicts_need_more_than_a_click(
    changes: dict[str, Any], asks: tuple[str, ...]
) -> None:
    found = summary(build_state(plan=build_plan(**changes)))
    assert (found.asks, found.severity) == (asks, changes.get("severity", "low"))


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


OWN = build_request(origin=None, agent="")
ASKED_REF = MessageRef(channel_id="D1", ts="1.9", key="asked")


def test_who_asks_without_an_agent_is_told_directly_who_has_it() -> None:
    asked = Post(view="asked", key="asked", channel_id=REQUESTER.user_id)
    assert opening_posts(None, build_state(request=OWN)) == (NEW_CARD, asked)
    quiet = build_state(request=OWN, plan=build_plan(tell_requester=False))
    assert opening_posts(None, quiet) == (NEW_CARD,)
    assert opening_posts(build_state(request=OWN), build_state(request=OWN, cards=(CARD,))) == (OLD_CARD,)


@pytest.mark.parametrize("request_", [OWN, ALONE, build_request()])
def test_the_word_to_the_requester_stays_where_it_is_and_ends_with_the_request(
    request_: ApprovalRequest,
) -> None:
    shown = build_state(request=request_, cards=(CARD, ASKED_REF))
    later = shown.model_copy(update={"deadline": LATER + HOUR})
    rewritten = Post(view="asked", key="asked", channel_id="D1", ts="1.9")
    assert opening_posts(shown, later) == (OLD_CARD, rewritten)
    assert closing_posts(close(shown, "cancelled", NOW))[1] == rewritten


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ({}, THREAD.channel_id),
        ({"request": OWN}, CARD_CHANNEL),
        ({"request": OWN, "cards": (CARD, ASKED_REF)}, "D1"),
        ({"request": OWN, "plan": None}, None),
    ],
)
def test_who_may_not_withdraw_is_answered_where_the_button_is(
    changes: dict[str, Any], channel: str | None
) -> None:
    wish = Cancellation(cancelled_by=BOB, via="slack")
    whisper = answer_cancellation(build_state(**changes), wish, "No.")
    assert (whisper.channel_id if whisper else None) == channel
    assert answer_cancellation(build_state(), wish.model_copy(update={"via": "api"}), "No.") is None
    assert answer_cancellation(build_state(), Cancellation(via="slack"), "No.") is None


def test_a_decision_is_answered_in_the_channel_of_its_card() -> None:
    decision = build_decision(decided_by=BOB)
    whisper = answer_word(build_state(), decision, "No.")
    assert whisper
    assert (whisper.person, whisper.channel_id, whisper.sentence) == (BOB, CARD_CHANNEL, "No.")
    assert answer_word(build_state(), decision.model_copy(update={"via": "api"}), "No.") is None


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


def test_a_summary_leads_to_a_channel_where_there_is_one() -> None:
    shared = MessageRef(channel_id=CARD_CHANNEL, ts="1.2", key="card")
    own = MessageRef(channel_id="D0BOB", ts="1.3", key="card-UBOB")
    assert summary(direct(card="both", cards=(shared, own))).card == shared
    assert summary(direct(cards=(shared, own))).card == own


def test_who_is_away_is_asked_after_all_where_their_delegate_may_not_decide() -> None:
    delegation = Delegation(principal=BOB, delegate=REQUESTER, until=LATER, away=True)
    roster = Roster(people=(BOB, CAROL), count=2, delegations=(delegation,))
    assert [post.channel_id for post in opening_posts(None, direct(roster=roster))] == ["UBOB", "UCAROL"]


def test_a_requester_who_is_among_those_to_be_told_is_told_once() -> None:
    plan = build_plan(tell_people=(REQUESTER.user_id, "UAUDIT"))
    state = close(build_state(plan=plan, request=ALONE), "approved", NOW)
    assert places(closing_posts(state))[1:] == [
        ("reply", "reply", REQUESTER.user_id),
        ("outcome", "outcome-COUTCOMES", "COUTCOMES"),
        ("outcome", "outcome-UAUDIT", "UAUDIT"),
    ]
    quiet = state.model_copy(update={"plan": plan.model_copy(update={"tell_requester": False})})
    assert ("outcome", "outcome-UREQUESTER", "UREQUESTER") in places(closing_posts(quiet))


ROOM = MessageRef(channel_id=CARD_CHANNEL, ts="1.1", key="card")
AT_BOB = MessageRef(channel_id="D1", ts="1.2", key="card-UBOB")
AT_CAROL = MessageRef(channel_id="D2", ts="1.3", key="card-UCAROL")
TURNS: list[tuple[str, dict[str, Any]]] = [
    ("reminder", {"reminded": 1}),
    ("escalation", {"escalated": "added"}),
    ("news", {"questions": (build_question(asked_at=NOW),)}),
]


@pytest.mark.parametrize(("view", "changes"), TURNS, ids=[view for view, _ in TURNS])
def test_a_turn_is_one_message_in_the_channel_where_there_is_a_card(
    view: str, changes: dict[str, Any]
) -> None:
    shown = direct(card="both", cards=(ROOM, AT_BOB, AT_CAROL))
    posts = opening_posts(shown, shown.model_copy(update=changes))
    assert [(post.channel_id, post.thread_ts) for post in posts if post.view == view] == [
        (CARD_CHANNEL, "1.1")
    ]


@pytest.mark.parametrize(("view", "changes"), TURNS, ids=[view for view, _ in TURNS])
def test_without_a_channel_it_goes_to_those_who_can_still_decide(view: str, changes: dict[str, Any]) -> None:
    decisions = (build_decision(decided_by=BOB, decided_at=NOW),)
    shown = direct(cards=(AT_BOB, AT_CAROL), decisions=decisions)
    posts = opening_posts(shown, shown.model_copy(update=changes))
    assert [(post.channel_id, post.thread_ts) for post in posts if post.view == view] == [("D2", "1.3")]


def test_a_stage_that_opens_on_the_same_card_is_told_in_its_thread() -> None:
    plan = build_plan(stages=(build_stage(), build_stage()))
    shown = build_state(plan=plan, cards=(CARD,))
    state = build_state(plan=plan, stage=1, cards=(CARD,), decisions=(build_decision(decided_at=NOW),))
    news = [post for post in opening_posts(shown, state) if post.view == "news"]
    assert [(post.channel_id, post.thread_ts, post.item) for post in news] == [(CARD_CHANNEL, "1.2", 0)]


def test_a_refusal_is_told_where_the_card_is() -> None:
    decision = build_decision(decided_by=BOB)
    assert answer_channel(direct(), decision) == "UBOB"
    assert answer_channel(direct(card="both"), decision) == CARD_CHANNEL
    assert answer_channel(build_state(), decision) == CARD_CHANNEL


def test_a_refused_question_is_told_like_a_refused_decision_and_an_answer_in_its_thread() -> None:
    question, given = build_question(asked_by=BOB), build_answer(answered_by=BOB)
    assert answer_channel(direct(), question) == "UBOB"
    assert answer_channel(build_state(), question) == CARD_CHANNEL
    assert answer_channel(build_state(), given) == THREAD.channel_id
    assert answer_channel(build_state(request=ALONE), given) == "UBOB"


def test_a_stage_whose_people_are_being_found_out_has_had_its_cards_all_the_same() -> None:
    published, meanwhile = direct(), direct(roster=None)
    assert has_card(published, (AT_BOB,))
    assert not has_card(meanwhile, (AT_BOB,)), "so it is asked of the state that was published"


# Questions


def talked(**changes: Any) -> ApprovalState:
    return build_state(cards=(CARD,), questions=(build_question(asked_at=NOW),), **changes)


def test_a_question_is_posted_once_and_rewritten_with_each_answer() -> None:
    before, state = build_state(cards=(CARD,)), talked()
    (post,) = [one for one in opening_posts(before, state) if one.view == "question"]
    assert (post.key, post.channel_id, post.thread_ts, post.ts, post.item) == (
        "question-0",
        THREAD.channel_id,
        THREAD.thread_ts,
        None,
        0,
    )
    ref = MessageRef(channel_id=THREAD.channel_id, ts="2.1")
    placed = place_cards(state, (post,), Published(messages=(ref,)))
    assert placed.cards == (CARD, ref.model_copy(update={"key": "question-0"}))
    assert [one for one in opening_posts(placed, placed) if one.view == "question"] == []
    told = placed.model_copy(update={"answers": (build_answer(answered_at=NOW),)})
    (again,) = [one for one in opening_posts(placed, told) if one.view == "question"]
    assert (again.key, again.ts) == ("question-0", "2.1")


def test_a_question_that_was_asked_before_anything_was_shown_is_posted_with_the_card() -> None:
    views = [post.view for post in opening_posts(None, talked())]
    assert views.count("question") == 1
    assert "news" not in views, "the card itself shows it"


def test_without_a_thread_a_question_is_a_direct_message() -> None:
    posts = opening_posts(build_state(request=ALONE), talked(request=ALONE))
    assert ("question", "question-0", REQUESTER.user_id) in places(posts)


@pytest.mark.parametrize(
    ("answers", "closed"),
    [
        ((), True),
        ((build_answer(answered_by=None),), True),
        ((build_answer(),), False),
        ((build_answer(answered_by=None), build_answer()), False),
    ],
)
def test_at_the_end_questions_lose_the_button_that_they_still_have(answers: Any, *, closed: bool) -> None:
    ref = MessageRef(channel_id=THREAD.channel_id, ts="2.1", key="question-0")
    state = close(talked(answers=answers).model_copy(update={"cards": (CARD, ref)}), "approved", NOW)
    found = [(post.ts, post.item) for post in closing_posts(state) if post.view == "question"]
    assert found == ([("2.1", 0)] if closed else [])


def test_a_question_that_never_got_to_slack_is_not_posted_at_the_end() -> None:
    assert "question" not in [post.view for post in closing_posts(close(talked(), "approved", NOW))]


@pytest.mark.parametrize(
    "changes", [{"questions": (build_question(),)}, {"answers": (build_answer(),)}], ids=["asked", "answered"]
)
def test_slack_is_told_of_what_was_asked_and_answered(changes: dict[str, Any]) -> None:
    state = build_state()
    assert differ(state, state.model_copy(update=changes))


def test_news_begin_with_what_was_not_said_before_and_have_a_key_of_their_own() -> None:
    first = talked()
    second = first.model_copy(update={"answers": (build_answer(answered_at=NOW),)})
    posts = (*opening_posts(build_state(cards=(CARD,)), first), *opening_posts(first, second))
    assert [(post.key, post.item) for post in posts if post.view == "news"] == [
        ("news-0-card", 0),
        ("news-1-card", 1),
    ]


@pytest.mark.parametrize(("number", "posts"), [(2, (REPLY, TOLD)), (3, ()), (9, ())])
def test_of_what_goes_over_a_limit_only_the_first_is_told_and_none_has_a_card(
    number: int, posts: tuple[Post, ...]
) -> None:
    request = build_request(run=RunPlace(number=number, last_minute=1))
    state = build_state(request=request, plan=build_plan(limits=Limits(per_run=1)), status="rejected")
    assert closing_posts(state) == posts
    assert card_posts(state) == ()
