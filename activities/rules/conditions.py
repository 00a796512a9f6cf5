"""Conditions in CEL: compiled when the policy file is loaded, evaluated on a request, and never guessed at.

A condition that cannot be evaluated raises: a later policy might be laxer than the one that it belongs to.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import cel

from workflows.contracts import ApprovalRequest

VARIABLES = ("args", "action", "agent", "requester", "title")
FUNCTIONS = (
    "size", "contains", "startsWith", "endsWith", "matches", "has", "string", "int", "uint", "double", "bytes",
    "type", "dyn", "timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
    "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
)  # fmt: skip
"""What the library knows; CEL's macros (all, exists, exists_one, filter, map) are none of its functions."""

_TYPES = ("int", "uint", "double", "string", "bytes")
_TEXT = re.compile(r'"(\\.|[^"\\])*"|' + r"'(\\.|[^'\\])*'|//[^\n]*")
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_]\w*)\s*,")
_WORD = re.compile(r"[A-Za-z_]\w*")


class ConditionError(ValueError):
    """A condition that is none, or that cannot be evaluated on a request, and why."""


class AbsenceError(ConditionError):
    """A condition that speaks of what a request does not have."""


@dataclass(frozen=True)
class Facts:
    """What conditions may speak of; converted for CEL once, when the first condition asks."""

    request: ApprovalRequest

    @cached_property
    def context(self) -> cel.Context:
        """The request as CEL's variables."""
        request = self.request
        return cel.Context(
            {
                "args": request.arguments,
                "action": request.action,
                "agent": request.agent,
                "requester": request.requester.user_id,
                "title": request.title,
            }
        )


@dataclass(frozen=True)
class Condition:
    """A compiled condition."""

    text: str
    program: cel.Program

    def holds(self, facts: Facts) -> bool:
        """Whether it is true of a request.

        Raises:
            ConditionError: it cannot be evaluated on this request, or gives neither true nor false.
        """
        try:
            result = self.program.execute(facts.context)
        except KeyError as error:
            raise AbsenceError(_explain_absence(self.text, str(next(iter(error.args), "")))) from None
        except Exception as error:  # noqa: BLE001 - the library raises nearly every kind there is
            raise ConditionError(_explain(error)) from None
        if not isinstance(result, bool):
            raise ConditionError(f"it gives {_shorten(repr(result))}, which is neither true nor false")
        return result


def compile_condition(text: str) -> Condition:
    """The condition in a text.

    Raises:
        ConditionError: it is no CEL, or speaks of what there is not.
    """
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise ConditionError(f"is no CEL ({_first_line(error)})") from None
    _check_names(text, program)
    return Condition(text, program)


def _check_names(text: str, program: cel.Program) -> None:
    known = {*VARIABLES, *_TYPES, *_MACRO.findall(_TEXT.sub('""', text))}
    for name in program.variables():
        if name not in known:
            raise ConditionError(f"speaks of `{name}`; it may speak of {', '.join(VARIABLES)}")
    for name in program.functions():
        if _WORD.fullmatch(name) and name not in FUNCTIONS:
            raise ConditionError(f"calls `{name}`, which there is not; there are {', '.join(FUNCTIONS)}")


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if "ERROR:" in line]
    return _shorten(lines[0].partition("ERROR: ")[2].removeprefix("<input>:") if lines else str(error))


def _explain(error: Exception) -> str:
    if isinstance(error, TypeError):
        return "it compares or reckons with values of different kinds, like a number with a text"
    return _shorten(str(error).splitlines()[0] if str(error) else type(error).__name__)


def _explain_absence(text: str, key: str) -> str:
    path = re.search(rf"[A-Za-z_][\w.]*\.{re.escape(key)}\b", text)
    remedy = f"; write has({path.group()}) && before it if it may be absent" if path else ""
    return f"the request has no `{_shorten(key)}`{remedy}"


def _shorten(text: str, length: int = 200) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
