"""No message is more than Slack takes, shows less than it says, or lets anybody's text do anything."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.blocks import render
from activities.cards import (
    APPROVE,
    APPROVE_FORM,
    DETAILS,
    ITEM_VIEWS,
    VIEWS,
    Rendered,
    render_card,
    render_reply,
)
from activities.contents import REASON_LENGTH
from activities.text import clean_words, list_arguments
from tests.factories import (
    HOUR,
    NOW,
    build_answer,
    build_decision,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import all_text, buttons, check_harmless, check_limits, deciding, listed, of_type, sent
from workflows.amendments import MOST_CHANGES
from workflows.contracts import (
    Amendment,
    Answer,
    ApprovalState,
    Approvers,
    Decision,
    Delegation,
    Escalation,
    Plan,
    Question,
    Roster,
    Stage,
    Status,
    Verdict,
)

STATUSES: tuple[Status, ...] = get_args(Status)
APPROVES = {APPROVE, APPROVE_FORM}
BAIT = "<!channel> <@U1> <https://x|y> *b* _i_ `c` ```d``` :skull: @here &amp; # h\n> q"
BIDI = "\u202e\u2066\u200b\ufeff"

ALL_VIEWS = [*VIEWS, *ITEM_VIEWS]


def show(view: str, state: ApprovalState) -> Rendered:
    """A message of any kind: about the first question, where there is one, and news from the first word on."""
    if view not in ITEM_VIEWS:
        return VIEWS[view](state)
    asked = state.questions or (build_question(text="Why?", asked_at=NOW),)
    return ITEM_VIEWS[view](state.model_copy(update={"questions": asked}), 0)


unicode = st.text(st.characters(codec="utf-8"), min_size=1)


def repeated(most: int) -> st.SearchStrategy[str]:
    """Any text, as long as `most` characters by repetition."""

    def repeat(text: str, times: int) -> str:
        return (text * times)[:most]

    return st.builds(repeat, unicode, st.integers(1, most))


titles, longer = repeated(400), repeated(100_000)
scalars = longer | st.integers(-(10**30), 10**30) | st.floats() | st.booleans() | st.none()
argument_values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(titles, inner, max_size=3),
    max_leaves=4,
)


PEOPLE = [build_person(f"U{number}") for number in range(200)]
people = st.sampled_from(PEOPLE)
groups = st.builds(
    Approvers,
    kind=st.sampled_from(["channel", "usergroup", "user", "email"]),
    id=st.text("ABC0@.", min_size=1, max_size=90),
)
stages = st.builds(
    Stage,
    name=titles,
    approvers=st.lists(groups, min_size=1, max_size=20).map(tuple),
    quorum=st.integers(1, 9),
    reject_quorum=st.integers(1, 9),
    deadline=st.just(HOUR),
    on_deadline=st.sampled_from(["expire", "escalate"]),
    escalation=st.none()
    | st.builds(
        Escalation, approvers=st.lists(groups, min_size=1, max_size=20).map(tuple), replace=st.booleans()
    ),
    card=st.sampled_from(["channel", "direct", "both"]),
)
handovers = st.builds(
    Delegation, principal=people, delegate=people, until=st.just(NOW + HOUR), away=st.booleans()
)
verdicts: tuple[Verdict, ...] = get_args(Verdict)


def rosters() -> st.SearchStrategy[Roster]:
    return st.builds(
        Roster,
        people=st.lists(people, max_size=100, unique=True).map(tuple),
        count=st.none() | st.integers(0, 5_000),
        delegations=st.lists(handovers, max_size=100).map(tuple),
    )


def decided(comment: str, count: int) -> st.SearchStrategy[Decision]:
    return st.builds(
        build_decision,
        decided_by=st.none() | people,
        on_behalf_of=st.none() | people,
        verdict=st.sampled_from(verdicts),
        stage=st.integers(0, count - 1),
        comment=st.just(comment),
        read=st.booleans(),
        decided_at=st.just(NOW),
    )


@st.composite
def talks(draw: st.DrawFn) -> tuple[tuple[Question, ...], tuple[Answer, ...]]:
    """One question or as many as may be asked, as long as they may be, with as many answers as they take."""
    text, count = draw(repeated(3_000)), draw(st.sampled_from([1, 2, 20]))
    askers = draw(st.lists(people, min_size=1, max_size=3))
    questions = tuple(
        build_question(text=text, asked_by=askers[number % len(askers)], number=number, asked_at=NOW)
        for number in range(count)
    )
    who = draw(st.none() | people)
    answers = tuple(
        build_answer(text=text, question=one.number, answered_by=who, answered_at=NOW)
        for one in questions
        for _ in range(draw(st.integers(0, 3)))
    )
    return questions, answers


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan, of up to 50 stages."""
    some = draw(st.lists(stages, min_size=1, max_size=3))
    return build_plan(
        policy=draw(titles),
        stages=tuple((some * 50)[: draw(st.sampled_from([len(some), 50]))]),
        effect=draw(st.sampled_from(["ask", "approve", "deny"])),
        final=draw(st.booleans()),
        shadow=draw(st.booleans()),
        severity=draw(st.sampled_from(["low", "medium", "high"])),
        retype=draw(titles),
        comment_on=tuple(draw(st.lists(st.sampled_from(verdicts), max_size=2, unique=True))),
        question_pause=draw(st.sampled_from([None, HOUR])),
    )


