"""The tools for those who write policies: check the file, explain it, try its cases, print its schema."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from pydantic import JsonValue, ValidationError
from rich.console import Console

from activities.rules.cases import run_cases
from activities.rules.documents import LoadError, as_mapping
from activities.rules.explain import (
    StageTimes,
    describe_policies,
    describe_roundup,
    describe_stage,
    explain_match,
    name_approvers,
    summarize_rule,
)
from activities.rules.matching import MatchError, find_policy
from activities.rules.planning import Channels
from activities.rules.rulebook import Rulebook, load_rulebook
from activities.rules.sources import build_schema
from workflows.contracts import ApprovalRequest, Approvers, Person

FAILED = 1
WRONG_USE = 2
DEFAULT_FILE = "countersign.yaml"
SOMEBODYS_TEAM = "T0TEAM"

app = typer.Typer(help="Check, explain and test the policy file.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)
complaints = Console(stderr=True, soft_wrap=True, highlight=False)


async def name_offline(approvers: Sequence[Approvers], asker: str) -> str:
    """Approvers by their ids."""
    return name_approvers(approvers, asker)


async def know_nothing(asker: str, usergroup: str) -> bool | None:
    """Without Slack nobody knows who is in a user group."""
    del asker, usergroup
    return None


class Wiring(NamedTuple):
    """What the program lends these tools: the channels of its settings, and ways to ask Slack who is who.

    `names` tells who approvers are and marks whoever asks, `belongs` whether somebody (first) is in a user group.
    It is the context's `obj`; without one the channels are placeholders, people are ids, and groups are unknown.
    """

    channels: Callable[[], Channels] = lambda: Channels("C0APPROVALS", "C0OUTCOMES")
    names: Callable[[Sequence[Approvers], str], Awaitable[str]] = name_offline
    belongs: Callable[[str, str], Awaitable[bool | None]] = know_nothing


File = Annotated[str, typer.Argument(help="The policy file.")]
FileOption = Annotated[str, typer.Option("--file", help="The policy file.")]


@app.command()
def check(context: typer.Context, file: File = DEFAULT_FILE) -> None:
    """Say what is wrong with a policy file, or what each of its policies does."""
    rulebook = read_rulebook(context, file)
    for warning in rulebook.warnings:
        complaints.print(warning, markup=False)
    for rule in rulebook.rules:
        console.print(summarize_rule(rule), markup=False, end="\n\n")
    for name, form in rulebook.forms.items():
        console.print(f"{name}: people ask for it by the form {form.title}.", markup=False)
    for room in rulebook.digests:
        console.print(describe_roundup(room), markup=False)


@app.command("test")
def try_cases(context: typer.Context, file: File = DEFAULT_FILE) -> None:
    """Try the cases written in a policy file; 1 if one does not come out as expected."""
    results = run_cases(read_rulebook(context, file))
    if not results:
        _end(f"{file} has no cases: write some under `cases`.")
    for result in results:
        mark = "[green]ok[/green]   " if result.passed else "[red]wrong[/red]"
        console.print(mark, end=" ")
        told = f": {'; '.join(result.differences)}" if result.differences else ""
        console.print(f"{result.name}{told}", markup=False)
    failed = sum(not result.passed for result in results)
    if failed:
        _end(f"{failed} of {len(results)} cases did not come out as expected.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    typer.echo(json.dumps(build_schema(), indent=2))


@app.command()
def explain(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    action: Annotated[str, typer.Option(help="The action asked for.")],
    asker: Annotated[str, typer.Option("--as", help="Who asks, by user id.")],
    arg: Annotated[
        list[str] | None, typer.Option(help="An argument, name=value; a.b=value goes into an object.")
    ] = None,
    args_json: Annotated[str, typer.Option(help="All arguments as a JSON object.")] = "{}",
    agent: Annotated[str, typer.Option(help="The agent that asks.")] = "",
    member_of: Annotated[list[str] | None, typer.Option(help="A user group that the asker is in.")] = None,
    at: Annotated[str, typer.Option(help="When it is asked, like 2026-11-27T16:00:00+01:00.")] = "",
    file: FileOption = DEFAULT_FILE,
) -> None:
    """Say which policy applies to a request and why not the ones before it, who decides it, and until when."""
    request = build_request(action, read_arguments(args_json, arg or []), asker, agent)
    moment, groups = read_moment(at), frozenset(member_of or [])
    rulebook = read_rulebook(context, file)
    try:
        lines = asyncio.run(_tell_request(rulebook, request, groups, moment, _wiring(context)))
    except MatchError as error:
        _end(str(error))
    for line in lines:
        console.print(line, markup=False)


async def _tell_request(
    rulebook: Rulebook, request: ApprovalRequest, groups: frozenset[str], moment: datetime, wiring: Wiring
) -> list[str]:
    """What would come of a request, a line each."""
    asker = request.requester.user_id

    async def belongs(usergroup: str) -> bool | None:
        return usergroup in groups or await wiring.belongs(asker, usergroup)

    explanation = explain_match(await find_policy(rulebook, request, belongs), moment)
    lines = list(describe_policies(explanation))
    for number, times in enumerate(explanation.stages, start=1):
        lines += await _tell_stage(times, number, asker, wiring)
    return lines


async def _tell_stage(times: StageTimes, number: int, asker: str, wiring: Wiring) -> tuple[str, ...]:
    people = await wiring.names(times.stage.approvers, asker)
    escalation = times.stage.escalation
    others = await wiring.names(escalation.approvers, asker) if escalation else ""
    return describe_stage(times, number, people, others)


def build_request(
    action: str, arguments: dict[str, JsonValue], asker: str, agent: str = ""
) -> ApprovalRequest:
    """The request asked about."""
    try:
        person = Person(team_id=SOMEBODYS_TEAM, user_id=asker)
        return ApprovalRequest(
            action=action, title=action, arguments=arguments, requester=person, agent=agent
        )
    except ValidationError:
        _end(
            "--action (1 to 200 characters), --as, or an argument is not what a request can hold.", WRONG_USE
        )


def read_arguments(args_json: str, pairs: Sequence[str]) -> dict[str, JsonValue]:
    """The arguments as options give them; single ones go before those in JSON."""
    arguments = _parse(args_json)
    members = as_mapping(arguments)
    if members != arguments:
        _end('--args-json has to be a JSON object, like {"amount": 12000}.', WRONG_USE)
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not all(name.split(".")):
            _end(f"--arg {pair} has to be like name=value.", WRONG_USE)
        _put(members, name, _parse(text))
    return members


def _parse(text: str) -> object:
    """JSON where it is some, else the text itself."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text


def _put(members: dict[str, Any], name: str, value: object) -> None:
    *path, last = name.split(".")
    for step in path:
        inside = members.setdefault(step, {})
        if inside != as_mapping(inside):
            _end(f"--arg {name}: `{step}` is no object.", WRONG_USE)
        members = inside
    members[last] = value


def read_moment(text: str) -> datetime:
    """The moment asked about: now if none is given."""
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        _end(f"--at {text} has to be a moment with its offset, like 2026-11-27T16:00:00+01:00.", WRONG_USE)
    return moment


def read_rulebook(context: typer.Context, file: str) -> Rulebook:
    """The rulebook in a file, or the end of the program with all that is wrong with it."""
    try:
        return load_rulebook(file, *_wiring(context).channels())
    except LoadError as error:
        _end(str(error))


def _wiring(context: typer.Context) -> Wiring:
    return context.obj if isinstance(context.obj, Wiring) else Wiring()


def _end(sentence: str, code: int = FAILED) -> NoReturn:
    complaints.print(sentence, markup=False)
    raise typer.Exit(code)
