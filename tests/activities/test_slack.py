"""The Slack port, activity by activity, against a Slack that fails in every way it does."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cards import REPLY_LENGTH, render_reply
from activities.messages import MessageBoard
from activities.pens import DRAFT, SHOWN
from activities.slack import ERASE_ATTEMPTS, FILE_ATTEMPTS, Progress, SlackActivities
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.standin.trees import nodes
from tests.factories import build_decision, build_person, build_plan, build_request, build_stage, build_state
from tests.harness import ALICE, APPROVALS, BOB, DAVE, GENERAL, OUTCOMES
from workflows import notices
from workflows.contracts import (
    ApprovalState,
    Approvers,
    Person,
    Plan,
    Publication,
    Published,
    Reply,
    Roster,
    Thread,
    Whisper,
)

TEAM = "T0COUNTER"
HOSTILE = "<!channel> <@U0CAROL> @here https://evil.example/a.png <https://evil.example|x> ``` `x` *b* \u202egnp \x07"


@dataclasses.dataclass
class Stage:
    """The activities, the workspace they speak to, and what they kept of each attempt."""

    slack: Standin
    speaker: SlackActivities
    kept: list[Progress] = dataclasses.field(default_factory=list[Progress])

    @property
    def board(self) -> MessageBoard:
        return self.speaker._board  # pyright: ignore[reportPrivateUsage] - what the worker's own writers have, too

    async def run(
        self, activity: Callable[[Any], Any], argument: object, attempt: int = 1, details: Sequence[Any] = ()
    ) -> Any:
        """One attempt of an activity."""
        env = ActivityEnvironment()
        env.info = dataclasses.replace(env.info, attempt=attempt, heartbeat_details=details)
        env.on_heartbeat = lambda *kept: self.kept.extend(kept)
        return await env.run(activity, argument)

    async def publish(self, publication: Publication, attempt: int = 1) -> Published:
        """An attempt that goes on from what the earlier ones kept, as it comes back through Temporal."""
        details = [json.loads(one.model_dump_json()) for one in self.kept[-1:]]
        published: Published = await self.run(self.speaker.publish_state, publication, attempt, details)
        return published

    def messages(self, channel: str = APPROVALS) -> list[Message]:
        return self.slack.workspace.rooms[channel].messages

    def texts(self, channel: str = APPROVALS) -> list[str]:
        return [message.text for message in self.messages(channel) if message.bot_id]


@pytest.fixture
async def stage(slack: Standin, settings: Settings) -> Stage:
    return Stage(slack, SlackActivities(WebApi(build_client(settings))))


def plan(**changes: Any) -> Plan:
    wanted = {
        "stages": (build_stage(approvers=(Approvers(id=APPROVALS),)),),
        "card_channel": APPROVALS,
        "outcome_channels": (OUTCOMES,),
    }
    return build_plan(**(wanted | changes))


def state(thread: str | None = None, **changes: Any) -> ApprovalState:
    origin = Thread(team_id=TEAM, channel_id=GENERAL, thread_ts=thread) if thread else None
    request = build_request(requester=build_person(ALICE, TEAM), origin=origin)
    return build_state(**({"request": request, "plan": plan(), "opened_at": datetime.now(UTC)} | changes))


def opening(of: ApprovalState, *, again: bool = False) -> Publication:
    return Publication(state=of, posts=notices.opening_posts(None, of), again=again)


def ended(of: ApprovalState) -> ApprovalState:
    decision = build_decision(of, decided_by=build_person(BOB, TEAM), decided_at=datetime.now(UTC))
    return of.model_copy(
        update={"status": "approved", "decisions": (decision,), "decided_at": datetime.now(UTC)}
    )


async def closing(stage: Stage) -> Publication:
    """The end of a request whose card and thread are there."""
    opened = state(await stage.slack.say(ALICE, GENERAL, "please"))
    published = await stage.publish(opening(opened))
    known = opened.model_copy(update={"cards": published.messages[:1]})
    return notices.closing_publication(ended(known), again=False)


async def test_card_and_word_to_the_requester_are_posted(stage: Stage) -> None:
    thread = await stage.slack.say(ALICE, GENERAL, "please")
    published = await stage.publish(opening(state(thread)))
    refs = [ref for ref in published.messages if ref]
    assert [ref.channel_id for ref in refs] == [APPROVALS, GENERAL]
    assert [one.ts for one in (stage.messages()[0], stage.messages(GENERAL)[1])] == [ref.ts for ref in refs]
    assert stage.messages(GENERAL)[1].thread_ts == thread


async def test_what_has_been_published_is_told_once_all_of_it_is_there(
    slack: Standin, settings: Settings
) -> None:
    told: list[ApprovalState] = []
    stage = Stage(slack, SlackActivities(WebApi(build_client(settings)), told.append))
    publication = opening(state(await slack.say(ALICE, GENERAL, "please")))
    slack.faults.add("chat.postMessage", "error")
    with pytest.raises(ApplicationError):
        await stage.publish(publication)
    assert told == []
    await stage.publish(publication, attempt=2)
    assert told == [publication.state]


async def test_a_card_for_one_person_is_a_direct_message_and_is_closed_there(stage: Stage) -> None:
    asked = build_stage(approvers=(Approvers(kind="user", id=BOB),), card="direct")
    opened = state(plan=plan(stages=(asked,)), roster=Roster(people=(build_person(BOB, TEAM),), count=1))
    publication = opening(opened)
    published = await stage.publish(publication)
    room = stage.slack.direct(BOB)
    assert [ref.channel_id for ref in published.messages if ref] == [room]
    keyed = [
        ref.model_copy(update={"key": post.key})
        for post, ref in zip(publication.posts, published.messages, strict=True)
        if ref
    ]
    stage.kept.clear()
    known = ended(opened.model_copy(update={"cards": tuple(keyed)}))
    await stage.publish(notices.closing_publication(known, again=False))
    assert len(stage.messages(room)) == 1
    assert not any(node.get("type") == "button" for node in nodes(stage.messages(room)[0].blocks))


async def test_a_lost_answer_leaves_one_card_and_one_word(stage: Stage) -> None:
    publication = opening(state(await stage.slack.say(ALICE, GENERAL, "please")))
    stage.slack.faults.add("chat.postMessage", "lost", times=2)
    with pytest.raises(ApplicationError):
        await stage.publish(publication)
    published = await stage.publish(publication, attempt=2)
    assert (len(stage.texts()), len(stage.texts(GENERAL))) == (1, 1)
    assert None not in published.messages


async def test_a_retry_repeats_nothing_that_is_known_to_be_done(stage: Stage) -> None:
    publication = opening(state(await stage.slack.say(ALICE, GENERAL, "please")))
    stage.slack.faults.add("chat.postMessage", "http_500")
    with pytest.raises(ApplicationError):
        await stage.publish(publication)
    before = len(stage.slack.calls)
    published = await stage.publish(publication, attempt=2)
    methods = [call.method for call in stage.slack.calls[before:]]
    assert methods.count("chat.postMessage") == 1
    assert "chat.update" not in methods
    assert (len(stage.texts()), len(stage.texts(GENERAL))) == (1, 1)
    assert None not in published.messages


async def test_a_publication_that_may_have_run_before_looks_first(stage: Stage) -> None:
    publication = opening(state())
    await stage.publish(publication)
    await stage.publish(publication.model_copy(update={"again": True}))
    assert len(stage.texts()) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "delay"),
    [
        ("ratelimited", "ratelimited", timedelta(seconds=7)),
        ("http_500", "http_500", None),
        ("lost", "unreachable", None),
        ("hang", "unreachable", None),
        ("error", "internal_error", None),
    ],
)
async def test_what_heals_is_tried_again_when_slack_says(
    stage: Stage,
    fault: Literal["ratelimited", "http_500", "lost", "hang", "error"],
    kind: str,
    delay: timedelta | None,
) -> None:
    stage.slack.faults.add("chat.postMessage", fault, seconds=7 if fault == "ratelimited" else 0.1)
    with pytest.raises(ApplicationError) as caught:
        await stage.publish(opening(state()))
    error = caught.value
    assert (error.type, error.next_retry_delay, error.non_retryable) == (kind, delay, False)


async def test_a_slow_slack_is_waited_for(stage: Stage) -> None:
    stage.slack.faults.add("chat.postMessage", "slow", seconds=0.3)
    assert (await stage.publish(opening(state()))).messages[0]


async def test_an_outage_heals(stage: Stage) -> None:
    stage.slack.faults.down = True
    with pytest.raises(ApplicationError) as caught:
        await stage.publish(opening(state()))
    assert not caught.value.non_retryable
    stage.slack.faults.clear()
    await stage.publish(opening(state()), attempt=2)
    assert len(stage.texts()) == 1


@pytest.mark.parametrize(
    ("channel", "advice"),
    [
        ("C0NOWHERE", "check the channel's id and invite the bot"),
        ("C0PRIVATE", "invite the bot"),
        ("C0ARCHIVED", "choose another or unarchive it"),
    ],
)
async def test_what_slack_will_never_have_is_a_sentence_for_the_operator(
    stage: Stage, channel: str, advice: str
) -> None:
    published = await stage.publish(opening(state(plan=plan(card_channel=channel))))
    assert published.messages == (None,)
    assert len(published.problems) == 1
    assert advice in published.problems[0]
    assert channel in published.problems[0]


async def test_a_channel_without_the_bot_is_a_sentence_for_the_operator(stage: Stage) -> None:
    stage.slack.workspace.rooms[APPROVALS].members.remove("U0BOT")
    published = await stage.publish(opening(state()))
    assert published.messages == (None,)
    assert "invite it there. (not_in_channel)" in published.problems[0]


async def test_a_refused_token_is_tried_again_a_minute_later(stage: Stage) -> None:
    stage.slack.faults.add("chat.postMessage", "error", error="token_revoked")
    with pytest.raises(ApplicationError, match="SLACK_BOT_TOKEN") as caught:
        await stage.publish(opening(state()))
    assert (caught.value.next_retry_delay, caught.value.non_retryable) == (timedelta(minutes=1), False)


async def test_the_end_rewrites_the_card_and_tells_requester_and_channel(stage: Stage) -> None:
    publication = await closing(stage)
    await stage.publish(publication)
    assert ["Approved" in text for text in stage.texts()] == [True]
    assert len(stage.texts(GENERAL)) == 2
    assert len(stage.texts(OUTCOMES)) == 1


async def test_the_end_is_told_once_each_whatever_gets_lost(stage: Stage) -> None:
    publication = await closing(stage)
    stage.slack.faults.add("chat.postMessage", "lost", times=2)
    stage.slack.faults.add("chat.update", "lost", times=2)
    for attempt in (1, 2):
        with pytest.raises(ApplicationError):
            await stage.publish(publication, attempt)
    await stage.publish(publication, attempt=3)
    assert (len(stage.texts()), len(stage.texts(GENERAL)), len(stage.texts(OUTCOMES))) == (1, 2, 1)


async def test_a_deleted_card_keeps_nobody_from_hearing_the_outcome(stage: Stage) -> None:
    publication = await closing(stage)
    stage.slack.workspace.delete(stage.messages()[0])
    published = await stage.publish(publication)
    assert (len(stage.texts(GENERAL)), len(stage.texts(OUTCOMES))) == (2, 1)
    assert published.messages[0] is None
    assert "message_not_found" in published.problems[0]


@pytest.mark.parametrize("title", ["\u200b\u202e", "x" * 20_000, HOSTILE])
async def test_any_title_makes_a_card_an_answer_and_an_outcome(stage: Stage, title: str) -> None:
    thread = Thread(
        team_id=TEAM, channel_id=GENERAL, thread_ts=await stage.slack.say(ALICE, GENERAL, "please")
    )
    request = build_request(title=title, requester=build_person(ALICE, TEAM), origin=thread)
    opened = state(request=request)
    assert (await stage.publish(opening(opened))).problems == ()
    assert (await stage.publish(notices.closing_publication(ended(opened), again=True))).problems == ()


async def test_hostile_requests_notify_only_the_requester_and_unfurl_nothing(stage: Stage) -> None:
    thread = Thread(
        team_id=TEAM, channel_id=GENERAL, thread_ts=await stage.slack.say(ALICE, GENERAL, "please")
    )
    request = build_request(
        action=HOSTILE, title=HOSTILE, arguments={HOSTILE: HOSTILE}, reason=HOSTILE, agent=HOSTILE, origin=thread,
        requester=build_person(ALICE, TEAM),
    )  # fmt: skip
    opened = state(request=request)
    await stage.publish(opening(opened))
    closed = ended(opened).model_copy(update={"reason": HOSTILE})
    await stage.publish(notices.closing_publication(closed, again=True))
    said = [
        one for channel in (APPROVALS, GENERAL, OUTCOMES) for one in stage.messages(channel) if one.bot_id
    ]
    assert len(said) == 4
    assert {user for message in said for user in message.notified} <= {ALICE, BOB}
    assert all(message.unfurled == [] for message in said)
    assert not [
        message
        for message in said
        if "\u202e" in message.text + json.dumps(message.blocks, ensure_ascii=False)
    ]


async def snippet(stage: Stage) -> Publication:
    """A file of an argument, to be put in the thread of a card that is there."""
    memo = build_request(arguments={"memo": "x" * 20_000}, requester=build_person(ALICE, TEAM), origin=None)
    opened = state(request=memo)
    (card,) = (await stage.publish(opening(opened))).messages
    assert card
    stage.kept.clear()
    known = opened.model_copy(update={"cards": (card,)})
    return Publication(state=known, posts=notices.opening_posts(opened, known))


def files(stage: Stage) -> list[Message]:
    return [message for message in stage.messages() if message.files]


async def test_a_large_argument_is_a_file_in_its_cards_thread(stage: Stage) -> None:
    publication = await snippet(stage)
    published = await stage.publish(publication)
    assert published.problems == ()
    (message,) = files(stage)
    assert (message.thread_ts, message.files[0].content) == (stage.messages()[0].ts, b"x" * 20_000)


async def test_a_file_whose_answer_got_lost_is_there_once(stage: Stage) -> None:
    publication = await snippet(stage)
    stage.slack.faults.add("files.completeUploadExternal", "lost")
    with pytest.raises(ApplicationError):
        await stage.publish(publication)
    await stage.publish(publication, attempt=2)
    assert len(files(stage)) == 1


async def test_a_card_is_not_kept_waiting_for_ever_by_its_file(stage: Stage) -> None:
    """Else a card would stay as it is for as long as Slack takes no files."""
    publication = await snippet(stage)
    stage.slack.faults.add("upload", "http_500", times=FILE_ATTEMPTS)
    for attempt in range(1, FILE_ATTEMPTS):
        with pytest.raises(ApplicationError):
            await stage.publish(publication, attempt)
    published = await stage.publish(publication, FILE_ATTEMPTS)
    assert len(published.problems) == 1
    assert files(stage) == []


async def test_a_workspace_without_files_still_has_its_card(stage: Stage) -> None:
    publication = await snippet(stage)
    stage.slack.faults.add("files.getUploadURLExternal", "error", error="file_uploads_disabled")
    published = await stage.publish(publication)
    assert published.messages[0]
    assert "all of it is under Details" in published.problems[0]


def shown(messages: list[Message]) -> str:
    """All running text of messages, joined."""
    return "".join(
        node["text"] for one in messages for node in nodes(one.blocks) if node.get("type") == "text"
    )


async def reply(stage: Stage, text: str) -> Reply:
    thread = await stage.slack.say(ALICE, GENERAL, "please")
    where = Thread(team_id=TEAM, channel_id=GENERAL, thread_ts=thread)
    return Reply(thread=where, text=text, key=f"{GENERAL}:{thread}", asked_at=datetime.now(UTC))


@pytest.mark.parametrize("length", [REPLY_LENGTH, REPLY_LENGTH + 1, 3 * REPLY_LENGTH + 7])
async def test_a_long_reply_is_split_and_complete(stage: Stage, length: int) -> None:
    text = "".join(f"{number:07} " for number in range(length // 8 + 1))[:length]
    await stage.run(stage.speaker.post_reply, await reply(stage, text))
    replies = stage.messages(GENERAL)[1:]
    assert len(replies) == -(-length // REPLY_LENGTH)
    assert shown(replies) == text


async def test_a_long_reply_is_posted_once_whatever_gets_lost(stage: Stage) -> None:
    text = "".join(f"{number:07} " for number in range(3_000))
    words = await reply(stage, text)
    for attempt in range(1, 4):
        stage.slack.faults.add("chat.postMessage", "lost")
        with pytest.raises(ApplicationError):
            await stage.run(stage.speaker.post_reply, words, attempt)
    await stage.run(stage.speaker.post_reply, words, 4)
    assert shown(stage.messages(GENERAL)[1:]) == text


async def show(stage: Stage, words: Reply, key: str, text: str = "All of") -> None:
    """What a worker has left of a reply while it was said."""
    label = {"id": words.key, "key": key}
    thread = words.thread
    await stage.board.post(thread.channel_id, thread.thread_ts, render_reply(text)[0], label)


async def test_a_reply_is_written_over_what_was_shown_of_it(stage: Stage) -> None:
    words = await reply(stage, "All of it.")
    await show(stage, words, SHOWN)
    await stage.run(stage.speaker.post_reply, words, attempt=2)
    await stage.run(stage.speaker.post_reply, words, attempt=3)
    (message,) = stage.messages(GENERAL)[1:]
    assert message.text == "All of it."
    assert message.metadata
    assert message.metadata["event_payload"] == {"id": words.key, "key": "part-0"}


@pytest.mark.parametrize("error", ["message_not_found", "edit_window_closed"])
async def test_where_it_cannot_be_it_is_posted_and_that_is_taken_away(stage: Stage, error: str) -> None:
    words = await reply(stage, "All of it.")
    await show(stage, words, SHOWN)
    stage.slack.faults.add("chat.update", "error", error=error)
    await stage.run(stage.speaker.post_reply, words, attempt=2)
    assert stage.texts(GENERAL) == ["All of it."]


async def test_whatever_else_was_left_of_it_is_taken_away(stage: Stage) -> None:
    words = await reply(stage, "All of it.")
    for key in (DRAFT, SHOWN, DRAFT, SHOWN):
        await show(stage, words, key)
    await stage.run(stage.speaker.post_reply, words, attempt=2)
    assert stage.texts(GENERAL) == ["All of it."]


async def test_where_nothing_may_be_edited_a_retry_repeats_nothing(stage: Stage) -> None:
    words = await reply(stage, "word " * REPLY_LENGTH)
    stage.slack.faults.add("chat.update", "error", error="edit_window_closed", times=100)
    for attempt in range(1, 5):
        stage.slack.faults.add("chat.postMessage", "lost")
        with suppress(ApplicationError):
            await stage.run(stage.speaker.post_reply, words, attempt)
    stage.slack.faults.clear()
    await stage.run(stage.speaker.post_reply, words, 9)
    assert len(stage.texts(GENERAL)) == len(render_reply(words.text))


async def test_what_cannot_be_taken_away_just_now_is_tried_a_few_times(stage: Stage) -> None:
    """However often the reply itself was tried before."""
    words = await reply(stage, "All of it.")
    await show(stage, words, DRAFT)
    stage.slack.faults.add("chat.delete", "http_500", times=ERASE_ATTEMPTS + 1)
    for failures in range(ERASE_ATTEMPTS):
        with pytest.raises(ApplicationError):
            await stage.run(stage.speaker.post_reply, words, 9, [failures] if failures else [])
    assert stage.texts(GENERAL) == ["All of", "All of it."]
    await stage.run(stage.speaker.post_reply, words, 9, [ERASE_ATTEMPTS])
    await stage.run(stage.speaker.post_reply, words, 9)
    assert stage.texts(GENERAL) == ["All of it."]


async def test_a_hostile_reply_notifies_nobody_and_unfurls_nothing(stage: Stage) -> None:
    await stage.run(stage.speaker.post_reply, await reply(stage, HOSTILE))
    message = stage.messages(GENERAL)[1]
    assert (message.notified, message.unfurled) == ([], [])
    assert not {"\u202e", "\x07"} & set(shown([message]))


async def test_a_reply_without_words_is_still_a_reply(stage: Stage) -> None:
    await stage.run(stage.speaker.post_reply, await reply(stage, ""))
    assert shown(stage.messages(GENERAL)[1:]) == "(no words)"


async def test_a_refusal_is_seen_by_one_person_only(stage: Stage) -> None:
    whisper = Whisper(
        approval_id="approval-1",
        person=Person(team_id=TEAM, user_id=BOB),
        channel_id=APPROVALS,
        sentence="No.",
    )
    await stage.run(stage.speaker.whisper_refusal, whisper)
    assert [(one.only_for, one.text) for one in stage.slack.workspace.ephemerals.values()] == [(BOB, "No.")]
    assert stage.messages() == []


@pytest.mark.parametrize("channel", [APPROVALS, "C0NOWHERE", "C0PRIVATE", "C0ARCHIVED"])
async def test_a_refusal_reaches_by_direct_message_who_is_not_in_the_channel(
    stage: Stage, channel: str
) -> None:
    whisper = Whisper(
        approval_id="approval-1",
        person=Person(team_id=TEAM, user_id=DAVE),
        channel_id=channel,
        sentence="No.",
    )
    await stage.run(stage.speaker.whisper_refusal, whisper)
    assert stage.texts(stage.slack.direct(DAVE)) == ["No."]


async def test_a_word_to_the_requester_that_was_posted_unseen_loses_its_button(stage: Stage) -> None:
    opened = state(await stage.slack.say(ALICE, GENERAL, "please"))
    await stage.publish(opening(opened))
    lost = notices.closing_publication(ended(opened), again=True)
    published = await stage.publish(lost)
    words = [message for message in stage.messages(GENERAL) if message.bot_id]
    assert [message.text for message in words] == ["Transfer money: approved", "Approved: Transfer money"]
    assert all(block["type"] != "actions" for message in words for block in message.blocks)
    assert published.messages[-1]
    assert published.messages[-1].ts == words[0].ts


async def test_one_that_was_never_posted_is_not_posted_late(stage: Stage) -> None:
    opened = state(await stage.slack.say(ALICE, GENERAL, "please"))
    lost = notices.closing_publication(ended(opened), again=True)
    stage.slack.faults.add("chat.postMessage", "http_500")
    with pytest.raises(ApplicationError):
        await stage.publish(lost)
    published = await stage.publish(lost, attempt=2)
    assert stage.texts(GENERAL) == ["Approved: Transfer money"]
    assert (published.messages[-1], published.problems) == (None, ())


async def test_a_refusal_about_a_card_in_direct_messages_is_told_there(stage: Stage) -> None:
    whisper = Whisper(
        approval_id="approval-1",
        person=Person(team_id=TEAM, user_id=BOB),
        channel_id=BOB,
        sentence="Not <you>.",
    )
    await stage.run(stage.speaker.whisper_refusal, whisper)
    assert stage.texts(stage.slack.direct(BOB)) == ["Not &lt;you&gt;."]
    assert not stage.slack.workspace.ephemerals
