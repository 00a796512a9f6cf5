"""Who and what is in the workspace when the stand-in starts: frozen data, replaceable as a whole."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

TEAM = "T0COUNTER"


class Frozen(BaseModel):
    """Data that nobody changes after it is made."""

    model_config = ConfigDict(frozen=True)


class User(Frozen):
    """A person or a bot; `team_id` differs from the workspace's for a Slack Connect guest, `tz` is an IANA zone.

    Who is restricted is a guest of the workspace's own.
    """

    id: str
    name: str
    real_name: str
    team_id: str = TEAM
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False
    is_restricted: bool = False
    email: str = ""
    tz: str = "Etc/UTC"


class Channel(Frozen):
    """A channel and its first members."""

    id: str
    name: str
    members: tuple[str, ...]
    is_private: bool = False
    is_archived: bool = False


class Usergroup(Frozen):
    """A group that can be mentioned and, until it is disabled, expanded."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    disabled: bool = False


PEOPLE = (
    User(id="U0ALICE", name="alice", real_name="Alice Moreau", email="alice@acme.example"),
    User(id="U0BOB", name="bob", real_name="Bob Okafor", email="bob@acme.example"),
    User(id="U0CAROL", name="carol", real_name="Carol Lind", email="carol@acme.example"),
    User(id="U0DAVE", name="dave", real_name="Dave Outsider", email="dave@acme.example"),
    User(id="U0EVE", name="eve", real_name="Eve Partner", team_id="T0PARTNER", email="eve@partner.example"),
    User(id="U0FRANK", name="frank", real_name="Frank Weber", email="frank@acme.example", tz="Europe/Berlin"),
    User(
        id="U0GRACE", name="grace", real_name="Grace Kim", email="grace@acme.example", tz="America/New_York"
    ),
    User(id="U0HEIDI", name="heidi", real_name="Heidi Frei", email="heidi@acme.example", tz="Europe/Zurich"),
    User(id="U0IVAN", name="ivan", real_name="Ivan Rao", email="ivan@acme.example", tz="Asia/Kolkata"),
)
BOTS = (
    User(id="U0BOT", name="countersign", real_name="Countersign", is_bot=True, bot_id="B0COUNTER"),
    User(id="U0OTHERBOT", name="otherbot", real_name="Other Bot", is_bot=True, bot_id="B0OTHER"),
)
ACME = ("U0ALICE", "U0BOB", "U0CAROL", "U0DAVE")
CHANNELS = (
    Channel(id="C0GENERAL", name="general", members=(*ACME, "U0EVE", "U0BOT")),
    Channel(
        id="C0APPROVALS", name="approvals", members=("U0ALICE", "U0BOB", "U0CAROL", "U0BOT", "U0OTHERBOT")
    ),
    Channel(id="C0OUTCOMES", name="outcomes", members=(*ACME, "U0BOT")),
    Channel(
        id="C0PURCHASES",
        name="purchases",
        members=(*ACME, "U0FRANK", "U0GRACE", "U0HEIDI", "U0IVAN", "U0BOT"),
    ),
    Channel(id="C0PRIVATE", name="private", members=("U0ALICE", "U0BOB"), is_private=True),
    Channel(id="C0ARCHIVED", name="archived", members=(*ACME, "U0BOT"), is_archived=True),
)
USERGROUPS = (
    Usergroup(id="S0FINANCE", handle="finance", name="Finance", users=("U0CAROL",)),
    Usergroup(id="S0MANAGERS", handle="managers", name="Managers", users=("U0BOB", "U0FRANK")),
    Usergroup(id="S0DIRECTORS", handle="directors", name="Directors", users=("U0GRACE", "U0HEIDI")),
)
SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


class Shortcut(Frozen):
    """One that the app declares: `global` ones stand beside the composer, `message` ones in a message's menu."""

    kind: Literal["global", "message"]
    name: str
    callback_id: str
    description: str


SHORTCUTS = (
    Shortcut(
        kind="global",
        name="New request",
        callback_id="countersign_new_request",
        description="Ask people for approval, by a form",
    ),
    Shortcut(
        kind="message",
        name="Ask for approval",
        callback_id="countersign_ask_about",
        description="Ask people to approve what this message says",
    ),
)


class Seed(Frozen):
    """The workspace, the app that is installed in it, and what the app may do and hear."""

    team_id: str = TEAM
    team_name: str = "Acme"
    domain: str = "acme"
    app_id: str = "A0COUNTER"
    bot_user: str = "U0BOT"
    verification: str = "verification-token"
    users: tuple[User, ...] = PEOPLE + BOTS
    channels: tuple[Channel, ...] = CHANNELS
    usergroups: tuple[Usergroup, ...] = USERGROUPS
    scopes: tuple[str, ...] = SCOPES
    shortcuts: tuple[Shortcut, ...] = SHORTCUTS
    events: tuple[str, ...] = ("app_mention", "message.im", "app_home_opened")
    home_tab: bool = True
