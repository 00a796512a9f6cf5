"""Every refusal of a policy file: its line and its sentence."""

import pytest

from activities.rules.rulebook import LoadError, parse_rulebook

DEFAULT = "\n- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}"
STAGE = "name: s, approvers: [{user: U01}], deadline: 4h"


def policy(keys: str) -> str:
    """A file whose line 2 is a policy with these keys."""
    return f"policies:\n- {{name: p, match: {{action: x}}, {keys}}}{DEFAULT}"


def stage(keys: str, more: str = "") -> str:
    return policy(f"stages: [{{{STAGE}, {keys}}}]{more}")


def matched(match: str) -> str:
    return f"policies:\n- {{name: p, match: {{{match}}}, auto: deny}}{DEFAULT}"


def group(top: str, approvers: str, keys: str = "") -> str:
    return f"{top}\npolicies:\n- {{name: p, match: {{action: x}}, stages: [{{name: s, approvers: {approvers}, deadline: 4h{keys}}}]}}{DEFAULT}"


def calendar(keys: str) -> str:
    return group(f"calendars: {{o: {{{keys}}}}}", "[{user: U01}]", ", calendar: o")


def case(keys: str) -> str:
    return f"policies:{DEFAULT}\ncases:\n- {{name: c, action: x, {keys}}}"


def digest(keys: str) -> str:
    """A file whose last line, 3, is a channel's digest with these keys."""
    return f"policies:{DEFAULT}\ndigests: [{{{keys}}}]"


