"""Conditions in CEL: compiled when the policy file is loaded, evaluated on a request, and never guessed at.

A condition that cannot be evaluated raises: a later policy might be laxer than the one that it belongs to.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import cel

from activities.rules.tokens import free_names, tokenize
from workflows.contracts import ApprovalRequest

VARIABLES = ("args", "action", "agent", "requester", "title")
FUNCTIONS = (
    "size", "contains", "startsWith", "endsWith", "matches", "has", "string", "int", "uint", "double", "bytes",
    "type", "dyn", "timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
    "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
)  # fmt: skip
"""What the library knows; CEL's macros (all, exists, exists_one, filter, map) are none of its functions."""
_RECKONING = frozenset(
    {"_+_", "_-_", "_*_", "_/_", "_%_", "-_", "size", "string", "int", "uint", "double", "bytes", "type"}
    | {"timestamp", "duration", *(name for name in FUNCTIONS if name.startswith("get"))}
)
"""What gives numbers, texts, times, but never true or false."""

_TYPES = ("int", "uint", "double", "string", "bytes")
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
        ConditionError: it is no CEL, speaks of what there is not, or is the same whatever is asked.
    """
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise ConditionError(f"is no CEL ({_first_line(error)})") from None
    names = set(free_names(tokenize(text)))
    _check_names(names, program)
    _check_sense(names, text, program)
    return Condition(text, program)


def _check_names(names: set[str], program: cel.Program) -> None:
    """Those that the library sees include the names that macros give, wherever they are used."""
    dotted = {name for name in program.variables() if not _WORD.fullmatch(name)}
    for name in sorted(names | dotted):
        if name not in (*VARIABLES, *_TYPES):
            raise ConditionError(f"speaks of `{name}`; it may speak of {', '.join(VARIABLES)}")
    for name in program.functions():
        if _WORD.fullmatch(name) and name not in FUNCTIONS:
            raise ConditionError(f"calls `{name}`, which there is not; there are {', '.join(FUNCTIONS)}")


def _check_sense(names: set[str], text: str, program: cel.Program) -> None:
    """A condition that does not look at the request, or that cannot be true or false whatever the request is."""
    if names.isdisjoint(VARIABLES):
        raise ConditionError(
            f"is {_evaluate_constant(program)} whatever is asked, so it distinguishes nothing"
        )
    functions = set(program.functions())
    if text.strip() in VARIABLES or (functions and functions <= _RECKONING):
        raise ConditionError("is neither true nor false whatever is asked, as it compares nothing")


def _evaluate_constant(program: cel.Program) -> str:
    try:
        result = program.execute(cel.Context({}))
    except Exception:  # noqa: BLE001 - the library raises nearly every kind there is
        result = None
    return str(result).lower() if isinstance(result, bool) else "neither true nor false"


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
