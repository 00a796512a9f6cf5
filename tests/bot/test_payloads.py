"""Payloads: whatever arrives is either what it must be, or refused as malformed."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bulk import read_selection
from bot.listeners.details import read_number
from bot.modals import read_place
from bot.payloads import (
    Bundle,
    MalformedError,
    parse_bundle,
    parse_inquiry,
    parse_message,
    parse_press,
    parse_target,
    parse_visit,
)
from bot.submissions import parse_pick, parse_submission, parse_typed
from workflows.contracts import Person

Json = dict[str, Any]
DIGEST = "ab" * 32
VALUE = f"approval-1|0|{DIGEST}"
PRESS: Json = {
    "user": {"id": "U0BOB", "team_id": "T0COUNTER"},
    "trigger_id": "1.x",
    "actions": [{"action_id": "a", "action_ts": "17.5", "value": VALUE}],
}
SUBMISSION: Json = {"user": {"id": "U0BOB", "team_id": "T0COUNTER"}, "view": {"id": "V0VIEW"}}
COMMENTED, RETYPED, WORDS = "countersign_comment", "countersign_retype", "countersign_words"


def typed(**inputs: object) -> Json:
    """A submission with something in its inputs."""
    values = {name: {"typed": {"type": "plain_text_input", "value": value}} for name, value in inputs.items()}
    return SUBMISSION | {"view": {"id": "V0VIEW", "state": {"values": values}}}


EVENT: Json = {
    "user": "U0BOB",
    "channel": "C0GENERAL",
    "ts": "17.5",
    "text": "<@U0BOT> pay &lt;now&gt; &amp;amp;",
}

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
names = st.sampled_from(
    ["user", "id", "team_id", "actions", "action_ts", "value", "view", "ts", "channel", "text"]
)
bodies = st.dictionaries(names | st.text(max_size=8), trees, max_size=6)


def spoil(good: Json, places: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """A good payload with some of its parts replaced by anything."""
    return st.dictionaries(places, trees, min_size=1).map(lambda wrong: good | wrong)


def read_press(body: Json) -> object:
    return parse_press(body).decision("approve")


def read_submission(body: Json) -> object:
    return parse_submission(body).decision("approve", parse_target(VALUE)).model_dump_json()


def read_words(body: Json) -> object:
    submission = parse_submission(body)
    if not submission.words:
        return None
    asked = submission.question(parse_target(VALUE)).model_dump_json()
    return asked, submission.answer(parse_inquiry("approval-1|0")).model_dump_json()


def read_message(body: Json) -> object:
    return parse_message(body, "T0COUNTER", "U0BOT")[1].model_dump_json()


def test_an_opened_tab_says_who_looks_at_what() -> None:
    visit = parse_visit({"user": "U0BOB", "tab": "home", "channel": "D0BOB"})
    assert (visit.user, visit.tab) == ("U0BOB", "home")
    assert parse_visit({"user": "U0BOB"}).tab == ""


@pytest.mark.parametrize("event", [{}, {"tab": "home"}, {"user": "<@U0BOB>", "tab": "home"}, {"user": None}])
def test_an_opened_tab_that_does_not_say_who_looks_is_malformed(event: Json) -> None:
    with pytest.raises(MalformedError):
        parse_visit(event)


@pytest.mark.parametrize("read", [read_press, read_submission, read_words, read_message])
@given(body=bodies)
def test_any_body_is_read_or_refused_as_malformed(read: Callable[[Json], object], body: Json) -> None:
    with contextlib.suppress(MalformedError):
        read(body)


@given(spoil(PRESS, st.sampled_from(sorted(PRESS))))
def test_a_spoiled_press_is_read_or_refused(body: Json) -> None:
    with contextlib.suppress(MalformedError):
        read_press(body)


@given(spoil(SUBMISSION, st.sampled_from(sorted(SUBMISSION))))
def test_a_spoiled_submission_is_read_or_refused(body: Json) -> None:
    with contextlib.suppress(MalformedError):
        read_submission(body)


@given(spoil(EVENT, st.sampled_from([*sorted(EVENT), "thread_ts", "user_team", "team"])))
def test_a_spoiled_message_is_read_or_refused(body: Json) -> None:
    """What is read can be written down as well: it goes into a signal."""
    with contextlib.suppress(MalformedError):
        read_message(body)


@given(st.text(st.characters(codec=None)))
def test_any_value_metadata_or_number_is_read_or_refused(text: str) -> None:
    for read in (parse_target, parse_inquiry, parse_bundle, read_place, read_selection):
        with contextlib.suppress(MalformedError):
            read(text)
    with contextlib.suppress(MalformedError):
        assert read_number(parse_press(PRESS | {"actions": [PRESS["actions"][0] | {"value": text}]})) >= 0


@given(trees)
def test_whatever_was_asked_or_answered_is_read_or_refused(words: object) -> None:
    with contextlib.suppress(MalformedError):
        read_words(typed(countersign_words=words))


@given(trees, trees)
def test_whatever_was_typed_is_read_or_refused(comment: object, retyped: object) -> None:
    with contextlib.suppress(MalformedError):
        read_submission(typed(countersign_comment=comment, countersign_retype=retyped))
    for values in (comment, {COMMENTED: comment}, {RETYPED: {"typed": retyped}}):
        with contextlib.suppress(MalformedError):
            read_submission(SUBMISSION | {"view": {"id": "V0VIEW", "state": {"values": values}}})


def test_a_submission_says_what_was_typed_in_which_view_and_how_it_was_decided() -> None:
    submission = parse_submission(typed(countersign_comment="  Fine\n", countersign_retype=" 250 "))
    decision = submission.decision("reject", parse_target(VALUE))
    assert (decision.comment, decision.retyped) == ("Fine", " 250 ")
    assert (decision.verdict, decision.event_id) == ("reject", "U0BOB:V0VIEW:reject")
    assert (decision.digest, decision.stage, decision.via) == (DIGEST, 0, "slack")
    assert decision.decided_by == Person(team_id="T0COUNTER", user_id="U0BOB")


def test_a_submission_says_what_was_asked_by_whom_about_what() -> None:
    question = parse_submission(typed(countersign_words=" Why?\n")).question(parse_target(VALUE))
    assert (question.text, question.asked_by) == ("Why?", Person(team_id="T0COUNTER", user_id="U0BOB"))
    assert (question.digest, question.stage, question.via) == (DIGEST, 0, "slack")
    assert question.event_id == "U0BOB:V0VIEW:ask"


def test_a_submission_says_what_was_answered_by_whom_to_which_question() -> None:
    given_ = parse_submission(typed(countersign_words=" 4711 ")).answer(parse_inquiry("approval-1|7"))
    assert (given_.text, given_.question, given_.via) == ("4711", 7, "slack")
    assert given_.answered_by == Person(team_id="T0COUNTER", user_id="U0BOB")
    assert given_.event_id == "U0BOB:V0VIEW:answer"


@pytest.mark.parametrize(
    "body", [SUBMISSION, typed(), typed(countersign_words=None), typed(countersign_words=" \n")]
)
def test_a_submission_without_words_has_none(body: Json) -> None:
    assert parse_submission(body).words == ""


@pytest.mark.parametrize(
    "value",
    ["", "approval-1", "approval-1|", "approval-1|-1", "approval-1|x", "approval-1|1001", "approval-1|0|0", "agent-1|0", "approval-1|0.5", f"{VALUE}"],
)  # fmt: skip
def test_an_edited_value_of_an_answer_button_is_refused(value: str) -> None:
    with pytest.raises(MalformedError):
        parse_inquiry(value)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_input_that_was_left_empty_says_nothing(value: str | None) -> None:
    submission = parse_submission(typed(countersign_comment=value, countersign_retype=None))
    assert (submission.comment, submission.retyped, submission.has_inputs) == ("", "", True)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (SUBMISSION, False),
        (typed(), False),
        (typed(another_apps="x"), False),
        (typed(countersign_comment=None), True),
        (typed(countersign_retype=None), True),
    ],
)
def test_a_submission_says_whether_anything_could_be_typed(body: Json, *, wanted: bool) -> None:
    assert parse_submission(body).has_inputs == wanted


@pytest.mark.parametrize(("name", "most"), [(COMMENTED, 1_000), (RETYPED, 3_000), (WORDS, 2_000)])
def test_more_than_slack_lets_anybody_type_is_malformed(name: str, most: int) -> None:
    parse_submission(typed(**{name: "x" * most}))
    with pytest.raises(MalformedError):
        parse_submission(typed(**{name: "x" * (most + 1)}))


def test_a_submission_without_a_views_id_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read_submission(SUBMISSION | {"view": {}})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "approval-1",
        f"approval-1|0|{DIGEST}|0",
        f"approval-1|0|{DIGEST[:-1]}",
        f"approval-1|0|{DIGEST.upper()}",
        f"approval-1|-1|{DIGEST}",
        f"approval-1|1.5|{DIGEST}",
        f"approval-1|1001|{DIGEST}",
        f"approval-1|one|{DIGEST}",
        f"approval-|0|{DIGEST}",
        f"approval-1 |0|{DIGEST}",
        f"approval-1\n|0|{DIGEST}",
        f"approval-../1|0|{DIGEST}",
        f"approval-{'x' * 201}|0|{DIGEST}",
        f"agent-T0COUNTER-C0GENERAL-1.5|0|{DIGEST}",
        f"other-workflow|0|{DIGEST}",
        f"xapproval-1|0|{DIGEST}",
    ],
)
def test_an_edited_value_is_refused(value: str) -> None:
    with pytest.raises(MalformedError):
        parse_target(value)


def test_a_cards_value_is_read_and_written_as_it_was() -> None:
    target = parse_target(VALUE)
    assert (target.approval_id, target.stage, target.digest, target.value) == ("approval-1", 0, DIGEST, VALUE)


def test_a_press_says_who_what_and_which_press_it_was() -> None:
    decision = parse_press(PRESS).decision("reject")
    assert decision.decided_by == Person(team_id="T0COUNTER", user_id="U0BOB")
    assert (decision.verdict, decision.digest, decision.via) == ("reject", DIGEST, "slack")
    again, later = PRESS, PRESS | {"actions": [PRESS["actions"][0] | {"action_ts": "17.6"}]}
    assert parse_press(again).decision("reject").event_id == decision.event_id
    assert parse_press(later).decision("reject").event_id != decision.event_id
    assert parse_press(again).decision("approve").event_id != decision.event_id


def test_a_bursts_button_says_which_and_where() -> None:
    assert parse_bundle("batch-1|C0A") == Bundle(batch_id="batch-1", channel_id="C0A")


def test_what_is_ticked_is_read_from_a_message_or_a_view_each_once() -> None:
    options = {"selected_options": [{"value": VALUE}, {"value": VALUE}]}
    values = {"b": {"x": options, "y": {"value": "typed"}}, "c": {"z": {"selected_options": None}}}
    state: Json = {"state": {"values": values}}
    assert [one.value for one in parse_pick(PRESS | state).targets] == [VALUE]
    found = parse_pick(PRESS | {"view": {"type": "modal"} | state})
    assert ([one.value for one in found.targets], found.in_modal) == ([VALUE], True)
    assert parse_pick(PRESS).targets == ()


@pytest.mark.parametrize("value", ["", "x", "approval-1|0"])
def test_what_is_ticked_and_not_ours_is_refused(value: str) -> None:
    options = {"selected_options": [{"value": value}]}
    with pytest.raises(MalformedError):
        _ = parse_pick(PRESS | {"state": {"values": {"b": {"x": options}}}}).targets


def test_two_presses_in_one_payload_are_malformed() -> None:
    with pytest.raises(MalformedError):
        parse_press(PRESS | {"actions": PRESS["actions"] * 2})


def test_a_message_is_unescaped_once_and_loses_the_mention() -> None:
    thread, heard = parse_message(EVENT, "T0COUNTER", "U0BOT")
    assert heard.text == "pay <now> &amp;"
    assert (thread.team_id, thread.channel_id, thread.thread_ts) == ("T0COUNTER", "C0GENERAL", "17.5")
    assert heard.person == Person(team_id="T0COUNTER", user_id="U0BOB")


def test_one_message_is_one_event_however_it_arrives() -> None:
    first, second = (
        parse_message(EVENT | extra, "T0COUNTER", "U0BOT") for extra in ({}, {"type": "message"})
    )
    assert first[1].event_id == second[1].event_id


def test_a_reply_belongs_to_its_thread_and_its_writer_to_their_own_team() -> None:
    thread, heard = parse_message(
        EVENT | {"thread_ts": "16.1", "user_team": "T0PARTNER"}, "T0COUNTER", "U0BOT"
    )
    assert thread.thread_ts == "16.1"
    assert heard.person.team_id == "T0PARTNER"


def test_files_of_a_message_are_named_and_need_no_words() -> None:
    files = [{"id": "F1", "name": "memo.txt", "size": 9}, {"id": "F2", "file_access": "check_file_info"}]
    _, heard = parse_message(EVENT | {"text": "<@U0BOT>", "files": files}, "T0COUNTER", "U0BOT")
    assert heard.text == ""
    assert [(one.file_id, one.name) for one in heard.files] == [("F1", "memo.txt"), ("F2", "")]


@pytest.mark.parametrize("text", ["", "<@U0BOT>", "  <@U0BOT>  "])
def test_a_bare_mention_asks_for_help(text: str) -> None:
    assert parse_message(EVENT | {"text": text}, "T0COUNTER", "U0BOT")[1].text == "help"


def test_a_refusal_names_the_place_and_not_what_stood_there() -> None:
    with pytest.raises(MalformedError, match=r"user\.id") as caught:
        parse_press(PRESS | {"user": {"id": "very secret", "team_id": "T0COUNTER"}})
    assert "very secret" not in str(caught.value)
    assert "very secret" not in json.dumps(repr(caught.value.__cause__))


def test_what_was_typed_is_read_by_block_whatever_holds_it() -> None:
    values: Json = {
        "text": {"typed": {"type": "plain_text_input", "value": "a"}},
        "empty": {"typed": {"type": "number_input", "value": None}},
        "choice": {"typed": {"type": "static_select", "selected_option": {"value": "true", "text": {}}}},
        "nothing": {"typed": {"type": "static_select", "selected_option": None}},
        "other": {"another_action": {"value": "x"}},
    }
    typed = parse_typed({"view": {"id": "V1", "state": {"values": values}}})
    assert typed == {"text": "a", "empty": None, "choice": "true", "nothing": None}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"view": {}},
        {"view": {"id": "V1", "state": {"values": []}}},
        {"view": {"id": "V1", "state": {"values": {"a": {"typed": {"value": 1}}}}}},
        {"view": {"id": "V1", "state": {"values": {"a": {"typed": {"selected_option": {}}}}}}},
    ],
)
def test_a_form_that_is_none_is_malformed(body: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        parse_typed(body)
