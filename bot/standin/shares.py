"""Files that are there: what the API says of them, and who is given their content."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.standin.call import Call
from bot.standin.file import File
from bot.standin.refusal import Refusal
from bot.standin.trees import Json
from bot.standin.workspace import Workspace

READING = "files:read"


def info(call: Call) -> Json:
    """All about a file that is in one of the bot's own conversations, or is its own."""
    call.need(READING)
    file = call.workspace.files.get(call.text("file", "missing_argument"))
    if file is None or not file.shared or not is_seen(call.workspace, file):
        raise Refusal("file_not_found")
    return {"ok": True, "file": file.shown(call.workspace.url)}


def is_seen(workspace: Workspace, file: File) -> bool:
    """Whether the bot is where a file was shared."""
    own = workspace.bot.id
    rooms = [room for room in workspace.rooms.values() if own in room.members]
    return any(file in message.files for room in rooms for message in room.messages)


def give(workspace: Workspace, request: Request, token: str) -> Response:
    """A file's content for the bot's token; for anybody else, and without the scope, the page that asks for a login."""
    file = workspace.files.get(request.path_params["file"])
    entitled = request.headers.get("authorization") == f"Bearer {token}" and READING in workspace.seed.scopes
    if not entitled:
        return HTMLResponse("<html>Sign in to Slack</html>", HTTPStatus.FOUND, {"location": "/signin"})
    if file is None or file.content is None or not is_seen(workspace, file):
        return HTMLResponse("<html>not found</html>", HTTPStatus.NOT_FOUND)
    return Response(file.content, media_type=file.mimetype or "application/octet-stream")
