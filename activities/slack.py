"""Slack, for the core: posts each message once, rewrites it, and whispers.

A message may have been stored although its answer was lost. Each therefore carries metadata by which a retry finds it
instead of posting it twice; checkpoints (heartbeat details) spare the retry what is already known to be done.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.bursts import render_batch
from activities.cards import Rendered, render_post, render_reply
from activities.files import FileBoard
from activities.messages import Label, MessageBoard
from activities.pens import DRAFT, SHOWN
from activities.text import escape
from activities.webapi import WebApi
from activities.writer import PATIENCE
from workflows.burst import BatchPost
from workflows.contracts import (
    ApprovalState,
    Contract,
    MessageRef,
    Post,
    Publication,
    Published,
    Reply,
    Thread,
    Whisper,
)
from workflows.ports import SlackPort
from workflows.snippets import find_snippet

NOT_THERE = frozenset({"user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived"})
"""Errors of an ephemeral message that a direct message gets around."""
FILE_ATTEMPTS = 5
"""How often a file is tried: the card says what is in it, and must not wait for ever to be kept up to date."""
ERASE_ATTEMPTS = 5
"""How often a draft is tried to be taken away: the next message in the thread waits for it."""
SOON = timedelta(seconds=PATIENCE)
"""A reply that is ready earlier than this was not shown while it was said."""


class Progress(Contract):
    """What an earlier attempt has done already, by the posts' keys; `absent` are those that were not there to be rewritten."""

    messages: dict[str, MessageRef] = Field(default_factory=dict[str, MessageRef])
    problems: dict[str, str] = Field(default_factory=dict[str, str])
    absent: list[str] = Field(default_factory=list[str])


