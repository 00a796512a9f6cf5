"""The ports in memory: a Slack, a policy, a ledger and a model that do as a test tells them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from agents import ModelResponse
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.elicitations import find_problem, find_problems
from activities.parameters import find_misfits
from bot.testing.model import Call, call
from bot.testing.model import TapedModel as Tape
from tests.factories import APPROVER, SECOND, build_plan, build_stage
from tests.workflows.grantors import MemoryGrants
from workflows import clock
from workflows.attachments import ReadFile
from workflows.burst import Batch, BatchPost
from workflows.contracts import (
    ApprovalRequest,
    ApprovalState,
    ArgumentsCheck,
    ArgumentsQuery,
    Delegation,
    Membership,
    MembershipQuery,
    MessageRef,
    Opening,
    Person,
    Plan,
    PlanQuery,
    Post,
    Publication,
    Published,
    Reply,
    Resolution,
    Roster,
    StageQuery,
    Whisper,
)
from workflows.elicitation import AnswerCheck, AnswerQuery, fit_plan
from workflows.ports import LedgerPort, PolicyPort, SlackPort, TalkPort, Transfer
from workflows.talk import Aside, FilesQuery, FilesRead

__all__ = ["Call"]  # where tests take it from; the others are this module's own

Standing = Literal["member", "outsider", "bot", "unknown"]
DAY = timedelta(hours=24)


def open_gate() -> asyncio.Event:
    """An event that holds nobody up until a test clears it."""
    gate = asyncio.Event()
    gate.set()
    return gate


@dataclass
class Message:
    """One message in Slack, and every state it has shown."""

    approval_id: str
    key: str
    ref: MessageRef
    states: list[ApprovalState]
    thread_ts: str | None = None

    @property
    def state(self) -> ApprovalState:
        return self.states[-1]


@dataclass
class BatchMessage:
    """The message of a burst, and all that it has shown."""

    ref: MessageRef
    states: list[Batch]

    @property
    def statuses(self) -> list[str]:
        """What it says of each request."""
        return [row.status for row in self.states[-1].rows]


class MemorySlack(SlackPort):
    """A Slack that can be away, refuse for good, lose its answers, and be held up; it posts twice unless told to look."""

    def __init__(self) -> None:
        self.standings: dict[str, Standing] = {APPROVER.user_id: "member", SECOND.user_id: "member"}
        self.principals: dict[str, tuple[Person, ...]] = {}
        self.messages: list[Message] = []
        self.batches: list[BatchMessage] = []
        self.whispers: list[Whisper] = []
        self.replies: list[Reply] = []
        self.queries: list[MembershipQuery] = []
        self.attempts = 0
        self.tries = 0
        self.away = False
        self.loses = 0
        self.refuses: frozenset[str] = frozenset()
        self.check_refused = False
        self.checks = open_gate()
        self.posts = open_gate()
        self.whispering = open_gate()

    def shown(self, key: str) -> list[Message]:
        """All messages of a kind, oldest first."""
        return [message for message in self.messages if message.key == key]

    @property
    def cards(self) -> list[Message]:
        return self.shown("card")

    def card_of(self, approval_id: str) -> Message | None:
        """The card of one approval."""
        return next((card for card in self.cards if card.approval_id == approval_id), None)

    @property
    def told(self) -> list[str]:
        """Whom Slack has whispered to, in that order."""
        return [whisper.person.user_id for whisper in self.whispers]

    def _answer(self) -> None:
        if self.away:
            raise ApplicationError("Slack could not be reached.", type="unreachable")

    @activity.defn
    async def check_member(self, query: MembershipQuery) -> Membership:
        self.queries.append(query)
        await self.checks.wait()
        self._answer()
        if self.check_refused:
            raise ApplicationError("The app lacks a scope.", type="missing_scope", non_retryable=True)
        user = query.person.user_id
        if query.delegates and user in self.principals:
            return Membership(standing="delegate", principals=self.principals[user])
        return Membership(standing=self.standings.get(user, "outsider"))

    @activity.defn
    async def publish_state(self, publication: Publication) -> Published:
        self.attempts += 1
        await self.posts.wait()
        self._answer()
        problems = tuple(f"{post.view} is refused" for post in publication.posts if post.view in self.refuses)
        messages = tuple(
            None if post.view in self.refuses else self._place(publication, post)
            for post in publication.posts
        )
        if self.loses:
            self.loses -= 1
            raise ApplicationError("The answer was lost.", type="unreachable")
        return Published(messages=messages, problems=problems)

    def _place(self, publication: Publication, post: Post) -> MessageRef | None:
        found = self._find(publication, post)
        if found is None and post.found_only:
            return None
        if found:
            found.states.append(publication.state)
            return found.ref
        ref = MessageRef(channel_id=post.channel_id, ts=str(len(self.messages) + 1))
        message = Message(publication.state.approval_id, post.key, ref, [publication.state], post.thread_ts)
        self.messages.append(message)
        return ref

    def _find(self, publication: Publication, post: Post) -> Message | None:
        looks = publication.again or activity.info().attempt > 1
        for message in self.messages:
            if post.ts == message.ref.ts:
                return message
            labelled = (message.approval_id, message.key) == (publication.state.approval_id, post.key)
            if looks and labelled and not post.ts:
                return message
        return None

    @activity.defn
    async def publish_batch(self, post: BatchPost) -> MessageRef:
        self.attempts += 1
        await self.posts.wait()
        self._answer()
        if "batch" in self.refuses:
            raise ApplicationError("There is no such channel.", type="channel_not_found", non_retryable=True)
        ref = self._place_batch(post)
        if self.loses:
            self.loses -= 1
            raise ApplicationError("The answer was lost.", type="unreachable")
        return ref

    def _place_batch(self, post: BatchPost) -> MessageRef:
        looks = post.again or activity.info().attempt > 1
        for one in self.batches:
            known = one.ref.ts == post.room.ts
            if known or (looks and post.room.ts is None and one.ref.channel_id == post.room.channel_id):
                one.states.append(post.batch)
                return one.ref
        ref = MessageRef(channel_id=post.room.channel_id, ts=f"batch-{len(self.batches) + 1}")
        self.batches.append(BatchMessage(ref, [post.batch]))
        return ref

    @activity.defn
    async def whisper_refusal(self, whisper: Whisper) -> None:
        await self.whispering.wait()
        self._answer()
        self.whispers.append(whisper)

    @activity.defn
    async def post_reply(self, reply: Reply) -> None:
        self.tries += 1
        self._answer()
        self.replies.append(reply)


class MemoryTalk(TalkPort):
    """A thread that keeps what is said in it beside the agent's words."""

    def __init__(self) -> None:
        self.asides: list[Aside] = []
        self.files: dict[str, ReadFile] = {}
        self.reads = 0

    @activity.defn
    async def tell_aside(self, aside: Aside) -> None:
        self.asides.append(aside)

    @activity.defn
    async def read_files(self, query: FilesQuery) -> FilesRead:
        self.reads += 1
        return FilesRead(files=tuple(self.files[one.file_id] for one in query.files))


