"""Recorded histories replay, whatever order the hashes of a process give to what has none."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.workflows.bench import build_replayer
from tests.workflows.refunds import DeskWorkflow, build_desk
from workflows.builders import register_builders

ROOT = Path(__file__).parents[2]
HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


async def replay() -> None:
    """Replay every recorded history, saying which."""
    register_builders({"desk": build_desk})
    for path in HISTORIES:
        history = WorkflowHistory.from_json(f"approval-{path.stem}", path.read_text())
        await build_replayer([DeskWorkflow]).replay_workflow(history)
        sys.stdout.write(f"{path.stem}\n")


def test_there_are_histories_of_every_kind_of_ending() -> None:
    assert {path.stem for path in HISTORIES} == {
        "advised",
        "answered",
        "approved",
        "asked",
        "changed",
        "burst",
        "called_off",
        "bursting",
        "chosen",
        "conversation",
        "escalated",
        "expired",
        "filed",
        "flooded",
        "gated",
        "granted",
        "greedy",
        "hosted",
        "served",
        "outage",
        "rejected",
        "remembered",
        "shadowed",
        "withdrawn",
    }


@pytest.mark.parametrize("seed", ["0", "1", "42"])
async def test_every_history_replays_under_any_hash_seed(seed: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workflows.test_replay",
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.decode().split() == [path.stem for path in HISTORIES]


if __name__ == "__main__":
    asyncio.run(replay())
    sys.stdout.flush()
    os._exit(0)  # as the program itself ends: threads of Temporal's core may abort Python's own clean-up
