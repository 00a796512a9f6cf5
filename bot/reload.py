"""Policies follow their file: read anew on SIGHUP and when it has changed; a file with faults, or none, changes nothing."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from activities.plans import Shelf
from activities.rules.rulebook import LoadError, Rulebook, build_default, load_rulebook
from bot.agents import AgentError
from bot.settings import Settings

PAUSE = 1.0
"""Seconds between looks at the file."""
Stamp = tuple[int, int, int]
Check = Callable[[Rulebook], None]
log = structlog.stdlib.get_logger("countersign.policies")


def read_policies(settings: Settings) -> Rulebook:
    """The policies to start with: those of the file, or the built-in one where none is named and none is there.

    Raises:
        LoadError: the file has faults, or is missing though it was named.
    """
    if not settings.countersign_policies and not settings.policies.exists():
        return build_default(settings.approvals_channel, settings.outcomes_channel)
    return read_file(settings)


def read_file(settings: Settings) -> Rulebook:
    """The rulebook in the file.

    Raises:
        LoadError: it has faults, or is not there.
    """
    return load_rulebook(settings.policies, settings.approvals_channel, settings.outcomes_channel)


@asynccontextmanager
async def follow_policies(settings: Settings, check: Check) -> AsyncGenerator[Shelf]:
    """A shelf that is kept up to date while the block runs. Open requests keep the plan they have.

    Raises:
        LoadError: the file has faults to begin with.
        AgentError: as `check`, which holds each new rulebook against the agents.
    """
    follower = Follower(settings, check)
    hup, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hup.set)
    task = asyncio.create_task(_follow(follower, hup))
    try:
        yield follower.shelf
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(follower: "Follower", hup: asyncio.Event) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await hup.wait()
        if hup.is_set():
            hup.clear()
            follower.reload()
        else:
            follower.look()


class Follower:
    """A shelf and the file that it follows.

    Raises:
        LoadError: on making it: the file has faults to begin with.
        AgentError: on making it: as `check`.
    """

    def __init__(self, settings: Settings, check: Check) -> None:
        self._settings = settings
        self._check = check
        self._seen = self._read = read_stamp(
            settings.policies
        )  # before it is read: a change meanwhile is one
        self._told = ""
        rulebook = read_policies(settings)
        check(rulebook)
        self.shelf = Shelf(rulebook)

    def look(self) -> None:
        """Take what has changed, once two looks in a row find it the same: half a file may be a laxer one."""
        before, self._seen = self._seen, read_stamp(self._settings.policies)
        if before == self._seen != self._read:
            found = self._try_file()
            if read_stamp(self._settings.policies) == self._seen:
                self._read = self._seen
                self._take(found)

    def reload(self) -> None:
        """Take the file as it is now. Whoever asks for that is told what is wrong, though it was told before."""
        self._read = self._seen = read_stamp(self._settings.policies)
        self._told = ""
        self._take(self._try_file())

    def _try_file(self) -> Rulebook | LoadError | AgentError:
        try:
            rulebook = read_file(self._settings)
            self._check(rulebook)
        except (LoadError, AgentError) as error:
            return error
        return rulebook

    def _take(self, found: Rulebook | LoadError | AgentError) -> None:
        """The built-in policy is only for the start: it must not come in force because a file was moved."""
        if isinstance(found, Rulebook):
            self._replace(found)
        elif self._read or self.shelf.rulebook.file:
            self._complain(found)

    def _complain(self, error: LoadError | AgentError) -> None:
        if str(error) != self._told:
            for problem in error.problems if isinstance(error, LoadError) else (error,):
                log.error("The new policies are not used; the old ones stay", problem=str(problem))
        self._told = str(error)

    def _replace(self, rulebook: Rulebook) -> None:
        self._told = ""
        self.shelf.replace(rulebook)
        names = [rule.name for rule in rulebook.rules]
        log.info("New policies are in force for new requests", policies=names)
        for warning in rulebook.warnings:
            log.warning("A policy needs attention", problem=str(warning))


def read_stamp(path: Path) -> Stamp | None:
    """What changes when a file does, also when another takes its place or that of a link on the way to it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
