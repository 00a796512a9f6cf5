"""Pieces of conditions: texts stay whole, names are told from fields and functions, and brackets hold together."""

import pytest

from activities.rules.tokens import free_names, split_tokens, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("args.a>=10&&!b", "args . a >= 10 && ! b"),
        ("1.5e3 + 2u", "1.5e3 + 2u"),
        ("a // b && c\n&& d", "a && d"),
        ("a == 'it // is' && b", "a == 'it // is' && b"),
        (r"a == 'it\'s' || b", r"a == 'it\'s' || b"),
        (r"a == r'\' || b", r"a == r'\' || b"),
        ("a == '' && b", "a == '' && b"),
        ('a == """x " y""" && b', 'a == """x " y""" && b'),
        ("\u00e4", "\u00e4"),
    ],
)
def test_a_text_is_read_in_pieces(text: str, tokens: str) -> None:
    assert " ".join(tokenize(text)) == tokens


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("args.a > size(args.b)", {"args"}),
        ("args.l.exists(x, x > y) && x", {"args", "x", "y"}),
        ("args.l.exists(x, x > 1)", {"args"}),
        ("args.l.all(x, x.l.all(y, x > y))", {"args"}),
        ("args.l.exists ( x , [{x: 1}] == [])", {"args"}),
        ("all(x, y)", {"x", "y"}),
        ("args.x.foo(x, y)", {"args", "x", "y"}),
        ("true || null in [false]", set[str]()),
        ("'x' == \"y\"", set[str]()),
        (")x", {"x"}),
    ],
)
def test_free_names_are_those_that_no_macro_gives(text: str, names: set[str]) -> None:
    assert set(free_names(tokenize(text))) == names


@pytest.mark.parametrize(
    ("text", "sign", "parts"),
    [
        ("a && b || c && d", "||", ["a && b", "c && d"]),
        ("a && (b || c)", "&&", ["a", "( b || c )"]),
        ("((a && b))", "&&", ["a", "b"]),
        ("(a) && (b)", "&&", ["( a )", "( b )"]),
        ("a || b ? c : d", "", ["a || b ? c : d"]),
        ("[a || b]", "", ["[ a || b ]"]),
        ("(a)", "", ["a"]),
        ("", "", [""]),
    ],
)
def test_a_condition_is_split_where_it_is_joined_last(text: str, sign: str, parts: list[str]) -> None:
    joint, found = split_tokens(tokenize(text))
    assert (joint, [" ".join(one) for one in found]) == (sign, parts)
