"""Which policy applies to a request: the first that matches. Written once, for callers that ask Slack and for those that do not."""

from collections.abc import Awaitable, Callable, Generator
from typing import NamedTuple, TypeVar

from activities.rules.conditions import ConditionError, Facts
from activities.rules.rulebook import Rule, Rulebook
from workflows.contracts import ApprovalRequest, Plan

_P = TypeVar("_P")
UsergroupQuestions = Generator[str, bool | None, _P]


class MatchError(ValueError):
    """No policy can be said to apply, and why, in a sentence for people."""


class Passed(NamedTuple):
    """A policy that did not match, and why; not certainly so where it is not known who the requester is."""

    policy: str
    reason: str
    certain: bool = True


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
    rulebook: Rulebook, request: ApprovalRequest, belongs: Callable[[str], Awaitable[bool | None]]
) -> Match:
    """The policy that applies; `belongs` is asked whether the requester is in a user group, when a policy needs it.

    None, where that is not known, is only for explaining: it is taken for a no, and said to be.

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


def _search(rulebook: Rulebook, request: ApprovalRequest) -> UsergroupQuestions[Match]:
    """Yields the user groups that it has to know of, and is sent whether the requester is in them."""
    facts, known, passed = Facts(request), dict[str, bool | None](), list[Passed]()
    for rule in rulebook.rules:
        other = (
            _pass_name(rule, request)
            or (yield from _pass_requester(rule, request, known))
            or _pass_condition(rule, facts)
        )
        if other is None:
            return Match(rule, tuple(passed))
        passed.append(other)
    raise MatchError(f"No policy applies to `{request.action}`: end the file with one that has no match.")


def _pass_name(rule: Rule, request: ApprovalRequest) -> Passed | None:
    if not rule.action.fits(request.action):
        return Passed(rule.name, f"the action `{request.action}` is not {_either(rule.action.globs)}")
    if not rule.agent.fits(request.agent):
        return Passed(rule.name, f"the agent `{request.agent}` is not {_either(rule.agent.globs)}")
    return None


def _pass_requester(
    rule: Rule, request: ApprovalRequest, known: dict[str, bool | None]
) -> UsergroupQuestions[Passed | None]:
    person = request.requester.user_id
    if person in rule.users or not (rule.users or rule.usergroups):
        return None
    for usergroup in rule.usergroups:
        if usergroup not in known:
            known[usergroup] = yield usergroup
        if known[usergroup]:
            return None
    return _not_among(person, rule, tuple(one for one in rule.usergroups if known[one] is None))


def _not_among(person: str, rule: Rule, unknown: tuple[str, ...]) -> Passed:
    who = [f"is not {_either(tuple(sorted(rule.users)))}"] if rule.users else []
    outside = tuple(one for one in rule.usergroups if one not in unknown)
    groups = [f"is not in the user group {_either(outside)}"] if outside else []
    known = f"the requester {person} {' and '.join(who + groups)}"
    if not unknown:
        return Passed(rule.name, known)
    start = f"{known}, and it is not known whether they are" if who or groups else ""
    start = start or f"it is not known whether the requester {person} is"
    return Passed(rule.name, f"{start} in the user group {_either(unknown)}", certain=False)


def _pass_condition(rule: Rule, facts: Facts) -> Passed | None:
    if rule.condition is None:
        return None
    try:
        if rule.condition.holds(facts):
            return None
    except ConditionError as error:
        raise MatchError(
            f"The condition of the policy `{rule.name}`, `{rule.condition.text}`, cannot be decided: {error}."
        ) from None
    return Passed(rule.name, f"the condition `{rule.condition.text}` is not true")


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)
