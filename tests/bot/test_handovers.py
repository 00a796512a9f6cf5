"""What `/approvals` says about delegations, as pure data."""

from activities.cards import Rendered
from bot.handovers import (
    DELEGATIONS_SHOWN,
    NO_DELEGATIONS,
    NOTHING_REVOKED,
    render_delegated,
    render_delegations,
    render_revoked,
)
from bot.standin.limits import check_message
from bot.standin.trees import Json, nodes
from tests.factories import APPROVER, HOUR, NOW, REQUESTER, SECOND, SPEAKER, build_person
from workflows.contracts import Delegation, Person


def takes(rendered: Rendered) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    blocks: list[Json] = [block.to_dict() for block in rendered.blocks]
    check_message(rendered.text, blocks)
    return blocks


def words(blocks: list[Json]) -> str:
    return "".join(node["text"] for node in nodes(blocks) if isinstance(node.get("text"), str))


def hand(principal: Person = REQUESTER, hours: int = 1, *, away: bool = False) -> Delegation:
    return Delegation(principal=principal, delegate=APPROVER, until=NOW + hours * HOUR, away=away)


def people(blocks: list[Json]) -> list[str]:
    return [node["user_id"] for node in nodes(blocks) if node.get("type") == "user"]


def dates(blocks: list[Json]) -> list[int]:
    return [node["timestamp"] for node in nodes(blocks) if node.get("type") == "date"]


def test_a_delegation_says_what_happens_now_and_how_to_end_it() -> None:
    blocks = takes(render_delegated(hand()))
    assert words(blocks) == (
        "Until ,  may decide for you. You may still decide yourself. Take it back with /approvals back."
    )
    assert (people(blocks), dates(blocks)) == (["UAPPROVER"], [int((NOW + HOUR).timestamp())])


def test_being_away_says_that_cards_ask_somebody_else() -> None:
    rendered = render_delegated(hand(away=True))
    assert words(takes(rendered)).startswith("Until , cards ask  in your place;  may decide for you. You may")
    assert rendered.text == "Until 2026-11-23 10:00 UTC, <@UAPPROVER> may decide for you."


def test_what_was_taken_back_is_named() -> None:
    blocks = takes(render_revoked([hand()]))
    assert (
        words(blocks) == "Taken back:  no longer decides for you. What was decided until now stays decided."
    )
    assert people(blocks) == ["UAPPROVER"]


def test_nothing_to_take_back_is_said() -> None:
    assert words(takes(render_revoked([]))) == NOTHING_REVOKED


def test_no_delegations_are_a_sentence() -> None:
    assert words(takes(render_delegations([], REQUESTER))) == NO_DELEGATIONS


def test_delegations_list_ones_own_first_and_marked_then_what_ends_soonest() -> None:
    late, soon, own = hand(SPEAKER, 3), hand(SECOND, 1, away=True), hand(REQUESTER, 9)
    blocks = takes(render_delegations([late, soon, own], build_person("UREQUESTER", "TOTHER")))
    assert people(blocks) == [
        "UAPPROVER", "UREQUESTER", "UAPPROVER", "USECOND", "UAPPROVER", "USPEAKER",
    ]  # fmt: skip
    assert dates(blocks) == [int((NOW + hours * HOUR).timestamp()) for hours in (9, 1, 3)]
    assert words(blocks) == "Who decides for whomYours:  for  until  for , who is away, until  for  until "


def test_a_very_long_list_of_delegations_is_cut_and_says_so() -> None:
    many = [hand(build_person(f"U{number}"), number + 1) for number in range(DELEGATIONS_SHOWN + 7)]
    blocks = takes(render_delegations(many, SPEAKER))
    assert len(people(blocks)) == 2 * DELEGATIONS_SHOWN
    assert "and 7 more" in words(blocks)
    assert "more" not in words(takes(render_delegations(many[:DELEGATIONS_SHOWN], SPEAKER)))
