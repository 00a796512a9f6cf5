"""The modals of Approve and remember: how far later requests may differ, then the rule itself, which is what gets made."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    InputInteractiveElement,
    NumberInputElement,
    Option,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from activities.blocks import code, context, mention, paragraphs, plain, section, strong
from activities.bounds import BoundsError, check_condition, find_reaches, write_condition
from activities.cards import card_value
from activities.text import cut, list_arguments, show_hidden, show_label, show_name, show_title, write_value
from bot.forms import all_inputs
from bot.payloads import MalformedError, Target, parse_target, read_metadata
from bot.submissions import TYPED, Filing
from workflows.contracts import ApprovalState, Bound, Leeway, Reach, Remembrance

RULE_FORM = "countersign_form_rule"
RULE_SHOWN = "countersign_form_rule_shown"
BOUND_BLOCK = "countersign_bound"
WHO_BLOCK = "countersign_who"
DAYS_BLOCK = "countersign_days"
USES_BLOCK = "countersign_uses"
TITLE_LENGTH = 150
LABEL_LENGTH = 100
HINT_LENGTH = 150
OPTION_LENGTH = 75
USUAL_DAYS, USUAL_USES = 7, 10
"""What is filled in at first, where the policy allows so much."""
WHOLE = "Write a whole number from 1 to {most}; the policy allows no more."
EFFECT = (
    "Requests that fit are approved in your name without asking anybody, while the policy allows it and you are one of "
    "those who may decide them. Each use is shown and on record. You can revoke the rule at any time: /approvals rules."
)


class Draft(BaseModel):
    """The rule that is about to be made: the card it was read from, and what was chosen."""

    model_config = ConfigDict(frozen=True)

    value: str
    reaches: tuple[Reach, ...]
    days: int = Field(ge=1)
    uses: int = Field(ge=1)
    anybody: bool = False

    @property
    def target(self) -> Target:
        """What is approved."""
        return parse_target(self.value)


class Chosen(NamedTuple):
    """What was chosen, or what is wrong with it, by the input's block."""

    draft: Draft | None = None
    errors: dict[str, str] = {}  # noqa: RUF012 - never changed


