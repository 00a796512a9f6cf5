"""The README's test of an agent, exactly as it is there, run as a project of its own would."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import read_example

ROOT = Path(__file__).parents[1]
AGENT, TEST = "Gate your own agent", "Test your agent"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "desk.py").write_text(read_example(AGENT, "python"))
    (tmp_path / "test_desk.py").write_text(read_example(TEST, "python"))
    return tmp_path


def test_an_agent_is_tested_as_the_readme_does(project: Path) -> None:
    """With no settings but that ours is importable, as where it is installed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", f"pythonpath={ROOT} {project}", "-q"],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
