"""What crosses borders of a conversation beside the agent's own words: answers given while it is busy, and calling it off."""

from datetime import datetime
from typing import Literal

from workflows.attachments import Attachment, ReadFile
from workflows.contracts import Contract, Person, Thread

AsideKind = Literal["where", "later", "theirs"]


class Aside(Contract):
    """Something to be said in a thread while the agent is busy for `requester`, once per `key`.

    `where` tells what waits and who has it; `later` the same, and that a message will be read after that; `theirs` that
    only the requester may cancel. `approvals` are the ids of the requests that wait.
    """

    kind: AsideKind
    thread: Thread
    key: str
    asked_at: datetime
    requester: Person
    approvals: tuple[str, ...] = ()


class Draft(Contract):
    """A reply that is shown in its thread while the model still writes it; `key` and `asked_at` are the reply's own.

    `reader` is whom it is written for.
    """

    thread: Thread
    key: str
    asked_at: datetime
    reader: Person


class FilesQuery(Contract):
    """Files of a message that are to be read."""

    files: tuple[Attachment, ...]


class FilesRead(Contract):
    """What was read of them, in that order."""

    files: tuple[ReadFile, ...]


class TurnCancellation(Contract):
    """Somebody's wish to call off all that a message led to: the one in which this approval was asked for."""

    cancelled_by: Person
    approval_id: str
