"""The README's own examples, so that tests run what readers copy."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
_HEADING = re.compile(r"^#+ ", re.MULTILINE)


def read_example(heading: str, language: str = "", number: int = 0) -> str:
    """A block of code under a heading, up to the next heading; blocks are counted by language, from 0."""
    text = README.read_text()
    _, found, rest = text.partition(f"# {heading}\n")
    assert found, f"The README has no heading {heading}"
    blocks: list[tuple[str, str]] = re.findall(
        r"^```(\w*)\n(.*?)^```$", _cut_section(rest), re.MULTILINE | re.DOTALL
    )
    return [code for name, code in blocks if name == language][number]


def _cut_section(text: str) -> str:
    """Headings inside blocks of code are comments there."""
    outside = re.sub(
        r"^```.*?^```$",
        lambda block: re.sub(r"^#", " ", block[0], flags=re.MULTILINE),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    end = _HEADING.search(outside)
    return text[: end.start()] if end else text
