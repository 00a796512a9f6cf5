"""Who has looked at their Home tab, and which requests may be on it."""

from bot.readers import Reader, Voice
from bot.visitors import MOST, Visitors
from tests.factories import APPROVER, CARD_CHANNEL, REQUESTER, SECOND, build_person, build_plan, build_state
from workflows.contracts import Person

OUTSIDER = build_person("UOUTSIDER")


def build_reader(person: Person, *tokens: str, principals: tuple[Voice, ...] = ()) -> Reader:
    own = Voice(person.user_id, (person.user_id, *tokens))
    return Reader(person, person.team_id, own, everybody=True, principals=principals)


def test_a_request_concerns_who_asked_and_who_may_decide_the_latest_visitor_first() -> None:
    visitors = Visitors()
    for reader in (
        build_reader(REQUESTER),
        build_reader(APPROVER, CARD_CHANNEL),
        build_reader(OUTSIDER, "COTHER"),
        build_reader(REQUESTER),
    ):
        visitors.note(reader)
    assert visitors.list_concerned(build_state()) == [REQUESTER, APPROVER]


def test_what_everybody_may_see_concerns_nobody_for_that_alone() -> None:
    visitors = Visitors()
    visitors.note(build_reader(OUTSIDER))
    assert visitors.list_concerned(build_state(plan=build_plan(visible="everybody"))) == []


def test_a_request_concerns_the_delegate_of_who_may_decide() -> None:
    visitors = Visitors()
    visitors.note(build_reader(SECOND, principals=(Voice("UAPPROVER", ("UAPPROVER", CARD_CHANNEL)),)))
    assert visitors.list_concerned(build_state()) == [SECOND]


def test_a_request_that_has_ended_still_concerns_them() -> None:
    visitors = Visitors()
    visitors.note(build_reader(APPROVER, CARD_CHANNEL))
    assert visitors.list_concerned(build_state(status="approved")) == [APPROVER]


def test_whoever_looked_longest_ago_is_forgotten_first() -> None:
    visitors = Visitors()
    for number in range(MOST + 1):
        visitors.note(build_reader(build_person(f"U{number}"), CARD_CHANNEL))
    concerned = [one.user_id for one in visitors.list_concerned(build_state())]
    assert (len(concerned), concerned[0], concerned[-1]) == (MOST, f"U{MOST}", "U1")


def test_a_request_that_has_ended_still_concerns_the_delegate_of_who_might_have_decided() -> None:
    visitors = Visitors()
    visitors.note(build_reader(SECOND, principals=(Voice("UAPPROVER", ("UAPPROVER", CARD_CHANNEL)),)))
    assert visitors.list_concerned(build_state(status="approved")) == [SECOND]
