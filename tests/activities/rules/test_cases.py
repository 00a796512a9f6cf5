"""Cases beside the policies, and the example file: it loads, its cases pass, and every policy is reached by one."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from activities.rules.cases import CaseResult, run_cases
from activities.rules.documents import read_document
from activities.rules.matching import match_request
from activities.rules.rulebook import load_rulebook, parse_rulebook
from activities.rules.sources import build_schema
from tests.factories import REQUESTER, THREAD, build_person, build_request, build_state
from workflows.contracts import MessageRef, Roster, Thread
from workflows.notices import closing_posts, opening_posts

EXAMPLE = Path(__file__).parents[3] / "countersign.example.yaml"
BOOK = """
policies:
- {name: p, match: {action: x, requester: {usergroup: S01}, when: args.n > 1}, stages: [{name: s, approvers: [{user: U01}, {user: U02}], deadline: 4h}]}
- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}
cases:
"""
GOOD = "policy: p, effect: ask, stages: [s], approvers: [U02, U01], quorum: 1, severity: low, shadow: false, deadline: 2026-11-30T16:00:00+01:00"


def run(expect: str, n: str = "2") -> CaseResult:
    case = f"- {{name: c, action: x, args: {{n: {n}}}, as: U05, member_of: [S01], at: 2026-11-30T11:00:00Z, expect: {{{expect}}}}}"
    [result] = run_cases(parse_rulebook(BOOK + case, "f", "C0A", "C0O"))
    return result


def test_a_case_that_comes_out_as_expected_passes() -> None:
    assert run(GOOD) == CaseResult("c", (), "p")


@pytest.mark.parametrize(
    ("written", "instead", "difference"),
    [
        ("policy: p", "policy: default", "policy is p, not default"),
        ("effect: ask", "effect: deny", "effect is ask, not deny"),
        ("stages: [s]", "stages: [t, s]", "stages is s, not t, s"),
        ("[U02, U01]", "[U02]", "approvers is U01, U02, not U02"),
        ("quorum: 1", "quorum: 2", "quorum is 1, not 2"),
        ("severity: low", "severity: high", "severity is low, not high"),
        ("shadow: false", "shadow: true", "shadow is false, not true"),
        ("16:00", "16:01", "deadline is 2026-11-30T15:00:00+00:00, not 2026-11-30T16:01:00+01:00"),
    ],
)
def test_each_thing_that_differs_is_told(written: str, instead: str, difference: str) -> None:
    assert run(GOOD.replace(written, instead)).differences == (difference,)


@pytest.mark.parametrize(
    ("match", "keys"),
    [
        ("agent: Ward", "agent: Ward"),
        ("requester: {user: U07}", "as: U07"),
        ("requester: {usergroup: S01}", "member_of: [S01]"),
        ("when: title == 'Pay'", "title: Pay"),
        ("when: title == action", "agent: Other"),
        ("when: has(args.n) && args.n == 1", "args: {n: 1}"),
    ],
)
def test_a_case_asks_for_what_is_written_in_it(match: str, keys: str) -> None:
    policy = f"- {{name: p, match: {{{match}}}, auto: deny}}"
    cases = f"- {{name: c, action: x, {keys}, expect: {{policy: p}}}}"
    text = f"policies:\n{policy}\n{BOOK.splitlines()[-2]}\ncases:\n{cases}"
    assert run_cases(parse_rulebook(text, "f", "C0A", "C0O")) == (CaseResult("c", (), "p"),)


def test_a_condition_that_cannot_be_decided_is_a_failed_case() -> None:
    assert "cannot be decided" in run(GOOD, n="null").differences[0]


def test_the_example_loads_its_cases_pass_and_reach_every_policy() -> None:
    book = load_rulebook(EXAMPLE, "C0APPROVALS", "C0OUTCOMES")
    results = run_cases(book)
    assert [result for result in results if not result.passed] == []
    assert {result.policy for result in results} == {rule.name for rule in book.rules}


@pytest.mark.parametrize("origin", [None, THREAD])
def test_the_example_s_treatment_is_told_to_people_only_and_where_it_was_asked(origin: Thread | None) -> None:
    """Also when it escalates, is reminded of and ends; whoever is told the outcome is told the arguments."""
    book = load_rulebook(EXAMPLE, "C0APPROVALS", "C0OUTCOMES")
    request = build_request(action="start_treatment", agent="Ward 3", origin=origin)
    match = match_request(book, request, frozenset())
    people = tuple(build_person(one) for one in ("U0DRGARCIA", "U0HEADOFWARD"))
    asked = build_state(request=request, plan=match.plan, roster=Roster(people=people[:1]))
    cards = tuple(
        MessageRef(channel_id=post.channel_id, ts="1", key=post.key) for post in opening_posts(None, asked)
    )
    late = {"escalated": "replaced", "roster": Roster(people=people[1:]), "cards": cards, "reminded": 1}
    posts = [*opening_posts(None, asked), *opening_posts(asked, asked.model_copy(update=late))]
    for status in ("approved", "rejected", "expired", "cancelled", "failed"):
        posts += closing_posts(asked.model_copy(update={"status": status, "cards": cards}))
    places = {post.channel_id for post in posts}
    assert places == {"U0DRGARCIA", "U0HEADOFWARD", origin.channel_id if origin else REQUESTER.user_id}
    assert match.policy == "treatment"


def test_the_example_is_of_the_schema_and_unknown_keys_are_not() -> None:
    schema = build_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    value = read_document(EXAMPLE.read_text(), "f").value
    validator.validate(value)
    for place in (
        value,
        value["policies"][1],
        value["policies"][1]["stages"][0],
        value["cases"][0]["expect"],
    ):
        place["colour"] = "red"
        assert not validator.is_valid(value)
        del place["colour"]


def test_every_key_of_the_schema_is_described() -> None:
    schema = build_schema()
    models = [schema, *(one for one in schema["$defs"].values() if "properties" in one)]
    assert [
        key for one in models for key, about in one["properties"].items() if not about.get("description")
    ] == []
    assert all(one["additionalProperties"] is False for one in models)
    assert yaml.safe_load(EXAMPLE.read_text())
