"""Forms by which people ask, as a policy writes them: what is filled in, and what action it asks for."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Kind = Literal["text", "long_text", "number", "date", "choice", "user", "channel"]

TITLE_LENGTH = 24
LABEL_LENGTH = 100
HINT_LENGTH = 300
OPTION_LENGTH = 75
"""What Slack shows of a modal's title and of an option; its limits for labels and hints are higher than what is read."""

_ACTION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}")
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


def _check_line(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise ValueError(f"`{text}` has to be words on one line, without spaces around them.")
    return text


def _check_action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise ValueError(f"`{text}` is no action: write its name, like grant_access, without patterns.")
    return text


def _check_argument(text: str) -> str:
    if not _ARGUMENT.fullmatch(text):
        raise ValueError(f"`{text}` is no name of an argument: write one like cost_center.")
    return text


Line = Annotated[str, AfterValidator(_check_line)]
Option = Annotated[Line, Field(max_length=OPTION_LENGTH)]


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FieldSource(_Source):
    """Something to fill in: one argument of the request."""

    name: Annotated[str, AfterValidator(_check_argument)] = Field(
        description="The argument's name, as conditions speak of it: args.NAME."
    )
    label: Line = Field(max_length=LABEL_LENGTH, description="What people read above it.")
    kind: Kind = Field(
        description="text, long_text, number, date, choice, user or channel; dates are texts like 2026-12-24, people and channels ids."
    )
    options: tuple[Option, ...] = Field(default=(), min_length=1, description="What a choice offers.")
    required: bool = Field(default=True, description="Whether it has to be filled in.")
    hint: Line | None = Field(
        default=None, max_length=HINT_LENGTH, description="What people read below it, in small print."
    )


class FormSource(_Source):
    """A form that people find under the shortcut New request."""

    title: Line = Field(max_length=TITLE_LENGTH, description="What the form is called.")
    action: Annotated[str, AfterValidator(_check_action)] = Field(
        description="The action that it asks for; the policy's own match has to take it."
    )
    fields: tuple[FieldSource, ...] = Field(min_length=1, description="What is filled in, in order.")


def sample_arguments(form: FormSource, number: int, *, whole: bool) -> dict[str, str | int]:
    """Arguments as somebody may file them: all of them, or (not `whole`) only those that have to be there."""
    fields = [one for one in form.fields if whole or one.required]
    return {one.name: _sample(one, number) for one in fields}


def _sample(field: FieldSource, number: int) -> str | int:
    values: dict[Kind, str | int] = {
        "number": number,
        "date": "2026-12-24",
        "choice": next(iter(field.options), ""),
        "user": "U0SOMEBODY",
        "channel": "C0SOMEWHERE",
    }
    return values.get(field.kind, "words")
