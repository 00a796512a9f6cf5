"""A workspace's notification preferences: one durable workflow keeps them all, and has everybody's digest come as they say."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows.contracts import Contract, Person
    from workflows.ports import RoundupPort
    from workflows.preferences import (
        FULL,
        MOST_PEOPLE,
        Preferences,
        find_preferences,
        keep_preferences,
    )

_ATTEMPT = timedelta(seconds=20)
_PATIENT = timedelta(hours=24)
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
FULL_TYPE = "FULL"


class Profiles(Contract):
    """What the workflow takes along when it continues as new."""

    preferences: tuple[Preferences, ...] = ()


@workflow.defn
class PreferenceWorkflow:
    """Keeps the preferences of one workspace, without end."""

    @workflow.init
    def __init__(self, profiles: Profiles) -> None:
        self._preferences = profiles.preferences
        self._changed: dict[Person, None] = {}

    @workflow.run
    async def run(self, profiles: Profiles) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Have each change reach the person's schedule, one after another: so the last one stands, whatever crashes."""
        suggested = workflow.info().is_continue_as_new_suggested
        while not suggested():
            await workflow.wait_condition(lambda: bool(self._changed) or suggested())
            await self._follow()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._follow()
        workflow.continue_as_new(Profiles(preferences=self._preferences))

    async def _follow(self) -> None:
        while self._changed:
            person = next(iter(self._changed))
            del self._changed[person]
            await _plan_roundup(find_preferences(self._preferences, person))

    @workflow.update
    def prefer(self, wish: Preferences) -> Preferences:
        """Keep what somebody wants, in place of what they wanted before.

        Raises:
            ApplicationError: there are too many; the message is its sentence.
        """
        self._preferences = keep_preferences(self._preferences, wish)
        self._changed[wish.person] = None
        return wish

    @prefer.validator
    def screen_wish(self, wish: Preferences) -> None:
        """Refuse what would grow beyond what one payload can carry."""
        if len(keep_preferences(self._preferences, wish)) > MOST_PEOPLE:
            raise ApplicationError(FULL, type=FULL_TYPE, non_retryable=True)

    @workflow.query
    def preferences(self) -> tuple[Preferences, ...]:
        """Those of all who want anything else than the policy says."""
        return self._preferences


async def _plan_roundup(preferences: Preferences) -> None:
    """The digest itself looks at the preferences again before it is sent, so what is given up here does no harm."""
    try:
        await workflow.execute_activity_method(
            RoundupPort.plan_roundup,
            preferences,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_PATIENT,
            retry_policy=_RETRIES,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.error("A digest could not be scheduled: %s", error.cause)
