"""The settings: the only file that reads the environment, validated once, with one sentence for each thing wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from temporalio.envconfig import ClientConfigProfile

from workflows.allowance import Allowance

DEMO_MODEL = "demo"
SLACK_API_URL = "https://slack.com/api/"
DEFAULT_POLICIES = Path("countersign.yaml")

_Channel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,}$")]
_AGENT = r"([\w-]+=)?[A-Za-z_][\w.]*:[A-Za-z_]\w*"
_HOME = r"[CG][A-Z0-9]{2,}=[\w-]+"
_HINTS: Mapping[str, str] = {
    "SLACK_BOT_TOKEN": "the token that begins with xoxb-, from your app's page OAuth & Permissions",
    "SLACK_APP_TOKEN": "the token that begins with xapp-, from your app's page Basic Information, App-Level Tokens",
    "SLACK_SIGNING_SECRET": "the signing secret from your app's page Basic Information",
    "SLACK_API_URL": f"an address like {SLACK_API_URL}",
    "OPENAI_API_KEY": "your key, or set COUNTERSIGN_MODEL=demo for the scripted model, or OPENAI_BASE_URL for a server of your own",
    "COUNTERSIGN_AGENT": "a function that builds one, like package.module:build_agent; several like refunds=desk:build_refunds,desk:build_travel, each under a name of its own",
    "COUNTERSIGN_MODEL_CALLS": "how many model calls one message may lead to, 1 or more",
    "COUNTERSIGN_MESSAGES_A_DAY": "how many messages of a conversation are answered in a day, 1 or more",
    "COUNTERSIGN_TOKENS": "how many tokens of the model a conversation may use, 1 or more",
    "COUNTERSIGN_AGENT_CHANNELS": "channels and the agents that hear what is said there, like C0123456789=refunds,C0987654321=travel, each channel once, each agent one of COUNTERSIGN_AGENT",
    "COUNTERSIGN_SLACK_MODE": "socket or http",
    "COUNTERSIGN_HTTP_PORT": "a port from 1 to 65535",
    "COUNTERSIGN_APPROVALS_CHANNEL": "the id of the channel where cards go, like C0123456789 (channel details, at the bottom)",
    "COUNTERSIGN_OUTCOMES_CHANNEL": "the id of the channel that is told outcomes, like C0123456789 (channel details, at the bottom)",
}


class SettingsError(Exception):
    """What is wrong with the settings, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Everything that can be set. Secrets show as asterisks wherever they are printed."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = Field(default=SLACK_API_URL, pattern=r"^https?://\S+$")
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    countersign_slack_mode: Literal["socket", "http"] = "socket"
    countersign_http_host: str = "127.0.0.1"
    countersign_http_port: int = Field(default=3000, ge=1, le=65535)
    countersign_approvals_channel: _Channel | None = None
    countersign_outcomes_channel: _Channel | None = None
    countersign_task_queue: str = "countersign"
    countersign_policies: Path | None = None
    countersign_ledger: Path = Path(".countersign/ledger.db")
    countersign_model: str = "gpt-5.1"
    countersign_model_calls: int = Field(default=Allowance().model_calls, ge=1)
    countersign_messages_a_day: int = Field(default=Allowance().messages_a_day, ge=1)
    countersign_tokens: int = Field(default=Allowance().tokens, ge=1)
    countersign_agent: str = Field(default="", pattern=rf"^({_AGENT}(\s*,\s*{_AGENT})*)?$")
    countersign_agent_channels: str = Field(default="", pattern=rf"^({_HOME}(\s*,\s*{_HOME})*)?$")

    @property
    def bot_token(self) -> str:
        """The bot token, for those who call Slack."""
        return _reveal(self.slack_bot_token)

    @property
    def app_token(self) -> str:
        """The app token, for Socket Mode."""
        return _reveal(self.slack_app_token)

    @property
    def signing_secret(self) -> str:
        """The secret by which requests over HTTP are known to be Slack's."""
        return _reveal(self.slack_signing_secret)

    @property
    def approvals_channel(self) -> str:
        """Where cards go."""
        return self.countersign_approvals_channel or ""

    @property
    def outcomes_channel(self) -> str:
        """Where outcomes are told."""
        return self.countersign_outcomes_channel or ""

    @property
    def policies(self) -> Path:
        """The policy file; where none is named, the one that would be used if it were there."""
        return self.countersign_policies or DEFAULT_POLICIES

    @property
    def allowance(self) -> Allowance:
        """What each conversation that begins now may use of the model."""
        return Allowance(
            model_calls=self.countersign_model_calls,
            messages_a_day=self.countersign_messages_a_day,
            tokens=self.countersign_tokens,
        )

    @property
    def agents(self) -> dict[str, str]:
        """Where agents are (`package.module:function`), by name, the default first; none for the built-in one alone.

        One without a name has its function's, without `build_`.
        """
        return dict(_name_agent(one) for one in self._agents)

    @property
    def _agents(self) -> list[str]:
        return [one.strip() for one in self.countersign_agent.split(",") if one.strip()]

    @property
    def agent_channels(self) -> dict[str, str]:
        """The agent that hears what names none, by channel; elsewhere that is the first of all."""
        return dict(self._agent_channels)

    @property
    def _agent_channels(self) -> list[tuple[str, str]]:
        pairs = (
            one.strip().partition("=") for one in self.countersign_agent_channels.split(",") if one.strip()
        )
        return [(channel, name) for channel, _, name in pairs]

    @property
    def api_url(self) -> str:
        """Slack's Web API, ending in a slash."""
        return self.slack_api_url.rstrip("/") + "/"

    def problems(self) -> list[str]:
        """What is missing for the mode and model chosen."""
        needed = {
            "SLACK_BOT_TOKEN": self.slack_bot_token,
            "COUNTERSIGN_APPROVALS_CHANNEL": self.countersign_approvals_channel,
            "COUNTERSIGN_OUTCOMES_CHANNEL": self.countersign_outcomes_channel,
        }
        if self.countersign_slack_mode == "socket":
            needed["SLACK_APP_TOKEN"] = self.slack_app_token
        else:
            needed["SLACK_SIGNING_SECRET"] = self.slack_signing_secret
        if self.countersign_model != DEMO_MODEL and not self.openai_base_url:
            needed["OPENAI_API_KEY"] = self.openai_api_key
        missing = [_sentence(name, "is missing") for name, value in needed.items() if not value]
        if len(self.agents) < len(self._agents):
            missing.append(_sentence("COUNTERSIGN_AGENT", "names two agents alike"))
        homes = self.agent_channels
        if len(homes) < len(self._agent_channels):
            missing.append(_sentence("COUNTERSIGN_AGENT_CHANNELS", "names a channel twice"))
        if strangers := [name for name in homes.values() if name not in self.agents]:
            missing.append(
                _sentence("COUNTERSIGN_AGENT_CHANNELS", f"names {strangers[0]}, which is no agent")
            )
        return missing + _swapped(self)


