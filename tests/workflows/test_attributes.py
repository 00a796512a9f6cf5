"""What approvals can be found by."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import HOUR, NOW, build_person, build_plan, build_request, build_state
from workflows.attributes import (
    ALL,
    KEYWORD_BYTES,
    TITLE_BYTES,
    describe,
    describe_key,
    find_words,
    person_key,
)
from workflows.contracts import ApprovalState

words = st.text(st.characters(codec="utf-8"), min_size=1)


def described(state: ApprovalState) -> dict[str, object]:
    return {update.key.name: update.value for update in describe(state)}


def test_an_approval_is_found_by_team_person_action_policy_and_deadline() -> None:
    assert described(build_state()) == {
        "CountersignTeam": "T1",
        "CountersignRequester": "T1/UREQUESTER",
        "CountersignAction": "transfer_money",
        "CountersignPolicy": "built-in",
        "CountersignDeadline": NOW + HOUR,
        "CountersignOpened": NOW,
        "CountersignTitle": "transfer money",
        "CountersignDeciders": ("CAPPROVALS", "!UREQUESTER"),
        "CountersignViewers": ("everybody", "UREQUESTER", "CAPPROVALS"),
    }


def test_without_a_plan_there_is_no_policy_and_no_deadline() -> None:
    found = described(build_state(plan=None))
    assert set(described(build_state())) - set(found) == {"CountersignPolicy", "CountersignDeadline"}
    assert (found["CountersignDeciders"], found["CountersignViewers"]) == ((), ("UREQUESTER",))


def test_every_attribute_that_is_written_is_one_of_those_to_register() -> None:
    written = {update.key.name: update.key.indexed_value_type for update in describe(build_state())}
    assert written == {key.name: key.indexed_value_type for key in ALL}


def test_people_of_different_teams_have_different_keys() -> None:
    assert person_key(build_person("U1", "T1")) == "T1/U1"
    assert person_key(build_person("U1", "T2")) != person_key(build_person("U1", "T1"))


@given(words, st.integers(1, 300))
def test_a_keyword_is_the_beginning_of_the_text_as_far_as_stores_take_it(text: str, times: int) -> None:
    action, policy = (text * times)[:200], text * times
    state = build_state(request=build_request(action=action), plan=build_plan(policy=policy))
    for name, long in (("CountersignAction", action), ("CountersignPolicy", policy)):
        keyword = str(described(state)[name])
        assert long.startswith(keyword)
        assert len(keyword.encode()) <= KEYWORD_BYTES
        assert keyword == long or len(keyword.encode()) > KEYWORD_BYTES - 4


def test_of_each_type_there_are_as_many_as_every_store_has_room_for() -> None:
    kinds = Counter(describe_key(key).partition("=")[2] for key in ALL)
    assert kinds <= Counter(Text=3, KeywordList=3, Datetime=3, Keyword=10)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Invoice #4711 (March)", ("invoice", "4711", "march")),
        ("e-mail_list & <!channel>", ("e", "mail", "list", "channel")),
        ("AND OR NEAR", ("and", "or", "near")),
        ("ÖL 日本語", ("öl", "日本語")),
        ("!?\u202e\x00", ()),
    ],
)
def test_titles_are_found_by_their_words(text: str, found: tuple[str, ...]) -> None:
    assert find_words(text) == found
    assert described(build_state(request=build_request(title=text))).get("CountersignTitle", "") == " ".join(
        found
    )


@given(words)
def test_a_title_holds_nothing_that_a_store_refuses(text: str) -> None:
    title = str(described(build_state(request=build_request(title=text * 99))).get("CountersignTitle", ""))
    assert len(title.encode()) <= TITLE_BYTES
    assert all(char == " " or char.isalnum() for char in title)
