"""What approvals can be found by."""

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import HOUR, NOW, build_person, build_plan, build_request, build_state
from workflows.attributes import ALL, KEYWORD_BYTES, describe, person_key
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
    }


def test_without_a_plan_there_is_no_policy_and_no_deadline() -> None:
    assert set(described(build_state(plan=None))) == {
        "CountersignTeam",
        "CountersignRequester",
        "CountersignAction",
    }


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
