"""Arguments as large as files: what a file of each holds, and what it is recognised by; pure functions."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import rfc8785
from pydantic import JsonValue

FILE_SIZE = 20_000
"""From how many bytes on an argument is also put in the card's thread as a file."""


class Snippet(NamedTuple):
    """A file of one argument: of a text its UTF-8 bytes, of anything else its RFC 8785 form.

    The request's digest is over these very characters, so it binds them; whoever has the file can work out
    `sha256` (hexadecimal) on any machine, and compare.
    """

    argument: str
    content: bytes
    is_text: bool

    @property
    def sha256(self) -> str:
        """What the file is recognised by."""
        return hashlib.sha256(self.content).hexdigest()


def find_snippets(arguments: Mapping[str, JsonValue]) -> tuple[Snippet, ...]:
    """The arguments that are as large as files, in order."""
    return tuple(one for one in map(_read_argument, arguments.items()) if len(one.content) >= FILE_SIZE)


def find_snippet(arguments: Mapping[str, JsonValue], name: str) -> Snippet:
    """The file of the argument of that name."""
    return _read_argument((name, arguments[name]))


def _read_argument(argument: tuple[str, JsonValue]) -> Snippet:
    """What has no exact form is as good as empty: nobody can approve it."""
    name, value = argument
    try:
        content = value.encode() if isinstance(value, str) else rfc8785.dumps(value)
    except ValueError:
        content = b""
    return Snippet(name, content, isinstance(value, str))
