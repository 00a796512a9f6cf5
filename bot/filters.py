"""Which requests a list shows: read strictly from what somebody typed, and written back so that pages know it again."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict

from activities.rules.spans import parse_span, write_span
from workflows.attributes import find_words

Scope = Literal["mine", "asked", "all", "history"]

LONGEST = 180
"""How long a filter may be when written: the id of a block, which carries it, takes 255 characters."""
NOBODY = "After `from` comes a person; choose one from what Slack suggests when you type @."
NO_AGE = "After `older than` comes a span of time like 90m, 4h, 2d or 1w."
_MENTION = re.compile(r"<@(?P<id>[UW][A-Z0-9]{1,29})(?:\|[^<>]*)?>")
_WORD = re.compile(r'"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]+)|(?P<stray>")|\s+')
_QUOTES = str.maketrans("“”„‟«»", '""""""')


class FilterError(ValueError):
    """What was typed is no filter; the message is the sentence that says what is wrong."""


class Filter(BaseModel):
    """What to list; `requester` is a user id, `words` have all to be in the title."""

    model_config = ConfigDict(frozen=True)

    scope: Scope = "mine"
    policy: str = ""
    requester: str = ""
    older: timedelta | None = None
    words: str = ""


class _Word(NamedTuple):
    text: str
    quoted: bool = False


def parse_filter(text: str) -> Filter:
    """Read a filter: a scope, and what narrows it, in any order. With none of it, it is what the reader can decide.

    Raises:
        FilterError: with the sentence that says what is wrong.
    """
    found: dict[str, object] = {}
    words = iter(_split(text))
    for word in words:
        for key, value in _read(word, words):
            if key in found:
                raise FilterError(f"`{word.text}` says again what was said before; say each thing once.")
            found[key] = value
    found.setdefault("scope", "all" if found else "mine")
    wanted = Filter.model_validate(found)
    if len(write_filter(wanted)) > LONGEST:
        raise FilterError("That is too long for a list; say it in fewer words.")
    return wanted


def _split(text: str) -> list[_Word]:
    words: list[_Word] = []
    for found in _WORD.finditer(text.translate(_QUOTES)):
        if found["stray"]:
            raise FilterError('A quotation mark has no partner; write "like this".')
        if found["quoted"] is not None:
            words.append(_Word(" ".join(found["quoted"].split()), quoted=True))
        elif found["plain"]:
            words.append(_Word(found["plain"]))
    return words


def _read(word: _Word, rest: Iterator[_Word]) -> Iterator[tuple[str, object]]:
    """What one word says, together with those after it that belong to it."""
    name = word.text.lower()
    if word.quoted:
        yield "words", _check_words(word.text)
    elif name in get_args(Scope):
        yield "scope", name
    elif name == "search":
        yield "words", _check_words(" ".join(one.text for one in rest if one.text))
    elif name == "policy":
        yield "policy", _next(rest, "After `policy` comes a policy's name.")
    elif name == "from":
        yield "requester", _read_person(_next(rest, NOBODY))
    elif name == "older":
        yield "older", _read_age(rest)
    else:
        raise FilterError(
            f"`{word.text}` is no word of this command; to find it in titles, write search {word.text}."
        )


def _next(rest: Iterator[_Word], missing: str) -> str:
    word = next(rest, None)
    if word is None or not word.text:
        raise FilterError(missing)
    return word.text


def _read_person(text: str) -> str:
    mention = _MENTION.fullmatch(text)
    if mention is None:
        raise FilterError(NOBODY)
    return mention["id"]


def _read_age(rest: Iterator[_Word]) -> timedelta:
    if _next(rest, NO_AGE).lower() != "than":
        raise FilterError(NO_AGE)
    try:
        return parse_span(_next(rest, NO_AGE).lower())
    except ValueError as error:
        raise FilterError(str(error)) from None


def _check_words(text: str) -> str:
    if not find_words(text):
        raise FilterError("There is no word to search titles for.")
    return text


def write_filter(wanted: Filter) -> str:
    """A filter as it is typed; read again, it is the same."""
    parts: list[str] = [wanted.scope]
    if wanted.policy:
        parts.append(f'policy "{wanted.policy}"')
    if wanted.requester:
        parts.append(f"from <@{wanted.requester}>")
    if wanted.older:
        parts.append(f"older than {write_span(wanted.older)}")
    if wanted.words:
        parts.append(f'"{wanted.words}"')
    return " ".join(parts)
