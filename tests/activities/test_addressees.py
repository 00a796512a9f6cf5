"""Whom a stage's card goes to beside the channel, once people have wishes of their own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.addressees import choose_addressees
from activities.directory import SHOWN_PEOPLE, Directory, Listing
from activities.plans import PlanActivities, Shelf
from activities.rules.rulebook import build_default
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.server import Standin
from tests.factories import NOW, build_person, build_stage
from tests.harness import ALICE, APPROVALS, BOB, CAROL, OUTCOMES
from workflows.contracts import Approvers, Delegation, Opening, Person, Roster, Stage, StageQuery
from workflows.preferences import Preferences

TEAM = "T0COUNTER"
A, B, C, D = (build_person(f"U{name}") for name in "ABCD")
Chosen = tuple[tuple[str, ...] | None, tuple[str, ...]]
LATER = datetime.now(UTC) + timedelta(days=1)


def prefer(person: Person, direct: str = "always", **changes: Any) -> Preferences:
    return Preferences.model_validate({"person": person, "direct": direct} | changes)


def choose(card: str, known: Iterable[Person], wishes: tuple[Preferences, ...], **changes: Any) -> Chosen:
    stage = build_stage(card=card)
    query = StageQuery(
        stage=stage, approvers=stage.approvers, needed=1, now=NOW, barred=changes.pop("barred", ())
    )
    roster = Roster.model_validate({"people": (A, B)} | changes)
    ids = frozenset(one.user_id for one in known)
    found = choose_addressees(query, Listing(roster, ids, team_id="T1", preferences=wishes))
    direct = None if found.direct is None else tuple(one.user_id for one in found.direct)
    return direct, tuple(one.user_id for one in found.quiet)


@pytest.mark.parametrize(
    ("card", "wishes", "chosen"),
    [
        ("channel", (), (None, ())),
        ("channel", (prefer(A),), (("UA",), ())),
        ("channel", (prefer(C),), (("UC",), ())),  # in the channel that decides, and named nowhere
        ("channel", (prefer(D),), (None, ())),  # cannot decide
        ("channel", (prefer(A, "digest"),), ((), ("UA",))),
        ("both", (prefer(A),), (None, ())),
        ("both", (prefer(C),), (("UA", "UB", "UC"), ())),
        ("both", (prefer(A, "digest"),), (("UB",), ("UA",))),
        ("both", (prefer(A, "digest"), prefer(B, "digest")), ((), ("UA", "UB"))),
        ("both", (prefer(B, "policy", days=(5,)),), (("UA",), ("UB",))),
        ("direct", (prefer(A, "digest"),), (None, ())),
    ],
)
def test_wishes_count_where_a_channel_has_the_card_anyway(
    card: str, wishes: tuple[Preferences, ...], chosen: Chosen
) -> None:
    assert choose(card, (A, B, C), wishes) == chosen


def test_delegates_have_wishes_too_and_who_is_away_is_left_alone() -> None:
    handed = (Delegation(principal=B, delegate=D, until=LATER, away=True),)
    assert choose("channel", (A, B), (prefer(D),), delegations=handed) == (("UD",), ())
    assert choose("channel", (A, B), (prefer(B),), delegations=handed) == (None, ())
    assert choose("both", (A, B), (prefer(D, "digest"),), delegations=handed) == (("UA",), ("UD",))


def test_a_delegate_of_somebody_who_may_not_decide_is_not_written_to() -> None:
    handed = (Delegation(principal=B, delegate=D, until=LATER),)
    assert choose("channel", (A, B), (prefer(D),), delegations=handed, barred=(B,)) == (None, ())


def test_while_slack_does_not_say_who_may_decide_it_is_as_the_policy_says() -> None:
    stage = build_stage(card="both")
    query = StageQuery(stage=stage, approvers=stage.approvers, needed=1, now=NOW)
    assert choose_addressees(query, Listing(Roster(), preferences=(prefer(A),))) == Roster()


def test_no_more_people_are_written_to_than_a_roster_names() -> None:
    crowd = tuple(build_person(f"U{number:03}") for number in range(SHOWN_PEOPLE + 20))
    direct, _ = choose("channel", crowd, tuple(map(prefer, crowd)))
    assert direct is not None
    assert len(direct) == SHOWN_PEOPLE


class Office:
    """The policy port over a stand-in's Slack, with wishes that a test makes; None while nobody answers."""

    def __init__(self, slack: Standin, settings: Settings, **changes: float) -> None:
        self.slack = slack
        self.wishes: tuple[Preferences, ...] | None = ()
        self.reads = 0
        api = WebApi(build_client(settings))
        directory = Directory(api, self.delegations, read_preferences=self.preferences, **changes)
        self.plans = PlanActivities(Shelf(build_default(APPROVALS, OUTCOMES)), directory)

    async def delegations(self, team: str) -> tuple[Delegation, ...]:
        del team
        return ()

    async def preferences(self, team: str) -> tuple[Preferences, ...]:
        assert team == TEAM
        self.reads += 1
        if self.wishes is None:
            raise TimeoutError
        return self.wishes

    async def open(self, stage: Stage) -> Roster:
        query = StageQuery(stage=stage, approvers=stage.approvers, needed=1, now=NOW)
        opening: Opening = await ActivityEnvironment().run(self.plans.open_stage, query)
        assert opening.roster
        return opening.roster


@pytest.fixture
async def office(slack: Standin, settings: Settings) -> Office:
    return Office(slack, settings)


async def test_members_of_the_channel_that_decides_are_written_to_if_they_wish(office: Office) -> None:
    office.wishes = tuple(prefer(Person(team_id=TEAM, user_id=user)) for user in (BOB, ALICE, "U0DAVE"))
    members = office.slack.workspace.rooms[APPROVALS].members
    roster = await office.open(build_stage(approvers=(Approvers(id=APPROVALS),)))
    assert roster.direct is not None
    assert {one.user_id for one in roster.direct} == {BOB, ALICE, "U0DAVE"} & set(members)


async def test_wishes_are_remembered_for_seconds(office: Office) -> None:
    stage = build_stage(approvers=(Approvers(kind="user", id=BOB),))
    await office.open(stage)
    await office.open(stage)
    assert office.reads == 1


async def test_while_temporal_does_not_answer_it_is_as_the_policy_says(office: Office) -> None:
    office.wishes = None
    both = build_stage(approvers=(Approvers(kind="user", id=CAROL),), card="both")
    roster = await office.open(both)
    assert (roster.direct, [one.user_id for one in roster.people]) == (None, [CAROL])


async def test_while_temporal_does_not_answer_the_last_known_wishes_count(
    slack: Standin, settings: Settings
) -> None:
    office = Office(slack, settings, freshness=0)
    office.wishes = (prefer(Person(team_id=TEAM, user_id=CAROL), "digest"),)
    both = build_stage(approvers=(Approvers(kind="user", id=CAROL),), card="both")
    assert (await office.open(both)).direct == ()
    office.wishes = None
    assert (await office.open(both)).direct == ()
    assert office.reads == 2