MORNING = 'at: "09:00", zone: UTC'
TWO = "policies:\n- {name: p, match: {%s}, auto: deny}\n- {name: q, match: {%s}, auto: deny}" + DEFAULT
OFFICE = 'zone: Europe/Berlin, hours: {mon: "09:00-17:00"}'
REFUSALS: list[tuple[str, int, str]] = [
    (policy("auto: deny, colour: red"), 2, "no key `colour`"),
    (stage("qorum: 1"), 2, "did you mean `quorum`?"),
    (stage("quorum: two"), 2, "`quorum` has to be a whole number"),
    (stage("quorum: 0"), 2, "`quorum` has to be 1 or more"),
    (stage("quorum:"), 2, "`quorum` has nothing in it"),
    (policy("auto: deny, change: second"), 2, "change"),
    (policy("auto: approve, change: never"), 2, "change"),
    (policy("change: maybe, stages: [{name: s, approvers: [{user: U01}], deadline: 4h}]"), 2, "`change` has to be never, alone or second"),
    (digest(f"channel: general, {MORNING}"), 3, "is not a channel id"),
    (digest(f"channel: C01, {MORNING}, colour: red"), 3, "no key `colour`"),
    (digest(f"channel: C01, {MORNING}, older: 0h"), 3, "longer than nothing"),
    (digest(f"channel: C01, {MORNING}, older: long"), 3, "no span of time"),
    (digest(f"channel: C01, {MORNING}, days: monday"), 3, "names no days"),
    (digest(f"channel: C01, {MORNING}, days: [mon, mon]"), 3, "names a day twice"),
    (digest('channel: C01, at: "9:00", zone: UTC'), 3, "no time of day"),
    (digest('channel: C01, at: "24:00", zone: UTC'), 3, "no time of day"),
    (digest("channel: C01, at: [9], zone: UTC"), 3, "no time of day"),
    (digest('channel: C01, at: "09:00", zone: Europe/Atlantis'), 3, "no time zone called"),
    (digest(f"channel: C01, {MORNING}, days: []"), 3, "names no days"),
    (digest(f"channel: C01, {MORNING}, days: [1]"), 3, "names no days"),
    (digest("channel: C01, zone: UTC"), 3, "lacks `at`"),
    (digest('channel: C01, at: "09:00"'), 3, "lacks `zone`"),
    (digest(f"{MORNING}"), 3, "lacks `channel`"),
    (digest(f"channel: C01, {MORNING}}}, {{channel: C01, {MORNING}"), 3, "has a digest already"),
    (f"policies:{DEFAULT}\ndigests: []", 3, "`digests` is empty"),
    (policy("auto: maybe"), 2, "`auto` has to be approve or deny"),
    (policy("stages: [{name: s, approvers: [{user: U01}]}]"), 2, "lacks `deadline`"),
    ("version: 2\n" + matched("action: x"), 1, "`version` has to be 1"),
    ("a", 1, "has to be keys with values"),
    ("groups: {}\n" + matched("action: x"), 1, "`groups` is empty"),
    (policy("stages: []"), 2, "`stages` is empty"),
    (group("", "[{user: bob}]"), 3, "`bob` is not a user id"),
    (group("", "[{usergroup: U01}]"), 3, "is not a user group id"),
    (group("", "[{channel: general}]"), 3, "is not a channel id"),
    (group("", "[{email: bob}]"), 3, "is not an email address"),
    (group("", "[{user: U01, channel: C01}]"), 3, "Exactly one of"),
    (policy("auto: deny, notify: {people: [S01]}"), 2, "`S01` is not a user id"),
    (policy("auto: deny, notify: {people: [U01, U01]}"), 2, "`U01` is told already"),
    *[
        (policy(f"stages: [{{name: s, approvers: [{{user: U01}}], deadline: {span}}}]"), 2, words)
        for span, words in [("0h", "longer than nothing"), ("-4h", "no span"), ("6000d", "at most five years"), ("4", "no span"), ("1h1h", "a unit twice")]
    ],
    (stage("quorum: 1", ", question_pause: 0h"), 2, "longer than nothing"),
    (stage("quorum: 1", ", question_pause: soon"), 2, "no span"),
    (TWO % ("action: x", "action: y") + "\n- {name: p, auto: deny}", 5, "called `p`, too"),
    (policy(f"stages: [{{{STAGE}}}, {{{STAGE}}}]"), 2, "called `s`, too"),
    (group("", "[finanse]"), 3, "There is no group `finanse`"),
    (stage("calendar: o"), 2, "There is no calendar `o`"),
    ("groups: {g: {approvers: [{user: U01}]}}\n" + matched("action: x"), 1, "Nothing uses the group `g`"),
    (f"calendars: {{o: {{{OFFICE}}}}}\n" + matched("action: x"), 1, "Nothing uses the calendar `o`"),
    (calendar('zone: Europe/Atlantis, hours: {mon: "09:00-17:00"}'), 1, "no time zone called"),
    (calendar('zone: UTC, hours: {mon: "17:00-09:00"}'), 1, "ends before it begins"),
    (calendar('zone: UTC, hours: {mon: ["09:00-12:00", "11:00-13:00"]}'), 1, "overlap"),
    (calendar('zone: UTC, hours: {mon-fri: "09:00-12:00", tue: "11:00-13:00"}'), 1, "overlap"),
    (calendar('zone: UTC, hours: {mon: "9-17"}'), 1, "no span of hours"),
    (calendar('zone: UTC, hours: {mon: "09:60-17:00"}'), 1, "no time of day"),
    (calendar('zone: UTC, hours: {mon: "09:00-24:01"}'), 1, "no time of day"),
    (calendar('zone: UTC, hours: {monday: "09:00-17:00"}'), 1, "names no days"),
    (calendar('zone: UTC, hours: {fri-mon: "09:00-17:00"}'), 1, "ends before it begins"),
    (calendar(f"{OFFICE}, holidays: [2026-02-30]"), 1, "is no date"),
    (calendar(f"{OFFICE}, holidays: [2026-12-24, 2026-12-24]"), 1, "is here twice"),
    (matched("action: x, when: args.amount >"), 2, "is no CEL"),
    (matched("action: x, when: arg.amount > 1"), 2, "speaks of `arg`"),
    (matched("action: x, when: 'lower(title) == \"a\"'"), 2, "calls `lower`"),
    (matched("action: x, when: 'args.l.exists(foo, foo > 1) && foo == 1'"), 2, "speaks of `foo`"),
    *[
        (matched(f"action: x, when: '{when}'"), 2, words)
        for when, words in [
            ("true", "is true whatever is asked"),
            ("1 > 2 || false", "is false whatever is asked"),
            ("1", "is neither true nor false whatever is asked"),
            ('"a" > 1', "is neither true nor false whatever is asked"),
            ("[1, 2].exists(args, args > 1)", "is true whatever is asked"),
            ("args.amount + 1", "as it compares nothing"),
            ("size(args.list)", "as it compares nothing"),
            (" title", "as it compares nothing"),
        ]
    ],
    (matched(""), 2, "This match is empty"),
    (matched("action: [x, x]"), 2, "This action is here twice"),
    ("policies:\n- {name: p, match: {action: x}, auto: deny}", 2, "has to be the default"),
    ("policies:\n- {name: p, auto: deny}" + DEFAULT, 2, "has no `match`"),
    (TWO % ("action: x*", "action: xy, when: args.a == 1"), 3, "`q` is never reached"),
    (TWO % ("action: x*", "action: xy*"), 3, "`q` is never reached"),
    (TWO % ("action: x, when: args.a == 1", "action: x, agent: A, when: args.a  == 1"), 3, "`q` is never reached"),
    (TWO % ("requester: [{user: U01}, {user: U02}]", "requester: {user: U01}"), 3, "`q` is never reached"),
    (TWO % ("action: x, when: args.a >= 10", "action: x, when: args.a >= 10000"), 3, "`q` is never reached"),
    (TWO % ("action: '*'", "action: x"), 4, "`default` is never reached"),
    (stage("quorum: 2"), 2, "only 1 can decide"),
    (stage("reject_quorum: 2"), 2, "only 1 can decide"),
    (matched("requester: {user: U01}").replace("auto: deny", f"stages: [{{{STAGE}}}]"), 2, "Only `U01` can ask"),
    (policy(f"stages: [{{{STAGE}}}, {{{STAGE.replace('s,', 't,')}}}]"), 2, "The stages `s` and `t` need 2 people and have 1"),
    (group("", "[{user: U01}, {user: U01}]"), 3, "among the approvers already"),
    (group("groups: {g: {approvers: [{user: U01}]}}", "[g, {user: U01}]"), 3, "among the approvers already"),
    (group("groups: {g: {approvers: [{user: U01}, {user: U01}]}}", "[g]"), 1, "among the approvers already"),
    *[
        (policy(f"{kind}, {key}"), 2, f"`{key.partition(':')[0]}` does nothing beside")
        for kind in ("auto: deny", "hard_deny: true")
        for key in (
            f"stages: [{{{STAGE}}}]", "comment: {required_on: both}", "severity: low", "retype: a", "distinct: true",
            "card: {direct: true}", "delegation: true", "calendar: o", "question_pause: 8h", "limits: {per_run: 3}",
            "remember: {days: 1, uses: 1}",
        )
    ],
    (policy("auto: deny, hard_deny: true"), 2, "exclude each other"),
    (policy("shadow: false"), 2, "`p` says nothing"),
    (policy("auto: approve, shadow: true"), 2, "A shadow of what is approved"),
    (policy(f"shadow: true, card: {{direct: true}}, stages: [{{{STAGE}}}]"), 2, "A shadow is shown in a channel"),
    (stage("card: {direct: true}", ", shadow: true, card: {channel: C01}"), 2, "A shadow is shown in a channel"),
    (stage("quorum: 1", ", retype: amount"), 2, "below `severity: high`"),
    (stage("quorum: 1", ", distinct: true"), 2, "with one stage"),
    (stage("delegation: true", ", delegation: true"), 2, "Every stage has its own delegation"),
    (stage("card: {direct: true}", ", card: {direct: true}"), 2, "Every stage has its own card"),
    (stage("quorum: 2", ", remember: {days: 9, uses: 9}"), 2, "where more than one person has to approve"),
    (stage("quorum: 1", ", shadow: true, remember: {days: 9, uses: 9}"), 2, "where nobody is asked"),
    (stage("quorum: 1", ", comment: {required_on: both}, remember: {days: 9, uses: 9}"), 2, "have to say why"),
    (stage("quorum: 1", ", severity: medium, remember: {days: 9, uses: 9}"), 2, "No rules are made above severity low"),
    (stage("quorum: 1", ", remember: {days: 0, uses: 9}"), 2, "`days` has to be 1 or more"),
    (stage("quorum: 1", ", remember: {days: 9}"), 2, "uses"),
    (stage("quorum: 1", ", limits: {}"), 2, "This limits nothing"),
    (stage("quorum: 1", ", limits: {per_run: 0}"), 2, "`per_run` has to be 1 or more"),
    (stage("quorum: 1", ", limits: {per_run: 5, per_minute: 5}"), 2, "`per_minute` does nothing"),
    (stage("remind: {first: 4h}"), 2, "not before the deadline"),
    (stage("remind: {first: 2h, longest: 1h}"), 2, "shorter than `first`"),
    (stage("remind: {first: 1h, times: 1, factor: 2}"), 2, "`factor` does nothing"),
    (stage("remind: {first: 1h, factor: 1, longest: 2h}"), 2, "`longest` does nothing"),
    (stage("remind: {first: 1h, factor: 0.5}"), 2, "`factor` has to be 1 or more"),
    (stage("escalate: {after: 4h, to: [{user: U02}]}"), 2, "not before the deadline"),
    (stage("on_deadline: escalate, escalate: {after: 1h, to: [{user: U02}]}"), 2, "remove `after`"),
    (stage("escalate: {to: [{user: U02}]}"), 2, "This never happens"),
    (stage("on_deadline: escalate"), 2, "Nobody is named to escalate to"),
    (stage("escalate: {after: 1h, to: [{user: U01}]}"), 2, "may decide already"),
    (stage("escalate: {after: 1h, to: [{user: U02}, {user: U02}]}"), 2, "among the approvers already"),
    (policy("auto: deny, retype: a"), 2, "`retype` does nothing"),
    (group("", "[{user: U01}, {user: U02}]", ", quorum: 2, escalate: {after: 1h, replace: true, to: [{user: U03}]}"), 3, "After the escalation only 1"),
    (stage("card: {direct: false}"), 2, "This card goes nowhere"),
    (stage("quorum: 1", ", card: {direct: false}"), 2, "This card goes nowhere"),
    (group("", "[{channel: C01}]", ", card: {direct: true}"), 3, "Nobody can be written to"),
    (group("", "[{user: U01}]", ", card: {direct: true}, escalate: {after: 1h, replace: true, to: [{channel: C01}]}"), 3, "None of these can be written to"),
    (group("", "[{user: U01}]", ", card: {direct: true}, escalate: {after: 1h, to: [{channel: C01}]}"), 3, "None of these can be written to"),
    (
        group(f"calendars: {{o: {{{OFFICE}}}, w: {{{OFFICE}}}}}\ngroups: {{g: {{approvers: [{{user: U01}}], calendar: o}}, h: {{approvers: [{{user: U02}}], calendar: w}}}}", "[g, h]"),
        4, "different calendars",
    ),
    (
        group(f"calendars: {{o: {{{OFFICE}}}, w: {{{OFFICE}}}}}\ngroups: {{g: {{approvers: [{{user: U01}}], calendar: o}}}}", "[g]", ", calendar: w"),
        2, "No stage goes by the calendar of `g`",
    ),
    (case("expect: {policy: defalt}"), 4, "did you mean `default`?"),
    (case("expect: {policy: default, deadline: 2026-11-30T12:00:00+01:00}"), 4, "add `at`"),
    (case("at: 2026-11-30T12:00:00, expect: {policy: default}"), 4, "with its offset"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), REFUSALS)
