"""What `/approvals` shows: lists of approvals, one approval as its card shows it, and how to write the command."""

from datetime import UTC, datetime
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, InteractiveElement

from activities.blocks import Parts, chain, code, context, header, member, paragraphs, plain, section, strong
from activities.cards import DETAILS, Rendered, card_value, render_card
from activities.rules.spans import write_span
from activities.text import cut, escape, show_title
from bot.catalog import MOST_PAGES, PAGE_SIZE, Page
from bot.filters import Filter, Scope, write_filter
from bot.picks import pick_blocks
from bot.rows import TITLE_LENGTH, Spot, row_blocks
from workflows.contracts import ApprovalState

PREVIOUS = "countersign_list_previous"
NEXT = "countersign_list_next"
FALLBACK_LENGTH = 3_000
AWAY = "The list cannot be read just now, because Temporal does not answer. Nothing is lost; try again in a minute."
INCOMPLETE = (
    "It cannot be told just now which channels and groups you are in, or for whom you decide, "
    "so only what names you is listed. Try again in a minute."
)
MORE = "Older ones are not listed; narrow the list, for example with older than 2w."
NOT_FOUND = "There is no request with that id that you may see."
SEVERAL = "Several requests begin like that; write more of the id."
HEADINGS: dict[Scope, str] = {
    "mine": "Waiting for your decision",
    "asked": "Asked by you, waiting for approval",
    "all": "Waiting for approval",
    "history": "Decided and ended",
}
EMPTY: dict[Scope, str] = {
    "mine": "Nothing is waiting for your decision.",
    "asked": "Nothing that you asked for is waiting for approval.",
    "all": "Nothing is waiting for approval.",
    "history": "Nothing has been decided yet.",
}
NO_MATCH = "Nothing that you may see is like that"
USAGE = """Lists, newest first:
/approvals                   what waits for your decision (mine)
/approvals asked             what you asked for and is waiting
/approvals all               all that is waiting and that you may see
/approvals history           what has ended

Narrowed, by any of these together:
/approvals policy NAME       by this policy
/approvals from @user        asked by somebody
/approvals older than 2d     asked longer ago: 90m, 4h, 2d, 1w
/approvals search WORDS      with all these words in the title
/approvals history from @user "march invoice"

One request:
/approvals show ID           by its id, or the beginning of it

While you are away:
/approvals delegate @user until 2026-12-24
    let somebody decide for you, too, until the end of that day
/approvals delegate @user until 2026-12-24 17:00
    the same, until that time by your clock
/approvals away @user until 2026-12-24
    the same, and cards ask them in your place
/approvals back              take that back
/approvals delegations       who decides for whom

/approvals rules             what is approved without asking, by whose rule
/approvals notifications     when you are written to, and your daily digest

/approvals help              this

Names with spaces go in "quotes". Only you see the answers."""


class View(NamedTuple):
    """What a list is drawn with: its filter, the workspace's address with a slash at the end, and what was done in it.

    `notice` is said above it; about `sent` a decision was handed on from here, so its row has no buttons.
    """

    wanted: Filter
    team_url: str
    now: datetime
    complete: bool = True
    notice: str = ""
    sent: str = ""


def render_list(page: Page, view: View) -> Rendered:
    """One page of a list."""
    if not page.rows:
        return _render_empty(view)
    first = page.number * PAGE_SIZE + 1
    span = f"{first} to {first + len(page.rows) - 1} of {max(page.total, first + len(page.rows) - 1)}"
    heading = HEADINGS[view.wanted.scope]
    titles = "; ".join(show_title(row.summary.title, TITLE_LENGTH) for row in page.rows)
    fallback = escape(cut(f"{heading}, {span}: {titles}", FALLBACK_LENGTH))
    return Rendered(
        fallback,
        [*_top(view), *_rows(page, view), *_picks(page, view), *_bottom(page, view, f"{span}, newest first")],
    )


def _render_empty(view: View) -> Rendered:
    narrowed = view.wanted != Filter(scope=view.wanted.scope)
    sentence = f"{NO_MATCH}." if narrowed else EMPTY[view.wanted.scope]
    more = " /approvals all lists everything that you may see." if view.wanted == Filter() else ""
    told = [] if view.complete else [context(INCOMPLETE)]
    parts = [plain(f"{sentence}{more} "), *_narrowed(view.wanted)]
    return Rendered(sentence, [*_noticed(view), paragraphs(section(*parts)), *told])


