"""The form in which somebody says that they are away."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.absence import CALLBACK, DELEGATE_BLOCK, UNTIL_BLOCK, place_error, read_absence, render_absence
from bot.forms import dump_view
from bot.payloads import MalformedError
from bot.standin.limits import check_view
from bot.submissions import LATEST, TYPED, Filing, parse_filing
from tests.factories import build_person
from workflows.contracts import Delegation
from workflows.delegation import Refusal


def submitted(delegate: object = "USECOND", until: object = 1_800_000_000) -> Filing:
    values: dict[str, Any] = {
        DELEGATE_BLOCK: {TYPED: {"type": "users_select", "selected_user": delegate}},
        UNTIL_BLOCK: {TYPED: {"type": "datetimepicker", "selected_date_time": until}},
    }
    view = {"id": "V1", "private_metadata": "", "state": {"values": values}}
    return parse_filing({"user": {"id": "UAPPROVER", "team_id": "T1"}, "view": view})


def test_slack_takes_the_form() -> None:
    view = dump_view(render_absence())
    check_view(view, "modal")
    asked = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    assert (view["callback_id"], asked) == (CALLBACK, [DELEGATE_BLOCK, UNTIL_BLOCK])


def test_what_was_filled_in_is_the_persons_own_delegation_while_they_are_away() -> None:
    assert read_absence(submitted()) == Delegation(
        principal=build_person("UAPPROVER"),
        delegate=build_person("USECOND"),
        until=datetime.fromtimestamp(1_800_000_000, UTC),
        away=True,
    )


@pytest.mark.parametrize("changes", [{"delegate": None}, {"until": None}, {"delegate": ""}])
def test_what_is_not_filled_in_is_no_delegation(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        read_absence(submitted(**changes))


@pytest.mark.parametrize("until", [LATEST + 1, -1, "tomorrow"])
def test_what_is_no_moment_is_refused(until: object) -> None:
    with pytest.raises(MalformedError):
        submitted(until=until)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_a_refusal_stands_at_the_input_that_it_is_about(refusal: Refusal) -> None:
    timely = refusal in (Refusal.PAST, Refusal.FAR, Refusal.UNZONED)
    assert place_error(refusal.value) == {UNTIL_BLOCK if timely else DELEGATE_BLOCK: refusal.value}
