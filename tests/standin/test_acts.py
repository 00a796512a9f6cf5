"""What people do, and what the app hears of it: the payloads, and what cannot be done."""

import asyncio
from typing import Any

import pytest

from bot.standin.refusal import Refusal
from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import Clock, Dial, Json, Phone, Web, eventually

WORDS = {"type": "plain_text", "text": "Go"}
CHOICES = [{"text": WORDS, "value": "x"}, {"text": WORDS, "value": "y"}]
BUTTON: Json = {"type": "button", "action_id": "go", "text": WORDS, "value": "v1"}
CARD: list[Json] = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [BUTTON, {"type": "overflow", "action_id": "more", "options": CHOICES}],
    }
]
MODAL: Json = {
    "type": "modal",
    "title": WORDS,
    "submit": WORDS,
    "callback_id": "asked",
    "private_metadata": "secret",
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": WORDS,
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {"type": "section", "block_id": "s", "text": WORDS, "accessory": BUTTON},
        {
            "type": "actions",
            "block_id": "b",
            "elements": [
                {"type": "static_select", "action_id": "pick", "options": CHOICES},
                *CARD[0]["elements"][1:],
            ],
        },
    ],
}


@pytest.fixture
async def phone(dial: Dial) -> Phone:
    """An app that acks everything."""
    return await dial()


@pytest.fixture
async def card(call: Web) -> str:
    """A card in #general."""
    return str((await call("chat.postMessage", channel="C0GENERAL", text="card", blocks=CARD))["ts"])


async def opened(slack: Standin, call: Web, user: str = "U0BOB", **fields: Any) -> str:
    """The id of a modal that is open for the user."""
    trigger = slack.workspace.tickets.trigger(user)
    return str((await call("views.open", trigger_id=trigger, view=MODAL | fields))["view"]["id"])


def events(slack: Standin, kind: str) -> list[Json]:
    found = [sent.payload["event"] for sent in slack.deliveries if sent.kind == "events_api"]
    return [event for event in found if event["type"] == kind]


async def heard(slack: Standin, kind: str) -> Json:
    return dict((await eventually(lambda: events(slack, kind)))[0])


async def test_a_mention_is_an_event(slack: Standin, phone: Phone) -> None:
    ts = await slack.say("U0EVE", "C0GENERAL", "hello")
    event = await heard(slack, "app_mention")
    assert event.pop("blocks")[0]["elements"][0]["elements"] == [
        {"type": "user", "user_id": "U0BOT"},
        {"type": "text", "text": " hello"},
    ]
    assert event == {
        "type": "app_mention",
        "user": "U0EVE",
        "team": "T0PARTNER",
        "text": "<@U0BOT> hello",
        "ts": ts,
        "event_ts": ts,
        "channel": "C0GENERAL",
    }
    envelope = slack.deliveries[0].payload
    assert (envelope["type"], envelope["team_id"], envelope["api_app_id"]) == (
        "event_callback",
        "T0COUNTER",
        "A0COUNTER",
    )
    assert envelope["authorizations"][0]["user_id"] == "U0BOT"


async def test_without_a_mention_nothing_is_heard(slack: Standin, phone: Phone) -> None:
    await slack.say("U0BOB", "C0GENERAL", "just us", mention=False)
    await slack.say("U0BOB", "C0PRIVATE", "the bot is not here")
    await slack.courier.idle()
    assert slack.deliveries == []


async def test_a_direct_message_is_heard_without_a_mention(slack: Standin, phone: Phone) -> None:
    channel = slack.direct("U0BOB")
    await slack.say("U0BOB", channel, "hello <@U0BOT>")
    event = await heard(slack, "message")
    assert (event["channel"], event["channel_type"], event["text"]) == (channel, "im", "hello <@U0BOT>")
    assert events(slack, "app_mention") == []


async def test_the_bot_hears_itself_in_a_direct_conversation(slack: Standin, call: Web, phone: Phone) -> None:
    """As in Slack: its own posts, edits and deletions are events there too."""
    ts = (await call("chat.postMessage", channel="U0BOB", text="a"))["ts"]
    await call("chat.update", channel="D0BOB", ts=ts, text="b")
    await call("chat.delete", channel="D0BOB", ts=ts)
    await slack.courier.idle()
    posted, changed, deleted = events(slack, "message")
    assert (posted["bot_id"], posted["text"]) == ("B0COUNTER", "a")
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "b")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


