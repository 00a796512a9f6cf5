"""Who exactly: `countersign policy explain` with Slack at hand, and without."""

import pytest
from typer.testing import CliRunner

from activities.rules.matching import MatchError
from bot.cli import app
from bot.names import Names, wire_policies
from bot.policies import Wiring
from bot.settings import Settings
from bot.standin.server import Standin
from workflows.contracts import Approvers

MANAGERS = Approvers(kind="usergroup", id="S0MANAGERS")
BOOK = """
policies:
  - name: default
    stages: [{name: manager, approvers: [{usergroup: S0MANAGERS}], deadline: 1h}]
"""


@pytest.fixture
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("book") / "countersign.yaml"
    path.write_text(BOOK)
    return str(path)


def explain(book: str) -> str:
    result = CliRunner().invoke(
        app, ["policy", "explain", "--file", book, "--action", "pay", "--as", "U0ALICE"]
    )
    assert result.exit_code == 0, result.output
    return result.output


async def test_people_are_told_by_name(slack: Standin, settings: Settings) -> None:
    told = await Names(settings).tell([MANAGERS], "U0ALICE")
    assert told == "members of the user group S0MANAGERS (Bob Okafor U0BOB, Frank Weber U0FRANK)"


async def test_whoever_asks_is_marked(slack: Standin, settings: Settings) -> None:
    told = await Names(settings).tell([MANAGERS], "U0FRANK")
    assert told.endswith("(Bob Okafor U0BOB, Frank Weber U0FRANK (asks, so may not decide))")


async def test_slack_is_asked_who_is_in_a_user_group(slack: Standin, settings: Settings) -> None:
    names = Names(settings)
    assert [await names.belongs(one, "S0MANAGERS") for one in ("U0BOB", "U0ALICE")] == [True, False]
    with pytest.raises(MatchError, match="The user group S0GONE cannot be read"):
        await names.belongs("U0BOB", "S0GONE")
    slack.faults.down = True
    assert await names.belongs("U0BOB", "S0MANAGERS") is None


def test_with_a_token_slack_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert wire_policies().belongs is not Wiring().belongs
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    assert wire_policies().belongs is Wiring().belongs


async def test_a_group_that_is_not_there_is_said_so(slack: Standin, settings: Settings) -> None:
    told = await Names(settings).tell([Approvers(kind="usergroup", id="S0GONE")], "U0ALICE")
    assert told.startswith("members of the user group S0GONE (nobody) The user group S0GONE cannot be read")


async def test_while_slack_is_away_ids_have_to_do(slack: Standin, settings: Settings) -> None:
    slack.faults.down = True
    assert await Names(settings).tell([MANAGERS], "U0ALICE") == (
        "members of the user group S0MANAGERS (Slack does not say who that is)"
    )


def test_without_a_token_nobody_is_asked(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    assert "1 approval of members of the user group S0MANAGERS." in explain(book)


def test_settings_that_are_wrong_are_no_hindrance(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_HTTP_PORT", "many")
    assert "S0MANAGERS" in explain(book)


def test_the_channels_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_APPROVALS_CHANNEL", "C0MINE")
    assert wire_policies().channels().approvals == "C0MINE"
