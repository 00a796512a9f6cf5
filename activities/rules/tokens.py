"""A condition's text in pieces: enough of CEL's lexis to tell texts from names, and to see which names are free."""

import re
from collections.abc import Iterator

Tokens = tuple[str, ...]

MACROS = ("all", "exists", "exists_one", "existsOne", "filter", "map")
_TOKEN = re.compile(
    r"""
    (?: [rR][bB]? | [bB][rR] ) (?: \"{3}.*?\"{3} | '{3}.*?'{3} | "[^"]*" | '[^']*' )
    | [bB]? (?: \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3} | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | //[^\n]*
    | \d+(?:\.\d+)?(?:[eE][-+]?\d+)?[uU]? | [A-Za-z_]\w*
    | && | \|\| | [<>=!]=
    | \S
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_LITERALS = ("true", "false", "null", "in")
_OPEN, _CLOSED = "([{", ")]}"


def tokenize(text: str) -> Tokens:
    """The pieces of a condition, without spaces and comments."""
    return tuple(one for one in _TOKEN.findall(text) if not one.startswith("//"))


def free_names(tokens: Tokens) -> Iterator[str]:
    """The names of variables, apart from those that a macro gives to the members of a list."""
    bound: list[str] = []
    for number, one in enumerate(tokens):
        if one in _OPEN:
            bound.append(_bound_name(tokens, number))
        elif one in _CLOSED:
            bound = bound[:-1]
        elif _is_variable(tokens, number) and one not in bound:
            yield one


def _bound_name(tokens: Tokens, number: int) -> str:
    """The name that is bound within the bracket at this place."""
    called = tokens[max(number - 2, 0) : number]
    if len(called) == len((".", "all")) and called[0] == "." and called[1] in MACROS:
        return tokens[number + 1] if tokens[number + 2 : number + 3] == (",",) else ""
    return ""


def _is_variable(tokens: Tokens, number: int) -> bool:
    if not _NAME.fullmatch(tokens[number]) or tokens[number] in _LITERALS:
        return False
    return tokens[number - 1 : number] != (".",) and tokens[number + 1 : number + 2] != ("(",)


def split_tokens(tokens: Tokens) -> tuple[str, tuple[Tokens, ...]]:
    """A condition as its parts and what joins them, `||` or `&&`; one part joined by nothing where neither does."""
    tokens = _unwrap(tokens)
    outer = [one for one, depth in zip(tokens, _depths(tokens), strict=True) if depth == 0]
    for sign in () if "?" in outer else ("||", "&&"):
        if sign in outer:
            return sign, _split_at(tokens, sign)
    return "", (tokens,)


def _unwrap(tokens: Tokens) -> Tokens:
    """Without brackets around all of it."""
    while tokens[:1] == ("(",) and tokens[-1:] == (")",) and min(_depths(tokens)[1:-1], default=0) > 0:
        tokens = tokens[1:-1]
    return tokens


def _depths(tokens: Tokens) -> list[int]:
    """How many brackets are open around each token; a bracket is inside of itself when it opens, not when it closes."""
    depth, depths = 0, list[int]()
    for one in tokens:
        depth += (one in _OPEN) - (one in _CLOSED)
        depths.append(depth)
    return depths


def _split_at(tokens: Tokens, sign: str) -> tuple[Tokens, ...]:
    parts: list[list[str]] = [[]]
    for one, depth in zip(tokens, _depths(tokens), strict=True):
        if one == sign and depth == 0:
            parts.append([])
        else:
            parts[-1].append(one)
    return tuple(map(tuple, parts))
