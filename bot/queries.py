"""Lists as Temporal's visibility is asked for them: pure. What a reader may not see is left out here and nowhere else."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.filters import Filter
from bot.readers import Reader, Voice
from workflows import attributes
from workflows.attributes import DEADLINE, DECIDERS, OPENED, POLICY, REQUESTER, TEAM, TITLE, VIEWERS
from workflows.contracts import Person
from workflows.visibility import NO_DELEGATES, bar

_APPROVALS = "WorkflowType = 'ApprovalWorkflow'"
_OPEN = "ExecutionStatus = 'Running'"
_ENDED = "ExecutionStatus != 'Running' AND ExecutionStatus != 'ContinuedAsNew'"
_LATEST = "ExecutionStatus != 'ContinuedAsNew'"
"""Only the last run of a request that has continued as new is the request."""


def build_query(reader: Reader, wanted: Filter, now: datetime) -> str:
    """What this reader may see of what is wanted."""
    return _all_of(_APPROVALS, _in_team(reader), *_scope(reader, wanted), *_narrow(reader, wanted, now))


def build_due(reader: Reader, until: datetime | None, now: datetime) -> str:
    """What waits for this reader and is due until then; without that, all of it."""
    due = () if until is None else (f"{DEADLINE.name} <= {_quote_time(until)}",)
    return _all_of(build_query(reader, Filter(scope="mine"), now), *due)


def build_lookup(reader: Reader, start: str) -> str:
    """The requests, open or ended, whose ids begin like this, as far as this reader may see them."""
    begins = f"WorkflowId STARTS_WITH {_quote(start)}"
    return _all_of(_APPROVALS, _LATEST, _in_team(reader), begins, _may_see(reader))


def _in_team(reader: Reader) -> str:
    return f"{TEAM.name} = {_quote(reader.team_id)}"


def _scope(reader: Reader, wanted: Filter) -> tuple[str, ...]:
    match wanted.scope:
        case "mine":
            return (_OPEN, _may_decide(reader))
        case "asked":
            return (_OPEN, f"{REQUESTER.name} = {_quote(attributes.person_key(reader.person))}")
        case "all":
            return (_OPEN, _may_see(reader))
        case "history":
            return (_ENDED, _may_see(reader))


def _narrow(reader: Reader, wanted: Filter, now: datetime) -> Iterable[str]:
    if wanted.policy:
        yield f"{POLICY.name} = {_quote(attributes.cut_keyword(wanted.policy))}"
    if wanted.requester:
        person = Person(team_id=reader.team_id, user_id=wanted.requester)
        yield f"{REQUESTER.name} = {_quote(attributes.person_key(person))}"
    if wanted.older:
        yield f"{OPENED.name} < {_quote_time(now - wanted.older)}"
    for word in attributes.find_words(wanted.words):
        yield f"{TITLE.name} = {_quote(word)}"


def _may_see(reader: Reader) -> str:
    """Whoever is among the viewers; and while it can be decided, whoever decides for somebody who can.

    Whoever decides for somebody for a day must not see what that person has ever been asked.
    """
    own = f"{VIEWERS.name} IN ({_quote_all(reader.viewer_tokens)})"
    return _any_of(own, *(f"({_OPEN} AND {_through(voice)})" for voice in reader.principals))


def _may_decide(reader: Reader) -> str:
    own = f"{DECIDERS.name} IN ({_quote_all(reader.own.tokens)})"
    able = _any_of(own, *(_through(voice) for voice in reader.principals))
    return f"{able} AND NOT {DECIDERS.name} = {_quote(bar(reader.own.user_id))}"


def _through(voice: Voice) -> str:
    """What somebody can decide whose delegate reads."""
    tokens, out = _quote_all(voice.tokens), _quote_all((bar(voice.user_id), NO_DELEGATES))
    return f"({DECIDERS.name} IN ({tokens}) AND {DECIDERS.name} NOT IN ({out}))"


def _all_of(*clauses: str) -> str:
    return " AND ".join(clauses)


def _any_of(*clauses: str) -> str:
    return f"({' OR '.join(clauses)})"


def _quote_all(texts: Iterable[str]) -> str:
    return ", ".join(map(_quote, texts))


def _quote_time(when: datetime) -> str:
    return _quote(when.astimezone(UTC).isoformat())


def _quote(text: str) -> str:
    """A text as a value. Backslashes are left out: stores differ in what they make of them."""
    return "'{}'".format(text.replace("\\", "").replace("'", "''"))
