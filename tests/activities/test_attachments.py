"""Attached files: text is read, within limits; anything else says why not; the token goes nowhere but to Slack."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.attachments import MOST_BYTES, MOST_TEXT, NAME_LENGTH, WITHHELD, FileReader, show_file
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.file import File
from bot.standin.seed import SCOPES, Seed
from bot.standin.server import Standin
from tests.harness import ALICE, GENERAL, make_settings
from workflows.attachments import MOST_FILES, Attachment, ReadFile


@pytest.fixture
def api(slack: Standin, settings: Settings) -> WebApi:
    return WebApi(build_client(settings))


@pytest.fixture
def reader(api: WebApi) -> FileReader:
    return FileReader(api)


def build_file(content: bytes = b"all of it", **more: Any) -> File:
    values: dict[str, Any] = {"name": "memo.txt", "length": len(content), "content": content}
    return File(**(values | more))


async def attach(slack: Standin, *files: File, channel: str = GENERAL) -> list[Attachment]:
    await slack.say(ALICE, channel, "read", files=files)
    return [Attachment(file_id=file.id, name=file.name) for file in files]


async def read(slack: Standin, reader: FileReader, *files: File) -> tuple[ReadFile, ...]:
    return await reader.read_all(await attach(slack, *files))


@pytest.mark.parametrize("kind", ["text/plain", "text/csv", "application/json", "text/html"])
async def test_text_is_read(slack: Standin, reader: FileReader, kind: str) -> None:
    file = build_file("\ufeffgrüß\u202e dich\n".encode(), mimetype=kind)
    assert await read(slack, reader, file) == (ReadFile(name="memo.txt", text="grüß dich\n"),)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (build_file(mimetype="image/png"), "it is no text but image/png"),
        (build_file(mimetype=""), "it is no text but of an unknown kind"),
        (build_file(b"\xff\xfe\x00a"), "it is no text in UTF-8"),
        (build_file(length=MOST_BYTES + 1), "it is larger than 1 MB"),
        (build_file(b"x" * (MOST_BYTES + 1), length=9), "it is larger than Slack said"),
    ],
    ids=["image", "unknown", "binary", "large", "larger"],
)
async def test_what_is_no_text_or_too_large_says_so(
    slack: Standin, reader: FileReader, file: File, problem: str
) -> None:
    assert await read(slack, reader, file) == (ReadFile(name="memo.txt", problem=problem),)


async def test_long_text_is_cut_and_says_by_how_much(slack: Standin, reader: FileReader) -> None:
    first, second = await read(slack, reader, build_file(b"x" * (MOST_TEXT - 5)), build_file(b"y" * 9))
    assert (len(first.text), first.left_out) == (MOST_TEXT - 5, 0)
    assert (second.text, second.left_out) == ("y" * 5, 4)


async def test_only_so_many_files_are_read(slack: Standin, reader: FileReader) -> None:
    found = await read(slack, reader, *(build_file() for _ in range(MOST_FILES + 2)))
    assert [bool(one.problem) for one in found] == [False] * MOST_FILES + [True] * 2


async def test_a_file_that_slack_does_not_know_says_so(reader: FileReader) -> None:
    (found,) = await reader.read_all([Attachment(file_id="F0NONE", name="gone.txt")])
    assert (found.name, found.problem) == ("gone.txt", "Slack knows no such file. (file_not_found)")


async def test_without_the_scope_a_file_says_what_is_missing(settings: Settings) -> None:
    scopes = tuple(one for one in SCOPES if one != "files:read")
    async with Standin(data=Seed(scopes=scopes)) as strict:
        reader = FileReader(WebApi(build_client(make_settings(strict, settings.countersign_ledger.parent))))
        (found,) = await read(strict, reader, build_file())
    assert "The app lacks a scope" in found.problem


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        ({"mode": "tombstone"}, "it is not there any more"),
        ({"mode": "hidden_by_limit"}, "it is not there any more"),
        ({"is_external": True}, "it is not kept in Slack"),
        ({"url_private_download": ""}, "it is not kept in Slack"),
        ({"url_private_download": "https://evil.example/memo.txt"}, "its address is not Slack's"),
        ({"url_private_download": "https://slack.com.evil.example/x"}, "its address is not Slack's"),
        ({"url_private_download": "http://files.slack.com/x"}, "its address is not Slack's"),
    ],
)
async def test_what_is_elsewhere_is_not_fetched(
    slack: Standin, reader: FileReader, known: dict[str, Any], problem: str
) -> None:
    (found,) = await read(slack, reader, build_file(oddities=known))
    assert found.problem == problem
    assert not [one for one in slack.calls if one.method == "download"]


@pytest.mark.parametrize("fault", ["http_500", "ratelimited"])
@pytest.mark.parametrize("step", ["files.info", "download"])
async def test_a_slack_in_trouble_is_asked_again(
    slack: Standin, reader: FileReader, step: str, fault: Any
) -> None:
    files = await attach(slack, build_file())
    slack.faults.add(step, fault)
    with pytest.raises(ApplicationError) as caught:
        await reader.read_all(files)
    assert not caught.value.non_retryable
    assert (await reader.read_all(files))[0].text == "all of it"


async def test_a_page_that_asks_for_a_login_is_no_file(slack: Standin, reader: FileReader) -> None:
    """Where Slack answers with it in the file's place."""
    page = build_file(b"<html>Sign in</html>", mimetype="text/html", oddities={"mimetype": "text/plain"})
    (found,) = await read(slack, reader, page)
    assert found.problem == WITHHELD


async def test_a_token_is_not_sent_after_a_redirection(slack: Standin, api: WebApi) -> None:
    with pytest.raises(ApplicationError, match=WITHHELD) as caught:
        await api.download(f"{slack.url}/files-pri/F0NONE/download", 10)
    assert caught.value.non_retryable


@pytest.mark.parametrize("name", ["", "\u202e", "a\nb", "x" * 300])
def test_any_name_can_be_shown(name: str) -> None:
    assert 1 <= len(show_file(name)) <= NAME_LENGTH
    assert "\n" not in show_file(name)
