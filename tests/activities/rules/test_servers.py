"""MCP servers in the policy file: what they may be, and what is told of the others."""

import pytest

from activities.rules.documents import LoadError
from activities.rules.rulebook import parse_rulebook

POLICIES = "policies: [{name: all, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1h}]}]\n"


def parse(servers: str) -> str:
    """What is told of a file with these servers; nothing if all is well."""
    try:
        rulebook = parse_rulebook(f"{POLICIES}mcp_servers: {servers}", "file", "C0APPROVALS", "C0OUTCOMES")
    except LoadError as error:
        return str(error)
    assert rulebook.servers
    return ""


@pytest.mark.parametrize(
    "servers",
    [
        "{orders: {command: [python, -m, orders], env: [TOKEN], read_only: [find]}}",
        '{orders: {url: "https://orders.example/mcp", headers: {Authorization: ORDERS_AUTH}, timeout: 2m}}',
    ],
)
def test_a_server_is_a_program_or_an_address(servers: str) -> None:
    assert parse(servers) == ""


@pytest.mark.parametrize(
    ("servers", "sentence"),
    [
        ("{orders: {}}", "Exactly one of command and url has to be here."),
        (
            '{orders: {command: [a], url: "https://b.example"}}',
            "Exactly one of command and url has to be here.",
        ),
        (
            '{orders: {url: "https://b.example", env: [A]}}',
            "`env` is for a command: use `headers` with an address.",
        ),
        (
            "{orders: {command: [a], headers: {A: B}}}",
            "`headers` are for an address: use `env` with a command.",
        ),
        ("{my.orders: {command: [a]}}", "`my.orders` is no name of a server"),
        ('{orders: {command: [a], env: ["A=secret"]}}', "`A=secret` is no name of an environment variable"),
        ("{orders: {command: [a], readonly: [b]}}", "readonly"),
        ("{orders: {command: []}}", "command"),
        ('{orders: {url: "ftp://b.example"}}', "`ftp://b.example` is no address"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(servers: str, sentence: str) -> None:
    told = parse(servers)
    assert sentence in told
    assert told.startswith("file:2:")
