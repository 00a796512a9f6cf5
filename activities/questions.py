"""What was asked before a decision and what was answered, as people read it."""

from collections.abc import Sequence

from slack_sdk.models.blocks import RichTextElement

from activities.blocks import Parts, mention, moment, plain, quote, section
from activities.changes import change_row
from activities.contents import share_room
from activities.text import clean_words, cut
from activities.verdicts import decision_row
from workflows import questions
from workflows.contracts import Amendment, Answer, ApprovalState, Decision, Question
from workflows.notices import Word

QUESTIONS_ON_CARD = 2
WORDS_ON_CARD = 140
ROW_LENGTH = 50
SHORTEST = 20
ROOM_FOR_MORE = 1_000
"""Where there is less, a card has the last question only."""
WORDS_IN_MESSAGE = 3_000
MESSAGE_ROOM = 8_000
"""How many characters a question and all its answers may take together; what people can type in a form fits."""
WORDS_IN_NEWS = 1_000
NEWS_SHOWN = 7
"""Of more that was said, as after an outage of Slack's, the last."""


def card_questions(state: ApprovalState) -> Parts:
    """The last questions with their last answers, as a card has room for them."""
    room = share_room(state).questions
    shown = state.questions[-1 if room < ROOM_FOR_MORE else -QUESTIONS_ON_CARD :]
    length = room // (2 * max(len(shown), 1)) - ROW_LENGTH
    length = min(max(length, SHORTEST), WORDS_ON_CARD)
    earlier = len(state.questions) - len(shown)
    rows: Parts = [section(plain(f"Earlier questions, under Details: {earlier}"))] if earlier else []
    for question in shown:
        answers = questions.answers_to(state, question.number)
        last = _word_row(answers[-1], length) if answers else section(plain("No answer yet"))
        rows += [_word_row(question, length), last]
    return rows


def question_rows(state: ApprovalState, number: int) -> Parts:
    """A question and all answers to it, in full as far as Slack's limits allow."""
    answers = questions.answers_to(state, number)
    length = min(WORDS_IN_MESSAGE, MESSAGE_ROOM // (1 + len(answers)))
    rows: Parts = [quote(_shown(state.questions[number], length))]
    for one in answers:
        rows += [section(*told_parts(one)), quote(_shown(one, length))]
    return rows


def word_rows(state: ApprovalState, said: Sequence[Word]) -> Parts:
    """What people have said, a row each; where it is too much for one message, the last of it."""
    rows: Parts = [_said_row(state, one) for one in said[-NEWS_SHOWN:]]
    left = len(said) - len(rows)
    return [section(plain(f"Said before and not shown here: {left}")), *rows] if left else rows


def _said_row(state: ApprovalState, word: Word) -> RichTextElement:
    if isinstance(word, Decision):
        return decision_row(state, word, WORDS_IN_NEWS)
    if isinstance(word, Amendment):
        return change_row(state, state.amendments.index(word), WORDS_IN_NEWS)
    return _word_row(word, WORDS_IN_NEWS)


def _word_row(word: Question | Answer, length: int) -> RichTextElement:
    return section(*told_parts(word), plain(f": {_shown(word, length)}"))


def told_parts(word: Question | Answer) -> Parts:
    """Who asks or answers, and when."""
    verb = "asks" if isinstance(word, Question) else "answers"
    who = mention(word.person) if word.person else plain("The agent")
    return [who, plain(f" {verb} "), moment(word.said_at)]


def _shown(word: Question | Answer, length: int) -> str:
    return cut(" ".join(clean_words(word.text).split()), length)
