"""The README's agent and its test, exactly as they are there, in an empty folder, with the package installed from its wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import read_example

ROOT = Path(__file__).parents[1]
PARTS = ("activities", "bot", "workflows", "pyproject.toml", "README.md", "LICENSE")
AGENT, TEST = "Gate your own agent", "Test your agent"
ELSEWHERE = "import bot, sys; sys.exit(bot.__file__.startswith(sys.argv[1]))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel's content is; what it needs is this environment's."""
    source, wheels, place = (tmp_path_factory.mktemp(name) for name in ("source", "wheels", "installed"))
    for part in PARTS:
        one = ROOT / part
        (shutil.copytree if one.is_dir() else shutil.copy2)(one, source / part)
    build = ["wheel", "--no-build-isolation", "--wheel-dir", str(wheels), str(source)]
    run_pip(*build)
    run_pip("install", "--target", str(place), *map(str, wheels.glob("*.whl")))
    return place


def run_pip(*arguments: str) -> None:
    command, *others = arguments
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", "--no-index", *others],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "desk.py").write_text(read_example(AGENT, "python"))
    (tmp_path / "test_desk.py").write_text(read_example(TEST, "python"))
    return tmp_path


def run_there(project: Path, installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project, which has no settings, with the installed package before any other."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "SLACK_"))
    }
    path = os.pathsep.join((str(installed), str(project)))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project, env={**ours, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_installed_is_what_is_tried_here(project: Path, installed: Path) -> None:
    assert run_there(project, installed, "-c", ELSEWHERE, str(installed)).returncode == 1


def test_an_agent_is_tested_as_the_readme_does(project: Path, installed: Path) -> None:
    done = run_there(project, installed, "-m", "pytest", "-p", "no:cacheprovider", "-q")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_an_agent_is_checked_as_the_readme_does(project: Path, installed: Path) -> None:
    done = run_there(project, installed, "-m", "bot", "check", "agent", "desk:build_refunds")
    assert done.returncode == 0, done.stderr
    assert "find_order" in done.stdout
    assert "refund_order" in done.stdout


def test_the_page_and_the_contract_are_installed_too(installed: Path) -> None:
    assert (installed / "bot" / "standin" / "page" / "index.html").exists()
    assert (installed / "workflows" / "schema.json").exists()
