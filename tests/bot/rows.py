"""Rows of lists, for tests."""

from typing import Any

from bot.catalog import Row
from tests.factories import HOUR, NOW, REQUESTER
from workflows.contracts import Brief, MessageRef, Summary

URL = "https://acme.slack.com/"
CARD = MessageRef(channel_id="C1", ts="1700000000.000100")
DIGEST = "0" * 64
FIELDS = frozenset(Row._fields)


def build_row(number: int = 0, **changes: Any) -> Row:
    """A row of something that its reader can decide; every field of the row and of its summary can be overridden."""
    own = {name: changes.pop(name) for name in FIELDS & changes.keys()}
    values: dict[str, Any] = {
        "title": "Transfer money",
        "requester": REQUESTER,
        "opened_at": NOW - 2 * HOUR,
        "deadline": NOW + HOUR,
        "card": CARD,
        "action": "transfer_money",
        "policy": "built-in",
        "digest": DIGEST,
        "stages": 1,
        "stage_name": "approval",
        "brief": Brief(arguments={"amount": 250}),
    }
    summary = Summary.model_validate(values | changes)
    return Row(f"approval-{number}", summary, decidable=True)._replace(**own)
