"""The demo: with nothing but this machine it tells a story that really happens, or says what did not."""

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from bot.demo import TEMPORAL_PORT
from bot.server import START_SECONDS
from bot.standin.server import Standin
from tests.kills import PATIENCE, PROJECT, alone_with, end_orphans, finished

STORY = (
    "Alice writes in #general: @countersign transfer 250 from checking to savings",
    "The card in #approvals",
    "Approval needed",
    "amount: 250",
    "[ Approve ]  [ Reject ]",
    "Alice presses Approve; acknowledged after",
    "Slack tells Alice, and only her:",
    "Bob presses Approve; acknowledged after",
    "The agent answers in the thread: Moved 250.00 EUR from checking to savings",
    "checking     10,000.00  →      9,750.00 EUR",
    "savings      25,000.00  →     25,250.00 EUR",
    "The same card now",
    "Approved by @bob",
    "In Alice's thread",
    "In #outcomes",
    "@countersign transfer 9000 from payroll to checking",
    "Carol presses Reject; acknowledged after",
    "The agent answers: Not approved",
    "@countersign transfer 40 from savings to payroll",
    "Bob types /approvals:",
    "Waiting for your decision",
    "Open its card",
)
"""What the demo says, in this order."""

PROCUREMENT = (
    "Ivan types /approvals away @heidi until",
    "Slack tells Ivan, and only him:",
    "@countersign transfer 2400 from checking to savings",
    "Stage 1 of 3: manager",
    "0 of 1 approval",
    "Then: director, cfo",
    "The office now closes for 8: that is our weekend.",
    "seconds on the wall, in the card's thread",
    "Reminder 1: still waiting for",
    "Bob presses Approve; acknowledged after",
    "Grace presses Approve; acknowledged after",
    "Escalated to the user group @finance because nobody decided in time",
    "Carol presses Approve; acknowledged after",
    "Stage 3 of 3: cfo",
    "away until",
    "@heidi decides for @ivan",
    "Heidi presses Approve; acknowledged after",
    "All three stages have agreed, and the transfer has run: Moved 2,400.00 EUR",
    "Approved by @heidi for @ivan",
)


@pytest.fixture
def alone(tmp_path: Path) -> Generator[None]:
    """The demo's ports are fixed, and a demo that is killed leaves its Temporal behind."""
    with alone_with(TEMPORAL_PORT):
        yield
        end_orphans(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing is set, for the demo needs nothing."""
    return {
        "HOME": str(tmp_path),
        "PYTHONPATH": str(PROJECT),
        "PATH": "",
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
    }


async def test_the_demo_tells_a_story_that_happens_each_time_anew(
    alone: None, environment: dict[str, str], tmp_path: Path
) -> None:
    """The first leaves a request open and money moved; the second begins with a new Slack and the same balances."""
    for _ in range(2):
        demo = await finished(tmp_path, environment, "demo", "--once", seconds=2 * PATIENCE)
        assert demo.process.returncode == 0, demo.stdout + demo.stderr
        assert demo.stderr == ""
        check_story(demo.stdout)


async def test_the_demo_tells_of_three_stages_and_a_weekend(
    alone: None, environment: dict[str, str], tmp_path: Path
) -> None:
    demo = await finished(
        tmp_path, environment, "demo", "--once", "--story", "procurement", seconds=3 * PATIENCE
    )
    assert demo.process.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    check_story(demo.stdout, PROCUREMENT)


def check_story(stdout: str, story: tuple[str, ...] = STORY) -> None:
    """All of it was told, in its order; where lines break and boxes end does not matter."""
    told, place = " ".join(stdout.replace("│", " ").split()), 0
    for line in story:
        wanted = " ".join(line.split())
        assert wanted in told[place:], f"The story lacks, or tells too late: {line}\n{stdout}"
        place = told.index(wanted, place)


async def test_the_demo_ends_with_a_sentence_where_its_temporal_cannot_be(
    alone: None, environment: dict[str, str], tmp_path: Path
) -> None:
    async with Standin(port=TEMPORAL_PORT):  # a web server, which is no Temporal
        demo = await finished(tmp_path, environment, "demo", "--once")
    assert demo.process.returncode == 1
    assert f"127.0.0.1:{TEMPORAL_PORT}" in demo.stderr
    assert "Traceback" not in demo.stderr


async def test_the_demo_ends_with_a_sentence_where_something_mute_has_its_port(
    alone: None, environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mute.bind(("127.0.0.1", TEMPORAL_PORT))
        mute.listen()
        demo = await finished(tmp_path, environment, "demo", "--once", seconds=START_SECONDS + 15)
    assert demo.process.returncode == 1
    assert f"127.0.0.1:{TEMPORAL_PORT}" in demo.stderr
    assert "Traceback" not in demo.stderr
