"""Folders for what tests write and need not keep."""

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108 - where the system has it; everything else falls back to the usual place


@contextmanager
def quick_folder() -> Generator[Path]:
    """A folder in memory where there is such a thing: Temporal's server waits for the disk at every step otherwise."""
    with tempfile.TemporaryDirectory(
        dir=MEMORY if MEMORY.is_dir() else None, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


@contextmanager
def import_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Be in a folder whose modules can be imported, and are forgotten afterwards."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield folder
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
