"""How far later requests may differ from one that was approved, written as the CEL that approvers see and rules go by.

It holds for arguments of the same names and kinds only: none may be missing, none added, and 1 is neither "1" nor true.
"""

import json
import re
from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from activities.rules.conditions import Condition, ConditionError, Facts, compile_condition
from activities.text import show_hidden
from workflows.contracts import ApprovalRequest, ApprovalState, Bound, Reach
from workflows.grants import CONDITION_LENGTH
from workflows.policy import may_remember

MOST_ARGUMENTS = 30
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    [
        "false",
        "in",
        "null",
        "true",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)


class BoundsError(ValueError):
    """Bounds that are not those of a request's arguments, or whose condition cannot be said; a sentence for people."""


def find_reaches(value: JsonValue) -> tuple[Reach, ...]:
    """How far an argument of that value may differ: a number that is not below zero may be lower, too."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return ("exact", "most", "any") if number else ("exact", "any")


def write_condition(arguments: Mapping[str, JsonValue], bounds: Iterable[Bound]) -> str:
    """The condition on the arguments of later requests, a line for each of them.

    Raises:
        BoundsError: the bounds are not those of these arguments, or there is too much to say.
    """
    given = tuple(bounds)
    if [one.name for one in given] != list(arguments):
        raise BoundsError("The limits are not those of what was asked.")
    lines = [f"size(args) == {len(arguments)}", *(_write_bound(one, arguments[one.name]) for one in given)]
    condition = " &&\n".join(lines)
    stored = len(condition.encode(errors="backslashreplace"))  # a register of many has to fit one payload
    if max(len(show_hidden(condition)), stored) > CONDITION_LENGTH:
        raise BoundsError("What was asked is too long for a rule.")
    return condition


def _write_bound(bound: Bound, value: JsonValue) -> str:
    if bound.reach not in find_reaches(value):
        raise BoundsError("Only a number can be a limit.")
    path = _write_path(bound.name)
    if bound.reach == "any":
        return f"{_write_text(bound.name)} in args"
    if bound.reach == "most":
        return f"{path} >= 0 && {path} <= {write_literal(value)}"
    return f"{path} == {write_literal(value)}"


def _write_path(name: str) -> str:
    is_plain = _PLAIN_NAME.fullmatch(name) and name not in _RESERVED
    return f"args.{name}" if is_plain else f"args[{_write_text(name)}]"


def write_literal(value: JsonValue) -> str:
    """A value as CEL writes it."""
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, dict):
        entries = (f"{_write_text(key)}: {write_literal(one)}" for key, one in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(write_literal, value))}]"
    return json.dumps(value)


def _write_text(text: str) -> str:
    """What cannot be seen is written by its number, so that nobody is shown less than what the rule says."""
    return f'"{"".join(map(_write_char, text))}"'


def _write_char(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def show_condition(condition: str) -> str:
    """A condition in one line."""
    return show_hidden(" ".join(condition.split("\n")))


def check_condition(text: str, request: ApprovalRequest) -> Condition:
    """The condition in a text, which holds for this request.

    Raises:
        BoundsError: it is none, or does not hold.
    """
    try:
        condition = compile_condition(text)
        holds = condition.holds(Facts(request))
    except ConditionError as error:
        raise BoundsError(f"Such a rule cannot be made: {error}.") from None
    if not holds:
        raise BoundsError("What was asked would not fit such a rule itself.")
    return condition


def holds(text: str, facts: Facts) -> bool:
    """Whether a condition holds for a request; one that cannot be decided does not."""
    try:
        return compile_condition(text).holds(facts)
    except ConditionError:
        return False


def is_rememberable(state: ApprovalState) -> bool:
    """Whether an approval of this may stand for later requests: by its plan, and by what a rule can say."""
    arguments = state.request.arguments
    if state.plan is None or not state.plan.team_id or not may_remember(state):
        return False
    try:
        write_condition(arguments, (Bound(name=name) for name in arguments))
    except BoundsError:
        return False
    return len(arguments) <= MOST_ARGUMENTS
