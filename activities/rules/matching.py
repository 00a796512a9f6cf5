"""Which policy applies to a request: the first that matches. Written once, for callers that ask Slack and for those that do not."""

from collections.abc import Awaitable, Callable, Generator
from typing import NamedTuple

from activities.rules.conditions import ConditionError, Facts
from activities.rules.rulebook import Rule, Rulebook
from workflows.contracts import ApprovalRequest, Plan

UsergroupQuestions = Generator[str, bool, "Match"]


class MatchError(ValueError):
    """No policy can be said to apply, and why, in a sentence for people."""


class Passed(NamedTuple):
    """A policy that did not match, and why."""

    policy: str
    reason: str


class Match(NamedTuple):
    """The policy that applies, and those before it that do not."""

    rule: Rule
    passed: tuple[Passed, ...] = ()

    @property
    def policy(self) -> str:
        """The policy's name."""
        return self.rule.name

    @property
    def plan(self) -> Plan:
        """The policy's plan."""
        return self.rule.plan


async def find_policy(
    rulebook: Rulebook, request: ApprovalRequest, belongs: Callable[[str], Awaitable[bool]]
) -> Match:
    """The policy that applies; `belongs` is asked whether the requester is in a user group, when a policy needs it.

    Raises:
        MatchError: a condition cannot be evaluated, or the request names another policy.
    """
    questions = _search(rulebook, request)
    try:
        usergroup = next(questions)
        while True:
            usergroup = questions.send(await belongs(usergroup))
    except StopIteration as end:
        return _checked(end.value, request)


def match_request(rulebook: Rulebook, request: ApprovalRequest, member_of: frozenset[str]) -> Match:
    """The policy that applies to a requester who is in these user groups.

    Raises:
        MatchError: a condition cannot be evaluated, or the request names another policy.
    """
    questions = _search(rulebook, request)
    try:
        usergroup = next(questions)
        while True:
            usergroup = questions.send(usergroup in member_of)
    except StopIteration as end:
        return _checked(end.value, request)


def _checked(match: Match, request: ApprovalRequest) -> Match:
    """A policy named by a request is a claim to check, never a way to choose one."""
    if request.policy is not None and request.policy != match.policy:
        raise MatchError(
            f"The request names the policy `{request.policy}`, but `{match.policy}` applies to it: name that, or none."
        )
    return match


def _search(rulebook: Rulebook, request: ApprovalRequest) -> UsergroupQuestions:
    """Yields the user groups that it has to know of, and is sent whether the requester is in them."""
    facts, known, passed = Facts(request), dict[str, bool](), list[Passed]()
    for rule in rulebook.rules:
        reason = _other_name(rule, request) or (yield from _other_requester(rule, request, known))
        if not reason and _holds(rule, facts):
            return Match(rule, tuple(passed))
        passed.append(Passed(rule.name, reason or _untrue(rule)))
    raise MatchError(f"No policy applies to `{request.action}`: end the file with one that has no match.")


def _other_name(rule: Rule, request: ApprovalRequest) -> str:
    if not rule.action.fits(request.action):
        return f"the action `{request.action}` is not {_either(rule.action.globs)}"
    if not rule.agent.fits(request.agent):
        return f"the agent `{request.agent}` is not {_either(rule.agent.globs)}"
    return ""


def _other_requester(
    rule: Rule, request: ApprovalRequest, known: dict[str, bool]
) -> Generator[str, bool, str]:
    person = request.requester.user_id
    if person in rule.users or not (rule.users or rule.usergroups):
        return ""
    for usergroup in rule.usergroups:
        if usergroup not in known:
            known[usergroup] = yield usergroup
        if known[usergroup]:
            return ""
    return _not_among(person, rule)


def _not_among(person: str, rule: Rule) -> str:
    who = [f"is not {_either(tuple(sorted(rule.users)))}"] if rule.users else []
    groups = [f"is not in the user group {_either(rule.usergroups)}"] if rule.usergroups else []
    return f"the requester {person} {' and '.join(who + groups)}"


def _holds(rule: Rule, facts: Facts) -> bool:
    if rule.condition is None:
        return True
    try:
        return rule.condition.holds(facts)
    except ConditionError as error:
        raise MatchError(
            f"The condition of the policy `{rule.name}`, `{rule.condition.text}`, cannot be decided: {error}."
        ) from None


def _untrue(rule: Rule) -> str:
    return f"the condition `{rule.condition.text if rule.condition else ''}` is not true"


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)
