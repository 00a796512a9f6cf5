"""Who is drawn when: after a change can be read, not too often, and never without the last change."""

import itertools
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from bot.agenda import LAG, MOST, PAUSE, TRIES, Agenda
from tests.factories import build_person

ONE, OTHER = build_person("UONE"), build_person("UOTHER")
DRAWING = 0.25


def draw_all(agenda: Agenda, now: float = 0.0, until: float = inf) -> list[tuple[float, str]]:
    """Draw whoever is due, one after another, as far as that is done by a time; when each was drawn."""
    drawn: list[tuple[float, str]] = []
    while (due := agenda.next_due) is not None and max(now, due) + DRAWING <= until:
        now = max(now, due)
        entry = agenda.take(now)
        assert entry
        drawn.append((now, entry.person.user_id))
        agenda.settle(entry, now, now + DRAWING)
        now += DRAWING
    return drawn


def test_nobody_is_due_at_first() -> None:
    assert (Agenda().next_due, Agenda().take(1_000)) == (None, None)


def test_a_change_is_drawn_once_visibility_knows_of_it() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 10)
    assert (agenda.next_due, agenda.take(10 + LAG - 0.1)) == (10 + LAG, None)
    entry = agenda.take(10 + LAG)
    assert entry
    assert entry.person == ONE
    assert agenda.next_due is None


def test_a_change_just_before_a_drawing_is_drawn_after_it() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 0)
    agenda.mark(ONE, 0.9)
    assert draw_all(agenda) == [(LAG, "UONE"), (LAG + DRAWING + PAUSE, "UONE")]


def test_a_change_during_a_drawing_is_drawn_after_it() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 0)
    entry = agenda.take(LAG)
    assert entry
    agenda.mark(ONE, LAG + 0.1)
    agenda.settle(entry, LAG, LAG + DRAWING)
    assert draw_all(agenda) == [(LAG + DRAWING + PAUSE, "UONE")]


def test_people_do_not_wait_for_each_others_pause() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 0)
    agenda.mark(OTHER, 0)
    assert draw_all(agenda) == [(LAG, "UONE"), (LAG + DRAWING, "UOTHER")]


def test_who_could_not_be_drawn_is_tried_again() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 0)
    entry = agenda.take(LAG)
    assert entry
    agenda.put_back(entry, 30)
    assert draw_all(agenda)[0] == (30, "UONE")


def test_more_than_can_be_drawn_are_not_kept() -> None:
    agenda = Agenda()
    for number in range(MOST + 10):
        agenda.mark(build_person(f"U{number}"), 0)
    assert len({name for _, name in draw_all(agenda)}) == MOST


@given(st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["UONE", "UOTHER"])), min_size=1, max_size=40))
def test_each_persons_last_change_is_drawn_and_drawings_keep_their_distance(
    marks: list[tuple[float, str]],
) -> None:
    agenda, drawn, now = Agenda(), list[tuple[float, str]](), 0.0
    for at, name in [*sorted(marks), (inf, "")]:
        drawn += draw_all(agenda, now, at)
        now = drawn[-1][0] + DRAWING if drawn else 0.0
        if name:
            agenda.mark(build_person(name), at)
    for name in ("UONE", "UOTHER"):
        times = [at for at, who in drawn if who == name]
        changes = [at for at, who in marks if who == name]
        assert all(later - earlier >= PAUSE for earlier, later in itertools.pairwise(times))
        assert not changes or times[-1] >= max(changes) + LAG - 1e-9


def test_who_cannot_be_drawn_is_given_up_until_something_changes() -> None:
    agenda = Agenda()
    agenda.mark(ONE, 0)
    tries = 0
    while (due := agenda.next_due) is not None:
        entry = agenda.take(due)
        assert entry
        agenda.put_back(entry, due + 10)
        tries += 1
    assert tries == TRIES + 1
    agenda.mark(ONE, 1_000)
    assert agenda.next_due is not None
