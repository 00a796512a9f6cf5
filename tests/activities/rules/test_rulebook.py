"""From the policy file to plans: every key reaches them, and a file that cannot be read is a sentence."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from activities.rules.rulebook import LoadError, Rulebook, build_default, load_rulebook, parse_rulebook
from workflows.contracts import (
    Approvers,
    Calendar,
    Escalation,
    Leeway,
    Limits,
    Plan,
    Reminders,
    Shift,
    Stage,
    Verdict,
)
from workflows.roundup import RoomRoundup, Timing

BASE = """
calendars:
  o: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, holidays: [2026-12-24]}
  w: {zone: UTC, hours: {sat: "10:00-24:00"}}
groups:
  g: {approvers: [{usergroup: S01}, {email: a@example.com}, {user: U09}], calendar: w}
policies:
  - name: p
    match: {action: x}
    calendar: o
    severity: high
    retype: total
    distinct: false
    delegation: false
    shadow: true
    card: {channel: C01}
    comment: {required_on: reject}
    question_pause: 8h
    notify: {channels: [C02], requester: false, people: [U07]}
    visible: involved
    limits: {per_run: 20, per_minute: 5}
    stages:
      - name: one
        approvers: [{user: U01}, {user: U02}, {user: U03}]
        quorum: 2
        reject_quorum: 3
        deadline: 4h
        remind: {first: 30m, factor: 3, longest: 1h, times: 4}
        escalate: {after: 2h, to: [{user: U04}, {user: U05}, {user: U06}], replace: true}
      - {name: two, approvers: [g], deadline: 1d12h, delegation: true, card: {direct: true}}
      - {name: three, approvers: [g], deadline: 1w, calendar: o, on_deadline: escalate, escalate: {to: [{user: U04}]}}
  - {name: auto, match: {action: y}, auto: approve}
  - {name: hard, match: {action: z}, hard_deny: true}
  - name: default
    stages: [{name: approval, approvers: [{channel: C0A}], deadline: 1d}]
"""


def parse(text: str) -> Rulebook:
    return parse_rulebook(text, "f.yaml", "C0APPROVALS", "C0OUTCOMES")


def plans(book: Rulebook) -> list[object]:
    return [rule.plan for rule in book.rules]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("zone: Europe/Berlin", "zone: Europe/Paris"), ('"09:00-17:00"', '"09:00-16:00"'), ("mon-fri", "mon-thu"), ("2026-12-24", "2026-12-25"),
        ("name: p", "name: q"), ("    calendar: o\n    sev", "    sev"), ("severity: high", "severity: medium"), ("retype: total", "retype: sum"),
        ("distinct: false", "distinct: true"), ("delegation: false", "delegation: true"), ("shadow: true", "shadow: false"), ("channel: C01", "channel: C03"),
        ("on: reject", "on: both"), ("pause: 8h", "pause: 9h"), ("[C02]", "[C04]"), ("requester: false", "requester: true"), ("[U07]", "[U08]"), ("visible: involved", "visible: everybody"), ("name: one", "name: uno"),
        ("{user: U02}", "{user: U0X}"), ("        quorum: 2", "        quorum: 1"), ("reject_quorum: 3", "reject_quorum: 1"), ("deadline: 4h", "deadline: 5h"),
        ("first: 30m", "first: 20m"), ("factor: 3", "factor: 2"), ("longest: 1h", "longest: 2h"), ("times: 4", "times: 3"),
        ("after: 2h", "after: 1h"), ("{user: U06}", "{user: U0Y}"), (", replace: true", ""), ("delegation: true", "delegation: false"),
        ("direct: true", "channel: C05"), ("{direct: true}", "{channel: C05, direct: true}"), ("calendar: o, on", "on"), ("on_deadline: escalate, escalate: {to", "escalate: {after: 1d, to"),
        ("per_run: 20", "per_run: 21"), ("per_minute: 5", "per_minute: 6"), ("auto: approve", "auto: deny"), ("hard_deny: true", "auto: deny"), ("usergroup: S01", "usergroup: S02"), ("a@", "b@"), ("calendar: w}", "calendar: o}"),
    ],
)  # fmt: skip
def test_every_key_reaches_the_plan(written: str, instead: str) -> None:
    assert BASE.count(written) >= 1
    changed = BASE.replace(written, instead, 1).replace(
        "severity: medium\n    retype: total", "severity: medium"
    )
    if "w: " in changed and instead == "calendar: o}":
        changed = changed.replace('  w: {zone: UTC, hours: {sat: "10:00-24:00"}}\n', "").replace(
            ", calendar: o, on", ", on"
        )
    assert plans(parse(changed)) != plans(parse(BASE))


DIGESTS = """
digests:
  - {channel: C0A, at: "09:05", zone: Europe/Berlin, days: [mon-tue, fri], older: 4h}
  - {channel: C0B, at: 16:00, zone: UTC}
