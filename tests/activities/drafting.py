"""A thread with something asked in it, for tests of drafts."""

from datetime import UTC, datetime

from bot.standin.server import Standin
from tests.harness import ALICE, GENERAL
from workflows.contracts import Person, Thread
from workflows.talk import Draft


async def begin_draft(slack: Standin, key: str = "event-1", channel: str = GENERAL) -> Draft:
    """A draft in a thread that Alice has begun."""
    team = slack.workspace.seed.team_id
    thread_ts = await slack.say(ALICE, channel, "hello")
    thread = Thread(team_id=team, channel_id=channel, thread_ts=thread_ts)
    reader = Person(team_id=team, user_id=ALICE)
    return Draft(thread=thread, key=key, asked_at=datetime.now(UTC), reader=reader)
