"""What is said in a thread while the agent is busy: what waits, who has it since when and until when, and where."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import RichTextElementParts

from activities.blocks import Parts, context, mention, moment, paragraphs, plain, section, stamp, strong
from activities.cards import Rendered
from activities.contents import short_title
from activities.links import card_link
from activities.progress import stage_title, where_parts
from activities.text import cut, escape, strip_hidden
from workflows import policy
from workflows.contracts import ApprovalState, Person
from workflows.notices import find_room, summary
from workflows.talk import Aside

SHOWN = 10
"""Of more requests, the first."""
NAMED = 4
NAME_LENGTH = 60
LATER = "I am still waiting for approval, and will read your message after that."
NOTHING = "I am still working on it. Nothing of it waits for anybody's approval at this moment."
HINT = "Whoever asked can say \N{LEFT DOUBLE QUOTATION MARK}cancel\N{RIGHT DOUBLE QUOTATION MARK} to call all of it off."


def render_aside(
    aside: Aside, states: Sequence[ApprovalState], names: Mapping[str, str], team_url: str
) -> Rendered:
    """An answer in the thread; `names` are those of people in plain words, as a mention would notify them at each question."""
    if aside.kind == "theirs":
        return _render_theirs(aside)
    pending = [state for state in states if state.status == "pending"]
    lead = LATER if aside.kind == "later" else _count(pending)
    if not pending:
        return Rendered(NOTHING, [paragraphs(section(plain(NOTHING)))])
    rows = [paragraphs(section(*_row(state, names, team_url))) for state in pending[:SHOWN]]
    more = [context(f"and {len(pending) - SHOWN} more")] if len(pending) > SHOWN else []
    told = "\n".join([lead, *(_words(state) for state in pending[:SHOWN])])
    return Rendered(escape(told), [paragraphs(section(plain(lead))), *rows, *more, context(HINT)])


def _render_theirs(aside: Aside) -> Rendered:
    parts = [
        plain("Only "),
        mention(aside.requester),
        plain(" may cancel what I am doing; nothing was cancelled."),
    ]
    told = f"Only <@{escape(aside.requester.user_id)}> may cancel what I am doing; nothing was cancelled."
    return Rendered(told, [paragraphs(section(*parts))])


def _count(pending: Sequence[ApprovalState]) -> str:
    return (
        "One request waits for approval."
        if len(pending) == 1
        else f"{len(pending)} requests wait for approval."
    )


def _row(state: ApprovalState, names: Mapping[str, str], team_url: str) -> Parts:
    stage, card = stage_title(state), summary(state).card
    until = [moment(state.deadline)] if state.deadline and not state.paused_at else [plain(_pause(state))]
    parts = [strong(short_title(state)), *([plain(f"\n{stage}")] if stage else [])]
    parts += [plain("\nWith: "), *where_parts(state), plain(_who(state, names))]
    parts += [plain("\nSince: "), moment(state.opened_at), plain(", until "), *until]
    if card and not card.channel_id.startswith("D"):
        link = RichTextElementParts.Link(url=card_link(team_url, card), text="Open its card")
        parts += [plain("\n"), link]
    return parts


def _pause(state: ApprovalState) -> str:
    return "its question is answered" if state.paused_at else "a time that is being worked out"


def _who(state: ApprovalState, names: Mapping[str, str]) -> str:
    """Those named who can still decide, in plain words; of members of a channel, that it is any of them."""
    people = [names.get(one.user_id, one.user_id) for one in find_named(state)]
    known = [cut(strip_hidden(name), NAME_LENGTH) for name in people]
    left = len(policy.able(state)) - len(known)
    known += [f"and {left} more"] if left else []
    if known:
        return f" ({', '.join(known)})"
    return " (any of its members but whoever asked)" if find_room(state) else ""


def find_named(state: ApprovalState) -> tuple[Person, ...]:
    """Those whom an answer names of the people who can still decide."""
    return policy.able(state)[:NAMED] if state.status == "pending" else ()


def _words(state: ApprovalState) -> str:
    """The same for a notification."""
    since = f"since {stamp(state.opened_at)}"
    until = f", until {stamp(state.deadline)}" if state.deadline else ""
    return f"{short_title(state)}: waiting {since}{until}"
