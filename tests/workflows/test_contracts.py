"""What crosses borders is frozen, has no order to lose, and is readable by older and newer versions."""

from collections.abc import Iterator
from datetime import time
from typing import Any, cast, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    HOUR,
    NOW,
    REQUESTER,
    THREAD,
    build_decision,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows import burst, contracts, ports, profiles, roundup, talk
from workflows.allowance import Spent
from workflows.attachments import Attachment, ReadFile
from workflows.burst import Batch, BatchPost, Filing, Room, describe
from workflows.contracts import (
    Amendment,
    Answer,
    ApprovalRequest,
    ApprovalState,
    Approvers,
    ArgumentsCheck,
    ArgumentsQuery,
    Bound,
    Brief,
    Calendar,
    Cancellation,
    Carried,
    Contract,
    Conversation,
    Decision,
    Delegation,
    Escalation,
    GrantUse,
    Halt,
    Heard,
    Leeway,
    Limits,
    Membership,
    MembershipQuery,
    MessageRef,
    Opening,
    Outcome,
    Person,
    Plan,
    PlanQuery,
    Post,
    Publication,
    Published,
    Question,
    Receipt,
    Remembrance,
    Reminders,
    Reply,
    Resolution,
    Roster,
    RunPlace,
    Shift,
    Stage,
    StageQuery,
    Status,
    Summary,
    Whisper,
)
from workflows.converter import DATA_CONVERTER
from workflows.elicitation import ASK_HUMAN, AnswerCheck, AnswerQuery
from workflows.grants import Book, Claim, GrantQuery, Making, Revocation, Taken, build_grant
from workflows.policy import outcome
from workflows.preferences import Preferences
from workflows.profiles import Profiles
from workflows.receipts import write_receipt
from workflows.roundup import RoomRoundup, Roundup, RoundupQuery, Timing
from workflows.talk import Aside, Draft, FilesQuery, FilesRead, TurnCancellation

