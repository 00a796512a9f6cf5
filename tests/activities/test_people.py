"""Who may decide, asked of a Slack that changes by the minute and fails in every way it does."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.directory import SHOWN_PEOPLE, Directory
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.seed import SCOPES, Seed, Usergroup
from bot.standin.server import Standin
from tests.harness import ALICE, APPROVALS, BOB, CAROL, DAVE, OUTCOMES, make_settings
from workflows.contracts import Approvers, Delegation, Membership, MembershipQuery, Person, Roster
from workflows.ports import SlackPort

TEAM, PARTNER = "T0COUNTER", "T0PARTNER"
EVE, FRANK, GRACE, HEIDI, OTHER_BOT = "U0EVE", "U0FRANK", "U0GRACE", "U0HEIDI", "U0OTHERBOT"
HOUR = timedelta(hours=1)

CHANNEL = Approvers(id=APPROVALS)
MANAGERS = Approvers(kind="usergroup", id="S0MANAGERS")
DIRECTORS = Approvers(kind="usergroup", id="S0DIRECTORS")
IN_PERSON = Approvers(kind="user", id=BOB)
BY_ADDRESS = Approvers(kind="email", id="Bob@acme.example")
NO_CHANNEL = Approvers(id="C0NOWHERE")
NO_GROUP = Approvers(kind="usergroup", id="S0NOBODY")
NO_ADDRESS = Approvers(kind="email", id="nobody@acme.example")
LOST = [NO_CHANNEL, NO_GROUP, NO_ADDRESS]
METHODS = [
    (CHANNEL, "conversations.members"),
    (MANAGERS, "usergroups.users.list"),
    (BY_ADDRESS, "users.lookupByEmail"),
]


@dataclasses.dataclass
class Office:
    """A directory, the workspace behind it, and the delegations that it is told of."""

    slack: Standin
    api: WebApi
    delegations: list[Delegation] = dataclasses.field(default_factory=list[Delegation])
    asked: list[str] = dataclasses.field(default_factory=list[str])
    away: Exception | None = None
    directory: Directory = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self, freshness: float = 60.0, patience: float = 10.0) -> None:
        self.directory = Directory(self.api, self.read, freshness, patience)

    async def read(self, team: str) -> tuple[Delegation, ...]:
        self.asked.append(team)
        if self.away:
            raise self.away
        return tuple(self.delegations)

    async def check(
        self, user: str, *groups: Approvers, team: str = TEAM, delegates: bool = True
    ) -> Membership:
        query = MembershipQuery(person=person(user, team), approvers=groups, delegates=delegates)
        return await self.directory.check_member(query)

    async def standing(self, user: str, *groups: Approvers, team: str = TEAM) -> str:
        return (await self.check(user, *groups, team=team)).standing

    def hand(self, principal: str, delegate: str, *, lasts: timedelta = HOUR, team: str = TEAM) -> None:
        until = datetime.now(UTC) + lasts
        self.delegations.append(
            Delegation(principal=person(principal, team), delegate=person(delegate, team), until=until)
        )

    def change(self, user: str, **changes: object) -> None:
        users = self.slack.workspace.users
        users[user] = users[user].model_copy(update=changes)

    def regroup(self, usergroup: str, *users: str, disabled: bool = False) -> None:
        workspace = self.slack.workspace
        others = tuple(one for one in workspace.seed.usergroups if one.id != usergroup)
        group = Usergroup(id=usergroup, handle="g", name="G", users=users, disabled=disabled)
        workspace.seed = workspace.seed.model_copy(update={"usergroups": (*others, group)})

    def calls(self) -> list[str]:
        """The methods called since the last look."""
        methods = [call.method for call in self.slack.calls]
        self.slack.calls.clear()
        return methods


def person(user: str, team: str = TEAM) -> Person:
    return Person(team_id=team, user_id=user)


def shown(roster: Roster) -> list[str]:
    return [one.user_id for one in roster.people]


@pytest.fixture
async def office(slack: Standin, settings: Settings) -> Office:
    return Office(slack, WebApi(build_client(settings)))


def test_the_activity_answers_under_the_name_of_its_port() -> None:
    name = "__temporal_activity_definition"
    assert (
        getattr(Directory.check_member, name).name
        == getattr(SlackPort.check_member, name).name
        == "check_member"
    )


# Members


@pytest.mark.parametrize("group", [CHANNEL, MANAGERS, IN_PERSON, BY_ADDRESS], ids=lambda one: one.kind)
async def test_a_group_of_each_kind_has_its_members_and_nobody_else(office: Office, group: Approvers) -> None:
    assert await office.standing(BOB, group) == "member"
    assert await office.standing(DAVE, group) == "outsider"


async def test_one_group_is_enough(office: Office) -> None:
    assert await office.standing(DAVE, CHANNEL, Approvers(id=OUTCOMES)) == "member"
    assert await office.standing(GRACE, CHANNEL, MANAGERS, DIRECTORS) == "member"


async def test_nobody_is_in_no_group(office: Office) -> None:
    assert await office.standing(BOB) == "outsider"


@pytest.mark.parametrize(
    ("user", "team", "standing"),
    [
        (OTHER_BOT, TEAM, "bot"),
        (EVE, TEAM, "unknown"),
        (EVE, PARTNER, "outsider"),
        (BOB, PARTNER, "unknown"),
        ("U0NOBODY", TEAM, "unknown"),
    ],
)
async def test_who_is_no_living_person_of_ours_belongs_nowhere(
    office: Office, user: str, team: str, standing: str
) -> None:
    office.slack.workspace.rooms[APPROVALS].members.append(EVE)
    office.regroup("S0MANAGERS", BOB, EVE, OTHER_BOT)
    named = [Approvers(kind="user", id=one) for one in (EVE, OTHER_BOT, BOB, "U0NOBODY")]
    for groups in ([CHANNEL], [MANAGERS], named):
        assert await office.standing(user, *groups, team=team) == standing


@pytest.mark.parametrize("group", [CHANNEL, IN_PERSON], ids=lambda one: one.kind)
async def test_a_deactivated_person_belongs_nowhere(office: Office, group: Approvers) -> None:
    office.change(BOB, deleted=True)
    assert await office.standing(BOB, group) == "unknown"


async def test_a_member_on_a_later_page_is_found(office: Office) -> None:
    office.slack.workspace.rooms[APPROVALS].members[:0] = [f"U9{number:05}" for number in range(1_500)]
    assert await office.standing(BOB, CHANNEL) == "member"


async def test_a_disabled_user_group_has_no_members(office: Office) -> None:
    office.regroup("S0MANAGERS", BOB, disabled=True)
    assert await office.standing(BOB, MANAGERS) == "unknown"


async def test_an_address_that_two_people_have_is_nobodys(office: Office) -> None:
    office.change(CAROL, email="bob@acme.example")
    assert [await office.standing(user, BY_ADDRESS) for user in (BOB, CAROL)] == ["unknown", "unknown"]


async def test_an_address_that_went_to_another_person_is_theirs(office: Office) -> None:
    office.change(BOB, deleted=True)
    office.change(CAROL, email="bob@acme.example")
    assert await office.standing(CAROL, BY_ADDRESS) == "member"


async def test_who_was_removed_a_moment_ago_may_not_decide_although_they_are_still_shown(
    office: Office,
) -> None:
    groups = (CHANNEL, MANAGERS, BY_ADDRESS)
    await office.directory.read_roster(groups)
    assert [await office.standing(BOB, group) for group in groups] == ["member"] * 3
    office.slack.workspace.rooms[APPROVALS].members.remove(BOB)
    office.regroup("S0MANAGERS", FRANK)
    office.change(BOB, email="robert@acme.example")
    assert BOB in shown((await office.directory.read_roster(groups)).roster)
    assert [await office.standing(BOB, group) for group in groups] == ["outsider", "outsider", "unknown"]


async def test_a_direct_member_costs_two_calls_and_no_look_at_delegations(office: Office) -> None:
    await office.check(BOB, CHANNEL)
    office.calls()
    assert await office.standing(BOB, CHANNEL) == "member"
    assert sorted(office.calls()) == ["conversations.members", "users.info"]
    assert office.asked == []


# Groups that cannot be resolved


@pytest.mark.parametrize("lost", LOST, ids=lambda one: one.kind)
async def test_a_group_that_is_not_there_leaves_it_unknown_who_is_in_it(
    office: Office, lost: Approvers
) -> None:
    answer = await office.check(DAVE, CHANNEL, lost)
    assert answer.standing == "unknown"
    assert lost.id in answer.detail


@pytest.mark.parametrize("lost", LOST, ids=lambda one: one.kind)
async def test_a_group_that_is_not_there_hides_no_member_of_another(office: Office, lost: Approvers) -> None:
    assert await office.standing(BOB, lost, CHANNEL) == "member"


async def test_a_group_that_is_not_there_hides_no_delegate_of_a_member_of_another(office: Office) -> None:
    office.hand(BOB, DAVE)
    assert await office.standing(DAVE, NO_GROUP, MANAGERS) == "delegate"


async def test_a_group_is_not_read_without_its_scope(slack: Standin, settings: Settings) -> None:
    data = Seed(scopes=tuple(one for one in SCOPES if one != "usergroups:read"))
    async with Standin(data=data) as poor:
        office = Office(poor, WebApi(build_client(make_settings(poor, settings.countersign_ledger.parent))))
        answer = await office.check(BOB, MANAGERS)
    assert answer.standing == "unknown"
    assert "usergroups:read" in answer.detail


@pytest.mark.parametrize(("group", "method"), METHODS, ids=[method for _, method in METHODS])
async def test_who_belongs_is_not_guessed_while_slack_is_away(
    office: Office, group: Approvers, method: str
) -> None:
    office.slack.faults.add(method, "http_500")
    with pytest.raises(ApplicationError) as caught:
        await office.check(BOB, group)
    assert not caught.value.non_retryable


async def test_a_limit_of_rate_says_when_to_try_again(office: Office) -> None:
    office.slack.faults.add("usergroups.users.list", "ratelimited", seconds=7)
    with pytest.raises(ApplicationError) as caught:
        await office.check(BOB, MANAGERS)
    assert (caught.value.type, caught.value.next_retry_delay) == ("ratelimited", timedelta(seconds=7))


async def test_a_group_that_is_away_does_not_hold_up_a_member_of_another(office: Office) -> None:
    office.slack.faults.add("usergroups.users.list", "http_500")
    assert await office.standing(BOB, DIRECTORS, CHANNEL) == "member"


async def test_a_group_that_is_away_is_asked_for_again_whatever_else_is_lost(office: Office) -> None:
    office.slack.faults.add("usergroups.users.list", "http_500")
    with pytest.raises(ApplicationError) as caught:
        await office.check(DAVE, NO_CHANNEL, MANAGERS)
    assert not caught.value.non_retryable


async def test_who_a_person_is_is_not_guessed_while_slack_is_away(office: Office) -> None:
    office.slack.faults.add("users.info", "http_500")
    with pytest.raises(ApplicationError) as caught:
        await office.check(BOB, IN_PERSON)
    assert not caught.value.non_retryable


# Delegates


async def test_a_delegate_stands_for_their_principals_in_the_order_of_the_delegations(office: Office) -> None:
    for principal in (FRANK, GRACE, BOB):
        office.hand(principal, DAVE)
    answer = await office.check(DAVE, MANAGERS)
    assert answer == Membership(standing="delegate", principals=(person(FRANK), person(BOB)))
    assert office.asked == [TEAM]


async def test_a_delegate_stands_for_nobody_where_delegation_is_not_allowed(office: Office) -> None:
    office.hand(BOB, DAVE)
    assert (await office.check(DAVE, MANAGERS, delegates=False)).standing == "outsider"
    assert office.asked == []


async def test_a_member_who_is_a_delegate_too_stands_for_themself(office: Office) -> None:
    office.hand(FRANK, BOB)
    assert await office.check(BOB, MANAGERS) == Membership(standing="member")


async def test_a_delegate_of_an_outsider_is_an_outsider(office: Office) -> None:
    office.hand(CAROL, DAVE)
    assert await office.standing(DAVE, MANAGERS) == "outsider"


async def test_a_delegate_stands_for_nobody_any_more_once_the_time_is_over(office: Office) -> None:
    office.hand(BOB, DAVE, lasts=-timedelta(seconds=1))
    assert await office.standing(DAVE, MANAGERS) == "outsider"


async def test_a_delegation_is_not_handed_on(office: Office) -> None:
    office.hand(BOB, CAROL)
    office.hand(CAROL, DAVE)
    assert await office.standing(DAVE, MANAGERS) == "outsider"


async def test_a_delegate_stands_for_nobody_who_left_the_group(office: Office) -> None:
    office.hand(BOB, DAVE)
    await office.directory.read_roster([MANAGERS])
    office.regroup("S0MANAGERS", FRANK)
    assert await office.standing(DAVE, MANAGERS) == "outsider"


@pytest.mark.parametrize("change", [{"deleted": True}, {"is_bot": True}, {"team_id": PARTNER}], ids=str)
async def test_a_delegate_stands_for_nobody_who_may_not_decide_any_more(
    office: Office, change: dict[str, object]
) -> None:
    office.hand(BOB, DAVE)
    office.change(BOB, **change)
    assert await office.standing(DAVE, CHANNEL) == "outsider"


async def test_a_delegate_stands_for_nobody_whom_slack_does_not_know(office: Office) -> None:
    office.hand("U0NOBODY", DAVE)
    office.hand(BOB, DAVE)
    answer = await office.check(DAVE, Approvers(kind="user", id="U0NOBODY"), IN_PERSON)
    assert answer.principals == (person(BOB),)


@pytest.mark.parametrize(
    ("user", "changes", "team", "standing"),
    [
        (OTHER_BOT, {}, TEAM, "bot"),
        (DAVE, {"deleted": True}, TEAM, "unknown"),
        (EVE, {}, PARTNER, "outsider"),
    ],
)
async def test_a_delegate_has_to_be_a_living_person_of_ours(
    office: Office, user: str, changes: dict[str, object], team: str, standing: str
) -> None:
    office.hand(BOB, user)
    office.hand(BOB, user, team=team)
    office.change(user, **changes)
    assert await office.standing(user, MANAGERS, team=team) == standing


async def test_a_principal_is_a_pair_of_ids(office: Office) -> None:
    delegation = Delegation(
        principal=person(BOB, PARTNER), delegate=person(DAVE), until=datetime.now(UTC) + HOUR
    )
    office.delegations.append(delegation)
    assert await office.standing(DAVE, MANAGERS) == "outsider"


async def test_whose_delegate_somebody_is_is_not_guessed_while_it_cannot_be_read(office: Office) -> None:
    office.away = TimeoutError("Temporal is away")
    with pytest.raises(TimeoutError):
        await office.check(DAVE, MANAGERS)


async def test_who_a_principal_is_is_not_guessed_while_slack_is_away(office: Office) -> None:
    office.hand(BOB, DAVE)
    await office.check(BOB, MANAGERS)

    async def fail_from_now(team: str) -> tuple[Delegation, ...]:
        office.slack.faults.add("users.info", "http_500")
        return await office.read(team)

    directory = Directory(office.api, fail_from_now)
    query = MembershipQuery(person=person(DAVE), approvers=(MANAGERS,), delegates=True)
    with pytest.raises(ApplicationError) as caught:
        await directory.check_member(query)
    assert not caught.value.non_retryable


# The requester's user groups


async def test_a_person_is_in_a_user_group_or_not(office: Office) -> None:
    assert await office.directory.is_in(person(BOB), "S0MANAGERS") is True
    assert await office.directory.is_in(person(CAROL), "S0MANAGERS") is False


async def test_who_left_a_user_group_is_not_in_it_although_they_are_still_shown(office: Office) -> None:
    await office.directory.read_roster([MANAGERS])
    office.regroup("S0MANAGERS", FRANK)
    assert await office.directory.is_in(person(BOB), "S0MANAGERS") is False


async def test_a_user_group_that_is_not_there_has_no_outsiders_either(office: Office) -> None:
    with pytest.raises(ApplicationError, match="S0NOBODY") as caught:
        await office.directory.is_in(person(BOB), "S0NOBODY")
    assert (caught.value.type, caught.value.non_retryable) == ("policy", True)


async def test_a_user_group_is_asked_for_again_while_slack_is_away(office: Office) -> None:
    office.slack.faults.add("usergroups.users.list", "http_500")
    with pytest.raises(ApplicationError) as caught:
        await office.directory.is_in(person(BOB), "S0MANAGERS")
    assert not caught.value.non_retryable


# Rosters


async def test_a_roster_names_people_in_order_once_each_and_counts_the_members_of_channels(
    office: Office,
) -> None:
    listing = await office.directory.read_roster([DIRECTORS, CHANNEL, BY_ADDRESS, MANAGERS, IN_PERSON])
    assert listing.roster.people == tuple(person(one) for one in (GRACE, HEIDI, BOB, FRANK))
    assert listing.known == frozenset({GRACE, HEIDI, BOB, FRANK, ALICE, CAROL, OTHER_BOT})
    assert (listing.roster.count, listing.lost) == (7, ())


async def test_a_roster_has_not_the_bot_itself(office: Office) -> None:
    listing = await office.directory.read_roster([Approvers(kind="user", id="U0BOT"), CHANNEL])
    assert (shown(listing.roster), "U0BOT" in (listing.known or ())) == ([], False)


async def test_a_roster_has_no_deactivated_person_of_a_user_group(office: Office) -> None:
    office.change(BOB, deleted=True)
    assert shown((await office.directory.read_roster([MANAGERS])).roster) == [FRANK]


@pytest.mark.parametrize("change", [{"is_bot": True}, {"team_id": PARTNER}], ids=str)
async def test_a_roster_has_nobody_by_address_who_may_not_decide(
    office: Office, change: dict[str, object]
) -> None:
    office.change(BOB, **change)
    listing = await office.directory.read_roster([BY_ADDRESS])
    assert (shown(listing.roster), listing.known) == ([], frozenset())
    assert BY_ADDRESS.id in listing.lost[0]


async def test_a_roster_names_a_hundred_people_and_counts_the_rest(office: Office) -> None:
    office.regroup("S0MANAGERS", *(f"U9{number:03}" for number in range(130)))
    listing = await office.directory.read_roster([MANAGERS])
    assert (len(listing.roster.people), listing.roster.count, listing.named) == (SHOWN_PEOPLE, 130, 130)
    assert len(listing.known or ()) == 130


async def test_a_roster_asks_for_no_single_person_who_is_not_named(office: Office) -> None:
    await office.directory.read_roster([CHANNEL, MANAGERS])
    assert "users.info" not in office.calls()


@pytest.mark.parametrize(
    ("user", "changes", "words"),
    [
        ("U0NOBODY", {}, "Slack knows no such user"),
        (BOB, {"deleted": True}, "The account is deactivated"),
        (BOB, {"is_bot": True}, "It is a bot"),
        (EVE, {}, "It is nobody of this organisation"),
    ],
)
async def test_a_roster_has_nobody_named_who_may_not_decide(
    office: Office, user: str, changes: dict[str, object], words: str
) -> None:
    if changes:
        office.change(user, **changes)
    listing = await office.directory.read_roster([Approvers(kind="user", id=user), MANAGERS])
    assert listing.lost[0].startswith(f"The person {user} cannot decide: {words}")
    assert shown(listing.roster) == [one for one in (BOB, FRANK) if one != user or not changes.get("deleted")]


async def test_a_person_named_is_looked_up_once_for_all_stages_that_open_together(office: Office) -> None:
    await office.directory.read_roster([CHANNEL])
    office.calls()
    people = [Approvers(kind="user", id=one) for one in (BOB, CAROL, DAVE)]
    await asyncio.gather(*(office.directory.read_roster(people) for _ in range(3)))
    assert office.calls() == ["users.info"] * 3


async def test_a_click_looks_up_nobody_but_who_clicked(office: Office) -> None:
    await office.check(BOB, CHANNEL)
    office.calls()
    people = [Approvers(kind="user", id=one) for one in (BOB, CAROL, DAVE, "U0NOBODY")]
    assert await office.standing(BOB, *people) == "member"
    assert office.calls() == ["users.info"]


async def test_a_roster_of_a_moment_ago_is_good_enough(office: Office) -> None:
    groups = [CHANNEL, MANAGERS, BY_ADDRESS]
    first = await office.directory.read_roster(groups)
    office.calls()
    assert await office.directory.read_roster(groups) == first
    assert (office.calls(), office.asked) == ([], [TEAM])


async def test_an_older_roster_is_not(office: Office) -> None:
    office.open(freshness=0)
    await office.directory.read_roster([MANAGERS])
    office.regroup("S0MANAGERS", FRANK)
    assert shown((await office.directory.read_roster([MANAGERS])).roster) == [FRANK]
    assert office.asked == [TEAM, TEAM]


@pytest.mark.parametrize("lost", LOST, ids=lambda one: one.kind)
async def test_a_roster_has_a_sentence_for_each_group_that_is_not_there(
    office: Office, lost: Approvers
) -> None:
    listing = await office.directory.read_roster([lost, MANAGERS])
    assert (shown(listing.roster), listing.roster.count) == ([BOB, FRANK], 2)
    assert [lost.id in sentence for sentence in listing.lost] == [True]
    assert "tried again" not in listing.lost[0]


@pytest.mark.parametrize(("group", "method"), [*METHODS, (IN_PERSON, "users.info")], ids=str)
async def test_a_roster_counts_nobody_while_slack_is_away(
    office: Office, group: Approvers, method: str
) -> None:
    office.slack.faults.add(method, "http_500")
    listing = await office.directory.read_roster([group, IN_PERSON])
    assert (listing.roster, listing.known) == (Roster(count=None), None)
    assert (await office.directory.read_roster([group, IN_PERSON])).roster.count is not None


async def test_a_roster_counts_nobody_while_slack_does_not_even_say_who_we_are(office: Office) -> None:
    office.slack.faults.down = True
    assert (await office.directory.read_roster([IN_PERSON])).roster == Roster(count=None)


async def test_a_roster_does_not_wait_for_a_slow_slack(office: Office) -> None:
    office.open(patience=0.05)
    office.slack.faults.add("usergroups.users.list", "slow", seconds=30)
    async with asyncio.timeout(5):
        listing = await office.directory.read_roster([MANAGERS])
    assert listing.roster == Roster(count=None)


async def test_a_roster_shows_who_decides_for_whom_of_those_it_names(office: Office) -> None:
    office.hand(BOB, DAVE)
    office.hand(CAROL, DAVE)
    office.hand(FRANK, DAVE, lasts=-HOUR)
    roster = (await office.directory.read_roster([MANAGERS])).roster
    assert roster.delegations == (office.delegations[0],)
    assert roster.count == 2


async def test_a_roster_shows_who_decides_for_members_of_channels(office: Office) -> None:
    office.hand(CAROL, DAVE)
    roster = (await office.directory.read_roster([CHANNEL])).roster
    assert (shown(roster), roster.delegations) == ([], (office.delegations[0],))


async def test_a_roster_shows_no_delegates_where_delegation_is_not_allowed(office: Office) -> None:
    office.hand(BOB, DAVE)
    roster = (await office.directory.read_roster([MANAGERS], delegates=False)).roster
    assert (roster.delegations, office.asked) == ((), [])


async def test_a_roster_is_shown_without_delegates_while_they_cannot_be_read(office: Office) -> None:
    office.away = TimeoutError("Temporal is away")
    roster = (await office.directory.read_roster([MANAGERS])).roster
    assert (shown(roster), roster.delegations) == ([BOB, FRANK], ())
