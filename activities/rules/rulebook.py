"""The rulebook: the policy file, checked and compiled. It never changes; a new file makes a new one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import translate
from pathlib import Path

from activities.rules.checks import check_parts
from activities.rules.conditions import Condition, compile_condition
from activities.rules.documents import LARGEST_BYTES, LoadError, Problem, read_document
from activities.rules.forms import FormSource
from activities.rules.parts import Parts, read_parts
from activities.rules.planning import Channels, build_plan, build_roundup
from activities.rules.servers import ServerSource
from activities.rules.sources import CaseSource, MatchSource
from workflows.contracts import Approvers, Plan, Stage
from workflows.roundup import RoomRoundup

BUILT_IN = "built-in"
DEADLINE = timedelta(hours=24)

__all__ = ["LoadError", "Problem", "Rule", "Rulebook", "build_default", "load_rulebook", "parse_rulebook"]


@dataclass(frozen=True)
class Pattern:
    """Patterns for a name, of which one has to fit; none fit anything."""

    globs: tuple[str, ...] = ()
    expression: re.Pattern[str] | None = None

    def fits(self, name: str) -> bool:
        """Whether the name is meant; case counts."""
        return self.expression is None or self.expression.match(name) is not None


@dataclass(frozen=True)
class Rule:
    """A policy: when it applies, and the plan that it makes."""

    name: str
    plan: Plan
    action: Pattern = Pattern()
    agent: Pattern = Pattern()
    users: frozenset[str] = frozenset()
    usergroups: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True)
class Rulebook:
    """Policies in order, the last of which applies to everything; what to be warned of; cases to try them with.

    `forms` are those by which people ask, by the name of their policy; `digests` what channels are told daily;
    `servers` the MCP servers, by name.
    """

    file: str
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...] = ()
    cases: tuple[CaseSource, ...] = ()
    forms: Mapping[str, FormSource] = field(default_factory=dict[str, FormSource])
    digests: tuple[RoomRoundup, ...] = ()
    servers: Mapping[str, ServerSource] = field(default_factory=dict[str, ServerSource])


def load_rulebook(path: Path | str, approvals_channel: str, outcomes_channel: str) -> Rulebook:
    """The rulebook in a file.

    Raises:
        LoadError: with everything that is wrong with the file.
    """
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(LARGEST_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LoadError(
            [Problem(file, line, "This is no UTF-8: save the file with that encoding.")]
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sentence = f"This file cannot be read ({reason}): check its name and permissions."
        raise LoadError([Problem(file, 1, sentence)]) from None
    return parse_rulebook(text, file, approvals_channel, outcomes_channel)


def parse_rulebook(text: str, file: str, approvals_channel: str, outcomes_channel: str) -> Rulebook:
    """The rulebook in a text; `file` is what its problems call it.

    Raises:
        LoadError: with everything that is wrong with the text.
    """
    document = read_document(text, file)
    parts, problems = read_parts(document)
    problems = [*document.complaints, *problems, *check_parts(parts)]
    if problems:
        raise LoadError(problems)
    return _compile(parts, file, Channels(approvals_channel, outcomes_channel))


def _compile(parts: Parts, file: str, channels: Channels) -> Rulebook:
    policies = tuple(parts.policies.values())
    rules = tuple(
        _build_rule(policy.name, policy.match or MatchSource(), build_plan(policy, parts, channels))
        for policy in policies
    )
    warnings = tuple(
        str(parts.document.complain(("policies", number, "shadow"), _shadow_sentence(policy.name)))
        for number, policy in parts.policies.items()
        if policy.shadow
    )
    forms = {policy.name: policy.form for policy in policies if policy.form}
    digests = tuple(map(build_roundup, parts.digests.values()))
    return Rulebook(file, rules, warnings, tuple(parts.cases.values()), forms, digests, parts.servers)


def _shadow_sentence(name: str) -> str:
    return f"`{name}` is a shadow: it only shows what would be asked, and lets the action pass."


def _build_rule(name: str, match: MatchSource, plan: Plan) -> Rule:
    requesters = match.requester or ()
    return Rule(
        name=name,
        plan=plan,
        action=_build_pattern(match.action or ()),
        agent=_build_pattern(match.agent or ()),
        users=frozenset(one.user for one in requesters if one.user),
        usergroups=tuple(one.usergroup for one in requesters if one.usergroup),
        condition=compile_condition(match.when) if match.when is not None else None,
    )


def _build_pattern(globs: Iterable[str]) -> Pattern:
    globs = tuple(globs)
    return Pattern(globs, re.compile("|".join(map(translate, globs))) if globs else None)


def build_default(approvals_channel: str, outcomes_channel: str) -> Rulebook:
    """The built-in rulebook: one approval by anyone in the approvals channel, within a day."""
    plan = Plan(
        policy=BUILT_IN,
        stages=(
            Stage(name="approval", approvers=(Approvers(id=approvals_channel),), quorum=1, deadline=DEADLINE),
        ),
        card_channel=approvals_channel,
        outcome_channels=(outcomes_channel,),
    )
    return Rulebook(file="", rules=(Rule(BUILT_IN, plan),))
