"""Which policy applies, and what a stage comes to when it opens."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.directory import Directory
from activities.parameters import NO_SCHEMA
from activities.plans import PlanActivities, Shelf
from activities.rules.rulebook import Rulebook, build_default, parse_rulebook
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.faults import Kind
from bot.standin.seed import Usergroup
from bot.standin.server import Standin
from bot.standin.workspace import Room
from tests.factories import build_request, build_stage
from tests.harness import ALICE, APPROVALS, BOB, CAROL, GENERAL, OUTCOMES
from workflows.contracts import (
    ApprovalRequest,
    Approvers,
    ArgumentsCheck,
    ArgumentsQuery,
    Calendar,
    Delegation,
    Escalation,
    Halt,
    Opening,
    Person,
    Plan,
    PlanQuery,
    Reminders,
    Resolution,
    Roster,
    Shift,
    Stage,
    StageQuery,
    Thread,
)
from workflows.ports import PolicyPort

TEAM, HOUR = "T0COUNTER", timedelta(hours=1)
FRIDAY = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
MONDAY = FRIDAY + timedelta(days=3)
OFFICE = Calendar(
    name="office",
    zone="Etc/UTC",
    shifts=tuple(Shift(weekday=day, opens=9 * 3600, closes=17 * 3600) for day in range(5)),
)
NEVER = Calendar(
    name="never", zone="Etc/Nowhere", shifts=(Shift(weekday=0, opens=9 * 3600, closes=17 * 3600),)
)
MANAGERS = Approvers(kind="usergroup", id="S0MANAGERS")
DIRECTORS = Approvers(kind="usergroup", id="S0DIRECTORS")
NO_GROUP = Approvers(kind="usergroup", id="S0NOBODY")
GONE = Approvers(kind="email", id="gone@acme.example")
BOOK = """
policies:
  - name: managers-own
    match: {action: transfer_*, requester: {usergroup: S0MANAGERS}}
    stages:
      - {name: director, approvers: [{usergroup: S0DIRECTORS}], deadline: 2h}
  - name: ghosts
    match: {action: haunt, requester: {usergroup: S0NOBODY}}
    auto: approve
  - name: large
    match: {action: transfer_*, when: args.amount >= 1000}
    stages:
      - {name: manager, approvers: [{usergroup: S0MANAGERS}], deadline: 4h}
      - {name: director, approvers: [{usergroup: S0DIRECTORS}], quorum: 2, deadline: 1d}
  - name: tiny
    match: {action: transfer_*, when: args.amount < 10}
    auto: approve
  - name: never
    match: {action: drop_database}
    hard_deny: true
  - name: default
    stages:
      - {name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}
"""


class Desk:
    """The policy port over a stand-in's Slack."""

    def __init__(self, slack: Standin, settings: Settings) -> None:
        self.slack = slack
        self.delegations: list[Delegation] = []
        self.shelf = Shelf(parse_rulebook(BOOK, "countersign.yaml", APPROVALS, OUTCOMES))
        self.plans = PlanActivities(self.shelf, Directory(WebApi(build_client(settings)), self.read))

    async def read(self, team: str) -> tuple[Delegation, ...]:
        del team
        return tuple(self.delegations)

    async def resolve(self, request: ApprovalRequest) -> Resolution:
        query = PlanQuery(request=request, now=FRIDAY)
        resolution: Resolution = await ActivityEnvironment().run(self.plans.resolve_plan, query)
        return resolution

    async def open(self, stage: Stage, **changes: Any) -> Opening:
        query = {"stage": stage, "approvers": stage.approvers, "needed": stage.quorum, "now": FRIDAY}
        asked = StageQuery.model_validate(query | changes)
        opening: Opening = await ActivityEnvironment().run(self.plans.open_stage, asked)
        return opening


@pytest.fixture
async def desk(slack: Standin, settings: Settings) -> Desk:
    return Desk(slack, settings)


def person(user: str) -> Person:
    return Person(team_id=TEAM, user_id=user)