def _top(view: View) -> list[Block]:
    narrowed = _narrowed(view.wanted)
    told = [] if view.complete else [context(INCOMPLETE)]
    filters = [paragraphs(section(*narrowed))] if narrowed else []
    return [*_noticed(view), header(HEADINGS[view.wanted.scope]), *filters, *told]


def _noticed(view: View) -> list[Block]:
    return [paragraphs(section(strong(view.notice)))] if view.notice else []


def _narrowed(wanted: Filter) -> Parts:
    """By what a list is narrowed, in words."""
    pieces: list[Parts] = []
    if wanted.policy:
        pieces.append([plain(f"policy {wanted.policy}")])
    if wanted.requester:
        pieces.append([plain("asked by "), member(wanted.requester)])
    if wanted.older:
        pieces.append([plain(f"older than {write_span(wanted.older)}")])
    if wanted.words:
        pieces.append([plain(f"“{wanted.words}” in the title")])
    return [plain("Only: "), *chain(pieces)] if pieces else []


def _rows(page: Page, view: View) -> list[Block]:
    words = write_filter(view.wanted)
    blocks: list[Block] = []
    for index, row in enumerate(page.rows):
        spot, sent = Spot(index, page.number, words), row.approval_id == view.sent
        blocks += [DividerBlock()] if index else []
        blocks += row_blocks(row, spot.block_id, view.team_url, view.now, sent=sent)
    return blocks


def _picks(page: Page, view: View) -> list[Block]:
    blocks = pick_blocks([row for row in page.rows if row.approval_id != view.sent])
    return [DividerBlock(), *blocks] if blocks else []


def _bottom(page: Page, view: View, span: str) -> list[Block]:
    more = f". {MORE}" if page.number == page.last == MOST_PAGES - 1 else ""
    turns = _turns(page, write_filter(view.wanted))
    return [context(f"{span}{more}"), *([ActionsBlock(elements=turns)] if turns else [])]


def _turns(page: Page, words: str) -> list[ButtonElement]:
    buttons: list[ButtonElement] = []
    if page.number > 0:
        buttons.append(ButtonElement(text="Previous", action_id=PREVIOUS, value=f"{page.number - 1}|{words}"))
    if page.number < page.last:
        buttons.append(ButtonElement(text="Next", action_id=NEXT, value=f"{page.number + 1}|{words}"))
    return buttons


def render_one(state: ApprovalState, notice: str = "", *, decidable: bool) -> Rendered:
    """One request as its card shows it, to one person: whoever cannot decide it reads all of it under Details."""
    card = render_card(state)
    told = [paragraphs(section(strong(notice)))] if notice else []
    shown = [one for one in card.blocks if not isinstance(one, ActionsBlock)]
    rows = [one for one in card.blocks if isinstance(one, ActionsBlock)]
    rows = rows if rows and decidable else [_details(state)]
    own = [_own_row(one, Spot(number, 0, f"show {state.approval_id}")) for number, one in enumerate(rows)]
    return Rendered(card.text, [*told, *shown[:-1], *own, *shown[-1:]])


def _own_row(row: ActionsBlock, spot: Spot) -> Block:
    """A card's buttons as they are pressed here, and not on the card that everybody sees."""
    buttons = [one for one in row.elements if isinstance(one, InteractiveElement)]
    return ActionsBlock(block_id=spot.block_id, elements=buttons)


def _details(state: ApprovalState) -> ActionsBlock:
    details = ButtonElement(text="Details", action_id=DETAILS, value=card_value(state))
    return ActionsBlock(elements=[details])


def render_sentence(sentence: str) -> Rendered:
    """A sentence in place of the list."""
    return Rendered(escape(sentence), [paragraphs(section(plain(sentence)))])


def render_usage(problem: str = "") -> Rendered:
    """How to write the command, and what was wrong with it."""
    told = [paragraphs(section(strong(cut(problem, FALLBACK_LENGTH))))] if problem else []
    return Rendered(escape(problem) or USAGE, [*told, *code(USAGE)])


def current_time() -> datetime:
    """Now, with its zone."""
    return datetime.now(UTC)
