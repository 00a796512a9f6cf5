"""Forms in the policy file: what they may hold, and what is refused that their own policy would never get."""

import pytest

from activities.rules.forms import FieldSource, FormSource
from activities.rules.rulebook import LoadError, Rulebook, parse_rulebook
from activities.rules.sources import build_schema

DEFAULT = "\n- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}"
STAGES = "stages: [{name: s, approvers: [{user: U01}], deadline: 4h}]"
TOTAL = "{name: total, label: Total, kind: number}"


def form(fields: str = TOTAL, title: str = "Buy", action: str = "purchase") -> str:
    return f"form: {{title: {title}, action: {action}, fields: [{fields}]}}"


def policy(keys: str, match: str = "action: purchase", name: str = "p") -> str:
    return f"\n- {{name: {name}, match: {{{match}}}, {keys}}}"


def filed(keys: str = form(), match: str = "action: purchase", name: str = "p") -> str:
    return policy(f"{keys}, {STAGES}", match, name)


def parse(*policies: str) -> Rulebook:
    return parse_rulebook("policies:" + "".join(policies) + DEFAULT, "f.yaml", "C0APPROVALS", "C0OUTCOMES")


REFUSALS: list[tuple[list[str], int, str]] = [
    ([filed(form(title="Buy whatever you want to have"))], 2, "`title` has to be at most 24 characters long"),
    ([filed(form(title="' Buy'"))], 2, "has to be words on one line"),
    ([filed(form(title='"a\\nb"'))], 2, "has to be words on one line"),
    ([filed(form(action="purch*"), "action: 'purch*'")], 2, "is no action"),
    ([filed(form(fields=""))], 2, "`fields` is empty"),
    ([filed(form(fields="{name: total, label: Total, kind: money}"))], 2, "`kind` has to be text, long_text, number"),
    ([filed(form(fields="{name: to-tal, label: Total, kind: text}"))], 2, "is no name of an argument"),
    ([filed(form(fields="{name: total, kind: text}"))], 2, "lacks `label`"),
    ([filed(form(fields="{name: total, lable: x, label: Total, kind: text}"))], 2, "did you mean `label`?"),
    ([filed(form(fields="{name: total, label: '', kind: text}"))], 2, "has to be words on one line"),
    ([filed(form(fields="{name: a, label: A, kind: choice}"))], 2, "add `options`"),
    ([filed(form(fields="{name: a, label: A, kind: text, options: [x]}"))], 2, "`options` does nothing in a text"),
    ([filed(form(fields="{name: a, label: A, kind: choice, options: [x, y, x]}"))], 2, "`x` is here twice"),
    ([filed(form(fields="{name: a, label: A, kind: text}, {name: a, label: B, kind: text}"))], 2, "has the name `a` already"),
    ([filed(form(fields="{name: a, label: A, kind: text}, {name: b, label: A, kind: text}"))], 2, "has the label `A` already"),
    ([filed(form(fields=", ".join(f"{{name: a{n}, label: A{n}, kind: text}}" for n in range(21))))], 2, "at most 20 fields"),
    ([filed(), filed(match="action: sell", name="q", keys=form(action="sell"))], 3, "Another form is called `Buy`"),
    ([filed(match="action: buy_*")], 2, "`p` does not match the action `purchase`"),
    ([filed(match="action: purchase, agent: Clerk")], 2, "`p` is for agents only"),
    ([policy(f"auto: deny, {form()}")], 2, "`p` denies it"),
    ([policy(f"hard_deny: true, {form()}")], 2, "`p` denies it"),
    ([policy("auto: approve"), filed(match="action: 'p*'", name="q")], 3, "`p` comes first and takes all"),
    ([policy("auto: approve", "requester: {user: U01}"), filed(match="action: purchase, requester: {user: U01}", name="q")], 3, "`p` comes first and takes all"),
    ([filed(match="action: purchase, when: args.totl > 5")], 2, "The condition of `p` cannot be decided"),
    ([filed(match="action: purchase, when: args.total > 500 && args.site == 1")], 2, "the request has no `site`"),
    ([filed(form(f"{TOTAL}, {{name: site, label: S, kind: text, required: false}}"), "action: purchase, when: args.site == 'a'")], 2, "require it"),
    ([policy("auto: approve", "action: 'p*', when: args.trusted == true"), filed(name="q")], 3, "The condition of `p` cannot be decided"),
    (["".join(filed(form(title=f"Buy {n}", action=f"a{n}"), f"action: a{n}", f"p{n}") for n in range(101))], 102, "more than 100 forms"),
]  # fmt: skip


@pytest.mark.parametrize(("policies", "line", "words"), REFUSALS)
def test_each_thing_wrong_is_refused_with_its_line_and_a_sentence(
    policies: list[str], line: int, words: str
) -> None:
    with pytest.raises(LoadError) as caught:
        parse(*policies)
    found = [one for one in caught.value.problems if words in one.sentence]
    assert [one.line for one in found] == [line], str(caught.value)
    assert found[0].sentence.endswith((".", "?"))


@pytest.mark.parametrize(
    "policies",
    [
        [filed(match="action: [sell, 'p?rch*']")],
        [filed(match="action: purchase, agent: ['*', Clerk]")],
        [policy("auto: approve", "action: purchase, agent: Clerk"), filed(name="q")],
        [policy("auto: approve", "action: purchase, requester: {user: U01}"), filed(name="q")],
        [
            policy("auto: approve", "action: purchase, when: args.total < 10"),
            filed(match="action: '*e'", name="q"),
        ],
        [filed(match="action: purchase, when: has(args.site) && args.site == 'a'")],
        [policy("auto: approve", "action: sell, when: args.trusted"), filed(name="q")],
        [policy("auto: approve", "action: purchase, agent: A, when: args.trusted"), filed(name="q")],
    ],
)
def test_what_a_policy_may_get_is_not_refused(policies: list[str]) -> None:
    assert [one.title for one in parse(*policies).forms.values()] == ["Buy"]


def test_the_default_policy_may_have_a_form() -> None:
    text = f"policies:\n- {{name: default, {STAGES}, {form(action='anything')}}}"
    book = parse_rulebook(text, "f", "C0A", "C0O")
    assert book.forms["default"].action == "anything"


def test_a_form_is_read_with_all_that_is_written() -> None:
    fields = "{name: site, label: Site, kind: choice, options: [Berlin, Paris], required: false, hint: Where it goes}"
    assert parse(filed(form(fields))).forms == {
        "p": FormSource(
            title="Buy",
            action="purchase",
            fields=(
                FieldSource(
                    name="site",
                    label="Site",
                    kind="choice",
                    options=("Berlin", "Paris"),
                    required=False,
                    hint="Where it goes",
                ),
            ),
        )
    }


def test_without_forms_there_are_none() -> None:
    assert parse(policy("auto: deny")).forms == {}


def test_the_schema_says_what_each_key_is_for() -> None:
    definitions = build_schema()["$defs"]
    for name in ("FormSource", "FieldSource"):
        assert all(one.get("description") for one in definitions[name]["properties"].values())
