"""Answering in a real browser: an option is pressed, a form is filled in, and the card says what was answered."""

from playwright.async_api import Page, expect

from activities.elicitations import CHOOSE, RESPOND
from tests.doors import Handle, start_request
from tests.harness import APPROVALS, BOB, Harness
from tests.workflows.test_elicitation import Order
from workflows.contracts import JsonObject
from workflows.elicitation import ASK_HUMAN, describe_model

pytest_plugins = ("tests.browser",)


async def ask(page: Page, harness: Harness, **arguments: object) -> Handle:
    handle = await start_request(
        harness, action=ASK_HUMAN, title="Where?", arguments={"question": "Where?", **arguments}
    )
    await harness.card()
    await page.goto(f"{harness.slack.url}/?user={BOB}&channel={APPROVALS}")
    return handle


async def test_an_option_is_pressed(page: Page, harness: Harness) -> None:
    handle = await ask(page, harness, options=["Here", "There <b>"])
    await page.locator(f'[data-action-id="{CHOOSE}_1"]', has_text="There <b>").click()
    await expect(page.get_by_text("Answered: Where?")).to_be_visible()
    await expect(page.locator("pre", has_text="There <b>")).to_be_visible()
    await expect(page.locator(f'[data-action-id^="{CHOOSE}"]')).to_have_count(0)
    assert (await handle.result()).answer == "There <b>"


async def test_a_form_is_filled_in(page: Page, harness: Harness) -> None:
    schema: JsonObject = describe_model(Order)
    handle = await ask(page, harness, schema=schema)
    await page.locator(f'[data-action-id="{RESPOND}"]').click()
    dialog = page.locator("dialog[data-view-id]")
    await dialog.locator("select").nth(0).select_option(label="us")
    await dialog.locator("input").nth(0).fill("-1")
    await dialog.locator("select").nth(1).select_option(label="true")
    await dialog.locator('input[type="date"]').fill("2026-12-04")
    await dialog.locator("[data-submit]").click()
    await expect(dialog.get_by_text("less than or equal to the minimum")).to_be_visible()
    await dialog.locator("input").nth(0).fill("12.5")
    await dialog.locator("[data-submit]").click()
    await expect(page.get_by_text("Answered: Where?")).to_be_visible()
    await expect(page.locator("pre", has_text="amount: 12.5")).to_be_visible()
    answer = (await handle.result()).answer
    assert Order.model_validate(answer).tags == []