async def test_only_what_the_app_asked_for_is_heard() -> None:
    data = Seed(events=("message.channels", "message.groups"))
    async with Standin(data=data, retry_delays=()) as slack:
        slack.workspace.rooms["C0PRIVATE"].members.append("U0BOT")
        await slack.say("U0BOB", "C0PRIVATE", "hello")
        await slack.say("U0BOB", "C0GENERAL", "hello")
        await slack.courier.idle()
    assert {event["channel_type"] for event in events(slack, "message")} == {"group", "channel"}
    assert events(slack, "app_mention") == []


async def test_an_answer_to_an_answer_is_in_the_same_thread(slack: Standin) -> None:
    first = await slack.say("U0BOB", "C0GENERAL", "first")
    reply = await slack.say("U0ALICE", "C0GENERAL", "reply", first)
    again = await slack.say("U0ALICE", "C0GENERAL", "again", reply)
    assert slack.workspace.rooms["C0GENERAL"].message(again).thread_ts == first


@pytest.mark.parametrize(
    ("user", "channel"), [("U0DAVE", "C0APPROVALS"), ("U0DAVE", "C0PRIVATE"), ("U0BOB", "C0ARCHIVED")]
)
async def test_nobody_writes_where_they_cannot(slack: Standin, user: str, channel: str) -> None:
    with pytest.raises(LookupError):
        await slack.say(user, channel, "hello")


async def test_a_click_says_who_where_and_what(slack: Standin, phone: Phone, card: str) -> None:
    await slack.click("U0EVE", "C0GENERAL", card, "go")
    payload = slack.deliveries[0].payload
    for secret in ("trigger_id", "response_url"):
        assert payload.pop(secret)
    stamp = payload["actions"][0].pop("action_ts")
    assert stamp > card
    assert payload == {
        "type": "block_actions",
        "user": {"id": "U0EVE", "username": "eve", "name": "eve", "team_id": "T0PARTNER"},
        "api_app_id": "A0COUNTER",
        "token": "verification-token",
        "team": {"id": "T0COUNTER", "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {
            "type": "message",
            "message_ts": card,
            "channel_id": "C0GENERAL",
            "is_ephemeral": False,
        },
        "channel": {"id": "C0GENERAL", "name": "general"},
        "message": slack.workspace.rooms["C0GENERAL"].message(card).shown(),
        "actions": [{"action_id": "go", "block_id": "b", "type": "button", "text": WORDS, "value": "v1"}],
        "state": {"values": {}},
    }


async def test_a_click_in_a_thread_names_it(slack: Standin, phone: Phone, call: Web, card: str) -> None:
    reply = await call("chat.postMessage", channel="C0GENERAL", text="b", blocks=CARD, thread_ts=card)
    await slack.click("U0BOB", "C0GENERAL", reply["ts"], "go")
    assert slack.deliveries[0].payload["container"]["thread_ts"] == card


async def test_a_value_can_be_forged_and_an_option_chosen(slack: Standin, phone: Phone, card: str) -> None:
    await slack.click("U0BOB", "C0GENERAL", card, "go", value="forged", block_id="b")
    await slack.click("U0BOB", "C0GENERAL", card, "more", value="y")
    button, menu = (sent.payload["actions"][0] for sent in slack.deliveries)
    assert button["value"] == "forged"
    assert menu["selected_option"]["value"] == "y"


async def test_nobody_clicks_what_is_not_there(slack: Standin, call: Web, card: str) -> None:
    with pytest.raises(LookupError, match="action_id 'stop'"):
        await slack.click("U0BOB", "C0GENERAL", card, "stop")
    with pytest.raises(Refusal, match="message_not_found"):
        await slack.click("U0BOB", "C0GENERAL", "1.0", "go")
    with pytest.raises(LookupError, match="U0DAVE cannot see C0PRIVATE"):
        await slack.click("U0DAVE", "C0PRIVATE", card, "go")
    with pytest.raises(LookupError, match="U0EVE cannot see C0APPROVALS"):
        await slack.click("U0EVE", "C0APPROVALS", card, "go")
    await call("chat.update", channel="C0GENERAL", ts=card, text="closed", blocks=[])
    with pytest.raises(LookupError, match="action_id 'go'"):
        await slack.click("U0BOB", "C0GENERAL", card, "go")


