"""The soonest of very many: found in few looks, and never said to be found when they are not."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deadlines import FIRST, MOST, TRIES, WANTED, begin_search

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, YEAR = 3_600, 31_536_000
offsets = st.integers(-HOUR, HOUR) | st.integers(0, YEAR)


def queue(first: int, count: int, gap: int) -> list[int]:
    """Many that follow one another."""
    return [first + number * gap for number in range(count)]


queues = st.builds(queue, st.integers(-HOUR, YEAR), st.integers(FIRST, 40 * MOST), st.integers(-HOUR, HOUR))
crowds = st.lists(offsets, min_size=FIRST, max_size=4 * MOST) | queues


class Found(NamedTuple):
    """What was seen in how many looks after the first, and whether the soonest are said to be among it."""

    seen: list[datetime]
    looks: int
    exact: bool


def search(crowd: list[datetime]) -> Found:
    """Search as the catalog does; a look shows so many of what is due by then, in the crowd's own order."""
    seen, looks = set(range(FIRST)), 0
    state = begin_search(NOW, crowd[:FIRST], len(crowd))
    while not state.is_over:
        found = [number for number, one in enumerate(crowd) if one <= state.end][:MOST]
        seen, looks = seen | set(found), looks + 1
        state = state.narrow([crowd[number] for number in found], full=len(found) == MOST)
    return Found([crowd[number] for number in seen], looks, state.exact)


@given(crowds)
def test_it_ends_soon_and_what_is_said_to_be_the_soonest_is(offsets: list[int]) -> None:
    crowd = [NOW + timedelta(seconds=offset) for offset in offsets]
    found = search(crowd)
    assert found.looks <= TRIES
    assert len(found.seen) >= WANTED
    if found.exact:
        assert sorted(found.seen)[:WANTED] == sorted(crowd)[:WANTED]


@pytest.mark.parametrize("count", [20, 60, 500, 10_000])
@pytest.mark.parametrize("order", ["newest first", "oldest first", "any"])
def test_very_many_that_come_in_turn_are_found_in_few_looks(count: int, order: str) -> None:
    crowd = [NOW + timedelta(days=14) * (number + 1) / count for number in range(count)]
    if order == "newest first":
        crowd.reverse()
    if order == "any":
        Random(count).shuffle(crowd)  # noqa: S311 - an order like any other
    found = search(crowd)
    assert found.exact
    assert found.looks <= 2 if order != "oldest first" else TRIES


def test_very_many_with_one_deadline_are_not_said_to_be_sorted() -> None:
    found = search([NOW + timedelta(hours=1)] * 1_000)
    assert (found.exact, found.looks) == (False, TRIES)


def test_more_that_is_overdue_than_one_look_shows_is_an_order_like_any_other() -> None:
    found = search([NOW - timedelta(minutes=number) for number in range(4 * MOST)])
    assert found.looks <= TRIES
