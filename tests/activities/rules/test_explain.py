"""What would happen to a request: moments, and words for them."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.rules.explain import (
    Explanation,
    StageTimes,
    describe_effect,
    describe_policies,
    describe_stage,
    explain,
    name_approvers,
    summarize_rule,
)
from activities.rules.matching import MatchError
from activities.rules.rulebook import load_rulebook, parse_rulebook
from tests.factories import NOW, build_plan, build_request
from workflows.contracts import Approvers, Escalation

EXAMPLE = Path(__file__).parents[3] / "countersign.example.yaml"
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
BOOK = """
calendars: {o: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:30"}}}
policies:
- name: p
  match: {when: args.amount > 5}
  severity: high
  stages:
  - name: one
    approvers: [{user: U01}]
    deadline: 4h
    calendar: o
    remind: {first: 1h, times: 2}
    escalate: {after: 2h, to: [{user: U02}], replace: true}
    delegation: false
  - {name: two, approvers: [{user: U03}], deadline: 4h, on_deadline: escalate, escalate: {to: [{email: a@example.com}]}}
- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}
"""


def measure(seconds: float = 1.0) -> float:
    """Full explanations a second on one core, over a book of 16 policies, with the first stage's deadline."""
    book = load_rulebook(EXAMPLE, "C0APPROVALS", "C0OUTCOMES")
    request, members = build_request(action="purchase", arguments={"total": 12000}), frozenset({"S0TREASURY"})
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        explanation = explain(book, request, members, FRIDAY)
        count += bool(explanation.stages[0].deadline)
    return count / passed


def told(amount: int = 10) -> Explanation:
    book = parse_rulebook(BOOK, "f", "C0A", "C0O")
    return explain(book, build_request(arguments={"amount": amount}), frozenset(), FRIDAY)


