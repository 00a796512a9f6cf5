"""The watch over a run: what it has used up, whether a tool is at work, and whether it has been called off."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agents import Agent, ModelResponse, RunContextWrapper, RunHooks, Tool, TResponseInputItem


class CalledOffError(RuntimeError):
    """Whoever asked wants no more of it; `granted` requests had been approved by then and were not carried out."""

    def __init__(self, granted: int) -> None:
        super().__init__("The run was called off.")
        self.granted = granted


class Watch(RunHooks[Any]):
    """What the SDK tells of a run, and where it stops one that has been called off: before a model or an approver is asked again.

    A tool at work is not stopped: what it does could not be told any more.
    """

    def __init__(self) -> None:
        self.called_off = False
        self.withdrawn = 0
        self._run_tokens = self._beside = 0
        self._at_work = 0

    @property
    def tokens(self) -> int:
        """What all models have used up: the run's own, those of agents that are tools, and what was asked beside it."""
        return self._run_tokens + self._beside

    def spend(self, tokens: int) -> None:
        """A model was asked beside the run."""
        self._beside += tokens

    @property
    def is_idle(self) -> bool:
        """Whether no tool is at work and nobody is being asked."""
        return self._at_work == 0

    @contextmanager
    def at_work(self) -> Generator[None]:
        """While people are being asked, which has an end of its own when it is called off."""
        self._at_work += 1
        yield
        self._at_work -= 1

    def go_on(self, granted: int = 0) -> None:
        """Go on, if it may.

        Raises:
            CalledOffError: it may not.
        """
        if self.called_off:
            raise CalledOffError(granted)

    async def on_llm_start(
        self,
        context: RunContextWrapper[Any],  # noqa: ARG002 - the SDK's, here as below
        agent: Agent[Any],  # noqa: ARG002
        system_prompt: str | None,  # noqa: ARG002
        input_items: list[TResponseInputItem],  # noqa: ARG002
    ) -> None:
        """Before the model is asked."""
        self.go_on()

    async def on_llm_end(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],  # noqa: ARG002
        response: ModelResponse,  # noqa: ARG002
    ) -> None:
        """Count what the run has cost so far."""
        self._run_tokens = context.usage.total_tokens

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool) -> None:  # noqa: ARG002
        """A tool begins."""
        self._at_work += 1

    async def on_tool_end(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],  # noqa: ARG002
        tool: Tool,  # noqa: ARG002
        result: object,  # noqa: ARG002
    ) -> None:
        """It has ended, and may have cost something, too."""
        self._at_work -= 1
        self._run_tokens = context.usage.total_tokens
