"""What is said of an argument that is as large as a file: its name, its size, and what it is recognised by."""

import re

from slack_sdk.models.blocks import Block, RichTextPreformattedElement

from activities.blocks import paragraphs, plain, section, strong
from activities.text import cut, is_hidden, show_label
from workflows.snippets import Snippet

NAME_LENGTH = 60
LABEL_LENGTH = 150
_UNSAFE = re.compile(r"[^\w.-]+")


def file_name(snippet: Snippet) -> str:
    """What the file of an argument is called; part of its hash tells files of alike arguments apart."""
    name = _UNSAFE.sub("_", "".join(char for char in snippet.argument if not is_hidden(char)))
    kind = "txt" if snippet.is_text else "json"
    return f"{name[:NAME_LENGTH] or 'argument'}-{snippet.sha256[:8]}.{kind}"


def size_words(snippet: Snippet) -> str:
    """How large the file is."""
    return f"{len(snippet.content):,} bytes"


def describe_file(snippet: Snippet) -> str:
    """A file by name, size and hash, on two lines."""
    return f"{file_name(snippet)}, {size_words(snippet)}, SHA-256\n{snippet.sha256}"


def render_comment(snippet: Snippet) -> list[Block]:
    """What is said above the file: which argument it is, and what it is recognised by."""
    label = cut(show_label(snippet.argument), LABEL_LENGTH)
    about = [plain("The argument "), strong(label), plain(f" as a file of {size_words(snippet)}.")]
    hidden = sum(char != "\n" and is_hidden(char) for char in snippet.content.decode())
    if hidden:
        about.append(plain(f" {hidden:,} of its characters do not show here; Details writes them out."))
    hashed = RichTextPreformattedElement(elements=[plain(snippet.sha256)])
    return [paragraphs(section(*about, plain(" Its SHA-256:")), hashed)]
