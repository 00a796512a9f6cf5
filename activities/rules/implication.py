"""Whether one condition being true makes another true, as far as their texts show.

It looks at what joins them (`&&`, `||`), at what is written alike, and at comparisons of the same argument with numbers.
A yes is right; a no may only mean that it cannot be seen.
"""

import operator
import re
from collections.abc import Callable
from typing import NamedTuple

from activities.rules.tokens import Tokens, split_tokens, tokenize

_PATH = r"[A-Za-z_]\w*(?: \. [A-Za-z_]\w*)*"
_NUMBER = r"(?:- )?\d{1,15}(?:\.\d{1,15})?"
"""No more digits than floating point tells apart."""
_SIGN = r"==|!=|<=|>=|<|>"
_COMPARISON = re.compile(rf"(?P<path>{_PATH}) (?P<sign>{_SIGN}) (?P<number>{_NUMBER})")
_MIRRORED = re.compile(rf"(?P<number>{_NUMBER}) (?P<sign>{_SIGN}) (?P<path>{_PATH})")
_PRESENCE = re.compile(rf"has \( (?P<path>{_PATH}) \)")
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Comparison(NamedTuple):
    """An argument compared with a number; `path` has spaces around its dots."""

    path: str
    sign: str
    number: float

    def holds(self, value: float) -> bool:
        """Whether it is true where the argument has this value."""
        return _HOLDS[self.sign](value, self.number)


def implies(later: str, earlier: str) -> bool:
    """Whether whatever makes the condition `later` true makes `earlier` true, as far as can be seen."""
    return _implies(tokenize(later), tokenize(earlier))


def _implies(later: Tokens, earlier: Tokens) -> bool:
    joint, parts = split_tokens(later)
    other_joint, others = split_tokens(earlier)
    if (joint, parts) == (other_joint, others):
        return True
    if joint == "||":
        return all(_implies(one, earlier) for one in parts)
    if other_joint:
        enough = all if other_joint == "&&" else any
        return enough(_implies(later, one) for one in others)
    if joint:
        return any(_implies(one, earlier) for one in parts)
    return _compare(" ".join(parts[0]), " ".join(others[0]))


def _compare(later: str, earlier: str) -> bool:
    """For two conditions that nothing joins: what is compared is there, and a range may lie in another."""
    one, other, present = _read(later), _read(earlier), _PRESENCE.fullmatch(earlier)
    if one and present:
        return f"{one.path} ".startswith(f"{present['path']} ")
    return bool(one and other and one.path == other.path and _lies_in(one, other))


def _read(text: str) -> Comparison | None:
    if match := _COMPARISON.fullmatch(text):
        sign = match["sign"]
    elif match := _MIRRORED.fullmatch(text):
        sign = _MIRROR.get(match["sign"], match["sign"])
    else:
        return None
    return Comparison(match["path"], sign, float(match["number"].replace(" ", "")))


def _lies_in(one: Comparison, other: Comparison) -> bool:
    """Both change nowhere but at their numbers, so a point on each side of them and between them stands for all."""
    low, high = sorted((one.number, other.number))
    points = (low - 1, low, (low + high) / 2, high, high + 1)
    return all(other.holds(point) for point in points if one.holds(point))
