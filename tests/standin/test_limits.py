"""The limits, one by one: what just fits is taken, what is one too long is refused, and the place is named."""

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View

from bot.standin.limits import check_message, check_view, settled
from bot.standin.refusal import Refusal

Json = dict[str, Any]


def plain(text: str = "text") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "text") -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain("Go"), **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(**fields: Any) -> Json:
    return {"type": "section", **(fields or {"text": plain()})}


def confirm(**fields: Any) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain("Yes"), "deny": plain("No")} | fields


def options(count: int, **fields: Any) -> list[Json]:
    return [{"text": plain(), "value": str(number)} | fields for number in range(count)]


def menu(kind: str, count: int = 1, **fields: Any) -> Json:
    return {"type": kind, "options": options(count), **fields}


def asking(element: Json | None = None, **fields: Any) -> Json:
    typed = element or {"type": "plain_text_input"}
    return {"type": "input", "label": plain("Why"), "element": typed, **fields}


def table(rows: int, columns: int, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def modal(**fields: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": [section()]} | fields


def refusal(blocks: Any, text: str = "") -> Refusal:
    with pytest.raises(Refusal) as caught:
        check_message(text, blocks)
    return caught.value


GOOD: dict[str, Json] = {
    "section": section(text=plain("x" * 3000)),
    "section of fields": section(fields=[mrkdwn("x" * 900)] * 10, expand=True),
    "section with image": section(
        text=plain(), accessory={"type": "image", "image_url": "u", "alt_text": "a"}
    ),
    "section with button": section(text=mrkdwn(), accessory=button(action_id="a" * 255)),
    "divider": {"type": "divider", "block_id": "b" * 255},
    "header": {"type": "header", "text": plain("x" * 150)},
    "context": {"type": "context", "elements": [mrkdwn()] * 10},
    "context of images": {
        "type": "context",
        "elements": [{"type": "image", "image_url": "u", "alt_text": "a"}, plain()],
    },
    "actions": actions(*[button()] * 25),
    "button": actions(button(text=plain("x" * 75), value="v" * 2000, url="u" * 3000, style="danger")),
    "button with null": actions(button(style=None)),
    "confirm": actions(
        button(confirm=confirm(title=plain("x" * 100), text=mrkdwn("x" * 300), confirm=plain("x" * 30)))
    ),
    "image": {"type": "image", "image_url": "u", "alt_text": "a", "title": plain()},
    "overflow": actions(menu("overflow", 5)),
    "select": actions(menu("static_select", 100, placeholder=plain("x" * 150))),
    "grouped select": actions(
        {"type": "static_select", "option_groups": [{"label": plain(), "options": options(2)}]}
    ),
    "checkboxes": actions(menu("checkboxes", 10)),
    "radio": actions(menu("radio_buttons", 10)),
    "pickers": actions(
        {"type": "datepicker", "initial_date": "2026-11-23"},
        {"type": "timepicker", "initial_time": "09:30"},
        {"type": "datetimepicker", "initial_date_time": 1_790_000_000},
        {"type": "users_select", "initial_user": "U0BOB"},
        {"type": "multi_conversations_select", "default_to_current_conversation": True},
        {"type": "channels_select"},
    ),
    "option": actions(
        {"type": "static_select", "options": options(1, text=plain("x" * 75), value="v" * 150)}
    ),
    "input": asking(hint=plain(), optional=True, dispatch_action=False),
    "number": asking({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    "markdown": {"type": "markdown", "text": "**x**"},
    "table": table(100, 20, "xx"),
    "table settings": table(1, 1) | {"column_settings": [{"align": "right", "is_wrapped": True}]},
    "rich text": rich(rich_section({"type": "text", "text": "x", "style": {"bold": True}})),
    "rich text list": rich(
        {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [rich_section()]}
    ),
    "rich text code": rich(
        {"type": "rich_text_preformatted", "border": 0, "elements": [{"type": "text", "text": "x"}]}
    ),
    "rich text quote": rich({"type": "rich_text_quote", "elements": [{"type": "emoji", "name": "tada"}]}),
    "rich text elements": rich(
        rich_section(
            {"type": "link", "url": "https://a.example", "text": "a"},
            {"type": "user", "user_id": "U0BOB"},
            {"type": "channel", "channel_id": "C0GENERAL"},
            {"type": "usergroup", "usergroup_id": "S0FINANCE"},
            {"type": "broadcast", "range": "here"},
            {"type": "date", "timestamp": 1_790_000_000, "format": "{date}", "fallback": "then"},
            {"type": "color", "value": "#fff"},
        )
    ),
}
BAD: dict[str, tuple[Json, str]] = {
    "no type": ({"text": plain()}, "missing required field: type [json-pointer:/blocks/0]"),
    "unknown type": ({"type": "sektion"}, "unsupported type: sektion [json-pointer:/blocks/0/type]"),
    "no object": ("section", "must be an object [json-pointer:/blocks/0]"),  # type: ignore[dict-item]
    "unknown field": (section(text=plain(), colour="red"), "invalid additional property: colour"),
    "empty section": ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    "section text": (
        section(text=plain("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty text": (
        section(text=plain("")),
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "text not a string": (section(text={"type": "plain_text", "text": 5}), "must be a string"),
    "text without text": (section(text={"type": "plain_text"}), "missing required field: text"),
    "text a string": (section(text="words"), "must be an object [json-pointer:/blocks/0/text]"),
    "too many fields": (section(fields=[plain()] * 11), "no more than 10 items allowed"),
    "no fields": (section(text=plain(), fields=[]), "no less than 1 items allowed"),
    "long field": (section(fields=[plain("x" * 2001)]), "/blocks/0/fields/0/text"),
    "fields no list": (section(fields="none"), "must be an array [json-pointer:/blocks/0/fields]"),
    "header": ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters"),
    "header in mrkdwn": ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn"),
    "context": ({"type": "context", "elements": [plain()] * 11}, "no more than 10 items allowed"),
    "button in context": ({"type": "context", "elements": [button()]}, "unsupported type: button"),
    "actions": (actions(*[button()] * 26), "no more than 25 items allowed"),
    "no actions": (actions(), "no less than 1 items allowed"),
    "button text": (actions(button(text=plain("x" * 76))), "must be less than 76 characters"),
    "button in mrkdwn": (actions(button(text=mrkdwn())), "unsupported type: mrkdwn"),
    "button value": (actions(button(value="v" * 2001)), "must be less than 2001 characters"),
    "button url": (actions(button(url="u" * 3001)), "must be less than 3001 characters"),
    "button style": (actions(button(style="green")), "must be one of: primary, danger"),
    "action id": (actions(button(action_id="a" * 256)), "must be less than 256 characters"),
    "block id": ({"type": "divider", "block_id": "b" * 256}, "must be less than 256 characters"),
    "same action id": (actions(button(action_id="a"), button(action_id="a")), "action_id already exists: a"),
    "confirm title": (actions(button(confirm=confirm(title=plain("x" * 101)))), "must be less than 101"),
    "confirm text": (actions(button(confirm=confirm(text=mrkdwn("x" * 301)))), "must be less than 301"),
    "confirm button": (actions(button(confirm=confirm(deny=plain("x" * 31)))), "must be less than 31"),
    "confirm a string": (actions(button(confirm="sure?")), "must be an object"),
    "confirm without deny": (actions(button(confirm=confirm(deny=None))), "missing required field: deny"),
    "overflow": (actions(menu("overflow", 6)), "no more than 5 items allowed"),
    "select": (actions(menu("static_select", 101)), "no more than 100 items allowed"),
    "select of nothing": (actions({"type": "static_select"}), "must have either options or option_groups"),
    "checkboxes": (actions(menu("checkboxes", 11)), "no more than 10 items allowed"),
    "option text": (
        actions({"type": "static_select", "options": options(1, text=plain("x" * 76))}),
        "must be less than 76 characters",
    ),
    "option value": (
        actions({"type": "static_select", "options": options(1, value="v" * 151)}),
        "must be less than 151 characters",
    ),
    "date": (actions({"type": "datepicker", "initial_date": "tomorrow"}), "must be more than 9 characters"),
    "moment": (actions({"type": "datetimepicker", "initial_date_time": "noon"}), "must be an integer"),
    "moment too late": (
        actions({"type": "datetimepicker", "initial_date_time": 10**10}),
        "must be between 0 and",
    ),
    "flag": (asking(optional="yes"), "must be a boolean"),
    "button as input": (asking(button()), "unsupported type: button"),
    "table rows": (table(101, 1), "no more than 100 items allowed"),
    "table columns": (table(1, 21), "no more than 20 items allowed"),
    "table text": (table(100, 20, "xxxxxx"), "must be less than 10001 characters"),
    "rich text in text": (rich({"type": "text", "text": "x"}), "unsupported type: text"),
    "empty rich text": (rich(rich_section({"type": "text", "text": ""})), "must be more than 0 characters"),
    "rich text style": (
        rich(rich_section({"type": "text", "text": "x", "style": {"blink": True}})),
        "invalid additional property: blink",
    ),
    "user in code": (
        rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U0BOB"}]}),
        "unsupported type: user",
    ),
    "list of text": (
        rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "x"}]}),
        "unsupported type: text",
    ),
    "broadcast": (rich(rich_section({"type": "broadcast", "range": "all"})), "must be one of: here, channel"),
}
BAD_VIEWS: dict[str, tuple[Any, str]] = {
    "nothing": (None, "must be an object [json-pointer:/view]"),
    "no title": (modal(title=None), "missing required field: title"),
    "title": (
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "title in mrkdwn": (modal(title=mrkdwn()), "unsupported type: mrkdwn"),
    "submit": (modal(submit=plain("x" * 25)), "must be less than 25 characters"),
    "close": (modal(close=plain("x" * 25)), "must be less than 25 characters"),
    "private_metadata": (modal(private_metadata="x" * 3001), "must be less than 3001 characters"),
    "callback_id": (modal(callback_id="x" * 256), "must be less than 256 characters"),
    "blocks": (modal(blocks=[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    "no blocks": (modal(blocks=None), "missing required field: blocks"),
    "input without submit": (modal(blocks=[asking()]), "missing required field: submit [json-pointer:/view]"),
    "table": (modal(blocks=[table(1, 1)]), "unsupported type: table"),
    "home": ({"type": "home", "blocks": []}, "unsupported type: home"),
    "same block id": (
        modal(blocks=[section(text=plain(), block_id="b")] * 2),
        "block_id already exists: b [json-pointer:/view/blocks]",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_block_within_its_limits_is_taken(name: str) -> None:
    check_message("", [GOOD[name]])


@pytest.mark.parametrize("name", BAD)
def test_a_block_beyond_its_limits_is_refused(name: str) -> None:
    block, problem = BAD[name]
    answer = refusal([block]).answer
    assert answer["error"] == "invalid_blocks"
    assert problem in answer["errors"][0]
    assert answer["response_metadata"]["messages"][0] == f"[ERROR] {answer['errors'][0]}"


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_a_view_beyond_its_limits_is_refused(name: str) -> None:
    view, problem = BAD_VIEWS[name]
    with pytest.raises(Refusal) as caught:
        check_view(view, "modal")
    assert caught.value.code == "invalid_arguments"
    assert problem in caught.value.answer["errors"][0]


def test_what_slacks_own_models_render_is_taken() -> None:
    """A cross-check from the other side: these limits and those of slack_sdk were written by different people."""
    confirm_object = sdk.ConfirmObject(title="t", text="x", confirm="y", deny="n", style="danger")
    choices = [sdk.Option(text="a", value="a", description="d")]
    parts = sdk.RichTextElementParts
    rendered = [
        sdk.SectionBlock(
            text="*hi*", accessory=sdk.ButtonElement(text="x", action_id="q", confirm=confirm_object)
        ),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="x", verbatim=True)]),
        sdk.ActionsBlock(
            elements=[
                sdk.OverflowMenuElement(action_id="o", options=choices),
                sdk.StaticSelectElement(action_id="s", placeholder="p", options=choices),
                sdk.ConversationSelectElement(
                    action_id="c", placeholder="p", filter=sdk.ConversationFilter(include=["im"])
                ),
            ]
        ),
        sdk.RichTextBlock(
            elements=[
                sdk.RichTextPreformattedElement(elements=[parts.Text(text="x")], border=0),
                sdk.RichTextListElement(
                    style="bullet",
                    indent=0,
                    elements=[sdk.RichTextSectionElement(elements=[parts.Team(team_id="T0COUNTER")])],
                ),
            ]
        ),
        sdk.InputBlock(
            label="l",
            element=sdk.PlainTextInputElement(action_id="a", multiline=True, max_length=3000),
            optional=True,
        ),
        sdk.TableBlock(rows=[[{"type": "raw_text", "text": "x"}]], column_settings=[{"align": "left"}]),
    ]
    check_message("", [block.to_dict() for block in rendered])
    modal_view = View(
        type="modal", title="t", submit="s", close="c", notify_on_close=True, blocks=rendered[:-1]
    )
    check_view(modal_view.to_dict(), "modal")


def test_a_full_modal_is_taken() -> None:
    longest = plain("x" * 24)
    full = modal(title=longest, submit=longest, close=longest, private_metadata="x" * 3000)
    check_view(full | {"blocks": [asking(), *[section()] * 99]}, "modal")
    check_view({"type": "home", "blocks": [actions(button())]}, "home")


def test_a_huge_view_is_refused() -> None:
    with pytest.raises(Refusal, match="view_too_large"):
        check_view(modal(blocks=[section(text=plain("x" * 3000))] * 90), "modal")


def test_a_message_has_at_most_fifty_blocks() -> None:
    check_message("", [section()] * 50)
    assert (
        "no more than 50 items allowed [json-pointer:/blocks]" in refusal([section()] * 51).answer["errors"]
    )


def test_all_text_of_a_message_together_is_limited() -> None:
    """Rich text counts too: no single limit is broken, only the sum."""
    part = rich(rich_section({"type": "text", "text": "x" * 9000}))
    check_message("", [part, section(text=plain("x" * 3000))])
    assert (
        refusal([part, section(text=plain("x" * 3000)), section(text=plain("x"))]).code
        == "msg_blocks_too_long"
    )


def test_two_tables_or_one_block_id_twice_are_refused() -> None:
    assert "only_one_table_allowed" in refusal([table(1, 1), table(1, 1)]).answer["errors"][0]
    twins = [{"type": "divider", "block_id": "b"}] * 2
    assert "block_id already exists: b" in refusal(twins).answer["errors"][0]


@pytest.mark.parametrize("blocks", [None, [], ""])
def test_a_message_needs_text_or_blocks(blocks: Any) -> None:
    assert refusal(blocks, text=" ").code == "no_text"
    check_message("words", blocks)


def test_a_text_that_is_too_long_is_refused() -> None:
    check_message("x" * 40_000, None)
    assert refusal(None, text="x" * 40_001).code == "msg_too_long"


def test_blocks_must_be_a_list() -> None:
    assert refusal({"type": "divider"}).code == "invalid_blocks_format"


def test_missing_ids_are_added_and_given_ones_kept() -> None:
    given = [actions(button(action_id="go"), button()), section(block_id="mine", text=plain())]
    first, second = settled(given)
    assert first["block_id"] != ""
    assert first["elements"][0]["action_id"] == "go"
    assert first["elements"][1]["action_id"] not in ("", "go")
    assert second["block_id"] == "mine"
    assert "block_id" not in given[0]
