"""`countersign policy …`: plain sentences, exit codes, and never a traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from activities.rules.matching import MatchError
from bot.policies import Wiring, app

EXAMPLE = str(Path(__file__).parents[2] / "countersign.example.yaml")
DEFAULT = "policies:\n- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}\n"
ASK = ["explain", "--file", EXAMPLE, "--as", "U0ALICE", "--action"]


CONTRACT = [*ASK, "execute_contract", "--arg", "template=true", "--arg", "months=3"]


def call(*words: str, wiring: Wiring | None = None) -> Result:
    result = CliRunner().invoke(app, list(words), obj=wiring)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_check_tells_each_policy_and_warns_of_shadows() -> None:
    result = call("check", EXAMPLE)
    assert result.exit_code == 0
    assert "fraud-hold: It is denied; nobody can approve it" in result.stdout
    assert "`try-out-deploy` is a shadow" in result.stderr


def test_check_tells_the_digests_of_channels() -> None:
    told = call("check", EXAMPLE).stdout
    assert "C0TREASURY: A digest tells on mon, tue, wed, thu, fri at 09:00 (Europe/Berlin)" in told
    assert "what has waited longer than 4h" in told
    assert "C0APPROVALS: A digest tells daily at 16:00" in told


def test_check_tells_what_is_wrong_by_line(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(DEFAULT.replace("name: a", "nam: a"))
    result = call("check", str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{path}:2: There is no key `nam` here: did you mean `name`?" in result.stderr
    assert call("check", str(tmp_path / "none.yaml")).exit_code == 1


def test_test_tries_the_cases(tmp_path: Path) -> None:
    assert call("test", EXAMPLE).exit_code == 0
    path = tmp_path / "f.yaml"
    path.write_text(DEFAULT)
    assert (call("test", str(path)).exit_code, "has no cases" in call("test", str(path)).stderr) == (1, True)
    path.write_text(DEFAULT + "cases: [{name: c, action: x, expect: {policy: default, quorum: 2}}]")
    result = call("test", str(path))
    assert result.exit_code == 1
    assert "wrong c: quorum is 1, not 2" in result.stdout
    assert "1 of 1 cases" in result.stderr


def test_schema_is_json() -> None:
    assert json.loads(call("schema").stdout)["additionalProperties"] is False


def test_explain_tells_policy_people_and_deadline() -> None:
    result = call(*ASK, "purchase", "--arg", "total=12000", "--at", "2026-11-27T16:00:00+01:00")
    assert result.exit_code == 0
    assert "`fraud-hold` does not apply: the action `purchase` is not `transfer_*`." in result.stdout
    assert "`procurement` applies." in result.stdout
    assert "1 approval of members of the user group S0MANAGERS" in result.stdout
    assert "Deadline Wed 02 Dec 2026 14:30 Europe/Berlin, then it expires." in result.stdout
    assert "these may decide, too: U0COO." in result.stdout


def test_arguments_are_json_where_they_are_and_dots_nest() -> None:
    words = ["execute_contract", "--arg", "template=true", "--arg", "months=3", "--arg", "to.name=Ann", "--member-of", "S0CONTRACTS"]  # fmt: skip
    assert "`template-contract` applies" in call(*ASK, *words).stdout
    assert "`contract` applies then" in call(*ASK, *words[:-2]).stdout
    assert "`small-purchase` applies" in call(*ASK, "purchase", "--args-json", '{"total": 3}').stdout


def test_without_slack_it_is_not_claimed_who_is_in_a_user_group() -> None:
    told = call(*CONTRACT).stdout
    doubt = "it is not known whether the requester U0ALICE is in the user group `S0CONTRACTS` (give --member-of if so)."
    assert f"`template-contract` is taken not to apply: {doubt}" in told
    assert "`contract` applies then." in told
    told = call(*CONTRACT, "--member-of", "S0CONTRACTS").stdout
    assert "`template-contract` applies. " in told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (True, "`template-contract` applies. "),
        (False, "the requester U0ALICE is not in the user group `S0CONTRACTS`.\n`contract` applies. "),
        (None, "`contract` applies then. "),
    ],
)
def test_where_slack_can_be_asked_it_is(answer: bool | None, told: str) -> None:  # noqa: FBT001 - a parameter of pytest's
    asked: list[tuple[str, str]] = []

    async def belongs(asker: str, usergroup: str) -> bool | None:
        asked.append((asker, usergroup))
        return answer

    assert told in call(*CONTRACT, wiring=Wiring(belongs=belongs)).stdout
    assert asked == [("U0ALICE", "S0CONTRACTS")]


def test_a_user_group_that_slack_does_not_know_is_a_sentence_as_it_is_for_a_request() -> None:
    async def belongs(asker: str, usergroup: str) -> bool | None:
        raise MatchError(f"The user group {usergroup} cannot be read, asked for {asker}.")

    result = call(*CONTRACT, wiring=Wiring(belongs=belongs))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "The user group S0CONTRACTS cannot be read" in result.stderr


def test_whoever_asks_is_marked_among_those_who_decide() -> None:
    treatment = ["start_treatment", "--agent", "Clinic", "--arg", "patient.id=P-1"]
    told = call("explain", "--file", EXAMPLE, "--as", "U0DRGARCIA", "--action", *treatment).stdout
    assert "1 approval of U0DRGARCIA (asks, so may not decide)." in told


def test_the_example_says_how_to_explain_a_request() -> None:
    """Its options are those that there are."""
    usage = Path(EXAMPLE).read_text().partition("policy explain ")[2].partition("\n")[0]
    words = [EXAMPLE if word == "FILE" else word for word in usage.split()]
    words = [
        "purchase" if words[number - 1 : number] == ["--action"] else word
        for number, word in enumerate(words)
    ]
    result = call(
        "explain", *[word.replace("name=value", "total=1").replace("U…", "U0ALICE") for word in words]
    )
    assert "`small-purchase` applies" in result.stdout


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("agent: Ward", ["--agent", "Ward"]),
        ("requester: {user: U0ALICE}", ["--as", "U0ALICE"]),
        ("requester: {usergroup: S01}", ["--member-of", "S01"]),
        ("when: has(args.n) && args.n == 1", ["--arg", "n=1"]),
    ],
)
def test_explain_asks_about_the_request_that_is_described(
    tmp_path: Path, match: str, words: list[str]
) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(DEFAULT.replace(":\n", f":\n- {{name: p, match: {{{match}}}, auto: deny}}\n", 1))
    ask = ["explain", "--file", str(path), "--action", "x", "--as", "U0BOB"]
    assert "`p` applies" in call(*ask, *words).stdout
    assert "`default` applies" in call(*ask).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["purchase"], 1),
        (["purchase", "--arg", "total"], 2),
        (["purchase", "--arg", "a=1", "--arg", "a.b=2"], 2),
        (["purchase", "--args-json", "[1]"], 2),
        (["purchase", "--args-json", "{"], 2),
        (["purchase", "--at", "tomorrow"], 2),
        (["purchase", "--at", "2026-11-27T16:00:00"], 2),
        ([""], 2),
        (["x" * 201], 2),
    ],
)
def test_what_makes_no_sense_is_a_sentence(words: list[str], code: int) -> None:
    result = call(*ASK, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.strip().endswith(".")


def test_check_tells_which_forms_people_ask_by() -> None:
    assert "procurement: people ask for it by the form Buy something." in call("check", EXAMPLE).stdout
