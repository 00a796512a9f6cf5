"""The manifest asks for what the code uses, and for nothing else."""

import ast
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
import yaml
from jsonschema.validators import Draft7Validator

import activities
import bot
import bot.listeners
from bot import doctor
from bot.standin.seed import Seed

PROJECT = Path(__file__).parents[1]
SCHEMA = PROJECT.parent / "shared" / "schemas" / "slack-app-manifest.2.schema.json"
METHOD = re.compile(
    r"(?:apps|assistant|auth|bots|chat|conversations|files|reactions|usergroups|users|views)(?:\.[a-zA-Z]+)+"
)
HISTORY = {"channels:history", "groups:history", "im:history"}
SCOPES: Mapping[str, set[str]] = {
    "apps.connections.open": set(),  # the app token's own scope, connections:write, which no manifest grants
    "assistant.threads.setStatus": {"chat:write"},
    "auth.test": set(),
    "chat.appendStream": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,  # requests also come from direct messages
    "conversations.info": {"channels:read", "groups:read"},  # only of configured channels, which are no DMs
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": HISTORY,
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "usergroups.list": {"usergroups:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read"},
    "users.lookupByEmail": {"users:read.email"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
"""Which scopes Slack's documentation names for each method that the code calls."""
EVENT_SCOPES = {
    "app_home_opened": set[str](),
    "app_mention": {"app_mentions:read"},
    "message.im": {"im:history"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load((PROJECT / "manifest.yml").read_text()))


@pytest.fixture(scope="module")
def methods() -> set[str]:
    """Every Web API method that the code names; the stand-in, which answers them, is no user of them."""
    return {method for module in (*modules(activities), *modules(bot)) for method in named_methods(module)}


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not re.match(r"bot\.(standin|__main__)", found.name):
            yield importlib.import_module(found.name)


def tree(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


def named_methods(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and METHOD.fullmatch(node.value):
            yield node.value


def registered(what: str) -> set[str]:
    """The names that listeners register with `app.event`, `app.command` and the like."""
    return {
        named(module, node.args[0])
        for module in modules(bot.listeners)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) == f"app.{what}"
    }


def named(module: ModuleType, node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Dict):  # a button in some blocks only
        constraints = dict(zip(map(ast.unparse, filter(None, node.keys)), node.values, strict=True))
        return named(module, constraints["'action_id'"])
    if isinstance(node, ast.Subscript):
        table: dict[str, str] = attrgetter(ast.unparse(node.value))(module)
        return table[ast.literal_eval(node.slice)]
    if isinstance(node, ast.Call):  # a pattern, for buttons of which each has a number
        return ast.unparse(node)
    return str(attrgetter(ast.unparse(node))(module))


def test_the_manifest_is_what_slack_takes(manifest: dict[str, Any]) -> None:
    if not SCHEMA.exists():
        pytest.skip("Slack's schema of manifests lies beside the project only where it is developed")
    schema = json.loads(SCHEMA.read_text())
    Draft7Validator.check_schema(schema)
    problems = [f"{one.json_path}: {one.message}" for one in Draft7Validator(schema).iter_errors(manifest)]
    assert problems == []


def test_every_method_that_the_code_calls_has_its_scopes_listed_here(methods: set[str]) -> None:
    assert methods == SCOPES.keys()


def test_the_scopes_are_those_that_methods_events_and_commands_need(
    manifest: dict[str, Any], methods: set[str]
) -> None:
    needed = set[str]().union(*(SCOPES[method] for method in methods))
    needed |= set[str]().union(*(EVENT_SCOPES[event] for event in events(manifest)))
    needed |= {"commands"}
    assert scopes(manifest) == sorted(needed)


def test_the_doctor_looks_for_the_same_scopes(manifest: dict[str, Any]) -> None:
    assert scopes(manifest) == sorted(doctor.SCOPES)


def test_no_scope_is_asked_of_users(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"].keys() == {"bot"}


def test_the_events_are_those_listened_to(manifest: dict[str, Any]) -> None:
    assert sorted(events(manifest)) == sorted(EVENT_SCOPES)
    assert {event.partition(".")[0] for event in events(manifest)} == registered("event")


def test_the_commands_are_those_listened_to(manifest: dict[str, Any]) -> None:
    commands = [command["command"] for command in manifest["features"]["slash_commands"]]
    assert sorted(commands) == sorted(registered("command"))


def test_interactivity_is_on_because_buttons_and_modals_are_listened_to(manifest: dict[str, Any]) -> None:
    assert registered("block_action")
    assert registered("view")
    assert manifest["settings"]["interactivity"]["is_enabled"] is True


def test_the_shortcuts_are_those_listened_to(manifest: dict[str, Any]) -> None:
    declared = {"global": set[str](), "message": set[str]()}
    for shortcut in manifest["features"]["shortcuts"]:
        declared[shortcut["type"]].add(shortcut["callback_id"])
    assert declared == {kind: registered(f"{kind}_shortcut") for kind in declared}


def test_the_stand_in_offers_the_same_shortcuts(manifest: dict[str, Any]) -> None:
    offered = [
        {"name": one.name, "type": one.kind, "callback_id": one.callback_id, "description": one.description}
        for one in Seed().shortcuts
    ]
    assert offered == manifest["features"]["shortcuts"]


def test_the_home_tab_is_on_because_it_is_published(manifest: dict[str, Any], methods: set[str]) -> None:
    enabled = manifest["features"]["app_home"]["home_tab_enabled"]
    assert ("views.publish" in methods, enabled, Seed().home_tab) == (True, True, True)


def test_nothing_else_is_listened_to_that_a_manifest_would_have_to_name() -> None:
    assert not any(registered(what) for what in ("shortcut", "function", "options"))


def test_the_app_speaks_socket_mode_as_the_settings_do_by_default(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True


def events(manifest: dict[str, Any]) -> list[str]:
    return list(manifest["settings"]["event_subscriptions"]["bot_events"])


def scopes(manifest: dict[str, Any]) -> list[str]:
    return sorted(manifest["oauth_config"]["scopes"]["bot"])
