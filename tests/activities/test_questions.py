"""What was asked and answered, as cards, threads and the requester's thread show it."""

from typing import Any

import pytest

from activities.blocks import render
from activities.cards import (
    ANSWER,
    APPROVE,
    ASK,
    DETAILS,
    ITEM_VIEWS,
    REJECT,
    REJECT_FORM,
    Rendered,
    render_card,
    render_news,
    render_question,
)
from activities.questions import MESSAGE_ROOM, NEWS_SHOWN, WORDS_ON_CARD
from tests.factories import (
    APPROVER,
    HOUR,
    NOW,
    REQUESTER,
    SECOND,
    build_answer,
    build_decision,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import all_text, buttons, check_limits, of_type, walk_objects
from workflows.contracts import Answer, ApprovalState, Question, Roster

PAUSE = 2 * HOUR
WHY, WHO = "Which invoice is this for?", "And who gets it?"


def spoken(rendered: Rendered) -> str:
    """What people read, with names in place of mentions and dates in UTC."""
    said: list[str] = []
    for node in walk_objects(render(rendered.blocks)):
        said += ["\n"] if node.get("type") in ("rich_text_section", "rich_text_quote") else []
        said += [f"@{node['user_id']}"] if "user_id" in node else []
        said += [part for name in ("text", "fallback") if isinstance(part := node.get(name), str)]
    return "".join(said)


def asked(number: int = 0, **changes: Any) -> Question:
    values: dict[str, Any] = {"number": number, "asked_at": NOW, "text": WHY}
    return build_question(**(values | changes))


def answered(number: int = 0, **changes: Any) -> Answer:
    values: dict[str, Any] = {"question": number, "answered_at": NOW + HOUR / 2}
    return build_answer(**(values | changes))


def talk(*words: Question | Answer, **changes: Any) -> ApprovalState:
    """A request about which this was said."""
    questions = tuple(word for word in words if isinstance(word, Question))
    answers = tuple(word for word in words if isinstance(word, Answer))
    return build_state(questions=questions, answers=answers, **changes)


# On the card


def test_a_question_without_an_answer_is_on_the_card_as_such() -> None:
    text = spoken(render_card(talk(asked())))
    assert f"\n@UAPPROVER asks 2026-11-23 09:00 UTC: {WHY}\nNo answer yet" in text
    assert "asks" not in spoken(render_card(build_state()))


def test_the_last_answer_is_on_the_card() -> None:
    state = talk(asked(), answered(answered_by=None, text="I do not know."), answered())
    text = spoken(render_card(state))
    assert "\n@UREQUESTER answers 2026-11-23 09:30 UTC: Number 4711." in text
    assert "I do not know" not in text
    assert "No answer yet" not in text


def test_an_answer_of_the_agents_is_said_to_be_its() -> None:
    text = spoken(render_card(talk(asked(), answered(answered_by=None))))
    assert "\nThe agent answers 2026-11-23 09:30 UTC: Number 4711." in text


def test_of_many_questions_the_last_are_on_the_card_and_the_others_counted() -> None:
    state = talk(*(asked(number, text=f"question {number}") for number in range(20)))
    text = spoken(render_card(state))
    assert "Earlier questions, under Details: 18" in text
    assert [f"question {number}" in text for number in (0, 17, 18, 19)] == [False, False, True, True]


def test_a_card_full_of_arguments_has_the_last_question_only() -> None:
    full = build_request(arguments={"memo": "y" * 5_500})
    text = spoken(render_card(talk(asked(), asked(1, text=WHO), request=full)))
    assert WHO in text
    assert WHY not in text
    assert "Earlier questions, under Details: 1" in text


def test_a_long_question_is_one_line_on_the_card_and_in_full_in_its_message() -> None:
    words = "a line\nand another " * 50
    state = talk(asked(text=words))
    line = " ".join(words.split())
    assert f"{line[: WORDS_ON_CARD - 1]}…" in spoken(render_card(state))
    assert line in spoken(render_question(state, 0))
    assert line in spoken(render_news(state, 0))


def test_once_it_has_ended_the_card_shows_the_decision_only() -> None:
    state = talk(asked(), status="approved", decided_at=NOW, decisions=(build_decision(decided_at=NOW),))
    assert WHY not in spoken(render_card(state))
    assert buttons(render_card(state)) == []


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (
            {"amount": 250},
            [[APPROVE, REJECT], [DETAILS, ASK, "countersign_approve_form", REJECT_FORM]],
        ),
        ({"memo": "y" * 9_000}, [[DETAILS, REJECT], [ASK, REJECT_FORM]]),
    ],
    ids=["small", "large"],
)
def test_ask_is_below_what_decides(arguments: dict[str, Any], rows: list[list[str]]) -> None:
    actions = of_type(render_card(build_state(request=build_request(arguments=arguments))), "actions")
    assert [[one["action_id"] for one in row["elements"]] for row in actions] == rows


# The clock


def test_while_the_clock_stands_still_the_card_says_so_and_until_when_at_most() -> None:
    state = talk(asked(), plan=build_plan(question_pause=PAUSE), paused_at=NOW)
    rendered = render_card(state)
    assert (
        "Until: the clock stands still until the question has an answer, at most until 2026-11-23 11:00 UTC"
        in spoken(rendered)
    )
    assert "2026-11-23 10:00 UTC" not in spoken(rendered) + rendered.text
    assert "The clock stands still until the question has an answer" in rendered.text


def test_while_the_clock_is_being_set_the_card_gives_no_time() -> None:
    state = talk(asked(), answered(), plan=build_plan(question_pause=PAUSE), paused_at=NOW, roster=None)
    text = spoken(render_card(state))
    assert "at most until" not in text
    assert "2026-11-23 10:00 UTC" not in text


