"""Settings: everything that is wrong is said at once, a sentence each, and no secret is ever shown."""

import os
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings, SettingsError, load_settings, load_temporal
from workflows.allowance import Allowance

SECRETS = ("xoxb-very-secret", "xapp-very-secret", "signing-very-secret", "sk-very-secret")
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-very-secret",
    "SLACK_APP_TOKEN": "xapp-very-secret",
    "SLACK_SIGNING_SECRET": "signing-very-secret",
    "OPENAI_API_KEY": "sk-very-secret",
    "COUNTERSIGN_APPROVALS_CHANNEL": "C0APPROVALS",
    "COUNTERSIGN_OUTCOMES_CHANNEL": "G0OUTCOMES",
}


@pytest.fixture(autouse=True)
def empty_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours is set, there is no `.env`, and Temporal has no file of its own."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SLACK_", "OPENAI_", "COUNTERSIGN_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))


def put(monkeypatch: pytest.MonkeyPatch, **variables: str | None) -> None:
    for name, value in (GOOD | variables).items():
        if value is not None:
            monkeypatch.setenv(name, value)


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def names(found: list[str]) -> list[str]:
    return sorted(line.split()[0] for line in found)


def test_what_is_complete_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch)
    settings = load_settings()
    assert (settings.bot_token, settings.app_token) == ("xoxb-very-secret", "xapp-very-secret")
    assert settings.signing_secret == "signing-very-secret"
    assert (settings.approvals_channel, settings.outcomes_channel) == ("C0APPROVALS", "G0OUTCOMES")
    assert settings.api_url == "https://slack.com/api/"


def test_with_nothing_set_everything_missing_is_named_once() -> None:
    assert names(problems()) == [
        "COUNTERSIGN_APPROVALS_CHANNEL", "COUNTERSIGN_OUTCOMES_CHANNEL", "OPENAI_API_KEY", "SLACK_APP_TOKEN",
        "SLACK_BOT_TOKEN",
    ]  # fmt: skip


def test_each_sentence_says_what_to_do() -> None:
    for line in problems():
        assert "is missing: set it to " in line
        assert line.endswith(".")


def test_wrong_and_missing_are_told_together_a_sentence_each(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        SLACK_BOT_TOKEN=None,
        SLACK_APP_TOKEN="xoxb-very-secret",
        SLACK_API_URL="slack.example",
        COUNTERSIGN_APPROVALS_CHANNEL="approvals",
        COUNTERSIGN_OUTCOMES_CHANNEL="#outcomes",
        COUNTERSIGN_HTTP_PORT="70000",
        COUNTERSIGN_SLACK_MODE="pigeon",
    )
    assert names(problems()) == [
        "COUNTERSIGN_APPROVALS_CHANNEL", "COUNTERSIGN_HTTP_PORT", "COUNTERSIGN_OUTCOMES_CHANNEL",
        "COUNTERSIGN_SLACK_MODE", "SLACK_API_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_HTTP_PORT", "0"),
        ("COUNTERSIGN_HTTP_PORT", "http"),
        ("COUNTERSIGN_SLACK_MODE", "HTTP"),
        ("COUNTERSIGN_APPROVALS_CHANNEL", "D0DIRECT"),
        ("COUNTERSIGN_APPROVALS_CHANNEL", "c0approvals"),
        ("COUNTERSIGN_OUTCOMES_CHANNEL", "outcomes"),
        ("SLACK_API_URL", "ftp://slack.example"),
        ("SLACK_APP_TOKEN", "very-secret"),
        ("SLACK_BOT_TOKEN", "xoxp-very-secret"),
    ],
)
def test_one_wrong_variable_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    put(monkeypatch, **{name: value})
    found = problems()
    assert names(found) == [name]
    assert "set it to " in found[0]
    assert "\n" not in found[0]


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN="", COUNTERSIGN_APPROVALS_CHANNEL="", COUNTERSIGN_HTTP_PORT="")
    assert names(problems()) == ["COUNTERSIGN_APPROVALS_CHANNEL", "SLACK_BOT_TOKEN"]


@pytest.mark.parametrize(
    ("mode", "missing"), [("socket", "SLACK_APP_TOKEN"), ("http", "SLACK_SIGNING_SECRET")]
)
def test_each_mode_needs_its_own_secret(monkeypatch: pytest.MonkeyPatch, mode: str, missing: str) -> None:
    put(monkeypatch, SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=None, COUNTERSIGN_SLACK_MODE=mode)
    assert names(problems()) == [missing]


@pytest.mark.parametrize(
    "instead", [{"COUNTERSIGN_MODEL": "demo"}, {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}]
)
def test_only_openais_own_server_needs_a_key(
    monkeypatch: pytest.MonkeyPatch, instead: dict[str, str]
) -> None:
    put(monkeypatch, OPENAI_API_KEY=None)
    assert names(problems()) == ["OPENAI_API_KEY"]
    put(monkeypatch, OPENAI_API_KEY=None, **instead)
    assert load_settings().openai_api_key is None


def test_swapped_tokens_are_both_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SLACK_BOT_TOKEN="xapp-very-secret", SLACK_APP_TOKEN="xoxb-very-secret")
    found = problems()
    assert names(found) == ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"]
    assert "very-secret" not in "".join(found)


def test_secrets_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch)
    settings = load_settings()
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    assert not [secret for secret in SECRETS for text in shown if secret in text]
    assert isinstance(settings.slack_bot_token, SecretStr)