@st.composite
def states(draw: st.DrawFn) -> ApprovalState:
    """Any request at any point of its life, with titles as long as agents may make them."""
    status = draw(st.sampled_from(STATUSES))
    request = build_request(
        title=draw(titles),
        reason=draw(st.just("") | longer),
        agent=draw(st.just("") | titles),
        arguments=draw(st.dictionaries(titles, argument_values, max_size=3)),
    )
    comment, plan = draw(st.just("") | longer), draw(plans())
    decisions = draw(st.lists(decided(comment, len(plan.stages)), max_size=30))
    questions, answers = draw(talks())
    return build_state(
        request=request,
        digest="d" * 64,
        plan=plan,
        stage=draw(st.integers(0, len(plan.stages) - 1)),
        status=status,
        deadline=draw(st.sampled_from([NOW + HOUR, None])),
        roster=draw(st.none() | rosters()),
        reminded=draw(st.integers(0, 20)),
        escalated=draw(st.sampled_from(["", "added", "replaced"])),
        decisions=tuple(decisions),
        questions=questions,
        answers=answers,
        paused_at=draw(st.sampled_from([None, NOW])),
        decided_at=None if status == "pending" else NOW,
        reason="" if status == "pending" else draw(st.sampled_from(["", comment]) | longer),
    )


LONG_QUESTIONS = tuple(
    build_question(text="q" * 3_000, asked_by=PEOPLE[number], number=number, asked_at=NOW)
    for number in range(20)
)
LONG_ANSWERS = tuple(
    build_answer(text="a" * 3_000, question=number, answered_by=PEOPLE[100 + turn], answered_at=NOW)
    for number in range(20)
    for turn in range(3)
)


@pytest.mark.parametrize("view", ALL_VIEWS)
@settings(max_examples=25)
@given(state=states())
def test_every_message_of_every_state_is_one_that_slack_takes(view: str, state: ApprovalState) -> None:
    rendered = show(view, state)
    check_limits(rendered)
    check_harmless(rendered)


@settings(max_examples=40)
@given(state=states())
def test_approve_is_offered_only_where_every_character_is_shown(state: ApprovalState) -> None:
    rendered, listing = render_card(state), list_arguments(state.request.arguments)
    if state.status != "pending":
        assert deciding(rendered) == []
        assert not of_type(rendered, "actions")
    elif listed(rendered) == listing and len(clean_words(state.request.reason)) <= REASON_LENGTH:
        assert deciding(rendered)[0] in APPROVES
        assert DETAILS in buttons(rendered)
    else:
        assert deciding(rendered)[0] == DETAILS
        assert not APPROVES & set(buttons(rendered))