def ask(
    requester: str = ALICE, amount: object = 50, channel: str = GENERAL, **changes: Any
) -> ApprovalRequest:
    origin = Thread(team_id=TEAM, channel_id=channel, thread_ts="1700000000.000100")
    values = {"requester": person(requester), "arguments": {"amount": amount}, "origin": origin}
    return build_request(**(values | changes))


def decided_by(*approvers: Approvers, **changes: Any) -> Stage:
    return build_stage(approvers=approvers, **changes)


@pytest.mark.parametrize("name", ["resolve_plan", "open_stage"])
def test_the_activities_answer_under_the_names_of_their_port(name: str) -> None:
    definition = "__temporal_activity_definition"
    own, port = (getattr(getattr(one, name), definition).name for one in (PlanActivities, PolicyPort))
    assert own == port == name


# Policies


async def test_the_built_in_rulebook_asks_one_member_of_the_approvals_channel_within_a_day(
    desk: Desk,
) -> None:
    desk.shelf.replace(build_default(APPROVALS, OUTCOMES))
    resolution = await desk.resolve(ask())
    approval = Stage(
        name="approval", approvers=(Approvers(id=APPROVALS),), quorum=1, deadline=timedelta(hours=24)
    )
    plan = Plan(
        policy="built-in",
        stages=(approval,),
        card_channel=APPROVALS,
        outcome_channels=(OUTCOMES,),
        team_id=TEAM,
    )
    opening = Opening(deadline=FRIDAY + timedelta(days=1), roster=Roster(count=4))
    assert resolution == Resolution(plan=plan, opening=opening)


async def test_the_built_in_rulebook_costs_no_call_of_slacks_when_it_was_asked_a_moment_ago(
    desk: Desk,
) -> None:
    desk.shelf.replace(build_default(APPROVALS, OUTCOMES))
    await desk.resolve(ask())
    desk.slack.calls.clear()
    assert (await desk.resolve(ask(BOB))).opening
    assert desk.slack.calls == []


async def test_the_policy_that_matches_is_resolved_and_its_first_stage_opened(desk: Desk) -> None:
    resolution = await desk.resolve(ask(amount=5000))
    assert (resolution.plan.policy, len(resolution.plan.stages)) == ("large", 2)
    assert resolution.opening == Opening(
        deadline=FRIDAY + timedelta(hours=4),
        roster=Roster(people=(person(BOB), person("U0FRANK")), count=2),
    )


@pytest.mark.parametrize(("action", "effect"), [("transfer_money", "approve"), ("drop_database", "deny")])
async def test_where_nobody_is_asked_nothing_is_opened(desk: Desk, action: str, effect: str) -> None:
    resolution = await desk.resolve(ask(amount=1, action=action))
    assert (resolution.plan.effect, resolution.opening) == (effect, None)
    called = [call.method for call in desk.slack.calls]
    assert set(called) <= {"usergroups.users.list", "conversations.info", "auth.test"}  # who asks, and where


async def test_stages_of_a_plan_that_asks_nobody_are_not_opened(desk: Desk) -> None:
    book = build_default(APPROVALS, OUTCOMES)
    denies = book.rules[0].plan.model_copy(update={"effect": "deny"})
    desk.shelf.replace(replace(book, rules=(replace(book.rules[0], plan=denies),)))
    resolution = await desk.resolve(ask())
    assert resolution == Resolution(plan=denies.model_copy(update={"team_id": TEAM}), opening=None)


HIDDEN = "C0HIDDEN"


@pytest.fixture
def hidden(desk: Desk) -> str:
    """A private channel that the bot is in."""
    desk.slack.workspace.rooms[HIDDEN] = Room(HIDDEN, "hidden", [ALICE, BOB, "U0BOT"], is_private=True)
    return HIDDEN


def staged(*channels: str, **changes: Any) -> str:
    """A book of one policy, whose stages have their cards in these channels."""
    keys = "".join(f"    {key}: {value}\n" for key, value in changes.items())
    stages = "".join(
        f"      - {{name: s{number}, approvers: [{{user: {BOB}}}], deadline: 1h, card: {{{where}}}}}\n"
        for number, where in enumerate(channels)
    )
    return f"policies:\n  - name: default\n{keys}    stages:\n{stages}"


