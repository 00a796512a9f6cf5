"""Notifications, through the front doors: looked at, chosen in a modal, and in effect from the next card on."""

from collections.abc import AsyncGenerator
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client

from activities.cards import APPROVE
from bot import notifications
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.submissions import TYPED
from tests.bot.acme import open_acme, person, tell, words
from tests.bot.conftest import CutOff
from tests.bot.tabs import open_home, until_drawn
from tests.bot.tabs import words as tab_words
from tests.doors import has_buttons, modal, open_bot
from tests.harness import ALICE, BOB, CAROL, Harness, eventually, eventually_read
from workflows.ids import preferences_workflow
from workflows.preferences import MOST_PEOPLE, Preferences
from workflows.profiles import PreferenceWorkflow, Profiles

BOTH = """
policies:
  - name: default
    card: {channel: C0APPROVALS, direct: true}
    stages: [{name: approval, approvers: [{user: U0BOB}, {user: U0CAROL}], deadline: 24h}]
"""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, where nobody has chosen anything."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
async def both(slack: Standin, client: Client, settings: Settings, tmp_path: Path) -> AsyncGenerator[Harness]:
    """All of it at work under a policy whose cards go to the channel and to two people."""
    file = tmp_path / "both.yaml"
    file.write_text(BOTH)
    chosen = settings.model_copy(update={"countersign_policies": file})
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


async def open_modal(harness: Harness, user: str = BOB) -> None:
    message = await tell(harness, "notifications", user)
    delivery = await harness.slack.click_ephemeral(user, message.ts, notifications.OPEN)
    assert (delivery.acked, delivery.seconds < 3) == (True, True)


async def submit(harness: Harness, user: str = BOB, **choices: Any) -> Delivery:
    values = {f"countersign_{name}": {TYPED: value} for name, value in choices.items()}
    return await harness.slack.submit(user, modal(harness.slack, user).id, values)


async def choose(harness: Harness, user: str = BOB, **choices: Any) -> None:
    await open_modal(harness, user)
    assert (await submit(harness, user, **choices)).acked
    assert "Saved." in shown(harness, user)


def shown(harness: Harness, user: str = BOB) -> str:
    return str(modal(harness.slack, user).body["blocks"])


def cards_of(harness: Harness, user: str) -> list[Message]:
    """The cards that somebody was written to directly."""
    room = harness.slack.workspace.direct(user)
    return [one for one in room.messages if one.bot_id and one.blocks]


async def card_of(harness: Harness, user: str) -> Message:
    return await eventually(lambda: next(iter(cards_of(harness, user)), None))


async def known(harness: Harness) -> list[Preferences]:
    return list(await harness.gateway.read_preferences(person(harness, BOB).team_id))


async def test_preferences_are_looked_at_chosen_and_kept(door: Harness) -> None:
    message = await tell(door, "notifications")
    assert words(message).startswith("NotificationsYou get a direct message at once where the policy says")
    days = ["0", "1", "2", "3", "4"]
    await choose(door, direct="digest", digest_at="08:30", begins="09:00", ends="17:00", days=days)
    assert [one.person.user_id for one in await known(door)] == [BOB]
    again = words(await tell(door, "notifications"))
    assert "no direct message at once where a channel has the card" in again
    assert "at 08:30, on Monday to Friday" in again
    await open_modal(door)
    view = modal(door.slack, BOB).body
    assert view["blocks"][1]["element"]["initial_option"]["value"] == "08:30"
    assert (await submit(door)).acked
    assert (await known(door))[0].digest_at == time(8, 30)


async def test_times_are_by_the_persons_own_clock_in_slack(harness: Harness) -> None:
    await choose(harness, "U0FRANK", digest_at="08:00")
    assert "Europe/Berlin" in shown(harness, "U0FRANK")
    assert [one.zone for one in await known(harness)] == ["Europe/Berlin"]


