"""The views.* methods: modals and the Home tab."""

from typing import Any

from bot.standin.call import Call
from bot.standin.limits import check_view, settled
from bot.standin.modals import View, check_hash
from bot.standin.refusal import Refusal
from bot.standin.trees import Json


def open_view(call: Call) -> Json:
    """A first modal, for the user who just acted."""
    body = given(call, "modal")
    trigger = call.workspace.tickets.redeem(call.text("trigger_id", "invalid_trigger_id"))
    return answer(call, call.workspace.modals.open(trigger.user, body))


def push_view(call: Call) -> Json:
    """A modal on top of the one the user acted in."""
    body = given(call, "modal")
    trigger = call.workspace.tickets.redeem(call.text("trigger_id", "invalid_trigger_id"))
    if not trigger.view_id:
        raise Refusal("invalid_trigger_id")
    return answer(call, call.workspace.modals.push(trigger.user, body))


def update_view(call: Call) -> Json:
    """Other content in an open view."""
    view = call.workspace.modals.find(call.text("view_id"), call.text("external_id"))
    body = given(call, view.body["type"])
    check_hash(view, call.text("hash"))
    view.replace(body)
    return answer(call, view)


def publish_view(call: Call) -> Json:
    """A user's Home tab, where the app has one."""
    if not call.workspace.seed.home_tab:
        raise Refusal("not_enabled")
    user = call.workspace.user(call.text("user_id", "user_not_found"))
    body = given(call, "home")
    return answer(call, call.workspace.modals.publish(user.id, body, call.text("hash")))


def given(call: Call, kind: str) -> Json:
    """The view in the arguments, checked, each block with an id."""
    return body_of(call.tree("view", "invalid_arguments"), kind)


def body_of(tree: Any, kind: str) -> Json:
    """A view the app sent, in a call or in an ack."""
    check_view(tree, kind)
    body: Json = tree
    return body | {"blocks": settled(body["blocks"])}


def answer(call: Call, view: View) -> Json:
    """The view as it now is."""
    call.workspace.touch()
    return {"ok": True, "view": view.shown(call.workspace.seed)}
