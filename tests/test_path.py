"""The one path, end to end."""

from tests.harness import ALICE, APPROVALS, GENERAL, OUTCOMES, Harness, eventually


async def test_money_moves_only_when_somebody_else_approves(harness: Harness) -> None:
    thread = await harness.ask("transfer 250 from checking to savings")
    card = await harness.card()
    assert (await harness.approve(card, ALICE)).acked
    assert "somebody else" in await eventually(lambda: "".join(harness.whispers(ALICE)))
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, thread, "Moved 250.00 EUR")
    assert "Approved" in await harness.reply(GENERAL, thread, "Approved: Transfer money")
    title = "Approved: Transfer money: amount 250, source checking, target savings"
    assert [message.text for message in harness.messages(OUTCOMES)] == [title]
    assert len(harness.messages(APPROVALS)) == 1
