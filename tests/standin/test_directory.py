"""auth.test, bots, users, usergroups."""

import pytest

from bot.standin.seed import SCOPES, Seed, Usergroup
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Web


async def test_the_bot_learns_who_it_is(call: Web) -> None:
    answer = await call("auth.test")
    assert answer == {
        "ok": True,
        "url": "https://acme.slack.com/",
        "team": "Acme",
        "user": "countersign",
        "team_id": "T0COUNTER",
        "user_id": "U0BOT",
        "bot_id": "B0COUNTER",
        "is_enterprise_install": False,
    }


async def test_bots_are_found_by_their_bot_id(call: Web) -> None:
    own = (await call("bots.info"))["bot"]
    assert (own["id"], own["user_id"], own["app_id"]) == ("B0COUNTER", "U0BOT", "A0COUNTER")
    other = (await call("bots.info", bot="B0OTHER"))["bot"]
    assert (other["user_id"], other["app_id"]) == ("U0OTHERBOT", "")
    assert (await call("bots.info", bot="B0NOBODY"))["error"] == "bot_not_found"


async def test_a_guest_is_of_another_team(call: Web) -> None:
    eve = (await call("users.info", user="U0EVE"))["user"]
    assert (eve["real_name"], eve["team_id"], eve["is_bot"]) == ("Eve Partner", "T0PARTNER", False)
    bot = (await call("users.info", user="U0BOT"))["user"]
    assert (bot["is_bot"], bot["profile"]["bot_id"]) == (True, "B0COUNTER")
    assert (await call("users.info", user="U0NOBODY"))["error"] == "user_not_found"


async def test_users_come_in_pages(call: Web) -> None:
    first = await call("users.list", limit=9)
    rest = await call("users.list", limit=9, cursor=first["response_metadata"]["next_cursor"])
    assert [user["id"] for user in rest["members"]] == ["U0BOT", "U0OTHERBOT"]
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_usergroups_show_their_users_on_demand(call: Web) -> None:
    group = (await call("usergroups.list"))["usergroups"][0]
    assert (group["handle"], group["user_count"], "users" in group) == ("finance", 1, False)
    whole = (await call("usergroups.list", include_users=True))["usergroups"][0]
    assert whole["users"] == ["U0CAROL"]
    assert (await call("usergroups.users.list", usergroup="S0FINANCE"))["users"] == ["U0CAROL"]
    unknown = call("usergroups.users.list", usergroup="S0NOBODY")
    assert (await unknown)["error"] == "no_such_subteam"


def change(slack: Standin, user: str, **changes: object) -> None:
    users = slack.workspace.users
    users[user] = users[user].model_copy(update=changes)


async def test_a_disabled_usergroup_is_there_only_for_who_asks_for_it(call_of: CallOf) -> None:
    group = Usergroup(id="S0OLD", handle="old", name="Old", users=("U0BOB",), disabled=True)
    async with Standin(data=Seed(usergroups=(group,))) as slack:
        call = call_of(slack)
        assert (await call("usergroups.list"))["usergroups"] == []
        assert (await call("usergroups.users.list", usergroup="S0OLD"))["error"] == "no_such_subteam"
        (old,) = (await call("usergroups.list", include_disabled=True))["usergroups"]
        whole = await call("usergroups.users.list", usergroup="S0OLD", include_disabled=True)
    assert (old["id"], old["date_delete"] > 0, whole["users"]) == ("S0OLD", True, ["U0BOB"])


async def test_a_deactivated_person_drops_out_of_usergroups(slack: Standin, call: Web) -> None:
    change(slack, "U0BOB", deleted=True)
    assert (await call("usergroups.users.list", usergroup="S0MANAGERS"))["users"] == ["U0FRANK"]
    groups = (await call("usergroups.list", include_users=True))["usergroups"]
    assert [(one["id"], one["user_count"]) for one in groups if "U0FRANK" in one["users"]] == [
        ("S0MANAGERS", 1)
    ]


async def test_a_person_is_found_by_their_address(call: Web) -> None:
    found = await call("users.lookupByEmail", email="Bob@Acme.example")
    assert (found["user"]["id"], found["user"]["profile"]["email"]) == ("U0BOB", "bob@acme.example")


@pytest.mark.parametrize("args", [{"email": "nobody@acme.example"}, {"email": ""}, {}], ids=str)
async def test_an_address_that_nobody_has_finds_nobody(call: Web, args: dict[str, str]) -> None:
    """Bots have no address, so asking for none must not find one."""
    assert (await call("users.lookupByEmail", **args))["error"] == "users_not_found"


async def test_an_address_finds_no_deactivated_person(slack: Standin, call: Web) -> None:
    change(slack, "U0BOB", deleted=True)
    assert (await call("users.lookupByEmail", email="bob@acme.example"))["error"] == "users_not_found"
    change(slack, "U0CAROL", email="bob@acme.example")
    assert (await call("users.lookupByEmail", email="bob@acme.example"))["user"]["id"] == "U0CAROL"


async def test_an_address_that_two_have_finds_neither(slack: Standin, call: Web) -> None:
    change(slack, "U0CAROL", email="bob@acme.example")
    assert (await call("users.lookupByEmail", email="bob@acme.example"))["error"] == "users_not_found"


async def test_an_address_is_shown_only_to_who_may_see_it(call_of: CallOf) -> None:
    async with Standin(data=Seed(scopes=tuple(one for one in SCOPES if one != "users:read.email"))) as slack:
        bob = (await call_of(slack)("users.info", user="U0BOB"))["user"]
    assert (bob["id"], "email" in bob["profile"]) == ("U0BOB", False)


async def test_a_person_lives_in_a_time_zone(call: Web) -> None:
    ivan = (await call("users.info", user="U0IVAN"))["user"]
    assert (ivan["tz"], ivan["tz_offset"]) == ("Asia/Kolkata", 19_800)
    bob = (await call("users.info", user="U0BOB"))["user"]
    assert (bob["tz"], bob["tz_offset"]) == ("Etc/UTC", 0)