async def test_an_ephemeral_message_is_clicked_by_its_reader(slack: Standin, phone: Phone, call: Web) -> None:
    answer = await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="psst", blocks=CARD)
    await slack.click_ephemeral("U0BOB", answer["message_ts"], "go")
    payload = slack.deliveries[0].payload
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    for user, name in (("U0ALICE", answer["message_ts"]), ("U0BOB", "1.0")):
        with pytest.raises(LookupError, match="sees no ephemeral message"):
            await slack.click_ephemeral(user, name, "go")


async def test_a_press_in_a_modal_carries_the_view_and_what_is_typed(
    slack: Standin, phone: Phone, call: Web
) -> None:
    view_id = await opened(slack, call)
    await slack.press("U0BOB", view_id, "go", values={"why": {"text": "so far"}})
    payload = slack.deliveries[0].payload
    view = payload["view"]
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert (view["callback_id"], view["private_metadata"]) == ("asked", "secret")
    assert view["state"]["values"]["why"]["text"] == {"type": "plain_text_input", "value": "so far"}
    assert payload["actions"][0]["value"] == "v1"
    assert "channel" not in payload
    assert "response_url" not in payload


async def test_a_choice_in_a_modal_is_action_and_state(slack: Standin, phone: Phone, call: Web) -> None:
    view_id = await opened(slack, call)
    await slack.press("U0BOB", view_id, "pick", value="y")
    await slack.press("U0BOB", view_id, "pick", values={"b": {"pick": "x"}})
    await slack.press("U0BOB", view_id, "more", value="y")
    first, second, third = (sent.payload for sent in slack.deliveries)
    assert first["actions"][0]["selected_option"]["value"] == "y"
    assert first["view"]["state"]["values"]["b"]["pick"]["selected_option"]["value"] == "y"
    assert second["actions"][0]["selected_option"]["value"] == "x"
    assert third["actions"][0]["selected_option"]["value"] == "y"
    assert "more" not in third["view"]["state"]["values"]["b"]


async def test_only_the_view_in_front_can_be_used(slack: Standin, phone: Phone, call: Web) -> None:
    below = await opened(slack, call)
    trigger = slack.workspace.tickets.trigger("U0BOB", below)
    await call("views.push", trigger_id=trigger, view=MODAL)
    for user in ("U0BOB", "U0ALICE"):
        with pytest.raises(LookupError, match="in front"):
            await slack.press(user, below, "go")


async def test_a_submission_carries_the_values_and_closes_the_view(
    slack: Standin, phone: Phone, call: Web
) -> None:
    view_id = await opened(slack, call)
    assert (await slack.submit("U0BOB", view_id, {"why": {"text": "because"}})).acked
    payload = slack.deliveries[0].payload
    assert (payload["type"], payload["user"]["id"]) == ("view_submission", "U0BOB")
    assert payload["view"]["state"]["values"]["why"]["text"]["value"] == "because"
    assert slack.workspace.modals.stack("U0BOB") == []


async def test_slack_itself_refuses_an_empty_required_input(slack: Standin, phone: Phone, call: Web) -> None:
    delivery = await slack.submit("U0BOB", await opened(slack, call))
    assert (delivery.acked, delivery.error, slack.deliveries) == (False, "invalid_input", [])
    assert slack.workspace.modals.stack("U0BOB")[0].errors == {"why": "Please complete this required field."}


ANSWERS: list[tuple[Json, list[str], dict[str, str]]] = [
    ({}, ["Go"], {}),
    ({"response_action": "clear"}, [], {}),
    (
        {"response_action": "update", "view": MODAL | {"title": {"type": "plain_text", "text": "New"}}},
        ["Go", "New"],
        {},
    ),
    ({"response_action": "push", "view": MODAL}, ["Go", "Go", "Go"], {}),
    ({"response_action": "errors", "errors": {"why": "No."}}, ["Go", "Go"], {"why": "No."}),
]


