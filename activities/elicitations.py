"""Questions to people: whether they can be asked, what answers they take, and both as people read them."""

from collections.abc import Iterator

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import JsonValue
from slack_sdk.models.blocks import Block, ButtonElement, PlainTextObject

from activities.blocks import Parts, code, paragraphs, plain, quote, section, strong
from activities.parameters import NO_SCHEMA, find_misfits
from activities.text import clean_words, cut, list_arguments, show_label, show_name, show_title, write_value
from workflows.contracts import ApprovalRequest, ApprovalState, JsonObject
from workflows.elicitation import ASK_HUMAN, Elicitation, ElicitationError, is_question, read_elicitation
from workflows.policy import find_answer

RESPOND = "countersign_respond"
CHOOSE = "countersign_choose"
MOST_BUTTONS = 5
"""Of more options than that a menu in a form is quicker to read."""
LABEL_LENGTH = 75
HEADED_LENGTH = 120
"""What is as short as that stands in a card's heading in full."""
OPTIONS_SHOWN = 20
ANSWER_SHOWN = 1_500
"""How many characters of an answer a message has room for; Details have all of them."""
MORE = "The rest of it is under Details."


def find_problem(request: ApprovalRequest) -> str:
    """Why a question cannot be asked; nothing where it can, or where it is none."""
    if not is_question(request):
        return ""
    try:
        asked = read_elicitation(request.arguments)
        Draft202012Validator.check_schema(asked.parameters)
    except ElicitationError as error:
        return str(error)
    except SchemaError as error:
        return f"This question cannot be asked: its schema is no JSON Schema ({error.message})"
    if NO_SCHEMA in find_misfits({}, asked.parameters).values():
        return "This question cannot be asked: its schema has a pattern that cannot be checked"
    hidden = next((one for one in _labels(asked.parameters) if show_name(one) != one), None)
    return (
        ""
        if hidden is None
        else f"This question cannot be asked: {show_name(hidden)} cannot be shown as it is"
    )


def _labels(parameters: JsonValue) -> Iterator[str]:
    """The names of fields, and what can be chosen in them: what forms have to show as it is."""
    if isinstance(parameters, list):
        yield from (text for one in parameters for text in _labels(one))
    if not isinstance(parameters, dict):
        return
    properties, choices = parameters.get("properties"), parameters.get("enum")
    yield from properties if isinstance(properties, dict) else ()
    yield from (str(one) for one in choices) if isinstance(choices, list) else ()
    for name in ("properties", "items", "anyOf"):
        inner = parameters.get(name)
        yield from _labels(
            list(inner.values()) if name == "properties" and isinstance(inner, dict) else inner
        )


def find_problems(request: ApprovalRequest, answer: JsonValue) -> tuple[str, ...]:
    """What is wrong with an answer, a sentence each."""
    try:
        asked = read_elicitation(request.arguments)
    except ElicitationError as error:
        return (str(error),)
    if asked.form is not None and not isinstance(answer, dict):
        return ("The answer to a question with a schema is an object.",)
    return tuple(find_misfits(asked.spread(answer), asked.parameters).values())


def find_elicitation(action: str, arguments: JsonObject) -> Elicitation | None:
    """What is asked, where it is something that people can be asked."""
    try:
        return read_elicitation(arguments) if action == ASK_HUMAN else None
    except ElicitationError:
        return None


def question_blocks(asked: Elicitation) -> list[Block]:
    """What is asked, in full."""
    return [paragraphs(section(strong("The question:")), quote(clean_words(asked.question)))]


def asked_blocks(state: ApprovalState, asked: Elicitation) -> list[Block]:
    """The same on a card: not what its heading says already, and options only where they are no buttons of its own."""
    title = show_title(state.request.title, HEADED_LENGTH)
    told = [] if title == asked.question else question_blocks(asked)
    pressed = state.status == "pending" and len(asked.options) <= MOST_BUTTONS and asked.options
    rows = [] if pressed else answer_rows(asked)
    return [*told, *([paragraphs(*rows)] if rows else [])]


def answer_rows(asked: Elicitation) -> Parts:
    """What can be answered, where that is more than words."""
    listed = _list_answers(asked)
    title = "One of: " if asked.options else "To be filled in: "
    return [section(strong(title), plain(listed))] if listed else []


def _list_answers(asked: Elicitation) -> str:
    """The options, or the names of the fields; nothing where the answer is words."""
    if asked.options:
        left = len(asked.options) - OPTIONS_SHOWN
        more = f" · and {left} more" if left > 0 else ""
        return " · ".join(map(show_name, asked.options[:OPTIONS_SHOWN])) + more
    names = asked.form.get("properties") if asked.form else None
    return ", ".join(map(show_name, names)) if isinstance(names, dict) else ""


def option_buttons(asked: Elicitation, value: str, title: str) -> list[ButtonElement]:
    """A button for each option. Which one it is, its action says; what these are the digest in its value binds."""
    return [
        ButtonElement(
            text=PlainTextObject(text=option, emoji=False),
            action_id=f"{CHOOSE}_{number}",
            value=value,
            accessibility_label=cut(f"Answer {option}: {title}", LABEL_LENGTH),
        )
        for number, option in enumerate(asked.options)
    ]


def question_text(asked: Elicitation, limit: int) -> str:
    """What is asked and its options as plain text, for notifications."""
    options = f"\nOne of: {_list_answers(asked)}" if asked.options else ""
    return cut(clean_words(asked.question), limit) + options


def answer_blocks(state: ApprovalState) -> list[Block]:
    """The answer that a question has got, as far as a message has room for it."""
    answer = find_answer(state)
    if answer is None:
        return []
    listing = write_answer(answer)
    shown = code(cut(listing, ANSWER_SHOWN))
    more = [paragraphs(section(plain(MORE)))] if len(listing) > ANSWER_SHOWN else []
    return [paragraphs(section(strong("The answer:"))), *shown, *more]


def write_answer(answer: JsonValue) -> str:
    """An answer as people read it: words as they are, fields one below the other."""
    if isinstance(answer, dict):
        return "\n".join(_write_field(name, value) for name, value in answer.items()) or "(nothing)"
    return clean_words(answer) if isinstance(answer, str) else write_value(answer)


def measure_question(state: ApprovalState, asked: Elicitation) -> int:
    """About how many characters a card has of a question and its answer; never more than of other arguments."""
    answer = find_answer(state)
    told = 0 if answer is None else min(len(write_answer(answer)), ANSWER_SHOWN)
    return len(asked.question) + len(_list_answers(asked)) + told


def _write_field(name: str, value: JsonValue) -> str:
    """A list of what was chosen is short, and one line is quicker to read."""
    if not isinstance(value, list):
        return list_arguments({name: value})
    return f"{show_label(name)}: {', '.join(show_name(write_value(one)) for one in value) or '(none)'}"


def short_answer(answer: JsonValue, limit: int) -> str:
    """The same on one line, as far as there is room."""
    return show_title(" · ".join(write_answer(answer).split("\n")), limit)
