"""Any sequence of events under any plan, tried by Hypothesis: nothing is ever approved that its plan does not allow.

The machine keeps books of its own: who may count was worked out when the event came, in other words than the policy's.
"""

import math
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.factories import (
    MEMBER,
    NOW,
    build_answer,
    build_decision,
    build_opening,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_stage,
    build_state,
)
from workflows import amendments, questions
from workflows.clock import advance, elapsed
from workflows.contracts import (
    ApprovalState,
    Approvers,
    Calendar,
    Cancellation,
    Decision,
    Escalation,
    Membership,
    Opening,
    Person,
    Resolution,
    Shift,
    Stage,
    Status,
)
from workflows.digest import digest
from workflows.policy import (
    Ruling,
    approvers,
    begin,
    cancel,
    close,
    current_stage,
    is_opening,
    judge,
    next_moment,
    open_stage,
    outcome,
    override,
    screen,
    stage_query,
    tick,
)
from workflows.questions import MOST_QUESTIONS

REQUESTERS, SPEAKERS = {"U0"}, {"U1"}
AMOUNTS = (250, 200)
USERS = ["U0", "U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8"]
PEOPLE = st.builds(build_person, st.sampled_from(USERS), st.sampled_from(["T1", "T2"]))
BALLOTS = st.fixed_dictionaries(
    {
        "decided_by": PEOPLE | st.none(),
        "verdict": st.sampled_from(["approve"] * 4 + ["reject"]),
        "event_id": st.sampled_from("abcdef"),
        "comment": st.sampled_from(["fine", "fine", " ", ""]),
        "retyped": st.sampled_from([*map(str, AMOUNTS), "250.0", "2500", ""]),
        "on_behalf_of": st.none() | PEOPLE,
    }
)
MEMBERSHIPS = st.builds(
    Membership,
    standing=st.sampled_from(["member"] * 6 + ["delegate"] * 4 + ["outsider", "bot", "unknown"]),
    principals=st.lists(PEOPLE, max_size=2).map(tuple),
)
ASIDE = st.sampled_from([*[0] * 8, -1, 1])
OFFICE = Calendar(
    name="office",
    zone="UTC",
    shifts=tuple(Shift(weekday=day, opens=9 * 3600, closes=17 * 3600) for day in range(5)),
)
FRIDAY = NOW + timedelta(days=4, hours=7, minutes=50)
"""Ten minutes before the office closes for the weekend."""
MINUTES = st.integers(5, 30).map(lambda minutes: timedelta(minutes=minutes))
ESCALATIONS = st.builds(
    Escalation,
    approvers=st.just((Approvers(kind="user", id="U8"),)),
    after=st.none() | MINUTES,
    replace=st.booleans(),
)
STAGES = st.builds(
    build_stage,
    quorum=st.integers(1, 2),
    reject_quorum=st.sampled_from([1, 1, 2]),
    deadline=MINUTES,
    on_deadline=st.sampled_from(["expire", "escalate"]),
    escalation=st.none() | ESCALATIONS,
    calendar=st.sampled_from([None, OFFICE]),
)
PLANS = st.builds(
    build_plan,
    stages=st.lists(STAGES, min_size=1, max_size=3).map(tuple),
    distinct=st.booleans(),
    severity=st.sampled_from(["low", "low", "high"]),
    comment_on=st.sampled_from([(), (), ("reject",), ("approve", "reject")]),
    question_pause=st.none() | MINUTES,
    change=st.sampled_from(["never", "alone", "second", "second"]),
)
PROBLEMS = st.sampled_from([""] * 9 + ["Nobody can be found"])
ENDS: tuple[Status, ...] = ("rejected", "expired", "cancelled", "failed")