def hostile_state(bait: str, status: Status) -> ApprovalState:
    request = build_request(
        action=bait, title=bait, reason=bait, agent=bait, arguments={bait: bait, "x": [bait, {bait: bait}]}
    )
    return build_state(
        request=request,
        digest="d" * 64,
        plan=build_plan(policy=bait),
        status=status,
        decisions=(build_decision(comment=bait, decided_at=NOW),),
        questions=(build_question(text=bait, asked_at=NOW),),
        answers=(build_answer(text=bait, answered_by=None, answered_at=NOW),),
        decided_at=NOW,
        reason=f"{bait}!",
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_hostile_text_stands_only_where_nothing_is_interpreted(view: str, status: Status) -> None:
    rendered = show(view, hostile_state(BAIT, status))
    check_limits(rendered)
    check_harmless(rendered)
    baited = [
        (node.get("type"), name)
        for node in sent(rendered)
        for name, value in node.items()
        if isinstance(value, str) and "<!channel>" in value
    ]
    assert baited
    assert set(baited) <= {("text", "text"), ("plain_text", "text"), ("button", "accessibility_label")}
    assert {node["user_id"] for node in of_type(rendered, "user")} <= {"UREQUESTER", "UAPPROVER"}
    assert "channel" in rendered.text
    assert not re.search(r"<(?!@UREQUESTER>)|&(?!amp;|lt;|gt;)", rendered.text)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_no_character_that_hides_or_turns_others_is_sent(view: str, status: Status) -> None:
    rendered = show(view, hostile_state(f"pay{BIDI}ee", status))
    raw = json.dumps(render(rendered.blocks), ensure_ascii=False) + rendered.text
    assert "payee" in raw
    assert not set(BIDI) & set(raw)


@pytest.mark.parametrize("view", ALL_VIEWS)
@pytest.mark.parametrize("user_id", ["U1><!channel>", "U1> <@U2", "<https://x|y>"])
def test_a_made_up_user_id_makes_no_mention_of_its_own(view: str, user_id: str) -> None:
    """Requests also come from other programs: a user id is text from outside as any other."""
    state = build_state(request=build_request(requester=build_person(user_id)))
    assert len(re.findall(r"[<>]", show(view, state).text)) <= 2


@pytest.mark.parametrize(
    "changes",
    [
        {"request": build_request(title="t" * 20_000)},
        {"request": build_request(action="a" * 200)},
        {"request": build_request(agent="a" * 20_000)},
        {"request": build_request(reason="r" * 20_000)},
        {"plan": build_plan(policy="p" * 20_000)},
        {"plan": build_plan(stages=(build_stage(approvers=(Approvers(id="C1"),) * 200),))},
        {"reason": "r" * 20_000},
    ],
    ids=["title", "action", "agent", "reason", "policy", "approvers", "end"],
)
@pytest.mark.parametrize("status", ["pending", "approved"])
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_nothing_that_is_too_long_keeps_a_message_from_being_sent(
    changes: dict[str, object], status: Status, view: str
) -> None:
    check_limits(show(view, build_state(status=status, decided_at=NOW, **changes)))


@pytest.mark.parametrize("status", ["pending", "rejected"])
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_a_large_request_that_many_people_comment_on_can_still_be_shown(status: Status, view: str) -> None:
    """Otherwise the buttons of such a card would stay for ever: it could be rewritten no more."""
    people = [build_person(f"U{number}") for number in range(6)]
    decisions = tuple(
        build_decision(decided_by=one, comment=f"{one} " * 40, decided_at=NOW) for one in people
    )
    request = build_request(arguments={"x": "a" * 5_900}, reason="r" * 700)
    plan = build_plan(stages=(build_stage(quorum=8),))
    state = build_state(
        request=request,
        plan=plan,
        decisions=decisions,
        questions=LONG_QUESTIONS,
        answers=LONG_ANSWERS,
        status=status,
        decided_at=NOW,
    )
    check_limits(show(view, state))


FULL = build_stage(
    name="n" * 99,
    quorum=9,
    reject_quorum=9,
    approvers=tuple(
        Approvers(kind=kind, id=f"{kind}-{number}".ljust(90, "x"))
        for kind in ("channel", "usergroup", "email")
        for number in range(20)
    ),
    on_deadline="escalate",
    escalation=Escalation(approvers=tuple(Approvers(kind="email", id=f"e{n}" * 40) for n in range(20))),
)


@pytest.mark.parametrize("escalated", ["", "added"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("status", ["pending", "approved", "expired"])
@pytest.mark.parametrize("shadow", [True, False])
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_the_largest_card_of_the_longest_policy_still_fits(
    view: str, status: Status, escalated: str, *, shadow: bool, known: bool
) -> None:
    handed = tuple(
        Delegation(principal=one, delegate=PEOPLE[150], until=NOW, away=True) for one in PEOPLE[:100]
    )
    decisions = tuple(
        build_decision(decided_by=one, on_behalf_of=one, comment="c" * 1_000, decided_at=NOW, read=True)
        for one in PEOPLE[160:190]
    )
    plan = build_plan(
        policy="p" * 99,
        stages=(FULL,) * 50,
        severity="high",
        retype="r" * 99,
        shadow=shadow,
        comment_on=("approve", "reject"),
    )
    request = build_request(
        title="t" * 999,
        action="a" * 200,
        arguments={f"x{n:02}": "a" * 94 for n in range(60)},
        reason="r" * 500,
        agent="g" * 99,
        speakers=tuple(PEOPLE[190:]),
    )
    state = build_state(
        request=request,
        plan=plan,
        status=status,
        decided_at=NOW,
        stage=1,
        escalated=escalated,
        roster=Roster(people=tuple(PEOPLE[:100]), count=2_000 if known else None, delegations=handed),
        decisions=() if shadow else decisions,
        questions=() if shadow else LONG_QUESTIONS,
        answers=() if shadow else LONG_ANSWERS,
        reason="w" * 999,
    )
    check_limits(show(view, state))


@pytest.mark.parametrize("status", ["pending", "approved", "rejected"])
@pytest.mark.parametrize("count", [1, 7, MOST_CHANGES])
@pytest.mark.parametrize("view", VIEWS)
def test_a_large_request_that_was_changed_very_often_still_fits(
    view: str, count: int, status: Status
) -> None:
    changes = tuple(
        Amendment(
            changed_by=PEOPLE[number],
            on_behalf_of=PEOPLE[-number],
            changed_at=NOW,
            before={"x": f"{number}" * 5_000, BAIT: BAIT},
            digest="d",
            decided=number,
            comment="c" * 1_000,
        )
        for number in range(count)
    )
    decisions = tuple(
        build_decision(decided_by=one, on_behalf_of=one, comment="c" * 1_000, decided_at=NOW)
        for one in PEOPLE[60:90]
    )
    state = build_state(
        request=build_request(arguments={"x": "a" * 5_900}, reason="r" * 500, parameters={"type": "object"}),
        plan=build_plan(stages=(FULL,) * 9, change="second", severity="high"),
        amendments=changes,
        decisions=decisions,
        status=status,
        decided_at=NOW,
        reason="w" * 999,
    )
    rendered = VIEWS[view](state)
    check_limits(rendered)
    check_harmless(rendered)


@settings(max_examples=40)
@given(longer | st.just("") | st.just("&" * 20_000))
def test_a_reply_is_posted_in_full_in_messages_that_slack_takes(text: str) -> None:
    messages = render_reply(text)
    for rendered in messages:
        check_limits(rendered)
        check_harmless(rendered)
    shown = "".join(map(all_text, messages))
    assert shown == (clean_words(text) or "(no words)")
