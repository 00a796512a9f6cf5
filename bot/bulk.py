"""The modal in which several requests are decided together: each shown in full, each its own decision on record.

To offer it for any requests: check them with `find_difference` (one kind only), `select` them, open `render`'s view. To have
people pick them, offer checkboxes or a `multi_static_select` whose action id is `PICKED` and whose options' values are
`activities.cards.card_value`, in a message or a view, beside buttons whose action ids are `PICK["approve"]` and
`PICK["reject"]`; `listeners/bulk.py` does the rest.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import code, context, paragraphs, plain, quote, section, strong
from activities.cards import card_value
from activities.contents import fits_card, short_title, small_print, who_rows
from activities.progress import stage_title
from activities.text import clean_words, list_arguments
from bot.forms import comment_input
from bot.payloads import Target, parse_target, read_metadata
from workflows import policy
from workflows.contracts import ApprovalState, Verdict
from workflows.elicitation import is_question

FORM = "countersign_bulk"
PREVIOUS = "countersign_bulk_previous"
NEXT = "countersign_bulk_next"
PICKED = "countersign_picked"
PICK: dict[Verdict, str] = {
    "approve": "countersign_pick_approve",
    "reject": "countersign_pick_reject",
}
MOST = 20
"""How many requests one modal decides; their ids, stages and digests have to fit a view's private metadata."""
METADATA_LENGTH = 2_900
PAGE_LENGTH = 8_000
PAGE_ROWS = 10
"""Ten requests are at most 60 blocks; a view takes 100."""
EMPTY = "None of these requests can be decided here any more. Each has its own card."
NONE_PICKED = "Nothing is selected yet. Tick the requests that you want to decide together."
MIXED = "These requests are not of one kind: they differ in their {}. Select requests of one kind only."

States = Mapping[str, ApprovalState]


class Left(BaseModel):
    """How many requests are not decided here, and why not."""

    model_config = ConfigDict(frozen=True)

    over: int = 0
    words: int = 0
    questions: int = 0
    long: int = 0
    more: int = 0


class Selection(BaseModel):
    """Which requests are decided how: targets, page by page. Kept in the view's private metadata."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    pages: tuple[tuple[str, ...], ...]
    page: int = Field(default=0, ge=0)
    left: Left = Left()

    @property
    def targets(self) -> tuple[Target, ...]:
        """All of them."""
        return tuple(parse_target(one) for page in self.pages for one in page)

    @property
    def is_last(self) -> bool:
        """Whether the reader is on the last page."""
        return self.page + 1 >= len(self.pages)

    def turn(self, page: int) -> "Selection":
        """The same on another page; a number past the end is the last page."""
        return self.model_copy(update={"page": min(page, len(self.pages) - 1)})


def read_selection(metadata: str) -> Selection:
    """What a view decides, from its private metadata.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Selection, metadata)


def find_difference(states: Sequence[ApprovalState]) -> str:
    """Why requests are not of one kind, as a sentence; empty where action, policy and the arguments' form are the same."""
    kinds: dict[str, set[object]] = {
        "action": {state.request.action for state in states},
        "policy": {state.plan and state.plan.policy for state in states},
        "arguments' names or types": {_shape(state.request.arguments) for state in states},
    }
    differing = [name for name, found in kinds.items() if len(found) > 1]
    return MIXED.format(differing[0]) if differing else ""


