"""What the bot says of itself below a thread until it answers there."""

from bot.standin.call import Call
from bot.standin.chat import POSTING, destination
from bot.standin.refusal import Refusal
from bot.standin.trees import Json


def set_status(call: Call) -> Json:
    """A status in a thread; an empty one takes it away, and so does the bot's next message there."""
    call.need(POSTING)
    room = destination(call, "channel_id")
    thread_ts = call.text("thread_ts", "invalid_thread_ts")
    try:
        message = room.message(thread_ts)
    except Refusal:
        raise Refusal("invalid_thread_ts") from None
    if message.is_reply:
        raise Refusal("invalid_thread_ts")
    if "status" not in call.args:
        raise Refusal("invalid_arguments")
    call.workspace.statuses.pop((room.id, thread_ts), None)
    if status := call.text("status"):
        call.workspace.statuses[room.id, thread_ts] = status
    call.workspace.touch()
    return {"ok": True}
