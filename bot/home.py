"""The Home tab as it looks: what waits for somebody, what they asked for, what came of it, and who decides for whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock
from slack_sdk.models.views import View

from activities.blocks import Parts, context, header, mention, moment, paragraphs, plain, section, strong
from bot.catalog import Row, Soonest
from bot.deadlines import WANTED
from bot.lists import INCOMPLETE
from bot.notifications import render_preferences
from bot.picks import pick_blocks
from bot.rows import row_blocks
from bot.rulelist import rule_blocks
from workflows.contracts import Delegation, Person
from workflows.delegation import delegation_of
from workflows.grants import Grant
from workflows.policy import same_person
from workflows.preferences import Preferences

BLOCK = "countersign_home"
AWAY = "countersign_home_away"
BACK = "countersign_home_back"
SHOWN = 5
"""How many rows what was asked for and what has ended have."""
PRINCIPALS_SHOWN = 10
UNREADABLE = (
    "Your requests cannot be read just now, because Temporal does not answer. Nothing is lost; "
    "open this tab again in a minute."
)
UNKNOWN_DELEGATIONS = "It cannot be told just now who decides for whom. Open this tab again in a minute."
NOTHING_WAITS = "Nothing is waiting for your decision."
NOTHING_ASKED = "Nothing that you asked for is waiting for approval."
NOTHING_ENDED = "Nothing that concerns you has been decided yet."
NOBODY = "Nobody decides for you. Before you are away, let somebody be asked in your place."
APPROXIMATE = "So many wait that others may be due before some of these."


class Home(NamedTuple):
    """What is on somebody's Home tab. The workspace's address ends in a slash; `asked` may have one more than is shown.

    `delegations`, `preferences` and `rules` are None where they could not be read. `notice` is said at the top; about `sent` a decision was handed
    on from here, so its row has no buttons.
    """

    person: Person
    team_url: str
    now: datetime
    waiting: Soonest
    asked: Sequence[Row] = ()
    lately: Sequence[Row] = ()
    delegations: Sequence[Delegation] | None = ()
    preferences: Preferences | None = None
    rules: Sequence[Grant] | None = ()
    complete: bool = True
    notice: str = ""
    sent: str = ""


def render_home(home: Home) -> View:
    """The Home tab."""
    told = [] if home.complete else [context(INCOMPLETE)]
    rules = rule_blocks(home.rules, home.person)
    sections = (_waiting(home), _asked(home), _lately(home), rules, _delegations(home), _preferences(home))
    parts = [part for one in sections if one for part in (*one, DividerBlock())]
    return View(type="home", blocks=[*_notice(home.notice), *told, *parts, _drawn(home.now)])


def render_unreadable(notice: str = "") -> View:
    """The Home tab while nothing can be read; a `notice` is still said."""
    return View(type="home", blocks=[*_notice(notice), paragraphs(section(plain(UNREADABLE)))])


def _notice(notice: str) -> list[Block]:
    return [paragraphs(section(strong(notice))), DividerBlock()] if notice else []


def _drawn(now: datetime) -> Block:
    return paragraphs(section(plain("As of "), moment(now)))


def _waiting(home: Home) -> list[Block]:
    rows = home.waiting.rows[:WANTED]
    more = home.waiting.total - len(rows)
    told = [] if home.waiting.exact else [context(APPROXIMATE)]
    hint = _hint(f"{more} more: /approvals lists them, newest first.") if more > 0 else []
    return [
        header("Waiting for me"),
        *told,
        *_rows("waiting", rows, home, NOTHING_WAITS, DividerBlock()),
        *hint,
        *pick_blocks([row for row in rows if row.approval_id != home.sent]),
    ]


def _asked(home: Home) -> list[Block]:
    rows = home.asked[:SHOWN]
    hint = _hint("There are more: /approvals asked lists them.") if len(home.asked) > SHOWN else []
    return [header("Asked by me"), *_rows("asked", rows, home, NOTHING_ASKED), *hint]


def _lately(home: Home) -> list[Block]:
    rows = home.lately[:SHOWN]
    hint = _hint("/approvals history lists all that has ended and that you may see.") if rows else []
    return [header("Decided lately"), *_rows("lately", rows, home, NOTHING_ENDED), *hint]


def _hint(text: str) -> list[Block]:
    return [context(text)]


def _rows(name: str, rows: Sequence[Row], home: Home, nothing: str, *between: Block) -> list[Block]:
    """Rows as lists have them, but with ids by which a press is known to come from here."""
    if not rows:
        return [paragraphs(section(plain(nothing)))]
    blocks: list[Block] = []
    for index, row in enumerate(rows):
        block_id, sent = f"{BLOCK}|{name}|{index}", row.approval_id == home.sent
        blocks += between if index else ()
        blocks += row_blocks(row, block_id, home.team_url, home.now, sent=sent)
    return blocks


def _delegations(home: Home) -> list[Block]:
    title = header("Away, and who decides for whom")
    if home.delegations is None:
        return [title, paragraphs(section(plain(UNKNOWN_DELEGATIONS)))]
    own = delegation_of(home.delegations, home.person, home.now)
    others = [one for one in home.delegations if same_person(one.delegate, home.person)]
    more = len(others) - PRINCIPALS_SHOWN
    hint = _hint(f"{more} more: /approvals delegations lists them.") if more > 0 else []
    told = [section(*_own(own)), *(section(*_other(one)) for one in others[:PRINCIPALS_SHOWN])]
    return [title, paragraphs(*told), *hint, ActionsBlock(elements=_buttons(own))]


def _own(own: Delegation | None) -> Parts:
    """Who decides for the reader."""
    if own is None:
        return [plain(NOBODY)]
    who, until = mention(own.delegate), moment(own.until)
    if own.away:
        return [
            strong("You are away"),
            plain(" until "),
            until,
            plain(": cards ask "),
            who,
            plain(" in your place. You may still decide yourself."),
        ]
    return [who, plain(" may decide for you, too, until "), until, plain(".")]


def _other(one: Delegation) -> Parts:
    """For whom the reader decides."""
    away = ", who is away," if one.away else ""
    return [
        plain("You may decide for "),
        mention(one.principal),
        plain(f"{away} until "),
        moment(one.until),
    ]


def _preferences(home: Home) -> list[Block]:
    return render_preferences(home.preferences) if home.preferences else []


def _buttons(own: Delegation | None) -> list[ButtonElement]:
    if own is None:
        return [ButtonElement(text="I am away…", action_id=AWAY, value="away")]
    back = ButtonElement(text="I am back" if own.away else "Take it back", action_id=BACK, value="back")
    return [back, ButtonElement(text="Change…" if own.away else "I am away…", action_id=AWAY, value="away")]
