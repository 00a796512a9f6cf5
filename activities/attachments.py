"""Files that people attach to a message: text is read, within limits; anything else is named as not read."""

from collections.abc import Sequence

from temporalio.exceptions import ApplicationError

from activities.text import clean_words, cut, strip_hidden
from activities.webapi import Answer, WebApi
from workflows.attachments import MOST_FILES, Attachment, ReadFile

MOST_BYTES = 1_000_000
MOST_TEXT = 60_000
"""Characters of all files of a message together, some 15,000 tokens."""
NAME_LENGTH = 80
TEXTS = frozenset(
    {
        "application/json",
        "application/sql",
        "application/toml",
        "application/x-sh",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    }
)
WITHHELD = "Slack does not give it out to me"
GONE = frozenset({"tombstone", "hidden_by_limit"})


class FileReader:
    """Reads files of one workspace."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def read_all(self, files: Sequence[Attachment]) -> tuple[ReadFile, ...]:
        """What each file says, or why it was not read; those at the end have what room the others have left.

        Raises:
            ApplicationError: Slack is away.
        """
        found: list[ReadFile] = []
        for file in files[:MOST_FILES]:
            left = MOST_TEXT - sum(len(one.text) for one in found)
            found.append(_shorten(await self._read(file), left))
        too_many = f"I read at most {MOST_FILES} files of a message"
        return (*found, *(ReadFile(name=show_file(one.name), problem=too_many) for one in files[MOST_FILES:]))

    async def _read(self, file: Attachment) -> ReadFile:
        name = show_file(file.name)
        try:
            known: Answer = (await self._api.call("files.info", file=file.file_id))["file"]
            name = show_file(str(known.get("name") or file.name))
            problem = _find_problem(known)
            if problem:
                return ReadFile(name=name, problem=problem)
            kind, content = await self._api.download(str(known["url_private_download"]), MOST_BYTES)
            if kind == "text/html" and known.get("mimetype") != kind:  # the page that asks for a login
                return ReadFile(name=name, problem=WITHHELD)
            return ReadFile(name=name, text=clean_words(content.decode("utf-8-sig")))
        except UnicodeDecodeError:
            return ReadFile(name=name, problem="it is no text in UTF-8")
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            return ReadFile(name=name, problem=error.message.rstrip("."))


def show_file(name: str) -> str:
    """A file's name on one line; whoever named it may have meant to deceive."""
    return cut(strip_hidden(name), NAME_LENGTH) or "(no name)"


def _find_problem(known: Answer) -> str:
    """Why a file cannot be read, by what Slack says of it; empty where it can."""
    if known.get("mode") in GONE:
        return "it is not there any more"
    if known.get("is_external") or not known.get("url_private_download"):
        return "it is not kept in Slack"
    kind = str(known.get("mimetype") or "")
    if not kind.startswith("text/") and kind not in TEXTS:
        return f"it is no text but {cut(strip_hidden(kind), NAME_LENGTH) or 'of an unknown kind'}"
    if int(known.get("size") or 0) > MOST_BYTES:
        return f"it is larger than {MOST_BYTES // 1_000_000} MB"
    return ""


def _shorten(file: ReadFile, room: int) -> ReadFile:
    left_out = max(0, len(file.text) - room)
    return file.model_copy(update={"text": file.text[: len(file.text) - left_out], "left_out": left_out})