CARD = MessageRef(channel_id=CARD_CHANNEL, ts="1.2")
DECIDED = build_decision(decided_at=NOW)
STATE = build_state(decisions=(DECIDED,), cards=(CARD,))
POST = Post(view="card", key="card", channel_id=CARD_CHANNEL)
SHIFT = Shift(weekday=0, opens=9 * 3600, closes=17 * 3600)
CALENDAR = Calendar(name="office", zone="Europe/Berlin", shifts=(SHIFT,), holidays=(NOW.date(),))
REMINDERS = Reminders(first=HOUR, factor=1.5, longest=3 * HOUR, times=2)
ESCALATION = Escalation(approvers=(Approvers(kind="email", id="a@b.example"),), after=HOUR, replace=True)
DELEGATION = Delegation(principal=APPROVER, delegate=REQUESTER, until=NOW, away=True)
ROSTER = Roster(
    people=(APPROVER,), count=3, delegations=(DELEGATION,), direct=(APPROVER,), quiet=(REQUESTER,)
)
WISH = Preferences(
    person=APPROVER, direct="digest", digest_at=time(8, 30), begins=time(9), ends=time(17), days=(0, 4)
)
TIMING = Timing(at=time(9), days=(0, 1), zone="Europe/Berlin")
ROUNDUP = Roundup(team_id="T1", place=CARD_CHANNEL, older=HOUR)
OPENING = Opening(deadline=NOW, reminders=(NOW,), escalates_at=NOW, roster=ROSTER, problem="no")
STAGE = build_stage(
    reminders=REMINDERS,
    escalation=ESCALATION,
    calendar=CALENDAR,
    reject_quorum=2,
    on_deadline="escalate",
    channel="C1",
    card="both",
    delegates=False,
)
FULL_PLAN = build_plan(
    stages=(STAGE,),
    severity="high",
    retype="total",
    comment_on=("reject",),
    tell_people=("U1",),
    visible="involved",
    private_channels=("C1",),
)
QUESTION = Question(text="Why?", asked_by=APPROVER, digest="d", event_id="q", asked_at=NOW, number=1)
ANSWER = Answer(text="So.", question=1, answered_by=REQUESTER, event_id="a", answered_at=NOW)
RUN, LIMITS = RunPlace(number=2, last_minute=1), Limits(per_run=9, per_minute=3)
ROW, ROOM = describe(STATE), Room(channel_id=CARD_CHANNEL, members=("approval-1",), ts="1.2")
BATCH = Batch(size=2, requester=REQUESTER, reason="both", rows=(ROW,), rooms=(ROOM,), told=("approval-1",))
HALT = Halt(since=NOW, deadline=NOW, reminders=(NOW,), escalates_at=NOW)
BRIEF = Brief(arguments={"amount": 1.5}, reason="please")
RECEIPT = write_receipt(outcome(build_state(decisions=(DECIDED,), decided_at=NOW)))
ALLOWED, BOUND = Leeway(severity="medium", days=30, uses=50), Bound(name="amount", reach="most")
REMEMBERED = Remembrance(bounds=(BOUND,), condition="args.amount <= 250", days=7, uses=10, anybody=True)
USE = GrantUse(grant_id="rule-1", owner=APPROVER, since=NOW, condition="size(args) == 0", number=1, left=9)
MAKING = Making(
    approval_id="approval-1",
    request=build_request(),
    plan=build_plan(remember=ALLOWED, team_id="T1"),
    owner=APPROVER,
    wish=REMEMBERED,
    now=NOW,
)
GRANT = build_grant(MAKING).model_copy(update={"used": 1, "last_used": NOW})
TAKEN = Taken(approval_id="approval-2", use=USE)
EXAMPLES: tuple[Contract, ...] = (
    AnswerQuery(request=build_request(action=ASK_HUMAN), answer={"region": "eu"}),
    AnswerCheck(problems=("region: that is none of the options.",)),
    ALLOWED,
    BOUND,
    REMEMBERED,
    USE,
    MAKING,
    GRANT,
    TAKEN,
    GrantQuery(approval_id="approval-2", request=MAKING.request, plan=MAKING.plan, now=NOW),
    Claim(grant_id="rule-1", approval_id="approval-2", most=50),
    Revocation(grant_id="rule-1", person=APPROVER),
    Book(grants=(GRANT,), taken=(TAKEN,), gone=("rule-2",)),
    WISH,
    Profiles(preferences=(WISH,)),
    TIMING,
    ROUNDUP,
    Aside(
        kind="where",
        thread=THREAD,
        key="event-1",
        asked_at=NOW,
        requester=REQUESTER,
        approvals=("approval-1",),
    ),
    Draft(thread=THREAD, key="event-1", asked_at=NOW, reader=REQUESTER),
    FilesQuery(files=(Attachment(file_id="F1", name="memo.txt"),)),
    FilesRead(files=(ReadFile(name="memo.txt", text="all of it", left_out=2),)),
    TurnCancellation(cancelled_by=REQUESTER, approval_id="approval-1"),
    RoomRoundup(channel=CARD_CHANNEL, older=HOUR, timing=TIMING),
    RoundupQuery(roundup=ROUNDUP, key="digest-1", due_at=NOW),
    SHIFT,
    CALENDAR,
    REMINDERS,
    ESCALATION,
    DELEGATION,
    ROSTER,
    OPENING,
    STAGE,
    FULL_PLAN,
    PlanQuery(request=build_request(), now=NOW),
    StageQuery(stage=STAGE, approvers=STAGE.approvers, needed=2, barred=(REQUESTER,), now=NOW),
    Resolution(plan=FULL_PLAN, opening=OPENING),
    REQUESTER,
    THREAD,
    CARD,
    build_request(speakers=(APPROVER,), policy="big", run=RUN, batch="batch-1"),
    RUN,
    LIMITS,
    ROW,
    ROOM,
    BATCH,
    BatchPost(batch=BATCH, room=ROOM, again=True),
    Filing(thread=CARD),
    Approvers(id=CARD_CHANNEL),
    build_plan().stages[0],
    build_plan(),
    DECIDED,
    Cancellation(cancelled_by=REQUESTER, reason="changed my mind"),
    STATE,
    QUESTION,
    ANSWER,
    HALT,
    Amendment(
        changed_by=APPROVER, on_behalf_of=REQUESTER, changed_at=NOW, before={"a": 1}, digest="d", decided=2
    ),
    ArgumentsQuery(request=build_request()),
    ArgumentsCheck(problems=("no",), policy="built-in"),
    Outcome(approval_id="approval-1", status="approved", digest="d", decisions=(DECIDED,), decided_at=NOW),
    Carried(state=STATE, unanswered=(DECIDED, QUESTION, ANSWER), seen=("event-1",)),
    RECEIPT,
    *RECEIPT.votes,
    BRIEF,
    Summary(
        title="t", requester=REQUESTER, opened_at=NOW, deadline=NOW, card=CARD, asks=("reject",), brief=BRIEF
    ),
    MembershipQuery(person=APPROVER, approvers=(Approvers(id=CARD_CHANNEL),)),
    Membership(standing="bot", detail="is a bot"),
    POST,
    Publication(state=STATE, posts=(POST,), again=True),
    Published(messages=(CARD, None), problems=("no",)),
    Whisper(approval_id="approval-1", person=APPROVER, channel_id=CARD_CHANNEL, sentence="No."),
    Reply(thread=THREAD, text="done", key="k", asked_at=NOW),
    Heard(event_id="e", person=REQUESTER, text="hi"),
    Conversation(
        thread=THREAD,
        items=({"role": "user"},),
        speakers=(REQUESTER,),
        seen=("e",),
        spent=Spent(tokens=7, answered=(NOW,)),
    ),
    ports.Transfer(receipt=Receipt(approval_id="approval-1", digest="d"), arguments={"amount": 1.5}),
)


