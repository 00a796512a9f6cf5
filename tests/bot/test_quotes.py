"""Messages that are to be approved: what is read of them, what is left out, and what a view keeps."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.text import show_hidden
from bot import quoting
from bot.blocktext import has_more, read_text
from bot.filing import REASON_BLOCK
from bot.forms import dump_view
from bot.payloads import MalformedError
from bot.quotes import METADATA_LENGTH, Kept, Place, Quote, read_kept, read_place, read_quote
from bot.quoting import Subject, build_request, find_obstacle, render_quote
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import TYPED, parse_filing
from tests.doors import code_text
from workflows.contracts import Person

PLACE = Place(channel_id="C0GENERAL", ts="1.000002")
LINK = "https://acme.slack.com/archives/C0GENERAL/p1000002"
BODY: Json = {
    "user": {"id": "U0ALICE", "team_id": "T01"},
    "view": {"id": "V1", "state": {"values": {REASON_BLOCK: {TYPED: {"value": " why "}}}}},
}


def subject(text: str = "words", *, readable: bool = True, **changes: Any) -> Subject:
    return Subject(PLACE, Quote(text=text, author=changes.pop("author", "U0BOB"), **changes), LINK, readable)


def section(*elements: Json, kind: str = "rich_text_section") -> Json:
    return {"type": kind, "elements": list(elements)}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("message", "words", "author"),
    [
        ({"text": "a &lt;b&gt; &amp;amp; c", "user": "U1"}, "a <b> &amp; c", "U1"),
        ({"text": " x \n", "user": "U1", "blocks": [rich(section(text("x")))]}, "x", "U1"),
        ({"text": "safe", "bot_id": "B1", "blocks": [rich(section(text("pay")))]}, "pay", "B1"),
        ({"text": "safe", "app_id": "A1", "user": "U2", "blocks": [rich(section(text("pay")))]}, "pay", "U2"),
        ({"text": "only text", "bot_id": "B1"}, "only text", "B1"),
        ({"text": "safe", "user": "U1", "blocks": [{"type": "image", "alt_text": "x"}]}, "safe", "U1"),
        ({"text": None}, "", "unknown"),
        ({"subtype": "channel_join", "text": "joined", "user": "U1"}, "joined", "U1"),
    ],
)
def test_what_people_see_is_what_is_read(message: Json, words: str, author: str) -> None:
    quote = read_quote(message)
    assert (quote.text, quote.author) == (words, author)


LEFT_OUT: list[tuple[Json, tuple[str, ...]]] = [
    ({"files": [{}, {}]}, ("2 attached files",)),
    ({"files": [{}]}, ("1 attached file",)),
    ({"attachments": [{}]}, ("1 link preview or attachment",)),
    ({"attachments": [{}, {}, {}]}, ("3 link previews or attachments",)),
    ({"blocks": [{"type": "actions", "elements": []}]}, ("pictures, buttons and inputs",)),
    (
        {"blocks": [{"type": "section", "accessory": {"type": "button"}}]},
        ("pictures, buttons and inputs",),
    ),
    ({"blocks": [rich(section(text("x")))]}, ()),
]


@pytest.mark.parametrize(("message", "left_out"), LEFT_OUT)
def test_what_is_no_text_is_named(message: Json, left_out: tuple[str, ...]) -> None:
    assert read_quote({"text": "x", "user": "U1"} | message).left_out == left_out


@pytest.mark.parametrize("message", [{"text": 5}, {"blocks": "x"}, {"user": []}, {"text": "\ud800"}])
def test_what_is_no_message_is_malformed(message: Json) -> None:
    with pytest.raises(MalformedError):
        read_quote(message)


@pytest.mark.parametrize("message", [{}, {"ts": "x"}, {"ts": None}, {"ts": "1.2", "thread_ts": "y"}])
def test_a_message_has_to_say_when_it_was_written(message: Json) -> None:
    with pytest.raises(MalformedError):
        read_place("C1", message)


def test_blocks_are_read_as_slack_writes_text() -> None:
    inline = [
        text("to "), {"type": "user", "user_id": "U1"}, text(" in "), {"type": "channel", "channel_id": "C1"},
        {"type": "usergroup", "usergroup_id": "S1"}, {"type": "broadcast", "range": "here"}, {"type": "emoji", "name": "tada"},
        {"type": "link", "url": "https://a.example", "text": "b"}, {"type": "link", "url": "https://c.example"},
        {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "then"}, {"type": "new", "text": "?"},
    ]  # fmt: skip
    blocks: list[object] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Head & shoulders"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*a* &amp; b"},
            "fields": [{"type": "plain_text", "text": "f"}],
            "accessory": {"type": "button", "text": {"type": "plain_text", "text": "Press"}},
        },
        rich(section(*inline), section(section(text("one")), section(text("two")), kind="rich_text_list")),
        {"type": "table", "rows": [[{"type": "raw_text", "text": "cell"}, rich(section(text("rich")))]]},
        {"type": "actions", "elements": [{"type": "button", "text": {"text": "No"}}]},
        "nonsense",
    ]
    assert read_text(blocks) == (
        "Head & shoulders\n*a* & b\nf\n"
        "to <@U1> in <#C1><!subteam^S1><!here>:tada:<https://a.example|b><https://c.example>then?\n"
        "one\ntwo\ncell\nrich"
    )
    assert has_more(blocks)


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "elements", "accessory", "rows"]), one, max_size=3)))  # fmt: skip
def test_no_form_of_blocks_breaks_the_reading(tree: Any) -> None:
    assert isinstance(read_text([tree]), str)
    assert has_more([tree]) in (True, False)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=4_000))
def test_any_message_is_shown_to_its_last_character_and_stays_data(words: str) -> None:
    view = dump_view(render_quote(subject(words)))
    check_view(view, "modal")
    assert not {node.get("type") for node in nodes(view)} & {"mrkdwn", "broadcast", "emoji"}
    assert code_text(view["blocks"]) == show_hidden(words)
    request = build_request(subject(words), parse_filing(BODY), "T01")
    assert request.arguments["message"] == words


@pytest.mark.parametrize("words", ["x" * 40_000, "\u200b" * 40_000, "😀" * 20_000, "\n" * 40_000])
@pytest.mark.parametrize("note", ["", quoting.CHANGED])
def test_the_longest_message_fits_slack(words: str, note: str) -> None:
    view = dump_view(render_quote(subject(words, left_out=("2 attached files",)), note))
    check_view(view, "modal")
    assert "All of them are part of what is approved" in json.dumps(view)


def test_what_can_be_read_again_is_not_kept_and_the_rest_is() -> None:
    kept = read_kept(render_quote(subject()).private_metadata or "")
    assert (kept.place, kept.seal, kept.quote) == (PLACE, subject().quote.seal, None)
    away = subject(readable=False)
    assert read_kept(render_quote(away).private_metadata or "").quote == away.quote


@pytest.mark.parametrize("words", ["x" * 2_500, "x" * 2_700, "\n" * 1_300 + "x", "\N{BELL}" * 400])
def test_up_to_what_slack_keeps_it_is_kept(words: str) -> None:
    away = subject(words, readable=False)
    assert find_obstacle(away) == ""
    check_view(dump_view(render_quote(away)), "modal")


@pytest.mark.parametrize("words", ["x" * 3_000, "\n" * 1_600 + "x"])
def test_beyond_it_is_refused(words: str) -> None:
    assert find_obstacle(subject(words, readable=False)) == quoting.TOO_LONG
    assert find_obstacle(subject(words)) == ""
    assert len(subject(words, readable=False).kept.model_dump_json()) > METADATA_LENGTH


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"place": {}, "seal": ""}'])
def test_metadata_that_is_not_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(MalformedError):
        read_kept(metadata)


@pytest.mark.parametrize(
    "changes", [{"text": "y"}, {"author": "U0EVE"}, {"left_out": ("1 attached file",)}, {"text": "words "}]
)
def test_a_seal_breaks_with_any_change(changes: dict[str, Any]) -> None:
    quote = subject().quote
    assert quote.model_copy(update=changes).seal != quote.seal
    assert Kept(place=PLACE, seal=quote.seal).fits


@pytest.mark.parametrize(
    ("author", "team", "speakers"),
    [
        ("U0BOB", "", (Person(team_id="T01", user_id="U0BOB"),)),
        ("U0EVE", "T0PARTNER", (Person(team_id="T0PARTNER", user_id="U0EVE"),)),
        ("U0ALICE", "", ()),
        ("B0ROBOT", "", ()),
        ("unknown", "", ()),
    ],
)
def test_who_wrote_it_has_had_a_say_unless_they_ask_themselves(
    author: str, team: str, speakers: tuple[Person, ...]
) -> None:
    request = build_request(subject(author=author, author_team=team), parse_filing(BODY), "T01")
    assert request.speakers == speakers
    assert (request.reason, request.arguments["author"]) == ("why", author)


def test_a_message_of_an_app_says_so() -> None:
    view = dump_view(render_quote(subject(author="B0ROBOT")))
    assert "an app (B0ROBOT)" in json.dumps(view)


def test_a_title_is_one_short_line() -> None:
    request = build_request(
        subject("First line.\nSecond\u202e line: " + "x" * 200), parse_filing(BODY), "T01"
    )
    assert request.title == "Message: First line. Second line: …"
