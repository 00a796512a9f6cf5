"""Agents of the user's own: what cannot be used is told in a sentence before anybody talks to it."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from activities.rules.rulebook import build_default, parse_rulebook
from bot.agents import AgentError, Crew, check_crew, find_policies, load_crew
from bot.toolbox import Listing
from tests.folders import import_folder

HEAD = """
import itertools
from agents import Agent, function_tool
from temporalio import activity
from workflows.tools import free, gated
from workflows.gate import wait_for_confirmation

numbers = itertools.count()

@activity.defn
async def pay_refund(order: str) -> str:
    "Pay."
    return order

@function_tool
def delete_order(order: str) -> str:
    "Delete."
    return order
"""
MCP = """
from agents import HostedMCPTool
from temporalio.openai_agents.workflow import temporal_mcp_server
from workflows.mcp import mcp_server

HOSTED = {"type": "mcp", "server_label": "box", "server_url": "https://box.example"}
"""
GOOD = """
def build_desk():
    return Agent(name="Desk", tools=[gated(pay_refund)])

def build_activities():
    return [pay_refund]
"""
DIFFERENT = (
    "desk:build_desk builds a different agent each time (tools or instructions); "
    "no clock, chance or file may play a part in it."
)
POLICIES = """
policies:
  - name: deletions
    match: {action: delete_*}
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder."""
    with import_folder(tmp_path, monkeypatch) as folder:
        yield folder


def load(folder: Path, text: str, place: str = "desk:build_desk") -> Crew:
    (folder / "desk.py").write_text(HEAD + text)
    return load_crew({"desk": place})


def test_an_agent_of_the_working_folder_comes_with_its_activities(folder: Path) -> None:
    crew = load(folder, GOOD)
    assert crew.builders["desk"]().name == "Desk"
    assert [one.__name__ for one in crew.activities] == ["pay_refund"]
    assert crew.gated == {"pay_refund"}


def test_without_agents_there_is_nothing_to_load() -> None:
    assert load_crew({}) == Crew({})


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("", "desk", "desk has to be like package.module:function."),
        ("", "nowhere:build", "nowhere cannot be imported (ModuleNotFoundError: No module named 'nowhere')."),
        ("1 / 0", "desk:build_desk", "desk cannot be imported (ZeroDivisionError: division by zero)."),
        ("", "desk:build_desk", "desk has no build_desk."),
        ("build_desk = 5", "desk:build_desk", "desk:build_desk is no function; name one that returns an Agent."),
        ("def build_desk(): 1 / 0", "desk:build_desk", "desk:build_desk failed (ZeroDivisionError: division by zero)."),
        ("def build_desk(): pass", "desk:build_desk", "desk:build_desk returned NoneType; it has to return an Agent."),
        (
            "def build_desk(): return Agent(name='A', instructions=str(next(numbers)))", "desk:build_desk",
            DIFFERENT,
        ),
        (
            "def build_desk(): return Agent(name='A', tools=[delete_order] * (next(numbers) % 2))", "desk:build_desk",
            DIFFERENT,
        ),
        (
            "def build_desk(): return Agent(name='A', tools=[delete_order, delete_order])", "desk:build_desk",
            "desk:build_desk has two tools named delete_order; rename one.",
        ),
        (
            GOOD + "def build_activities(): return []", "desk:build_desk",
            ("a tool runs the activity pay_refund, which no build_activities returns; return it from that function, beside "
            "the agent's."),
        ),
        (
            GOOD + "def build_activities(): return [print]", "desk:build_desk",
            "build_activities returned what is no activity: print is no activity: decorate it with @activity.defn.",
        ),
        (
            GOOD + "def build_activities(): return [activity.defn(name='post_reply')(lambda: None)]", "desk:build_desk",
            "post_reply is an activity of Countersign's own; give yours another name.",
        ),
        (
            GOOD + "def build_activities(): 1 / 0", "desk:build_desk",
            "desk:build_activities failed (ZeroDivisionError: division by zero).",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_a_sentence(
    folder: Path, text: str, place: str, sentence: str
) -> None:
    with pytest.raises(AgentError) as refused:
        load(folder, text, place)
    assert str(refused.value) == f"COUNTERSIGN_AGENT: {sentence}"


def test_a_tool_that_a_policy_names_has_to_be_gated_or_free_on_purpose(folder: Path) -> None:
    crew = load(folder, "def build_desk(): return Agent(name='A', tools=[delete_order])")
    rulebook = parse_rulebook(POLICIES, "file", "C0APPROVALS", "C0OUTCOMES")
    with pytest.raises(AgentError, match="delete_order of desk runs without asking, though policy deletions"):
        check_crew(crew, rulebook)
    check_crew(crew, build_default("C0APPROVALS", "C0OUTCOMES"))


@pytest.mark.parametrize(
    ("tools", "sentence"),
    [
        ("mcp_servers=[mcp_server('orders')]", "desk uses the MCP server orders, which the policy file does not have: add it"),
        ("mcp_servers=[mcp_server('crm')]", ""),
        ("mcp_servers=[temporal_mcp_server('crm')]", "the MCP server crm of desk runs tools without asking: make it with"),
        ("tools=[HostedMCPTool({**HOSTED, 'require_approval': 'never'})]", "the MCP server box of desk runs tools without"),
        ("tools=[HostedMCPTool(HOSTED)]", ""),
        ("tools=[free(HostedMCPTool({**HOSTED, 'require_approval': 'never'}), why='It is public.')]", ""),
    ],
)  # fmt: skip
def test_an_mcp_server_is_one_of_the_policy_file_and_asks(folder: Path, tools: str, sentence: str) -> None:
    text = MCP + f"def build_desk(): return Agent(name='A', {tools})"
    rulebook = parse_rulebook(
        POLICIES + "mcp_servers: {crm: {url: https://crm.example}}", "file", "C0A", "C0O"
    )
    crew = load(folder, text)
    with pytest.raises(AgentError, match=sentence) if sentence else nullcontext():
        check_crew(crew, rulebook)


def test_the_policies_that_may_apply_to_a_tool_end_with_one_that_does_for_everybody() -> None:
    rulebook = parse_rulebook(POLICIES, "file", "C0APPROVALS", "C0OUTCOMES")
    gated = Listing("Desk", "delete_order", "gated", "")
    assert find_policies(gated, rulebook) == ("deletions",)
    assert find_policies(gated._replace(tool="pay"), rulebook) == ("default",)
    assert find_policies(gated._replace(standing="free"), rulebook) == ()


def test_an_activity_of_another_queue_is_no_worker_s_of_this_one(folder: Path) -> None:
    crew = load(
        folder, "def build_desk(): return Agent(name='A', tools=[gated(pay_refund, task_queue='other')])"
    )
    assert crew.activities == ()
    assert crew.gated == {"pay_refund"}


@pytest.mark.parametrize("tool", ["free(delete_order, why='Trash.')", "gated(pay_refund)"])
def test_what_is_gated_or_free_on_purpose_is_let_pass(folder: Path, tool: str) -> None:
    crew = load(folder, GOOD + f"def build_desk(): return Agent(name='A', tools=[{tool}])")
    check_crew(crew, parse_rulebook(POLICIES, "file", "C0APPROVALS", "C0OUTCOMES"))
