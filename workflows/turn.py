"""A turn: one message being answered, which whoever wrote it can call off."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agents import Agent, RunResult, TResponseInputItem

    from workflows import calls, gate, policy, tasks
    from workflows.contracts import Cancellation, Heard, Person
    from workflows.watch import CalledOffError

AGAIN = timedelta(seconds=5)
"""After which a request that is still there is withdrawn once more."""


class Turn:
    """What one message leads to, through its gate, until there is an answer."""

    def __init__(self, heard: Heard, asked: gate.Gate) -> None:
        self.heard = heard
        self.gate = asked
        self.has_told_later = False
        self._withdrawals: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> tuple[str, ...]:
        """The requests that wait for people, by their ids."""
        return tuple(self.gate.waiting)

    def is_asked_by(self, person: Person) -> bool:
        """Whether this is who may call it off."""
        return policy.same_person(person, self.heard.person)

    async def run(self, agent: Agent[Any], items: list[TResponseInputItem], max_turns: int) -> RunResult:
        """Run the agent to its end, or until it is called off.

        Raises:
            AgentsException, FailureError: as `gate.run_with_approvals`.
            CalledOffError: it was called off, and nothing of it is under way any more.
        """
        running = asyncio.create_task(
            gate.run_with_approvals(agent, items, gate=self.gate, max_turns=max_turns)
        )
        running.add_done_callback(tasks.read_end)
        try:
            await workflow.wait_condition(lambda: running.done() or self._may_drop())
            if not running.done():
                raise CalledOffError(granted=0)
            return running.result()
        finally:
            if not running.done():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            await asyncio.gather(*self._withdrawals, return_exceptions=True)

    def call_off(self) -> None:
        """Withdraw all that waits, in the requester's name; what is under way stops where nothing is lost by that."""
        if self.gate.watch.called_off:
            return
        self.gate.watch.called_off = True
        self._withdrawals = [asyncio.create_task(self._withdraw(one)) for one in self.waiting]

    async def _withdraw(self, approval_id: str) -> None:
        """Until it has ended: one that is only about to begin does not hear it the first time."""
        wish = Cancellation(cancelled_by=self.heard.person)
        while approval_id in self.gate.waiting:
            await calls.withdraw(approval_id, wish)
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: approval_id not in self.gate.waiting, timeout=AGAIN)

    def _may_drop(self) -> bool:
        """Whether only a model is at work on what has been called off."""
        watch = self.gate.watch
        return watch.called_off and watch.is_idle and not self.gate.waiting


def explain_stop(asked: gate.Gate, granted: int) -> str:
    """What people are told of a turn that was called off."""
    words = ["Cancelled, as you asked; I have stopped."]
    withdrawn = asked.watch.withdrawn
    if withdrawn:
        words.append(f"{'One request was' if withdrawn == 1 else f'{withdrawn} requests were'} withdrawn.")
    if granted:
        words.append(
            f"{'One had' if granted == 1 else f'{granted} had'} been approved already, but will not be carried out."
        )
    if not asked.effects:
        return " ".join([*words, "Nothing was done."])
    done = "\n".join(asked.effects)
    return f"{' '.join(words)} This had been done before:\n{done}"