@pytest.mark.parametrize(("reply", "titles", "errors"), ANSWERS)
async def test_an_ack_moves_the_modals(  # noqa: PLR0917 - fixtures and parameters are given by name
    slack: Standin, dial: Dial, call: Web, reply: Json, titles: list[str], errors: dict[str, str]
) -> None:
    await dial(reply=reply)
    below = await opened(slack, call)
    trigger = slack.workspace.tickets.trigger("U0BOB", below)
    view_id = (await call("views.push", trigger_id=trigger, view=MODAL))["view"]["id"]
    await slack.submit("U0BOB", view_id, {"why": {"text": "because"}})
    stack = slack.workspace.modals.stack("U0BOB")
    assert [view.body["title"]["text"] for view in stack] == titles
    assert [view.errors for view in stack if view.errors] == ([errors] if errors else [])
    assert slack.workspace.warnings == {}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"response_action": "dance"}, "invalid_response_action"),
        ({"response_action": "update"}, "invalid_arguments"),
        ({"response_action": "push", "view": {"type": "modal"}}, "invalid_arguments"),
        ({"response_action": "errors"}, "invalid_errors"),
        ({"response_action": "errors", "errors": {}}, "invalid_errors"),
        ({"response_action": "errors", "errors": {"s": "This is no input."}}, "invalid_errors"),
    ],
)
async def test_a_wrong_ack_is_trouble_for_the_user(
    slack: Standin, dial: Dial, call: Web, reply: Json, error: str
) -> None:
    await dial(reply=reply)
    await slack.submit("U0BOB", await opened(slack, call), {"why": {"text": "because"}})
    assert len(slack.workspace.modals.stack("U0BOB")) == 1
    assert error in slack.workspace.warnings["U0BOB"][0]


async def test_an_ack_for_a_view_that_is_gone_does_nothing(slack: Standin, dial: Dial, call: Web) -> None:
    """Its user has closed it while the app was thinking."""
    phone = await dial(acks=False)
    view_id = await opened(slack, call)
    submitting = asyncio.create_task(slack.submit("U0BOB", view_id, {"why": {"text": "because"}}))
    await eventually(lambda: len(phone.heard) == 2)
    await slack.dismiss("U0BOB", view_id)
    await phone.websocket.send_json({"envelope_id": phone.heard[1]["envelope_id"]})
    assert (await submitting).acked
    assert slack.workspace.warnings == {}


async def test_an_unanswered_submission_leaves_the_view_open(slack: Standin, call: Web) -> None:
    view_id = await opened(slack, call)
    delivery = await slack.submit("U0BOB", view_id, {"why": {"text": "because"}})
    assert (delivery.acked, delivery.error) == (False, "dispatch_failed")
    assert [view.id for view in slack.workspace.modals.stack("U0BOB")] == [view_id]
    assert "dispatch_failed" in slack.workspace.warnings["U0BOB"][0]


async def test_closing_a_modal_is_heard_only_if_asked_for(slack: Standin, phone: Phone, call: Web) -> None:
    assert await slack.dismiss("U0BOB", await opened(slack, call)) is None
    assert slack.deliveries == []
    delivery = await slack.dismiss("U0BOB", await opened(slack, call, notify_on_close=True))
    assert delivery is not None
    payload = slack.deliveries[0].payload
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    assert slack.workspace.modals.stack("U0BOB") == []


@pytest.mark.parametrize(("fields", "cleared"), [({"clear_on_close": True}, False), ({}, True)])
async def test_closing_can_clear_the_stack(
    slack: Standin,
    phone: Phone,
    call: Web,
    fields: Json,
    cleared: bool,  # noqa: FBT001 - parametrized
) -> None:
    below = await opened(slack, call)
    trigger = slack.workspace.tickets.trigger("U0BOB", below)
    view = MODAL | fields | {"notify_on_close": True}
    view_id = (await call("views.push", trigger_id=trigger, view=view))["view"]["id"]
    await slack.dismiss("U0BOB", view_id, cleared=cleared)
    assert slack.workspace.modals.stack("U0BOB") == []
    assert slack.deliveries[0].payload["is_cleared"] is True


