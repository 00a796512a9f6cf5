"""What the Home tab shows, as pure data, within what Slack takes."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import picks
from bot.catalog import Row, Soonest
from bot.deadlines import WANTED
from bot.forms import dump_view
from bot.home import (
    APPROXIMATE,
    BLOCK,
    NOBODY,
    NOTHING_ASKED,
    NOTHING_ENDED,
    NOTHING_WAITS,
    PRINCIPALS_SHOWN,
    SHOWN,
    UNKNOWN_DELEGATIONS,
    UNREADABLE,
    Home,
    render_home,
    render_unreadable,
)
from bot.lists import INCOMPLETE
from bot.rows import SENT
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from tests.bot.rows import DIGEST, URL, build_row
from tests.factories import APPROVER, HOUR, NOW, REQUESTER, SECOND, build_decision, build_person
from workflows.contracts import Brief, Delegation, Outcome, Person
from workflows.preferences import Preferences

PREFERENCES = Preferences(person=APPROVER, direct="always")
INTERPRETED = {"mrkdwn", "markdown", "broadcast", "emoji"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def build_home(**changes: Any) -> Home:
    values: dict[str, Any] = {"person": APPROVER, "team_url": URL, "now": NOW, "waiting": Soonest([], 0)}
    return Home(**(values | changes))


def build_rows(count: int, **changes: Any) -> list[Row]:
    return [build_row(number, title=f"Request {number}", **changes) for number in range(count)]


def hand(
    principal: Person = APPROVER, delegate: Person = SECOND, end: datetime = NOW + HOUR, *, away: bool = False
) -> Delegation:
    return Delegation(principal=principal, delegate=delegate, until=end, away=away)


def drawn(home: Home) -> list[Json]:
    """The blocks as Slack gets them, and takes them."""
    view = dump_view(render_home(home))
    check_view(view, "home")
    blocks: list[Json] = view["blocks"]
    return blocks


def words(blocks: list[Json]) -> str:
    return "".join(node["text"] for node in nodes(blocks) if isinstance(node.get("text"), str))


def buttons(blocks: list[Json]) -> list[str]:
    return [node["text"]["text"] for node in nodes(blocks) if node.get("type") == "button"]


def people(blocks: list[Json]) -> list[str]:
    return [node["user_id"] for node in nodes(blocks) if node.get("type") == "user"]


def row_ids(blocks: list[Json]) -> list[str]:
    return [block["block_id"] for block in blocks if str(block.get("block_id", "")).startswith(f"{BLOCK}|")]


def headings(blocks: list[Json]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "header"]


def test_an_empty_tab_says_so_in_each_section() -> None:
    blocks = drawn(build_home())
    assert headings(blocks) == [
        "Waiting for me",
        "Asked by me",
        "Decided lately",
        "Away, and who decides for whom",
    ]
    for sentence in (NOTHING_WAITS, NOTHING_ASKED, NOTHING_ENDED, NOBODY):
        assert sentence in words(blocks)
    assert buttons(blocks) == ["I am away…"]


def test_each_row_has_its_buttons_under_an_id_of_this_tab() -> None:
    asked = build_rows(1, decidable=False)
    blocks = drawn(build_home(waiting=Soonest(build_rows(2), 2), asked=asked))
    assert row_ids(blocks) == [f"{BLOCK}|waiting|0", f"{BLOCK}|waiting|1", f"{BLOCK}|asked|0"]
    together = ["Approve picked…", "Reject picked…"]
    assert buttons(blocks)[:9] == [*["Approve", "Reject", "Details"] * 2, *together, "Details"]


def test_what_waits_beyond_ten_is_counted_and_said_where_to_see() -> None:
    blocks = drawn(build_home(waiting=Soonest(build_rows(WANTED), WANTED + 24)))
    assert "24 more: /approvals lists them, newest first." in words(blocks)
    assert "more: " not in words(drawn(build_home(waiting=Soonest(build_rows(WANTED), WANTED))))


def test_an_order_that_is_not_sure_is_not_claimed() -> None:
    assert APPROXIMATE in words(drawn(build_home(waiting=Soonest(build_rows(WANTED), 900, exact=False))))
    assert APPROXIMATE not in words(drawn(build_home(waiting=Soonest(build_rows(WANTED), 900))))


def test_what_was_asked_beyond_five_is_said_where_to_see() -> None:
    more = "There are more: /approvals asked lists them."
    assert more in words(drawn(build_home(asked=build_rows(SHOWN + 1))))
    full = drawn(build_home(asked=build_rows(SHOWN)))
    assert more not in words(full)
    assert len(row_ids(full)) == SHOWN


def test_what_has_ended_says_what_came_of_it_and_where_the_rest_is() -> None:
    outcome = Outcome(
        approval_id="approval-0",
        status="rejected",
        digest=DIGEST,
        decided_at=NOW,
        decisions=(build_decision(decided_by=SECOND, verdict="reject"),),
    )
    blocks = drawn(build_home(lately=build_rows(1, ended_at=NOW, outcome=outcome)))
    assert "Rejected by " in words(blocks)
    assert "/approvals history lists all" in words(blocks)
    assert SECOND.user_id in people(blocks)


def test_what_was_done_is_said_first_and_its_row_has_no_buttons() -> None:
    waiting = Soonest(build_rows(2), 2)
    blocks = drawn(build_home(waiting=waiting, notice="Handed on.", sent="approval-0"))
    assert words(blocks).startswith("Handed on.")
    assert SENT in words(blocks)
    assert row_ids(blocks) == [f"{BLOCK}|waiting|1"]


def test_what_could_not_be_found_out_is_said() -> None:
    blocks = drawn(build_home(complete=False, delegations=None))
    assert INCOMPLETE in words(blocks)
    assert UNKNOWN_DELEGATIONS in words(blocks)
    assert buttons(blocks) == []


def test_who_is_away_sees_who_is_asked_and_can_be_back() -> None:
    blocks = drawn(build_home(delegations=[hand(away=True)]))
    assert "You are away until : cards ask  in your place. You may still decide yourself." in words(blocks)
    assert (people(blocks), buttons(blocks)) == (["USECOND"], ["I am back", "Change…"])


def test_who_lets_somebody_decide_too_can_take_it_back() -> None:
    blocks = drawn(build_home(delegations=[hand()]))
    assert " may decide for you, too, until ." in words(blocks)
    assert buttons(blocks) == ["Take it back", "I am away…"]


def test_for_whom_somebody_decides_is_listed_and_what_is_over_or_others_is_not() -> None:
    others = [
        hand(REQUESTER, APPROVER, away=True),
        hand(REQUESTER, SECOND),
        hand(end=NOW),
    ]
    blocks = drawn(build_home(delegations=others))
    assert "You may decide for , who is away, until " in words(blocks)
    assert (people(blocks), NOBODY in words(blocks)) == ([REQUESTER.user_id], True)


def test_very_many_principals_are_counted() -> None:
    others = [hand(build_person(f"U{number}"), APPROVER) for number in range(PRINCIPALS_SHOWN + 3)]
    blocks = drawn(build_home(delegations=others))
    assert len(people(blocks)) == PRINCIPALS_SHOWN
    assert "3 more: /approvals delegations lists them." in words(blocks)


def test_preferences_have_a_section_of_their_own_at_the_end() -> None:
    blocks = drawn(build_home(preferences=PREFERENCES))
    assert "You get a direct message at once for everything" in words(blocks)
    kinds = [block["type"] for block in blocks]
    assert kinds[-6:] == ["divider", "header", "rich_text", "actions", "divider", "rich_text"]


def test_preferences_that_cannot_be_read_are_left_out() -> None:
    assert "Notifications" not in words(drawn(build_home()))


def test_what_waits_and_is_of_one_kind_can_be_decided_together() -> None:
    waiting = Soonest(build_rows(3), 3)
    ids = [one["block_id"] for one in drawn(build_home(waiting=waiting)) if "block_id" in one]
    assert picks.BLOCK in ids
    sent = [
        one.get("block_id") for one in drawn(build_home(waiting=Soonest(build_rows(2), 2), sent="approval-0"))
    ]
    assert picks.BLOCK not in sent


def test_a_tab_that_cannot_be_read_says_so_and_what_was_done() -> None:
    view = dump_view(render_unreadable("Handed on."))
    check_view(view, "home")
    assert words(view["blocks"]) == f"Handed on.{UNREADABLE}"


@settings(max_examples=40)
@given(
    st.text(max_size=400),
    st.dictionaries(st.text(max_size=20), json_values, max_size=4),
    st.text(max_size=300),
)
def test_slack_takes_the_fullest_tab_whatever_is_asked(title: str, arguments: Json, reason: str) -> None:
    brief = Brief(arguments=arguments, reason=reason)
    fields = {"title": title, "action": title or "x", "policy": title, "stage_name": title, "brief": brief}
    rows = [build_row(number, **fields) for number in range(WANTED)]
    ended = [row._replace(ended_at=NOW) for row in rows[:SHOWN]]
    home = build_home(
        waiting=Soonest(rows, 10_000, exact=False),
        asked=rows[: SHOWN + 1],
        lately=ended,
        delegations=[hand(away=True), *(hand(build_person(f"U{one}"), APPROVER) for one in range(20))],
        complete=False,
        notice="Handed on.",
        sent="approval-0",
        preferences=PREFERENCES,
    )
    blocks = drawn(home)
    assert not {node.get("type") for node in nodes(blocks)} & INTERPRETED


def test_the_fullest_tab_has_room_for_preferences() -> None:
    long = build_rows(WANTED, brief=None)
    ended = [row._replace(ended_at=NOW) for row in long[:SHOWN]]
    others = [hand(build_person(f"U{one}"), APPROVER, NOW + timedelta(days=1)) for one in range(20)]
    drawn(
        build_home(
            waiting=Soonest(long, 10_000, exact=False),
            asked=long[: SHOWN + 1],
            lately=ended,
            delegations=others,
            complete=False,
            notice="Handed on.",
            preferences=PREFERENCES,
        )
    )
