"""One table of Slack's errors: which heal by waiting, which do not, and what the operator should do about them."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple, cast

from slack_sdk.errors import SlackApiError
from temporalio.exceptions import ApplicationError

TOKEN_DELAY = timedelta(minutes=1)
"""How long to leave a refused token alone; somebody has to replace it first."""
RATE_DELAY = timedelta(seconds=1)
"""How long to wait when Slack limits the rate without saying for how long."""

LONGEST_SECONDS = 3600
"""The longest wait that Slack is taken at its word for."""


class Fault(NamedTuple):
    """What an error means: whether waiting helps, and one sentence for the operator."""

    heals: bool
    advice: str


FAULTS: dict[str, Fault] = {
    "account_inactive": Fault(heals=True, advice="The bot's account is deactivated: reinstall the app."),
    "invalid_auth": Fault(heals=True, advice="Slack refuses the bot token: check SLACK_BOT_TOKEN."),
    "not_authed": Fault(heals=True, advice="Slack got no bot token: check SLACK_BOT_TOKEN."),
    "token_revoked": Fault(heals=True, advice="The bot token was revoked: reinstall the app and set the new SLACK_BOT_TOKEN."),
    "token_expired": Fault(heals=True, advice="The bot token has expired: set a new SLACK_BOT_TOKEN."),
    "missing_scope": Fault(heals=False, advice="The app lacks a scope: reinstall it with the scopes of manifest.yml."),
    "channel_not_found": Fault(heals=False, advice="Slack knows no such channel, or it is private and the bot is not in it: check the channel's id and invite the bot."),
    "not_in_channel": Fault(heals=False, advice="The bot is not in the channel: invite it there."),
    "is_archived": Fault(heals=False, advice="The channel is archived: choose another or unarchive it."),
    "restricted_action": Fault(heals=False, advice="The workspace does not let the bot post there: ask its admins."),
    "invalid_blocks": Fault(heals=False, advice="Slack refused the message's form; this is a fault of Countersign: report it."),
    "msg_too_long": Fault(heals=False, advice="Slack refused the message as too long; this is a fault of Countersign: report it."),
    "msg_blocks_too_long": Fault(heals=False, advice="Slack refused the message as too long; this is a fault of Countersign: report it."),
    "invalid_arguments": Fault(heals=False, advice="Slack refused the call's form; this is a fault of Countersign: report it."),
    "message_not_found": Fault(heals=False, advice="The message was deleted, so it cannot be kept up to date."),
    "cant_update_message": Fault(heals=False, advice="The message is not the bot's own, so it cannot be kept up to date."),
    "cant_delete_message": Fault(heals=False, advice="The message is not the bot's own, or is still being written, so it cannot be taken away."),
    "compliance_exports_prevent_deletion": Fault(heals=False, advice="The workspace keeps every message, so none can be taken away."),
    "streaming_state_conflict": Fault(heals=False, advice="The message is still being written, so it cannot be changed."),
    "message_not_in_streaming_state": Fault(heals=False, advice="Slack has closed the message for further words."),
    "channel_type_not_supported": Fault(heals=False, advice="Slack has no streaming in such a channel."),
    "missing_recipient_team_id": Fault(heals=False, advice="Slack streams there for people of a workspace only."),
    "missing_recipient_user_id": Fault(heals=False, advice="Slack streams there for people of a workspace only."),
    "invalid_chunks": Fault(heals=False, advice="Slack refused the form of what was streamed."),
    "unknown_method": Fault(heals=False, advice="Slack has no such method here."),
    "edit_window_closed": Fault(heals=False, advice="The workspace does not let messages be edited any more: allow it for apps."),
    "thread_not_found": Fault(heals=False, advice="The thread was deleted."),
    "user_not_found": Fault(heals=False, advice="Slack knows no such user."),
    "user_not_in_channel": Fault(heals=False, advice="The person is not in the channel."),
    "cannot_dm_bot": Fault(heals=False, advice="Bots cannot be written to."),
    "user_disabled": Fault(heals=False, advice="The person is deactivated and cannot be written to."),
    "user_not_visible": Fault(heals=False, advice="The bot may not see the person, so it cannot write to them."),
    "no_such_subteam": Fault(heals=False, advice="Slack knows no such user group, or it is disabled."),
    "users_not_found": Fault(heals=False, advice="Slack knows no active person with that address."),
    "file_not_found": Fault(heals=False, advice="Slack knows no such file."),
    "file_deleted": Fault(heals=False, advice="The file was deleted."),
    "file_uploads_disabled": Fault(heals=False, advice="The workspace does not let files be uploaded; all of it is under Details."),
    "file_uploads_except_images_disabled": Fault(heals=False, advice="The workspace lets only images be uploaded; all of it is under Details."),
    "file_upload_size_restricted": Fault(heals=False, advice="The workspace does not let files as large as this be uploaded; all of it is under Details."),
    "file_type_not_allowed": Fault(heals=False, advice="The workspace does not let such files be uploaded; all of it is under Details."),
    "storage_limit_reached": Fault(heals=False, advice="The workspace has no room for files left; all of it is under Details."),
    "not_enabled": Fault(heals=False, advice="The app's Home tab is off: turn it on, as manifest.yml does."),
    "plan_upgrade_required": Fault(heals=False, advice="The workspace's plan has no user groups."),
}  # fmt: skip
_TRANSIENT = Fault(heals=True, advice="Slack could not do it just now; it is tried again.")
TOKEN_ERRORS = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_revoked", "token_expired"})


def unreachable(error: Exception) -> ApplicationError:
    """A failure to reach Slack at all: waiting helps."""
    return ApplicationError(f"Slack could not be reached ({type(error).__name__}).", type="unreachable")


def withheld(reason: str) -> ApplicationError:
    """A file that Slack will never give out."""
    return ApplicationError(reason, type="withheld", non_retryable=True)


def translate(error: SlackApiError) -> ApplicationError:
    """Slack's error as Temporal's: its type is Slack's name for it, and Temporal owns the retries."""
    name = _error_name(error)
    lacking = f": {_data(error)['needed']}" if "needed" in _data(error) else ""
    fault = FAULTS.get(name, _TRANSIENT)
    delay = _retry_delay(error, name)
    return ApplicationError(
        f"{fault.advice} ({name}{lacking})", type=name, non_retryable=not fault.heals, next_retry_delay=delay
    )


def _error_name(error: SlackApiError) -> str:
    """Slack's name for an error, or its HTTP status where it gave none."""
    data = _data(error)
    return str(data.get("error") or f"http_{_status(error)}")


def _response(error: SlackApiError) -> object:
    return cast(object, error.response)


def _data(error: SlackApiError) -> Mapping[str, object]:
    data: object = getattr(_response(error), "data", None)
    return cast(Mapping[str, object], data) if isinstance(data, dict) else {}


def _status(error: SlackApiError) -> int:
    response = _response(error)  # aiohttp's own where the body was not what its content type said
    return int(getattr(response, "status_code", getattr(response, "status", 0)))


def _retry_delay(error: SlackApiError, name: str) -> timedelta | None:
    if name in TOKEN_ERRORS:
        return TOKEN_DELAY
    if name != "ratelimited" and _status(error) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers: Mapping[str, str] = getattr(_response(error), "headers", {})
    lowered = {key.lower(): value for key, value in headers.items()}
    try:
        return timedelta(seconds=min(LONGEST_SECONDS, max(1, int(lowered["retry-after"]))))
    except (KeyError, ValueError):
        return RATE_DELAY
