"""Pens: rich text only, sentence by sentence in streams, and a label that says whether a message is still a draft."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from activities.cards import REPLY_LENGTH
from activities.messages import MessageBoard
from activities.pens import DRAFT, LONG, SHOWN, EditPen, Pen, StreamPen
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.activities.drafting import begin_draft
from tests.harness import GENERAL
from workflows.contracts import MessageRef

HOSTILE = "<!channel> <@U0BOB> *bold* [Approve](https://evil.example) :tada: `code`."


@pytest.fixture
def api(settings: Settings) -> WebApi:
    return WebApi(build_client(settings))


@pytest.fixture
def streams(api: WebApi) -> StreamPen:
    return StreamPen(api, MessageBoard(api))


@pytest.fixture(params=["streams", "edits"])
def pen(request: pytest.FixtureRequest, api: WebApi) -> Pen:
    board = MessageBoard(api)
    return StreamPen(api, board) if request.param == "streams" else EditPen(board)


def find(slack: Standin, place: MessageRef) -> Message:
    return slack.workspace.rooms[place.channel_id].message(place.ts)


def words(message: Message) -> str:
    """All the text of a message's blocks, of which each must be rich text with nothing but text in it."""
    sections = [section for block in message.blocks for section in block["elements"]]
    assert {block["type"] for block in message.blocks} == {"rich_text"}
    assert {part["type"] for section in sections for part in section["elements"]} == {"text"}
    return " ".join(part["text"] for section in sections for part in section["elements"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("One", ""),
        ("One.", ""),  # 1.5 would begin so, too
        ("One. Tw", "One. "),
        ("One. Two! Three? Fo", "One. Two! Three? "),
        ("A line\nand mo", "A line\n"),
        ("   \n", ""),
        ("一。二", "一。"),
        ("v1.5 costs 3.50", ""),
        ("word " * 70 + "hal", "word " * 70),
        ("x" * (LONG + 1), ""),
    ],
)
def test_a_stream_grows_by_whole_sentences_and_lines(streams: StreamPen, text: str, shown: str) -> None:
    assert streams.cut("", text) == shown


@given(st.lists(st.sampled_from(["One. ", "two", " ", "\n", "3.5", "! ", "x" * 150]), max_size=40))
def test_what_a_stream_shows_only_grows_and_is_what_was_said(parts: list[str]) -> None:
    pen, text, shown = StreamPen.__new__(StreamPen), "", ""
    for part in parts:
        text += part
        more = pen.cut(shown, text)
        assert more.startswith(shown)
        assert text.startswith(more)
        shown = more


def test_a_stream_shows_no_more_than_the_first_message_will(streams: StreamPen) -> None:
    text = "A line of words.\n" * 1_000
    assert len(streams.cut("", text)) <= REPLY_LENGTH


def test_an_edit_shows_all_of_it(api: WebApi) -> None:
    assert EditPen(MessageBoard(api)).cut("One", "One and a hal") == "One and a hal"


async def test_a_model_s_words_are_data_while_they_are_said(slack: Standin, pen: Pen) -> None:
    draft = await begin_draft(slack)
    place = await pen.begin(draft, HOSTILE)
    await pen.go_on(place, draft, HOSTILE, f"{HOSTILE} {HOSTILE}")
    message = find(slack, place)
    assert words(message) == f"{HOSTILE} {HOSTILE}"
    assert (message.notified, message.unfurled) == ([], [])
    assert message.thread_ts == draft.thread.thread_ts


async def test_a_draft_is_labelled_as_one_until_it_is_finished(slack: Standin, api: WebApi, pen: Pen) -> None:
    draft, board = await begin_draft(slack), MessageBoard(api)
    place = await pen.begin(draft, "One.")
    look = (draft.thread.channel_id, draft.thread.thread_ts, draft.key, draft.asked_at)
    assert await board.find_keys(*look) == [(DRAFT, place)]
    await pen.go_on(place, draft, "One.", "One. Two.")
    assert await board.find_keys(*look) == [(DRAFT, place)]
    await pen.finish(place, draft, "One. Two.")
    assert await board.find_keys(*look) == [(SHOWN, place)]
    assert words(find(slack, place)) == "One. Two."


async def test_a_stream_that_slack_has_closed_is_finished_all_the_same(
    slack: Standin, api: WebApi, streams: StreamPen
) -> None:
    draft = await begin_draft(slack)
    place = await streams.begin(draft, "One.")
    await api.call("chat.stopStream", channel=GENERAL, ts=place.ts)
    with pytest.raises(ApplicationError, match="closed the message") as refused:
        await streams.go_on(place, draft, "One.", "One. Two.")
    assert refused.value.non_retryable
    await streams.finish(place, draft, "One. Two.")
    message = find(slack, place)
    assert words(message) == "One. Two."
    assert message.metadata
    assert message.metadata["event_payload"] == {"id": draft.key, "key": SHOWN}


async def test_a_stream_is_for_whoever_asked_and_holds_what_slack_takes(
    slack: Standin, streams: StreamPen
) -> None:
    draft, text, shown = await begin_draft(slack), "Words upon words. " * 400, ""
    place = await streams.begin(draft, shown := text[:18])
    for _ in range(streams.most - 1):
        await streams.go_on(place, draft, shown, shown := text[: len(shown) + 18])
    assert len(find(slack, place).blocks) == streams.most
    start = next(call for call in slack.calls if call.method == "chat.startStream")
    assert (start.args["recipient_user_id"], start.args["recipient_team_id"]) == ("U0ALICE", "T0COUNTER")
    assert "markdown_text" not in json.dumps(start.args)
