"""Any sequence of events, tried by Hypothesis: nothing is ever approved that its plan does not allow."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.factories import (
    NOW,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import ApprovalState, Cancellation, Decision, Membership, Person, Status
from workflows.policy import Ruling, cancel, close, judge, override, screen, start_stage

REQUESTERS, SPEAKERS = {"U0"}, {"U1"}
PEOPLE = st.builds(
    build_person,
    st.sampled_from(["U0", "U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8"]),
    st.sampled_from(["T1", "T2"]),
)
BALLOTS = st.fixed_dictionaries(
    {
        "decided_by": PEOPLE | st.none(),
        "verdict": st.sampled_from(["approve"] * 4 + ["reject"]),
        "event_id": st.sampled_from("abcdef"),
        "comment": st.sampled_from(["", "fine"]),
    }
)
ASIDE = st.sampled_from([*[0] * 8, -1, 1])
STANDINGS = st.sampled_from(["member"] * 9 + ["outsider", "bot", "unknown"])
STAGES = st.lists(st.tuples(st.integers(1, 2), st.integers(5, 30)), min_size=1, max_size=3)
ENDS: tuple[Status, ...] = ("rejected", "expired", "cancelled", "failed")


class Approvals(RuleBasedStateMachine):
    """One approval; the machine's own books say which decisions were right ones."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = build_state(plan=None)
        self.counted: list[Decision] = []
        self.overridden = False
        self.ended: ApprovalState | None = None

    @initialize(stages=STAGES)
    def open_plan(self, stages: list[tuple[int, int]]) -> None:
        request = build_request(requester=build_person("U0"), speakers=(build_person("U1"),))
        plan = build_plan(
            stages=tuple(build_stage(quorum=many, deadline=timedelta(minutes=long)) for many, long in stages)
        )
        self.plan = plan
        self.state = start_stage(build_state(request=request, plan=None), plan, 0, self.now)

    @rule(minutes=st.integers(0, 4))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(ballot=BALLOTS, standing=STANDINGS, aside=ASIDE, other=st.sampled_from([False] * 9 + [True]))
    def decide(self, ballot: dict[str, object], standing: str, aside: int, *, other: bool) -> None:
        digest = "another" if other else self.state.digest
        decision = build_decision(self.state, **ballot, digest=digest, stage=self.state.stage + aside)
        self.judge(decision, standing)

    @rule(ballots=st.lists(BALLOTS, min_size=2, max_size=4), standing=STANDINGS)
    def decide_together(self, ballots: list[dict[str, object]], standing: str) -> None:
        """All of them clicked on the same card before any click was counted."""
        for decision in [build_decision(self.state, **ballot) for ballot in ballots]:
            self.judge(decision, standing)

    def judge(self, decision: Decision, standing: str) -> None:
        before, allowed = self.state, standing == "member" and self.is_right(decision)
        screened = screen(before, decision, self.now)
        ruling = judge(before, decision, Membership.model_validate({"standing": standing}), self.now)
        assert (ruling.refusal is None) == allowed
        assert screened is None or ruling.refusal is screened
        assert allowed or ruling == Ruling(before, ruling.refusal)
        if allowed:
            self.counted.append(decision)
        self.state = ruling.state

    def is_right(self, decision: Decision) -> bool:
        """The rules once more, said differently: from the books, not from the state's own decisions."""
        person, state = decision.decided_by, self.state
        if person is None or state.status != "pending" or state.deadline is None:
            return False
        used = {one.decided_by.user_id for one in self.counted if one.decided_by}
        barred = REQUESTERS | SPEAKERS | used
        seen = (decision.digest, decision.stage) == (state.digest, state.stage)
        return seen and self.now < state.deadline and person.user_id not in barred

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

    @precondition(lambda self: self.state.deadline and self.now >= self.state.deadline)
    @rule()
    def expire(self) -> None:
        self.state = close(self.state, "expired", self.now)

    @precondition(lambda self: self.state.status != "pending")
    @rule(status=st.sampled_from(["approved", *ENDS]))
    def close_again(self, status: Status) -> None:
        self.state = close(self.state, status, self.now, "once more")

    @precondition(lambda self: self.state.status != "pending")
    @rule()
    def override_again(self) -> None:
        self.state = override(self.state, "approve", "op", self.now)

    @invariant()
    def closed_is_closed(self) -> None:
        if self.ended is not None:
            assert self.state == self.ended
        elif self.state.status != "pending":
            self.ended = self.state

    @invariant()
    def only_right_decisions_are_kept(self) -> None:
        kept = [one for one in self.state.decisions if one.decided_by is not None]
        assert [one.event_id for one in kept] == [one.event_id for one in self.counted]
        assert [one.decided_by for one in kept] == [one.decided_by for one in self.counted]
        assert len(self.state.decisions) == len(kept) + (self.overridden and self.ended is not None)

    @invariant()
    def approved_means_every_quorum(self) -> None:
        if self.state.status != "approved" or self.overridden:
            return
        assert all(one.verdict == "approve" for one in self.counted)
        for index, stage in enumerate(self.plan.stages):
            people = {one.decided_by.user_id for one in self.counted if one.stage == index and one.decided_by}
            assert len(people) == stage.quorum
            assert not people & (REQUESTERS | SPEAKERS)

    @invariant()
    def a_rejection_always_ends_it(self) -> None:
        if any(one.verdict == "reject" for one in self.counted):
            assert self.state.status == "rejected"


Approvals.TestCase.settings = settings(
    max_examples=120, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestApprovals = Approvals.TestCase
