"""The stand-in's page in a real browser: what a person can do there, by writing and by clicking."""

from playwright.async_api import Page, expect

from bot.standin.server import Standin
from tests.standin.robot import (
    Api,
    Json,
    ScriptedApp,
    action,
    button,
    card,
    look,
    message,
    mrkdwn,
    options,
    plain,
    post,
)

pytest_plugins = ("tests.browser", "tests.standin.stage")


async def test_enter_sends_and_a_handle_becomes_a_mention(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0GENERAL")
    await page.fill("main [data-composer]", "@countersign transfer 250 if a < b")
    await page.press("main [data-composer]", "Enter")
    await expect(page.locator("article .mention")).to_have_text("@Countersign")
    await expect(page.locator("main [data-composer]")).to_have_value("")
    said = acme.workspace.rooms["C0GENERAL"].messages[-1]
    assert (said.user, said.text) == ("U0ALICE", "<@U0BOT> transfer 250 if a &lt; b")


async def test_shift_enter_breaks_the_line(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0GENERAL")
    await page.fill("main [data-composer]", "one")
    await page.press("main [data-composer]", "Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator("article .rich")).to_have_text("one\ntwo")


async def test_the_suggestion_fills_the_box(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0GENERAL")
    await page.get_by_role("button", name="@countersign transfer 250 from checking to savings").click()
    await expect(page.locator("main [data-composer]")).to_be_focused()
    await expect(page.locator("main [data-composer]")).to_have_value(
        "@countersign transfer 250 from checking to savings"
    )


async def test_an_answer_in_the_thread_pane_stays_in_the_thread(page: Page, acme: Standin, api: Api) -> None:
    ts = await post(api)
    await look(page, acme, "U0ALICE")
    await message(page, ts).hover()
    await page.get_by_role("button", name="Reply in thread").click()
    await page.keyboard.type("thanks")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-thread] article")).to_have_count(2)
    await expect(page.locator(f'[data-open-thread="{ts}"]')).to_contain_text("1 reply")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-thread]")).to_have_count(0)


async def test_a_slash_command_goes_to_the_app_and_its_answer_is_private(
    page: Page, acme: Standin, robot: ScriptedApp
) -> None:
    robot.answers["/approvals"] = {"response_type": "ephemeral", "text": "Nothing waits for you."}
    await look(page, acme, "U0BOB", "C0GENERAL")
    await page.fill("main [data-composer]", "/approvals mine")
    await page.keyboard.press("Enter")
    await expect(page.locator("article.ephemeral")).to_contain_text("Nothing waits for you.")
    assert (robot.heard[0]["command"], robot.heard[0]["text"]) == ("/approvals", "mine")


async def test_the_app_is_reached_by_direct_message(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0GENERAL")
    await page.locator("[data-open-dm]").click()
    await expect(page.locator("h1")).to_have_text("Countersign")
    await page.fill("main [data-composer]", "hello")
    await page.keyboard.press("Enter")
    await expect(page.locator("article")).to_contain_text(["hello"])


async def test_nobody_writes_in_an_archived_channel(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0ARCHIVED")
    await expect(page.locator("main [data-composer]")).to_be_disabled()


async def test_a_draft_waits_in_its_channel(page: Page, acme: Standin) -> None:
    await look(page, acme, "U0ALICE", "C0GENERAL")
    await page.fill("main [data-composer]", "half a")
    await page.locator('[data-channel="C0OUTCOMES"]').click()
    await expect(page.locator("main [data-composer]")).to_have_value("")
    await page.locator('[data-channel="C0GENERAL"]').click()
    await expect(page.locator("main [data-composer]")).to_have_value("half a")


async def test_a_click_reaches_the_app_and_the_rewritten_card_appears(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    async def close(payload: Json) -> None:
        done = [{"type": "section", "text": mrkdwn("*Approved*")}]
        await api.chat_update(channel="C0APPROVALS", ts=payload["message"]["ts"], text="done", blocks=done)

    robot.answers["approve"] = close
    ts = await post(api, card(button("approve", style="primary")))
    await look(page, acme, "U0BOB")
    await action(page, "approve").click()
    await expect(message(page, ts).locator("b")).to_have_text("Approved")
    await expect(action(page, "approve")).to_have_count(0)
    assert robot.heard[0]["user"]["id"] == "U0BOB"
    assert robot.actions()[0]["value"] == "v1"


async def test_a_button_is_busy_until_the_app_has_answered(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    robot.gate.clear()
    await post(api, card(button("approve"), button("reject")))
    await look(page, acme, "U0BOB")
    await action(page, "approve").click()
    await expect(action(page, "approve")).to_have_attribute("aria-busy", "true")
    await expect(action(page, "approve")).to_be_disabled()
    await expect(action(page, "reject")).to_be_disabled()
    robot.gate.set()
    await expect(action(page, "approve")).to_be_enabled()
    await expect(action(page, "reject")).to_be_enabled()
    assert len(robot.heard) == 1


async def test_a_click_that_is_not_acknowledged_is_told(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    robot.gate.clear()
    await post(api, card(button("approve")))
    await look(page, acme, "U0BOB")
    await action(page, "approve").click()
    toast = page.locator("[data-toast]")
    await expect(toast).to_have_count(1)
    await expect(toast).to_contain_text("did not answer")
    await expect(action(page, "approve")).to_be_enabled()
    await toast.get_by_role("button", name="Dismiss").click()
    await expect(toast).to_have_count(0)


async def test_a_confirm_dialog_asks_before_anything_is_sent(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    confirm = {
        "title": plain("Sure?"),
        "text": mrkdwn("For *good*"),
        "confirm": plain("Do it"),
        "deny": plain("No"),
    }
    await post(api, card(button("reject", confirm=confirm)))
    await look(page, acme, "U0BOB")
    dialog = page.get_by_role("dialog", name="Sure?")
    await action(page, "reject").click()
    await expect(dialog.locator("b")).to_have_text("good")
    await dialog.get_by_role("button", name="No").click()
    await expect(dialog).to_have_count(0)
    await action(page, "reject").click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert robot.heard == []
    await action(page, "reject").click()
    await dialog.get_by_role("button", name="Do it").click()
    await expect(dialog).to_have_count(0)
    await expect(action(page, "reject")).to_be_enabled()
    assert [one["action_id"] for one in robot.actions()] == ["reject"]


async def test_a_choice_of_an_overflow_menu_is_sent(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    await post(api, card({"type": "overflow", "action_id": "more", "options": options("delegate", "ask")}))
    await look(page, acme, "U0BOB")
    await action(page, "more").click()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_hidden()
    await expect(action(page, "more")).to_be_enabled()
    assert robot.actions()[0]["selected_option"]["value"] == "ask"


async def test_an_open_menu_stays_open_when_something_new_arrives(
    page: Page, acme: Standin, api: Api
) -> None:
    await post(api, card({"type": "overflow", "action_id": "more", "options": options("delegate", "ask")}))
    await look(page, acme, "U0BOB")
    await action(page, "more").click()
    ts = await post(api, text="news")
    await expect(message(page, ts)).to_be_attached()
    await expect(page.get_by_role("menu")).to_be_visible()
    await expect(page.get_by_role("menuitem", name="Delegate")).to_be_focused()


async def test_a_choice_in_a_select_of_a_message_is_sent(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    await post(api, card({"type": "static_select", "action_id": "pick", "options": options("x", "y")}))
    await look(page, acme, "U0BOB")
    await action(page, "pick").select_option(label="Y")
    await expect(action(page, "pick")).to_be_enabled()
    assert robot.actions()[0]["selected_option"]["value"] == "y"


async def test_the_keyboard_alone_can_approve(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    await post(api, card(button("approve")))
    await look(page, acme, "U0BOB")
    await page.locator("#messages").focus()
    await page.keyboard.press("Tab")
    await expect(action(page, "approve")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(action(page, "approve")).to_be_enabled()
    assert [one["action_id"] for one in robot.actions()] == ["approve"]
