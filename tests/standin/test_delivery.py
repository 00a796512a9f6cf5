"""Three seconds to acknowledge; events come again, interactions and commands do not; nobody is left unwarned."""

from typing import Any

from bot.standin.delivery import Delivery, Retry, timed_out, unreachable
from bot.standin.server import Standin
from tests.standin.ends import Dial, Json, eventually


class Script:
    """A line that does what it is told, one delivery after another."""

    def __init__(self, *deliveries: Delivery) -> None:
        self.left = list(deliveries)
        self.seconds: list[float] = []
        self.retries: list[Retry | None] = []

    async def send(self, kind: str, payload: Json, retry: Retry | None, seconds: float) -> Delivery:
        """The next in the script, then acks."""
        self.seconds.append(seconds)
        self.retries.append(retry)
        return self.left.pop(0) if self.left else Delivery(acked=True)


async def card(slack: Standin, **fields: Any) -> str:
    """A message of the bot with a button."""
    words = {"type": "plain_text", "text": "Go"}
    button = {"type": "button", "action_id": "go", "text": words, "block_id": "b"} | fields
    block = {"type": "actions", "block_id": "b", "elements": [button]}
    room = slack.workspace.rooms["C0GENERAL"]
    return slack.workspace.post(slack.workspace.draft(slack.workspace.bot, room, "card", [block]), {}).ts


def test_the_defaults_are_slacks() -> None:
    standin = Standin()
    assert standin.courier._ack_seconds == 3.0  # pyright: ignore[reportPrivateUsage] - too slow to wait for
    assert standin.courier._retry_delays == (0, 60, 300)  # pyright: ignore[reportPrivateUsage] - as above


async def test_an_event_comes_again_until_it_is_acked(slack: Standin) -> None:
    line = Script(timed_out(3.0), unreachable())
    slack.courier.line = line
    await slack.say("U0BOB", "C0GENERAL", "hello")
    await slack.courier.idle()
    assert line.retries == [None, Retry(1, "http_timeout"), Retry(2, "connection_failed")]
    assert len({sent.payload["event_id"] for sent in slack.deliveries}) == 1


async def test_an_event_comes_four_times_at_most(slack: Standin) -> None:
    line = Script(*[timed_out(3.0)] * 9)
    slack.courier.line = line
    await slack.say("U0BOB", "C0GENERAL", "hello")
    await slack.courier.idle()
    assert [retry.number if retry else 0 for retry in line.retries] == [0, 1, 2, 3]


async def test_an_event_waits_between_its_tries() -> None:
    """With the second try an hour away there is only the first."""
    patient = Standin(retry_delays=(3600,))
    patient.courier.line = Script(unreachable())
    await patient.say("U0BOB", "C0GENERAL", "hello")
    await eventually(lambda: patient.deliveries)
    await patient.courier.close()
    assert len(patient.deliveries) == 1


async def test_the_envelope_of_a_repeated_event_says_so(slack: Standin, dial: Dial) -> None:
    phone = await dial(acks=False)
    await slack.say("U0BOB", "C0GENERAL", "hello")
    await eventually(lambda: len(phone.heard) == 5, 10)
    again = [(frame["retry_attempt"], frame["retry_reason"]) for frame in phone.heard[1:]]
    assert again == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]


async def test_an_event_waits_for_a_connection() -> None:
    async with Standin(retry_delays=(0.05,) * 100) as slack:
        await slack.say("U0BOB", "C0GENERAL", "hello")
        await eventually(lambda: len(slack.deliveries) > 1)
        slack.courier.line = Script()
        await slack.courier.idle()
    assert slack.deliveries[-1].delivery.acked


async def test_an_interaction_is_delivered_once_and_the_user_warned(slack: Standin, dial: Dial) -> None:
    phone = await dial(acks=False)
    ts = await card(slack)
    delivery = await slack.click("U0BOB", "C0GENERAL", ts, "go")
    assert (delivery.acked, delivery.error) == (False, "operation_timeout")
    assert delivery.seconds >= 0.3
    assert len(phone.heard) == 2
    [warning] = slack.workspace.warnings["U0BOB"]
    assert warning == "Countersign did not answer as it should (operation_timeout). Please try again."


async def test_a_command_is_delivered_once_and_the_user_warned(slack: Standin) -> None:
    delivery = await slack.command("U0BOB", "C0GENERAL", "/approvals")
    assert (delivery.acked, delivery.error) == (False, "dispatch_failed")
    assert len(slack.deliveries) == 1
    assert slack.workspace.warnings["U0BOB"] == ['/approvals failed with the error "dispatch_failed"']


async def test_a_delivery_is_what_was_then(slack: Standin, dial: Dial) -> None:
    """A later edit of the message changes nothing on the record."""
    await dial()
    ts = await card(slack)
    await slack.click("U0BOB", "C0GENERAL", ts, "go")
    slack.workspace.edit(slack.workspace.rooms["C0GENERAL"].message(ts), {"text": "done"}, {})
    assert slack.deliveries[0].payload["message"]["text"] == "card"
