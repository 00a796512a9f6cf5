"""Who is who: auth.test, bots, users, usergroups; and the address of Socket Mode."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

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
    return {"ok": True, "user": described(call, call.workspace.user(call.text("user", "user_not_found")))}


def user_by_email(call: Call) -> Json:
    """The one user with this address; deactivated ones are not found, and where two have it, none is."""
    call.need("users:read.email")
    address = call.text("email", "users_not_found").lower()
    living = [user for user in call.workspace.users.values() if not user.deleted]
    found = [user for user in living if user.email.lower() == address]
    if len(found) != 1:
        raise Refusal("users_not_found")
    return {"ok": True, "user": described(call, found[0])}


def user_list(call: Call) -> Json:
    """Every user."""
    call.need("users:read")
    page, more = call.page(list(call.workspace.users.values()), lambda user: user.id)
    return {"ok": True, "members": [described(call, user) for user in page]} | more


def group_list(call: Call) -> Json:
    """Every usergroup."""
    call.need("usergroups:read")
    whole = call.flag("include_users")
    return {"ok": True, "usergroups": [grouped(call, group, whole=whole) for group in known_groups(call)]}


def group_users(call: Call) -> Json:
    """Who is in a usergroup."""
    call.need("usergroups:read")
    name = call.text("usergroup", "no_such_subteam")
    for group in known_groups(call):
        if group.id == name:
            return {"ok": True, "users": present(call, group)}
    raise Refusal("no_such_subteam")


def known_groups(call: Call) -> list[Usergroup]:
    """The groups that a method speaks of: disabled ones only where they are asked for."""
    disabled = call.flag("include_disabled")
    return [group for group in call.workspace.seed.usergroups if disabled or not group.disabled]


def present(call: Call, group: Usergroup) -> list[str]:
    """A group's users; a person who is deactivated drops out of it."""
    gone = {user.id for user in call.workspace.users.values() if user.deleted}
    return [name for name in group.users if name not in gone]


def described(call: Call, user: User) -> Json:
    """The user object; the address takes a scope of its own."""
    offset = datetime.now(UTC).astimezone(ZoneInfo(user.tz)).utcoffset()
    may_see = user.email and "users:read.email" in call.scopes
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_app_user": False,
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "team": user.team_id,
            **({"bot_id": user.bot_id} if user.is_bot else {}),
            **({"email": user.email} if may_see else {}),
        },
    }


def grouped(call: Call, group: Usergroup, *, whole: bool) -> Json:
    """The usergroup object."""
    base = {
        "id": group.id,
        "team_id": call.workspace.seed.team_id,
        "handle": group.handle,
        "name": group.name,
        "date_delete": int(group.disabled),
    }
    users = present(call, group)
    return base | {"user_count": len(users)} | ({"users": users} if whole else {})
