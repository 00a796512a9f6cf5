"""A burst: requests that one run makes at once, shown as one message in each channel; contracts and pure functions.

It only shows and gathers: who may decide what, and what becomes of it, each request's own workflow says.
"""

from datetime import datetime

from pydantic import Field, JsonValue

from workflows import notices, policy
from workflows.contracts import ApprovalState, Contract, MessageRef, Person, Status

ARGUMENTS_LENGTH = 600
"""About how long arguments may be that travel with a row; longer ones are on their request's own card."""


class Row(Contract):
    """One request of a burst as its approval reports it; `arguments` is None where they are long.

    `number` is its place in its run, `room` the channel where it is decided now, empty where there is none.
    """

    approval_id: str
    action: str
    title: str
    status: Status
    arguments: dict[str, JsonValue] | None = None
    number: int = 0
    room: str = ""
    approvals: int = 0
    quorum: int = 1
    deadline: datetime | None = None
    decided_by: Person | None = None
    cards: tuple[MessageRef, ...] = ()


class Room(Contract):
    """A channel with several of a burst's requests, and the message that lists them; `refused` where Slack has none."""

    channel_id: str
    members: tuple[str, ...]
    ts: str | None = None
    refused: bool = False


class Batch(Contract):
    """A burst as far as it is known; `rooms` is None until it has been looked at which channels have several requests.

    `told` are the approvals that know where their cards belong; `over` says that its run waits for none of them any more.
    """

    size: int = Field(ge=1)
    requester: Person
    reason: str = ""
    batch_id: str = ""
    opened_at: datetime | None = None
    rows: tuple[Row, ...] = ()
    rooms: tuple[Room, ...] | None = None
    told: tuple[str, ...] = ()
    over: bool = False


class Filing(Contract):
    """Where a request's card belongs: in a message's thread, or without one, in its channel."""

    thread: MessageRef | None = None


class BatchPost(Contract):
    """The message about a burst in one channel. `again` says that an earlier attempt may have posted it already."""

    batch: Batch
    room: Room
    again: bool = False


def describe(state: ApprovalState) -> Row:
    """What a burst's message says of one request; bounded, however large the request is."""
    request, stage, last = state.request, policy.current_stage(state), state.decisions[-1:]
    short = len(str(request.arguments)) <= ARGUMENTS_LENGTH
    return Row(
        approval_id=state.approval_id,
        action=request.action,
        title=request.title[:ARGUMENTS_LENGTH],
        status=state.status,
        arguments=request.arguments if short else None,
        number=request.run.number if request.run else 0,
        room=notices.find_room(state),
        approvals=policy.approvals(state),
        quorum=stage.quorum if stage else 1,
        deadline=state.deadline,
        decided_by=last[0].decided_by if last else None,
        cards=tuple(ref for ref in state.cards if not ref.channel_id.startswith("D")),
    )


def take(batch: Batch, row: Row) -> Batch:
    """Put what an approval reports in the place of what it reported before; a late one joins its channel's others."""
    others = [one for one in batch.rows if one.approval_id != row.approval_id]
    rows = tuple(sorted([*others, row], key=lambda one: (one.number, one.approval_id)))
    rooms = batch.rooms and tuple(_join(room, row) for room in batch.rooms)
    return batch.model_copy(update={"rows": rows, "rooms": rooms})


def _join(room: Room, row: Row) -> Room:
    if row.approval_id in room.members or not is_open(row, room):
        return room
    return room.model_copy(update={"members": (*room.members, row.approval_id)})


def is_open(row: Row, room: Room) -> bool:
    """Whether a request can be decided in that channel."""
    return row.status == "pending" and row.room == room.channel_id


def is_complete(batch: Batch) -> bool:
    """Whether all requests have been heard of."""
    return len(batch.rows) >= batch.size


def is_decided(batch: Batch) -> bool:
    """Whether all requests have ended."""
    return is_complete(batch) and all(row.status != "pending" for row in batch.rows)


def group(batch: Batch) -> Batch:
    """The burst with the channels in which several of its requests wait for somebody."""
    channels = dict.fromkeys(row.room for row in batch.rows if row.room and row.status == "pending")
    rooms = (Room(channel_id=one, members=_waiting(batch, one)) for one in channels)
    return batch.model_copy(update={"rooms": tuple(room for room in rooms if len(room.members) > 1)})


def _waiting(batch: Batch, channel: str) -> tuple[str, ...]:
    return tuple(row.approval_id for row in batch.rows if row.room == channel and row.status == "pending")


def members(batch: Batch, room: Room) -> tuple[Row, ...]:
    """The requests that are listed in a channel."""
    return tuple(row for row in batch.rows if row.approval_id in room.members)


def put_room(batch: Batch, room: Room) -> Batch:
    """The burst with what has become known of a channel; who has joined meanwhile stays."""
    rooms = (
        one.model_copy(update={"ts": room.ts, "refused": room.refused})
        if one.channel_id == room.channel_id
        else one
        for one in batch.rooms or ()
    )
    return batch.model_copy(update={"rooms": tuple(rooms)})


def file(batch: Batch, approval_id: str) -> Filing:
    """Where the card of a request belongs."""
    places = (room for room in batch.rooms or () if approval_id in room.members and room.ts)
    place = next(places, None)
    return Filing(thread=MessageRef(channel_id=place.channel_id, ts=place.ts) if place and place.ts else None)


def untold(batch: Batch) -> tuple[str, ...]:
    """The requests that have been heard of and do not know yet where their cards belong."""
    return tuple(row.approval_id for row in batch.rows if row.approval_id not in batch.told)
