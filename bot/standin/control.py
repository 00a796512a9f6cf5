"""The page and its API: look at the workspace as any user and act as them. For this machine only."""

import html
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.standin.acts import Acts
from bot.standin.call import parsed
from bot.standin.delivery import Delivery
from bot.standin.refusal import Refusal
from bot.standin.snapshot import seen
from bot.standin.trees import Json, is_object
from bot.standin.workspace import Workspace

PAGE = Path(__file__).parent / "page"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
WAIT_SECONDS = 20.0
HANDLE = re.compile(r"(?<![\w@])@([a-z][\w.-]*)")
Act = Callable[[Acts, Json], Awaitable[Any]]


class Doorman:
    """Answers only this machine, and only the page itself: no other site may act through a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        request = Request(scope)
        origin = request.headers.get("origin")
        own = f"http://{request.headers.get('host', '')}"
        if request.url.hostname in LOOPBACK and origin in (None, own):
            await self.app(scope, receive, send)
        else:
            await JSONResponse({"ok": False, "error": "forbidden"}, status_code=403)(scope, receive, send)


def routes(acts: Acts) -> list[Route | Mount]:
    """Everything the browser needs."""

    async def state(request: Request) -> Response:
        user = request.query_params.get("user") or acts.workspace.seed.users[0].id
        try:
            return JSONResponse(seen(acts.workspace, acts.workspace.user(user)))
        except Refusal as refusal:
            return JSONResponse(refusal.answer, status_code=404)

    async def wait(request: Request) -> Response:
        since = request.query_params.get("since", "0")
        known = int(since) if since.isdecimal() else 0
        version = await acts.workspace.wait(known, WAIT_SECONDS)
        return JSONResponse({"version": version})

    def file(request: Request) -> Response:
        found = acts.workspace.files.get(request.path_params["id"])
        if found is None or found.content is None:
            return JSONResponse({"ok": False, "error": "file_not_found"}, status_code=404)
        kind = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(found.content, media_type="application/octet-stream", headers=kind)

    def page(_: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    guard = [Middleware(Doorman)]
    doors = [Route("/state", state), Route("/wait", wait), Route("/files/{id}", file)]
    doors += [Route(f"/{name}", door(acts, act), methods=["POST"]) for name, act in ACTS.items()]
    return [
        Mount("/_", routes=doors, middleware=guard),
        Route("/", page),
        Mount("/static", StaticFiles(directory=PAGE, check_dir=False)),
    ]


def door(acts: Acts, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one act; what a person cannot do is an answer, not an error."""

    async def endpoint(request: Request) -> Response:
        try:
            result = await act(acts, parsed(await request.body()))
        except Refusal as refusal:
            return JSONResponse({"ok": False, "acked": False, "error": refusal.code}, status_code=400)
        except LookupError as error:
            return JSONResponse({"ok": False, "acked": False, "error": str(error)}, status_code=400)
        return JSONResponse(reported(result))

    return endpoint


def reported(result: Any) -> Json:
    """The answer to an act."""
    if isinstance(result, Delivery):
        return {"ok": result.acked, "acked": result.acked, "error": result.error}
    return {
        "ok": True,
        "acked": True,
        "error": "",
        **(result if is_object(result) else {}),
    }


async def say(acts: Acts, body: Json) -> Json | Delivery:
    """A line from the composer: a slash command, or a message with handles in it."""
    text: str = body["text"]
    if text.startswith("/"):
        name, _, rest = text.partition(" ")
        return await acts.command(body["user"], body["channel"], name, rest.strip())
    typed = spelled(acts.workspace, text)
    thread = body.get("thread_ts") or None
    return {"ts": await acts.say(body["user"], body["channel"], typed, thread, mention=False)}


async def click(acts: Acts, body: Json) -> Delivery:
    """A click in a message."""
    where = body["user"], body["channel"], body["ts"], body["action_id"]
    return await acts.click(*where, block_id=body.get("block_id"), value=body.get("value"))


async def click_ephemeral(acts: Acts, body: Json) -> Delivery:
    """A click in an ephemeral message."""
    where = body["user"], body["id"], body["action_id"]
    return await acts.click_ephemeral(*where, block_id=body.get("block_id"), value=body.get("value"))


async def shortcut(acts: Acts, body: Json) -> Delivery:
    """One of the app's global shortcuts is chosen."""
    return await acts.shortcut(body["user"], body["callback_id"])


async def message_shortcut(acts: Acts, body: Json) -> Delivery:
    """One of the app's shortcuts is chosen in a message's menu."""
    return await acts.message_shortcut(body["user"], body["channel"], body["ts"], body["callback_id"])


async def press(acts: Acts, body: Json) -> Delivery:
    """A click in a view."""
    what = {name: body.get(name) for name in ("block_id", "value", "values")}
    return await acts.press(body["user"], body["view_id"], body["action_id"], **what)


async def submit(acts: Acts, body: Json) -> Json:
    """A modal is sent; `errors` are what now stands under its inputs."""
    delivery = await acts.submit(body["user"], body["view_id"], body.get("values"))
    views = acts.workspace.modals.stack(body["user"])
    wrong = [view.errors for view in views if view.id == body["view_id"] and view.errors]
    return reported(delivery) | ({"errors": wrong[0]} if wrong else {})


async def dismiss(acts: Acts, body: Json) -> None:
    """A modal is closed; whether the app cares changes nothing for the user."""
    await acts.dismiss(body["user"], body["view_id"])


async def direct(acts: Acts, body: Json) -> Json:
    """The direct conversation with the bot."""
    return {"channel": acts.direct(body["user"])}


async def home(acts: Acts, body: Json) -> None:
    """The Home tab is opened."""
    acts.open_home(body["user"])


ACTS: dict[str, Act] = {
    "say": say,
    "click": click,
    "click_ephemeral": click_ephemeral,
    "shortcut": shortcut,
    "message_shortcut": message_shortcut,
    "press": press,
    "submit": submit,
    "dismiss": dismiss,
    "dm": direct,
    "home": home,
}


def spelled(workspace: Workspace, text: str) -> str:
    """What Slack makes of typed text: escaped, and handles turned into mentions."""
    handles = {user.name: user.id for user in workspace.users.values()}

    def mention(found: re.Match[str]) -> str:
        return f"<@{handles[found[1]]}>" if found[1] in handles else found[0]

    return HANDLE.sub(mention, html.escape(text, quote=False))