def test_each_thing_wrong_is_refused_with_its_line_and_a_sentence(text: str, line: int, words: str) -> None:
    with pytest.raises(LoadError) as caught:
        parse_rulebook(text, "f.yaml", "C0APPROVALS", "C0OUTCOMES")
    found = [one for one in caught.value.problems if words in one.sentence]
    assert [one.line for one in found] == [line], str(caught.value)
    assert str(found[0]).startswith(f"f.yaml:{line}: ")
    assert found[0].sentence.endswith((".", "?"))


def test_everything_wrong_is_told_at_once_in_order_of_lines() -> None:
    text = "version: 2\npolicies:\n- {name: p, match: {action: x}, auto: deny, quorum: 1}\n- {name: q, match: {when: a}, auto: deny}\n- {name: q, match: {action: z}}"
    with pytest.raises(LoadError) as caught:
        parse_rulebook(text, "f", "C0A", "C0O")
    lines = [one.line for one in caught.value.problems]
    assert lines == sorted(lines)
    assert set(lines) == {1, 3, 4, 5}
    assert str(caught.value).count("\n") == len(lines) - 1


@pytest.mark.parametrize(
    "match",
    [
        ("action: 'x?'", "action: x*"),
        ("action: '*abc*'", "action: '[abc]'"),
        ("action: x, when: args.a == 1", "action: x"),
        ("action: x, when: args.a >= 10000", "action: x, when: args.a >= 10"),
        ("action: x, when: 'args.a == \"b  c\"'", "action: x, when: 'args.a == \"b c\"'"),
        ("action: x, agent: A", "action: x"),
        ("action: x, requester: {user: U01}", "action: x, requester: [{user: U01}, {user: U02}]"),
    ],
)
def test_a_policy_that_can_be_reached_is_not_refused(match: tuple[str, str]) -> None:
    assert len(parse_rulebook(TWO % match, "f", "C0A", "C0O").rules) == 3


