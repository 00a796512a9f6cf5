"""What makes one condition true makes another true: what is seen, what is not, and never a wrong yes."""

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.implication import implies

SEEN = [
    ("args.a >= 10000", "args.a >= 10"),
    ("args.a > 10", "args.a >= 10"),
    ("args.a < -3", "args.a <= -2.5"),
    ("args.a == 5", "5 <= args.a"),
    ("10 < args.a", "args.a != 10"),
    ("args.a.b > 5", "has(args.a)"),
    ("args.a > 5 && args.b", "args.a > 3"),
    ("args.b && (args.c || args.a > 5)", "args.b"),
    ('args.a > 5 && args.b == "x"', 'has(args.a) && args.b=="x" && args.a > 3'),
    ("args.a >= 20000", 'args.a >= 10000 || args.c != "EUR"'),
    ("args.a > 20 || args.a < 0", "args.a != 7"),
    ("(args.a > 3) // large", "args.a > 2"),
    ("args.s == r'\\' && args.a > 3 && args.t == ''", "args.a > 2"),
    ("'&& \" ||' == args.s && args.a > 3", "args.a > 2"),
]
UNSEEN = [
    ("args.a >= 10", "args.a >= 10000"),
    ("args.a >= 10", "args.a > 10"),
    ("args.a >= 10", "args.a != 10"),
    ("args.a > 10", "args.b > 5"),
    ("args.ab > 5", "has(args.a)"),
    ("args.a > 20 || args.b", "args.a > 2"),
    ("args.a > 20 ? true : args.b", "args.a > 2"),
    ("!(args.a > 20)", "args.a > 2"),
    ('args.a == "b  c"', 'args.a == "b c"'),
    ('args.a == "&& args.b > 3"', "args.b > 2"),
    ("args.l.exists(a, a > 20 && args.b > 3)", "args.b > 2"),
    ("args.a >= 1234567890123456789", "args.a >= 1"),
    ("args.b > 2 || args.t", "args.b > 2 && args.t"),
]


@pytest.mark.parametrize(("later", "earlier"), SEEN)
def test_what_makes_another_true_is_seen(later: str, earlier: str) -> None:
    assert implies(later, earlier)


@pytest.mark.parametrize(("later", "earlier"), UNSEEN)
def test_what_need_not_make_another_true_is_not(later: str, earlier: str) -> None:
    assert not implies(later, earlier)


SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
ATOMS = st.tuples(
    st.sampled_from(["args.a", "args.b"]), SIGNS, st.sampled_from(["-2", "-1", "-0.5", "0", "0.5", "1"])
).map(" ".join) | st.sampled_from(["args.t", "!args.t", "has(args.a)", "args.a > 0 ? args.t : args.b > 0"])


def join(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inside.map("({})".format), st.sampled_from(["&&", "||"]), inside).map(" ".join)


CONDITIONS = st.recursive(ATOMS, join, max_leaves=4)
NUMBERS = st.sampled_from([-3, -2, -1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 2, 3])


@given(CONDITIONS, CONDITIONS, NUMBERS, NUMBERS, st.booleans())
def test_a_yes_is_never_wrong(later: str, earlier: str, a: float, b: float, t: bool) -> None:  # noqa: FBT001 - drawn
    if implies(later, earlier):
        context = {"args": {"a": a, "b": b, "t": t}}
        assert cel.evaluate(earlier, context) or not cel.evaluate(later, context)
