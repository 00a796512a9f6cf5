"""The first policy that matches counts, and what cannot be decided never falls through to a later one."""

from typing import Any

import pytest

from activities.rules.matching import Match, MatchError, find_policy, match_request
from activities.rules.rulebook import Rulebook, parse_rulebook
from tests.factories import build_person, build_request

BOOK = """
policies:
- {name: star, match: {action: "transfer_*", agent: [Ward*, Bot]}, auto: deny}
- {name: people, match: {action: other, requester: [{user: U01}, {usergroup: S01}, {usergroup: S02}]}, auto: deny}
- {name: again, match: {action: other, requester: [{usergroup: S01}, {user: U77}], when: args.amount > 5}, auto: deny}
- {name: large, match: {action: transfer_money, when: args.amount >= 10000}, auto: deny}
- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}
"""


def book(text: str = BOOK) -> Rulebook:
    return parse_rulebook(text, "f", "C0A", "C0O")


def match(*member_of: str, **changes: Any) -> Match:
    return match_request(book(), build_request(**changes), frozenset(member_of))


@pytest.mark.parametrize(
    ("policy", "member_of", "changes"),
    [
        ("star", [], {"agent": "Ward 7"}),
        ("star", [], {"agent": "Bot"}),
        ("default", [], {"agent": "bot"}),
        ("default", [], {"agent": "Bot", "action": "Transfer_money"}),
        ("large", [], {"arguments": {"amount": 10_000}}),
        ("large", [], {"arguments": {"amount": 1e4}}),
        ("large", [], {"arguments": {"amount": 10**30}}),
        ("default", [], {"arguments": {"amount": 9999.99}}),
        ("people", [], {"action": "other", "requester": build_person("U01")}),
        ("people", ["S02"], {"action": "other"}),
        ("default", ["S03"], {"action": "other"}),
    ],
)
def test_the_first_that_matches_counts(policy: str, member_of: list[str], changes: dict[str, Any]) -> None:
    assert match(*member_of, **changes).policy == policy


@pytest.mark.parametrize(
    "when",
    [
        "args.amount == 250",
        'action == "transfer_money"',
        'agent == "Assistant"',
        'requester == "UREQUESTER"',
        'title == "Transfer money"',
    ],
)
def test_a_condition_speaks_of_the_request_as_it_is(when: str) -> None:
    text = f"policies:\n- {{name: p, match: {{when: '{when}'}}, auto: deny}}\n{BOOK.splitlines()[-1]}"
    assert match_request(book(text), build_request(), frozenset()).policy == "p"
    denied = text.replace("==", "!=")
    assert match_request(book(denied), build_request(), frozenset()).policy == "default"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "has no `amount`; write has(args.amount)"),
        ({"amount": "12000"}, "different kinds"),
        ({"amount": None}, "different kinds"),
        ({"amount": True}, "different kinds"),
        ({"amount": [1]}, "different kinds"),
        ({"amount": float("nan")}, "different kinds"),
    ],
)
def test_a_condition_that_cannot_be_decided_lets_nothing_through(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(MatchError) as caught:
        match(arguments=arguments)
    assert words in str(caught.value)
    assert "`large`, `args.amount >= 10000`" in str(caught.value)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("args.amount", "neither true nor false"),
        ("1 / args.zero == 1", "division"),
        ("args.amount + 9223372036854775807 > 0", "overflow"),
        ("int(args.text) > 1", "int"),
        ("args.list[3] == 1", "index"),
    ],
)
def test_whatever_the_library_raises_is_a_sentence(when: str, words: str) -> None:
    text = f"policies:\n- {{name: p, match: {{when: '{when}'}}, auto: deny}}\n{BOOK.splitlines()[-1]}"
    arguments = {"amount": 1, "zero": 0, "text": "x", "list": [1]}
    with pytest.raises(MatchError, match=words):
        match_request(book(text), build_request(arguments=arguments), frozenset())


async def test_slack_is_asked_about_a_user_group_once_and_only_if_a_policy_needs_it() -> None:
    asked: list[str] = []

    async def belongs(usergroup: str) -> bool:
        asked.append(usergroup)
        return False

    assert (await find_policy(book(), build_request(), belongs)).policy == "default"
    assert asked == []
    assert (await find_policy(book(), build_request(action="other"), belongs)).policy == "default"
    assert asked == ["S01", "S02"]


async def test_a_member_matches_and_an_outage_is_no_answer() -> None:
    async def yes(usergroup: str) -> bool:
        return usergroup == "S02"

    async def away(usergroup: str) -> bool:
        raise TimeoutError

    assert (await find_policy(book(), build_request(action="other"), yes)).policy == "people"
    with pytest.raises(TimeoutError):
        await find_policy(book(), build_request(action="other"), away)


async def test_what_is_not_known_is_taken_for_no_and_said_to_be() -> None:
    async def belongs(usergroup: str) -> bool | None:
        return False if usergroup == "S02" else None

    found = await find_policy(book(), build_request(action="other"), belongs)
    assert [(one.certain, one.reason) for one in found.passed[1:3]] == [
        (
            False,
            "the requester UREQUESTER is not `U01` and is not in the user group `S02`, and it is not known whether they are in the user group `S01`",
        ),
        (
            False,
            "the requester UREQUESTER is not `U77`, and it is not known whether they are in the user group `S01`",
        ),
    ]
    assert found.passed[0].certain

    async def second(usergroup: str) -> bool | None:
        return True if usergroup == "S02" else None

    assert (await find_policy(book(), build_request(action="other"), second)).policy == "people"


async def test_a_policy_that_is_named_is_a_claim_to_check() -> None:
    assert match(policy="default").policy == "default"
    with pytest.raises(MatchError, match="names the policy `star`, but `default` applies"):
        match(policy="star")

    async def never(usergroup: str) -> bool:
        raise AssertionError

    with pytest.raises(MatchError, match="names the policy `large`"):
        await find_policy(book(), build_request(policy="large"), never)


def test_each_policy_passed_says_what_did_not_match() -> None:
    assert [one.reason for one in match(agent="Other").passed] == [
        "the agent `Other` is not `Ward*` or `Bot`",
        "the action `transfer_money` is not `other`",
        "the action `transfer_money` is not `other`",
        "the condition `args.amount >= 10000` is not true",
    ]
    assert match(action="other").passed[1].reason == (
        "the requester UREQUESTER is not `U01` and is not in the user group `S01` or `S02`"
    )
