"""The views people have open: a stack of modals and a Home tab for each."""

import secrets
from dataclasses import dataclass, field

from bot.standin.forms import state
from bot.standin.refusal import Refusal
from bot.standin.seed import Seed
from bot.standin.trees import Json

DEPTH = 3
DEFAULTS: Json = {
    "title": None,
    "submit": None,
    "close": None,
    "callback_id": "",
    "private_metadata": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "submit_disabled": False,
}


@dataclass
class View:
    """One view: what the app sent, what the user has filled in, what Slack shows as wrong."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Json = field(default_factory=dict[str, Json])
    errors: dict[str, str] = field(default_factory=dict[str, str])

    def replace(self, body: Json) -> None:
        """Show another body in the same view; what was typed stays where the block_id stays."""
        self.body, self.hash, self.errors = body, fresh_hash(), {}
        self.values = state(body["blocks"], self.values, {})

    def shown(self, seed: Seed) -> Json:
        """The view object of payloads and answers."""
        bot = next(user for user in seed.users if user.id == seed.bot_user)
        identity = {
            "id": self.id,
            "team_id": seed.team_id,
            "app_id": seed.app_id,
            "app_installed_team_id": seed.team_id,
            "bot_id": bot.bot_id,
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "state": {"values": self.values},
        }
        return DEFAULTS | self.body | identity


def fresh_hash() -> str:
    """A hash that no other state of any view has."""
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"


class Modals:
    """Every user's stack, topmost last, and Home tab."""

    def __init__(self) -> None:
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """The modals `user` has open; changes to the list count."""
        return self.stacks.setdefault(user, [])

    def open(self, user: str, body: Json) -> View:
        """A first modal; whatever was open before is gone."""
        view = self._made(user, body)
        self.stacks[user] = [view]
        return view

    def push(self, user: str, body: Json) -> View:
        """A modal on top of the open one."""
        stack = self.stack(user)
        if not stack:
            raise Refusal("not_found")
        if len(stack) >= DEPTH:
            raise Refusal("push_limit_reached")
        view = self._made(user, body)
        view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def publish(self, user: str, body: Json, expected: str = "") -> View:
        """The user's Home tab, created or replaced."""
        if user not in self.homes:
            self.homes[user] = self._made(user, body)
            return self.homes[user]
        view = self.homes[user]
        check_hash(view, expected)
        view.replace(body)
        return view

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """An open modal or a Home tab, by either name."""
        everything = [view for stack in self.stacks.values() for view in stack]
        for view in [*everything, *self.homes.values()]:
            if view_id == view.id or (external_id and external_id == view.body.get("external_id")):
                return view
        raise Refusal("not_found")

    def _made(self, user: str, body: Json) -> View:
        self._refuse_twins(body.get("external_id", ""))
        name = f"V{secrets.token_hex(5).upper()}"
        values = state(body["blocks"], {}, {})
        return View(id=name, user=user, body=body, hash=fresh_hash(), root_id=name, values=values)

    def _refuse_twins(self, external_id: str) -> None:
        everything = [view for stack in self.stacks.values() for view in stack]
        if external_id and any(view.body.get("external_id") == external_id for view in everything):
            raise Refusal("duplicate_external_id")


def check_hash(view: View, expected: str) -> None:
    """Refuse a change that was made for an older state of the view."""
    if expected and expected != view.hash:
        raise Refusal("hash_conflict")
