"""The README's ways of asking without a model, as it has them: from a workflow in Python, and from a command line."""

import asyncio
import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from bot.server import find_binary
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.harness import ALICE, BOB, PATIENCE, Harness, make_settings
from tests.readme import read_example
from tests.workflows.schemas import STORED
from workflows.contracts import Outcome

HEADING = "Ask without a model"


@pytest.fixture
def settings(slack: Standin, tmp_path: Path) -> Settings:
    """The task queue that the README names."""
    return make_settings(slack, tmp_path, countersign_task_queue="countersign")


@pytest.fixture
def address(harness: Harness) -> str:
    """Where Temporal is, with all of it at work."""
    return harness.client.service_client.config.target_host


async def run_shell(script: str, folder: Path, address: str) -> str:
    """What somebody types, and what they read."""
    path = f"{Path(find_binary()).parent}{os.pathsep}{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", script, cwd=folder, env={"PATH": path, "TEMPORAL_ADDRESS": address, "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


def find_faults(name: str, value: Any) -> list[Any]:
    """What is wrong with something by the stored schema of that name."""
    schema = json.loads(STORED.read_text()) | {"$ref": f"#/$defs/{name}"}
    return list(Draft202012Validator(schema).iter_errors(value))


async def test_the_command_line_asks_and_reads_the_result(
    harness: Harness, address: str, tmp_path: Path
) -> None:
    typing = asyncio.create_task(run_shell(read_example(HEADING, "sh"), tmp_path, address))
    card = await harness.card()
    assert "1.4.2" in str(card.blocks)
    await harness.approve(card, ALICE)  # who asked: refused
    await harness.approve(card)
    output = await typing
    result = json.loads(output[output.rindex("\n{") :])["result"]
    assert find_faults("ApprovalRequest", json.loads((tmp_path / "request.json").read_text())) == []
    assert find_faults("Outcome", result) == []
    outcome = Outcome.model_validate(result)
    assert (outcome.status, [one.decided_by and one.decided_by.user_id for one in outcome.decisions]) == (
        "approved",
        ["U0BOB"],
    )


async def test_a_workflow_of_ones_own_asks_in_one_call(
    harness: Harness, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "readme_deploys.py").write_text(read_example(HEADING, "python"))
    monkeypatch.syspath_prepend(tmp_path)
    deploys = importlib.import_module("readme_deploys")
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    queue = f"deploys-{tmp_path.name}"
    async with Worker(client, task_queue=queue, workflows=[deploys.DeployWorkflow]):
        handle = await client.start_workflow("DeployWorkflow", "1.4.2", id=queue, task_queue=queue)
        card: Message = await harness.card()
        await harness.approve(card)
        assert await handle.result() == "deploying 1.4.2"


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"carrier": "courier", "day": "2026-12-01"}, "By courier on 2026-12-01."),
        (None, "Nobody said (rejected): "),
    ],
)
async def test_a_workflow_of_ones_own_asks_a_question_and_its_answer_is_typed(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, result: str
) -> None:
    (tmp_path / "readme_shipping.py").write_text(read_example("Ask people a question", "python"))
    monkeypatch.syspath_prepend(tmp_path)
    shipping = importlib.import_module("readme_shipping")
    address = harness.client.service_client.config.target_host
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    queue = f"shipping-{tmp_path.name}"
    async with Worker(client, task_queue=queue, workflows=[shipping.ShippingWorkflow]):
        handle = await client.start_workflow("ShippingWorkflow", "7", id=queue, task_queue=queue)
        await (harness.answer_as(BOB, answer) if answer else harness.reject_as(BOB))
        assert await handle.result() == result
