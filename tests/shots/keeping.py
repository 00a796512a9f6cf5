"""Pictures of keeping up: lists, forms by which people ask, what requesters and channels are told."""

from activities.cards import APPROVE
from bot.picks import BLOCK
from tests.harness import ALICE, APPROVALS, BOB, DAVE, GENERAL, OUTCOMES, eventually
from tests.shots.studio import Studio


async def shoot_list(studio: Studio) -> None:
    """What waits for somebody, and deciding several of a list together."""
    for amount in (120, 250, 9000):
        await studio.harness.ask(f"transfer {amount} from checking to savings")
    await eventually(lambda: len(studio.cards()) == 3 or None)
    await studio.look(BOB, GENERAL)
    await studio.tell("/approvals")
    await studio.page.locator(f'[data-block-id="{BLOCK}"]').wait_for()
    await studio.shoot("list")


async def shoot_usage(studio: Studio) -> None:
    """What a word that the command does not know is answered with."""
    await studio.harness.ask("balance")
    await studio.look(BOB, GENERAL)
    await studio.tell("/approvals sometimes")
    await studio.page.get_by_text("/approvals history").first.wait_for()
    await studio.shoot("usage")


async def shoot_request(studio: Studio) -> None:
    """People ask people."""
    await studio.harness.ask("balance")
    await studio.look(ALICE, GENERAL)
    await studio.page.get_by_role("button", name="Shortcuts").click()
    await studio.page.get_by_role("menuitem", name="New request").click()
    dialog = studio.page.locator("dialog[data-view-id]")
    await dialog.get_by_label("Total, in euros").fill("12000.50")
    await dialog.get_by_label("What").fill("Laptops for Paris")
    await dialog.get_by_label("Site").select_option(label="Paris")
    await studio.shoot("request")
    await dialog.get_by_role("button", name="Ask").click()
    await studio.harness.card()
    await studio.look(BOB, APPROVALS)
    await studio.shoot("requested")


async def shoot_refusal(studio: Studio) -> None:
    """What somebody sees who may not decide, and what everybody is told in the end."""
    await studio.harness.ask("transfer 250 from checking to savings")
    card = await studio.harness.card()
    await studio.look(ALICE, APPROVALS)
    await studio.press(APPROVE)
    await studio.page.locator("[data-ephemeral-id]").first.wait_for()
    await studio.shoot("refused")
    await studio.harness.approve(card)
    await eventually(lambda: studio.harness.messages(OUTCOMES) or None)
    await studio.look(DAVE, OUTCOMES)
    await studio.shoot("told")


SURFACES = (shoot_list, shoot_usage, shoot_request, shoot_refusal)
