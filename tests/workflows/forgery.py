"""Somebody between workflow and activity, who changes what an activity gets after it was approved."""

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Forger(Interceptor):
    """Changes the arguments of one activity, once told how."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.change: Callable[[list[Any]], list[Any]] = list

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's own name
        return _Forgery(next, self)


class _Forgery(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, forger: Forger) -> None:
        super().__init__(following)
        self._forger = forger

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's own name
        if activity.info().activity_type == self._forger.name:
            input.args = self._forger.change(list(input.args))
        return await super().execute_activity(input)
