"""What Slack says no with: an error code in the answer, and what it adds to explain it."""

from collections.abc import Sequence
from typing import Any

from bot.standin.trees import Json


class Refusal(Exception):  # noqa: N818 - Slack refuses; nothing is broken
    """An API call is answered with `ok: false`; `extra` joins the answer."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    @property
    def answer(self) -> Json:
        """The body of the answer."""
        return {"ok": False, "error": self.code, **self.extra}


def malformed(code: str, problems: Sequence[str]) -> Refusal:
    """A refusal that lists what is wrong, as Slack does in `response_metadata.messages`."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return Refusal(code, errors=list(problems), response_metadata={"messages": messages})