class SlackActivities(SlackPort):
    """The Slack port's messages, over one workspace. Every activity raises ApplicationError where Slack refuses or is away.

    `on_published` is told each state that has been published; it must return at once, and must not fail.
    """

    def __init__(self, api: WebApi, on_published: Callable[[ApprovalState], None] = lambda _: None) -> None:
        self._api = api
        self._on_published = on_published
        self._board = MessageBoard(api)
        self._files = FileBoard(api)

    @activity.defn
    async def publish_state(self, publication: Publication) -> Published:
        """Post or rewrite each message; what Slack will never have is told as a problem, the rest is tried again."""
        details = activity.info().heartbeat_details
        progress = Progress.model_validate(details[0]) if details else Progress()
        left = [post for post in publication.posts if not _is_done(progress, post)]
        results = await asyncio.gather(
            *(self._place(publication, post) for post in left), return_exceptions=True
        )
        failures = [one for post, one in zip(left, results, strict=True) if not _record(progress, post, one)]
        if failures:
            activity.heartbeat(progress)
            raise next(one for one in failures if isinstance(one, BaseException))
        self._on_published(publication.state)
        return Published(
            messages=tuple(progress.messages.get(post.key) for post in publication.posts),
            problems=tuple(progress.problems.values()),
        )

    async def _place(self, publication: Publication, post: Post) -> MessageRef | None:
        state = publication.state
        if post.view == "snippet":
            return await self._share(publication, post)
        rendered = render_post(state, post)
        if post.ts:
            return await self._board.rewrite(MessageRef(channel_id=post.channel_id, ts=post.ts), rendered)
        label, opened = {"id": state.approval_id, "key": post.key}, state.opened_at
        if post.found_only:
            return await self._board.rewrite_found(post.channel_id, post.thread_ts, rendered, label, opened)
        since = opened if publication.again or activity.info().attempt > 1 else None
        return await self._board.post_once(post.channel_id, post.thread_ts, rendered, label, since)

    async def _share(self, publication: Publication, post: Post) -> MessageRef:
        snippet = find_snippet(publication.state.request.arguments, post.argument)
        again = publication.again or activity.info().attempt > 1
        return await self._files.share_once(post.channel_id, post.thread_ts or "", snippet, again=again)

    @activity.defn
    async def publish_batch(self, post: BatchPost) -> MessageRef:
        """Post the message about a burst in one channel, or rewrite it."""
        batch, room = post.batch, post.room
        rendered = render_batch(batch, room, (await self._api.identity()).url)
        if room.ts:
            return await self._board.rewrite(MessageRef(channel_id=room.channel_id, ts=room.ts), rendered)
        since = batch.opened_at if post.again or activity.info().attempt > 1 else None
        label = {"id": batch.batch_id, "key": "batch"}
        return await self._board.post_once(room.channel_id, None, rendered, label, since)

    @activity.defn
    async def whisper_refusal(self, whisper: Whisper) -> None:
        """Tell a person something only they see; in a direct message where they are not in the channel."""
        text, user = escape(whisper.sentence), whisper.person.user_id
        if whisper.channel_id == user:
            await self._board.send_direct(user, text)
            return
        try:
            await self._api.call("chat.postEphemeral", channel=whisper.channel_id, user=user, text=text)
        except ApplicationError as error:
            if error.type not in NOT_THERE:
                raise
            await self._board.send_direct(user, text)

    @activity.defn
    async def post_reply(self, reply: Reply) -> None:
        """Post the agent's words, in as many messages as they need, each once, over what was shown of them already.

        A draft that was not finished is no place for them: whoever wrote it was stopped, and must find nothing to write on.
        """
        thread, found = reply.thread, await self._find_parts(reply)
        there = dict(reversed(found))  # of two, the first
        left = [message for key, message in found if key in (DRAFT, SHOWN)]
        for number, rendered in enumerate(render_reply(reply.text)):
            label = {"id": reply.key, "key": f"part-{number}"}
            shown = there.get(SHOWN) if number == 0 else None
            if label["key"] in there:
                continue
            if shown and await self._writes_over(shown, rendered, label):
                left.remove(shown)
            else:
                await self._board.post(thread.channel_id, thread.thread_ts, rendered, label)
        if found:
            await self._tidy(thread, left)

    async def _writes_over(self, shown: MessageRef, rendered: Rendered, label: Label) -> bool:
        """Whether Slack lets the reply be written over what was shown: it may be gone, or nothing may be edited."""
        try:
            await self._board.rewrite(shown, rendered, label)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            return False
        return True

    async def _find_parts(self, reply: Reply) -> list[tuple[str, MessageRef]]:
        """What there is of a reply already. What came at once was neither posted before nor shown while it was said."""
        info, thread = activity.info(), reply.thread
        if info.attempt == 1 and info.scheduled_time - reply.asked_at < SOON:
            return []
        try:
            return await self._board.find_keys(thread.channel_id, thread.thread_ts, reply.key, reply.asked_at)
        except ApplicationError as error:
            if info.attempt == 1 and error.non_retryable:  # a bot that may not read can still speak
                return []
            raise

    async def _tidy(self, thread: Thread, drafts: Sequence[MessageRef]) -> None:
        """The reply is there; what else there is of it goes, and its status does, which only a new message takes away by itself."""
        details = activity.info().heartbeat_details
        failures = int(details[0]) if details else 0
        for draft in drafts:
            try:
                await self._board.erase(draft)
            except ApplicationError as error:
                if failures >= ERASE_ATTEMPTS or error.non_retryable:
                    continue
                activity.heartbeat(failures + 1)
                raise
        await self._clear_status(thread)

    async def _clear_status(self, thread: Thread) -> None:
        with suppress(ApplicationError):
            await self._api.call(
                "assistant.threads.setStatus",
                channel_id=thread.channel_id,
                thread_ts=thread.thread_ts,
                status="",
            )


def _is_done(progress: Progress, post: Post) -> bool:
    return any(post.key in done for done in (progress.messages, progress.problems, progress.absent))


def _record(progress: Progress, post: Post, result: MessageRef | BaseException | None) -> bool:
    """Whether a post is over and done with: it is there, need not be, or Slack will never have it."""
    if result is None:
        progress.absent.append(post.key)
        return True
    if isinstance(result, MessageRef):
        progress.messages[post.key] = result
        return True
    if isinstance(result, ApplicationError) and (result.non_retryable or _is_given_up(post)):
        progress.problems[post.key] = f"{post.view} in {post.channel_id}: {result.message}"
        return True
    return False


def _is_given_up(post: Post) -> bool:
    return post.view == "snippet" and activity.info().attempt >= FILE_ATTEMPTS
