"""What was asked before a decision and what was answered, as people read it."""

from collections.abc import Sequence

from slack_sdk.models.blocks import RichTextElement

from activities.blocks import Parts, mention, moment, plain, quote, section
from activities.contents import room_left
from activities.text import clean_words, cut
from activities.verdicts import decision_row
from workflows import questions
from workflows.contracts import Answer, ApprovalState, Decision, Question

QUESTIONS_ON_CARD = 2
WORDS_ON_CARD = 140
CARD_ROOM = 1_000
"""Where the arguments leave less of their share of the card, it has room for the last question only."""
WORDS_ON_FULL_CARD = 60
WORDS_IN_MESSAGE = 3_000
MESSAGE_ROOM = 8_000
"""How many characters a question and all its answers may take together; what people can type in a form fits."""
WORDS_IN_NEWS = 1_000
NEWS_SHOWN = 7
"""Of more that was said, as after an outage of Slack's, the last."""


def card_questions(state: ApprovalState) -> Parts:
    """The last questions with their last answers, as a card has room for them."""
    full = room_left(state) < CARD_ROOM
    most, length = (1, WORDS_ON_FULL_CARD) if full else (QUESTIONS_ON_CARD, WORDS_ON_CARD)
    rows: Parts = []
    earlier = len(state.questions) - most
    if earlier > 0:
        rows.append(section(plain(f"Earlier questions, under Details: {earlier}")))
    for question in state.questions[-most:]:
        rows.append(_word_row(question, length))
        answers = questions.answers_to(state, question.number)
        rows += [_word_row(one, length) for one in answers[-1:]]
        rows += [] if answers else [section(plain("No answer yet"))]
    return rows


def question_rows(state: ApprovalState, number: int) -> Parts:
    """A question and all answers to it, in full as far as Slack's limits allow."""
    answers = questions.answers_to(state, number)
    length = min(WORDS_IN_MESSAGE, MESSAGE_ROOM // (1 + len(answers)))
    rows: Parts = [quote(_shown(state.questions[number], length))]
    for one in answers:
        rows += [section(*_who(one)), quote(_shown(one, length))]
    return rows


def word_rows(state: ApprovalState, said: Sequence[Decision | Question | Answer]) -> Parts:
    """What people have said, a row each; where it is too much for one message, the last of it."""
    staged = state.plan is not None and len(state.plan.stages) > 1
    rows: Parts = [
        decision_row(one, WORDS_IN_NEWS, staged=staged)
        if isinstance(one, Decision)
        else _word_row(one, WORDS_IN_NEWS)
        for one in said[-NEWS_SHOWN:]
    ]
    left = len(said) - len(rows)
    return [section(plain(f"Said before and not shown here: {left}")), *rows] if left else rows


def _word_row(word: Question | Answer, length: int) -> RichTextElement:
    return section(*_who(word), plain(f": {_shown(word, length)}"))


def _who(word: Question | Answer) -> Parts:
    verb = "asks" if isinstance(word, Question) else "answers"
    who = mention(word.person) if word.person else plain("The agent")
    return [who, plain(f" {verb} "), moment(word.said_at)]


def _shown(word: Question | Answer, length: int) -> str:
    return cut(" ".join(clean_words(word.text).split()), length)
