"""What a daily digest is about and when it comes, as workflows and activities tell each other."""

from datetime import datetime, time, timedelta

from workflows.contracts import Contract
from workflows.preferences import Day


class Timing(Contract):
    """When a digest comes: at this time on these days (Monday is 0), by the clock of an IANA zone."""

    at: time
    days: tuple[Day, ...]
    zone: str


class Roundup(Contract):
    """A digest: of what waits for a person, or (`older`) of what has waited in a channel for longer than that.

    `place` is the person's or the channel's id.
    """

    team_id: str
    place: str
    older: timedelta | None = None


class RoomRoundup(Contract):
    """A channel's daily digest as the policy file has it."""

    channel: str
    older: timedelta
    timing: Timing


class RoundupQuery(Contract):
    """A digest that is due; `key` tells its message from those of other days."""

    roundup: Roundup
    key: str
    due_at: datetime
