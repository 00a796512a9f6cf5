"""A scripted app behind the stand-in, and what the tests of the page say to both."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import web
from playwright.async_api import Locator, Page, expect

from bot.standin.server import Standin

Json = dict[str, Any]
Api = Any  # an AsyncWebClient, whose own annotations pyright calls partially unknown
Act = Callable[[Json], Awaitable[None]]


class ScriptedApp:
    """Acknowledges what is sent to its URL while `gate` is open, as `answers[action id, type or command]` says."""

    def __init__(self) -> None:
        self.heard: list[Json] = []
        self.answers: dict[str, Json | Act] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        payload = cast("Json", json.loads(str(form["payload"])) if "payload" in form else dict(form))
        self.heard.append(payload)
        await self.gate.wait()
        answer = self.answers.get(topic(payload))
        if callable(answer):
            await answer(payload)
            return web.Response()
        return web.json_response(answer) if answer else web.Response()

    def actions(self) -> list[Json]:
        return [action for payload in self.heard for action in payload.get("actions", [])]


def topic(payload: Json) -> str:
    if "actions" in payload:
        return str(payload["actions"][0]["action_id"])
    return str(payload.get("type") or payload.get("command"))


async def look(page: Page, acme: Standin, user: str, channel: str = "C0APPROVALS", **more: str) -> None:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    await page.goto(f"{acme.url}/?user={user}&channel={channel}{extra}")
    await expect(page.locator("#team-name")).to_have_text("Acme")


async def post(api: Api, blocks: list[Json] | None = None, text: str = "words", **more: Any) -> str:
    answer = await api.chat_postMessage(channel="C0APPROVALS", text=text, blocks=blocks, **more)
    return str(answer["ts"])


def message(page: Page, ts: str) -> Locator:
    return page.locator(f'[data-ts="{ts}"]')


def action(page: Page, action_id: str) -> Locator:
    return page.locator(f'[data-action-id="{action_id}"]')


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(action_id: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(action_id.title()), "value": "v1", **more}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def card(*elements: Json) -> list[Json]:
    words = {"type": "section", "text": mrkdwn("Move *250*?")}
    return [words, {"type": "actions", "block_id": "a", "elements": [*elements]}]


def field(name: str, kind: str, *, optional: bool = False, **more: Any) -> Json:
    element = {"type": kind, "action_id": name, **more}
    label = plain(name.title())
    return {"type": "input", "block_id": name, "label": label, "optional": optional, "element": element}


def modal(*blocks: Json, title: str = "Reject") -> Json:
    return {
        "type": "modal",
        "callback_id": "m",
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": [*blocks],
    }
