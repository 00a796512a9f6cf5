"""Folders for what tests write and need not keep."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - where the system has it; everything else falls back to the usual place


@contextmanager
def quick_folder() -> Generator[Path]:
    """A folder in memory where there is such a thing: Temporal's server waits for the disk at every step otherwise."""
    with tempfile.TemporaryDirectory(
        dir=MEMORY if MEMORY.is_dir() else None, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)