@pytest.mark.parametrize(
    "keys",
    [
        "card: {direct: true, channel: C01}, escalate: {after: 1h, replace: true, to: [{channel: C01}]}",
        "card: {direct: true}, escalate: {after: 1h, replace: true, to: [{channel: C01}, {user: U02}]}",
    ],
)
def test_a_card_has_a_place_after_an_escalation(keys: str) -> None:
    assert parse_rulebook(stage(keys), "f", "C0A", "C0O")


U01, U02 = "approvers: [{user: U01}]", "approvers: [{user: U01}, {user: U02}]"
GROUP = "approvers: [{user: U01}, {usergroup: S01}]"
HELP = "escalate: {after: 1h, to: [{user: U02}]}"
REPLACED = "escalate: {after: 1h, to: [{user: U02}], replace: true}"


@pytest.mark.parametrize(
    ("first", "second", "decidable"),
    [
        (U01, U01, False),
        (U01, U02, True),
        (U02, U02, True),
        (f"{U02}, quorum: 2", U01, False),
        (f"{U02}, quorum: 2", U02, False),
        (U01, GROUP, True),
        (U01, f"{U01}, {HELP}", True),
        (f"{U01}, {REPLACED}", f"{U01}, {REPLACED}", True),
        (f"{U01}, distinct: false", U01, True),
    ],
)
def test_stages_that_cannot_all_be_decided_by_different_people_are_refused(
    first: str,
    second: str,
    decidable: bool,  # noqa: FBT001 - a parameter of pytest's
) -> None:
    first, distinct, _ = first.partition(", distinct: false")
    keys = f"stages: [{{name: a, deadline: 4h, {first}}}, {{name: b, deadline: 4h, {second}}}]{distinct}"
    assert (faults(policy(keys)) == "") is decidable


