"""The rules that somebody may see, in lists and on the Home tab: what each stands for, whose it is, and how to revoke it."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
)

from activities.blocks import (
    Parts,
    code,
    context,
    header,
    mention,
    moment,
    paragraphs,
    plain,
    section,
    strong,
)
from activities.cards import Rendered
from activities.text import cut, escape, show_hidden, show_name
from bot.lists import INCOMPLETE
from bot.readers import Reader
from workflows.contracts import Person
from workflows.grants import ID_SHOWN, Grant
from workflows.policy import same_person

REVOKE = "countersign_rule_revoke"
HOME_REVOKE = "countersign_home_rule_revoke"
BLOCK = "countersign_rule"
TITLE = "Rules"
NONE = "There is no rule that you may see: everything is asked about as the policies say."
UNREADABLE = "The rules cannot be read just now, because Temporal does not answer. Nothing is lost; try again in a minute."
REVOKED = "Revoked: nothing more is approved by that rule. What it has approved stays approved."
LISTED = 10
ON_HOME = 5
NAME_LENGTH = 80
ROOM, ROW_LENGTH = 8_000, 300
"""How many characters all rows have, and about how many one takes besides its condition, which is shown in full or not at all."""
LABEL_LENGTH = 75
FALLBACK_LENGTH = 3_000


def select_rules(grants: Iterable[Grant], reader: Reader) -> tuple[Grant, ...]:
    """The rules that somebody may see: their own, then those on what they may decide by themselves."""
    seen = [one for one in grants if same_person(one.owner, reader.person) or _decides(reader, one)]
    return tuple(sorted(seen, key=lambda one: (not same_person(one.owner, reader.person), one.until)))


def _decides(reader: Reader, grant: Grant) -> bool:
    return any(one.id in reader.own.tokens for one in grant.approvers if one.kind != "email")


def render_rules(
    grants: Sequence[Grant], reader: Person, notice: str = "", *, complete: bool = True
) -> Rendered:
    """What `/approvals rules` is answered with; not `complete` where it is not known what its reader may decide."""
    told: list[Block] = [paragraphs(section(strong(notice)))] if notice else []
    told += [] if complete else [context(INCOMPLETE)]
    if not grants:
        return Rendered(f"{notice} {NONE}".strip(), [*told, paragraphs(section(plain(NONE)))])
    names = "; ".join(_name(one) for one in grants)
    text = cut(f"{notice} {TITLE} in force: {len(grants)}: {names}".strip(), FALLBACK_LENGTH)
    return Rendered(
        escape(text), [*told, header(f"{TITLE} in force"), *_list(grants, reader, LISTED, REVOKE)]
    )


def rule_blocks(grants: Sequence[Grant] | None, reader: Person) -> list[Block]:
    """The section of the Home tab; None where they could not be read, and nothing where there are none."""
    if grants is None:
        return [header(TITLE), paragraphs(section(plain(UNREADABLE)))]
    if not grants:
        return []
    return [header(TITLE), *_list(grants, reader, ON_HOME, HOME_REVOKE)]


def _list(grants: Sequence[Grant], reader: Person, most: int, action_id: str) -> list[Block]:
    blocks, most = list[Block](), min(most, _count_fitting(grants))
    for index, one in enumerate(grants[:most]):
        blocks += [DividerBlock()] if index else []
        blocks += _row(one, reader, action_id)
    left = len(grants) - most
    more = "/approvals rules lists more." if action_id == HOME_REVOKE else "Revoke one to see the next."
    return [*blocks, *([context(f"{left} more: {more}")] if left > 0 else [])]


def _count_fitting(grants: Sequence[Grant]) -> int:
    """How many rules a message has room for."""
    lengths = accumulate(len(show_hidden(one.condition)) + ROW_LENGTH for one in grants)
    return sum(length <= ROOM for length in lengths)


def _name(grant: Grant) -> str:
    return cut(f"{show_name(grant.action)} ({grant.grant_id[:ID_SHOWN]})", NAME_LENGTH)


def _row(grant: Grant, reader: Person, action_id: str) -> list[Block]:
    button = ButtonElement(
        text="Revoke",
        action_id=action_id,
        value=grant.grant_id,
        style="danger",
        accessibility_label=cut(f"Revoke: {_name(grant)}", LABEL_LENGTH),
    )
    return [
        paragraphs(section(*_headline(grant, reader))),
        *code(show_hidden(grant.condition)),
        ActionsBlock(block_id=f"{BLOCK}|{grant.grant_id}", elements=[button]),
    ]


def _headline(grant: Grant, reader: Person) -> Parts:
    agent = f" through the agent {show_name(grant.agent)}" if grant.agent else " without an agent"
    asks = mention(grant.requester) if grant.requester else plain("anybody")
    own = same_person(grant.owner, reader)
    whose = [plain("Your rule")] if own else [plain("A rule of "), mention(grant.owner)]
    used = [plain(", last used "), moment(grant.last_used)] if grant.last_used else [plain(", never used")]
    return [
        strong(_name(grant)),
        plain(f"\nPolicy {cut(show_name(grant.policy), NAME_LENGTH)}, asked by "),
        asks,
        plain(f"{cut(agent, NAME_LENGTH)}\n"),
        *whose,
        plain(", made "),
        moment(grant.since),
        plain(", until "),
        moment(grant.until),
        plain(f"\n{grant.left} of {grant.uses} uses left"),
        *used,
    ]
