"""What approvers have changed of what was asked, as people read it: each argument as it was and as it is."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue
from slack_sdk.models.blocks import RichTextElement

from activities.blocks import Parts, mention, moment, plain, section
from activities.text import cut, list_arguments
from workflows.contracts import Amendment, ApprovalState

CHANGES_ON_CARD = 500
"""How many characters all changes together may take on a card; Details show them in full."""
ROW_LENGTH = 60
MOST_ROWS = 3
ABSENT = "(not there)"


class Change(NamedTuple):
    """One argument, as text before and after."""

    name: str
    before: str
    after: str


def find_changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[Change]:
    """The arguments that differ, in the order in which they are listed."""
    names = [name for name in {**before, **after} if before.get(name, ...) != after.get(name, ...)]
    return [Change(name, _show(before, name), _show(after, name)) for name in names]


def _show(arguments: Mapping[str, JsonValue], name: str) -> str:
    return list_arguments({name: arguments[name]}) if name in arguments else f"{name}: {ABSENT}"


def change_text(change: Change) -> str:
    """A change in full, on lines of their own, or in one where it is short."""
    return f"{change.before}  →  {change.after}"


def change_rows(state: ApprovalState, room: int) -> Parts:
    """The last changes, as there is room for them."""
    numbers = range(len(state.amendments))[-MOST_ROWS:]
    length = max(room // max(len(numbers), 1) - ROW_LENGTH, 1)
    return [change_row(state, number, length) for number in numbers]


def change_row(state: ApprovalState, number: int, length: int) -> RichTextElement:
    """Who changed what, and when."""
    change = state.amendments[number]
    told = "; ".join(map(change_text, list_changes(state, change)))
    return section(*changed_parts(change), plain(f": {cut(told, length)}"))


def changed_parts(change: Amendment) -> Parts:
    """Who made a change, for whom, and when."""
    parts = [plain("Changed by "), mention(change.changed_by)]
    parts += [plain(" for "), mention(change.on_behalf_of)] if change.on_behalf_of else []
    return [*parts, plain(" "), moment(change.changed_at)]


def list_changes(state: ApprovalState, change: Amendment) -> list[Change]:
    """What a change made different: against the next change's starting point, the last against what is asked now."""
    following = state.amendments[state.amendments.index(change) + 1 :]
    after = following[0].before if following else state.request.arguments
    return find_changes(change.before, after)