async def test_what_is_asked_and_decided_in_public_channels_has_no_private_ones(desk: Desk) -> None:
    plan = (await desk.resolve(ask())).plan
    assert (plan.visible, plan.private_channels) == ("everybody", ())


async def test_a_private_channel_is_known_wherever_it_comes_in(desk: Desk, hidden: str) -> None:
    assert (await desk.resolve(ask(channel=hidden))).plan.private_channels == (hidden,)
    book = staged("channel: C0APPROVALS", f"channel: {hidden}", "direct: true", distinct="false")
    desk.shelf.replace(parse_rulebook(book, "f", APPROVALS, OUTCOMES))
    assert (await desk.resolve(ask())).plan.private_channels == (hidden,)
    desk.shelf.replace(build_default(hidden, OUTCOMES))
    assert (await desk.resolve(ask(origin=None))).plan.private_channels == (hidden,)


async def test_a_shadows_card_counts_though_nobody_is_asked(desk: Desk, hidden: str) -> None:
    book = staged(f"channel: {hidden}", shadow="true")
    desk.shelf.replace(parse_rulebook(book, "f", APPROVALS, OUTCOMES))
    assert (await desk.resolve(ask())).plan.private_channels == (hidden,)


async def test_direct_messages_are_private_and_slack_is_not_asked_about_them(desk: Desk) -> None:
    assert (await desk.resolve(ask(channel="D0ALICE"))).plan.private_channels == ("D0ALICE",)
    assert all(call.args.get("channel") != "D0ALICE" for call in desk.slack.calls)


@pytest.mark.parametrize("fault", ["error", "hang"])
async def test_what_slack_does_not_say_is_private(desk: Desk, fault: Kind) -> None:
    desk.slack.faults.add("conversations.info", fault, times=9, seconds=5)
    plan = (await desk.resolve(ask())).plan
    assert plan.private_channels == (GENERAL, APPROVALS)


async def test_that_slack_did_not_say_is_not_remembered(desk: Desk) -> None:
    desk.slack.faults.add("conversations.info", "error")
    assert len((await desk.resolve(ask())).plan.private_channels) == 1
    assert (await desk.resolve(ask())).plan.private_channels == ()


async def test_a_policy_may_be_for_the_involved_only(desk: Desk) -> None:
    book = staged("channel: C0APPROVALS", visible="involved")
    desk.shelf.replace(parse_rulebook(book, "f", APPROVALS, OUTCOMES))
    assert (await desk.resolve(ask())).plan.visible == "involved"


async def test_requester_and_speakers_do_not_count_among_those_who_may_decide(desk: Desk) -> None:
    opening = (await desk.resolve(ask("U0GRACE", 5000))).opening
    assert opening
    assert opening.problem == ""
    request = ask(BOB, 5000)
    desk.shelf.replace(
        parse_rulebook(BOOK.replace("S0MANAGERS}}\n", "S0FINANCE}}\n"), "f", APPROVALS, OUTCOMES)
    )
    for changed, problem in ((request, False), (ask(BOB, 5000, speakers=(person("U0FRANK"),)), True)):
        opening = (await desk.resolve(changed)).opening
        assert opening
        assert bool(opening.problem) is problem


async def test_the_requesters_user_groups_are_asked_of_slack_now(desk: Desk) -> None:
    assert (await desk.resolve(ask(BOB))).plan.policy == "managers-own"
    workspace = desk.slack.workspace
    groups = tuple(one for one in workspace.seed.usergroups if one.id != "S0MANAGERS")
    managers = next(one for one in workspace.seed.usergroups if one.id == "S0MANAGERS")
    left = managers.model_copy(update={"users": ("U0FRANK",)})
    workspace.seed = workspace.seed.model_copy(update={"usergroups": (*groups, left)})
    assert (await desk.resolve(ask(BOB))).plan.policy == "default"