@pytest.mark.parametrize(
    ("requester", "keys", "decidable"),
    [
        ("{user: U01}", U01, False),
        ("[{user: U01}, {user: U02}]", U01, True),
        ("{user: U01}", U02, True),
        ("{user: U01}", f"{U02}, quorum: 2", False),
        ("[{user: U01}, {user: U02}]", f"{U02}, quorum: 2", False),
        ("{user: U01}", GROUP, True),
        ("{user: U01}", f"{U01}, {HELP}", True),
        ("[{user: U01}, {usergroup: S01}]", U01, True),
    ],
)
def test_a_stage_that_only_requesters_could_decide_is_refused(
    requester: str,
    keys: str,
    decidable: bool,  # noqa: FBT001 - a parameter of pytest's
) -> None:
    text = matched(f"requester: {requester}").replace(
        "auto: deny", f"stages: [{{name: s, deadline: 4h, {keys}}}]"
    )
    assert (faults(text) == "") is decidable


def faults(text: str) -> str:
    try:
        parse_rulebook(text, "f", "C0A", "C0O")
    except LoadError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "when",
    [
        "args.items.exists(i, i.amount > 5)",
        "size(args.l) > 0 && type(args.n) == int",
        "title.matches('a, b')",
        "args.items.exists(i, i.parts.all(p, p > args.least))",
        "has(args.a) && args.a",
        "args.a ? args.b : true",
        "args.flags[0]",
        "!args.a",
    ],
)
def test_a_condition_may_name_what_there_is(when: str) -> None:
    assert parse_rulebook(matched(f'action: x, when: "{when}"'), "f", "C0A", "C0O")
