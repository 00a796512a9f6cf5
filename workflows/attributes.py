"""Search attributes: what approvals can be found by in Temporal."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey, SearchAttributeUpdate

from workflows.contracts import ApprovalState, Person
from workflows.visibility import list_deciders, list_viewers

Key = SearchAttributeKey[str] | SearchAttributeKey[datetime] | SearchAttributeKey[Sequence[str]]

TEAM = SearchAttributeKey.for_keyword("CountersignTeam")
REQUESTER = SearchAttributeKey.for_keyword("CountersignRequester")
ACTION = SearchAttributeKey.for_keyword("CountersignAction")
POLICY = SearchAttributeKey.for_keyword("CountersignPolicy")
TITLE = SearchAttributeKey.for_text("CountersignTitle")
DECIDERS = SearchAttributeKey.for_keyword_list("CountersignDeciders")
VIEWERS = SearchAttributeKey.for_keyword_list("CountersignViewers")
OPENED = SearchAttributeKey.for_datetime("CountersignOpened")
DEADLINE = SearchAttributeKey.for_datetime("CountersignDeadline")

ALL: tuple[Key, ...] = (TEAM, REQUESTER, ACTION, POLICY, TITLE, DECIDERS, VIEWERS, OPENED, DEADLINE)
"""Of each type as few as there can be: SQL stores have room for three texts, keyword lists and moments a namespace."""

KEYWORD_BYTES = 255
"""How long a keyword may be on every store that Temporal supports."""
TITLE_BYTES = 1_500
_TYPES = {
    SearchAttributeIndexedValueType.TEXT: "Text",
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.KEYWORD_LIST: "KeywordList",
    SearchAttributeIndexedValueType.DATETIME: "Datetime",
}
_WORD = re.compile(r"[^\W_]+")


def describe_key(key: Key) -> str:
    """An attribute as Temporal's command line names it: `Name=Type`."""
    return f"{key.name}={_TYPES[key.indexed_value_type]}"


def person_key(person: Person) -> str:
    """A person as one keyword."""
    return f"{person.team_id}/{person.user_id}"


def find_words(text: str) -> tuple[str, ...]:
    """The words by which a title is found, in lower case: stores differ in what else they make of a text."""
    return tuple(_WORD.findall(text.lower()))


def cut_keyword(text: str) -> str:
    """The beginning of a text, as far as every store takes it for a keyword."""
    return _cut(text, KEYWORD_BYTES)


def describe(state: ApprovalState) -> list[SearchAttributeUpdate[Any]]:
    """The attributes of an approval."""
    request, plan = state.request, state.plan
    updates: list[SearchAttributeUpdate[Any]] = [
        TEAM.value_set((plan and plan.team_id) or request.requester.team_id),
        REQUESTER.value_set(person_key(request.requester)),
        ACTION.value_set(cut_keyword(request.action)),
        DECIDERS.value_set(list_deciders(state)),
        VIEWERS.value_set(list_viewers(state)),
        OPENED.value_set(state.opened_at),
    ]
    if words := find_words(request.title):
        updates.append(TITLE.value_set(_cut(" ".join(words), TITLE_BYTES)))
    if plan:
        updates.append(POLICY.value_set(cut_keyword(plan.policy)))
    if state.deadline:
        updates.append(DEADLINE.value_set(state.deadline))
    return updates


def _cut(text: str, length: int) -> str:
    return text.encode()[:length].decode(errors="ignore")
