"""What approvers have changed of what was asked, as people read it: each argument as it was and as it is."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue
from slack_sdk.models.blocks import RichTextElement

from activities.blocks import Parts, mention, moment, plain, section
from activities.text import clean_words, cut, list_arguments, show_label
from workflows.contracts import Amendment, ApprovalState

CHANGES_ON_CARD = 500
"""How many characters all changes together may take on a card; Details show them in full."""
ROW_LENGTH = 60
CHANGES_SHOWN = 3
ABSENT = "(not there)"


class Change(NamedTuple):
    """One argument, as text before and after."""

    name: str
    before: str
    after: str


def find_changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[Change]:
    """The arguments that differ, in the order in which they are listed."""
    names = [name for name in {**before, **after} if _write(before, name) != _write(after, name)]
    return [Change(name, _show(before, name), _show(after, name)) for name in names]


def _write(arguments: Mapping[str, JsonValue], name: str) -> str:
    """To be compared, since to Python 1 is True."""
    return json.dumps(arguments[name], sort_keys=True) if name in arguments else ""


def _show(arguments: Mapping[str, JsonValue], name: str) -> str:
    return list_arguments({name: arguments[name]}) if name in arguments else f"{show_label(name)}: {ABSENT}"


def change_text(change: Change) -> str:
    """A change in full, on lines of their own, or in one where it is short."""
    return f"{change.before}  →  {change.after}"


def change_rows(state: ApprovalState, room: int) -> Parts:
    """The changes, as there is room for them; where they are too many, the last."""
    count = len(state.amendments)
    shown = range(count)[-CHANGES_SHOWN:]
    length = max(room // max(len(shown), 1) - ROW_LENGTH, 1)
    rows: Parts = [change_row(state, number, length) for number in shown]
    left = count - len(shown)
    return [section(plain(f"Earlier changes not shown here: {left}")), *rows] if left else rows


def change_row(state: ApprovalState, number: int, length: int) -> RichTextElement:
    """Who changed what, and when."""
    change = state.amendments[number]
    told = "; ".join(map(change_text, list_changes(state, change)))
    return section(*changed_parts(change), plain(f": {cut(told + _give_reason(state, change), length)}"))


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


def _give_reason(state: ApprovalState, change: Amendment) -> str:
    """Why it was changed, where no decision says so already."""
    counted = any(one.decided_at == change.changed_at for one in state.decisions[change.decided :][:1])
    words = "" if counted else " ".join(clean_words(change.comment).split())
    return f" ({words})" if words else ""
