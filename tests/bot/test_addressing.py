"""Addressing: a message is for the agent that it names, or for the default as it is."""

import pytest

from bot.addressing import address
from tests.factories import REQUESTER
from workflows.contracts import Heard

NAMES = ("refunds", "Travel-desk")


@pytest.mark.parametrize(
    ("text", "agent", "words"),
    [
        ("refunds: pay 5", "refunds", "pay 5"),
        ("REFUNDS :pay\nnow: 5", "refunds", "pay\nnow: 5"),
        ("travel-desk: book", "Travel-desk", "book"),
        ("sales: book", "", "sales: book"),
        ("refunds:", "", "refunds:"),
        ("pay refunds: 5", "", "pay refunds: 5"),
        ("refunds", "", "refunds"),
        ("https://refunds: x", "", "https://refunds: x"),
    ],
)
def test_a_name_before_a_colon_chooses_an_agent(text: str, agent: str, words: str) -> None:
    heard = address(Heard(event_id="e", person=REQUESTER, text=text), NAMES)
    assert (heard.agent, heard.text) == (agent, words)
