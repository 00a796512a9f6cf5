"""Slack clients, as the settings say."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings

SLACK_SECONDS = 10
"""How long one call may take; less than an activity's attempt, which may need three."""


def build_client(settings: Settings, token: str | None = None) -> AsyncWebClient:
    """A client with the bot token, or another; without retry handlers, since Temporal owns the retries."""
    return AsyncWebClient(
        token=token or settings.bot_token, base_url=settings.api_url, timeout=SLACK_SECONDS, retry_handlers=[]
    )
