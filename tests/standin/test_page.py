"""The stand-in's page in a real browser: what it shows, and that it keeps up."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from bot.standin.server import Standin
from tests.standin.robot import Api, Json, action, button, card, look, message, mrkdwn, plain, post

pytest_plugins = ("tests.browser", "tests.standin.stage")

HOSTILE = "<img src=x onerror=alert(1)> *bold* _it_ <@U0BOB> <script>alert(2)</script> &amp; :tada: <https://x.example|y>"


async def test_a_link_leads_to_a_user_a_channel_and_a_thread(page: Page, acme: Standin, api: Api) -> None:
    ts = await post(api, text="the start")
    await post(api, text="the answer", thread_ts=ts)
    await look(page, acme, "U0BOB", thread=ts)
    await expect(page.locator("[data-user]")).to_have_value("U0BOB")
    await expect(page.locator('[data-channel="C0APPROVALS"]')).to_have_attribute("aria-current", "page")
    await expect(page.locator(f'[data-thread="{ts}"] article')).to_have_count(2)
    await expect(page.locator("main article")).to_have_count(1)


async def test_a_message_shows_its_author_its_time_and_that_it_is_an_app(
    page: Page, acme: Standin, api: Api
) -> None:
    ts = await post(api)
    await look(page, acme, "U0BOB")
    await expect(message(page, ts).locator(".heading")).to_contain_text("CountersignAPP")
    await expect(message(page, ts).locator("time")).to_contain_text(":")


async def test_nothing_in_a_message_is_ever_interpreted_as_markup(
    page: Page, acme: Standin, api: Api
) -> None:
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}],
    }
    blocks: list[Json] = [
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "section", "text": plain(HOSTILE), "accessory": button("a", text=plain("<b>go</b>"))},
        {"type": "context", "elements": [plain(HOSTILE)]},
        rich,
        {"type": "section", "block_id": "m", "text": mrkdwn("<javascript:alert(3)|click> <b>x</b> <!--")},
    ]
    ts = await post(api, blocks)
    await look(page, acme, "U0BOB")
    shown = message(page, ts)
    for place in (".header", ".section .text >> nth=0", ".context", ".rich"):
        await expect(shown.locator(place)).to_have_text(HOSTILE)
    await expect(action(page, "a")).to_have_text("<b>go</b>")
    await expect(shown.locator('[data-block-id="m"]')).to_have_text(
        "<javascript:alert(3)|click> <b>x</b> <!--"
    )
    assert await shown.locator("img, script, a, b, i, .mention").count() == 0


async def test_a_link_in_rich_text_that_is_no_web_address_is_only_words(
    page: Page, acme: Standin, api: Api
) -> None:
    links = [
        {"type": "link", "url": "javascript:alert(1)", "text": "evil"},
        {"type": "link", "url": "https://good.example/", "text": "good"},
    ]
    ts = await post(
        api, [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": links}]}]
    )
    await look(page, acme, "U0BOB")
    await expect(message(page, ts).locator(".rich")).to_have_text("evilgood")
    anchors = message(page, ts).locator("a")
    await expect(anchors).to_have_count(1)
    await expect(anchors).to_have_attribute("href", "https://good.example/")
    await expect(anchors).to_have_attribute("rel", "noopener noreferrer")


MRKDWN = [
    ("*bold* and 2*3*4", ["<b>bold</b> and 2*3*4"]),
    ("_slanted_ snake_case_name", ["<i>slanted</i> snake_case_name"]),
    ("~gone~", ["<s>gone</s>"]),
    ("*bold _both_*", ["<b>bold <i>both</i></b>"]),
    ("`*raw*` &lt;b&gt; &amp;lt;", ["<code>*raw*</code> &lt;b&gt; &amp;lt;"]),
    ("```a *b*\n<c```", ["<pre>a *b*\n&lt;c</pre>"]),
    ("> told\n> you\nso", ["<blockquote>told\nyou</blockquote>so"]),
    ("<https://a.example/?x=1&amp;y=2|here>", ['href="https://a.example/?x=1&amp;y=2"', ">here</a>"]),
    ("see https://a.example/b.", [">https://a.example/b</a>."]),
    ("<@U0CAROL> <!here>", [">@Carol Lind</span>", ">@here</span>"]),
    ("<#C0GENERAL>", [">#general</button>"]),
    ("<!date^0^{date_num}|never>", [">01/01/1970</time>"]),
    ("<!date^soon^{date}|later>", [">later</time>"]),
    (":white_check_mark: :no_such_thing:", ["✅ :no_such_thing:"]),
]


async def test_mrkdwn_looks_as_in_slack(page: Page, acme: Standin, api: Api) -> None:
    sent = [(await post(api, text=text), wanted) for text, wanted in MRKDWN]
    await look(page, acme, "U0BOB")
    for ts, wanted in sent:
        html = await message(page, ts).locator(".text").inner_html()
        for part in wanted:
            assert part in html


async def test_rich_text_and_tables_keep_their_structure(page: Page, acme: Standin, api: Api) -> None:
    words = [
        {"type": "text", "text": "both", "style": {"bold": True, "code": True}},
        {"type": "user", "user_id": "U0CAROL"},
        {"type": "channel", "channel_id": "C0GENERAL"},
        {"type": "emoji", "name": "eyes"},
        {"type": "broadcast", "range": "here"},
        {"type": "usergroup", "usergroup_id": "S0FINANCE"},
        {"type": "date", "timestamp": 0, "format": "{date_num}", "fallback": "then"},
    ]
    section = {"type": "rich_text_section", "elements": words}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]}
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\n  b"}]}
    listed = {"type": "rich_text_list", "style": "ordered", "elements": [item]}
    rows = [[{"type": "raw_text", "text": cell} for cell in row] for row in (("Name", "Sum"), ("x", "1"))]
    table = {"type": "table", "rows": rows, "column_settings": [{}, {"align": "right"}]}
    ts = await post(api, [{"type": "rich_text", "elements": [section, listed, quote, code]}, table])
    await look(page, acme, "U0BOB")
    shown = message(page, ts)
    await expect(shown.locator(".rich")).to_have_text("both@Carol Lind#general👀@here@finance01/01/1970")
    await expect(shown.locator("b > code")).to_have_text("both")
    await expect(shown.locator("ol > li")).to_have_text("one")
    await expect(shown.locator("blockquote")).to_have_text("said")
    assert await shown.locator("pre").text_content() == "a\n  b"
    await expect(shown.locator("th")).to_have_text(["Name", "Sum"])
    await expect(shown.locator("td.align-right")).to_have_text("1")


async def test_the_page_loads_nothing_from_anywhere_else(page: Page, acme: Standin, api: Api) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc or "inline"))
    image = {"type": "image", "image_url": "https://spy.example/pixel.png", "alt_text": "A chart"}
    ts = await post(api, [image])
    await look(page, acme, "U0BOB")
    await expect(message(page, ts).get_by_role("img", name="A chart")).to_be_visible()
    assert set(asked) <= {urlsplit(acme.url).netloc, "inline"}


async def test_only_the_one_it_is_for_sees_an_ephemeral_message(page: Page, acme: Standin, api: Api) -> None:
    await api.chat_postEphemeral(channel="C0APPROVALS", user="U0BOB", text="not yours to approve")
    await look(page, acme, "U0BOB")
    await expect(page.locator("article")).to_contain_text(["Only visible to you"])
    await page.select_option("[data-user]", "U0CAROL")
    await expect(page.locator("article")).to_have_count(0)


async def test_what_is_new_is_marked_until_it_is_looked_at(page: Page, acme: Standin, api: Api) -> None:
    await look(page, acme, "U0BOB", "C0GENERAL")
    room = page.locator('[data-channel="C0APPROVALS"]')
    await expect(room).not_to_have_class("room unread")
    await post(api, text="for <@U0BOB>")
    await post(api, text="for nobody")
    await expect(room).to_have_attribute("data-unread", "2")
    await expect(room.locator(".count")).to_have_text("1")
    await room.click()
    await page.locator('[data-channel="C0GENERAL"]').click()
    await expect(room).to_have_class("room")


async def test_a_narrow_window_has_a_menu_and_nothing_to_scroll_sideways(
    page: Page, acme: Standin, api: Api
) -> None:
    await page.set_viewport_size({"width": 400, "height": 700})
    buttons = [button(f"choose_{number}") for number in range(6)]
    await post(api, [{"type": "section", "text": plain("x" * 900)}, *card(*buttons)])
    await look(page, acme, "U0BOB")
    assert await page.evaluate("document.documentElement.scrollWidth") == 400
    await expect(page.locator("[data-user]")).to_be_hidden()
    await page.get_by_role("button", name="Channels").click()
    await page.locator('[data-channel="C0GENERAL"]').click()
    await expect(page.locator("h1")).to_have_text("general")
    await expect(page.locator("[data-user]")).to_be_hidden()


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(26, 28, 32)")])
async def test_the_page_follows_the_colour_scheme(
    page: Page, acme: Standin, scheme: Any, ground: str
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await look(page, acme, "U0BOB")
    await expect(page.locator("body")).to_have_css("background-color", ground)


async def test_a_stand_in_that_goes_and_comes_back_is_noticed(page: Page, acme: Standin, api: Api) -> None:
    await look(page, acme, "U0BOB")
    await acme.stop()
    await expect(page.locator("#offline")).to_be_visible()
    await acme.start()
    ts = await post(api, text="back again")
    await expect(message(page, ts)).to_be_visible()
    await expect(page.locator("#offline")).to_be_hidden()


async def test_a_new_message_disturbs_neither_the_box_nor_the_scrolled_list(
    page: Page, acme: Standin, api: Api
) -> None:
    for number in range(40):
        await post(api, text=f"line {number}")
    await look(page, acme, "U0BOB")
    await expect(page.locator("article").last).to_be_in_viewport()
    await page.fill("main [data-composer]", "half a sent")
    await page.evaluate("document.getElementById('messages').scrollTop = 0")
    ts = await post(api, text="news")
    await expect(message(page, ts)).to_be_attached()
    assert await page.evaluate("document.getElementById('messages').scrollTop") == 0
    await expect(page.locator("main [data-composer]")).to_have_value("half a sent")
    await expect(page.locator("main [data-composer]")).to_be_focused()


async def test_looking_as_somebody_else_shows_their_channels_only(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0BOB", "C0PRIVATE")
    await expect(page.locator("h1")).to_have_text("private")
    await page.select_option("[data-user]", "U0DAVE")
    await expect(page.locator("h1")).to_have_text("general")
    await expect(page.locator('[data-channel="C0APPROVALS"], [data-channel="C0PRIVATE"]')).to_have_count(0)
