"""Real processes for tests: roles of the program and Temporal servers, with own ports and folders, killed and revived."""

import asyncio
import fcntl
import itertools
import multiprocessing
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from bot import cli
from bot.server import FAST_QUEUES, find_binary
from bot.standin.server import Standin
from bot.temporal import missing_attributes
from tests.harness import APPROVALS, OUTCOMES, eventually, eventually_read
from tests.ports import free_port
from workflows import attributes

PROJECT = Path(__file__).parents[1]
PATIENCE = 60.0
"""Seconds for anything that a process does: the machine may be busy with other tests."""
OURS = ("SLACK_", "COUNTERSIGN_", "TEMPORAL_", "OPENAI_", "CI", "FORCE_COLOR", "NO_COLOR")
READY: Mapping[str, tuple[str, ...]] = {
    "worker": ("The worker is ready",),
    "bot": ("The bot is ready",),
    "run": ("The worker is ready", "The bot is ready"),
}
_numbers = itertools.count(1)


@contextmanager
def alone_with(port: int) -> Generator[None]:
    """One test at a time, in all processes, has a port that cannot be chosen."""
    with (Path(tempfile.gettempdir()) / f"countersign-tests-{port}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def end_orphans(folder: Path) -> None:
    """End what killed processes have left behind in a test's own folder: the embedded server outlives them."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == folder:
                os.kill(int(entry.name), signal.SIGKILL)


@dataclass
class Running:
    """A process and the files that it writes its words to."""

    process: Process
    out: Path
    err: Path
    ready: tuple[str, ...] = ()

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self.out.read_text()

    @property
    def stderr(self) -> str:
        """What it has logged or complained of so far."""
        return self.err.read_text()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that is gone it makes no difference."""
        if self.alive:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        """End it as a power failure would, at once."""
        self.send(signal.SIGKILL)

    async def ended(self, seconds: float = PATIENCE) -> int:
        """Its exit code, once it has ended by itself."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def until_ready(self) -> None:
        """Wait until it says that it works."""
        await eventually(self._is_ready, PATIENCE)

    def _is_ready(self) -> bool:
        assert self.alive, f"It ended with {self.process.returncode}:\n{self.stdout}\n{self.stderr}"
        return all(line in self.stderr for line in self.ready)


def make_environment(slack: Standin, folder: Path, **more: str) -> dict[str, str]:
    """Everything that a role is told, and nothing of what this machine's own environment says about it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    ours = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": f"{slack.url}/api/",
        "COUNTERSIGN_MODEL": "demo",
        "COUNTERSIGN_APPROVALS_CHANNEL": APPROVALS,
        "COUNTERSIGN_OUTCOMES_CHANNEL": OUTCOMES,
        "COUNTERSIGN_LEDGER": str(folder / "ledger.db"),
        "COUNTERSIGN_TASK_QUEUE": f"queue-{folder.name}",
    }
    own = {"HOME": str(folder), "PYTHONPATH": str(PROJECT), "COLUMNS": "200"}
    return inherited | own | ours | more


async def launch(folder: Path, environment: Mapping[str, str], *arguments: str) -> Running:
    """Start the program as a process in a folder of its own."""
    stem = folder / f"{arguments[0]}-{next(_numbers)}"
    out, err = stem.with_suffix(".out"), stem.with_suffix(".err")
    with out.open("wb") as told, err.open("wb") as logged:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments,
            cwd=folder, env=environment, stdin=DEVNULL, stdout=told, stderr=logged,
        )  # fmt: skip
    return Running(process, out, err, READY.get(arguments[0], ()))


@asynccontextmanager
async def running(
    folder: Path, environment: Mapping[str, str], *arguments: str, ready: tuple[str, ...] | None = None
) -> AsyncGenerator[Running]:
    """A role at work while the block runs; killed afterwards if it still is. `ready` is what it says at work."""
    one = await launch(folder, environment, *arguments)
    one.ready = one.ready if ready is None else ready
    try:
        await one.until_ready()
        yield one
    finally:
        one.kill()
        await one.process.wait()


async def finished(
    folder: Path, environment: Mapping[str, str], *arguments: str, seconds: float = PATIENCE
) -> Running:
    """A role that is expected to end by itself, after it has."""
    one = await launch(folder, environment, *arguments)
    try:
        await one.ended(seconds)
    finally:
        one.kill()
        await one.process.wait()
    return one


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.roles", "bot.models", "bot.logs", "bot.server", "bot.process"])


@dataclass
class Role:
    """One role of the program that is killed and started again, each time as a new process.

    It is forked from one that has imported everything already: the kills need some fifty processes, and Python's
    imports take three seconds of each.
    """

    name: str
    folder: Path
    environment: Mapping[str, str]
    _now: ForkServerProcess | None = field(default=None)

    async def start(self) -> None:
        """Start it and wait until it works."""
        words = self.folder / f"{self.name}-{next(_numbers)}.err"
        words.touch()
        process = _FORKS.Process(target=_be, args=(self.name, self.folder, dict(self.environment), words))
        self._now = process
        process.start()
        await eventually(lambda: self._works(process, words), PATIENCE)

    def kill(self) -> None:
        """Kill it."""
        if self._now:
            self._now.kill()

    async def gone(self) -> None:
        """Wait until nothing of it is left."""
        if self._now:
            await asyncio.to_thread(self._now.join)

    def _works(self, process: ForkServerProcess, words: Path) -> bool:
        said = words.read_text()
        assert process.is_alive(), f"It ended with {process.exitcode}:\n{said}"
        return all(line in said for line in READY[self.name])


def _be(role: str, folder: Path, environment: Mapping[str, str], words: Path) -> None:
    """What `python -m bot` does, in a process that is already there."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with words.open("ab") as said:
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
    cli.app([role])


@dataclass
class Temporal:
    """A Temporal dev server of a test's own; what it knows is in a file and outlives it."""

    folder: Path
    attributes: bool = True
    port: int = field(default_factory=free_port)
    _process: Process | None = field(default=None)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        names = [attributes.describe_key(key) for key in attributes.ALL] if self.attributes else []
        wanted = [part for name in names for part in ("--search-attribute", name)]
        self._process = await asyncio.create_subprocess_exec(
            find_binary(), "server", "start-dev", "--headless",
            "--ip", "127.0.0.1", "--port", str(self.port), "--db-filename", str(self.folder / "temporal.db"),
            "--log-level", "never", "--dynamic-config-value", FAST_QUEUES, *wanted,
            stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip
        await eventually_read(self._answers, PATIENCE)

    def kill(self) -> None:
        """Kill it."""
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def gone(self) -> None:
        """Wait until nothing of it is left."""
        if self._process:
            await self._process.wait()

    async def _answers(self) -> bool:
        try:
            missing = await missing_attributes(await Client.connect(self.address))
        except (RuntimeError, RPCError):
            return False
        return not (missing and self.attributes)


Mortal = Role | Temporal


@asynccontextmanager
async def alive(*mortals: Mortal) -> AsyncGenerator[None]:
    """Processes at work while the block runs, whatever becomes of them in it."""
    async with AsyncExitStack() as stack:
        for mortal in mortals:
            stack.push_async_callback(mortal.gone)
            stack.callback(mortal.kill)
            await mortal.start()
        yield
