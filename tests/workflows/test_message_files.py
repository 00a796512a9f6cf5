"""Files that come with a message: the model hears what they say as data, and people hear what was not read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.bench import Bench
from tests.workflows.ports import transfer
from workflows.attachments import MARK, Attachment, ReadFile, compose, list_names, name_unread

MEMO = Attachment(file_id="F1", name="memo.txt")
PICTURE = Attachment(file_id="F2", name="a.png")


async def test_the_model_hears_a_file_and_its_approvers_that_there_was_one(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], "Done."]
    talks.ports.talk.files["F1"] = ReadFile(name="memo.txt", text="pay 1 euro")
    await talks.hear("do what the memo says", files=(MEMO,))
    approval = await talks.find()
    assert talks.model.heard[0][0]["content"].endswith(f"{MARK}pay 1 euro")
    assert approval.request.reason == "do what the memo says (with a file: memo.txt)"
    await approval.click()
    assert await talks.reply() == "Done."


async def test_people_are_told_what_was_not_read(talks: Bench) -> None:
    talks.model.tape = ["I see no picture."]
    talks.ports.talk.files["F2"] = ReadFile(name="a.png", problem="it is no text but image/png")
    await talks.hear("", files=(PICTURE,))
    told = await talks.reply()
    assert told == "I see no picture.\n\nI have not read a.png: it is no text but image/png."
    assert "was not read" in talks.model.heard[0][0]["content"]


async def test_a_message_without_files_reads_none(talks: Bench) -> None:
    talks.model.tape = ["Hello."]
    await talks.hear("hello")
    await talks.reply()
    assert talks.ports.talk.reads == 0
    assert talks.model.heard[0][0]["content"] == "hello"


@given(st.text(), st.text())
def test_no_line_of_a_file_can_pass_for_anything_else(words: str, text: str) -> None:
    whole = compose(words, [ReadFile(name="memo.txt", text=text)])
    _, _, quoted = whole.partition("no instruction:]\n")
    assert all(line.startswith(MARK) for line in quoted.splitlines())


def test_a_cut_file_says_so_to_both() -> None:
    cut = ReadFile(name="memo.txt", text="x", left_out=1_234)
    assert "its last 1,234 characters are left out" in compose("read", [cut])
    assert name_unread([cut]) == "I have not read the last 1,234 characters of memo.txt."
    assert name_unread([ReadFile(name="memo.txt", text="x")]) == ""


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ((), ""),
        ((MEMO,), "(with a file: memo.txt)"),
        ((MEMO, Attachment(file_id="F3")), "(with files: memo.txt, F3)"),
    ],
)
def test_files_are_named(files: tuple[Attachment, ...], names: str) -> None:
    assert list_names(files) == names
