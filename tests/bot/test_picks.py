"""The menu of requests to be decided together, under a list."""

import pytest

from bot.bulk import PICK, PICKED
from bot.catalog import PAGE_SIZE, Row
from bot.picks import VALUE_LENGTH, pick_blocks
from bot.standin import forms
from bot.standin.limits import check_message
from bot.standin.trees import Json
from tests.bot.rows import build_row
from tests.factories import NOW
from workflows.contracts import Brief


def offered(rows: list[Row]) -> list[Json]:
    """The menu's options; Slack takes it with its buttons."""
    blocks: list[Json] = [block.to_dict() for block in pick_blocks(rows)]
    if not blocks:
        return []
    check_message("A list", blocks)
    menu, *buttons = [one for block in blocks for one in forms.elements(block)]
    assert menu["action_id"] == PICKED
    assert [one["action_id"] for one in buttons] == list(PICK.values())
    return list(menu["options"])


def ids(rows: list[Row]) -> list[str]:
    return [one["value"].partition("|")[0] for one in offered(rows)]


def test_two_of_one_kind_are_offered_each_by_its_title_and_what_would_run() -> None:
    rows = [build_row(one, brief=Brief(arguments={"amount": one, "to": "savings"})) for one in range(2)]
    first, second = offered(rows)
    assert first["text"]["text"] == second["text"]["text"] == "Transfer money"
    assert (first["description"]["text"], second["description"]["text"]) == (
        "amount: 0; to: savings",
        "amount: 1; to: savings",
    )
    assert first["value"].split("|")[0] == "approval-0"


@pytest.mark.parametrize(
    "other",
    [
        build_row(1, action="deploy"),
        build_row(1, policy="large"),
        build_row(1, decidable=False),
        build_row(1, ended_at=NOW),
        build_row(1, digest=""),
        build_row(1, approval_id="approval-" + "x" * VALUE_LENGTH),
    ],
    ids=["another action", "another policy", "not theirs", "ended", "without a digest", "too long an id"],
)
def test_with_nothing_to_be_decided_together_nothing_is_offered(other: Row) -> None:
    assert offered([build_row(0), other]) == []


def test_what_stands_alone_is_not_offered_among_others() -> None:
    rows = [build_row(0), build_row(1, action="deploy"), build_row(2)]
    assert ids(rows) == ["approval-0", "approval-2"]


def test_a_request_that_a_row_does_not_show_whole_is_offered_by_its_id() -> None:
    rows = [build_row(one, brief=None) for one in range(2)]
    assert [one["description"]["text"] for one in offered(rows)] == ["approval-0", "approval-1"]


@pytest.mark.parametrize("text", ["x" * 10_000, "<!channel>" * 100, "\u202e\n" * 100, ""])
def test_whatever_it_is_called_slack_takes_it(text: str) -> None:
    rows = [build_row(one, title=text, brief=Brief(arguments={text: text})) for one in range(PAGE_SIZE)]
    assert len(offered(rows)) == PAGE_SIZE
