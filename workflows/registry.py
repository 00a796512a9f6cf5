"""A workspace's delegations: one durable workflow holds them all, and alone decides which stand."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows import calls, delegation
    from workflows.contracts import Contract, Delegation, MembershipQuery, Person
    from workflows.delegation import Refusal

"""Somebody waits for the answer, and Slack gives the bot three seconds in all."""


class Register(Contract):
    """What the workflow takes along when it continues as new."""

    delegations: tuple[Delegation, ...] = ()


@workflow.defn
class DelegationWorkflow:
    """Keeps the delegations of one workspace, without end."""

    @workflow.init
    def __init__(self, register: Register) -> None:
        self._delegations = register.delegations
        self._words: dict[str, str] = {}

    @workflow.run
    async def run(self, register: Register) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Wait for updates; nothing else happens here, and nothing is due at any time."""
        await workflow.wait_condition(lambda: workflow.info().is_continue_as_new_suggested())
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(Register(delegations=self._delegations))

    @workflow.update
    async def delegate(self, wish: Delegation) -> tuple[Delegation, ...]:
        """Let a delegation stand in place of the principal's old one; answers with all that are in force.

        Raises:
            ApplicationError: it is refused; the type is the refusal's name, the message its sentence.
        """
        word = self._hear_word(wish.principal)
        membership = await calls.try_member(MembershipQuery(person=wish.delegate, approvers=()))
        if membership is None:
            raise _refused(Refusal.UNSURE)
        if self._words[wish.principal.user_id] != word:
            raise _refused(Refusal.OVERTAKEN)
        ruling = delegation.admit(self._delegations, wish, membership, workflow.now())
        self._delegations = ruling.delegations
        if ruling.refusal:
            raise _refused(ruling.refusal)
        return self._delegations

    @delegate.validator
    def screen_wish(self, wish: Delegation) -> None:
        """Refuse what needs no question to Slack, so that it leaves no trace in history."""
        refusal = delegation.screen(self._delegations, wish, workflow.now())
        if refusal:
            raise _refused(refusal)

    @workflow.update
    def revoke(self, principal: Person | None = None) -> tuple[Delegation, ...]:
        """Take back all of a principal's delegations; answers with those that were in force."""
        before = delegation.in_force(self._delegations, workflow.now())
        if principal is None:  # an update without its input
            return ()
        self._hear_word(principal)
        self._delegations = delegation.revoke(before, principal, workflow.now())
        return tuple(one for one in before if one not in self._delegations)

    @workflow.query
    def delegations(self) -> tuple[Delegation, ...]:
        """All delegations; some may have ended since the last update."""
        return self._delegations

    def _hear_word(self, principal: Person) -> str:
        """Remember which update is a principal's last, so that an earlier one that still waits for Slack is void."""
        word = self._words[principal.user_id] = str(workflow.uuid4())
        return word


def _refused(refusal: Refusal) -> ApplicationError:
    return ApplicationError(refusal.value, type=refusal.name, non_retryable=True)