class Approvals(RuleBasedStateMachine):
    """One approval under one plan; `counted` are the decisions that had a right to count, as the machine sees it.

    Those on what was asked before somebody changed it are `past`; `changers` are who made it what it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = build_state(plan=None)
        self.counted: list[tuple[Decision, Person | None]] = []
        self.past: list[tuple[Decision, Person | None]] = []
        self.changers: set[str] = set()
        self.changes = 0
        self.amount = AMOUNTS[0]
        self.overridden = False
        self.ended: ApprovalState | None = None
        self.reopened: dict[int, int] = {}
        self.opened = NOW

    @initialize(plan=PLANS, problem=PROBLEMS, now=st.sampled_from([NOW, FRIDAY]))
    def begin(self, plan: Any, problem: str, now: datetime) -> None:
        self.now = self.opened = now
        request = build_request(requester=build_person("U0"), speakers=(build_person("U1"),))
        self.plan = plan
        opening = self.opening(plan.stages[0], problem)
        state = build_state(request=request, plan=None)
        self.state = begin(state, Resolution(plan=plan, opening=opening), self.now)

    def opening(self, stage: Stage, problem: str = "") -> Opening:
        after = stage.escalation.after if stage.escalation else None
        return build_opening(
            deadline=self.later(stage.deadline, stage),
            escalates_at=self.later(after, stage) if after else None,
            reminders=tuple(self.later(timedelta(minutes=minutes), stage) for minutes in (2, 4)),
            problem=problem,
        )

    def later(self, span: timedelta, stage: Stage) -> datetime:
        return advance(self.now, span, stage.calendar)

    def has_time(self) -> bool:
        """Whether the current stage has any of its time left, by its own calendar."""
        stage = current_stage(self.state)
        assert stage
        return elapsed(self.opened, self.now, stage.calendar) < stage.deadline

    @precondition(lambda self: is_opening(self.state))
    @rule(problem=PROBLEMS)
    def open(self, problem: str) -> None:
        stage = current_stage(self.state)
        assert stage
        before = self.state
        opening = self.opening(stage, problem)
        if before.deadline and before.paused_at:
            left = before.deadline - before.paused_at
            opening = opening.model_copy(update={"deadline": self.now + left})
        self.state = open_stage(before, opening, self.now)
        if problem:
            escalates = stage.escalation is not None and not before.escalated
            assert (self.state.status, self.state.escalated) == (
                ("pending", "replaced") if escalates else ("failed", before.escalated)
            )
        if before.deadline is not None and not problem:
            assert self.state.deadline == (opening if before.paused_at else before).deadline
            assert self.state.paused_at is None
        assert (stage_query(before, stage, self.now).halt is None) == (before.paused_at is None)
        if before.deadline is None and self.state.deadline is not None:
            self.opened = self.now

    @rule(minutes=st.integers(0, 6))
    def wait(self, minutes: int) -> None:
        """Time passes, and sometimes nobody looks at the clock for a while."""
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.now.weekday() >= FRIDAY.weekday())
    @rule(hours=st.sampled_from([1, 20, 64]))
    def leave(self, hours: int) -> None:
        """Everybody goes home for an hour, a night, the weekend."""
        self.now += timedelta(hours=hours)

    @rule()
    def tick(self) -> None:
        before, moment = self.state, next_moment(self.state)
        self.state = tick(before, self.now)
        if before.status == "pending" and (moment is None or self.now < moment):
            assert self.state == before
        assert self.state.reminded - before.reminded in (0, 1)
        assert tick(self.state, self.now) == self.state
        if self.state.status != before.status:
            assert self.state.status == "expired"
            assert before.deadline is not None
            assert before.paused_at is None
            assert self.now >= before.deadline
            assert not self.has_time(), "nights and weekends do not count"
        if self.state.escalated != before.escalated:
            self.reopened[before.stage] = self.reopened.get(before.stage, 0) + 1

    @rule(ballot=BALLOTS, membership=MEMBERSHIPS, aside=ASIDE, other=st.sampled_from([False] * 9 + [True]))
    def decide(self, ballot: dict[str, object], membership: Membership, aside: int, *, other: bool) -> None:
        digest = "another" if other else self.state.digest
        decision = build_decision(self.state, **ballot, digest=digest, stage=self.state.stage + aside)
        self.judge(decision, membership)

    @rule(ballots=st.lists(BALLOTS, min_size=2, max_size=4), membership=MEMBERSHIPS)
    def decide_together(self, ballots: list[dict[str, object]], membership: Membership) -> None:
        """All of them clicked on the same card before any click was counted."""
        for decision in [build_decision(self.state, **ballot) for ballot in ballots]:
            self.judge(decision, membership)

    @rule(
        ballot=BALLOTS,
        membership=MEMBERSHIPS,
        aside=ASIDE,
        amount=st.sampled_from([*AMOUNTS, math.nan]),
        other=st.sampled_from([False] * 9 + [True]),
    )
    def change(
        self, ballot: dict[str, object], membership: Membership, aside: int, amount: float, *, other: bool
    ) -> None:
        """Somebody wants another amount, perhaps the first one again."""
        digest, stage = "another" if other else self.state.digest, self.state.stage + aside
        decision = build_decision(self.state, **ballot, digest=digest, stage=stage)
        arguments = {**self.state.request.arguments, "amount": amount}
        decision = decision.model_copy(update={"arguments": arguments})
        self.try_change(decision, membership, amount)

    @precondition(lambda self: self.state.status == "pending" and self.plan.change != "never")
    @rule(person=PEOPLE, sure=st.integers(0, 2))
    def change_duly(self, person: Person, sure: int) -> None:
        """Somebody with all that it takes changes it, and back again; not so often that nothing else is tried."""
        amount = sum(AMOUNTS) - self.amount
        wanted = {"arguments": {**self.state.request.arguments, "amount": amount}, "decided_by": person}
        decision = build_decision(self.state, comment="fine", retyped=str(amount), **wanted)
        if not sure:
            self.try_change(decision, MEMBER, amount)

    def try_change(self, decision: Decision, membership: Membership, amount: float) -> None:
        before = self.state
        assert amendments.is_change(before, decision) == (amount != self.amount)
        if amount == self.amount:
            self.judge(decision, membership)
            return
        right, principal = self.is_entitled(decision, membership)
        allowed = right and decision.verdict == "approve" and self.plan.change != "never"
        allowed &= self.changes < amendments.MOST_CHANGES
        allowed &= amount in AMOUNTS and self.is_formal(decision, int(amount))
        screened = amendments.screen(before, decision, self.now)
        ruling = amendments.amend(before, decision, membership, self.now)
        assert (ruling.refusal is None) == allowed
        assert screened is None or ruling.refusal is screened
        assert allowed or ruling == Ruling(before, ruling.refusal)
        self.state = ruling.state
        if allowed:
            self.note_change(decision, principal, before.stage, int(amount))

    def note_change(self, decision: Decision, principal: Person | None, stage: int, amount: int) -> None:
        self.past, self.counted = self.past + self.counted, []
        self.changes, self.amount = self.changes + 1, amount
        self.changers = {person.user_id for person in (decision.decided_by, principal) if person}
        self.reopened.clear()
        if self.plan.change == "alone" and stage == 0:
            self.counted = [(decision, principal)]
        elif self.state.status == "pending":
            assert (self.state.stage, self.state.deadline, self.state.escalated) == (0, None, "")

    def judge(self, decision: Decision, membership: Membership) -> None:
        before = self.state
        allowed, principal = self.is_right(decision, membership)
        screened = screen(before, decision, self.now)
        ruling = judge(before, decision, membership, self.now)
        assert (ruling.refusal is None) == allowed
        assert screened is None or ruling.refusal is screened
        assert allowed or ruling == Ruling(before, ruling.refusal)
        if allowed:
            assert before.deadline is None or before.paused_at or self.has_time(), (
                "while it waits for an answer, its clock stands still"
            )
            self.counted.append((decision, principal))
        self.state = ruling.state

    def is_right(self, decision: Decision, membership: Membership) -> tuple[bool, Person | None]:
        """Whether it counts, and for whom."""
        right, principal = self.is_entitled(decision, membership)
        return right and self.is_formal(decision, self.amount), principal

    def is_entitled(self, decision: Decision, membership: Membership) -> tuple[bool, Person | None]:
        """The rules once more, said differently: from the books, not from the state's own decisions."""
        person, state = decision.decided_by, self.state
        if person is None or state.status != "pending":
            return False, None
        if self.is_over():
            return False, None
        seen = (decision.digest, decision.stage) == (state.digest, state.stage)
        if not seen or person.user_id in self.barred():
            return False, None
        if membership.standing == "member":
            return True, None
        if membership.standing != "delegate":
            return False, None
        free = [one for one in membership.principals if one.user_id not in self.barred()]
        return bool(free), free[0] if free else None

    def is_over(self) -> bool:
        """Whether the time to decide is over; while the clocks stand still, it is not."""
        deadline = self.state.deadline
        return deadline is not None and self.state.paused_at is None and self.now >= deadline

    @rule(who=PEOPLE, membership=MEMBERSHIPS, aside=ASIDE, number=st.integers(0, 99))
    def ask(self, who: Person, membership: Membership, aside: int, number: int) -> None:
        before = self.state
        event_id, stage = f"question-{number}", before.stage + aside
        known = any(one.event_id == event_id for one in before.questions)
        question = build_question(before, asked_by=who, event_id=event_id, stage=stage)
        self.state, refusal = questions.ask(before, question, membership, self.now)
        silent = REQUESTERS | SPEAKERS
        able = membership.standing == "member" or (
            membership.standing == "delegate"
            and any(one.user_id not in silent for one in membership.principals)
        )
        fits = before.status == "pending" and not aside and len(before.questions) < MOST_QUESTIONS
        may = fits and able and who.user_id not in silent and not self.is_over()
        assert (refusal is None) == (known or may)
        assert (self.state == before) == (known or not may)
        self.only_talk(before)
        if before.paused_at:
            assert self.state.paused_at == before.paused_at

    @rule(who=PEOPLE | st.none(), number=st.integers(0, 3))
    def answer(self, who: Person | None, number: int) -> None:
        before = self.state
        given = build_answer(answered_by=who, question=number, event_id=f"answer-{len(before.answers)}")
        self.state, refusal = questions.answer(before, given, self.now)
        told = sum(one.question == number for one in before.answers)
        speaks = who is None or who.user_id in REQUESTERS | SPEAKERS
        may = before.status == "pending" and number < len(before.questions) and speaks and told < 3
        assert (refusal is None) == may
        assert (self.state == before) == (not may)
        self.only_talk(before)
        assert self.state.paused_at == before.paused_at

    def only_talk(self, before: ApprovalState) -> None:
        """Words change neither what was decided nor a moment at which something becomes due."""
        for name in ("status", "stage", "decisions", "deadline", "escalated", "escalates_at", "reminders"):
            assert getattr(self.state, name) == getattr(before, name)

    def is_formal(self, decision: Decision, amount: int) -> bool:
        if decision.verdict in self.plan.comment_on and decision.comment in ("", " "):
            return False
        high = self.plan.severity == "high" and decision.verdict == "approve"
        return not high or decision.retyped in (f"{amount}", f"{amount}.0")

    def barred(self) -> set[str]:
        used = {
            person.user_id
            for decision, principal in self.counted
            if self.plan.distinct or decision.stage == self.state.stage
            for person in (decision.decided_by, principal)
            if person
        }
        return REQUESTERS | SPEAKERS | used | (self.changers if self.plan.change == "second" else set[str]())

    @precondition(lambda self: self.state.status == "pending" and bool(self.counted))
    @rule(verdict=st.sampled_from(["approve", "reject"]), sure=st.integers(0, 19))
    def override(self, verdict: str, sure: int) -> None:
        if sure:
            return
        self.overridden = True
        self.state = override(self.state, "approve" if verdict == "approve" else "reject", "op", self.now)
        assert self.state.decisions[-1].decided_by is None
        assert self.state.status == ("approved" if verdict == "approve" else "rejected")

    @rule(who=PEOPLE | st.none(), sure=st.integers(0, 19))
    def cancel(self, who: Person | None, sure: int) -> None:
        if sure and (who is None or who.user_id in REQUESTERS):
            return
        pending = self.state.status == "pending"
        may = pending and (who is None or who == self.state.request.requester)
        self.state, refusal = cancel(self.state, Cancellation(cancelled_by=who), self.now)
        assert (refusal is None) == may
        assert not pending or (self.state.status == "cancelled") == may

    @precondition(lambda self: self.state.status != "pending")
    @rule(status=st.sampled_from(["approved", *ENDS]))
    def close_again(self, status: Status) -> None:
        self.state = close(self.state, status, self.now, "once more")

    @precondition(lambda self: self.state.status != "pending")
    @rule()
    def disturb_the_dead(self) -> None:
        self.state = override(self.state, "approve", "op", self.now)
        self.state = tick(self.state, self.now + timedelta(days=1))
        self.state = open_stage(self.state, build_opening(), self.now)

    @precondition(lambda self: self.state.status == "pending")
    @rule()
    def always_terminates(self) -> None:
        """Left alone, every request ends, and not as approved: at most two deadlines a stage and a pause are left."""
        state, now = self.state, self.now
        for _ in range(60):
            if is_opening(state):
                stage = current_stage(state)
                assert stage
                state = open_stage(state, self.at(now).opening(stage), now)
                self.now = self.here
            moment = next_moment(state)
            if state.status != "pending" or moment is None:
                break
            now = max(now, moment)
            state = tick(state, now)
        assert state.status == "expired"
        assert state.decisions == self.state.decisions

    def at(self, now: datetime) -> "Approvals":
        self.here, self.now = self.now, now
        return self

    @invariant()
    def no_office_has_a_deadline_on_a_weekend(self) -> None:
        stage, deadline = current_stage(self.state), self.state.deadline
        if stage and stage.calendar and deadline:
            assert deadline.weekday() < 5

    @invariant()
    def closed_is_closed(self) -> None:
        if self.ended is not None:
            assert self.state == self.ended
        elif self.state.status != "pending":
            self.ended = self.state

    @invariant()
    def only_right_decisions_are_kept(self) -> None:
        kept = [one for one in self.state.decisions if one.decided_by is not None]
        noted = self.past + self.counted
        assert [one.event_id for one in kept] == [one.event_id for one, _ in noted]
        assert [(one.decided_by, one.on_behalf_of) for one in kept] == [
            (one.decided_by, principal) for one, principal in noted
        ]
        assert len(self.state.decisions) == len(kept) + (self.overridden and self.ended is not None)

    @invariant()
    def approved_means_every_quorum(self) -> None:
        if self.state.status != "approved" or self.overridden:
            return
        for index, stage in enumerate(self.plan.stages):
            ayes = [
                {person.user_id for person in (one.decided_by, principal) if person}
                for one, principal in self.counted
                if one.stage == index and one.verdict == "approve"
            ]
            assert len(ayes) == stage.quorum
            people = {user for aye in ayes for user in aye}
            assert sum(map(len, ayes)) == len(people), "nobody counts twice, not for others either"
            assert not people & (REQUESTERS | SPEAKERS)
            assert self.plan.change != "second" or not people & self.changers

    @invariant()
    def what_is_approved_is_what_was_changed_last(self) -> None:
        request, changes = self.state.request, self.state.amendments
        assert request.arguments["amount"] == self.amount
        assert self.state.digest == digest(request.action, request.arguments)
        assert len(changes) == self.changes <= amendments.MOST_CHANGES
        different = self.amount != AMOUNTS[0]
        assert outcome(self.state).arguments == (request.arguments if different else None)

    @invariant()
    def a_pause_has_an_end(self) -> None:
        if self.state.status == "pending" and self.state.paused_at and not is_opening(self.state):
            assert next_moment(self.state) == self.state.paused_at + self.plan.question_pause

    @invariant()
    def enough_rejections_always_end_it(self) -> None:
        for index, stage in enumerate(getattr(self, "plan", build_plan()).stages):
            nays = sum(one.stage == index and one.verdict == "reject" for one, _ in self.counted)
            assert nays <= stage.reject_quorum
            assert (nays == stage.reject_quorum) <= (self.state.status == "rejected")

    @invariant()
    def a_stage_escalates_at_most_once(self) -> None:
        assert all(count == 1 for count in self.reopened.values())
        stage = current_stage(self.state)
        if stage and self.state.escalated:
            assert stage.escalation
            assert set(stage.escalation.approvers) <= set(approvers(self.state))
            assert (stage.approvers[0] in approvers(self.state)) == (self.state.escalated == "added")


Approvals.TestCase.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestApprovals = Approvals.TestCase
