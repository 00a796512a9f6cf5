"""Policies follow their file: read anew on SIGHUP and when it changes; a file with faults changes nothing."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from activities.plans import Shelf
from activities.rules.rulebook import LoadError, Rulebook, build_default, load_rulebook
from bot.settings import Settings

PAUSE = 1.0
"""Seconds between looks at the file."""
Stamp = tuple[int, int, int]
log = structlog.stdlib.get_logger("countersign.policies")


def read_policies(settings: Settings) -> Rulebook:
    """The policies that the settings name, or the built-in one where there is no file.

    Raises:
        LoadError: the file has faults, or is missing though it was named.
    """
    path = settings.policies
    if not settings.countersign_policies and not path.exists():
        return build_default(settings.approvals_channel, settings.outcomes_channel)
    return load_rulebook(path, settings.approvals_channel, settings.outcomes_channel)


@asynccontextmanager
async def follow_policies(settings: Settings) -> AsyncGenerator[Shelf]:
    """A shelf that is kept up to date while the block runs. Open requests keep the plan they have.

    Raises:
        LoadError: the file has faults to begin with.
    """
    seen = read_stamp(settings.policies)  # before it is read, or a change meanwhile would be missed
    shelf = Shelf(read_policies(settings))
    hup, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hup.set)
    task = asyncio.create_task(_follow(shelf, settings, hup, seen))
    try:
        yield shelf
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(shelf: Shelf, settings: Settings, hup: asyncio.Event, seen: Stamp | None) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await hup.wait()
        now = read_stamp(settings.policies)
        if hup.is_set() or now != seen:
            hup.clear()
            seen = now
            _reload(shelf, settings)


def read_stamp(path: Path) -> Stamp | None:
    """What changes when a file does, also when another takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _reload(shelf: Shelf, settings: Settings) -> None:
    try:
        rulebook = read_policies(settings)
    except LoadError as error:
        for problem in error.problems:
            log.error("The new policies are not used; the old ones stay", problem=str(problem))  # noqa: TRY400 - a fault of the file's, not of ours
        return
    shelf.replace(rulebook)
    log.info("New policies are in force for new requests", policies=[rule.name for rule in rulebook.rules])
    for warning in rulebook.warnings:
        log.warning("A policy needs attention", problem=str(warning))
