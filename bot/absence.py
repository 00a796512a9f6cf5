"""The form in which somebody says that they are away, and who is asked in their place until when."""

from datetime import UTC, datetime

from slack_sdk.models.blocks import DateTimePickerElement, InputBlock, PlainTextObject, UserSelectElement
from slack_sdk.models.views import View

from activities.blocks import paragraphs, plain, section
from bot.payloads import MalformedError
from bot.submissions import TYPED, Filing
from workflows.contracts import Delegation, Person
from workflows.delegation import Refusal

CALLBACK = "countersign_away"
DELEGATE_BLOCK = "countersign_delegate"
UNTIL_BLOCK = "countersign_until"
EXPLANATION = (
    "While you are away, cards ask somebody in your place, who may decide for you, but never what they asked for "
    "themselves. You may still decide yourself, and can take this back at any time."
)
UNCERTAIN = (
    "It is not certain that this was taken in, because Temporal does not answer. "
    "Look at your Home tab, and try again in a minute."
)
_ABOUT_TIME = frozenset({Refusal.PAST, Refusal.FAR, Refusal.UNZONED})


def render_absence() -> View:
    """The form; submitting it hands over."""
    return View(
        type="modal",
        callback_id=CALLBACK,
        title=PlainTextObject(text="I am away"),
        submit=PlainTextObject(text="Hand over"),
        close=PlainTextObject(text="Close"),
        blocks=[
            paragraphs(section(plain(EXPLANATION))),
            InputBlock(
                block_id=DELEGATE_BLOCK,
                label=PlainTextObject(text="Who is asked in your place?"),
                element=UserSelectElement(
                    action_id=TYPED, placeholder=PlainTextObject(text="Choose a person")
                ),
            ),
            InputBlock(
                block_id=UNTIL_BLOCK,
                label=PlainTextObject(text="Until when?"),
                hint=PlainTextObject(text="By your own clock. After that you are asked again."),
                element=DateTimePickerElement(action_id=TYPED),
            ),
        ],
    )


def read_absence(filed: Filing) -> Delegation:
    """What was filled in, always the person's own delegation.

    Raises:
        MalformedError: something is missing, which Slack itself does not let through.
    """
    delegate, until = filed.typed(DELEGATE_BLOCK), filed.typed(UNTIL_BLOCK)
    if not delegate or not until.isdecimal():
        raise MalformedError("A form about an absence lacks a person or a time.")
    return Delegation(
        principal=filed.person,
        delegate=Person(team_id=filed.person.team_id, user_id=delegate),
        until=datetime.fromtimestamp(int(until), UTC),
        away=True,
    )


def place_error(sentence: str) -> dict[str, str]:
    """A refusal's sentence at the input that it is about."""
    return {UNTIL_BLOCK if sentence in _ABOUT_TIME else DELEGATE_BLOCK: sentence}