# In the requester's thread


def test_a_question_says_who_asks_about_what_and_can_be_answered() -> None:
    rendered = render_question(talk(asked(), asked(1, text=WHO, asked_by=SECOND)), 1)
    text = spoken(rendered)
    assert "@USECOND asks before deciding: Transfer money" in text
    assert WHO in text
    assert WHY not in text
    assert rendered.text == f"A question about Transfer money: {WHO}"
    (button,) = of_type(rendered, "button")
    assert (button["action_id"], button["value"]) == (ANSWER, "approval-1|1")
    assert button["accessibility_label"] == f"Answer: {WHO}"


@pytest.mark.parametrize(
    ("answers", "status", "offered"),
    [
        ((), "pending", True),
        ((answered(answered_by=None),), "pending", True),
        ((answered(),), "pending", False),
        ((answered(answered_by=None), answered()), "pending", False),
        ((), "approved", False),
        ((answered(answered_by=None),), "expired", False),
    ],
)
def test_people_may_answer_until_one_of_them_has_or_the_request_has_ended(
    answers: tuple[Answer, ...], status: Any, *, offered: bool
) -> None:
    rendered = render_question(talk(asked(), *answers, status=status, decided_at=NOW), 0)
    assert buttons(rendered) == ([ANSWER] if offered else [])
    assert spoken(rendered).count("answers") == len(answers)


def test_what_people_can_type_is_shown_in_full_whoever_answers() -> None:
    words = [letter * 2_000 for letter in "qabc"]
    state = talk(asked(text=words[0]), *(answered(text=text) for text in words[1:]))
    rendered = render_question(state, 0)
    assert sum(map(len, words)) == MESSAGE_ROOM
    assert all(text in spoken(rendered) for text in words)
    check_limits(rendered)


# In the card's thread


def test_news_tell_what_was_said_since_and_nothing_before() -> None:
    first = asked(asked_at=NOW)
    second = asked(1, text=WHO, asked_by=SECOND, asked_at=NOW + HOUR)
    state = talk(first, second, answered(answered_at=NOW + HOUR / 2))
    text = spoken(render_news(state, 1))
    assert text.index("Number 4711.") < text.index(WHO)
    assert WHY not in text
    assert "Waiting for" not in text, "it is nobody else's turn"
    assert render_news(state, 1).text.startswith("News: Transfer money\n")


def test_when_a_stage_opens_its_people_are_called_in_the_thread() -> None:
    plan = build_plan(stages=(build_stage(name="manager"), build_stage(name="finance")))
    state = build_state(
        plan=plan,
        stage=1,
        decisions=(build_decision(stage=0, comment="Fine", decided_at=NOW),),
        roster=Roster(people=(SECOND,), count=1),
    )
    text = spoken(render_news(state, 0))
    assert "Approved by @UAPPROVER 2026-11-23 09:00 UTC, stage 1: Fine" in text
    assert "Stage 2 of 2: finance\nWaiting for @USECOND" in text
    assert "until 2026-11-23 10:00 UTC" in text


def test_after_a_long_outage_the_last_of_what_was_said_is_told_and_the_rest_counted() -> None:
    words = (asked(number, text=f"question {number} " + "w" * 2_000) for number in range(20))
    state = talk(*words, decisions=tuple(build_decision(comment="c" * 1_000, decided_at=NOW) for _ in "ab"))
    rendered = render_news(state, 0)
    assert f"Said before and not shown here: {22 - NEWS_SHOWN}" in spoken(rendered)
    assert "question 19" in spoken(rendered)
    check_limits(rendered)
    assert "not shown" not in spoken(render_news(state, 22 - NEWS_SHOWN))


# Text from outside is data


@pytest.mark.parametrize("view", ["question", "news", "card"])
def test_words_mention_nobody_and_hide_nothing(view: str) -> None:
    bait = "<!channel> <@UCAROL> *b* \u202egnp\x07"
    state = talk(asked(text=bait), answered(text=bait))
    rendered = ITEM_VIEWS[view](state, 0) if view in ITEM_VIEWS else render_card(state)
    people = {node["user_id"] for node in of_type(rendered, "user")}
    assert people <= {APPROVER.user_id, REQUESTER.user_id}
    assert "<!channel> <@UCAROL> *b* gnp" in all_text(rendered)
    sent = f"{render(rendered.blocks)}{rendered.text}"
    assert "\\u202e" not in sent
    assert "\u202e" not in sent
    assert "<!channel>" not in rendered.text


def test_a_label_names_the_question_without_what_hides_in_it() -> None:
    (button,) = of_type(render_question(talk(asked(text="Why\u202e\n so?")), 0), "button")
    assert button["accessibility_label"] == "Answer: Why so?"


def test_words_of_blanks_and_hidden_characters_can_still_be_shown() -> None:
    state = talk(asked(text="\u200b \n"), answered(text="\u2066"))
    for rendered in (render_card(state), render_question(state, 0), render_news(state, 0)):
        check_limits(rendered)


def test_twenty_long_questions_of_twenty_people_fit_everywhere() -> None:
    words = [asked(number, text="q" * 3_000, asked_by=build_person(f"U{number}")) for number in range(20)]
    words_back = [answered(number, text="a" * 3_000) for number in range(20) for _ in range(3)]
    state = talk(*words, *words_back)
    for rendered in (render_card(state), *(render_question(state, number) for number in range(20))):
        check_limits(rendered)
    check_limits(render_news(state, 0))
