"""The parts of a policy file: each read by itself, so that one that is wrong does not hide what is wrong with others."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from activities.rules.documents import Document, Path, Problem, as_list, as_mapping
from activities.rules.sentences import describe_error
from activities.rules.servers import ServerSource
from activities.rules.sources import (
    CalendarSource,
    CaseSource,
    DigestSource,
    FileSource,
    GroupSource,
    PolicySource,
)

_S = TypeVar("_S", bound=BaseModel)


@dataclass(frozen=True)
class Parts:
    """What could be read of a file; lists by number, so that their lines are found again."""

    document: Document
    calendars: dict[str, CalendarSource] = field(default_factory=dict[str, CalendarSource])
    groups: dict[str, GroupSource] = field(default_factory=dict[str, GroupSource])
    policies: dict[int, PolicySource] = field(default_factory=dict[int, PolicySource])
    digests: dict[int, DigestSource] = field(default_factory=dict[int, DigestSource])
    servers: dict[str, ServerSource] = field(default_factory=dict[str, ServerSource])
    cases: dict[int, CaseSource] = field(default_factory=dict[int, CaseSource])

    @property
    def policy_names(self) -> tuple[str, ...]:
        """The names of all policies, also of those that could not be read, in order."""
        written = as_list(as_mapping(self.document.value).get("policies"))
        return tuple(str(as_mapping(one).get("name", "")) for one in written)

    @property
    def complete(self) -> bool:
        """Whether all policies could be read: only then can it be said that something is never used."""
        return len(self.policies) == len(self.policy_names)

    def names(self, section: str) -> tuple[str, ...]:
        """The names in a section, also of parts that could not be read."""
        return tuple(as_mapping(as_mapping(self.document.value).get(section)))


def read_parts(document: Document) -> tuple[Parts, list[Problem]]:
    """The parts that are of the right form, and what is wrong with the form of the others."""
    errors = _find_errors(document.value)
    empty = list(_find_empty(document.value, ()))
    problems = [document.complain(*describe_error(error, document.value)) for error in errors]
    problems += [document.complain(path, _empty_sentence(path)) for path in empty]
    broken = {tuple(error["loc"][:2]) for error in errors} | {path[:2] for path in empty}
    return _build_parts(document, broken), problems


def _find_errors(value: Any) -> list[Any]:
    try:
        FileSource.model_validate_json(json.dumps(value))
    except ValidationError as error:
        return [one for one in error.errors() if not _is_echo(one)]
    return []


def _is_echo(error: Any) -> bool:
    """Whether it only repeats what is told anyway: that a key is empty, or what is wrong inside of a list."""
    return error["input"] is None or (error["type"] == "too_short" and bool(error["input"]))


def _find_empty(value: Any, path: Path) -> Iterator[Path]:
    """Keys with nothing after them; a case's arguments may be null."""
    if value is None and path:
        yield path
    if path[:1] == ("cases",) and path[2:] == ("args",) and value is not None:
        return
    for key, one in _entries(value):
        yield from _find_empty(one, (*path, key))


def _empty_sentence(path: Path) -> str:
    return f"`{path[-1]}` has nothing in it: write what belongs there, or leave it out."


def _build_parts(document: Document, broken: set[Path]) -> Parts:
    def read(section: str, model: type[_S]) -> dict[Any, _S]:
        members = _entries(as_mapping(document.value).get(section))
        return {
            key: model.model_validate_json(json.dumps(one))
            for key, one in members
            if not broken & {(section, key), (section,)}
        }

    return Parts(
        document,
        calendars=read("calendars", CalendarSource),
        groups=read("groups", GroupSource),
        policies=read("policies", PolicySource),
        digests=read("digests", DigestSource),
        servers=read("mcp_servers", ServerSource),
        cases=read("cases", CaseSource),
    )


def _entries(value: object) -> tuple[tuple[str | int, Any], ...]:
    return (*as_mapping(value).items(), *enumerate(as_list(value)))