async def test_a_home_tab_is_looked_at_and_pressed(slack: Standin, phone: Phone, call: Web) -> None:
    slack.open_home("U0BOB")
    first = await heard(slack, "app_home_opened")
    assert (first["user"], first["channel"], first["tab"], "view" in first) == (
        "U0BOB",
        "D0BOB",
        "home",
        False,
    )
    home = {"type": "home", "blocks": CARD}
    view_id = (await call("views.publish", user_id="U0BOB", view=home))["view"]["id"]
    slack.open_home("U0BOB")
    opened_again = await eventually(lambda: events(slack, "app_home_opened")[1:])
    assert opened_again[0]["view"]["id"] == view_id
    assert (await slack.press("U0BOB", view_id, "go")).acked
    with pytest.raises(LookupError, match="neither submitted nor closed"):
        await slack.dismiss("U0BOB", view_id)


async def test_a_command_says_who_where_and_what(slack: Standin, phone: Phone) -> None:
    await slack.command("U0BOB", "C0APPROVALS", "/approvals", "mine")
    payload = slack.deliveries[0].payload
    for secret in ("trigger_id", "response_url"):
        assert payload.pop(secret)
    assert payload == {
        "token": "verification-token",
        "team_id": "T0COUNTER",
        "team_domain": "acme",
        "channel_id": "C0APPROVALS",
        "channel_name": "approvals",
        "user_id": "U0BOB",
        "user_name": "bob",
        "command": "/approvals",
        "text": "mine",
        "api_app_id": "A0COUNTER",
        "is_enterprise_install": "false",
    }
    for channel, name in ((slack.direct("U0BOB"), "directmessage"), ("C0PRIVATE", "privategroup")):
        await slack.command("U0BOB", channel, "/approvals")
        assert slack.deliveries[-1].payload["channel_name"] == name


@pytest.mark.parametrize(
    ("reply", "whispered", "public"),
    [
        ({"text": "for you"}, ["for you"], []),
        ({"text": "for all", "response_type": "in_channel"}, [], ["for all"]),
        ({"blocks": CARD}, [""], []),
        ({}, [], []),
    ],
)
async def test_a_command_is_answered_in_its_ack(
    slack: Standin, dial: Dial, reply: Json, whispered: list[str], public: list[str]
) -> None:
    await dial(reply=reply)
    await slack.command("U0BOB", "C0GENERAL", "/approvals")
    assert [message.text for message in slack.workspace.ephemerals.values()] == whispered
    assert [message.text for message in slack.workspace.rooms["C0GENERAL"].messages] == public


async def test_a_wrong_answer_to_a_command_is_trouble(slack: Standin, dial: Dial) -> None:
    await dial(reply={"blocks": [{"type": "none"}]})
    await slack.command("U0BOB", "C0GENERAL", "/approvals")
    assert "invalid_blocks" in slack.workspace.warnings["U0BOB"][0]


async def test_a_global_shortcut_says_who_and_not_where(slack: Standin, phone: Phone, call: Web) -> None:
    assert (await slack.shortcut("U0BOB", "countersign_new_request")).acked
    payload = slack.deliveries[0].payload
    trigger, stamp = payload.pop("trigger_id"), payload.pop("action_ts")
    assert stamp
    assert payload == {
        "type": "shortcut",
        "token": "verification-token",
        "team": {"id": "T0COUNTER", "domain": "acme"},
        "user": {"id": "U0BOB", "username": "bob", "team_id": "T0COUNTER"},
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": "countersign_new_request",
    }
    assert (await call("views.open", trigger_id=trigger, view=MODAL))["ok"]
    assert (await call("views.open", trigger_id=trigger, view=MODAL))["error"] == "exchanged_trigger_id"
    assert len(slack.workspace.modals.stack("U0BOB")) == 1