def read_draft(metadata: str) -> Draft:
    """What a view says is to be remembered.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Draft, metadata)


def render_rule_form(state: ApprovalState, allowed: Leeway) -> View:
    """How far each argument of later requests may differ, who may ask, how long and how often."""
    days, uses = min(USUAL_DAYS, allowed.days), min(USUAL_USES, allowed.uses)
    return View(
        type="modal",
        callback_id=RULE_FORM,
        title=_text("Approve and remember"),
        submit=_text("See the rule"),
        close=_text("Close"),
        private_metadata=card_value(state),
        blocks=[
            _subject(
                state,
                "Which later requests are approved like this one, without asking? You see the rule first.",
            ),
            *(_bound_input(index, one) for index, one in enumerate(state.request.arguments.items())),
            _input(WHO_BLOCK, "Asked by", _who_choice(), _agent_hint(state)),
            _input(DAYS_BLOCK, "For how many days", _number(days, allowed.days), f"{allowed.days} at most."),
            _input(
                USES_BLOCK, "For how many requests", _number(uses, allowed.uses), f"{allowed.uses} at most."
            ),
        ],
    )


def _text(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _input(block: str, label: str, element: InputInteractiveElement, hint: str = "") -> Block:
    told = _text(hint) if hint else None
    return InputBlock(block_id=block, label=_text(label), element=element, hint=told)


def _option(value: str, text: str) -> Option:
    return Option(value=value, text=_text(cut(text, OPTION_LENGTH)))


def _bound_input(index: int, argument: tuple[str, JsonValue]) -> Block:
    name, value = argument
    shown = show_name(write_value(value))
    words = {"exact": f"Exactly {shown}", "most": f"At most {shown} (from 0 on)", "any": "Anything"}
    options = [_option(reach, words[reach]) for reach in find_reaches(value)]
    element = StaticSelectElement(action_id=TYPED, options=options, initial_option=options[0])
    long = any(len(words[reach]) > OPTION_LENGTH for reach in find_reaches(value))
    hint = cut(f"Now: {shown}", HINT_LENGTH) if long else ""
    label = cut(show_label(name), LABEL_LENGTH)
    return _input(f"{BOUND_BLOCK}_{index}", label, element, hint)


def _who_choice() -> InputInteractiveElement:
    options = [_option("same", "The same person as now"), _option("anybody", "Anybody but me")]
    return StaticSelectElement(action_id=TYPED, options=options, initial_option=options[0])


def _agent_hint(state: ApprovalState) -> str:
    agent = state.request.agent
    return cut(
        f"Through the agent {show_name(agent)} only." if agent else "Without an agent only.", HINT_LENGTH
    )


def _number(initial: int, most: int) -> InputInteractiveElement:
    return NumberInputElement(
        action_id=TYPED,
        is_decimal_allowed=False,
        initial_value=str(initial),
        min_value="1",
        max_value=str(most),
    )


def read_choices(state: ApprovalState, allowed: Leeway, filing: Filing) -> Chosen:
    """What was chosen in the form.

    Raises:
        MalformedError: it holds what it did not offer.
    """
    reaches: tuple[Reach, ...] = tuple(
        _read_reach(filing.typed(f"{BOUND_BLOCK}_{index}"), value)
        for index, value in enumerate(state.request.arguments.values())
    )
    limits = {DAYS_BLOCK: allowed.days, USES_BLOCK: allowed.uses}
    counts = {block: _read_count(filing.typed(block), most) for block, most in limits.items()}
    errors = {block: WHOLE.format(most=limits[block]) for block, count in counts.items() if count is None}
    if errors:
        return Chosen(errors=errors)
    draft = Draft(
        value=filing.view.private_metadata,
        reaches=reaches,
        days=counts[DAYS_BLOCK] or 1,
        uses=counts[USES_BLOCK] or 1,
        anybody=filing.typed(WHO_BLOCK) == "anybody",
    )
    return Chosen(draft)


def _read_reach(typed: str, value: JsonValue) -> Reach:
    offered: dict[str, Reach] = {one: one for one in find_reaches(value)}
    reach = offered.get(typed)
    if reach is None:
        raise MalformedError("A limit is none that was offered.")
    return reach


def _read_count(typed: str, most: int) -> int | None:
    count = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= len(str(most)) else 0
    return count if 1 <= count <= most else None


def build_wish(state: ApprovalState, draft: Draft) -> Remembrance:
    """What is to be remembered, with the CEL that it comes to.

    Raises:
        BoundsError: no rule can be made of it.
    """
    names = tuple(state.request.arguments)
    if len(names) != len(draft.reaches):
        raise BoundsError("The limits are not those of what was asked.")
    bounds = tuple(Bound(name=name, reach=reach) for name, reach in zip(names, draft.reaches, strict=True))
    condition = write_condition(state.request.arguments, bounds)
    check_condition(condition, state.request)
    return Remembrance(
        bounds=bounds, condition=condition, days=draft.days, uses=draft.uses, anybody=draft.anybody
    )


def render_rule(state: ApprovalState, draft: Draft, wish: Remembrance) -> View:
    """What runs now, and the rule as it will be kept; submitting it approves the one and makes the other."""
    return View(
        type="modal",
        callback_id=RULE_SHOWN,
        title=_text("Approve and remember"),
        submit=_text("Approve and remember"),
        close=_text("Close"),
        private_metadata=draft.model_dump_json(),
        blocks=[
            _subject(state, "This is approved now, exactly as it is:"),
            *code(list_arguments(state.request.arguments)),
            _scope(state, wish),
            *code(show_hidden(wish.condition)),
            context(EFFECT),
            *all_inputs(state, "approve"),
        ],
    )


def _subject(state: ApprovalState, words: str) -> Block:
    title = show_title(state.request.title, TITLE_LENGTH)
    return paragraphs(section(strong(title), plain(f"\n{words}")))


def _scope(state: ApprovalState, wish: Remembrance) -> Block:
    """For which requests the rule is, besides their arguments."""
    request = state.request
    agent = f" through the agent {show_name(request.agent)}" if request.agent else " without an agent"
    who = [plain("anybody but you")] if wish.anybody else [mention(request.requester)]
    requests = "the next request" if wish.uses == 1 else f"the next {wish.uses} requests"
    days = "1 day" if wish.days == 1 else f"{wish.days} days"
    return paragraphs(
        section(
            strong("The rule: "),
            plain(f"for {days}, {requests} to {show_name(request.action)}, asked by "),
            *who,
            plain(f"{agent}, whose arguments fit this (CEL):"),
        )
    )