def test_a_secret_in_the_wrong_place_is_not_shown_by_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pastes a token into the wrong variable must not find it in a log, not even in a traceback."""
    wrong = dict.fromkeys(
        ("COUNTERSIGN_HTTP_PORT", "COUNTERSIGN_APPROVALS_CHANNEL", "COUNTERSIGN_SLACK_MODE", "SLACK_API_URL"),
        "xoxb-very-secret",
    )
    put(monkeypatch, SLACK_APP_TOKEN="very-secret", **wrong)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert len(caught.value.problems) == 5
    assert "very-secret" not in told


def test_dot_env_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = {**GOOD, "COUNTERSIGN_TASK_QUEUE": "from-file", "UNRELATED": "yes"}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    assert load_settings().countersign_task_queue == "from-file"
    assert load_settings().bot_token == "xoxb-very-secret"
    monkeypatch.setenv("COUNTERSIGN_TASK_QUEUE", "from-environment")
    assert load_settings().countersign_task_queue == "from-environment"
    assert load_settings(countersign_task_queue="from-caller").countersign_task_queue == "from-caller"


def test_an_address_ends_in_one_slash() -> None:
    for address in ("http://127.0.0.1:1/api", "http://127.0.0.1:1/api/", "http://127.0.0.1:1/api//"):
        assert Settings(slack_api_url=address).api_url == "http://127.0.0.1:1/api/"


def test_temporal_is_configured_by_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "payments")
    profile = load_temporal()
    assert (profile.address, profile.namespace) == ("temporal.example:7233", "payments")


def test_temporals_variables_are_read_from_dot_env_after_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("TEMPORAL_ADDRESS=file.example:7233\nTEMPORAL_NAMESPACE=from-file\nBARE\n")
    assert (load_temporal().address, load_temporal().namespace) == ("file.example:7233", "from-file")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "environment.example:7233")
    assert (load_temporal().address, load_temporal().namespace) == ("environment.example:7233", "from-file")


def test_temporals_file_and_profile_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "temporal.toml"
    path.write_text('[profile.default]\naddress = "one:7233"\n[profile.live]\naddress = "two:7233"\n')
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(path))
    assert load_temporal().address == "one:7233"
    monkeypatch.setenv("TEMPORAL_PROFILE", "live")
    assert load_temporal().address == "two:7233"


def test_a_broken_file_and_an_unknown_profile_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "temporal.toml"
    path.write_text("[profile.default\n")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(path))
    with pytest.raises(SettingsError, match="Temporal's configuration cannot be read"):
        load_temporal()
    path.write_text('[profile.default]\naddress = "one:7233"\n')
    monkeypatch.setenv("TEMPORAL_PROFILE", "missing")
    with pytest.raises(SettingsError, match="missing"):
        load_temporal()


def test_without_any_configuration_temporals_defaults_hold() -> None:
    assert load_temporal().address is None


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        (None, {}),
        ("desk:build_agent", {"agent": "desk:build_agent"}),
        ("our.desk:refunds", {"refunds": "our.desk:refunds"}),
        ("a=x:build_b, y:build_c", {"a": "x:build_b", "c": "y:build_c"}),
    ],
)
def test_agents_have_the_names_that_are_given_or_those_of_their_functions(
    monkeypatch: pytest.MonkeyPatch, text: str | None, agents: dict[str, str]
) -> None:
    put(monkeypatch, COUNTERSIGN_AGENT=text)
    assert load_settings().agents == agents


@pytest.mark.parametrize("text", ["desk", "desk:", "a b=x:y", "desk:build,", "desk.py:build(x)", "x:a,y:a"])
def test_what_names_no_agents_is_told_with_an_example(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    put(monkeypatch, COUNTERSIGN_AGENT=text)
    (told,) = problems()
    assert told.startswith("COUNTERSIGN_AGENT ")
    assert "like package.module:build_agent" in told
    assert "\\w" not in told  # a pattern is none for people


def test_what_a_conversation_may_use_is_set_by_three_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch)
    assert load_settings().allowance == Allowance()
    put(monkeypatch, COUNTERSIGN_MODEL_CALLS="3", COUNTERSIGN_MESSAGES_A_DAY="4", COUNTERSIGN_TOKENS="5")
    assert load_settings().allowance == Allowance(model_calls=3, messages_a_day=4, tokens=5)
    put(monkeypatch, COUNTERSIGN_TOKENS="0")
    assert "how many tokens of the model a conversation may use" in problems()[0]


def test_channels_have_agents_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, COUNTERSIGN_AGENT="desk:build_refunds,travel=desk:build_agent")
    put(monkeypatch, COUNTERSIGN_AGENT_CHANNELS="C0REFUNDS=refunds, G0TRIPS=travel")
    assert load_settings().agent_channels == {"C0REFUNDS": "refunds", "G0TRIPS": "travel"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("C0A=refunds,C0A=refunds", "names a channel twice"),
        ("C0A=travel", "names travel, which is no agent"),
        ("refunds=C0A", "is wrong"),
        ("D0DIRECT=refunds", "is wrong"),
    ],
)
def test_a_channel_has_one_agent_that_is_there(
    monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    put(monkeypatch, COUNTERSIGN_AGENT="desk:build_refunds", COUNTERSIGN_AGENT_CHANNELS=text)
    (told,) = problems()
    assert told.startswith(f"COUNTERSIGN_AGENT_CHANNELS {sentence}")
