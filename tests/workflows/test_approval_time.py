"""What time does to approvals: reminders, escalations, deadlines, over nights and weekends, on a server that skips time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.factories import APPROVER, SECOND, build_person, build_plan, build_stage
from tests.harness import eventually, eventually_read
from tests.workflows.bench import Approval, Bench
from workflows import attributes
from workflows.contracts import Approvers, Calendar, Delegation, Escalation, Plan, Reminders, Shift, Stage
from workflows.policy import Refusal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(
    name="office",
    zone="Europe/Berlin",
    shifts=tuple(Shift(weekday=day, opens=9 * 3600, closes=17 * 3600 + 1800) for day in range(5)),
)
HEAD, CFO, DEPUTY = build_person("UHEAD"), build_person("UCFO"), build_person("UDEPUTY")
DIRECTOR = build_person("UDIRECTOR")
TO_HEAD = (Approvers(kind="user", id="UHEAD"),)


def one_stage(**changes: Any) -> Plan:
    return build_plan(stages=(build_stage(**{"deadline": 10 * HOUR} | changes),))


def until_friday() -> timedelta:
    """From now to the next Friday at 15:00 in Berlin, by the clock on the wall."""
    here = datetime.now(BERLIN)
    friday = here.replace(hour=15, minute=0, second=0) + timedelta(days=(4 - here.weekday()) % 7)
    friday += timedelta(days=7) if friday <= here else timedelta(0)
    return friday.astimezone(UTC) - here.astimezone(UTC)


def threads(bench: Bench) -> list[str]:
    """What was said in the thread of a card, oldest first."""
    return [one.key for one in bench.slack.messages if one.key.startswith(("reminder", "escalation"))]


async def pass_time(bench: Bench, approval: Approval, span: timedelta) -> None:
    await bench.skip(span)
    await approval.state()


async def test_reminders_come_after_growing_pauses_and_stop_with_the_decision(clock: Bench) -> None:
    reminders = Reminders(first=HOUR, factor=2, longest=3 * HOUR, times=5)
    clock.policy.plan = one_stage(reminders=reminders)
    approval = await clock.ask()
    seen = []
    for _ in range(8):
        await pass_time(clock, approval, HOUR + MINUTE / 10)
        seen.append(len(threads(clock)))
    assert seen == [1, 1, 2, 2, 2, 3, 3, 3]
    await approval.click()
    assert (await approval.outcome()).approved
    await clock.skip(10 * HOUR)
    assert threads(clock) == ["reminder-0-1-card", "reminder-0-2-card", "reminder-0-3-card"]


async def test_reminders_that_came_due_while_slack_was_away_are_no_flood(clock: Bench) -> None:
    clock.policy.plan = one_stage(reminders=Reminders(first=HOUR, factor=1, longest=HOUR))
    approval = await clock.ask()
    clock.slack.away = True
    await pass_time(clock, approval, 4 * HOUR + MINUTE)
    clock.slack.away = False
    await pass_time(clock, approval, 30 * MINUTE)
    assert threads(clock) == ["reminder-0-1-card", "reminder-0-4-card"], (
        "the one under way, and one for all others"
    )


async def test_an_escalation_adds_people_and_is_said_once(clock: Bench) -> None:
    clock.slack.standings["UHEAD"] = "member"
    clock.policy.plan = one_stage(escalation=Escalation(approvers=TO_HEAD, after=2 * HOUR))
    approval = await clock.ask()
    before = await approval.state()
    await pass_time(clock, approval, 2 * HOUR + MINUTE)
    state = await approval.until(lambda one: one.escalated == "added" and one.roster)
    assert (state.deadline, state.escalates_at) == (before.deadline, None)
    await approval.click(HEAD)
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [HEAD]
    assert threads(clock) == ["escalation-0-card"]
    assert clock.slack.queries[-1].approvers == (*clock.policy.plan.stages[0].approvers, *TO_HEAD)


async def test_an_escalation_that_replaces_takes_the_decision_from_the_others(clock: Bench) -> None:
    clock.policy.plan = one_stage(escalation=Escalation(approvers=TO_HEAD, after=2 * HOUR, replace=True))
    approval = await clock.ask()
    await pass_time(clock, approval, 2 * HOUR + MINUTE)
    await approval.until(lambda one: one.escalated == "replaced" and one.roster)
    await approval.click()
    await clock.checked()
    assert clock.slack.queries[-1].approvers == TO_HEAD


async def test_a_click_that_is_overtaken_by_an_escalation_is_checked_against_those_who_decide_then(
    clock: Bench,
) -> None:
    clock.policy.plan = one_stage(escalation=Escalation(approvers=TO_HEAD, after=2 * HOUR, replace=True))
    approval = await clock.ask()
    clock.slack.away = True
    await approval.click()
    await clock.checked()
    await pass_time(clock, approval, 3 * HOUR)
    clock.slack.away = False
    await pass_time(clock, approval, 10 * MINUTE)
    await eventually(lambda: TO_HEAD in [one.approvers for one in clock.slack.queries] or None)


async def test_a_deadline_that_escalates_gives_the_next_people_as_much_time_and_then_expires(
    clock: Bench,
) -> None:
    clock.policy.plan = one_stage(on_deadline="escalate", escalation=Escalation(approvers=TO_HEAD))
    approval = await clock.ask()
    first = (await approval.state()).deadline
    await pass_time(clock, approval, 10 * HOUR + MINUTE)
    state = await approval.until(lambda one: one.escalated and one.deadline)
    assert state.status == "pending"
    assert first
    assert state.deadline
    assert timedelta(0) <= state.deadline - first - 10 * HOUR < 5 * MINUTE
    await pass_time(clock, approval, 11 * HOUR)
    assert (await approval.outcome()).status == "expired"


async def test_a_deadline_counts_open_hours_only(clock: Bench) -> None:
    await clock.skip(until_friday())
    clock.policy.plan = one_stage(deadline=4 * HOUR, calendar=OFFICE)
    approval = await clock.ask()
    state = await approval.state()
    assert state.deadline
    monday = state.deadline.astimezone(BERLIN)
    assert (monday.weekday(), monday.hour) == (0, 10)
    await pass_time(clock, approval, 60 * HOUR)
    assert (await approval.state()).status == "pending"
    await pass_time(clock, approval, 8 * HOUR)
    assert (await approval.outcome()).status == "expired"


async def test_a_stage_that_nobody_can_decide_fails_with_a_sentence(clock: Bench) -> None:
    clock.policy.gone = {"CAPPROVALS"}
    clock.policy.plan = one_stage()
    approval = await clock.start()
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("failed", "Nobody of stage approval can be found")
    assert [one.key for one in clock.slack.messages][-2:] == ["reply", "outcome-COUTCOMES"]


async def test_a_stage_that_nobody_can_decide_escalates_where_it_can(clock: Bench) -> None:
    clock.policy.gone = {"CAPPROVALS"}
    clock.slack.standings["UHEAD"] = "member"
    clock.policy.plan = one_stage(escalation=Escalation(approvers=TO_HEAD, after=2 * HOUR))
    approval = await clock.ask()
    state = await approval.until(lambda one: one.roster)
    assert (state.status, state.escalated) == ("pending", "replaced")
    await approval.click(HEAD)
    assert (await approval.outcome()).approved
    assert clock.slack.queries[-1].approvers == TO_HEAD


async def test_a_stage_that_neither_those_nor_the_others_can_decide_fails(clock: Bench) -> None:
    clock.policy.gone = {"CAPPROVALS", "UHEAD"}
    clock.policy.plan = one_stage(escalation=Escalation(approvers=TO_HEAD, after=2 * HOUR))
    approval = await clock.start()
    assert (await approval.outcome()).status == "failed"


async def test_a_stage_that_takes_long_to_open_holds_up_no_other_door(clock: Bench) -> None:
    clock.policy.plan = clock.policy.quorum(1, 1)
    approval = await clock.ask()
    clock.policy.opened.clear()
    await approval.call()
    await approval.call(SECOND, stage=1)
    assert (await approval.outcome()).approved
    clock.policy.opened.set()


def procurement() -> Plan:
    """Manager, two directors, CFO; a reminder, an escalation, a delegate and a weekend."""
    manager = build_stage(
        name="manager",
        deadline=8 * HOUR,
        calendar=OFFICE,
        reminders=Reminders(first=2 * HOUR, factor=2, longest=4 * HOUR, times=3),
    )
    director = build_stage(
        name="director",
        quorum=2,
        deadline=8 * HOUR,
        calendar=OFFICE,
        approvers=(Approvers(kind="usergroup", id="SDIRECTORS"),),
        escalation=Escalation(approvers=TO_HEAD, after=3 * HOUR),
    )
    cfo = build_stage(
        name="cfo", deadline=8 * HOUR, calendar=OFFICE, approvers=(Approvers(kind="user", id="UCFO"),)
    )
    stages: tuple[Stage, ...] = (manager, director, cfo)
    return build_plan(policy="procurement", stages=stages)


@pytest.fixture
async def friday(clock: Bench) -> Bench:
    """A bench on a Friday afternoon, with everybody in place."""
    await clock.skip(until_friday())
    clock.policy.plan = procurement()
    clock.policy.people = {"UCFO": (CFO,), "SDIRECTORS": (DIRECTOR,)}
    until = datetime.now(UTC) + timedelta(days=30)
    clock.policy.delegations = (Delegation(principal=CFO, delegate=DEPUTY, until=until, away=True),)
    clock.slack.standings |= {"UDIRECTOR": "member", "UHEAD": "member"}
    clock.slack.principals = {"UDEPUTY": (CFO,)}
    return clock


async def test_three_stages_over_a_weekend(friday: Bench) -> None:
    approval = await friday.ask(title="Buy 40 laptops")
    opened = (await approval.state()).deadline
    assert opened
    assert (opened.astimezone(BERLIN).weekday(), opened.astimezone(BERLIN).hour) == (0, 14)
    await pass_time(friday, approval, 67 * HOUR)  # Monday, 10:00
    assert threads(friday) == ["reminder-0-1-card"], "one on Friday at 17:00, none over the weekend"

    await approval.click(APPROVER)
    state = await approval.until(lambda one: one.stage == 1 and one.roster)
    await approval.click(DIRECTOR, stage=1)
    await eventually(lambda: len(friday.slack.cards[0].state.decisions) == 2 or None)
    await approval.click(APPROVER, stage=1)
    assert [one.sentence for one in await whispers(friday)] == [Refusal.COUNTED]
    await pass_time(friday, approval, 3 * HOUR + MINUTE)
    state = await approval.until(lambda one: one.escalated == "added" and one.roster)
    assert state.status == "pending"
    await approval.click(HEAD, stage=1)

    state = await approval.until(lambda one: one.stage == 2 and one.roster)
    assert state.deadline
    assert state.deadline.astimezone(BERLIN).weekday() == 1, "eight open hours from Monday 13:00"
    assert state.roster
    assert [one.delegate for one in state.roster.delegations] == [DEPUTY]
    await approval.click(DEPUTY, stage=2)
    outcome = await approval.outcome()
    assert outcome.approved
    assert [(one.stage, one.decided_by, one.on_behalf_of) for one in outcome.decisions] == [
        (0, APPROVER, None),
        (1, DIRECTOR, None),
        (1, HEAD, None),
        (2, DEPUTY, CFO),
    ]
    assert threads(friday) == ["reminder-0-1-card", "escalation-1-card"]
    assert len(friday.slack.cards) == 1


async def whispers(bench: Bench) -> list[Any]:
    """What people were told privately, as soon as there is something."""
    return await eventually(lambda: bench.slack.whispers or None)


async def test_a_deputy_counts_for_somebody_once(friday: Bench) -> None:
    """Neither may the deputy decide again where the principal has, nor the principal where the deputy has."""
    friday.policy.plan = build_plan(stages=(build_stage(quorum=2, deadline=10 * HOUR),))
    friday.slack.standings["UCFO"] = "member"
    approval = await friday.ask()
    await approval.click(DEPUTY)
    await eventually(lambda: friday.slack.cards[0].state.decisions or None)
    await approval.click(CFO)
    assert [one.sentence for one in await whispers(friday)] == [Refusal.COUNTED]
    assert (await approval.state()).status == "pending"


async def test_a_deputy_may_not_decide_what_the_principal_asked_for(clock: Bench) -> None:
    clock.slack.principals = {"UDEPUTY": (CFO,)}
    approval = await clock.ask(requester=CFO)
    await approval.click(DEPUTY)
    assert [one.sentence for one in await whispers(clock)] == [Refusal.PRINCIPAL]


async def test_a_stage_without_delegation_asks_for_members_only(clock: Bench) -> None:
    clock.slack.principals = {"UDEPUTY": (CFO,)}
    clock.policy.plan = one_stage(delegates=False)
    approval = await clock.ask()
    await approval.click(DEPUTY)
    assert [one.sentence for one in await whispers(clock)] == [Refusal.OUTSIDER]


async def test_nobody_decides_for_others_by_saying_so(clock: Bench) -> None:
    """What a sender writes into `on_behalf_of` is overwritten."""
    approval = await clock.ask()
    await approval.click(on_behalf_of=CFO)
    outcome = await approval.outcome()
    assert [one.on_behalf_of for one in outcome.decisions] == [None]


async def test_lists_and_search_follow_the_stage_s_deadline(live: Bench) -> None:
    short = build_stage(deadline=HOUR)
    live.policy.plan = build_plan(stages=(short, build_stage(deadline=30 * HOUR)))
    approval = await live.ask()
    await approval.call()
    state = await approval.until(lambda one: one.stage == 1 and one.deadline)

    async def read() -> bool:
        found = await approval.handle.describe()
        return found.typed_search_attributes.get(attributes.DEADLINE) == state.deadline

    await eventually_read(read)


# Stages that are opened anew


HEADS = {"CAPPROVALS": (APPROVER, SECOND), "UHEAD": (HEAD,)}


def direct_stage(**changes: Any) -> Plan:
    """A stage whose card goes to people themselves."""
    return one_stage(**{"card": "direct", "deadline": 2 * HOUR} | changes)


async def test_a_deadline_ends_a_request_whose_stage_cannot_be_opened_anew(clock: Bench) -> None:
    """Escalated while Slack is away: whom its cards go to is not known when the time is over."""
    clock.policy.people = HEADS
    clock.policy.plan = direct_stage(escalation=Escalation(approvers=TO_HEAD, after=HOUR))
    approval = await clock.ask()
    clock.policy.away = True
    await clock.skip(HOUR + MINUTE)
    await approval.until(lambda one: one.escalated)
    await clock.skip(HOUR)
    assert (await approval.outcome()).status == "expired"


async def test_a_stage_expires_in_time_though_slack_never_said_whom_its_cards_go_to(clock: Bench) -> None:
    clock.policy.away = True
    clock.policy.plan = direct_stage()
    approval = await clock.start()
    state = await approval.until(lambda one: one.deadline)
    assert (state.status, state.roster) == ("pending", None)
    await clock.skip(2 * HOUR + MINUTE)
    assert (await approval.outcome()).status == "expired"
    assert [one.key for one in clock.slack.messages] == ["reply", "outcome-COUTCOMES"]


async def test_its_cards_are_shown_when_slack_is_back_and_the_time_has_run_meanwhile(clock: Bench) -> None:
    clock.policy.away = True
    clock.policy.people = HEADS
    clock.policy.plan = direct_stage()
    approval = await clock.start()
    before = await approval.until(lambda one: one.deadline)
    await clock.skip(HOUR)
    clock.policy.away = False
    await clock.skip(2 * MINUTE)
    await eventually(lambda: clock.slack.shown("card-UAPPROVER") or None)
    state = await approval.state()
    assert state.deadline == before.deadline
    assert [one.key for one in state.cards if one.key.startswith("card")] == [
        "card-UAPPROVER",
        "card-USECOND",
    ]
    await approval.click()
    assert (await approval.outcome()).approved


async def test_a_turn_while_a_card_is_on_its_way_does_not_fail_the_request(live: Bench) -> None:
    """Who can still decide is being found out anew; that the card went to those of a moment ago is good enough."""
    live.policy.people = HEADS
    live.policy.plan = direct_stage(quorum=2)
    live.slack.posts.clear()
    approval = await live.start()
    await live.published()
    live.policy.opened.clear()
    await approval.call()
    live.slack.posts.set()
    await eventually(lambda: live.slack.shown("card-UAPPROVER") or None)
    state = await approval.until(lambda one: one.cards)
    assert (state.status, state.roster) == ("pending", None)
    live.policy.opened.set()
    await approval.click(SECOND)
    assert (await approval.outcome()).approved


async def test_a_stage_whose_card_can_be_sent_to_nobody_escalates_where_it_can(live: Bench) -> None:
    live.policy.people = {"UHEAD": (HEAD,)}
    live.slack.standings["UHEAD"] = "member"
    live.policy.plan = direct_stage(escalation=Escalation(approvers=TO_HEAD, after=HOUR))
    approval = await live.start()
    state = await approval.until(lambda one: one.escalated and one.cards)
    assert state.escalation_reason == "There is nobody whom its card could be sent to"
    await eventually(lambda: live.slack.shown("card-UHEAD") or None)
    await approval.click(HEAD)
    assert (await approval.outcome()).approved


async def test_a_stage_whose_card_can_be_sent_to_nobody_at_all_fails(live: Bench) -> None:
    live.policy.plan = direct_stage(escalation=Escalation(approvers=TO_HEAD, after=HOUR))
    outcome = await (await live.start()).outcome()
    assert (outcome.status, outcome.reason) == ("failed", "There is nobody whom its card could be sent to")


def stands_in(clock: Bench) -> None:
    """From now on the deputy decides for somebody among the approvers, who is away."""
    until = datetime.now(UTC) + timedelta(days=30)
    clock.policy.delegations = (Delegation(principal=SECOND, delegate=DEPUTY, until=until, away=True),)


async def test_a_reminder_finds_out_anew_who_decides_for_whom_and_asks_them(clock: Bench) -> None:
    clock.policy.people = HEADS
    clock.policy.plan = direct_stage(reminders=Reminders(first=HOUR, longest=HOUR, times=1))
    await clock.ask()
    await eventually(lambda: clock.slack.shown("card-USECOND") or None)
    stands_in(clock)
    await clock.skip(HOUR + MINUTE)
    (card,) = await eventually(lambda: clock.slack.shown("card-UDEPUTY") or None)
    assert card.state.reminded == 1
    assert card.state.roster
    assert card.state.roster.delegations == clock.policy.delegations


async def test_an_approval_that_does_not_suffice_finds_out_anew_who_can_still_decide(clock: Bench) -> None:
    clock.policy.people = HEADS
    clock.policy.plan = direct_stage(quorum=2)
    approval = await clock.ask()
    before = await approval.state()
    stands_in(clock)
    await approval.click()
    await eventually(lambda: clock.slack.shown("card-UDEPUTY") or None)
    assert (await approval.state()).deadline == before.deadline
    assert [(one.needed, one.clocked) for one in clock.policy.queries] == [(2, False), (1, True)]
    clock.slack.principals = {"UDEPUTY": (SECOND,)}
    await approval.click(DEPUTY)
    assert (await approval.outcome()).approved


async def test_a_stage_that_is_decided_while_it_is_opened_anew_does_not_hold_up_the_next(
    clock: Bench,
) -> None:
    """The next stage's clocks are not known before it is opened, so it must not wait for what nobody needs any more."""
    clock.policy.people = HEADS
    first = build_stage(card="direct", quorum=2, deadline=30 * HOUR)
    clock.policy.plan = build_plan(stages=(first, build_stage(deadline=2 * HOUR)))
    approval = await clock.ask()
    clock.policy.away = True
    await approval.click()
    await eventually(lambda: len(clock.policy.queries) > 2 or None)
    await approval.click(SECOND)
    state = await approval.until(lambda one: one.stage == 1 and one.deadline)
    assert state.roster
