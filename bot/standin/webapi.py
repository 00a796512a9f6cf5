"""The Web API's front door: faults, token, method, arguments, answer."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from math import ceil
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.standin import chat, conversations, directory, files, shares, statuses, streams, views
from bot.standin.call import Call, arguments
from bot.standin.faults import Fault, Faults
from bot.standin.refusal import Refusal
from bot.standin.responses import apply
from bot.standin.trees import Json
from bot.standin.workspace import Workspace

Method = Callable[[Call], Json]
METHODS: dict[str, Method] = {
    "auth.test": directory.auth_test,
    "apps.connections.open": directory.open_connection,
    "assistant.threads.setStatus": statuses.set_status,
    "bots.info": directory.bot_info,
    "chat.appendStream": streams.append,
    "chat.postMessage": chat.post_message,
    "chat.startStream": streams.start,
    "chat.stopStream": streams.stop,
    "chat.update": chat.update,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.info": shares.info,
    "files.completeUploadExternal": files.complete_upload,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_direct,
    "conversations.list": conversations.listing_rooms,
    "conversations.join": conversations.join,
    "users.conversations": conversations.rooms_of_user,
    "users.info": directory.user_info,
    "users.list": directory.user_list,
    "users.lookupByEmail": directory.user_by_email,
    "usergroups.users.list": directory.group_users,
    "usergroups.list": directory.group_list,
    "views.open": views.open_view,
    "views.push": views.push_view,
    "views.update": views.update_view,
    "views.publish": views.publish_view,
    "reactions.add": conversations.react,
}
APP_LEVEL = {"apps.connections.open"}
POSTS = {"chat.postMessage", "chat.postEphemeral", "chat.startStream"}


class Called(NamedTuple):
    """A call, on the record."""

    method: str
    args: Json
    ok: bool


class Dropped(Exception):  # noqa: N818 - asked for, not an error
    """The connection is to be cut without an answer."""


@dataclass
class WebApi:
    """Answers /api/METHOD and the response URLs; both meet the same faults and stand on the same record."""

    workspace: Workspace
    faults: Faults
    bot_token: str
    app_token: str
    calls: list[Called] = field(default_factory=list[Called])
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> Response:
        """One call of a method; every refusal is a 200 with `ok: false`."""
        method, args = request.path_params["method"], await arguments(request)
        return await self._through(method, args, lambda: self._called(request, method, args))

    async def respond(self, request: Request) -> Response:
        """One POST to a response URL; on record and among the faults it is called `response_url`."""
        secret, args = request.path_params["secret"], await arguments(request)
        return await self._through("response_url", args, lambda: self._responded(secret, args))

    async def receive(self, request: Request) -> Response:
        """A file's bytes at the address that was given for it; among the faults it is called `upload`."""
        secret, content = request.path_params["secret"], await request.body()
        taken = partial(files.receive, self.workspace, secret, content)
        return await self._through("upload", {"length": len(content)}, taken)

    async def give(self, request: Request) -> Response:
        """A file's content; among the faults it is called `download`."""
        taken = partial(shares.give, self.workspace, request, self.bot_token)
        return await self._through("download", dict(request.path_params), taken)

    async def _through(self, name: str, args: Json, run: Callable[[], Response]) -> Response:
        fault = self.faults.take(name)
        response = await self._spoiled(fault) or run()
        self.calls.append(Called(name, args, ok=succeeded(response)))
        if fault is not None and fault.kind == "lost":
            raise Dropped
        return response

    async def _spoiled(self, fault: Fault | None) -> Response | None:
        """The answer in place of the real one, if the fault goes that far."""
        if fault is None:
            return None
        if fault.kind in ("slow", "hang"):
            await self._pause(fault.seconds)
        if fault.kind == "hang" or self.stopping.is_set():
            raise Dropped
        match fault.kind:
            case "error":
                return JSONResponse({"ok": False, "error": fault.error})
            case "http_500":
                return Response("internal error", status_code=500)
            case "ratelimited":
                return limited(fault.seconds)
            case "down":
                return Response("service unavailable", status_code=503)
            case _:
                return None

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()

    def _called(self, request: Request, method: str, args: Json) -> Response:
        scopes = self.workspace.seed.scopes
        try:
            self._admit(request, method, args)
            if method in POSTS and self.faults.too_fast(args.get("channel", ""), self.workspace.clock()):
                return limited(1 / (self.faults.per_second or 1))
            body = METHODS[method](Call(method, args, self.workspace, scopes))
        except Refusal as refusal:
            body = refusal.answer
        return JSONResponse(body, headers={"x-oauth-scopes": ",".join(scopes)})

    def _admit(self, request: Request, method: str, args: Json) -> None:
        if method not in METHODS:
            raise Refusal("unknown_method", req_method=method)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or args.get("token", "")
        if not token:
            raise Refusal("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refusal("invalid_auth")
        if (token == self.app_token) != (method in APP_LEVEL):
            raise Refusal("not_allowed_token_type")

    def _responded(self, secret: str, args: Json) -> Response:
        try:
            where = self.workspace.tickets.answer(secret)
        except Refusal as refusal:
            return JSONResponse(refusal.answer, status_code=404)
        try:
            apply(self.workspace, where, args)
        except Refusal as refusal:
            return JSONResponse(refusal.answer, status_code=400)
        return JSONResponse({"ok": True})


def succeeded(response: Response) -> bool:
    """Whether an answer says ok; what is no JSON says so by its status alone."""
    said = not isinstance(response, JSONResponse) or bool(json.loads(bytes(response.body))["ok"])
    return response.status_code == HTTPStatus.OK and said


def limited(seconds: float) -> Response:
    """Too many requests."""
    body = {"ok": False, "error": "ratelimited"}
    return JSONResponse(body, status_code=429, headers={"Retry-After": str(max(1, ceil(seconds)))})
