"""What the stand-in is told to do wrong: errors, slowness, lost answers, outages, rate limits."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["error", "http_500", "ratelimited", "slow", "lost", "hang"]


@dataclass
class Fault:
    """One thing that goes wrong, so many times."""

    kind: Kind | Literal["down"]
    times: int
    seconds: float
    error: str


@dataclass
class Faults:
    """Faults wait in line for their method; `down` refuses everything; `per_second` limits posts to a channel."""

    down: bool = False
    per_second: float | None = None
    _waiting: dict[str, list[Fault]] = field(default_factory=dict[str, list[Fault]])
    _posts: dict[str, float] = field(default_factory=dict[str, float])

    def add(
        self, method: str, kind: Kind, *, times: int = 1, seconds: float = 1.0, error: str = "internal_error"
    ) -> None:
        """The next `times` calls of the method go wrong in this way.

        `seconds` is how long a slow call takes, a hanging one is held, or what Retry-After says.
        `lost` applies the call, then closes the connection without an answer.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(get_args(Kind))}.")
        self._waiting.setdefault(method, []).append(Fault(kind, times, seconds, error))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.down, self.per_second = False, None
        self._waiting.clear()

    def left(self, method: str) -> int:
        """How many calls of the method are still to go wrong."""
        return sum(fault.times for fault in self._waiting.get(method, []))

    def take(self, method: str) -> Fault | None:
        """The fault this call meets, if any."""
        if self.down:
            return Fault("down", 1, 0.0, "service_unavailable")
        line = self._waiting.get(method, [])
        if not line:
            return None
        fault = line[0]
        fault.times -= 1
        if fault.times <= 0:
            line.pop(0)
        return fault

    def too_fast(self, channel: str, now: float) -> bool:
        """Whether a post to the channel comes too early; if not, it counts."""
        if self.per_second is None:
            return False
        if now - self._posts.get(channel, float("-inf")) < 1 / self.per_second:
            return True
        self._posts[channel] = now
        return False
