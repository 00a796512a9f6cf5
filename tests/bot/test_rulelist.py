"""Rules in lists and on the Home tab: whose they are to see, all of what they say, within what Slack takes."""

from datetime import timedelta
from typing import Any

import pytest

from activities.blocks import render
from bot import rulelist
from bot.catalog import Soonest
from bot.forms import dump_view
from bot.home import Home, render_home
from bot.readers import Reader, Voice
from bot.standin.limits import check_message, check_view
from bot.standin.trees import nodes
from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    NOW,
    REQUESTER,
    SECOND,
    build_person,
    build_plan,
    build_request,
)
from tests.workflows.grantors import ALLOWED, WISH
from workflows.contracts import Approvers, Person
from workflows.grants import CONDITION_LENGTH, Grant, Making, build_grant
from workflows.ids import grant_of


def build(number: int = 1, **changes: Any) -> Grant:
    making = Making(
        approval_id=f"approval-{number}",
        request=build_request(),
        plan=build_plan(remember=ALLOWED, team_id="T1"),
        owner=APPROVER,
        wish=WISH,
        now=NOW,
    )
    return build_grant(making).model_copy(update=changes)


def reader(person: Person = SECOND, *tokens: str) -> Reader:
    return Reader(person, "T1", Voice(person.user_id, (person.user_id, *tokens)), everybody=True)


def words(blocks: list[Any]) -> str:
    return "".join(str(one["text"]) for one in nodes(blocks) if isinstance(one.get("text"), str))


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (reader(APPROVER), True),
        (reader(SECOND, CARD_CHANNEL), True),
        (reader(SECOND), False),
        (reader(REQUESTER), False),
        (reader(SECOND)._replace(principals=(Voice("UAPPROVER", ("UAPPROVER", CARD_CHANNEL)),)), False),
    ],
    ids=["owner", "decider", "outsider", "requester", "delegate"],
)
def test_a_rule_is_seen_by_its_owner_and_by_who_may_decide_by_themselves(who: Reader, *, seen: bool) -> None:
    assert bool(rulelist.select_rules((build(),), who)) is seen


def test_an_address_makes_a_rule_nobody_else_s_to_see() -> None:
    grant = build(approvers=(Approvers(kind="email", id="a@b.example"),))
    assert rulelist.select_rules((grant,), reader(SECOND, "a@b.example")) == ()


def test_one_s_own_rules_come_first_then_what_ends_soonest() -> None:
    late, soon = build(1, owner=SECOND), build(2, owner=SECOND, until=NOW + timedelta(days=1))
    own = build(3)
    assert rulelist.select_rules((late, soon, own), reader(APPROVER, CARD_CHANNEL)) == (own, soon, late)


def test_a_row_says_all_of_a_rule() -> None:
    rendered = rulelist.render_rules([build(used=1, last_used=NOW)], APPROVER)
    shown = words(render(rendered.blocks))
    for part in (
        "transfer_money (rule-",
        "Policy built-in",
        "Your rule",
        "1 of 2 uses left, last used",
        "size(args) == 3",
    ):
        assert part in shown
    assert rendered.text.startswith("Rules in force: 1")


def test_another_s_rule_for_anybody_without_an_agent_is_said_to_be() -> None:
    shown = words(render(rulelist.render_rules([build(requester=None, agent="")], SECOND).blocks))
    assert "asked by anybody without an agent" in shown
    assert "A rule of " in shown


def test_without_rules_the_home_tab_has_no_section_and_says_so_when_they_cannot_be_read() -> None:
    assert rulelist.rule_blocks([], APPROVER) == []
    assert rulelist.UNREADABLE in words(render(rulelist.rule_blocks(None, APPROVER)))


@pytest.mark.parametrize("condition", ["size(args) == 3", "x" * CONDITION_LENGTH], ids=len)
def test_the_longest_list_fits_slack_and_counts_the_rest(condition: str) -> None:
    wide = [
        build(
            number,
            condition=condition,
            grant_id=grant_of(f"a{number}"),
            action="<@U1>&" * 30,
            agent="*a*" * 90,
        )
        for number in range(40)
    ]
    rendered = rulelist.render_rules(wide, APPROVER, rulelist.REVOKED, complete=False)
    blocks = render(rendered.blocks)
    check_message(rendered.text, blocks)
    assert "more: Revoke one" in words(blocks)
    home = Home(person=APPROVER, team_url="https://x/", now=NOW, waiting=Soonest([], 0), rules=wide)
    view = dump_view(render_home(home))
    assert len(view["blocks"]) <= 100
    assert "more: /approvals rules" in words(view["blocks"])
    check_view(view, "home")


def test_names_of_agents_and_actions_mention_nobody() -> None:
    blocks = render(rulelist.render_rules([build(action="<@U0EVE>", agent="<!channel>")], APPROVER).blocks)
    assert not [one for one in nodes(blocks) if one.get("type") == "mrkdwn"]
    people = {one["user_id"] for one in nodes(blocks) if one.get("type") == "user"}
    assert people == {REQUESTER.user_id}


def test_a_person_of_that_id_in_another_team_owns_it_too() -> None:
    assert rulelist.select_rules((build(),), reader(build_person("UAPPROVER", "T2")))
