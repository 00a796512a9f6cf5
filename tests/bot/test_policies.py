"""`countersign policy …`: plain sentences, exit codes, and never a traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.policies import app

EXAMPLE = str(Path(__file__).parents[2] / "countersign.example.yaml")
DEFAULT = "policies:\n- {name: default, stages: [{name: a, approvers: [{channel: C0A}], deadline: 1d}]}\n"
ASK = ["explain", "--file", EXAMPLE, "--as", "U0ALICE", "--action"]


def call(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_check_tells_each_policy_and_warns_of_shadows() -> None:
    result = call("check", EXAMPLE)
    assert result.exit_code == 0
    assert "fraud-hold: It is denied; nobody can approve it" in result.stdout
    assert "`other-deploy` is a shadow" in result.stderr


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
    assert "`contract` applies" in call(*ASK, *words[:-2]).stdout
    assert "`small-purchase` applies" in call(*ASK, "purchase", "--args-json", '{"total": 3}').stdout


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
