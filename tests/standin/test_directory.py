"""auth.test, bots, users, usergroups."""

from tests.standin.ends import Web


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
    first = await call("users.list", limit=5)
    rest = await call("users.list", limit=5, cursor=first["response_metadata"]["next_cursor"])
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