class MemoryPolicy(PolicyPort):
    """One plan for everything, which may be held up or fail; groups have the people that a test says."""

    def __init__(self) -> None:
        self.plan: Plan = self.quorum(1)
        self.error: Exception | None = None
        self.resolved = open_gate()
        self.opened = open_gate()
        self.people: dict[str, tuple[Person, ...]] = {}
        self.delegations: tuple[Delegation, ...] = ()
        self.gone: set[str] = set()
        self.away = False
        self.queries: list[StageQuery] = []
        self.openings = 0
        self.checks: list[ApprovalRequest] = []
        self.answers: list[object] = []
        self.checked = open_gate()
        self.applies: str | None = None

    @staticmethod
    def quorum(*quorums: int) -> Plan:
        """A plan of stages of a day each, that need so many approvals."""
        return build_plan(stages=tuple(build_stage(quorum=one, deadline=DAY) for one in quorums))

    @activity.defn
    async def resolve_plan(self, query: PlanQuery) -> Resolution:
        await self.resolved.wait()
        if self.error:
            raise self.error.with_traceback(None)  # or the same failure grows with every attempt
        if not self.plan.stages:
            return Resolution(plan=self.plan)
        plan, problem = fit_plan(query.request, self.plan), find_problem(query.request)
        stage = plan.stages[0]
        opening = self._open(
            StageQuery(stage=stage, approvers=stage.approvers, needed=stage.quorum, now=query.now)
        )
        return Resolution(plan=plan, opening=opening, problem=problem)

    @activity.defn
    async def open_stage(self, query: StageQuery) -> Opening:
        self.openings += 1
        await self.opened.wait()
        opening = self._open(query)
        if opening.roster is None and query.clocked and query.halt is None:
            raise ApplicationError("Slack does not say whom cards go to.", type="unreachable")
        return opening

    @activity.defn
    async def check_arguments(self, query: ArgumentsQuery) -> ArgumentsCheck:
        self.checks.append(query.request)
        await self.checked.wait()
        if self.error:
            raise self.error.with_traceback(None)
        problems = find_misfits(query.request.arguments, query.request.parameters)
        policy = self.plan.policy if self.applies is None else self.applies
        return ArgumentsCheck(problems=tuple(problems.values()), policy=policy)

    @activity.defn
    async def check_answer(self, query: AnswerQuery) -> AnswerCheck:
        self.answers.append(query.answer)
        await self.checked.wait()
        return AnswerCheck(problems=find_problems(query.request, query.answer))

    def _open(self, query: StageQuery) -> Opening:
        """As the real one: while Slack is away, clocks run, but nobody can be named whom cards could go to."""
        opening = self._wind(query)
        if query.halt:
            put_off = query.now - query.halt.since
            moments = {"deadline": query.halt.deadline + put_off, "escalates_at": None, "reminders": ()}
            opening = opening.model_copy(update=moments)
        if self.away and query.stage.card != "channel":
            return opening.model_copy(update={"roster": None})
        return opening

    def _wind(self, query: StageQuery) -> Opening:
        self.queries.append(query)
        stage, escalation = query.stage, query.stage.escalation
        deadline = clock.advance(query.now, stage.deadline, stage.calendar)
        after = escalation.after if escalation else None
        people = tuple(person for group in query.approvers for person in self.people.get(group.id, ()))
        gone = all(group.id in self.gone for group in query.approvers)
        return Opening(
            deadline=deadline,
            reminders=clock.remind_times(query.now, deadline, stage.reminders, stage.calendar)
            if stage.reminders
            else (),
            escalates_at=clock.advance(query.now, after, stage.calendar) if after else None,
            roster=Roster(people=people, count=len(people), delegations=self.delegations),
            problem=f"Nobody of stage {stage.name} can be found" if gone else "",
        )


