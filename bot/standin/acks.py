"""What an ack does to the modal that was submitted."""

from typing import Any

from bot.standin.modals import Modals, View
from bot.standin.refusal import Refusal
from bot.standin.trees import Json, is_object
from bot.standin.views import body_of


def obey(modals: Modals, view: View, body: Json) -> None:
    """Close, clear, update, push or show errors, as `response_action` says."""
    stack = modals.stack(view.user)
    match body.get("response_action"):
        case None:
            stack.remove(view)
        case "clear":
            stack.clear()
        case "update":
            view.replace(body_of(body.get("view"), "modal"))
        case "push":
            modals.push(view.user, body_of(body.get("view"), "modal"))
        case "errors":
            view.errors = complaints(view, body.get("errors"))
        case _:
            raise Refusal("invalid_response_action")


def complaints(view: View, errors: Any) -> dict[str, str]:
    """The errors of an ack; each must belong to an input of the view."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not is_object(errors) or not errors or not set(errors) <= inputs:
        raise Refusal("invalid_errors")
    return {name: str(text) for name, text in errors.items()}
