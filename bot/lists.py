"""The list of pending approvals, as `/approvals` shows it."""

from datetime import UTC, datetime, timedelta

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElement, RichTextElementParts

from activities.blocks import context, header, mention, moment, paragraphs, plain, section, strong
from activities.cards import Rendered
from activities.text import escape, show_title
from bot.gateway import PAGE_SIZE, Page, Row
from workflows.contracts import MessageRef

PREVIOUS = "countersign_list_previous"
NEXT = "countersign_list_next"
TITLE_LENGTH = 150
EMPTY = "Nothing is waiting for approval."
AWAY = "The list cannot be read just now, because Temporal does not answer. Nothing is lost; try again in a minute."


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


def card_link(team_url: str, card: MessageRef) -> str:
    """The permanent address of a message, as Slack forms it."""
    return f"{team_url}archives/{card.channel_id}/p{card.ts.replace('.', '')}"


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