class MemoryLedger(LedgerPort):
    """Accounts that only remember what they were asked to do."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.moves = open_gate()

    @activity.defn
    async def get_balance(self, account: str) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - needs no thread
        return f"{account}: 100.00 EUR"

    @activity.defn
    async def transfer_money(self, transfer: Transfer) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - needs no thread
        self.transfers.append(transfer)
        await self.moves.wait()
        return f"Moved {transfer.arguments['amount']}"

    @property
    def amounts(self) -> list[object]:
        """What has been moved, in that order."""
        return [transfer.arguments["amount"] for transfer in self.transfers]


def transfer(amount: object) -> Call:
    """The call that moves money."""
    return call("transfer_money", amount=amount, source="checking", target="savings")


@dataclass
class TapedModel(Tape):
    """A tape that can be held up, and that records how many tools it could call."""

    plays: asyncio.Event = field(default_factory=open_gate)
    tools: list[int] = field(default_factory=list[int])

    async def get_response(self, *words: Any, **others: Any) -> ModelResponse:
        self.tools.append(len(others["tools"]))
        await self.plays.wait()
        return await super().get_response(*words, **others)


@dataclass
class Ports:
    """Everything that a worker of these tests reaches the world by."""

    slack: MemorySlack = field(default_factory=MemorySlack)
    policy: MemoryPolicy = field(default_factory=MemoryPolicy)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    grants: MemoryGrants = field(default_factory=MemoryGrants)
    talk: MemoryTalk = field(default_factory=MemoryTalk)

    def activities(self) -> list[Callable[..., Any]]:
        return [
            self.policy.resolve_plan,
            self.policy.open_stage,
            self.policy.check_arguments,
            self.grants.use_grant,
            self.grants.make_grant,
            self.policy.check_answer,
            self.slack.check_member,
            self.slack.publish_state,
            self.slack.publish_batch,
            self.slack.whisper_refusal,
            self.slack.post_reply,
            self.talk.tell_aside,
            self.talk.read_files,
            self.ledger.get_balance,
            self.ledger.transfer_money,
        ]