def _name_agent(text: str) -> tuple[str, str]:
    name, equals, place = text.rpartition("=")
    return (name if equals else place.partition(":")[2].removeprefix("build_")), place


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _swapped(settings: Settings) -> list[str]:
    """Tokens of the wrong kind: the most common mistake, which Slack answers only with `invalid_auth`."""
    found: list[str] = []
    if settings.slack_bot_token and not settings.bot_token.startswith("xoxb-"):
        found.append(_sentence("SLACK_BOT_TOKEN", "is not a bot token"))
    if settings.slack_app_token and not settings.app_token.startswith("xapp-"):
        found.append(_sentence("SLACK_APP_TOKEN", "is not an app-level token"))
    return found


def _complain(error: ErrorDetails) -> str:
    """What is wrong in words; a pattern is none for people."""
    return "it is not of that form" if error["type"] == "string_pattern_mismatch" else error["msg"]


def _sentence(name: str, complaint: str) -> str:
    return f"{name} {complaint}: set it to {_HINTS[name]}." if name in _HINTS else f"{name} {complaint}."


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`; `overrides` go before both.

    Raises:
        SettingsError: with everything that is wrong, at once.
    """
    wrong: dict[str, str] = {}
    while True:
        try:
            defaults = {name: Settings.model_fields[name].default for name in wrong}
            settings = Settings(**{**overrides, **defaults})
        except ValidationError as error:
            found = {str(one["loc"][0]).lower(): _complain(one) for one in error.errors()}
            wrong |= found
            continue
        names = {name.upper() for name in wrong}
        problems = [_sentence(name.upper(), f"is wrong ({message})") for name, message in wrong.items()]
        problems += [line for line in settings.problems() if line.split()[0] not in names]
        if problems:
            raise SettingsError(problems)
        return settings


def load_variables() -> dict[str, str]:
    """The environment, and what `.env` has beside it."""
    return {name: value for name, value in dotenv_values(".env").items() if value is not None} | dict(
        os.environ
    )


def load_temporal() -> ClientConfigProfile:
    """Temporal's own configuration: its standard variables (also from `.env`), files and profiles.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return ClientConfigProfile.load(override_env_vars=load_variables())
    except RuntimeError as error:
        raise SettingsError([f"Temporal's configuration cannot be read: {error}."]) from None
