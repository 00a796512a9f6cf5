"""Which model the agent speaks to: OpenAI's, any server that speaks its protocol, or the scripted one."""

from agents import Model, ModelProvider, OpenAIProvider
from openai import AsyncOpenAI

from bot.settings import DEMO_MODEL, Settings
from bot.standin.model import ScriptedModel


class NamedProvider(ModelProvider):
    """Gives every agent the configured model, whatever it asks for: workflows know no model's name."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def get_model(self, model_name: str | None) -> Model:
        """The configured model."""
        del model_name
        return self._model


def build_provider(settings: Settings) -> ModelProvider:
    """The provider for the settings. Servers other than OpenAI's are spoken to by chat completions, which all have."""
    if settings.countersign_model == DEMO_MODEL:
        return NamedProvider(ScriptedModel())
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    client = AsyncOpenAI(api_key=key, base_url=settings.openai_base_url, max_retries=0)
    provider = OpenAIProvider(openai_client=client, use_responses=settings.openai_base_url is None)
    return NamedProvider(provider.get_model(settings.countersign_model))
