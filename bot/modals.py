"""The Details modal: every argument, page by page, and Approve on the last page."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import code, context, paragraphs, plain, section, strong
from activities.cards import card_value, full_text
from activities.text import show_name, show_title, split_pages
from bot.forms import needed_inputs
from bot.payloads import MalformedError, Target, parse_target
from workflows.contracts import ApprovalState
from workflows.digest import DIGEST_SHOWN

CALLBACK = "countersign_details"
PREVIOUS = "countersign_previous"
NEXT = "countersign_next"
PAGE_LENGTH = 8_000
TITLE_LENGTH = 24
HEADLINE_LENGTH = 150


class Place(BaseModel):
    """Where a reader is: in which request, on which page (from 0). Kept in the view's private metadata."""

    model_config = ConfigDict(frozen=True)

    value: str
    page: int = Field(ge=0)

    @property
    def target(self) -> Target:
        """What is being read."""
        return parse_target(self.value)


class Details(NamedTuple):
    """A page of a request."""

    place: Place
    pages: int
    text: str


def read_place(metadata: str) -> Place:
    """Where a view is, from its private metadata.

    Raises:
        MalformedError: the metadata is not ours.
    """
    try:
        return Place.model_validate_json(metadata)
    except ValidationError:
        raise MalformedError("A view's metadata is not ours.") from None


def find_page(state: ApprovalState, number: int) -> Details:
    """A page of all arguments; a number past the end is the last page."""
    pages = split_pages(full_text(state), PAGE_LENGTH)
    number = min(number, len(pages) - 1)
    return Details(Place(value=card_value(state), page=number), len(pages), pages[number])


def render_details(state: ApprovalState, number: int) -> View:
    """A page of the modal; Approve is its submit button on the last page, while the request is open."""
    details = find_page(state, number)
    last = details.place.page + 1 == details.pages
    approvable = last and state.status == "pending"
    return View(
        type="modal",
        callback_id=CALLBACK,
        title=PlainTextObject(text=show_title(state.request.title, TITLE_LENGTH), emoji=False),
        submit=PlainTextObject(text="Approve") if approvable else None,
        close=PlainTextObject(text="Close"),
        private_metadata=details.place.model_dump_json(),
        blocks=[*_page(state, details), *(needed_inputs(state, "approve") if approvable else [])],
    )


def _page(state: ApprovalState, details: Details) -> list[Block]:
    number, count = details.place.page + 1, details.pages
    title = show_title(state.request.title, HEADLINE_LENGTH)
    top = section(
        strong(title), plain(f"\nAction {show_name(state.request.action)}, page {number} of {count}")
    )
    blocks: list[Block] = [paragraphs(top), *code(details.text)]
    if count > 1:
        blocks.append(_turns(details))
    blocks.append(context(f"{_advice(state, number == count)} Digest {state.digest[:DIGEST_SHOWN]}."))
    return blocks


def _advice(state: ApprovalState, last: bool) -> str:  # noqa: FBT001 - a fact about the page, not a switch
    if state.status != "pending":
        return f"This request is already {state.status}."
    return "This is the end; you can approve now." if last else "Approve is on the last page."


def _turns(details: Details) -> Block:
    number = details.place.page
    buttons: list[ButtonElement] = []
    if number > 0:
        buttons.append(ButtonElement(text="Previous page", action_id=PREVIOUS, value=str(number - 1)))
    if number + 1 < details.pages:
        buttons.append(
            ButtonElement(text="Next page", action_id=NEXT, value=str(number + 1), style="primary")
        )
    return ActionsBlock(elements=buttons)


def render_notice(sentence: str) -> View:
    """A modal that only says something."""
    return View(
        type="modal",
        title=PlainTextObject(text="Countersign"),
        close=PlainTextObject(text="Close"),
        blocks=[paragraphs(section(plain(sentence)))],
    )
