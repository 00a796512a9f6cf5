"""Cancel all, and what is asked of a busy agent, through the front doors."""

from activities.cards import CANCEL
from bot.listeners.approvals import FOREIGN
from bot.standin.message import Message
from bot.teller import read_blocks
from tests.bot.conftest import CutOff
from tests.doors import has_buttons, new_id
from tests.harness import ALICE, BOB, GENERAL, Harness, eventually
from workflows.agent import NOT_YOURS, OVER

TRANSFERS = "transfer 250 from checking to savings and transfer 7 from savings to payroll"
STOPPED = "Cancelled, as you asked; I have stopped."


async def asked(harness: Harness, text: str = "transfer 250 from checking to savings") -> tuple[str, Message]:
    """A thread in which Alice asks the agent for something, and the first word that she gets about it."""
    thread = await harness.ask(text)
    await harness.reply(GENERAL, thread, "waiting for approval")
    return thread, find_word(harness, thread)


def find_word(harness: Harness, thread: str, part: str = "waiting for approval") -> Message:
    """The first reply in a thread that says so."""
    replies = harness.slack.workspace.rooms[GENERAL].thread(thread)
    return next(one for one in replies if part in one.text)


async def press(harness: Harness, message: Message, user: str = ALICE, value: str | None = None) -> bool:
    more = {} if value is None else {"value": value}
    return (await harness.slack.click(user, message.channel, message.ts, CANCEL, **more)).acked


async def test_whoever_asked_cancels_all_of_it_and_the_buttons_go(door: Harness) -> None:
    thread, word = await asked(door, TRANSFERS)
    await eventually(lambda: len(door.slack.workspace.rooms[GENERAL].thread(thread)) == 2 or None)
    assert await press(door, word)
    assert "2 requests were withdrawn. Nothing was done." in await door.reply(GENERAL, thread, STOPPED)
    words = [one for one in door.slack.workspace.rooms[GENERAL].thread(thread) if STOPPED not in one.text]
    await eventually(lambda: not any(map(has_buttons, [*words, *door.labelled("card")])))
    assert "transfer_money" not in await door.activities()


async def test_the_words_do_the_same(door: Harness) -> None:
    thread, word = await asked(door)
    await door.slack.say(ALICE, GENERAL, "<@U0BOT> never mind", thread)
    assert "One request was withdrawn" in await door.reply(GENERAL, thread, STOPPED)
    assert not has_buttons(word)
    assert not has_buttons(await door.card())


async def test_where_it_is_is_answered_in_the_thread(door: Harness) -> None:
    thread, _ = await asked(door)
    await door.slack.say(BOB, GENERAL, "<@U0BOT> where is it?", thread)
    await door.reply(GENERAL, thread, "One request waits for approval.")
    told = read_blocks(find_word(door, thread, "One request waits for approval.").blocks)
    assert "Transfer money: amount 250" in told
    assert "With: " in told
    assert "Since: " in told
    assert (await door.card()).ts.replace(".", "") in str(find_word(door, thread, "One request").blocks)


async def test_nobody_else_cancels_and_is_told_so(door: Harness) -> None:
    thread, word = await asked(door)
    assert await press(door, word, BOB)
    await eventually(lambda: NOT_YOURS in door.whispers(BOB))
    await door.slack.say(BOB, GENERAL, "<@U0BOT> cancel", thread)
    await door.reply(GENERAL, thread, f"Only <@{ALICE}> may cancel")
    assert has_buttons(word)
    assert (await door.approve(await door.card())).acked is True


async def test_after_the_end_it_is_answered(harness: Harness) -> None:
    thread, word = await asked(harness)
    before = [dict(block) for block in word.blocks]
    assert (await harness.reject(await harness.card())).acked
    await harness.reply(GENERAL, thread, "Not approved (rejected)")
    word.blocks = before
    assert await press(harness, word)
    await eventually(lambda: OVER in harness.whispers(ALICE))


async def test_of_a_conversation_that_is_gone_it_says_so(harness: Harness) -> None:
    _, word = await asked(harness)
    assert await press(harness, word, value=f"{new_id()}|agent-T0COUNTER-C0GENERAL-1.0")
    await eventually(lambda: OVER in harness.whispers(ALICE))


async def test_an_edited_button_cancels_nothing(harness: Harness) -> None:
    _, word = await asked(harness)
    for value in ("x", f"{new_id()}|approval-1", f"{new_id()}|delegations-queue-T0COUNTER"):
        assert await press(harness, word, value=value)
    await eventually(lambda: harness.whispers(ALICE).count(FOREIGN) == 3)
    assert has_buttons(word)


async def test_while_temporal_is_away_it_is_not_acknowledged(web_cut: CutOff) -> None:
    harness = web_cut.harness
    thread, word = await asked(harness)
    await web_cut.cable.cut()
    assert not await press(harness, word)
    assert harness.slack.workspace.warnings[ALICE]
    await web_cut.cable.mend()
    assert await press(harness, word)
    await harness.reply(GENERAL, thread, STOPPED)
