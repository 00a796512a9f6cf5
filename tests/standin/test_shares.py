"""Files that people attach: the app hears of them, and is given them for its token and scope only."""

import aiohttp
import pytest

from bot.standin.file import File
from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Dial, Web, eventually

CONTENT = b"all of it"


def build_file() -> File:
    return File("memo.txt", len(CONTENT), content=CONTENT)


async def get(url: str, token: str) -> tuple[int, bytes]:
    head = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, headers=head, allow_redirects=False) as response,
    ):
        return response.status, await response.read()


async def test_the_event_names_the_files(slack: Standin, dial: Dial) -> None:
    phone = await dial()
    file = build_file()
    await slack.say("U0ALICE", "C0GENERAL", "read this", files=[file])
    event = (await eventually(lambda: [one for one in phone.heard if one["type"] == "events_api"]))[0]
    inner = event["payload"]["event"]
    assert (inner["type"], inner["subtype"]) == ("app_mention", "file_share")
    assert [(one["id"], one["name"], one["mimetype"]) for one in inner["files"]] == [
        (file.id, "memo.txt", "text/plain")
    ]


async def test_a_file_is_given_for_the_token(slack: Standin, call: Web) -> None:
    file = build_file()
    await slack.say("U0ALICE", "C0GENERAL", "read this", files=[file])
    known = (await call("files.info", file=file.id))["file"]
    assert known["size"] == len(CONTENT)
    assert await get(known["url_private_download"], slack.bot_token) == (200, CONTENT)
    assert (await get(known["url_private_download"], "other"))[0] == 302
    gone = known["url_private_download"].replace(file.id, "F0NONE")
    assert (await get(gone, slack.bot_token))[0] == 404


@pytest.mark.parametrize(
    ("args", "error"), [({}, "missing_argument"), ({"file": "F0NONE"}, "file_not_found")]
)
async def test_a_file_that_is_not_there_is_refused(call: Web, args: dict[str, str], error: str) -> None:
    assert (await call("files.info", **args))["error"] == error


async def test_a_file_where_the_bot_is_not_is_unknown_to_it(slack: Standin, call: Web) -> None:
    rooms = slack.workspace.rooms.values()
    outside = next(
        room for room in rooms if slack.workspace.bot.id not in room.members and not room.is_archived
    )
    file = build_file()
    await slack.say(next(iter(outside.members)), outside.id, "read this", files=[file])
    assert (await call("files.info", file=file.id))["error"] == "file_not_found"


async def test_without_the_scope_nothing_is_given(call_of: CallOf) -> None:
    async with Standin(data=Seed(scopes=("chat:write",))) as slack:
        file = build_file()
        await slack.say("U0ALICE", "C0GENERAL", "read this", files=[file])
        answer = await call_of(slack)("files.info", file=file.id)
        assert (answer["error"], answer["needed"]) == ("missing_scope", "files:read")
        assert (await get(f"{slack.url}/files-pri/{file.id}/download", slack.bot_token))[0] == 302
