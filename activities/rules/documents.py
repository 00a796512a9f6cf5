"""A YAML file as plain values that know their lines: what JSON can say, and nothing that YAML guesses.

A scalar is text unless it is a number, `true`, `false` or `null` as YAML 1.2 has them: `no` is a word, and a date stays
as it was written.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import yaml

LARGEST_BYTES = 1_000_000
LARGEST_NODES = 100_000
"""How much a document may say once its aliases are followed."""

DEEPEST = 40
_INT = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing that is wrong with a file, as a sentence that says what to do."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class LoadError(Exception):
    """Everything that is wrong with a file, in order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Document:
    """A file's value, the lines of all that is in it, and what was wrong with its form."""

    file: str
    value: Any
    lines: dict[Path, int]
    complaints: tuple[Problem, ...] = ()

    def find_line(self, path: Path) -> int:
        """The line of what is at this path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def complain(self, path: Path, sentence: str) -> Problem:
        """A problem with what is at this path."""
        return Problem(self.file, self.find_line(path), sentence)


def as_mapping(value: object) -> dict[str, Any]:
    """A mapping as it is, and anything else as an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A list as it is, and anything else as an empty one."""
    return list(cast(Iterable[Any], value)) if isinstance(value, list) else []


class _Node:
    """A scalar's value, or the list or dict of nodes with the keys' lines."""

    def __init__(self, line: int, value: Any = None) -> None:
        self.line = line
        self.value = value
        self.key_lines: dict[str, int] = {}
        self.kind = "scalar"
        self.finished = False


class _FormError(Exception):
    """What cannot be read any further."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line, self.sentence = line, sentence


def read_document(text: str, file: str) -> Document:
    """The document in a text.

    Raises:
        LoadError: where it is no YAML, or is of a form that is not taken.
    """
    composer = _Composer(text)
    try:
        _check_size(text)
        root = composer.compose()
        gathered = _Gathered()
        value = _gather(root, (), gathered)
    except _FormError as error:
        raise LoadError([Problem(file, error.line, error.sentence)]) from None
    complaints = tuple(Problem(file, line, sentence) for line, sentence in composer.complaints)
    return Document(file, value, gathered.lines, complaints)


def _check_size(text: str) -> None:
    if len(text.encode(errors="surrogatepass")) > LARGEST_BYTES:
        raise _FormError(1, f"This file is larger than {LARGEST_BYTES:,} bytes: make it smaller.")


@dataclass
class _Composer:
    """Builds nodes from YAML's events; what can be read on after is told at the end."""

    text: str
    complaints: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    anchors: dict[str, _Node] = field(default_factory=dict[str, _Node])

    def compose(self) -> _Node:
        """The node of the one document."""
        try:
            return self._read_stream(yaml.parse(self.text, Loader=yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            raise _FormError(_error_line(error), _yaml_sentence(error)) from None
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            raise _FormError(line, "A character here is not allowed in YAML: remove it.") from None

    def _read_stream(self, events: Iterator[Any]) -> _Node:
        root: _Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _FormError(
                        _line(event), "A second document begins here: keep one, without `---` between."
                    )
                root = self._read_node(next(events), events, 0)
        if root is None:
            raise _FormError(1, "This file is empty: write policies in it, or remove it.")
        return root

    def _read_node(self, event: Any, events: Iterator[Any], depth: int) -> _Node:
        if depth > DEEPEST:
            raise _FormError(_line(event), f"This is nested more than {DEEPEST} deep: make it flatter.")
        if isinstance(event, yaml.AliasEvent):
            return self._find_anchor(event)
        node = _Node(_line(event))
        self._keep_anchor(event, node)
        if isinstance(event, yaml.ScalarEvent):
            node.value = self._read_scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node.kind = "list"
            node.value = [self._read_node(one, events, depth + 1) for one in _until(events)]
        else:
            self._read_mapping(node, events, depth)
        node.finished = True
        return node

    def _find_anchor(self, event: Any) -> _Node:
        node = self.anchors.get(event.anchor)
        if node is None or not node.finished:
            raise _FormError(
                _line(event),
                f"`*{event.anchor}` refers to nothing above it: write `&{event.anchor}` there first.",
            )
        return node

    def _keep_anchor(self, event: Any, node: _Node) -> None:
        if event.tag not in (None, "!"):
            self.complaints.append(
                (node.line, f"The tag `{event.tag}` is not taken: write the value without it.")
            )
        if event.anchor:
            self.anchors[event.anchor] = node

    def _read_mapping(self, node: _Node, events: Iterator[Any], depth: int) -> None:
        node.kind, node.value = "mapping", {}
        for key in _until(events):
            name = self._read_key(key)
            if name in node.value:
                self.complaints.append(
                    (_line(key), f"`{name}` is here twice (first on line {node.key_lines[name]}): keep one.")
                )
            node.key_lines[name] = _line(key)
            node.value[name] = self._read_node(next(events), events, depth + 1)

    def _read_key(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent):
            value = self._find_anchor(event).value
            if isinstance(value, str):
                return value
        if not isinstance(event, yaml.ScalarEvent):
            raise _FormError(_line(event), "A key has to be a word: write one before the colon.")
        self._keep_anchor(event, _Node(_line(event)))
        return str(event.value)

    def _read_scalar(self, event: Any) -> object:
        text: str = event.value
        if not _is_unicode(text):
            self.complaints.append((_line(event), "This text holds half a character: write it out."))
            return ""
        return _resolve(text) if event.style is None and event.tag is None else text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _resolve(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    number = float(text) if _FLOAT.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text


def _until(events: Iterator[Any]) -> Iterator[Any]:
    """The events that begin what is inside a collection, up to its end."""
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            return
        yield event


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _error_line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _yaml_sentence(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem:
        return "A tab stands here where YAML wants spaces: replace it by spaces."
    return f"This is no YAML ({problem}): look at this line's indentation, quotes and brackets, and the line's before."


@dataclass
class _Gathered:
    """The lines found so far, and how much was seen."""

    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    count: int = 0


def _gather(node: _Node, path: Path, gathered: _Gathered) -> Any:
    """The plain value of a node; aliases are followed, so the whole is counted."""
    gathered.count += 1
    if gathered.count > LARGEST_NODES:
        raise _FormError(
            node.line, f"With its aliases followed this file has over {LARGEST_NODES:,} values: use fewer."
        )
    gathered.lines.setdefault(path, node.line)
    value = node.value
    gathered.lines.update({(*path, key): line for key, line in node.key_lines.items()})
    if node.kind == "mapping":
        return {key: _gather(one, (*path, key), gathered) for key, one in as_mapping(value).items()}
    if node.kind == "list":
        return [_gather(one, (*path, number), gathered) for number, one in enumerate(as_list(value))]
    return value
