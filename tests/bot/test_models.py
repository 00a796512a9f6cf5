"""Which model the agent speaks to."""

from pathlib import Path

import pytest
from agents import OpenAIChatCompletionsModel, OpenAIResponsesModel

from bot.models import build_provider
from bot.settings import Settings
from bot.standin.model import ScriptedModel


@pytest.fixture(autouse=True)
def empty_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "COUNTERSIGN_MODEL"):
        monkeypatch.delenv(name, raising=False)


def settings(**values: str) -> Settings:
    return Settings.model_validate(values)


def test_demo_is_the_scripted_model_and_needs_no_key() -> None:
    assert isinstance(build_provider(settings(countersign_model="demo")).get_model(None), ScriptedModel)


def test_openais_own_server_is_spoken_to_by_responses() -> None:
    model = build_provider(settings(openai_api_key="sk-1", countersign_model="gpt-x")).get_model(None)
    assert isinstance(model, OpenAIResponsesModel)
    assert model.model == "gpt-x"


def test_another_server_is_spoken_to_by_chat_completions_without_a_key() -> None:
    given = settings(openai_base_url="http://127.0.0.1:11434/v1", countersign_model="qwen3")
    model = build_provider(given).get_model(None)
    assert isinstance(model, OpenAIChatCompletionsModel)
    assert str(model._client.base_url) == "http://127.0.0.1:11434/v1/"  # pyright: ignore[reportPrivateUsage] - the SDK shows it nowhere else


@pytest.mark.parametrize("asked", [None, "gpt-4.1", "another"])
def test_the_settings_name_the_model_whatever_an_agent_asks_for(asked: str | None) -> None:
    provider = build_provider(settings(openai_api_key="sk-1", countersign_model="gpt-x"))
    model = provider.get_model(asked)
    assert isinstance(model, OpenAIResponsesModel)
    assert model.model == "gpt-x"


@pytest.mark.parametrize("base", [{}, {"openai_base_url": "http://127.0.0.1:1/v1"}])
def test_temporal_owns_the_retries_of_model_calls(base: dict[str, str]) -> None:
    model = build_provider(settings(openai_api_key="sk-1", **base)).get_model(None)
    assert isinstance(model, OpenAIResponsesModel | OpenAIChatCompletionsModel)
    assert model._client.max_retries == 0  # pyright: ignore[reportPrivateUsage] - the SDK shows it nowhere else
    assert model._client.api_key == "sk-1"  # pyright: ignore[reportPrivateUsage] - the SDK shows it nowhere else
