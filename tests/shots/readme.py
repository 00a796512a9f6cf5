"""The small pictures in the README: `make screenshots ARGS=shoot_readme` writes them to `.github/images/`."""

from pathlib import Path

from playwright.async_api import Locator

from activities.cards import APPROVE, DETAILS
from tests.harness import APPROVALS, BOB, eventually
from tests.shots.deciding import ask_large, open_card
from tests.shots.studio import Studio

FOLDER = Path(".github/images")


async def shoot_readme(studio: Studio) -> None:
    """A card, the Home tab, and a page of Details."""
    page = studio.page
    await page.set_viewport_size({"width": 920, "height": 900})
    await open_card(studio)
    await page.mouse.move(0, 0)
    await _keep(page.locator("[data-ts]").first, "card")
    await page.set_viewport_size({"width": 920, "height": 640})
    await page.locator(".room", has_text="Countersign").click()
    await page.locator('[data-tab="home"]').click()
    await page.locator(f'[data-action-id="{APPROVE}"]').wait_for()
    await page.mouse.move(0, 0)
    await _keep(page.locator("main"), "home")
    await ask_large(studio)
    await eventually(lambda: len(studio.cards()) == 2 or None)
    await studio.look(BOB, APPROVALS)
    await studio.press(DETAILS)
    await _keep(page.locator("dialog"), "details")


async def _keep(part: Locator, name: str) -> None:
    await part.wait_for()
    await part.page.wait_for_timeout(400)
    await part.screenshot(path=FOLDER / f"{name}.png")


SURFACES = (shoot_readme,)
