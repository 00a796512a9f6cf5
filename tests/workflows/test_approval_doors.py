"""x."""
from tests.workflows.bench import Bench

async def test_a_member_approves(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.click()
    assert (await approval.outcome()).approved
    assert bench.slack.cards[0].state.status == "approved"

async def test_agent(bench: Bench) -> None:
    from tests.workflows.ports import transfer
    bench.model.tape = [[transfer(250)], "Done."]
    h=await bench.hear("go")
    approval = await bench.find()
    await approval.click()
    assert await bench.reply() == "Done."

async def test_expiry(bench: Bench) -> None:
    from datetime import timedelta
    approval = await bench.ask()
    await bench.skip(timedelta(hours=25))
    assert (await approval.outcome()).status=="expired"
    assert bench.slack.cards[0].state.status == "expired"
async def test_live(live: Bench) -> None:
    approval = await live.ask()
    await approval.click()
    assert (await approval.outcome()).approved
