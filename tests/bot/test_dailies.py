"""What daily digests look like."""

from datetime import timedelta

import pytest

from bot import dailies
from bot.dailies import render_stale, render_waiting
from bot.notifications import OPEN
from tests.bot.rows import CARD, URL, build_row
from tests.factories import HOUR, NOW
from tests.readers import all_text, check_limits, of_type
from workflows.contracts import MessageRef

DAY = timedelta(days=1)


def test_a_person_is_told_what_ends_soonest_first() -> None:
    rows = [
        build_row(0, title="Later", deadline=NOW + 2 * HOUR),
        build_row(1, title="Never", deadline=None),
        build_row(2, title="Sooner", deadline=NOW + HOUR),
    ]
    rendered = render_waiting(rows, URL, NOW)
    check_limits(rendered)
    text = all_text(rendered)
    assert text.index("Sooner") < text.index("Later") < text.index("Never")
    assert "3 requests wait for your decision" in text
    assert rendered.text.startswith(
        "3 requests wait for your decision: Sooner, until 2026-11-23 10:00 UTC; Later, until"
    )
    assert [one["action_id"] for one in of_type(rendered, "button")] == [OPEN]


def test_a_card_in_a_channel_is_linked_and_one_in_direct_messages_is_said_to_be_there() -> None:
    direct = MessageRef(channel_id="D1", ts="1.1")
    rendered = render_waiting([build_row(0), build_row(1, card=direct), build_row(2, card=None)], URL, NOW)
    assert [one["url"] for one in of_type(rendered, "link")] == [
        f"{URL}archives/{CARD.channel_id}/p1700000000000100"
    ]
    assert "(its cards are direct messages)" in all_text(rendered)
    assert "(its card is not posted yet)" in all_text(rendered)


@pytest.mark.parametrize("count", [1, dailies.SHOWN, dailies.SHOWN + 1, 300])
def test_so_many_are_shown_and_the_others_counted(count: int) -> None:
    rows = [build_row(number, title=f"Request {number}; " + "x" * 300) for number in range(count)]
    for rendered in (render_waiting(rows, URL, NOW), render_stale(rows, DAY, URL, NOW)):
        check_limits(rendered)
        text = all_text(rendered)
        assert f"{count} request{'' if count == 1 else 's'} " in text
        assert (f"And {count - dailies.SHOWN} more" in text) == (count > dailies.SHOWN)


def test_a_channel_is_told_the_oldest_first_and_nobody_is_called() -> None:
    rows = [
        build_row(0, title="Newer", opened_at=NOW - 2 * DAY),
        build_row(1, title="Older", opened_at=NOW - 5 * DAY),
    ]
    rendered = render_stale(rows, DAY, URL, NOW)
    check_limits(rendered)
    text = all_text(rendered)
    assert text.index("Older") < text.index("Newer")
    assert "2 requests have waited longer than 1d" in text
    assert "Asked 5 days ago, open until " in text
    assert of_type(rendered, "user") == []
    assert len(of_type(rendered, "date")) == len(of_type(rendered, "link")) == 2


@pytest.mark.parametrize("title", ["<!channel> *now*", "<@U0BOB>", "\u202egnp.exe", "a & b", "漢" * 150])
def test_titles_are_text_and_nothing_else(title: str) -> None:
    rows = [build_row(number, title=title) for number in range(dailies.SHOWN)]
    for rendered in (render_waiting(rows, URL, NOW), render_stale(rows, DAY, URL, NOW)):
        check_limits(rendered)
        assert "<!channel>" not in rendered.text
        assert "<@U0BOB>" not in rendered.text
        assert "\u202e" not in all_text(rendered)
