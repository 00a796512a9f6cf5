"""A row of a list: what is asked, by whom, how far it is, and the buttons that its reader can use."""

from datetime import datetime, timedelta
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElementParts

from activities.blocks import (
    Parts,
    context,
    mention,
    moment,
    paragraphs,
    plain,
    preformatted,
    quote,
    section,
    strong,
)
from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM, verb_of
from activities.contents import NAME_LENGTH, STAGE_LENGTH, status_words
from activities.elicitations import RESPOND, answer_rows, find_elicitation
from activities.links import card_link
from activities.text import clean_words, cut, list_arguments, show_name, show_title, strip_hidden
from bot.catalog import Row
from bot.payloads import MalformedError
from workflows.contracts import Outcome, Summary, Verdict
from workflows.elicitation import ASK_HUMAN, Elicitation

TITLE_LENGTH = 120
ACTION_LENGTH = 80
LABEL_LENGTH = 75
WHOLE_LENGTH = 320
"""How many characters a row has for all arguments and the reason; what takes more is read under Details, where Approve is, too."""
BLOCK = "countersign_row"
SENT = "Your decision on this is on its way; its card says what came of it."
LONG_QUESTION = (
    "The question takes more room than a list has; it is in the form for an answer, and under Details."
)
LONG = "What would run takes more room than a list has; all of it is under Details."
_ACTIONS: dict[Verdict, tuple[str, str]] = {
    "approve": (APPROVE, APPROVE_FORM),
    "reject": (REJECT, REJECT_FORM),
}
_STYLES: dict[Verdict, str] = {"approve": "primary", "reject": "danger"}


class Spot(NamedTuple):
    """Where a row's buttons are: on which page of what somebody typed. It is the id of the block that holds them."""

    row: int
    page: int
    words: str

    @property
    def block_id(self) -> str:
        """The spot as a block's id."""
        return f"{BLOCK}|{self.row}|{self.page}|{self.words}"


def read_spot(block_id: str) -> Spot:
    """Where a button that was pressed is.

    Raises:
        MalformedError: the block is none of a list's.
    """
    name, index, page, words = (*block_id.split("|", 3), "", "", "")[:4]
    if name != BLOCK or not index.isdecimal() or not page.isdecimal():
        raise MalformedError("A button stands in no row of a list.")
    return Spot(int(index), int(page), words)


def row_blocks(row: Row, block_id: str, team_url: str, now: datetime, *, sent: bool) -> list[Block]:
    """One row, its buttons in the block of that id; of a request about which a decision was `sent` a moment ago, without buttons."""
    told = section(*_headline(row, now), *_progress(row, team_url))
    if row.ended_at is not None:
        return [paragraphs(told), *_actions(row, block_id, approvable=False)]
    whole = _show_whole(row.summary)
    long = LONG_QUESTION if row.summary.action == ASK_HUMAN else LONG
    body = [paragraphs(told, *whole)] if whole else [paragraphs(told), context(long)]
    return [*body, context(SENT)] if sent else [*body, *_actions(row, block_id, approvable=bool(whole))]


def tell_row(row: Row, team_url: str, now: datetime) -> Parts:
    """A row in short, without anything to press but the way to its card."""
    return [*_headline(row, now), plain("\n"), *place_parts(row, team_url)]


def _headline(row: Row, now: datetime) -> Parts:
    summary = row.summary
    parts = [strong(show_title(summary.title, TITLE_LENGTH)), *_end(row)]
    parts += [plain("\nAsked by "), mention(summary.requester)]
    parts.append(plain(f" {span_words(now - summary.opened_at)} ago"))
    if row.ended_at is None and summary.paused:
        parts.append(plain(", its time stands still until a question is answered"))
    elif row.ended_at is None and summary.deadline:
        parts += [plain(f", {_left(summary.deadline - now)}"), moment(summary.deadline)]
    return parts


def _left(span: timedelta) -> str:
    return f"{span_words(span)} left, until " if span > timedelta(0) else "overdue since "


def _end(row: Row) -> Parts:
    """What became of a request that has ended, by whom and when."""
    if row.ended_at is None:
        return []
    outcome = row.outcome
    ended = status_words(outcome.status, row.summary.action) if outcome else None
    words = ended or "Ended from outside, not approved"
    return [
        plain(f"\n{words} "),
        *_deciders(outcome),
        moment((outcome and outcome.decided_at) or row.ended_at),
    ]


