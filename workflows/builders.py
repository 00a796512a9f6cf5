"""The agents of a worker: the function that builds each, by the name under which conversations carry it along."""

from collections.abc import Callable, Mapping
from typing import Any

from agents import Agent

from workflows.assistant import build_assistant

Builder = Callable[[], Agent[Any]]
BUILT_IN = ""
"""The name of the built-in agent, and that of conversations which began before agents had names."""

_builders: dict[str, Builder] = {BUILT_IN: build_assistant}


class UnknownAgentError(LookupError):
    """This worker has no such agent; the conversation waits until one that has it takes over."""


def register_builders(builders: Mapping[str, Builder]) -> None:
    """Let workflows of this process find these agents; to be called before its worker starts."""
    _builders.update(builders)


def build_agent(name: str) -> Agent[Any]:
    """An agent of that name, built anew as each turn does.

    Raises:
        UnknownAgentError: there is none; as it is no failure of Temporal's, the workflow's task is tried again later.
    """
    try:
        builder = _builders[name]
    except KeyError:
        raise UnknownAgentError(
            f"This worker has no agent named {name}: name it in COUNTERSIGN_AGENT again, until its conversations are over."
        ) from None
    return builder()
