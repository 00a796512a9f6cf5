"""What `/approvals` shows: the list of pending approvals, delegations, and how to write the command."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElement, RichTextElementParts

from activities.blocks import (
    code,
    context,
    header,
    mention,
    moment,
    paragraphs,
    plain,
    section,
    stamp,
    strong,
)
from activities.cards import Rendered
from activities.links import card_link
from activities.text import escape, show_title
from bot.gateway import PAGE_SIZE, Page, Row
from workflows.contracts import Delegation, Person
from workflows.policy import same_person

PREVIOUS = "countersign_list_previous"
NEXT = "countersign_list_next"
TITLE_LENGTH = 150
EMPTY = "Nothing is waiting for approval."
AWAY = "The list cannot be read just now, because Temporal does not answer. Nothing is lost; try again in a minute."
UNCERTAIN = (
    "It is not certain that this was taken in, because Temporal does not answer. "
    "Look with /approvals delegations, and try again in a minute."
)
UNKNOWN_ZONE = "Slack does not say which time zone you are in, so nothing was changed. Try again in a minute."
NO_DELEGATIONS = "Nobody decides for anybody else."
NOTHING_REVOKED = "Nobody decides for you, so there was nothing to take back."
DELEGATIONS_SHOWN = 40
USAGE = """/approvals
    what is waiting for approval
/approvals delegate @user until 2026-12-24
    let somebody decide for you, too, until the end of that day by your clock
/approvals delegate @user until 2026-12-24 17:00
    the same, until that time
/approvals away @user until 2026-12-24
    the same, and cards ask them in your place
/approvals back
    take that back
/approvals delegations
    who decides for whom"""


def render_list(page: Page, team_url: str, now: datetime) -> Rendered:
    """One page of pending approvals; `team_url` is the workspace's address, ending in a slash."""
    if not page.rows:
        return render_sentence(EMPTY)
    first = page.number * PAGE_SIZE + 1
    span = f"{first} to {first + len(page.rows) - 1} of {max(page.total, first + len(page.rows) - 1)}"
    blocks = [header("Waiting for approval"), *(_row(row, team_url, now) for row in page.rows)]
    blocks.append(context(f"{span}, newest first"))
    if turns := _turns(page):
        blocks.append(ActionsBlock(elements=turns))
    titles = "; ".join(show_title(row.summary.title, TITLE_LENGTH) for row in page.rows)
    return Rendered(escape(f"{span} waiting for approval: {titles}"), blocks)


def render_sentence(sentence: str) -> Rendered:
    """A sentence in place of the list."""
    return Rendered(sentence, [paragraphs(section(plain(sentence)))])


def _row(row: Row, team_url: str, now: datetime) -> Block:
    summary = row.summary
    parts: list[RichTextElement] = [
        strong(show_title(summary.title, TITLE_LENGTH)),
        plain("\nasked by "),
        mention(summary.requester),
        plain(f" {span_words(now - summary.opened_at)} ago, "),
    ]
    if summary.deadline:
        parts += [plain(f"{span_words(summary.deadline - now)} left, until "), moment(summary.deadline)]
    if summary.card:
        parts += [
            plain("  "),
            RichTextElementParts.Link(url=card_link(team_url, summary.card), text="Open its card"),
        ]
    else:
        parts.append(plain("  (its card is not posted yet)"))
    return paragraphs(section(*parts))


def span_words(span: timedelta) -> str:
    """A span of time in the largest unit that fits."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def _turns(page: Page) -> list[ButtonElement]:
    buttons: list[ButtonElement] = []
    if page.number > 0:
        buttons.append(ButtonElement(text="Previous", action_id=PREVIOUS, value=str(page.number - 1)))
    if (page.number + 1) * PAGE_SIZE < page.total:
        buttons.append(ButtonElement(text="Next", action_id=NEXT, value=str(page.number + 1)))
    return buttons


def current_time() -> datetime:
    """Now, with its zone."""
    return datetime.now(UTC)


def render_usage() -> Rendered:
    """How to write the command."""
    return Rendered(USAGE, code(USAGE))


def render_delegated(wish: Delegation) -> Rendered:
    """Told to a principal: what will happen now, in words."""
    who, until = mention(wish.delegate), moment(wish.until)
    parts = [plain("Until "), until]
    if wish.away:
        parts += [plain(", cards ask "), who, plain(" in your place; "), who, plain(" may decide for you.")]
    else:
        parts += [plain(", "), who, plain(" may decide for you.")]
    parts.append(plain(" You may still decide yourself. Take it back with /approvals back."))
    name = f"<@{wish.delegate.user_id}>"
    return Rendered(f"Until {stamp(wish.until)}, {name} may decide for you.", [paragraphs(section(*parts))])


def render_revoked(revoked: Sequence[Delegation]) -> Rendered:
    """Told to a principal: what they have taken back."""
    if not revoked:
        return render_sentence(NOTHING_REVOKED)
    parts = [plain("Taken back: ")]
    for one in revoked:
        parts += [mention(one.delegate), plain(" no longer decides for you. ")]
    parts.append(plain("What was decided until now stays decided."))
    return Rendered("Taken back: nobody decides for you any more.", [paragraphs(section(*parts))])


def render_delegations(delegations: Sequence[Delegation], reader: Person) -> Rendered:
    """Who decides for whom until when: the reader's own first, then those that end soonest."""
    if not delegations:
        return render_sentence(NO_DELEGATIONS)
    ordered = sorted(delegations, key=lambda one: (not same_person(one.principal, reader), one.until))
    rows = [_delegation(one, reader) for one in ordered[:DELEGATIONS_SHOWN]]
    blocks = [header("Who decides for whom"), paragraphs(*rows)]
    if len(ordered) > DELEGATIONS_SHOWN:
        blocks.append(context(f"and {len(ordered) - DELEGATIONS_SHOWN} more, which end later"))
    return Rendered(f"Delegations in force: {len(ordered)}", blocks)


def _delegation(one: Delegation, reader: Person) -> RichTextElement:
    own = [strong("Yours: ")] if same_person(one.principal, reader) else []
    away = ", who is away," if one.away else ""
    return section(
        *own,
        mention(one.delegate),
        plain(" for "),
        mention(one.principal),
        plain(f"{away} until "),
        moment(one.until),
    )
