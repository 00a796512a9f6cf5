"""The files.* methods: where to send a file, and sharing it once it is there."""

from http import HTTPStatus
from typing import Any

from starlette.responses import PlainTextResponse, Response

from bot.standin.call import Call
from bot.standin.chat import destination, parent
from bot.standin.file import File
from bot.standin.limits import check_message, settled
from bot.standin.message import Message
from bot.standin.refusal import Refusal
from bot.standin.trees import Json, is_list, is_object
from bot.standin.workspace import Workspace

WRITING = "files:write"
FILE_BYTES, SNIPPET_BYTES = 1_000_000_000, 1_000_000
SNIPPET_TYPES = {
    "text",
    "python",
    "json",
    "sql",
    "shell",
    "diff",
    "javascript",
    "yaml",
    "xml",
    "html",
    "markdown",
}


def get_upload_url(call: Call) -> Json:
    """An address for one file of this name and length."""
    call.need(WRITING)
    length, kind = call.number("length", 0, FILE_BYTES + 1), call.text("snippet_type")
    if not length:
        raise Refusal("missing_argument")
    if length > FILE_BYTES:
        raise Refusal("file_upload_size_restricted")
    if kind and kind not in SNIPPET_TYPES:
        raise Refusal("unknown_snippet_type")
    if kind and length > SNIPPET_BYTES:
        raise Refusal("snippet_too_large")
    file = File(call.text("filename", "missing_argument"), length, kind)
    call.workspace.files[file.id] = file
    url = f"{call.workspace.url}/upload/v1/{file.secret}"
    return {"ok": True, "upload_url": url, "file_id": file.id}


def receive(workspace: Workspace, secret: str, content: bytes) -> Response:
    """What is sent to the address; it has to be as long as was announced."""
    file = next((one for one in workspace.files.values() if one.secret == secret), None)
    if file is None or len(content) != file.length:
        return PlainTextResponse("refused", status_code=HTTPStatus.BAD_REQUEST)
    file.content = content
    return PlainTextResponse(f"OK - {len(content)}")


def complete_upload(call: Call) -> Json:
    """Files that were sent become files of the workspace, and a message where they are to be shared."""
    call.need(WRITING)
    given: Any = call.tree("files", "invalid_arguments")
    if not is_list(given) or not given or not all(is_object(one) for one in given):
        raise Refusal("invalid_arguments")
    files = [sent(call.workspace, one) for one in given]
    message = announcement(call) if call.text("channel_id") else None
    for file, one in zip(files, given, strict=True):
        file.shared, file.title = True, str(one.get("title") or file.name)
    if message:
        message.files = files
        call.workspace.post(message, {})
    return {"ok": True, "files": [{"id": file.id, "title": file.title} for file in files]}


def sent(workspace: Workspace, given: Json) -> File:
    """A file that is there and was not completed before."""
    file = workspace.files.get(str(given.get("id")))
    if file is None or file.content is None or file.shared:
        raise Refusal("file_not_found")
    return file


def announcement(call: Call) -> Message:
    """The message that shares files; its words are in `blocks`, or in `initial_comment`, which wins."""
    room = destination(call, "channel_id")
    comment = call.text("initial_comment")
    blocks: Any = None if comment else call.tree("blocks", "invalid_blocks_format")
    if comment or blocks:
        check_message(comment, blocks)
    message = call.workspace.draft(call.workspace.bot, room, comment, settled(blocks or []))
    message.thread_ts = parent(call, room)
    return message