async def test_a_shortcut_of_a_message_carries_it_and_not_the_user_s_team(
    slack: Standin, phone: Phone, call: Web, card: str
) -> None:
    assert (await slack.message_shortcut("U0BOB", "C0GENERAL", card, "countersign_ask_about")).acked
    payload = slack.deliveries[0].payload
    assert (payload["type"], payload["user"]) == ("message_action", {"id": "U0BOB", "name": "bob"})
    assert payload["channel"] == {"id": "C0GENERAL", "name": "general"}
    assert (payload["message_ts"], payload["message"]["text"]) == (card, "card")
    assert payload["response_url"]
    assert (await call("views.open", trigger_id=payload["trigger_id"], view=MODAL))["ok"]


async def test_a_shortcut_s_trigger_is_good_for_three_seconds(
    slack: Standin, phone: Phone, call: Web, clock: Clock
) -> None:
    await slack.shortcut("U0BOB", "countersign_new_request")
    clock.now += 3.1
    answer = await call("views.open", trigger_id=slack.deliveries[0].payload["trigger_id"], view=MODAL)
    assert answer["error"] == "expired_trigger_id"


async def test_only_shortcuts_that_the_app_declares_can_be_chosen(slack: Standin, card: str) -> None:
    with pytest.raises(LookupError, match="no global shortcut 'countersign_ask_about'"):
        await slack.shortcut("U0BOB", "countersign_ask_about")
    with pytest.raises(LookupError, match="no message shortcut 'countersign_new_request'"):
        await slack.message_shortcut("U0BOB", "C0GENERAL", card, "countersign_new_request")
    with pytest.raises(LookupError, match="cannot see"):
        await slack.message_shortcut("U0DAVE", "C0PRIVATE", card, "countersign_ask_about")
    with pytest.raises(Refusal, match="message_not_found"):
        await slack.message_shortcut("U0BOB", "C0GENERAL", "1.0", "countersign_ask_about")


async def test_a_shortcut_that_nobody_answers_is_trouble(slack: Standin) -> None:
    assert not (await slack.shortcut("U0BOB", "countersign_new_request")).acked
    assert "dispatch_failed" in slack.workspace.warnings["U0BOB"][0]


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("users_select", "U0NOBODY", Refusal),
        ("conversations_select", "C0NOWHERE", Refusal),
        ("conversations_select", "C0PRIVATE", LookupError),
        ("multi_users_select", ["U0BOB", "U0NOBODY"], Refusal),
        ("channels_select", "C0GENERAL", None),
    ],
)
async def test_people_and_channels_are_chosen_from_those_one_sees(  # noqa: PLR0917 - fixtures and parameters are given by name
    slack: Standin, phone: Phone, call: Web, kind: str, value: Any, error: type[Exception] | None
) -> None:
    element = {"type": kind, "action_id": "pick"}
    block = {"type": "input", "block_id": "b", "label": WORDS, "element": element}
    trigger = slack.workspace.tickets.trigger("U0DAVE")
    answer = await call("views.open", trigger_id=trigger, view=MODAL | {"blocks": [block]})
    submitting = slack.submit("U0DAVE", answer["view"]["id"], {"b": {"pick": value}})
    if error is None:
        assert (await submitting).acked
    else:
        with pytest.raises(error):
            await submitting


async def test_what_is_ticked_in_a_message_comes_along_with_the_next_click_of_the_same_person(
    slack: Standin, phone: Phone, call: Web
) -> None:
    boxes: Json = {"type": "checkboxes", "action_id": "boxes", "options": CHOICES}
    blocks = [{"type": "actions", "block_id": "p", "elements": [boxes]}, *CARD]
    ts = str((await call("chat.postMessage", channel="C0GENERAL", text="t", blocks=blocks))["ts"])
    await slack.click("U0BOB", "C0GENERAL", ts, "boxes", value=["x", "y"])
    await slack.click("U0BOB", "C0GENERAL", ts, "go")
    await slack.click("U0CAROL", "C0GENERAL", ts, "go")
    states = [one.payload["state"]["values"]["p"]["boxes"]["selected_options"] for one in slack.deliveries]
    assert [[one["value"] for one in state] for state in states] == [["x", "y"], ["x", "y"], []]
