"""Slack's errors as Temporal's: what heals, how long to wait, what the operator should do."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from unittest.mock import ANY

import pytest
from aiohttp import ClientConnectionError, web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from temporalio.exceptions import ApplicationError

from activities.errors import FAULTS, RATE_DELAY, TOKEN_DELAY, translate, unreachable
from activities.webapi import WebApi

TOKEN = "xoxb-very-secret"
HEALING = {
    "account_inactive", "invalid_auth", "not_authed", "token_revoked", "token_expired", "ratelimited", "fatal_error",
    "internal_error", "service_unavailable", "request_timeout", "team_added_to_org", "never_heard_of",
}  # fmt: skip
FINAL = {
    "missing_scope", "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "invalid_blocks",
    "msg_too_long", "msg_blocks_too_long", "invalid_arguments", "message_not_found", "cant_update_message",
    "edit_window_closed", "thread_not_found", "user_not_found", "user_not_in_channel", "cannot_dm_bot",
    "file_type_not_allowed", "file_deleted", "cant_delete_message", "compliance_exports_prevent_deletion",
    "streaming_state_conflict", "message_not_in_streaming_state", "channel_type_not_supported", "invalid_chunks",
    "missing_recipient_team_id", "missing_recipient_user_id", "unknown_method",
    "file_not_found",
    "file_uploads_disabled", "file_uploads_except_images_disabled",
    "file_upload_size_restricted", "storage_limit_reached",
    "user_disabled", "user_not_visible", "no_such_subteam", "users_not_found", "plan_upgrade_required", "not_enabled",
}  # fmt: skip
Answer = Callable[[], web.Response]
Calling = Callable[[Answer], Awaitable[ApplicationError]]


def refuse(name: str | None, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    """What slack-sdk raises when Slack answers like this."""
    response = AsyncSlackResponse(
        client=ANY,
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={"headers": {"Authorization": f"Bearer {TOKEN}"}, "data": {"token": TOKEN}},
        data={"ok": False, "error": name} if name else {},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError(f"The request failed with {TOKEN}", response)


@pytest.mark.parametrize("name", sorted(HEALING))
def test_what_heals_is_tried_again(name: str) -> None:
    error = translate(refuse(name))
    assert (error.type, error.non_retryable) == (name, False)


@pytest.mark.parametrize("name", sorted(FINAL))
def test_what_cannot_heal_is_final(name: str) -> None:
    error = translate(refuse(name))
    assert (error.type, error.non_retryable, error.next_retry_delay) == (name, True, None)


def test_the_table_has_no_row_that_is_not_tested_here() -> None:
    assert set(FAULTS) <= HEALING | FINAL
    assert {name for name, fault in FAULTS.items() if not fault.heals} == FINAL


@pytest.mark.parametrize("name", sorted(HEALING | FINAL))
def test_every_error_is_a_sentence_with_slacks_name_for_it(name: str) -> None:
    message = translate(refuse(name)).message
    assert re.fullmatch(rf"[A-Z].{{15,}}\. \({name}\)", message)


@pytest.mark.parametrize(
    "name", ["account_inactive", "invalid_auth", "not_authed", "token_revoked", "token_expired"]
)
def test_a_refused_token_is_left_alone_for_a_while(name: str) -> None:
    assert translate(refuse(name)).next_retry_delay == TOKEN_DELAY


@pytest.mark.parametrize("header", ["Retry-After", "retry-after", "RETRY-AFTER", "rEtRy-aFtEr"])
def test_slack_says_how_long_to_wait(header: str) -> None:
    delay = translate(refuse("ratelimited", 429, {"X-Other": "1", header: "30"})).next_retry_delay
    assert delay == timedelta(seconds=30)


@pytest.mark.parametrize(("value", "seconds"), [("1", 1), ("0", 1), ("-5", 1), (" 7 ", 7), ("3600", 3600)])
def test_a_delay_is_a_second_at_least(value: str, seconds: int) -> None:
    error = translate(refuse("ratelimited", 429, {"Retry-After": value}))
    assert error.next_retry_delay == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "soon", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 5_000])
def test_a_delay_that_makes_no_sense_is_a_short_one(value: str) -> None:
    error = translate(refuse("ratelimited", 429, {"Retry-After": value}))
    assert (error.next_retry_delay, error.non_retryable) == (RATE_DELAY, False)


@pytest.mark.parametrize("value", ["99999999999999999999", "99999999999999"])
def test_a_delay_beyond_all_time_hides_no_error(value: str) -> None:
    error = translate(refuse("ratelimited", 429, {"Retry-After": value}))
    assert error.type == "ratelimited"
    assert error.next_retry_delay is not None


def test_without_a_header_the_delay_is_short() -> None:
    assert translate(refuse("ratelimited", 429)).next_retry_delay == RATE_DELAY
    assert translate(refuse("ratelimited", 200)).next_retry_delay == RATE_DELAY


@pytest.mark.parametrize("name", ["internal_error", "channel_not_found"])
def test_only_a_limited_rate_waits_as_told(name: str) -> None:
    assert translate(refuse(name, 200, {"Retry-After": "30"})).next_retry_delay is None


def test_too_many_requests_is_a_limited_rate_by_any_name() -> None:
    error = translate(refuse(None, 429, {"Retry-After": "30"}))
    assert (error.type, error.next_retry_delay) == ("http_429", timedelta(seconds=30))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_without_a_name_is_called_by_its_status(status: int) -> None:
    error = translate(refuse(None, status))
    assert (error.type, error.non_retryable, error.next_retry_delay) == (f"http_{status}", False, None)


def test_an_error_without_a_response_still_heals() -> None:
    bare = SlackApiError("no response at all", None)
    assert not translate(bare).non_retryable


@pytest.mark.parametrize("name", [*sorted(HEALING | FINAL), None])
def test_no_error_holds_a_secret(name: str | None) -> None:
    error = translate(refuse(name, 503))
    assert TOKEN not in f"{error} {error.message} {error.details!r} {error.__cause__!r}"


@pytest.mark.parametrize(
    "cause",
    [TimeoutError("xoxb"), ClientConnectionError("xoxb"), OSError("xoxb"), ConnectionResetError("xoxb")],
)
def test_slack_away_heals_and_says_what_happened(cause: Exception) -> None:
    error = unreachable(cause)
    assert (error.type, error.non_retryable, error.next_retry_delay) == ("unreachable", False, None)
    assert error.message == f"Slack could not be reached ({type(cause).__name__})."


@pytest.fixture
async def call() -> AsyncIterator[Calling]:
    """Calls a server that answers as told; gives back the error that the activity would end with."""
    answers: list[Answer] = []

    async def answer(_: web.Request) -> web.Response:
        return answers[0]()

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", answer)
    server = TestServer(app)
    await server.start_server()

    async def run(told: Answer) -> ApplicationError:
        answers[:] = [told]
        client = AsyncWebClient(
            token=TOKEN, base_url=f"{server.make_url('/api/')}", retry_handlers=[], timeout=5
        )
        with pytest.raises(ApplicationError) as raised:
            await WebApi(client).call("chat.postMessage", channel="C1", text="hello")
        return raised.value

    yield run
    await server.close()


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/json"])
@pytest.mark.parametrize("status", [500, 503])
async def test_a_gateway_that_answers_without_json_heals(
    call: Calling, content_type: str, status: int
) -> None:
    error = await call(
        lambda: web.Response(status=status, text="<html>upstream</html>", content_type=content_type)
    )
    assert (error.type, error.non_retryable) == (f"http_{status}", False)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/json"])
async def test_a_limited_rate_without_json_waits_as_told(call: Calling, content_type: str) -> None:
    headers = {"Retry-After": "30"}
    error = await call(
        lambda: web.Response(status=429, text="slow down", headers=headers, content_type=content_type)
    )
    assert (error.type, error.next_retry_delay) == ("http_429", timedelta(seconds=30))


async def test_a_refusal_over_the_wire_is_translated_and_holds_no_secret(call: Calling) -> None:
    error = await call(lambda: web.json_response({"ok": False, "error": "channel_not_found"}))
    assert (error.type, error.non_retryable) == ("channel_not_found", True)
    assert TOKEN not in f"{error!r} {error.__cause__!r}"


async def test_a_limited_rate_over_the_wire_waits_as_told(call: Calling) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    error = await call(lambda: web.json_response(limited, status=429, headers={"Retry-After": "12"}))
    assert (error.type, error.next_retry_delay) == ("ratelimited", timedelta(seconds=12))


async def test_a_server_that_is_not_there_is_unreachable(unused_tcp_port: int) -> None:
    client = AsyncWebClient(
        token=TOKEN, base_url=f"http://127.0.0.1:{unused_tcp_port}/api/", retry_handlers=[]
    )
    with pytest.raises(ApplicationError) as raised:
        await WebApi(client).call("chat.postMessage")
    assert (raised.value.type, raised.value.non_retryable) == ("unreachable", False)
    assert raised.value.__cause__ is None