"""


def test_digests_are_what_is_written_daily_and_of_a_day_where_nothing_is() -> None:
    short = Timing(at=time(9, 5), days=(0, 1, 4), zone="Europe/Berlin")
    daily = Timing(at=time(16), days=(0, 1, 2, 3, 4, 5, 6), zone="UTC")
    assert parse(BASE + DIGESTS).digests == (
        RoomRoundup(channel="C0A", older=timedelta(hours=4), timing=short),
        RoomRoundup(channel="C0B", older=timedelta(days=1), timing=daily),
    )
    assert plans(parse(BASE + DIGESTS)) == plans(parse(BASE))
    assert parse(BASE).digests == ()


@pytest.mark.parametrize(
    ("written", "instead"),
    [("C0A", "C0C"), ("09:05", "09:06"), ("Europe/Berlin", "Europe/Paris"), ("[mon-tue, fri]", "mon-tue"), ("4h", "5h")],
)  # fmt: skip
def test_every_key_of_a_digest_reaches_it(written: str, instead: str) -> None:
    assert parse(BASE + DIGESTS.replace(written, instead)).digests != parse(BASE + DIGESTS).digests


def test_the_plan_is_what_is_written() -> None:
    """Not only that a key changes something: each has its own place and its own value there."""
    hour = timedelta(hours=1)
    one, two, three, four, five, six = (Approvers(kind="user", id=f"U0{number}") for number in range(1, 7))
    week = Calendar(
        name="o",
        zone="Europe/Berlin",
        shifts=tuple(Shift(weekday=day, opens=9 * 3600, closes=17 * 3600) for day in range(5)),
        holidays=(date(2026, 12, 24),),
    )
    saturday = Calendar(name="w", zone="UTC", shifts=(Shift(weekday=5, opens=10 * 3600, closes=24 * 3600),))
    group = (
        Approvers(kind="usergroup", id="S01"),
        Approvers(kind="email", id="a@example.com"),
        Approvers(kind="user", id="U09"),
    )
    first = Stage(
        name="one",
        approvers=(one, two, three),
        quorum=2,
        reject_quorum=3,
        deadline=4 * hour,
        reminders=Reminders(first=hour / 2, factor=3, longest=hour, times=4),
        escalation=Escalation(approvers=(four, five, six), after=2 * hour, replace=True),
        calendar=week,
        channel="C01",
        delegates=False,
    )
    second = Stage(
        name="two", approvers=group, quorum=1, deadline=36 * hour, calendar=saturday, card="direct"
    )
    third = Stage(
        name="three",
        approvers=group,
        quorum=1,
        deadline=7 * 24 * hour,
        on_deadline="escalate",
        escalation=Escalation(approvers=(four,)),
        calendar=week,
        channel="C01",
        delegates=False,
    )
    assert parse(BASE).rules[0].plan == Plan(
        policy="p",
        stages=(first, second, third),
        card_channel="C01",
        outcome_channels=("C02",),
        shadow=True,
        severity="high",
        retype="total",
        comment_on=("reject",),
        distinct=False,
        tell_requester=False,
        tell_people=("U07",),
        question_pause=8 * hour,
        visible="involved",
        limits=Limits(per_run=20, per_minute=5),
    )


@pytest.mark.parametrize(
    ("word", "verdicts"),
    [("reject", ("reject",)), ("approve", ("approve",)), ("both", ("approve", "reject"))],
)
def test_a_comment_is_required_on_the_verdicts_that_are_named(
    word: str, verdicts: tuple[Verdict, ...]
) -> None:
    plan = parse(BASE.replace("required_on: reject", f"required_on: {word}")).rules[0].plan
    assert plan.comment_on == verdicts


@pytest.mark.parametrize(
    ("key", "change"), [("", "never"), *[(f", change: {one}", one) for one in ("never", "alone", "second")]]
)
def test_approvers_change_what_is_asked_as_the_policy_says(key: str, change: str) -> None:
    book = parse(
        "policies:\n- {name: p" + key + ", stages: [{name: s, approvers: [{user: U01}], deadline: 4h}]}"
    )
    assert book.rules[0].plan.change == change


def test_a_card_may_go_to_a_channel_and_to_people() -> None:
    stages = parse(BASE.replace("{direct: true}", "{channel: C05, direct: true}")).rules[0].plan.stages
    assert (stages[1].channel, stages[1].card) == ("C05", "both")


def test_clocks_stand_still_for_questions_only_where_that_is_written() -> None:
    pauses = [rule.plan.question_pause for rule in parse(BASE).rules]
    assert pauses == [timedelta(hours=8), None, None, None]


def test_a_calendar_is_the_stages_or_its_groups_or_its_policys() -> None:
    stages = parse(BASE).rules[0].plan.stages
    assert [stage.calendar.name if stage.calendar else None for stage in stages] == ["o", "w", "o"]


def test_a_card_is_the_stages_or_its_policys_or_goes_to_the_approvals_channel() -> None:
    rules = parse(BASE).rules
    assert [(one.channel, one.card) for one in rules[0].plan.stages] == [
        ("C01", "channel"),
        (None, "direct"),
        ("C01", "channel"),
    ]
    assert (rules[0].plan.card_channel, rules[3].plan.card_channel) == ("C01", "C0APPROVALS")
    assert rules[3].plan.outcome_channels == ("C0OUTCOMES",)


def test_a_shadow_is_shown_where_the_card_of_its_first_stage_would_be() -> None:
    text = BASE.replace("deadline: 4h", "deadline: 4h\n        card: {channel: C07, direct: true}")
    assert parse(text).rules[0].plan.card_channel == "C07"
    assert parse(text.replace("shadow: true", "shadow: false")).rules[0].plan.card_channel == "C01"


def test_no_channel_is_told_where_the_list_of_channels_is_empty() -> None:
    assert parse(BASE.replace("[C02]", "[]")).rules[0].plan.outcome_channels == ()
    assert parse(BASE.replace("channels: [C02], ", "")).rules[0].plan.outcome_channels == ("C0OUTCOMES",)


def test_groups_stand_for_their_people() -> None:
    found = parse(BASE).rules[0].plan.stages[1].approvers
    assert [(one.kind, one.id) for one in found] == [
        ("usergroup", "S01"),
        ("email", "a@example.com"),
        ("user", "U09"),
    ]


def test_effects_and_who_is_final() -> None:
    found = [(rule.plan.effect, rule.plan.final) for rule in parse(BASE).rules]
    assert found == [("ask", False), ("approve", False), ("deny", True), ("ask", False)]


def test_the_longest_pause_is_eight_times_the_first_if_it_is_not_said() -> None:
    reminders = parse(BASE.replace("longest: 1h, ", "")).rules[0].plan.stages[0].reminders
    assert reminders is not None
    assert reminders.longest == 8 * reminders.first


def test_shadows_are_warned_of() -> None:
    assert parse(BASE).warnings == (
        "f.yaml:15: `p` is a shadow: it only shows what would be asked, and lets the action pass.",
    )
    assert parse(BASE.replace("shadow: true", "shadow: false")).warnings == ()


def test_the_built_in_rulebook_asks_the_approvals_channel_for_a_day() -> None:
    [rule] = build_default("C0APPROVALS", "C0OUTCOMES").rules
    assert (rule.name, rule.plan.stages[0].approvers) == ("built-in", (Approvers(id="C0APPROVALS"),))
    assert rule.plan.stages[0].deadline.total_seconds() == 86_400


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xff")
    (tmp_path / "large.yaml").write_bytes(b"#" * 1_000_001)
    for name, line, words in [("none.yaml", 1, "cannot be read"), (".", 1, "cannot be read"), ("latin.yaml", 2, "UTF-8"), ("large.yaml", 1, "larger")]:  # fmt: skip
        with pytest.raises(LoadError, match=words) as caught:
            load_rulebook(tmp_path / name, "C0A", "C0O")
        assert [one.line for one in caught.value.problems] == [line]


def test_a_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(BASE)
    book = load_rulebook(tmp_path / "f.yaml", "C0APPROVALS", "C0OUTCOMES")
    assert plans(book) == plans(parse(BASE))


def test_rules_are_made_only_where_the_file_says_how_far() -> None:
    book = parse(
        """
policies:
  - name: small
    match: {action: x}
    severity: medium
    remember: {severity: medium, days: 30, uses: 50}
    stages: [{name: one, approvers: [{user: U01}], deadline: 4h}]
  - name: default
    stages: [{name: one, approvers: [{user: U01}], deadline: 4h}]
"""
    )
    found = [one.plan.remember for one in book.rules]
    assert found == [Leeway(severity="medium", days=30, uses=50), None]
