"""Who is who: auth.test, bots, users, usergroups; and the address of Socket Mode."""

from bot.standin.call import Call
from bot.standin.refusal import Refusal
from bot.standin.seed import User, Usergroup
from bot.standin.trees import Json


def auth_test(call: Call) -> Json:
    """Whose token this is."""
    seed, bot = call.workspace.seed, call.workspace.bot
    return {
        "ok": True,
        "url": f"https://{seed.domain}.slack.com/",
        "team": seed.team_name,
        "user": bot.name,
        "team_id": seed.team_id,
        "user_id": bot.id,
        "bot_id": bot.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> Json:
    """The address of a new Socket Mode connection, good for one."""
    workspace = call.workspace
    ticket, app = workspace.tickets.socket(), workspace.seed.app_id
    return {"ok": True, "url": f"{workspace.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={app}"}


def bot_info(call: Call) -> Json:
    """A bot, by its bot id."""
    call.need("users:read")
    name = call.text("bot") or call.workspace.bot.bot_id
    bot = next((user for user in call.workspace.users.values() if user.bot_id == name), None)
    if bot is None:
        raise Refusal("bot_not_found")
    app = call.workspace.seed.app_id if bot.id == call.workspace.bot.id else ""
    info = {"id": bot.bot_id, "user_id": bot.id, "name": bot.name, "app_id": app, "deleted": bot.deleted}
    return {"ok": True, "bot": info}


def user_info(call: Call) -> Json:
    """One user."""
    call.need("users:read")
    return {"ok": True, "user": described(call.workspace.user(call.text("user", "user_not_found")))}


def user_list(call: Call) -> Json:
    """Every user."""
    call.need("users:read")
    page, more = call.page(list(call.workspace.users.values()), lambda user: user.id)
    return {"ok": True, "members": [described(user) for user in page]} | more


def group_list(call: Call) -> Json:
    """Every usergroup."""
    call.need("usergroups:read")
    whole = call.flag("include_users")
    return {
        "ok": True,
        "usergroups": [grouped(call, group, whole=whole) for group in call.workspace.seed.usergroups],
    }


def group_users(call: Call) -> Json:
    """Who is in a usergroup."""
    call.need("usergroups:read")
    name = call.text("usergroup", "no_such_subteam")
    for group in call.workspace.seed.usergroups:
        if group.id == name:
            return {"ok": True, "users": list(group.users)}
    raise Refusal("no_such_subteam")


def described(user: User) -> Json:
    """The user object."""
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "team": user.team_id,
            **({"bot_id": user.bot_id} if user.is_bot else {}),
        },
    }


def grouped(call: Call, group: Usergroup, *, whole: bool) -> Json:
    """The usergroup object."""
    base = {
        "id": group.id,
        "team_id": call.workspace.seed.team_id,
        "handle": group.handle,
        "name": group.name,
    }
    return base | {"user_count": len(group.users)} | ({"users": list(group.users)} if whole else {})
