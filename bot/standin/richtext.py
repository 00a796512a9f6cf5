"""Rich text, as Slack checks it: a structure of sections, lists, quotes and code."""

from bot.standin.elements import ANY, BLOCK_ID, URL
from bot.standin.schema import Check, choice, flag, listing, record, string, variant, whole

ITEMS = 10_000
STYLE = record(
    {}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "unlink"), flag)
)
STYLED = {"style": STYLE}
LINK = record({"url": string(URL)}, STYLED | {"text": string(ANY), "unsafe": flag})
TEXT = record({"text": string(ANY)}, STYLED)
NAME = string(BLOCK_ID)
INLINE: dict[str, Check] = {
    "text": TEXT,
    "link": LINK,
    "user": record({"user_id": NAME}, STYLED),
    "channel": record({"channel_id": NAME}, STYLED),
    "usergroup": record({"usergroup_id": NAME}, STYLED),
    "broadcast": record({"range": choice("here", "channel", "everyone")}, STYLED),
    "date": record(
        {"timestamp": whole(0, 99_999_999_999), "format": NAME},
        STYLED | {"url": string(URL), "fallback": string(ANY)},
    ),
    "emoji": record({"name": NAME}, STYLED | {"unicode": NAME, "skin_tone": whole(1, 6)}),
    "team": record({"team_id": NAME}, STYLED),
    "color": record({"value": NAME}, STYLED),
}
PARTS = listing(variant(INLINE), ITEMS, 0)
BORDER = {"border": whole(0, 1)}
SECTION = record({"elements": PARTS})
GROUPS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_quote": record({"elements": PARTS}, BORDER),
    "rich_text_preformatted": record(
        {"elements": listing(variant({"text": TEXT, "link": LINK}), ITEMS, 0)}, BORDER | {"language": NAME}
    ),
    "rich_text_list": record(
        {
            "style": choice("bullet", "ordered"),
            "elements": listing(variant({"rich_text_section": SECTION}), ITEMS),
        },
        BORDER | {"indent": whole(0, 8), "offset": whole(0, ITEMS)},
    ),
}
RICH_TEXT = record({"elements": listing(variant(GROUPS), ITEMS)}, {"block_id": string(BLOCK_ID)})
