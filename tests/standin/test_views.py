"""views.*: triggers that end, stacks three deep, hashes, and what stays typed."""

from typing import Any

import pytest

from bot.standin.server import Standin
from tests.standin.ends import Clock, Json, Web


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Title", **fields: Any) -> Json:
    body: Json = {"type": "modal", "title": plain(title), "blocks": []}
    return body | fields


def asking(*names: str) -> Json:
    blocks = [
        {
            "type": "input",
            "block_id": name,
            "label": plain(name),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
        for name in names
    ]
    return modal(blocks=blocks, submit=plain("Send"))


@pytest.fixture
def trigger(slack: Standin) -> str:
    """Bob has just clicked something."""
    return slack.workspace.tickets.trigger("U0BOB")


def titles(slack: Standin) -> list[str]:
    return [view.body["title"]["text"] for view in slack.workspace.modals.stack("U0BOB")]


async def test_a_view_opens_for_the_one_who_clicked(slack: Standin, call: Web, trigger: str) -> None:
    answer = await call("views.open", trigger_id=trigger, view=modal(private_metadata="p", callback_id="c"))
    view = answer["view"]
    assert titles(slack) == ["Title"]
    assert view["root_view_id"] == view["id"]
    assert (view["private_metadata"], view["callback_id"], view["previous_view_id"]) == ("p", "c", None)
    assert (view["team_id"], view["app_id"], view["bot_id"]) == ("T0COUNTER", "A0COUNTER", "B0COUNTER")


async def test_a_trigger_is_good_once(call: Web, trigger: str) -> None:
    assert (await call("views.open", trigger_id=trigger, view=modal()))["ok"]
    assert (await call("views.open", trigger_id=trigger, view=modal()))["error"] == "exchanged_trigger_id"


async def test_a_trigger_is_good_for_three_seconds(
    slack: Standin, call: Web, clock: Clock, trigger: str
) -> None:
    clock.now += 3.0
    late = slack.workspace.tickets.trigger("U0BOB")
    assert (await call("views.open", trigger_id=trigger, view=modal()))["ok"]
    clock.now += 3.1
    assert (await call("views.open", trigger_id=late, view=modal()))["error"] == "expired_trigger_id"


@pytest.mark.parametrize("method", ["views.open", "views.push"])
@pytest.mark.parametrize("trigger_id", ["", "1.made.up"])
async def test_a_made_up_trigger_is_refused(call: Web, method: str, trigger_id: str) -> None:
    answer = await call(method, trigger_id=trigger_id, view=modal())
    assert answer["error"] == "invalid_trigger_id"


@pytest.mark.parametrize("view", [None, "{broken", {"type": "home", "blocks": []}, modal(title="x" * 25)])
async def test_a_wrong_view_is_refused_and_the_trigger_stays_good(call: Web, trigger: str, view: Any) -> None:
    assert (await call("views.open", trigger_id=trigger, view=view))["error"] == "invalid_arguments"
    assert (await call("views.open", trigger_id=trigger, view=modal()))["ok"]


async def test_modals_stack_three_deep(slack: Standin, call: Web, trigger: str) -> None:
    root = (await call("views.open", trigger_id=trigger, view=modal("1")))["view"]
    below = root
    for title in ("2", "3"):
        inside = slack.workspace.tickets.trigger("U0BOB", below["id"])
        view = (await call("views.push", trigger_id=inside, view=modal(title)))["view"]
        assert (view["root_view_id"], view["previous_view_id"]) == (root["id"], below["id"])
        below = view
    inside = slack.workspace.tickets.trigger("U0BOB", below["id"])
    assert (await call("views.push", trigger_id=inside, view=modal("4")))["error"] == "push_limit_reached"
    assert titles(slack) == ["1", "2", "3"]


async def test_pushing_needs_an_open_modal(slack: Standin, call: Web, trigger: str) -> None:
    assert (await call("views.push", trigger_id=trigger, view=modal()))["error"] == "invalid_trigger_id"
    orphan = slack.workspace.tickets.trigger("U0BOB", "V0GONE")
    assert (await call("views.push", trigger_id=orphan, view=modal()))["error"] == "not_found"


async def test_an_update_needs_the_current_hash(slack: Standin, call: Web, trigger: str) -> None:
    view = (await call("views.open", trigger_id=trigger, view=modal("1", external_id="mine")))["view"]
    updated = await call("views.update", view_id=view["id"], hash=view["hash"], view=modal("2"))
    assert updated["view"]["hash"] != view["hash"]
    stale = await call("views.update", view_id=view["id"], hash=view["hash"], view=modal("3"))
    assert stale["error"] == "hash_conflict"
    assert (await call("views.update", view_id=view["id"], view=modal("4")))["ok"]
    assert titles(slack) == ["4"]


async def test_a_view_has_a_second_name(slack: Standin, call: Web, trigger: str) -> None:
    await call("views.open", trigger_id=trigger, view=modal("1", external_id="mine"))
    assert (await call("views.update", external_id="mine", view=modal("2", external_id="mine")))["ok"]
    other = slack.workspace.tickets.trigger("U0ALICE")
    twin = await call("views.open", trigger_id=other, view=modal(external_id="mine"))
    assert twin["error"] == "duplicate_external_id"
    assert (await call("views.update", external_id="theirs", view=modal()))["error"] == "not_found"
    assert (await call("views.update", view_id="V0GONE", view=modal()))["error"] == "not_found"


async def test_what_is_typed_stays_where_the_block_stays(slack: Standin, call: Web, trigger: str) -> None:
    view = (await call("views.open", trigger_id=trigger, view=asking("why", "when")))["view"]
    await slack.submit("U0BOB", view["id"], {"why": {"text": "because"}})
    updated = await call("views.update", view_id=view["id"], view=asking("why", "where"))
    values = updated["view"]["state"]["values"]
    assert {name: value["text"]["value"] for name, value in values.items()} == {
        "why": "because",
        "where": None,
    }


async def test_a_home_tab_is_published_and_replaced(slack: Standin, call: Web) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = (await call("views.publish", user_id="U0BOB", view=home))["view"]
    second = (await call("views.publish", user_id="U0BOB", view=home, hash=first["hash"]))["view"]
    assert first["id"] == second["id"] == slack.workspace.modals.homes["U0BOB"].id
    stale = await call("views.publish", user_id="U0BOB", view=home, hash=first["hash"])
    assert stale["error"] == "hash_conflict"
    assert (await call("views.update", view_id=first["id"], view=home))["ok"]


async def test_an_app_without_a_home_tab_publishes_none(call: Web, slack: Standin) -> None:
    slack.workspace.seed = slack.workspace.seed.model_copy(update={"home_tab": False})
    home: Json = {"type": "home", "blocks": []}
    assert (await call("views.publish", user_id="U0BOB", view=home))["error"] == "not_enabled"
    with pytest.raises(LookupError, match="no Home tab"):
        slack.open_home("U0BOB")


async def test_a_home_tab_opens_modals_but_is_none(call: Web, slack: Standin) -> None:
    home: Json = {"type": "home", "blocks": [{"type": "divider"}]}
    view_id = (await call("views.publish", user_id="U0BOB", view=home))["view"]["id"]
    pushed = slack.workspace.tickets.trigger("U0BOB", view_id)
    assert (await call("views.push", trigger_id=pushed, view=modal()))["error"] == "not_found"
    opened = slack.workspace.tickets.trigger("U0BOB", view_id)
    assert (await call("views.open", trigger_id=opened, view=modal()))["ok"]


async def test_a_home_tab_takes_a_hundred_blocks(call: Web) -> None:
    for count, ok in ((100, True), (101, False)):
        home: Json = {"type": "home", "blocks": [{"type": "divider"}] * count}
        assert (await call("views.publish", user_id="U0BOB", view=home))["ok"] is ok


async def test_a_home_tab_needs_a_user_and_a_home(call: Web) -> None:
    home: Json = {"type": "home", "blocks": []}
    assert (await call("views.publish", view=home))["error"] == "user_not_found"
    assert (await call("views.publish", user_id="U0NOBODY", view=home))["error"] == "user_not_found"
    assert (await call("views.publish", user_id="U0BOB", view=modal()))["error"] == "invalid_arguments"
