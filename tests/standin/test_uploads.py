"""files.*: announced, sent, shared; refused where Slack refuses."""

from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Json, Web
from tests.standin.robot import Api, look, message, post

pytest_plugins = ("tests.browser", "tests.standin.stage")

CONTENT = b"all of it\n" * 500


async def send(url: str, content: bytes) -> int:
    async with aiohttp.ClientSession() as http, http.post(url, data=content) as response:
        return response.status


async def upload(call: Web, content: bytes = CONTENT, **more: Any) -> str:
    """A file that was announced and sent; its id."""
    announced = await call("files.getUploadURLExternal", filename="memo.txt", length=len(content), **more)
    assert await send(announced["upload_url"], content) == 200
    return str(announced["file_id"])


async def share(call: Web, file_id: str, **more: Any) -> Json:
    return await call("files.completeUploadExternal", files=[{"id": file_id, "title": "The memo"}], **more)


async def test_a_file_is_shared_in_a_thread(slack: Standin, call: Web) -> None:
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="hi"))["ts"]
    answer = await share(call, await upload(call), channel_id="C0GENERAL", thread_ts=ts)
    (reply,) = slack.workspace.rooms["C0GENERAL"].thread(ts)
    assert answer["files"] == [{"id": reply.files[0].id, "title": "The memo"}]
    assert (reply.files[0].content, reply.user, reply.thread_ts) == (CONTENT, "U0BOT", ts)


async def test_a_file_that_is_shared_nowhere_is_in_no_message(slack: Standin, call: Web) -> None:
    assert (await share(call, await upload(call)))["ok"]
    assert not any(room.messages for room in slack.workspace.rooms.values())


async def test_an_initial_comment_wins_over_blocks(slack: Standin, call: Web) -> None:
    words: Json = {"initial_comment": "words", "blocks": [{"type": "divider"}]}
    await share(call, await upload(call), channel_id="C0GENERAL", **words)
    (shown,) = slack.workspace.rooms["C0GENERAL"].messages
    assert (shown.text, shown.blocks) == ("words", [])


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"length": 0}, "missing_argument"),
        ({"filename": ""}, "missing_argument"),
        ({"length": "many"}, "invalid_arguments"),
        ({"length": 2_000_000_000}, "file_upload_size_restricted"),
        ({"length": 1_000_001, "snippet_type": "text"}, "snippet_too_large"),
        ({"snippet_type": "klingon"}, "unknown_snippet_type"),
    ],
)
async def test_what_cannot_be_announced_is_refused(call: Web, args: Json, error: str) -> None:
    answer = await call("files.getUploadURLExternal", **({"filename": "memo.txt", "length": 5} | args))
    assert answer["error"] == error


async def test_another_length_than_announced_is_refused(call: Web) -> None:
    announced = await call("files.getUploadURLExternal", filename="memo.txt", length=5)
    assert await send(announced["upload_url"], b"four") == 400
    assert (await share(call, announced["file_id"]))["error"] == "file_not_found"


async def test_an_address_that_was_never_given_takes_nothing(slack: Standin) -> None:
    assert await send(f"{slack.url}/upload/v1/nonsense", CONTENT) == 400


async def test_a_file_is_completed_once(call: Web) -> None:
    file_id = await upload(call)
    assert (await share(call, file_id))["ok"]
    assert (await share(call, file_id))["error"] == "file_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"channel_id": "C0ARCHIVED"}, "is_archived"),
        ({"channel_id": "C0GENERAL", "thread_ts": "1.0"}, "thread_not_found"),
        ({"channel_id": "C0GENERAL", "blocks": [{"type": "none"}]}, "invalid_blocks"),
        ({"files": []}, "invalid_arguments"),
        ({"files": "{broken"}, "invalid_arguments"),
        ({"files": [{"id": "F0NONE"}]}, "file_not_found"),
    ],
)
async def test_what_cannot_be_shared_is_refused_and_can_be_shared_later(
    call: Web, args: Json, error: str
) -> None:
    file_id = await upload(call)
    answer = await call("files.completeUploadExternal", **({"files": [{"id": file_id}]} | args))
    assert answer["error"] == error
    assert (await share(call, file_id))["ok"]


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_files_need_their_scope(call_of: CallOf, method: str) -> None:
    async with Standin(data=Seed(scopes=("chat:write",))) as bare:
        answer = await call_of(bare)(method, filename="memo.txt", length=5)
    assert (answer["error"], answer["needed"]) == ("missing_scope", "files:write")


async def test_a_file_on_the_page_is_opened_and_downloaded(page: Page, acme: Standin, api: Api) -> None:
    ts = await post(api, text="the start")
    hostile = b"<script>alert(1)</script>\n" * 200
    await api.files_upload_v2(filename="memo.txt", content=hostile, channel="C0APPROVALS", thread_ts=ts)
    (reply,) = acme.workspace.rooms["C0APPROVALS"].thread(ts)
    await look(page, acme, "U0BOB", thread=ts)
    shown = message(page, reply.ts).locator("details.file")
    await expect(shown.locator("summary")).to_contain_text("memo.txt5,200 bytes")
    await expect(shown.locator("pre")).to_be_hidden()
    await shown.locator("summary").click()
    await expect(shown.locator("pre")).to_contain_text("<script>alert(1)</script>")
    async with page.expect_download() as started:
        await shown.get_by_role("link", name="Download").click()
    assert (await (await started.value).path()).read_bytes() == hostile


async def test_a_file_that_is_not_there_is_not_found(slack: Standin) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{slack.url}/_/files/F0NONE") as response:
        assert response.status == 404
