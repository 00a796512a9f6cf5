"""Files in threads: shared once, whatever gets lost on the way, and with exactly the bytes that the hash is of."""

import hashlib

import pytest
from temporalio.exceptions import ApplicationError

from activities.files import MOST_SNIPPET, FileBoard
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.harness import ALICE, APPROVALS
from workflows.snippets import Snippet, find_snippet

MEMO = find_snippet({"memo": "für alle\u202e\n" * 3_000}, "memo")


@pytest.fixture
def board(slack: Standin, settings: Settings) -> FileBoard:
    return FileBoard(WebApi(build_client(settings)))


@pytest.fixture
async def card(slack: Standin) -> str:
    return await slack.say(ALICE, APPROVALS, "stands for a card")


def shared(slack: Standin, card: str) -> list[Message]:
    return [one for one in slack.workspace.rooms[APPROVALS].thread(card) if one.files]


async def share(board: FileBoard, card: str, snippet: Snippet = MEMO, *, again: bool = False) -> None:
    await board.share_once(APPROVALS, card, snippet, again=again)


async def test_the_file_in_the_thread_has_exactly_the_arguments_bytes(
    slack: Standin, board: FileBoard, card: str
) -> None:
    await share(board, card)
    ((message,), (file,)) = shared(slack, card), shared(slack, card)[0].files
    assert file.content == MEMO.content
    assert hashlib.sha256(MEMO.content).hexdigest() in str(message.blocks)
    assert (file.name, file.snippet_type) == (f"memo-{MEMO.sha256[:8]}.txt", "text")
    assert (message.notified, message.text) == ([], "")


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("kind", ["lost", "http_500"])
async def test_whatever_gets_lost_there_is_one_file(
    slack: Standin, board: FileBoard, card: str, step: str, kind: str
) -> None:
    slack.faults.add(step, "lost" if kind == "lost" else "http_500")
    with pytest.raises(ApplicationError) as caught:
        await share(board, card)
    assert not caught.value.non_retryable
    await share(board, card, again=True)
    assert len(shared(slack, card)) == 1


async def test_alike_files_of_two_arguments_are_two(slack: Standin, board: FileBoard, card: str) -> None:
    await share(board, card)
    await share(board, card, find_snippet({"memo": "another"}, "memo"), again=True)
    assert len(shared(slack, card)) == 2


async def test_nobody_elses_message_passes_for_the_file(slack: Standin, board: FileBoard, card: str) -> None:
    await slack.say(ALICE, APPROVALS, f"SHA-256 {MEMO.sha256}", card, mention=False)
    await share(board, card, again=True)
    assert len(shared(slack, card)) == 1


async def test_what_is_too_large_to_be_read_as_a_snippet_is_a_file_all_the_same(
    slack: Standin, board: FileBoard, card: str
) -> None:
    await share(board, card, find_snippet({"memo": "x" * (MOST_SNIPPET + 1)}, "memo"))
    assert shared(slack, card)[0].files[0].snippet_type == ""


@pytest.mark.parametrize("error", ["missing_scope", "file_uploads_disabled", "storage_limit_reached"])
async def test_what_slack_will_never_have_is_said_to_be_so(
    slack: Standin, board: FileBoard, card: str, error: str
) -> None:
    slack.faults.add("files.getUploadURLExternal", "error", error=error)
    with pytest.raises(ApplicationError) as caught:
        await share(board, card)
    assert (caught.value.type, caught.value.non_retryable) == (error, True)
