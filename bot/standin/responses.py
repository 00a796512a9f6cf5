"""Response URLs: what the app may answer to an interaction or a command."""

from bot.standin.limits import check_message, settled
from bot.standin.message import Message
from bot.standin.tickets import ResponseUrl
from bot.standin.trees import Json
from bot.standin.workspace import Workspace


def apply(workspace: Workspace, where: ResponseUrl, args: Json) -> None:
    """Delete, replace or add a message, as the body says."""
    if args.get("delete_original"):
        workspace.delete(original(workspace, where))
        return
    text, blocks = str(args.get("text") or ""), args.get("blocks")
    check_message(text, blocks)
    if args.get("replace_original"):
        changes = {"text": text, "blocks": settled(blocks or [])}
        workspace.edit(original(workspace, where), changes, args)
        return
    message = workspace.draft(workspace.bot, workspace.room(where.channel), text, settled(blocks or []))
    message.thread_ts = args.get("thread_ts") or where.thread_ts
    message.only_for = "" if args.get("response_type") == "in_channel" else where.user
    workspace.post(message, args)


def original(workspace: Workspace, where: ResponseUrl) -> Message:
    """The message the interaction came from."""
    if where.ts in workspace.ephemerals:
        return workspace.ephemerals[where.ts]
    return workspace.room(where.channel).message(where.ts)
