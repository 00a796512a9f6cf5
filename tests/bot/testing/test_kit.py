"""The kit does what people do, waits for what they would see, and says so where it does not come."""

from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.plugin import SimplePlugin

from activities.ledger import Ledger
from bot.standin.seed import TEAM
from bot.standin.server import Standin
from bot.testing import kit as kits
from bot.testing.kit import ALICE, APPROVALS, BOB, CAROL, DAVE, GENERAL, Kit
from bot.testing.model import END, call
from bot.testing.patience import eventually, eventually_read
from tests.factories import build_request
from workflows.approval import ApprovalWorkflow
from workflows.asking import request_approval
from workflows.contracts import ApprovalRequest, Person

pytest_plugins = ["bot.testing.fixtures"]

TRANSFER = call("transfer_money", amount=250, source="checking", target="savings")
TWO_STAGES = """policies:
  - name: twice
    stages:
      - {name: first, approvers: [{user: U0BOB}], deadline: 300h}
      - {name: second, approvers: [{user: U0CAROL}], deadline: 300h}
"""
PRIVATE = """policies:
  - name: private
    card: {direct: true}
    stages: [{name: only, approvers: [{user: U0BOB}], deadline: 1h}]
"""
STEEP = """policies:
  - name: steep
    severity: high
    stages: [{name: only, approvers: [{channel: C0APPROVALS}], deadline: 1h}]
"""


@workflow.defn
class ReleaseWorkflow:
    """Asks once."""

    @workflow.run
    async def run(self, version: str) -> str:
        asker = Person(team_id=TEAM, user_id=ALICE)
        request = ApprovalRequest(action="release", arguments={"version": version}, requester=asker)
        return (await request_approval(request)).status


@pytest.fixture
def countersign_plugins() -> list[SimplePlugin]:
    return [SimplePlugin("releases", workflows=[ReleaseWorkflow])]


policies = partial(pytest.mark.parametrize, "countersign_policies")


def balance(kit: Kit) -> Decimal:
    return Ledger(kit.settings.countersign_ledger).balance("checking")


async def start_approval(kit: Kit) -> None:
    request = build_request(requester=Person(team_id=TEAM, user_id=ALICE), origin=None)
    name = f"approval-{uuid4()}"
    await kit.client.start_workflow(ApprovalWorkflow.run, request, id=name, task_queue=kit.queue)


async def test_who_asks_hears_from_the_agent_once_somebody_has_approved(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER], "It is done."]
    before = balance(countersign)
    await countersign.ask("move it")
    await countersign.approve_as(BOB)
    assert await countersign.reply() == "It is done."
    assert (
        await countersign.reply(part="Approved")
        == "Approved: Transfer money: amount 250, source checking, target savings"
    )
    assert balance(countersign) != before


async def test_a_rejection_reaches_the_agent_and_nothing_is_done(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER]]
    before = balance(countersign)
    await countersign.ask("move it")
    await countersign.reject_as(CAROL)
    assert await countersign.reply() == END
    assert "Not approved (rejected)" in countersign.model.outputs()[0]
    assert "transfer_money" not in await countersign.activities()
    assert balance(countersign) == before


async def test_who_may_not_decide_is_answered_and_the_card_still_waits(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER]]
    await countersign.ask("move it")
    await countersign.approve_as(ALICE)
    assert "somebody else" in countersign.whispers(ALICE)[0]
    await countersign.approve_as(DAVE)  # who is not in the channel, so is told directly
    assert len(countersign.messages(countersign.slack.direct(DAVE))) == 1
    assert len(countersign.waiting()) == 1


@policies([TWO_STAGES])
async def test_one_press_after_the_other_decides_stages(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER], "It is done."]
    await countersign.ask("move it")
    await countersign.approve_as(BOB)
    await countersign.approve_as(CAROL)
    assert await countersign.reply() == "It is done."


@policies([TWO_STAGES])
async def test_what_has_days_left_expires_at_once(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER]]
    await countersign.ask("move it")
    await countersign.approve_as(BOB)
    await countersign.expire()
    assert await countersign.reply() == END
    assert "expired" in countersign.model.outputs()[0]


@policies([PRIVATE])
async def test_cards_in_direct_messages_are_found_too(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER], "It is done."]
    await countersign.ask("move it")
    await countersign.approve_as(BOB)
    assert await countersign.reply() == "It is done."
    assert countersign.messages(APPROVALS) == []


@policies([STEEP])
async def test_a_form_that_a_press_opens_is_an_answer(countersign: Kit) -> None:
    countersign.model.tape = [[TRANSFER]]
    await countersign.ask("move it")
    await countersign.approve_as(BOB)
    assert len(countersign.slack.workspace.modals.stack(BOB)) == 1


async def test_a_workflow_of_ones_own_comes_by_a_plugin(countersign: Kit) -> None:
    asking = await countersign.start(ReleaseWorkflow.run, "1.4")
    await countersign.approve_as(BOB)
    assert await asking.result() == "approved"
    assert await countersign.activities(asking) == []


async def test_without_a_card_a_press_is_a_failure(countersign: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kits, "eventually", partial(eventually, seconds=0.1))
    with pytest.raises(AssertionError, match="a card with a button to approve"):
        await countersign.approve_as(BOB)


async def test_a_press_that_is_lost_is_a_failure(countersign_slack: Standin, countersign_live: Kit) -> None:
    await start_approval(countersign_live)
    await countersign_live.card()
    countersign_slack.request_url = "http://127.0.0.1:9/nobody"
    with pytest.raises(AssertionError, match="not acknowledged: dispatch_failed"):
        await countersign_live.approve_as(BOB)


async def test_where_time_passes_as_it_does_nothing_expires_on_demand_but_lists_work(
    countersign_live: Kit,
) -> None:
    await start_approval(countersign_live)
    await countersign_live.card()
    with pytest.raises(NotImplementedError, match="`countersign`"):
        await countersign_live.expire()

    async def listed() -> bool:
        said = await countersign_live.slack.command(BOB, GENERAL, "/approvals")
        return "Transfer money" in str(said.body)

    await eventually_read(listed)
