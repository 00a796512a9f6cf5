"""The digest that ties what was shown, what was decided and what is executed together."""

import hashlib
from collections.abc import Mapping

import rfc8785
from pydantic import JsonValue

DIGEST_SHOWN = 12
"""How many characters of a digest people are shown."""


class UndigestibleError(ValueError):
    """The arguments have no RFC 8785 form, so nobody could say exactly what was approved."""


def canonical(action: str, arguments: Mapping[str, JsonValue]) -> bytes:
    """The RFC 8785 form of everything that will be executed.

    Raises:
        UndigestibleError: for NaN, infinities, integers beyond 2**53 and lone surrogates.
    """
    try:
        return rfc8785.dumps({"action": action, "arguments": dict(arguments)})
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise UndigestibleError(
            f"The arguments of {action} cannot be written down exactly ({error}), so nobody can approve them. "
            "Send such values as strings."
        ) from error


def digest(action: str, arguments: Mapping[str, JsonValue]) -> str:
    """SHA-256 over the canonical form, in hexadecimal.

    Raises:
        UndigestibleError: see `canonical`.
    """
    return hashlib.sha256(canonical(action, arguments)).hexdigest()