async def test_a_user_group_that_is_not_there_never_leads_to_another_policy(desk: Desk) -> None:
    with pytest.raises(ApplicationError, match="S0NOBODY") as caught:
        await desk.resolve(ask(action="haunt"))
    assert (caught.value.type, caught.value.non_retryable) == ("policy", True)


async def test_a_user_group_is_asked_for_again_while_slack_is_away(desk: Desk) -> None:
    desk.slack.faults.add("usergroups.users.list", "http_500")
    with pytest.raises(ApplicationError) as caught:
        await desk.resolve(ask(BOB))
    assert not caught.value.non_retryable
    assert (await desk.resolve(ask(BOB))).plan.policy == "managers-own"


@pytest.mark.parametrize(
    "request_", [ask(arguments={}), ask(amount="a lot"), ask(policy="tiny")], ids=["missing", "type", "claim"]
)
async def test_a_policy_that_cannot_be_told_fails_for_good_with_a_sentence(
    desk: Desk, request_: ApprovalRequest
) -> None:
    with pytest.raises(ApplicationError) as caught:
        await desk.resolve(request_)
    assert (caught.value.type, caught.value.non_retryable) == ("policy", True)
    assert caught.value.message.endswith(".")


async def test_another_rulebook_counts_from_the_next_request_on(desk: Desk) -> None:
    before = await desk.resolve(ask(amount=5000))
    book: Rulebook = build_default(APPROVALS, OUTCOMES)
    desk.shelf.replace(book)
    assert desk.shelf.rulebook is book
    assert [before.plan.policy, (await desk.resolve(ask(amount=5000))).plan.policy] == ["large", "built-in"]


# Clocks


async def test_clocks_run_on_without_a_calendar(desk: Desk) -> None:
    stage = decided_by(
        MANAGERS,
        deadline=4 * HOUR,
        reminders=Reminders(first=HOUR, longest=8 * HOUR),
        escalation=Escalation(approvers=(DIRECTORS,), after=2 * HOUR),
    )
    opening = await desk.open(stage)
    assert opening.deadline == FRIDAY + 4 * HOUR
    assert opening.reminders == (FRIDAY + HOUR, FRIDAY + 3 * HOUR)
    assert opening.escalates_at == FRIDAY + 2 * HOUR


async def test_clocks_stand_still_over_the_weekend(desk: Desk) -> None:
    stage = decided_by(
        MANAGERS,
        deadline=4 * HOUR,
        reminders=Reminders(first=2 * HOUR, longest=8 * HOUR),
        escalation=Escalation(approvers=(DIRECTORS,), after=3 * HOUR),
        calendar=OFFICE,
    )
    opening = await desk.open(stage)
    nine = MONDAY.replace(hour=9)
    assert opening.deadline == nine + 3 * HOUR
    assert opening.reminders == (nine + HOUR,)
    assert opening.escalates_at == nine + 2 * HOUR


async def test_a_stage_that_reminds_and_escalates_nobody_has_no_such_clocks(desk: Desk) -> None:
    opening = await desk.open(decided_by(MANAGERS))
    assert (opening.reminders, opening.escalates_at) == ((), None)


async def test_a_stage_that_escalates_at_its_deadline_has_no_clock_for_it(desk: Desk) -> None:
    stage = decided_by(MANAGERS, on_deadline="escalate", escalation=Escalation(approvers=(DIRECTORS,)))
    assert (await desk.open(stage)).escalates_at is None


async def test_a_stage_escalates_once(desk: Desk) -> None:
    stage = decided_by(MANAGERS, escalation=Escalation(approvers=(DIRECTORS,), after=HOUR))
    opening = await desk.open(stage, approvers=(MANAGERS, DIRECTORS))
    assert (opening.escalates_at, opening.roster and opening.roster.count) == (None, 4)


async def test_a_calendar_that_cannot_be_counted_by_fails_for_good_with_a_sentence(desk: Desk) -> None:
    with pytest.raises(ApplicationError, match="time zone") as caught:
        await desk.open(decided_by(MANAGERS, calendar=NEVER))
    assert (caught.value.type, caught.value.non_retryable) == ("policy", True)


# Clocks that stood still


