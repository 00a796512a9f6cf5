"""The digest that ties what was shown, what was decided and what is executed together."""

import hashlib
from collections.abc import Mapping

import rfc8785
from pydantic import JsonValue

DIGEST_SHOWN = 12
"""How many characters of a digest people are shown."""
DEPTH = 100
"""How deep arguments may be nested; pydantic reads no more than twice that."""


class UndigestibleError(ValueError):
    """The arguments have no RFC 8785 form, so nobody could say exactly what was approved."""


def canonical(action: str, arguments: Mapping[str, JsonValue]) -> bytes:
    """The RFC 8785 form of everything that will be executed.

    Raises:
        UndigestibleError: for NaN, infinities, integers beyond 2**53, lone surrogates, and nesting beyond `DEPTH`.
    """
    try:
        if _too_deep(dict(arguments)):
            raise ValueError(f"nested more than {DEPTH} deep")  # noqa: TRY301 - one sentence for all of them
        return rfc8785.dumps({"action": action, "arguments": dict(arguments)})
    except (rfc8785.CanonicalizationError, ValueError) as error:
        cause = str(error).encode(errors="backslashreplace").decode()
        name = action.encode(errors="backslashreplace").decode()
        raise UndigestibleError(
            f"The arguments of {name} cannot be written down exactly ({cause}), so nobody can approve them. "
            "Send such values as strings."
        ) from error


def _too_deep(value: JsonValue) -> bool:
    """Level by level, since a recursive walk would end where the nesting begins to matter."""
    level: list[JsonValue] = [value]
    for _ in range(DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def digest(action: str, arguments: Mapping[str, JsonValue]) -> str:
    """SHA-256 over the canonical form, in hexadecimal.

    Raises:
        UndigestibleError: see `canonical`.
    """
    return hashlib.sha256(canonical(action, arguments)).hexdigest()
