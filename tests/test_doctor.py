"""The doctor: each thing that is wrong has its sentence, and all well is said as well."""

import shlex
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConfigProfile

from bot.cli import diagnose
from bot.server import find_binary
from bot.settings import Settings
from bot.standin.seed import SCOPES, Channel, Seed
from bot.standin.server import Standin
from tests.harness import make_settings
from tests.kills import Temporal, alive, finished, make_environment
from tests.ports import free_port
from workflows import attributes

DESERTED = Channel(id="C0DESERTED", name="deserted", members=("U0BOB",))


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A Slack with one channel more, in which the bot is not."""
    async with Standin(data=Seed(channels=(*Seed().channels, DESERTED))) as standin:
        yield standin


@pytest.fixture
def profile(temporal_address: str) -> ClientConfigProfile:
    return ClientConfigProfile(address=temporal_address)


async def examine(
    settings: Settings, profile: ClientConfigProfile, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, str]]:
    """The doctor's exit code, and what it finds wrong by the thing's name."""
    code = await diagnose(settings, profile)
    lines = capsys.readouterr().out.splitlines()
    wrong = [line.removeprefix("wrong").strip().partition(": ") for line in lines if line.startswith("wrong")]
    return code, {name: sentence for name, _, sentence in wrong}


async def test_all_well_is_said_of_each_thing_and_ends_with_0(
    slack: Standin, temporal_address: str, tmp_path: Path
) -> None:
    environment = make_environment(slack, tmp_path, TEMPORAL_ADDRESS=temporal_address)
    doctor = await finished(tmp_path, environment, "doctor")
    assert doctor.process.returncode == 0
    assert [line.split() for line in doctor.stdout.splitlines()] == [
        ["ok", "Slack", "bot", "token:", "countersign", "in", "Acme"],
        ["ok", "Slack", "Socket", "Mode:", "a", "connection", "can", "be", "opened"],
        ["ok", "Approvals", "channel:", "#approvals"],
        ["ok", "Outcomes", "channel:", "#outcomes"],
        ["ok", "Temporal:", f"{temporal_address},", "namespace", "default"],
    ]
    assert doctor.stderr == ""


async def test_everything_wrong_is_said_at_once_and_ends_with_1(slack: Standin, tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    environment = make_environment(
        slack,
        tmp_path,
        TEMPORAL_ADDRESS=nowhere,
        SLACK_APP_TOKEN="xapp-wrong",
        COUNTERSIGN_APPROVALS_CHANNEL="C0NOWHERE",
        COUNTERSIGN_OUTCOMES_CHANNEL=DESERTED.id,
    )
    doctor = await finished(tmp_path, environment, "doctor")
    assert doctor.process.returncode == 1
    assert [line.split()[0] for line in doctor.stdout.splitlines()] == ["ok", *["wrong"] * 4]
    for sentence in ("invalid_auth", "Slack knows no such channel", "not in #deserted", nowhere):
        assert sentence in doctor.stdout
    assert "Traceback" not in doctor.stdout + doctor.stderr


async def test_all_is_well_without_an_address_because_run_brings_its_own_server(
    slack: Standin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await examine(make_settings(slack, tmp_path), ClientConfigProfile(), capsys) == (0, {})


async def test_a_refused_bot_token_is_named(
    slack: Standin, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, wrong = await examine(make_settings(slack, tmp_path, slack_bot_token="xoxb-no"), profile, capsys)
    assert code == 1
    assert "check SLACK_BOT_TOKEN" in wrong["Slack bot token"]


async def test_a_refused_app_token_is_named_and_not_taken_for_the_bot_token(
    slack: Standin, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, wrong = await examine(make_settings(slack, tmp_path, slack_app_token="xapp-no"), profile, capsys)
    assert (code, set(wrong)) == (1, {"Slack Socket Mode"})
    assert "check SLACK_APP_TOKEN" in wrong["Slack Socket Mode"]
    assert "SLACK_BOT_TOKEN" not in wrong["Slack Socket Mode"]


async def test_no_app_token_is_asked_for_where_slack_calls_by_http(
    slack: Standin, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(slack, tmp_path, countersign_slack_mode="http", slack_app_token=None)
    assert await examine(settings, profile, capsys) == (0, {})


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("C0NOWHERE", "Slack knows no such channel"),
        ("C0PRIVATE", "invite the bot"),
        (DESERTED.id, "/invite @countersign"),
        ("C0ARCHIVED", "archived"),
    ],
)
async def test_a_channel_that_cannot_be_used_is_named_with_the_remedy(
    channel: str,
    sentence: str,
    profile: ClientConfigProfile,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings.model_copy(update={"countersign_approvals_channel": channel})
    code, wrong = await examine(settings, profile, capsys)
    assert (code, set(wrong)) == (1, {"Approvals channel"})
    assert sentence in wrong["Approvals channel"]


@pytest.mark.parametrize("scope", ["channels:history", "channels:read", "users:read"])
async def test_a_missing_scope_is_named(
    scope: str, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Seed(scopes=tuple(one for one in SCOPES if one != scope))
    async with Standin(data=data) as slack:
        code, wrong = await examine(make_settings(slack, tmp_path), profile, capsys)
    assert code == 1
    assert "reinstall it with the scopes of manifest.yml" in wrong["Approvals channel"]
    assert scope in wrong["Approvals channel"]


@pytest.mark.parametrize("scope", ["chat:write", "im:write", "usergroups:read", "users:read.email"])
async def test_a_missing_scope_that_no_look_needs_is_named_before_the_first_request(
    scope: str, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Seed(scopes=tuple(one for one in SCOPES if one != scope))
    async with Standin(data=data) as slack:
        code, wrong = await examine(make_settings(slack, tmp_path), profile, capsys)
    assert code == 1
    assert scope in "".join(wrong.values())


async def test_a_slack_that_is_away_is_said_to_be(
    slack: Standin, profile: ClientConfigProfile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(slack, tmp_path, slack_api_url=f"http://127.0.0.1:{free_port()}/api/")
    code, wrong = await examine(settings, profile, capsys)
    assert code == 1
    assert "could not be reached" in wrong["Slack bot token"]


async def test_a_temporal_that_is_away_is_said_to_be(
    slack: Standin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    settings = make_settings(slack, tmp_path)
    code, wrong = await examine(settings, ClientConfigProfile(address=nowhere), capsys)
    assert (code, set(wrong)) == (1, {"Temporal"})
    assert f"{nowhere} cannot be reached" in wrong["Temporal"]


async def test_an_unknown_namespace_is_said_to_be(
    slack: Standin, temporal_address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = ClientConfigProfile(address=temporal_address, namespace="nowhere")
    code, wrong = await examine(make_settings(slack, tmp_path), profile, capsys)
    assert (code, set(wrong)) == (1, {"Temporal"})
    assert "nowhere" in wrong["Temporal"]


async def test_missing_search_attributes_are_named_with_the_commands_that_heal(
    slack: Standin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bot and worker refuse to start with the same commands, and start once these have been run."""
    temporal = Temporal(tmp_path, attributes=False)
    settings, profile = make_settings(slack, tmp_path), ClientConfigProfile(address=temporal.address)
    environment = make_environment(slack, tmp_path, TEMPORAL_ADDRESS=temporal.address)
    async with alive(temporal):
        code = await diagnose(settings, profile)
        commands = [line.strip() for line in capsys.readouterr().out.splitlines() if "--name" in line]
        assert code == 1
        assert len(commands) == len(attributes.ALL)
        for role in ("bot", "worker"):
            refused = await finished(tmp_path, environment, role)
            assert refused.process.returncode == 1
            assert "Traceback" not in refused.stderr
            assert [line.strip() for line in refused.stderr.splitlines() if "--name" in line] == commands
        for command in commands:
            run_command(command, temporal.address)
        assert await examine(settings, profile, capsys) == (0, {})


def run_command(command: str, address: str) -> None:
    """Run a command as it was printed; where Temporal is stands in the environment, as it does for us."""
    program, *arguments = shlex.split(command)
    assert program == "temporal"
    subprocess.run(
        [find_binary(), *arguments], env={"TEMPORAL_ADDRESS": address}, check=True, capture_output=True
    )