def all_models() -> list[type[Contract]]:
    found = {
        id(value): value
        for module in (contracts, burst, ports, profiles, roundup, talk)
        for value in vars(module).values()
    }
    models = [value for value in found.values() if isinstance(value, type) and issubclass(value, Contract)]
    return [model for model in models if model is not Contract]


def type_parts(annotation: Any) -> Iterator[object]:
    yield get_origin(annotation) or annotation
    for part in get_args(annotation):
        yield from type_parts(part)


MODELS = pytest.mark.parametrize("model", all_models(), ids=lambda model: model.__name__)
SAMPLES = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: type(one).__name__)


@MODELS
def test_every_contract_has_an_example_here(model: type[Contract]) -> None:
    assert model in {type(one) for one in EXAMPLES}


@MODELS
def test_no_field_is_a_set_whose_order_would_break_replay(model: type[Contract]) -> None:
    parts = [part for field in model.model_fields.values() for part in type_parts(field.annotation)]
    assert parts
    assert not [part for part in parts if isinstance(part, type) and issubclass(part, (set, frozenset))]


@MODELS
def test_no_sequence_can_be_appended_to(model: type[Contract]) -> None:
    parts = [part for field in model.model_fields.values() for part in type_parts(field.annotation)]
    assert list not in parts


@SAMPLES
def test_contracts_are_frozen(example: Contract) -> None:
    name = next(iter(type(example).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(example, name, getattr(example, name))


@SAMPLES
def test_json_gives_back_the_same_contract(example: Contract) -> None:
    assert type(example).model_validate_json(example.model_dump_json()) == example


@SAMPLES
def test_json_without_what_is_unset_gives_it_back_too(example: Contract) -> None:
    assert type(example).model_validate_json(example.model_dump_json(exclude_unset=True)) == example


@SAMPLES
def test_fields_of_a_newer_version_are_ignored(example: Contract) -> None:
    newer = example.model_dump(mode="json") | {"from_the_future": [1]}
    assert type(example).model_validate(newer) == example


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.text("ab<\u202e")))
def test_arguments_keep_their_names_values_and_order(arguments: dict[str, Any]) -> None:
    read = ApprovalRequest.model_validate_json(build_request(arguments=arguments).model_dump_json())
    assert list(read.arguments.items()) == list(arguments.items())


