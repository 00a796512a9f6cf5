"""What was filled in, as the arguments of a request: of the right kinds, or what is wrong with it."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from activities.rules.forms import FieldSource, FormSource, Kind
from bot.submissions import Filing

FIELD = "countersign_field_"
"""How the ids of fields' blocks begin; the field's name follows."""
EMPTY = "Fill this in; blanks are not enough."
NO_NUMBER = "Write a number, like 1200 or 12.50."
INEXACT = "This number has more digits than can be kept exactly. Write fewer."
NO_DATE = "Choose a day."
NOT_OFFERED = "This is not offered. Choose again."
LARGEST = 2**53 - 1
"""The largest whole number that JSON readers agree on."""

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,29}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,29}")


class AnswerError(ValueError):
    """What is wrong with one answer, as the sentence that stands below it."""


class Answers(NamedTuple):
    """The arguments, and the sentences about what is wrong, by the inputs' blocks."""

    arguments: dict[str, JsonValue]
    errors: dict[str, str]


def field_block(field: FieldSource) -> str:
    """The id of a field's block."""
    return FIELD + field.name


def read_answers(form: FormSource, filing: Filing) -> Answers:
    """All answers; a field that may be left empty and is, is no argument at all."""
    answers = Answers({}, {})
    for field in form.fields:
        text = filing.typed(field_block(field)).strip()
        if not text:
            answers.errors.update({field_block(field): EMPTY} if field.required else {})
            continue
        try:
            answers.arguments[field.name] = _READERS[field.kind](field, text)
        except AnswerError as error:
            answers.errors[field_block(field)] = str(error)
    return answers


def _read_text(_: FieldSource, text: str) -> str:
    return text


def _read_number(_: FieldSource, text: str) -> int | float:
    return parse_number(text)


def parse_number(text: str) -> int | float:
    """A number that everybody who reads it reads alike.

    Raises:
        AnswerError: it is none, or JSON could not keep all of its digits.
    """
    if not _NUMBER.fullmatch(text):
        raise AnswerError(NO_NUMBER)
    exact = Decimal(text)
    if exact == int(exact):
        if abs(exact) > LARGEST:
            raise AnswerError(INEXACT)
        return int(exact)
    if Decimal(repr(float(exact))) != exact:
        raise AnswerError(INEXACT)
    return float(exact)


def _read_date(_: FieldSource, text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise AnswerError(NO_DATE)


def _read_choice(field: FieldSource, text: str) -> str:
    if text not in field.options:
        raise AnswerError(NOT_OFFERED)
    return text


def _read_person(_: FieldSource, text: str) -> str:
    if not _PERSON.fullmatch(text):
        raise AnswerError(NOT_OFFERED)
    return text


def _read_channel(_: FieldSource, text: str) -> str:
    if not _CHANNEL.fullmatch(text):
        raise AnswerError(NOT_OFFERED)
    return text


_READERS: dict[Kind, Callable[[FieldSource, str], JsonValue]] = {
    "text": _read_text,
    "long_text": _read_text,
    "number": _read_number,
    "date": _read_date,
    "choice": _read_choice,
    "user": _read_person,
    "channel": _read_channel,
}
