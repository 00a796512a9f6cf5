"""Who and what is in the workspace when the stand-in starts: frozen data, replaceable as a whole."""

from pydantic import BaseModel, ConfigDict

TEAM = "T0COUNTER"


class Frozen(BaseModel):
    """Data that nobody changes after it is made."""

    model_config = ConfigDict(frozen=True)


class User(Frozen):
    """A person or a bot; `team_id` differs from the workspace's for a Slack Connect guest."""

    id: str
    name: str
    real_name: str
    team_id: str = TEAM
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False


class Channel(Frozen):
    """A channel and its first members."""

    id: str
    name: str
    members: tuple[str, ...]
    is_private: bool = False
    is_archived: bool = False


class Usergroup(Frozen):
    """A group that can be mentioned and expanded."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


PEOPLE = (
    User(id="U0ALICE", name="alice", real_name="Alice Moreau"),
    User(id="U0BOB", name="bob", real_name="Bob Okafor"),
    User(id="U0CAROL", name="carol", real_name="Carol Lind"),
    User(id="U0DAVE", name="dave", real_name="Dave Outsider"),
    User(id="U0EVE", name="eve", real_name="Eve Partner", team_id="T0PARTNER"),
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
    Channel(id="C0PRIVATE", name="private", members=("U0ALICE", "U0BOB"), is_private=True),
    Channel(id="C0ARCHIVED", name="archived", members=(*ACME, "U0BOT"), is_archived=True),
)
SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "users:read",
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
    usergroups: tuple[Usergroup, ...] = (
        Usergroup(id="S0FINANCE", handle="finance", name="Finance", users=("U0CAROL",)),
    )
    scopes: tuple[str, ...] = SCOPES
    events: tuple[str, ...] = ("app_mention", "message.im", "app_home_opened")
