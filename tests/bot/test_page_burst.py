"""Several requests at once in a real browser: seen in one message, decided together, what was left over one by one."""

from playwright.async_api import Locator, Page, expect

from activities.bursts import APPROVE_ALL
from tests.harness import APPROVALS, BOB, GENERAL, Harness, eventually
from tests.standin.robot import action, look
from workflows.notices import CARD

pytest_plugins = ("tests.browser",)

THREE = "transfer 40 from checking to savings, transfer 41 from checking to savings and transfer 42 from checking to savings"


def shown(page: Page, ts: str) -> Locator:
    return page.locator(f'main [data-ts="{ts}"]')


async def test_an_approver_decides_several_at_once_and_sees_what_came_of_each(
    page: Page, harness: Harness
) -> None:
    thread = await harness.ask(THREE)
    message = await harness.card()
    await eventually(lambda: len(harness.labelled(CARD)) == 3 or None)
    await eventually(lambda: str(message.blocks).count("Open its card") == 3 or None)
    await look(page, harness.slack, BOB, APPROVALS)
    burst = shown(page, message.ts)
    for amount in (40, 41, 42):
        await expect(burst).to_contain_text(str(amount))
    await action(page, APPROVE_ALL).first.click()
    dialog = page.locator("dialog")
    await expect(dialog).to_contain_text("42")
    await dialog.get_by_role("button", name="Approve all 3").click()
    await expect(dialog).to_be_hidden()
    await expect(burst).to_contain_text("Nothing more to decide here: 3 requests")
    await expect(burst.get_by_text("Approved by")).to_have_count(3)
    await expect(burst.get_by_role("button", name="Approve all")).to_have_count(0)
    await harness.reply(GENERAL, thread, "Moved 42.00")