@pytest.mark.parametrize(
    ("choices", "block", "sentence"),
    [
        ({"direct": "digest"}, notifications.DIGEST_BLOCK, notifications.NO_DIGEST),
        ({"begins": "09:00"}, notifications.ENDS_BLOCK, notifications.ONE_END),
        ({"begins": "09:00", "ends": "09:00"}, notifications.ENDS_BLOCK, notifications.SAME_ENDS),
        ({"days": []}, notifications.DAYS_BLOCK, "Please complete this required field."),
    ],
)
async def test_bad_choices_are_told_at_their_fields_and_change_nothing(
    harness: Harness, choices: dict[str, Any], block: str, sentence: str
) -> None:
    await open_modal(harness)
    await submit(harness, **choices)
    assert modal(harness.slack, BOB).errors == {block: sentence}
    assert await known(harness) == []


async def test_who_wants_everything_directly_decides_there_and_all_copies_follow(harness: Harness) -> None:
    await choose(harness, direct="always")
    await harness.ask("transfer 250 from checking to savings")
    own, card = await card_of(harness, BOB), await harness.card()
    await harness.slack.click(BOB, own.channel, own.ts, APPROVE)
    await eventually(lambda: card.text.startswith("Approved") and own.text.startswith("Approved"))
    assert not has_buttons(own)
    assert cards_of(harness, CAROL) == []


async def test_who_wants_a_digest_gets_no_card_where_the_channel_has_it(both: Harness) -> None:
    await choose(both, direct="digest", digest_at="08:30")
    await both.ask("transfer 250 from checking to savings")
    await card_of(both, CAROL)
    await both.card()
    assert cards_of(both, BOB) == []


async def test_who_is_off_gets_no_card_where_the_channel_has_it(both: Harness) -> None:
    today = datetime.now(ZoneInfo("Etc/UTC")).weekday()
    await choose(both, days=[str((today + 3) % 7)])
    await both.ask("transfer 250 from checking to savings")
    await card_of(both, CAROL)
    assert cards_of(both, BOB) == []


async def test_while_slack_does_not_say_where_somebody_is_nothing_can_be_chosen(harness: Harness) -> None:
    message = await tell(harness, "notifications")
    harness.slack.faults.add("users.info", "error")
    await harness.slack.click_ephemeral(BOB, message.ts, notifications.OPEN)
    assert notifications.UNKNOWN_ZONE in shown(harness)


async def test_while_temporal_is_away_the_modal_says_that_it_is_uncertain_and_stays(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await open_modal(harness)
    await cable.cut()
    await submit(harness, direct="always")
    assert modal(harness.slack, BOB).errors == {notifications.DIRECT_BLOCK: notifications.UNCERTAIN}
    assert words(await tell(harness, "notifications")) == notifications.AWAY
    await cable.mend()

    async def taken() -> bool:
        return "Saved." in shown(harness) if (await submit(harness, direct="always")).acked else False

    await eventually_read(taken)
    assert [one.direct for one in await known(harness)] == ["always"]


async def test_where_no_more_can_be_kept_the_modal_says_so(harness: Harness) -> None:
    team, queue = person(harness, BOB).team_id, harness.settings.countersign_task_queue
    crowd = tuple(
        Preferences(person=person(harness, f"U{number}"), direct="always") for number in range(MOST_PEOPLE)
    )
    name = preferences_workflow(queue, team)
    await harness.client.start_workflow(
        PreferenceWorkflow.run, Profiles(preferences=crowd), id=name, task_queue=queue
    )
    await open_modal(harness)
    await submit(harness, direct="always")
    assert "there are as many already" in shown(harness)


async def test_an_edited_modal_changes_nothing(harness: Harness) -> None:
    await open_modal(harness, ALICE)
    delivery = await submit(harness, ALICE, digest_at={"selected_option": {"value": "late"}})
    assert not delivery.acked
    assert await known(harness) == []


async def test_the_home_tab_says_what_is_set_and_follows_a_choice_made_in_it(harness: Harness) -> None:
    view = await open_home(harness)
    assert "You get a direct message at once where the policy says so." in tab_words(view)
    assert (await harness.slack.press(BOB, view.id, notifications.OPEN)).acked
    assert (await submit(harness, direct="always", digest_at="none", days=["0", "1"])).acked
    await until_drawn(harness, lambda one: "on Monday and Tuesday" in tab_words(one))
