"""Files in a card's thread, one for each argument that is as large as one: uploaded, shared once, found again."""

import json

from activities.blocks import render
from activities.snippets import file_name, render_comment
from activities.webapi import WebApi
from workflows.contracts import MessageRef
from workflows.snippets import Snippet

PAGE = 200
MOST_SNIPPET = 1_000_000
"""Slack shows what is larger as a file to download, not as a snippet to read."""


class FileBoard:
    """Files in threads. Every method raises ApplicationError where Slack refuses or is away."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def share_once(self, channel: str, thread_ts: str, snippet: Snippet, *, again: bool) -> MessageRef:
        """Share an argument's file in a thread; `again` says that an earlier attempt may have done so.

        Only the last of the three calls leaves anything that can be seen, so an attempt that fails before it is
        simply repeated. Slack takes no metadata with a file, and shares it a moment after it has answered: a retry looks for
        a reply of the bot's own that says the file's hash, and waits as long as every retry does before it looks.
        """
        found = await self._find(channel, thread_ts, snippet) if again else None
        if found:
            return MessageRef(channel_id=channel, ts=found)
        file_id = await self._upload(snippet)
        await self._api.call(
            "files.completeUploadExternal",
            files=[{"id": file_id, "title": file_name(snippet)}],
            channel_id=channel,
            thread_ts=thread_ts,
            blocks=render(render_comment(snippet)),
        )
        return MessageRef(channel_id=channel, ts="")  # which Slack does not say

    async def _upload(self, snippet: Snippet) -> str:
        length = len(snippet.content)
        answer = await self._api.call(
            "files.getUploadURLExternal",
            filename=file_name(snippet),
            length=length,
            snippet_type="text" if length <= MOST_SNIPPET else None,
        )
        await self._api.upload(answer["upload_url"], snippet.content)
        return str(answer["file_id"])

    async def _find(self, channel: str, thread_ts: str, snippet: Snippet) -> str | None:
        own = await self._api.identity()
        replies = await self._api.pages(
            "conversations.replies", "messages", channel=channel, ts=thread_ts, limit=PAGE
        )
        for message in replies:
            ours = own.bot_user_id == message.get("user") and message["ts"] != thread_ts
            if ours and snippet.sha256 in json.dumps(message):
                return str(message["ts"])
        return None