def test_the_shortest_request_of_another_language_is_enough() -> None:
    request = ApprovalRequest.model_validate_json(
        '{"action": "a", "title": "t", "arguments": {}, "requester": {"team_id": "T", "user_id": "U"}}'
    )
    assert request == ApprovalRequest(
        action="a", title="t", arguments={}, requester=Person(team_id="T", user_id="U")
    )
    assert (request.reason, request.agent, request.origin, request.policy, request.speakers) == (
        "",
        "",
        None,
        None,
        (),
    )


def test_the_shortest_decision_of_another_language_is_enough() -> None:
    decision = Decision.model_validate_json(
        '{"verdict": "approve", "decided_by": null, "digest": "d", "event_id": "e"}'
    )
    assert (decision.stage, decision.comment, decision.via, decision.decided_at) == (0, "", "api", None)


def test_a_state_begins_pending_and_undecided() -> None:
    state = ApprovalState(approval_id="approval-1", request=build_request(), digest="d", opened_at=NOW)
    assert (state.status, state.stage, state.decisions, state.cards) == ("pending", 0, (), ())
    assert (state.plan, state.deadline, state.decided_at, state.reason) == (None, None, None, "")


@pytest.mark.parametrize("status", get_args(Status))
def test_only_approved_lets_anything_run(status: Status) -> None:
    outcome = Outcome(approval_id="approval-1", status=status, digest="d")
    assert outcome.approved == (status == "approved")


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (Person, {"user_id": ""}),
        (Person, {"team_id": ""}),
        (Stage, {"quorum": 0}),
        (Stage, {"approvers": ()}),
        (Plan, {"severity": "extreme"}),
        (Shift, {"closes": 3600}),
        (Shift, {"weekday": 7}),
        (Calendar, {"shifts": ()}),
        (Reminders, {"times": 0}),
        (Escalation, {"approvers": ()}),
        (ApprovalRequest, {"action": ""}),
        (ApprovalRequest, {"title": ""}),
        (Decision, {"verdict": "maybe"}),
        (Decision, {"event_id": ""}),
        (Decision, {"via": "carrier pigeon"}),
        (Membership, {"standing": "friend"}),
    ],
)
def test_what_makes_no_sense_is_refused(model: type[Contract], changes: dict[str, Any]) -> None:
    example = next(one for one in EXAMPLES if type(one) is model)
    with pytest.raises(ValidationError):
        model.model_validate(example.model_dump() | changes)


def test_the_deepest_request_that_is_accepted_can_also_be_shown() -> None:
    """Pydantic reads 200 levels of JSON; a publication holds the request deeper down than the request itself was."""
    deep = next(request for depth in range(200, 0, -1) if (request := deep_request(depth)))
    publication = Publication(state=build_state(request=deep), posts=(POST,))
    converter = DATA_CONVERTER.payload_converter
    (read,) = converter.from_payloads(converter.to_payloads([publication]), [Publication])
    assert cast(Publication, read) == publication


def deep_request(depth: int) -> ApprovalRequest | None:
    """What the approval workflow makes of a request of that depth: the request, or None when it is refused."""
    raw = (
        build_request(arguments={})
        .model_dump_json()
        .replace("{}", '{"x": ' + "[" * depth + "]" * depth + "}")
    )
    try:
        request = ApprovalRequest.model_validate_json(raw)
        build_state(request=request)
    except ValueError:
        return None
    return request
