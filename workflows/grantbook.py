"""A workspace's rules: one durable workflow holds them all, and alone says which is used, how often, and when it ends."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows import calls, grants
    from workflows.contracts import GrantUse, MembershipQuery, Person
    from workflows.grants import Book, Claim, Grant, Refusal, Revocation
    from workflows.policy import same_person

"""Somebody waits for the answer, and Slack gives the bot three seconds in all."""
PREFIX = "GRANT_"
"""How the types of refusals begin, so that they are told from those of other registers."""


@workflow.defn
class GrantWorkflow:
    """Keeps the rules of one workspace, without end."""

    @workflow.init
    def __init__(self, book: Book) -> None:
        self._book = book

    @workflow.run
    async def run(self, book: Book) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Wait for updates; nothing else happens here, and what is over is dropped at the next one."""
        await workflow.wait_condition(lambda: workflow.info().is_continue_as_new_suggested())
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._book)

    @workflow.update
    def make(self, grant: Grant) -> Grant:
        """Let a rule stand, once, however often it is sent.

        Raises:
            ApplicationError: it is refused; the type is the refusal's name, the message its sentence.
        """
        self._book, refusal = grants.make(self._book, grant, workflow.now())
        if refusal:
            raise _refused(refusal)
        return grant

    @workflow.update
    def use(self, claim: Claim) -> GrantUse | None:
        """Take one use for an approval, once, however often it is claimed; None where there is none to take."""
        self._book, taken = grants.use(self._book, claim, workflow.now())
        return taken

    @workflow.update
    async def revoke(self, wish: Revocation) -> Grant:
        """Revoke a rule: its owner may, and whoever may decide such requests.

        Raises:
            ApplicationError: it is refused, as above.
        """
        grant = self._find(wish)
        if not same_person(wish.person, grant.owner):
            await _check_reviser(wish.person, grant)
            grant = self._find(wish)
        self._book = grants.revoke(self._book, grant.grant_id, workflow.now())
        return grant

    @revoke.validator
    def screen_revocation(self, wish: Revocation) -> None:
        """Refuse what is about no rule, so that it leaves no trace in history."""
        self._find(wish)

    @workflow.query
    def grants(self) -> tuple[Grant, ...]:
        """All rules; some may have ended since the last update."""
        return self._book.grants

    def _find(self, wish: Revocation) -> Grant:
        grant = grants.find_grant(self._book, wish.grant_id)
        if grant is None:
            raise _refused(Refusal.GONE)
        return grant


async def _check_reviser(person: Person, grant: Grant) -> None:
    membership = await calls.try_member(MembershipQuery(person=person, approvers=grant.approvers))
    if membership is None or membership.standing == "unknown":
        raise _refused(Refusal.UNSURE)
    if membership.standing != "member":
        raise _refused(Refusal.NOT_YOURS)


def _refused(refusal: Refusal) -> ApplicationError:
    return ApplicationError(refusal.value, type=f"{PREFIX}{refusal.name}", non_retryable=True)
