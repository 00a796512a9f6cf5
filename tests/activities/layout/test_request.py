"""All pages of a request: what is asked first, then the arguments, last the plan, the history and the digest."""

import hashlib
from typing import Any

import pytest

from activities.layout.request import NO_DIGEST, read_pages
from tests.factories import (
    HOUR,
    NOW,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from tests.layouts import elements as paragraphs_of
from tests.layouts import titles, values_text
from workflows.contracts import ApprovalState, Approvers, Escalation

TWO = build_plan(stages=(build_stage(name="first", quorum=2), build_stage(name="second", reject_quorum=2)))


def text(**changes: Any) -> str:
    """Everything there is to read, with names and times."""
    return read(build_state(**changes))


def read(state: ApprovalState) -> str:
    parts = [part for one in paragraphs_of(read_pages(state)) for part in [*one["elements"], {"text": "\n"}]]
    return "".join(_word(part) for part in parts)


def _word(part: dict[str, Any]) -> str:
    mentioned = part.get("user_id") or part.get("channel_id") or part.get("usergroup_id")
    return f"@{mentioned}" if mentioned else str(part.get("text") or part.get("fallback"))


def test_a_small_request_is_one_page() -> None:
    pages = read_pages(build_state())
    assert len(pages) == 1
    assert titles(pages)[1:3] == ["In these words:", "This is exactly what will run:"]


def test_it_begins_with_what_is_asked_and_ends_with_the_digest() -> None:
    state = build_state()
    shown = read(state)
    assert shown.startswith("Action: transfer_money\nAsked by: @UREQUESTER")
    assert shown.endswith(f"{state.digest}\n")
    order = [
        shown.index(part) for part in ("In these words", "amount: 250", "The plan", "History", "The digest")
    ]
    assert order == sorted(order)


def test_a_long_reason_is_there_in_full() -> None:
    reason = "".join(f"{number:04} because " for number in range(2_000))
    pages = read_pages(build_state(request=build_request(reason=reason)))
    assert reason.strip() in values_text(pages)


def test_a_long_title_is_there_in_full() -> None:
    assert "t" * 900 in text(request=build_request(title="t" * 900))


def test_the_plan_says_who_is_asked_now_and_later() -> None:
    shown = text(plan=TWO)
    assert "1. first (now)\n0 of 2 approvals by the members of @CAPPROVALS" in shown
    assert "Until: 2026-11-23 10:00 UTC; without a decision by then it will not run" in shown
    assert (
        "2. second (later)\n1 approval of the members of @CAPPROVALS; within 1h; 2 rejections end it" in shown
    )


def test_the_plan_says_who_has_decided_a_stage() -> None:
    decisions = (
        build_decision(decided_at=NOW),
        build_decision(decided_by=build_person("UTWO"), decided_at=NOW),
    )
    shown = text(plan=TWO, stage=1, decisions=decisions)
    assert (
        "1. first (done)\n2 approvals of the members of @CAPPROVALS; within 1h\nDecided by @UAPPROVER, @UTWO"
        in shown
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "approved"}, "approval (done)"),
        ({"status": "rejected"}, "approval (ended here: Rejected)"),
        ({"status": "expired", "plan": TWO}, "2. second (not reached)"),
        ({"plan": None}, "No policy has been applied yet."),
        (
            {"plan": build_plan(effect="approve", stages=())},
            "Policy built-in lets this pass without asking anybody.",
        ),
        (
            {"plan": build_plan(effect="deny", stages=())},
            "Policy built-in denies this without asking anybody.",
        ),
        ({"plan": build_plan(final=True)}, "Policy built-in, nobody can override it"),
        ({"plan": build_plan(shadow=True)}, "Policy built-in, on trial"),
    ],
)
def test_the_plan_says_how_far_it_came(changes: dict[str, Any], words: str) -> None:
    assert words in text(decided_at=NOW, **changes)


def test_the_history_has_each_decision_with_its_words_in_full() -> None:
    words = "".join(f"{number:03} seen. " for number in range(90))
    decision = build_decision(comment=words, on_behalf_of=build_person("UTWO"), read=True, decided_at=NOW)
    shown = text(decisions=(decision,), plan=TWO)
    row = "Approved by @UAPPROVER for @UTWO 2026-11-23 09:00 UTC, stage 1, after reading it all\n"
    assert f"Asked for by @UREQUESTER 2026-11-23 09:00 UTC, as approval-1\n{row}{words}\n" in shown


def test_the_history_has_reminders_escalations_and_the_end() -> None:
    stage = build_stage(escalation=Escalation(approvers=(Approvers(id="CBOSS"),), after=HOUR))
    state = {"plan": build_plan(stages=(stage,)), "reminded": 2, "escalated": "added"}
    shown = text(
        **state,
        escalation_reason="nobody decided in time",
        status="expired",
        decided_at=NOW,
        reason="Too late",
    )
    assert "Reminded 2 times in this stage\n" in shown
    assert "Escalated: others may decide, too (nobody decided in time)\n" in shown
    assert "Expired, not approved 2026-11-23 09:00 UTC\nToo late\n" in shown
    assert "others decide instead" in text(**{**state, "escalated": "replaced", "reminded": 1})


def test_a_comment_is_not_told_twice() -> None:
    decision = build_decision(verdict="reject", comment="Too much", decided_at=NOW)
    shown = text(decisions=(decision,), status="rejected", decided_at=NOW, reason="Too much")
    assert shown.count("Too much") == 1


def test_arguments_as_large_as_files_are_listed_with_their_hash() -> None:
    shown = text(request=build_request(arguments={"memo": "x" * 20_000}))
    assert "Files in the card's thread" in shown
    digest = hashlib.sha256(b"x" * 20_000).hexdigest()
    assert f"memo-{digest[:8]}.txt, 20,000 bytes, SHA-256\n{digest}" in shown


def test_a_request_without_a_digest_can_be_read() -> None:
    request = build_request(arguments={"x": 1})
    state = build_state(request=request, status="failed", decided_at=NOW).model_copy(
        update={
            "digest": "",
            "request": request.model_copy(update={"arguments": {"x": float("nan"), "y": 2**70}}),
        }
    )
    assert NO_DIGEST in read(state)
    assert "x: NaN" in read(state)
