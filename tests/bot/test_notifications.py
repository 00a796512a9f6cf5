"""Notification preferences in words and in their modal."""

from datetime import time
from typing import Any

import pytest

from activities.blocks import render
from bot import notifications
from bot.forms import dump_view
from bot.notifications import describe_preferences, read_form, render_form, render_kept, render_preferences
from bot.payloads import MalformedError
from bot.standin.limits import check_view
from bot.submissions import TYPED, parse_filing
from tests.factories import APPROVER
from workflows.preferences import WEEK, Preferences

OFFICE: dict[str, Any] = {
    "begins": time(9),
    "ends": time(17, 30),
    "days": (0, 1, 2, 3, 4),
    "zone": "Europe/Berlin",
}
CHOSEN: dict[str, Any] = {
    notifications.DIRECT_BLOCK: "policy",
    notifications.DIGEST_BLOCK: notifications.NONE,
    notifications.BEGINS_BLOCK: notifications.NONE,
    notifications.ENDS_BLOCK: notifications.NONE,
    notifications.DAYS_BLOCK: ["0", "1", "2", "3", "4", "5", "6"],
}


def prefer(**changes: Any) -> Preferences:
    return Preferences.model_validate({"person": APPROVER} | changes)


def submission(metadata: str = '{"zone": "Europe/Berlin"}', **changes: Any) -> dict[str, Any]:
    """What Slack sends once the modal is submitted."""

    def entry(value: Any) -> Any:
        if isinstance(value, list):
            return {"selected_options": [{"value": str(one)} for one in value]}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - a list of anything
        return {"selected_option": {"value": value}}

    blocks = {f"countersign_{name}": value for name, value in changes.items()}
    values = {block: {TYPED: entry(value)} for block, value in (CHOSEN | blocks).items()}
    view = {"id": "V1", "private_metadata": metadata, "state": {"values": values}}
    return {"user": {"id": APPROVER.user_id, "team_id": APPROVER.team_id}, "view": view}


def fill(**changes: Any) -> notifications.Filled:
    return read_form(parse_filing(submission(**changes)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "You get a direct message at once where the policy says so."),
        (
            {"direct": "always", "zone": "Asia/Kolkata"},
            "You get a direct message at once for everything that you can decide. Times are by the clock of Asia/Kolkata.",
        ),
        (
            {"direct": "digest", "digest_at": time(8, 30)},
            "You get no direct message at once where a channel has the card. A digest of what waits for you comes at 08:30, every day. Times are by the clock of Etc/UTC.",
        ),
        (
            OFFICE,
            "You get a direct message at once where the policy says so. Outside of 09:00 to 17:30 on Monday to Friday, nothing comes at once where a channel has the card. A digest of what waits for you comes at 09:00, on Monday to Friday. Times are by the clock of Europe/Berlin.",
        ),
        (
            {"days": (1, 0, 5)},
            "You get a direct message at once where the policy says so. Other than on Monday, Tuesday and Saturday nothing comes at once where a channel has the card. A digest of what waits for you comes at 09:00, on Monday, Tuesday and Saturday. Times are by the clock of Etc/UTC.",
        ),
        (
            {"days": (6,), "begins": time(22), "ends": time(6)},
            "You get a direct message at once where the policy says so. Outside of 22:00 to 06:00 on Sunday, nothing comes at once where a channel has the card. A digest of what waits for you comes at 22:00, on Sunday. Times are by the clock of Etc/UTC.",
        ),
    ],
)
def test_what_is_set_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    assert describe_preferences(prefer(**changes)) == words
    _, section, actions = render(render_preferences(prefer(**changes)))
    assert words in str(section)
    assert notifications.OPEN in str(actions)
    assert words in str(dump_view(render_kept(prefer(**changes))))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"direct": "digest", "digest_at": time(8, 30)} | OFFICE,
        {"digest_at": time(8, 17)},
        {"days": (3, 1)},
    ],
)
def test_the_modal_shows_what_was_chosen_and_gives_it_back(changes: dict[str, Any]) -> None:
    wish = prefer(**changes)
    view = dump_view(render_form(wish))
    check_view(view, "modal")
    chosen: dict[str, Any] = {}
    for block in view["blocks"][:-1]:
        element = block["element"]
        initial = element.get("initial_option") or element["initial_options"]
        chosen[block["block_id"].removeprefix("countersign_")] = (
            [one["value"] for one in initial] if isinstance(initial, list) else initial["value"]  # pyright: ignore[reportUnknownVariableType] - as Slack is sent it
        )
    given = fill(metadata=view["private_metadata"], **chosen).preferences
    assert given == wish.model_copy(update={"days": tuple(sorted(wish.days))})


@pytest.mark.parametrize(
    ("changes", "block", "sentence"),
    [
        ({"direct": "digest"}, notifications.DIGEST_BLOCK, notifications.NO_DIGEST),
        ({"begins": "09:00"}, notifications.ENDS_BLOCK, notifications.ONE_END),
        ({"ends": "17:00"}, notifications.BEGINS_BLOCK, notifications.ONE_END),
        ({"begins": "09:00", "ends": "09:00"}, notifications.ENDS_BLOCK, notifications.SAME_ENDS),
        ({"days": []}, notifications.DAYS_BLOCK, notifications.NO_DAYS),
    ],
)
def test_what_cannot_be_is_said_at_its_field(changes: dict[str, Any], block: str, sentence: str) -> None:
    filled = fill(**changes)
    assert (filled.preferences, filled.errors) == (None, {block: sentence})


@pytest.mark.parametrize(
    "changes",
    [
        {"direct": "never"},
        {"digest_at": "late"},
        {"begins": "09:00", "ends": "25:00"},
        {"days": ["0", "someday"]},
        {"metadata": "zone"},
        {"metadata": "{}"},
        {"days": ["9"]},
    ],
)
def test_what_the_modal_does_not_offer_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        fill(**changes)


def test_all_days_are_every_day() -> None:
    filled = fill(digest_at="09:00")
    assert filled.preferences is not None
    assert (filled.preferences.days, filled.preferences.person) == (WEEK, APPROVER)
