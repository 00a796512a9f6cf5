"""The Details modal in a real browser: an approver reads a large request to its end, and approves it there."""

from playwright.async_api import Locator, Page, expect
from pydantic import JsonValue

from activities.cards import DETAILS
from bot.submissions import COMMENT_BLOCK
from tests.doors import start_request
from tests.harness import APPROVALS, BOB, Harness, eventually
from workflows.snippets import find_snippets

pytest_plugins = ("tests.browser",)

PAYMENTS: list[JsonValue] = [
    {
        "payee": f"Supplier {number} GmbH",
        "iban": f"DE{number:02} 3704 0044 0532 0130 {number:02}",
        "amount": round(117.35 * number, 2),
        "invoice": f"R-2026-{number:04}",
    }
    for number in range(1, 25)
]
LIMITS = "\n".join(f"limit_{number} = {number * 7}" for number in range(40))
LARGE: dict[str, JsonValue] = {
    "amount": 35_205.0,
    "currency": "EUR",
    "urgent": True,
    "payments": PAYMENTS,
    "limits_before": LIMITS,
    "limits_after": LIMITS.replace("limit_7 = 49", "limit_7 = 500"),
    "sql": "UPDATE invoices\n   SET paid = true\n WHERE run = 'R-2026-11';\n",
    "letter": "Dear suppliers,\n\nthis is the payment run of November.\n\nKind regards,\nAccounts payable",
    "settings": {"bank": {"name": "House bank", "by": "EBICS"}, "notify": ["ap@example.com", "cfo: later"]},
    "notes": "".join(f"{number:04} The remittance goes out with its reference. " for number in range(500)),
}


async def open_details(page: Page, harness: Harness) -> Locator:
    await page.goto(f"{harness.slack.url}/?user={BOB}&channel={APPROVALS}")
    await page.locator(f'[data-action-id="{DETAILS}"]').last.click()
    dialog = page.locator("dialog[data-view-id]")
    await expect(dialog).to_be_visible()
    return dialog


async def test_a_large_request_is_read_to_its_end_and_approved_there(page: Page, harness: Harness) -> None:
    handle = await start_request(harness, arguments=LARGE, title="Pay the suppliers")
    await harness.card()
    dialog = await open_details(page, harness)
    await expect(dialog.locator("pre", has_text="# │ payee")).to_have_count(1)
    await expect(dialog.locator("pre", has_text="-limit_7 = 49\n+limit_7 = 500")).to_have_count(1)
    following, number = dialog.get_by_role("button", name="Next page"), 1
    while await following.count():
        await expect(dialog.locator("[data-submit]")).to_have_count(0)
        await following.click()
        number += 1
        await expect(dialog.get_by_text(f"Page {number} of")).to_be_visible()
    await expect(dialog.get_by_text("History until now")).to_be_visible()
    await dialog.locator(f'[data-block-id="{COMMENT_BLOCK}"] textarea').fill("Checked against the ledger")
    await dialog.get_by_role("button", name="Approve").click()
    await expect(dialog).to_be_hidden()
    (decision,) = (await handle.result()).decisions
    assert (decision.read, decision.comment) == (True, "Checked against the ledger")
    await expect(page.get_by_text("after reading it all: Checked against the ledger")).to_be_visible()


async def test_a_small_request_is_one_page(page: Page, harness: Harness) -> None:
    await start_request(harness)
    await harness.card()
    dialog = await open_details(page, harness)
    await expect(dialog.get_by_role("button", name="Approve")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Next page")).to_have_count(0)


async def test_a_rejection_goes_through_its_form_and_closes_both(page: Page, harness: Harness) -> None:
    handle = await start_request(harness)
    await harness.card()
    dialog = await open_details(page, harness)
    await dialog.get_by_role("button", name="Reject…").click()
    await dialog.get_by_label("Why do you reject this?").fill("Not this month")
    await dialog.get_by_role("button", name="Reject", exact=True).click()
    await expect(dialog).to_be_hidden()
    assert (await handle.result()).reason == "Not this month"


async def test_an_argument_as_large_as_a_file_lies_in_the_cards_thread(page: Page, harness: Harness) -> None:
    await start_request(harness, arguments=LARGE)
    card = await harness.card()
    thread = harness.slack.workspace.rooms[APPROVALS].thread
    await eventually(lambda: thread(card.ts))
    (reply,), (snippet,) = thread(card.ts), find_snippets(LARGE)
    await page.goto(f"{harness.slack.url}/?user={BOB}&channel={APPROVALS}&thread={card.ts}")
    await expect(page.locator("main").get_by_text(snippet.sha256)).to_be_visible()
    shown = page.locator(f'#thread [data-ts="{reply.ts}"]')
    await expect(shown).to_contain_text(f"The argument notes as a file of {len(snippet.content):,} bytes.")
    await expect(shown).to_contain_text(snippet.sha256)
    assert reply.files[0].content == snippet.content
