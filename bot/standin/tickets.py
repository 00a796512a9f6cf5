"""What Slack hands out for a short time: trigger ids, response URLs, socket tickets."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.standin.refusal import Refusal

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


@dataclass
class Trigger:
    """Lets the app open one view for `user`; `view_id` is the modal it came from, if any."""

    user: str
    born: float
    view_id: str = ""
    used: bool = False


@dataclass
class ResponseUrl:
    """Lets the app answer an interaction; `ts` is the message it came from, if any."""

    channel: str
    user: str
    born: float
    ts: str = ""
    thread_ts: str | None = None
    uses: int = 0


class Tickets:
    """Issues and redeems; every ticket ends by time or by use."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._sockets: set[str] = set()

    def trigger(self, user: str, view_id: str = "") -> str:
        """A new trigger id."""
        name = f"{len(self._triggers) + 1}.{secrets.token_hex(8)}"
        self._triggers[name] = Trigger(user, self._clock(), view_id)
        return name

    def redeem(self, name: str) -> Trigger:
        """The trigger, once and only within three seconds."""
        trigger = self._triggers.get(name)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self._clock() - trigger.born > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger

    def response(self, channel: str, user: str, ts: str = "", thread_ts: str | None = None) -> str:
        """The secret end of a new response URL."""
        name = secrets.token_hex(12)
        self._responses[name] = ResponseUrl(channel, user, self._clock(), ts, thread_ts)
        return name

    def answer(self, name: str) -> ResponseUrl:
        """The response URL, five times and only within thirty minutes."""
        response = self._responses.get(name)
        if response is None or self._clock() - response.born > RESPONSE_SECONDS:
            raise Refusal("expired_url")
        if response.uses >= RESPONSE_USES:
            raise Refusal("used_url")
        response.uses += 1
        return response

    def socket(self) -> str:
        """A ticket for one Socket Mode connection."""
        name = secrets.token_hex(16)
        self._sockets.add(name)
        return name

    def admit(self, name: str) -> bool:
        """Whether the ticket is good; it is not a second time."""
        known = name in self._sockets
        self._sockets.discard(name)
        return known
