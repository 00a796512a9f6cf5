"""How people want to be written to, and what that does to whom a card goes."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import build_person
from workflows.contracts import Person
from workflows.preferences import (
    MORNING,
    WEEK,
    Preferences,
    choose_direct,
    find_preferences,
    is_within,
    keep_preferences,
)

ALICE, BOB, CAROL = (build_person(name) for name in ("UALICE", "UBOB", "UCAROL"))
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOON = MONDAY + timedelta(hours=12)
WORKDAYS = (0, 1, 2, 3, 4)
OFFICE: dict[str, Any] = {"begins": time(9), "ends": time(17, 30), "days": WORKDAYS, "zone": "Europe/Berlin"}
NIGHT: dict[str, Any] = {"begins": time(22), "ends": time(6), "days": (0,)}

times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
limits = st.fixed_dictionaries(
    {
        "direct": st.sampled_from(["policy", "always", "digest"]),
        "digest_at": st.none() | times,
        "days": st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
        "zone": st.sampled_from(["Etc/UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    }
)
people = st.lists(st.sampled_from([build_person(f"U{number}") for number in range(6)]), unique=True)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside


def prefer(person: Person = BOB, **changes: Any) -> Preferences:
    return Preferences.model_validate({"person": person} | changes)


@pytest.mark.parametrize(
    ("changes", "hours", "inside"),
    [
        ({}, 3, True),
        (OFFICE, 7, False),  # 08:00 in Berlin
        (OFFICE, 8, True),
        (OFFICE, 16, True),
        (OFFICE, 16.5, False),
        (OFFICE, 5 * 24 + 12, False),  # a Saturday
        (NIGHT, 21, False),
        (NIGHT, 22, True),
        (NIGHT, 24 + 5, True),  # into Tuesday
        (NIGHT, 24 + 6, False),
        (NIGHT, 24 + 23, False),
        (NIGHT | {"days": (6,)}, 5, True),  # from Sunday into Monday
        ({"begins": time(9), "ends": time(0)}, 23.9, True),
        ({"begins": time(9), "ends": time(0)}, 8.9, False),
        ({"begins": time(0), "ends": time(9)}, 8.9, True),
        ({"days": (1,)}, 23, False),
        ({"days": (1,)}, 24, True),
        (OFFICE | {"zone": "Mars/Olympus"}, 3, True),
    ],
)
def test_hours_count_by_the_persons_own_clock(changes: dict[str, Any], hours: float, *, inside: bool) -> None:
    assert is_within(prefer(**changes), MONDAY + timedelta(hours=hours)) is inside


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"direct": "always"}, None),
        ({"digest_at": time(8)}, time(8)),
        (OFFICE, time(9)),
        (OFFICE | {"digest_at": time(16)}, time(16)),
        ({"days": WORKDAYS}, MORNING),
    ],
)
def test_what_came_meanwhile_is_told_as_wished_or_when_the_hours_begin(
    changes: dict[str, Any], told: time | None
) -> None:
    assert prefer(**changes).told_at == told


@pytest.mark.parametrize(
    ("changes", "asked", "direct"),
    [
        ({}, True, None),
        ({}, False, None),
        ({"direct": "always"}, True, None),
        ({"direct": "always"}, False, (BOB,)),
        ({"direct": "always", "days": (1,)}, False, ()),
        ({"direct": "digest"}, True, ()),
        ({"direct": "digest"}, False, None),
        (OFFICE, True, None),
        ({"days": (1,)}, True, ()),
        ({"days": (1,)}, False, None),
    ],
)
def test_wishes_move_direct_messages(
    changes: dict[str, Any], direct: tuple[Person, ...] | None, *, asked: bool
) -> None:
    named = (ALICE, BOB) if asked else ()
    known = (prefer(**changes),)
    chosen, quiet = choose_direct(named, (ALICE, BOB), known, NOON)
    others = (ALICE,) if asked else ()
    assert (named if chosen is None else chosen) == (named if direct is None else (*others, *direct))
    written = named if chosen is None else chosen
    assert quiet == (() if BOB in written else (BOB,))


def test_who_cannot_decide_gets_nothing_however_much_they_wish() -> None:
    assert choose_direct((), (ALICE,), (prefer(direct="always"),), NOON) == (None, ())


@given(people, people, st.lists(limits), moments)
def test_whoever_has_said_nothing_is_written_to_as_the_policy_says(
    asked: list[Person], able: list[Person], wishes: list[dict[str, Any]], now: datetime
) -> None:
    known = tuple(prefer(build_person(f"U{number}"), **one) for number, one in enumerate(wishes[:4]))
    chosen, quiet = choose_direct(tuple(asked), tuple(able), known, now)
    written = tuple(asked) if chosen is None else chosen
    wishing = [one.person for one in known]
    assert [one for one in written if one not in wishing] == [one for one in asked if one not in wishing]
    assert all(one in asked or one in able for one in written)
    assert all(one in wishing and one not in written for one in quiet)


@given(st.lists(st.tuples(st.sampled_from([ALICE, BOB, CAROL]), limits)))
def test_the_last_wish_of_each_person_stands_and_what_asks_for_nothing_is_not_kept(
    wishes: list[tuple[Person, dict[str, Any]]],
) -> None:
    known: tuple[Preferences, ...] = ()
    last: dict[Person, Preferences] = {}
    for person, changes in wishes:
        wish = last[person] = prefer(person, **changes)
        known = keep_preferences(known, wish)
    assert {one.person: one for one in known} == {
        person: one for person, one in last.items() if not one.is_plain
    }
    for person in (ALICE, BOB, CAROL):
        kept = find_preferences(known, person)
        assert kept == last.get(person, kept) or (kept.is_plain and last[person].is_plain)


def test_all_days_in_any_order_are_no_limit() -> None:
    assert prefer(days=tuple(reversed(WEEK))).is_plain


def test_preferences_survive_as_json() -> None:
    wish = prefer(direct="digest", digest_at=time(8, 30), **OFFICE)
    assert Preferences.model_validate_json(wish.model_dump_json()) == wish