def test_moments_are_those_of_a_stage_that_opens_now_by_its_own_calendar() -> None:
    one, two = told().stages
    assert one.deadline == datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
    assert one.reminders == (
        datetime(2026, 11, 27, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    )
    assert one.escalates_at == datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    assert two.deadline == two.escalates_at == FRIDAY + timedelta(hours=4)
    assert two.reminders == ()


def test_stages_are_told_in_words() -> None:
    one, two = told().stages
    assert describe_stage(one, 1, "U01", "U02") == (
        "Stage 1, one (opening now): 1 approval of U01.",
        "Deadline Mon 30 Nov 2026 11:30 Europe/Berlin, then it expires.",
        "Reminders Fri 27 Nov 2026 17:00 Europe/Berlin, Mon 30 Nov 2026 10:30 Europe/Berlin.",
        "From Mon 30 Nov 2026 09:30 Europe/Berlin only these may decide: U02.",
        "Delegates may not decide.",
    )
    assert describe_stage(two, 2, "U03", "a@example.com") == (
        "Stage 2, two (if it opened now, too; its clocks start when it opens): 1 approval of U03.",
        "Deadline Fri 27 Nov 2026 19:00 UTC, then it escalates.",
        "From Fri 27 Nov 2026 19:00 UTC these may decide, too: a@example.com.",
        "They have another 4h, until Fri 27 Nov 2026 23:00 UTC, then it expires.",
    )


def test_what_happens_after_the_deadline_is_told_to_its_end() -> None:
    """Who gets a stage at its deadline has as long as the first had, by the same clock, with the same reminders."""
    stage = (
        told()
        .stages[0]
        .stage.model_copy(
            update={"on_deadline": "escalate", "escalation": Escalation(approvers=(Approvers(id="C01"),))}
        )
    )
    assert describe_stage(StageTimes(stage, FRIDAY), 1, "U01", "U02")[1:6] == (
        "Deadline Mon 30 Nov 2026 11:30 Europe/Berlin, then it escalates.",
        "Reminders Fri 27 Nov 2026 17:00 Europe/Berlin, Mon 30 Nov 2026 10:30 Europe/Berlin.",
        "From Mon 30 Nov 2026 11:30 Europe/Berlin these may decide, too: U02.",
        "They have another 4h of open time (o), until Mon 30 Nov 2026 15:30 Europe/Berlin, then it expires.",
        "Reminders Mon 30 Nov 2026 12:30 Europe/Berlin, Mon 30 Nov 2026 14:30 Europe/Berlin.",
    )


@pytest.mark.parametrize(
    ("name", "paragraph"),
    [
        (
            "p",
            (
                "p: one: 1 approval of U01 within 4h of open time (o), with up to 2 reminders; after 2h of open time (o) "
                "only U02 may decide. Delegates may not decide. Then two: 1 approval of U03 within 4h; if nobody has decided "
                "by then, a@example.com may decide, too, within another 4h. Nobody counts in two stages. Severity high; to "
                "approve, `amount` is typed again."
            ),
        ),
        (
            "q",
            (
                "q: a: 2 approvals, or 2 rejections, of U01, U02 within 1d, with up to 1 reminder. Then b: 1 approval of "
                "members of the channel C0A within 1d. One person may count in several stages. Severity medium; Approve asks "
                "once more. Approvals and rejections need a comment. Shadow: the action passes, and it is only shown what "
                "would be asked."
            ),
        ),
        ("r", "r: It is denied; nobody is asked."),
        (
            "default",
            "default: a: 1 approval of members of the channel C0A within 1d. Rejections need a comment.",
        ),
    ],
)
def test_a_policy_is_summed_up_in_a_paragraph(name: str, paragraph: str) -> None:
    more = """
- name: q
  match: {action: q}
  severity: medium
  distinct: false
  shadow: true
  comment: {required_on: both}
  stages:
  - {name: a, approvers: [{user: U01}, {user: U02}], quorum: 2, reject_quorum: 2, deadline: 1d, remind: {first: 1h, times: 1}}
  - {name: b, approvers: [{channel: C0A}], deadline: 1d}
- {name: r, match: {action: r}, auto: deny}
- {name: default, comment: {required_on: reject}, """
    text = BOOK.replace("\n- {name: default, ", more)
    [rule] = [one for one in parse_rulebook(text, "f", "C0A", "C0O").rules if one.name == name]
    assert summarize_rule(rule) == paragraph


def test_who_asks_is_marked_among_the_people() -> None:
    people = (Approvers(kind="user", id="U01"), Approvers(kind="user", id="U02"), Approvers(id="C01"))
    assert name_approvers(people, "U01") == "U01 (asks, so may not decide), U02, members of the channel C01"


def test_policies_are_told_in_words() -> None:
    assert describe_policies(told()) == (
        "`p` applies. People are asked. Severity high; to approve, `amount` is typed again.",
    )
    assert describe_policies(told(amount=5)) == (
        "`p` does not apply: the condition `args.amount > 5` is not true.",
        "`default` applies. People are asked.",
    )


def test_what_only_the_involved_see_is_told() -> None:
    book = parse_rulebook(BOOK.replace("  severity: high\n", "  visible: involved\n"), "f", "C1", "C2")
    found = explain(book, build_request(arguments={"amount": 6}), frozenset(), FRIDAY)
    assert describe_policies(found) == (
        "`p` applies. People are asked. Only who is involved sees it in lists.",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "People are asked"),
        ({"effect": "approve"}, "approved; nobody is asked"),
        ({"effect": "deny"}, "denied; nobody is asked"),
        ({"effect": "deny", "final": True}, "not even an operator"),
        ({"shadow": True}, "The action passes"),
    ],
)
def test_each_effect_has_its_sentence(changes: dict[str, object], words: str) -> None:
    assert words in describe_effect(build_plan(**changes))


def test_what_cannot_be_decided_is_not_explained_away() -> None:
    book = parse_rulebook(BOOK, "f", "C0A", "C0O")
    with pytest.raises(MatchError):
        explain(book, build_request(arguments={}), frozenset(), NOW)


def test_explaining_is_measured() -> None:
    assert measure(0.01) > 0


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("{per_run: 9}", "may ask for 9 in all;"),
        ("{per_minute: 3}", "may ask for 3 within a minute;"),
        ("{per_run: 9, per_minute: 3}", "may ask for 9 in all and 3 within a minute;"),
    ],
)
def test_a_summary_says_how_much_one_run_may_ask_for(limits: str, words: str) -> None:
    book = parse_rulebook(BOOK.replace("severity: high", f"limits: {limits}"), "f", "C0A", "C0O")
    assert words in summarize_rule(book.rules[0])


def test_a_summary_says_how_far_rules_may_go() -> None:
    text = """
policies:
  - name: p
    remember: {days: 30, uses: 50}
    stages: [{name: one, approvers: [{user: U01}], deadline: 4h}]
"""
    book = parse_rulebook(text, "f", "C0A", "C0O")
    assert "for 30 days and 50 requests at most" in summarize_rule(book.rules[0])