REMINDED = {
    "deadline": 4 * HOUR,
    "reminders": Reminders(first=HOUR, longest=HOUR, times=2),
    "escalation": Escalation(approvers=(DIRECTORS,), after=3 * HOUR),
}


def halted(opening: Opening, since: datetime) -> Halt:
    return Halt(
        since=since,
        deadline=opening.deadline,
        reminders=opening.reminders,
        escalates_at=opening.escalates_at,
    )


async def test_clocks_that_stood_still_go_on_with_as_much_time_as_they_had_left(desk: Desk) -> None:
    stage = decided_by(MANAGERS, **REMINDED)
    before = await desk.open(stage)
    halt, now = halted(before, FRIDAY + HOUR / 2), FRIDAY + 20 * HOUR
    later = await desk.open(stage, now=now, halt=halt, clocked=True)
    assert later.deadline == now + 3.5 * HOUR
    assert later.reminders == (now + 0.5 * HOUR, now + 1.5 * HOUR)
    assert later.escalates_at == now + 2.5 * HOUR
    assert later.roster == before.roster


async def test_a_pause_over_a_weekend_leaves_as_many_open_hours(desk: Desk) -> None:
    """Halted on Friday at 16:30 with half an hour to go that day; answered on Sunday, or on Tuesday at noon."""
    stage = decided_by(MANAGERS, calendar=OFFICE, **REMINDED)
    before = await desk.open(stage)
    halt, nine = halted(before, FRIDAY + HOUR / 2), MONDAY.replace(hour=9)
    assert before.deadline == nine + 3 * HOUR
    sunday = await desk.open(stage, now=FRIDAY + 48 * HOUR, halt=halt, clocked=True)
    assert sunday.deadline == nine + 3.5 * HOUR
    assert sunday.reminders == (nine + 0.5 * HOUR, nine + 1.5 * HOUR)
    assert sunday.escalates_at == nine + 2.5 * HOUR
    tuesday = await desk.open(stage, now=nine + 27 * HOUR, halt=halt, clocked=True)
    assert tuesday.deadline == nine + 30.5 * HOUR


async def test_an_escalation_that_has_been_stays_one_after_a_pause(desk: Desk) -> None:
    halt = Halt(since=FRIDAY, deadline=FRIDAY + HOUR)
    opening = await desk.open(decided_by(MANAGERS, **REMINDED), halt=halt, clocked=True)
    assert (opening.deadline, opening.reminders, opening.escalates_at) == (FRIDAY + HOUR, (), None)


async def test_clocks_go_on_though_slack_does_not_say_whom_cards_go_to(desk: Desk) -> None:
    desk.slack.faults.down = True
    halt = Halt(since=FRIDAY - HOUR, deadline=FRIDAY)
    stage = build_stage(approvers=(MANAGERS,), card="direct")
    opening = await desk.open(stage, halt=halt, clocked=True)
    assert (opening.deadline, opening.roster) == (FRIDAY + HOUR, None)


async def test_a_calendar_that_cannot_be_counted_by_does_not_go_on_either(desk: Desk) -> None:
    halt = Halt(since=FRIDAY, deadline=FRIDAY + HOUR)
    with pytest.raises(ApplicationError) as caught:
        await desk.open(decided_by(MANAGERS, calendar=NEVER), halt=halt)
    assert caught.value.non_retryable


# People


@pytest.mark.parametrize(("delegates", "shown"), [(True, 1), (False, 0)])
async def test_delegates_are_shown_where_they_may_decide(desk: Desk, delegates: bool, shown: int) -> None:  # noqa: FBT001 - a parameter of pytest's
    desk.delegations = [
        Delegation(principal=person(BOB), delegate=person(CAROL), until=datetime.now(UTC) + HOUR)
    ]
    opening = await desk.open(decided_by(MANAGERS, delegates=delegates))
    assert len(opening.roster.delegations if opening.roster else ()) == shown


