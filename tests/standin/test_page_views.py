"""The stand-in's page in a real browser: modals and the Home tab."""

from playwright.async_api import Locator, Page, expect

from bot.standin.server import Standin
from tests.standin.robot import (
    Api,
    Json,
    ScriptedApp,
    action,
    button,
    card,
    field,
    look,
    modal,
    mrkdwn,
    options,
    plain,
    post,
)

pytest_plugins = ("tests.browser", "tests.standin.stage")


async def opened(page: Page, acme: Standin, api: Api, robot: ScriptedApp, view: Json) -> Locator:
    """Bob clicks a button, the app opens this view."""

    async def show(payload: Json) -> None:
        await api.views_open(trigger_id=payload["trigger_id"], view=view)

    robot.answers["open"] = show
    await post(api, card(button("open")))
    await look(page, acme, "U0BOB")
    await action(page, "open").click()
    dialog = page.locator("dialog[data-view-id]")
    await expect(dialog).to_be_visible()
    return dialog


async def test_a_modal_sends_what_was_filled_in_and_closes(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    fields = (
        field("why", "plain_text_input", multiline=True),
        field("kind", "static_select", options=options("amount", "account")),
        field("tell", "checkboxes", options=options("alice", "all")),
        field(
            "again", "radio_buttons", options=options("never", "later"), initial_option=options("never")[0]
        ),
        field("day", "datepicker", initial_date="2026-12-01"),
        field("who", "users_select", optional=True),
    )
    dialog = await opened(page, acme, api, robot, modal(*fields))
    await dialog.get_by_label("Why").fill("Too much")
    await dialog.get_by_label("Kind").select_option(label="Account")
    await dialog.get_by_label("All").check()
    await dialog.get_by_label("Later").check()
    await dialog.get_by_label("Day").fill("2026-12-24")
    await dialog.get_by_label("Who").select_option(label="Carol Lind")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog).to_be_hidden()
    values = robot.heard[-1]["view"]["state"]["values"]
    assert values["why"]["why"]["value"] == "Too much"
    assert values["kind"]["kind"]["selected_option"]["value"] == "account"
    assert [one["value"] for one in values["tell"]["tell"]["selected_options"]] == ["all"]
    assert values["again"]["again"]["selected_option"]["value"] == "later"
    assert values["day"]["day"]["selected_date"] == "2026-12-24"
    assert values["who"]["who"]["selected_user"] == "U0CAROL"


async def test_errors_stand_under_their_inputs_and_what_was_typed_stays(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    robot.answers["view_submission"] = {"response_action": "errors", "errors": {"why": "Say more."}}
    fields = field("why", "plain_text_input"), field("note", "plain_text_input", optional=True)
    dialog = await opened(page, acme, api, robot, modal(*fields))
    send = dialog.get_by_role("button", name="Send")
    await dialog.get_by_label("Note").fill("kept")
    await send.click()
    await expect(dialog.get_by_role("alert")).to_have_text("Please complete this required field.")
    await expect(dialog.get_by_label("Why")).to_be_focused()
    await dialog.get_by_label("Why").fill("no")
    await send.click()
    await expect(dialog.get_by_role("alert")).to_have_text("Say more.")
    await expect(dialog.get_by_label("Why")).to_have_value("no")
    await expect(dialog.get_by_label("Why")).to_have_attribute("aria-invalid", "true")
    await expect(dialog.get_by_label("Note")).to_have_value("kept")
    robot.answers.clear()
    await send.click()
    await expect(dialog).to_be_hidden()


async def test_a_pushed_page_goes_back_to_what_was_typed(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    second = modal({"type": "section", "text": mrkdwn("*Details*")}, title="Everything")
    robot.answers["view_submission"] = {"response_action": "push", "view": second}
    dialog = await opened(page, acme, api, robot, modal(field("why", "plain_text_input")))
    await dialog.get_by_label("Why").fill("kept")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("heading", name="Everything")).to_be_visible()
    await dialog.get_by_role("button", name="Back").click()
    await expect(dialog.get_by_label("Why")).to_have_value("kept")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_a_view_that_changes_while_somebody_types_keeps_what_was_typed(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    why = field("why", "plain_text_input")
    dialog = await opened(page, acme, api, robot, modal(why))
    await dialog.get_by_label("Why").fill("half a sent")
    more = {"type": "section", "block_id": "more", "text": plain("all of it")}
    await api.views_update(view_id=await dialog.get_attribute("data-view-id"), view=modal(more, why))
    await expect(dialog.locator('[data-block-id="more"]')).to_have_text("all of it")
    await expect(dialog.get_by_label("Why")).to_have_value("half a sent")
    await expect(dialog.get_by_label("Why")).to_be_focused()


async def test_a_button_in_a_modal_tells_the_app_what_was_typed_so_far(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    view = modal(*card(button("check")), field("why", "plain_text_input"))
    dialog = await opened(page, acme, api, robot, view)
    await dialog.get_by_label("Why").fill("so far")
    await action(page, "check").click()
    await expect(action(page, "check")).to_be_enabled()
    assert robot.heard[-1]["view"]["state"]["values"]["why"]["why"]["value"] == "so far"


async def test_a_modal_that_cannot_be_sent_says_so_and_stays(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    dialog = await opened(page, acme, api, robot, modal(field("why", "plain_text_input")))
    robot.gate.clear()
    await dialog.get_by_label("Why").fill("because")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_role("alert")).to_have_text("We had some trouble connecting. Try again?")
    await expect(dialog.get_by_label("Why")).to_have_value("because")


async def test_the_home_tab_shows_what_the_app_published(
    page: Page, acme: Standin, api: Api, robot: ScriptedApp
) -> None:
    await api.views_publish(user_id="U0BOB", view={"type": "home", "blocks": card(button("review"))})
    await look(page, acme, "U0BOB")
    await page.locator("[data-open-dm]").click()
    await page.locator('[data-tab="home"]').click()
    await action(page, "review").click()
    await expect(action(page, "review")).to_be_enabled()
    assert robot.actions()[0]["action_id"] == "review"
