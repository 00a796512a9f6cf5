"""An agent of a user's own, from an empty folder, exactly as the README has it."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConfigProfile

from bot.agents import AgentError
from bot.models import NamedProvider
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin, open_worker
from tests.folders import import_folder
from tests.harness import APPROVALS, GENERAL, Harness, eventually, make_settings, open_harness
from tests.readme import read_example
from tests.workflows.ports import Call, TapedModel

AGENTS = "refunds=desk:build_refunds,built_in=workflows.assistant:build_assistant"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with nothing in it but the README's file."""
    (tmp_path / "desk.py").write_text(read_example("Gate your own agent", "python"))
    with import_folder(tmp_path, monkeypatch) as here:
        yield here


@dataclass
class Own:
    """All of it at work with that agent, and what its model is to say."""

    harness: Harness
    model: TapedModel


@pytest.fixture
async def own(folder: Path, slack: Standin, temporal_address: str) -> AsyncGenerator[Own]:
    model, settings = (
        TapedModel(),
        make_settings(
            slack, folder, countersign_agent=AGENTS, countersign_agent_channels=f"{APPROVALS}=built_in"
        ),
    )
    plugin = build_plugin(NamedProvider(model))
    client = await connect_server(ClientConfigProfile(address=temporal_address), [plugin])
    async with open_harness(slack, client, settings) as harness:
        yield Own(harness, model)


async def test_the_readmes_agent_refunds_what_was_approved_and_nothing_else(own: Own) -> None:
    call = Call("refund_order", '{"number": "7", "amount": 49.9}')
    own.model.tape = [[Call("find_order", '{"number": "7"}')], [call], [call], "Done."]
    thread = await own.harness.ask("refund order 7")
    card = await own.harness.card()
    assert "EUR" in str(card.blocks)
    assert (await own.harness.approve(card)).acked
    second = await eventually(lambda: own.harness.cards()[1] if len(own.harness.cards()) > 1 else None)
    assert (await own.harness.reject(second)).acked
    await own.harness.reply(GENERAL, thread, "Done.")
    found, refunded, refused = own.model.outputs()
    assert found == "Order 7: 49.90 EUR, paid."
    assert refunded.startswith("Refunded 49.9 EUR for order 7, as approval-")
    assert "Not approved" in refused
    assert len(own.harness.messages(APPROVALS)) == 2


async def test_another_agent_is_chosen_by_its_name(own: Own) -> None:
    own.model.tape = ["One.", "Two.", "Three."]
    for number, text in enumerate(["hello", "built_in: hello", "nobody: hello"], start=1):
        thread = await own.harness.ask(text)
        await own.harness.reply(GENERAL, thread, ["One.", "Two.", "Three."][number - 1])
    assert own.model.tools == [2, 4, 2]
    assert [words[-1]["content"] for words in own.model.heard] == ["hello", "hello", "nobody: hello"]


async def test_a_channel_has_an_agent_of_its_own_until_another_is_named(own: Own) -> None:
    own.model.tape = ["One.", "Two."]
    for text, reply in (("hello", "One."), ("refunds: hello", "Two.")):
        thread = await own.harness.ask(text, channel=APPROVALS)
        await own.harness.reply(APPROVALS, thread, reply)
    assert own.model.tools == [4, 2]


async def test_a_worker_does_not_start_with_an_agent_that_cannot_be_used(
    folder: Path, slack: Standin, temporal_address: str
) -> None:
    settings = make_settings(slack, folder, countersign_agent="desk:build_nothing")
    client = await connect_server(ClientConfigProfile(address=temporal_address))
    with pytest.raises(AgentError, match="desk has no build_nothing"):
        async with open_worker(client, settings):
            pass