@pytest.mark.parametrize(
    ("barred", "needed", "problem"),
    [
        ((), 2, ""),
        ((), 3, "needs 3 more to approve and has 2"),
        ((person(BOB),), 1, ""),
        ((person(BOB),), 2, "needs 2 more to approve and has 1"),
        ((person(BOB), person("U0FRANK")), 1, "has nobody"),
        ((Person(team_id="T0OTHER", user_id=BOB),), 2, "has 1"),
        ((person(CAROL),), 2, ""),
    ],
)
async def test_too_few_who_may_decide_are_a_problem(
    desk: Desk, barred: tuple[Person, ...], needed: int, problem: str
) -> None:
    opening = await desk.open(decided_by(MANAGERS), barred=barred, needed=needed)
    assert problem in opening.problem
    assert bool(problem) == bool(opening.problem)


async def test_one_person_in_two_groups_counts_once(desk: Desk) -> None:
    stage = decided_by(MANAGERS, Approvers(kind="user", id=BOB), quorum=3)
    assert (await desk.open(stage)).problem


async def test_a_delegate_adds_nobody_who_may_decide(desk: Desk) -> None:
    until = datetime.now(UTC) + HOUR
    desk.delegations = [Delegation(principal=person(BOB), delegate=person(CAROL), until=until)]
    assert (await desk.open(decided_by(MANAGERS, quorum=3))).problem


async def test_groups_that_are_all_gone_are_a_problem_with_a_sentence_for_each(desk: Desk) -> None:
    opening = await desk.open(decided_by(NO_GROUP, GONE))
    assert "nobody" in opening.problem
    assert NO_GROUP.id in opening.problem
    assert GONE.id in opening.problem