def _deciders(outcome: Outcome | None) -> Parts:
    """Whose decision was the last; a policy's own has no person."""
    if outcome is None or outcome.status not in ("approved", "rejected"):
        return []
    if outcome.grant:
        owner = mention(outcome.grant.owner)
        return [plain("by a rule of "), owner, plain(", nobody was asked, ")]
    if not outcome.decisions:
        return [plain("by its policy, nobody was asked, ")]
    last = outcome.decisions[-1]
    acting = [plain(" for "), mention(last.on_behalf_of)] if last.on_behalf_of else []
    return [plain("by "), mention(last.decided_by), *acting, plain(" ")]


def _progress(row: Row, team_url: str) -> Parts:
    return [plain(f"\n{', '.join(_facts(row))}  "), *place_parts(row, team_url)]


def _facts(row: Row) -> list[str]:
    """What runs, how far it is, and by which policy; of what has ended, only what it was."""
    summary, waits = row.summary, row.ended_at is None
    asked = summary.action == ASK_HUMAN
    facts = ["A question" if asked else f"Action {cut(show_name(summary.action), ACTION_LENGTH)}"]
    if waits and summary.stages:
        name = cut(strip_hidden(summary.stage_name), STAGE_LENGTH)
        facts.append(f"stage {summary.stage + 1} of {summary.stages}: {name}")
    if waits and summary.severity != "low":
        facts.append(f"severity {summary.severity}")
    if summary.policy:
        facts.append(f"policy {cut(strip_hidden(summary.policy), NAME_LENGTH)}")
    return facts


def place_parts(row: Row, team_url: str) -> Parts:
    """The way to a request's card."""
    card = row.summary.card
    if card is None:
        return [plain("(its card is not posted yet)")] if row.ended_at is None else []
    if card.channel_id.startswith("D"):
        return [plain("(its cards are direct messages)")]
    return [RichTextElementParts.Link(url=card_link(team_url, card), text="Open its card")]


def _show_whole(summary: Summary) -> Parts:
    """All that runs, and why; nothing where a row has no room for all of it."""
    brief, action = summary.brief, show_name(summary.action)
    if brief and (asked := find_elicitation(summary.action, brief.arguments)):
        return _show_question(asked)
    if brief is None or not action or len(action) > ACTION_LENGTH:
        return []
    listing, reason = list_arguments(brief.arguments), " ".join(clean_words(brief.reason).split())
    if len(listing) + len(reason) > WHOLE_LENGTH:
        return []
    return [preformatted(listing), *([section(plain(f"In these words: {reason}"))] if reason else [])]


def _show_question(asked: Elicitation) -> Parts:
    """What is asked, where there is room for all of it; it is in the form for an answer in any case."""
    rows = answer_rows(asked)
    return [quote(clean_words(asked.question)), *rows] if len(asked.question) <= WHOLE_LENGTH else []


def _actions(row: Row, block_id: str, *, approvable: bool) -> list[Block]:
    if not row.summary.digest:
        return []
    able = row.decidable and row.ended_at is None
    asked = row.summary.action == ASK_HUMAN
    approve = [_verdict_button(row, "approve")] if able and (approvable or asked) else []
    reject = [_verdict_button(row, "reject")] if able else []
    return [ActionsBlock(block_id=block_id, elements=[*approve, *reject, _details_button(row)])]


def _verdict_button(row: Row, verdict: Verdict) -> ButtonElement:
    name, title = verb_of(row.summary.action, verdict), show_title(row.summary.title, TITLE_LENGTH)
    responds = row.summary.action == ASK_HUMAN and verdict == "approve"
    return ButtonElement(
        text=f"{name}…" if responds else name,
        action_id=RESPOND if responds else _ACTIONS[verdict][verdict in row.summary.asks],
        value=row_value(row),
        style=_STYLES[verdict],
        accessibility_label=cut(f"{name}: {title}", LABEL_LENGTH),
    )


def _details_button(row: Row) -> ButtonElement:
    label = cut(f"Read all of: {show_title(row.summary.title, TITLE_LENGTH)}", LABEL_LENGTH)
    return ButtonElement(text="Details", action_id=DETAILS, value=row_value(row), accessibility_label=label)


def row_value(row: Row) -> str:
    """What every button of a request carries, on its card as well."""
    return f"{row.approval_id}|{row.summary.stage}|{row.summary.digest}"


def span_words(span: timedelta) -> str:
    """A span of time in the largest unit that fits."""
    seconds = max(0, int(span.total_seconds()))
    seconds = round(seconds / 60) * 60 if seconds >= 60 else seconds  # noqa: PLR2004 - a minute
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
