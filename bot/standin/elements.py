"""Text objects, options, confirm dialogs and the elements inside blocks, with Slack's limits."""

from bot.standin.schema import Check, choice, flag, listing, record, string, variant, whole

ANY = 1_000_000
ACTION_ID = BLOCK_ID = 255
BUTTON_TEXT, BUTTON_VALUE, URL = 75, 2_000, 3_000
OPTION_TEXT, OPTION_VALUE = 75, 150
PLACEHOLDER, INPUT_TEXT = 150, 3_000
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
OPTIONS, GROUPS, BOXES, OVERFLOW = 100, 100, 10, 5
ALT_TEXT = 2_000


def plain(most: int) -> Check:
    """A text object Slack never interprets."""
    return variant({"plain_text": record({"text": string(most)}, {"emoji": flag})})


def words(most: int) -> Check:
    """A text object of either kind."""
    return variant(
        {
            "plain_text": record({"text": string(most)}, {"emoji": flag}),
            "mrkdwn": record({"text": string(most)}, {"verbatim": flag}),
        }
    )


CONFIRM = record(
    {
        "title": plain(CONFIRM_TITLE),
        "text": words(CONFIRM_TEXT),
        "confirm": plain(CONFIRM_BUTTON),
        "deny": plain(CONFIRM_BUTTON),
    },
    {"style": choice("primary", "danger")},
)
ACTION = {"action_id": string(ACTION_ID), "confirm": CONFIRM, "focus_on_load": flag}
HINTED = ACTION | {"placeholder": plain(PLACEHOLDER)}
OPTION = record(
    {"text": plain(OPTION_TEXT), "value": string(OPTION_VALUE)}, {"description": plain(OPTION_TEXT)}
)
RICH_OPTION = record(
    {"text": words(OPTION_TEXT), "value": string(OPTION_VALUE)}, {"description": words(OPTION_TEXT)}
)
MENU_OPTION = record(
    {"text": plain(OPTION_TEXT), "value": string(OPTION_VALUE)},
    {"description": plain(OPTION_TEXT), "url": string(URL)},
)
OPTION_GROUP = record({"label": plain(OPTION_TEXT), "options": listing(OPTION, OPTIONS)})

BUTTON = record(
    {"text": plain(BUTTON_TEXT)},
    {
        "action_id": string(ACTION_ID),
        "value": string(BUTTON_VALUE),
        "url": string(URL),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(BUTTON_TEXT),
    },
)
IMAGE = record({"image_url": string(URL), "alt_text": string(ALT_TEXT)})
MENU = record(
    {"options": listing(MENU_OPTION, OVERFLOW)}, {"action_id": string(ACTION_ID), "confirm": CONFIRM}
)
BOXES_FIELDS = {"options": listing(RICH_OPTION, BOXES)}
CHECKBOXES = record(BOXES_FIELDS, ACTION | {"initial_options": listing(RICH_OPTION, BOXES)})
RADIO = record(BOXES_FIELDS, ACTION | {"initial_option": RICH_OPTION})
SELECT_FIELDS = {"options": listing(OPTION, OPTIONS), "option_groups": listing(OPTION_GROUP, GROUPS)}
MANY = {"max_selected_items": whole(1, OPTIONS)}
NAME = string(ACTION_ID)
NAMES = listing(NAME, OPTIONS, 0)

CURRENT = {
    "default_to_current_conversation": flag,
    "filter": record(
        {},
        {
            "include": listing(choice("im", "mpim", "private", "public"), 4),
            "exclude_bot_users": flag,
            "exclude_external_shared_channels": flag,
        },
    ),
}


def pickers() -> dict[str, Check]:
    """The elements that choose one or several things, in actions, sections and inputs alike."""
    menus: dict[str, Check] = {
        "static_select": record({}, HINTED | SELECT_FIELDS | {"initial_option": OPTION}),
        "multi_static_select": record(
            {}, HINTED | SELECT_FIELDS | MANY | {"initial_options": listing(OPTION, OPTIONS)}
        ),
        "datepicker": record({}, HINTED | {"initial_date": string(10, 10)}),
        "timepicker": record({}, HINTED | {"initial_time": string(5, 5), "timezone": NAME}),
        "datetimepicker": record({}, ACTION | {"initial_date_time": whole(0, 9_999_999_999)}),
        "checkboxes": CHECKBOXES,
        "radio_buttons": RADIO,
    }
    for what in ("user", "conversation", "channel"):
        extra = CURRENT if what == "conversation" else {}
        menus[f"{what}s_select"] = record({}, HINTED | extra | {f"initial_{what}": NAME})
        menus[f"multi_{what}s_select"] = record({}, HINTED | extra | MANY | {f"initial_{what}s": NAMES})
    return menus


TYPED = HINTED | {
    "initial_value": string(INPUT_TEXT, 0),
    "dispatch_action_config": record(
        {}, {"trigger_actions_on": listing(choice("on_enter_pressed", "on_character_entered"), 2)}
    ),
}
INPUTS: dict[str, Check] = pickers() | {
    "plain_text_input": record(
        {},
        TYPED | {"multiline": flag, "min_length": whole(0, INPUT_TEXT), "max_length": whole(1, INPUT_TEXT)},
    ),
    "email_text_input": record({}, TYPED),
    "url_text_input": record({}, TYPED),
    "number_input": record(
        {"is_decimal_allowed": flag}, TYPED | {"min_value": string(ANY), "max_value": string(ANY)}
    ),
}
CLICKED: dict[str, Check] = pickers() | {"button": BUTTON, "overflow": MENU}
BESIDE: dict[str, Check] = CLICKED | {"image": IMAGE}
SMALL: dict[str, Check] = {
    "image": IMAGE,
    "plain_text": record({"text": string(INPUT_TEXT)}, {"emoji": flag}),
    "mrkdwn": record({"text": string(INPUT_TEXT)}, {"verbatim": flag}),
}