async def test_a_group_that_is_gone_is_no_problem_where_the_others_suffice(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    opening = await desk.open(decided_by(NO_GROUP, MANAGERS, quorum=2))
    assert (opening.problem, opening.roster and opening.roster.count) == ("", 2)
    assert "S0NOBODY" in caplog.text
    assert (await desk.open(decided_by(NO_GROUP, MANAGERS, quorum=3))).problem


@pytest.mark.parametrize("change", [{"deleted": True}, {"is_bot": True}], ids=str)
async def test_a_person_named_who_cannot_decide_is_nobody(desk: Desk, change: dict[str, object]) -> None:
    users = desk.slack.workspace.users
    users[CAROL] = users[CAROL].model_copy(update=change)
    named = [Approvers(kind="user", id=one) for one in (BOB, CAROL, "U0NOBODY")]
    assert (await desk.open(decided_by(*named))).problem == ""
    opening = await desk.open(decided_by(*named, quorum=2))
    assert "needs 2 more to approve and has 1 who may decide" in opening.problem
    assert "The person U0CAROL cannot decide" in opening.problem
    assert "The person U0NOBODY cannot decide: Slack knows no such user" in opening.problem


@pytest.mark.parametrize(
    ("card", "people", "problem", "warned"),
    [
        ("direct", 101, True, False),
        ("direct", 100, False, False),
        ("both", 101, False, True),
        ("both", 100, False, False),
        ("channel", 101, False, False),
    ],
)
async def test_more_people_than_can_be_written_to_are_a_problem_where_there_is_no_other_card(
    desk: Desk, caplog: pytest.LogCaptureFixture, *, card: str, people: int, problem: bool, warned: bool
) -> None:
    workspace = desk.slack.workspace
    crowd = Usergroup(
        id="S0CROWD", handle="crowd", name="Crowd", users=tuple(f"U9{one:03}" for one in range(people))
    )
    groups = (*workspace.seed.usergroups, crowd)
    workspace.seed = workspace.seed.model_copy(update={"usergroups": groups})
    opening = await desk.open(decided_by(Approvers(kind="usergroup", id="S0CROWD"), card=card))
    told = "has 101 people, and direct messages go to 100 at most: name a channel for its card."
    assert (told in opening.problem) is problem
    assert ("101 people" in caplog.text) is warned


async def test_nothing_is_known_to_be_a_problem_while_slack_is_away(desk: Desk) -> None:
    desk.slack.faults.down = True
    opening = await desk.open(decided_by(NO_GROUP, MANAGERS, quorum=3))
    assert (opening.problem, opening.roster) == ("", Roster(count=None))
    assert opening.deadline == FRIDAY + HOUR


async def test_a_request_does_not_wait_for_a_slow_slack(desk: Desk, settings: Settings) -> None:
    directory = Directory(WebApi(build_client(settings)), desk.read, patience=0.05)
    desk.plans = PlanActivities(desk.shelf, directory)
    desk.slack.faults.add("usergroups.users.list", "slow", seconds=30, times=2)
    async with asyncio.timeout(5):
        assert (await desk.open(decided_by(MANAGERS))).roster == Roster()


@pytest.mark.parametrize("card", ["direct", "both"])
async def test_a_stage_whose_cards_go_to_people_waits_for_slack_to_name_them(desk: Desk, card: str) -> None:
    """Its clocks run from the start all the same, or it would never end while Slack is away."""
    desk.slack.faults.down = True
    opening = await desk.open(build_stage(approvers=(MANAGERS,), card=card))
    assert opening.roster is None
    assert opening.deadline == FRIDAY + HOUR
    with pytest.raises(ApplicationError) as caught:
        await desk.open(build_stage(approvers=(MANAGERS,), card=card), clocked=True)
    assert not caught.value.non_retryable


@pytest.mark.parametrize("card", ["channel: C0APPROVALS", "direct: true"])
async def test_a_plan_does_not_wait_for_the_people_of_its_first_stage(desk: Desk, card: str) -> None:
    """An operator may decide meanwhile; the stage opens when Slack is back."""
    rule = f"""
policies:
  - name: default
    stages: [{{name: manager, approvers: [{{usergroup: S0MANAGERS}}], deadline: 4h, card: {{{card}}}}}]
"""
    desk.shelf.replace(parse_rulebook(rule, "countersign.yaml", APPROVALS, OUTCOMES))
    desk.slack.faults.down = True
    resolution = await desk.resolve(build_request())
    assert resolution.plan.policy == "default"
    assert resolution.opening
    assert (resolution.opening.roster is None) == (card == "direct: true")


async def test_a_shadow_opens_no_stage(desk: Desk) -> None:
    rule = BOOK.replace("  - name: default\n", "  - name: default\n    shadow: true\n")
    desk.shelf.replace(parse_rulebook(rule, "countersign.yaml", APPROVALS, OUTCOMES))
    resolution = await desk.resolve(build_request(action="send_newsletter"))
    assert resolution.plan.shadow
    assert resolution.opening is None


async def check(desk: Desk, amount: JsonValue, **changes: Any) -> ArgumentsCheck:
    parameters = {"type": "object", "properties": {"amount": {"type": "number"}}}
    arguments = {"amount": amount}
    request = build_request(**({"arguments": arguments, "parameters": parameters} | changes))
    query = ArgumentsQuery(request=request)
    checked: ArgumentsCheck = await ActivityEnvironment().run(desk.plans.check_arguments, query)
    return checked


@pytest.mark.parametrize(("amount", "policy"), [(5, "tiny"), (250, "default"), (1_000, "large")])
async def test_a_change_is_held_against_the_policies_in_force(desk: Desk, amount: int, policy: str) -> None:
    assert await check(desk, amount) == ArgumentsCheck(policy=policy)


async def test_a_change_is_held_against_its_schema(desk: Desk) -> None:
    checked = await check(desk, "many", action="wipe")
    assert checked.problems == ("'many' is not of type 'number'.",)
    assert (await check(desk, 1, parameters=None, action="wipe")).problems == (NO_SCHEMA,)


async def test_a_change_that_no_policy_can_be_said_to_apply_to_has_none(desk: Desk) -> None:
    assert (await check(desk, 250, policy="large")).policy == ""
    assert (await check(desk, "many")).policy == ""


async def test_a_change_waits_for_slack_where_that_has_to_say_who_asked(desk: Desk) -> None:
    desk.slack.faults.add("usergroups.users.list", "http_500")
    with pytest.raises(ApplicationError):
        await check(desk, 250, requester=Person(team_id=TEAM, user_id=BOB))
