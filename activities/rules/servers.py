"""MCP servers, as the policy file writes them: how each is reached, and which of its tools only read."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from activities.rules.spans import SPAN_PATTERN, parse_span

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_ADDRESS = re.compile(r"https?://\S+")
_SERVER = re.compile(r"[A-Za-z0-9_-]{1,40}")


def _check_variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise ValueError(f"`{text}` is no name of an environment variable: write one like ORDERS_TOKEN.")
    return text


def _check_header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError(f"`{text}` is no name of a header: write one like Authorization.")
    return text


def _check_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"`{text}` is no address: write one like https://orders.example.com/mcp.")
    return text


def _check_server(text: str) -> str:
    if not _SERVER.fullmatch(text):
        raise ValueError(
            f"`{text}` is no name of a server: write one of letters, digits, _ and - like orders."
        )
    return text


ServerName = Annotated[str, AfterValidator(_check_server)]
Variable = Annotated[str, AfterValidator(_check_variable)]
Header = Annotated[str, AfterValidator(_check_header)]
Patience = Annotated[
    timedelta, BeforeValidator(parse_span), WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN})
]


class ServerSource(BaseModel):
    """An MCP server: a program that is started here, or an address. Secrets stay in the environment."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["url"]}]},
    )

    command: tuple[str, ...] = Field(
        default=(), min_length=1, description="The program and its arguments, spoken to over stdio."
    )
    env: tuple[Variable, ...] = Field(
        default=(), min_length=1, description="Environment variables that the program gets, by name."
    )
    url: Annotated[str, AfterValidator(_check_address)] = Field(
        default="", description="The address, spoken to over streamable HTTP."
    )
    headers: dict[Header, Variable] = Field(
        default={},
        min_length=1,
        description="Headers to send: of each the name of the environment variable that holds its value.",
    )
    read_only: tuple[str, ...] = Field(
        default=(),
        min_length=1,
        description="Tools that run without asking anybody, provided that the server says of them, too, that they only read.",
    )
    timeout: Patience = Field(
        default=timedelta(seconds=30),
        description="How long one call may take: less than a minute, unless the agent's mcp_server(…) gives it more.",
        json_schema_extra={"default": "30s"},
    )

    @model_validator(mode="after")
    def _check_way(self) -> "ServerSource":
        if bool(self.command) == bool(self.url):
            raise ValueError("Exactly one of command and url has to be here.")
        if self.url and self.env:
            raise ValueError("`env` is for a command: use `headers` with an address.")
        if self.command and self.headers:
            raise ValueError("`headers` are for an address: use `env` with a command.")
        return self