def _shape(arguments: Mapping[str, JsonValue]) -> frozenset[tuple[str, str]]:
    """The arguments' names and JSON types; whole numbers and others are one type."""
    names: dict[type, str] = {
        bool: "boolean",
        int: "number",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return frozenset((name, names.get(type(value), "null")) for name, value in arguments.items())


def select(states: Iterable[ApprovalState], verdict: Verdict, more: int = 0) -> Selection:
    """Those that can be decided together, page by page; `more` are left for the next time beforehand."""
    chosen: list[ApprovalState] = []
    left = Left(more=more)
    for state in states:
        if reason := _find_obstacle(state, verdict):
            left = left.model_copy(update={reason: getattr(left, reason) + 1})
        elif len(chosen) < MOST and _fits(chosen, state):
            chosen.append(state)
        else:
            left = left.model_copy(update={"more": left.more + 1})
    return Selection(verdict=verdict, pages=_fill_pages(chosen), left=left)


def _find_obstacle(state: ApprovalState, verdict: Verdict) -> str:
    """Why a request has to be decided on its own card."""
    if state.status != "pending" or state.plan is None:
        return "over"
    if is_question(state.request):
        return "questions"
    if any(policy.demands(state.plan, verdict)):
        return "words"
    return "" if fits_card(state) else "long"


def _fits(chosen: Sequence[ApprovalState], state: ApprovalState) -> bool:
    return sum(len(card_value(one)) + 3 for one in (*chosen, state)) + 200 <= METADATA_LENGTH


def _fill_pages(states: Sequence[ApprovalState]) -> tuple[tuple[str, ...], ...]:
    """Whole requests only, as many as a page takes."""
    pages: list[list[str]] = []
    room = 0
    for state in states:
        length = len(list_arguments(state.request.arguments)) + len(state.request.reason)
        if not pages or length > room or len(pages[-1]) >= PAGE_ROWS:
            pages.append([])
            room = PAGE_LENGTH
        pages[-1].append(card_value(state))
        room -= length
    return tuple(map(tuple, pages))


def renew(selection: Selection, states: Sequence[ApprovalState]) -> Selection:
    """Without the requests that have ended or changed since; the others stay on the pages where they were shown."""
    current = {card_value(state) for state in states if state.status == "pending"}
    pages = tuple(tuple(one for one in page if one in current) for page in selection.pages)
    gone = sum(map(len, selection.pages)) - sum(map(len, pages))
    left = selection.left.model_copy(update={"over": selection.left.over + gone})
    return selection.model_copy(update={"pages": pages, "left": left})


def render(selection: Selection, states: Sequence[ApprovalState]) -> View:
    """A page of the requests, each in full; the last page decides them all."""
    known = {card_value(state): state for state in states}
    chosen = [known[one] for page in selection.pages for one in page]
    words = _shared_words(chosen)
    shown = [known[one] for one in selection.pages[selection.page]] if selection.pages else []
    count, verb = len(selection.targets), selection.verdict.capitalize()
    decides = selection.is_last and count > 0
    return View(
        type="modal",
        callback_id=FORM,
        title=PlainTextObject(text=f"{verb} together"),
        submit=PlainTextObject(text=f"{verb} {'it' if count == 1 else f'all {count}'}") if decides else None,
        close=PlainTextObject(text="Close"),
        private_metadata=selection.model_dump_json(),
        blocks=[
            _top(selection, count, words),
            *(block for state in shown for block in _subject(state, words)),
            *_bottom(selection),
            *([comment_input(selection.verdict, required=False)] if decides else []),
        ],
    )


def _shared_words(states: Sequence[ApprovalState]) -> str:
    """The words in which all of them were asked for, which are then shown once."""
    found = {state.request.reason for state in states}
    return found.pop() if len(found) == 1 and len(states) > 1 else ""


def _top(selection: Selection, count: int, words: str) -> Block:
    if not count:
        return paragraphs(section(plain(EMPTY)))
    pages = len(selection.pages)
    number = f", page {selection.page + 1} of {pages}" if pages > 1 else ""
    will = "This is exactly what will run" if selection.verdict == "approve" else "This is what will not run"
    advice = "" if selection.is_last else f" {selection.verdict.capitalize()} is on the last page."
    requests = "1 request" if count == 1 else f"{count} requests, each decided on its own"
    asked = clean_words(words)
    quoted = [section(strong("In these words:")), quote(asked)] if asked else []
    return paragraphs(section(strong(f"{requests}{number}"), plain(f"\n{will}.{advice}")), *quoted)


def _subject(state: ApprovalState, shared: str) -> list[Block]:
    """A request as its card shows it, without the words that it shares with all others."""
    if shared:
        silent = state.request.model_copy(update={"reason": ""})
        state = state.model_copy(update={"request": silent})
    stage = f"\n{stage_title(state)}" if stage_title(state) else ""
    top = section(strong(short_title(state)), plain(stage or " "))
    listing = code(list_arguments(state.request.arguments))
    return [DividerBlock(), paragraphs(top, *who_rows(state)), *listing, small_print(state)]


def _bottom(selection: Selection) -> list[Block]:
    turns = _turns(selection)
    notes = " ".join(explain_left(selection.left))
    return [*([turns] if turns else []), *([context(notes)] if notes else [])]


def explain_left(left: Left) -> list[str]:
    """What is not decided here and why, a sentence each."""
    sentences = {
        f"Needing words or something typed again, to be decided on their own cards: {left.words}.": left.words,
        f"Questions, to be answered one by one on their own cards: {left.questions}.": left.questions,
        f"Too long to be shown here, to be decided on their own cards: {left.long}.": left.long,
        f"Ended or changed meanwhile, and left out: {left.over}.": left.over,
        f"More than fit here, to be decided afterwards: {left.more}.": left.more,
    }
    return [sentence for sentence, count in sentences.items() if count]


def _turns(selection: Selection) -> Block | None:
    buttons: list[ButtonElement] = []
    if selection.page > 0:
        buttons.append(ButtonElement(text="Previous page", action_id=PREVIOUS, value=str(selection.page - 1)))
    if not selection.is_last:
        buttons.append(
            ButtonElement(text="Next page", action_id=NEXT, value=str(selection.page + 1), style="primary")
        )
    return ActionsBlock(elements=buttons) if buttons else None


def explain_tally(handed: int, gone: int, away: int) -> str:
    """What has come of decisions of which not all were taken in."""
    sentences = [f"{handed} of {handed + gone + away} decisions were handed on."]
    sentences += [f"Too late, because the request had ended: {gone}."] if gone else []
    sentences += (
        [f"Not taken in, because Temporal does not answer: {away}. Decide those on their own cards."]
        if away
        else []
    )
    return " ".join(sentences)
