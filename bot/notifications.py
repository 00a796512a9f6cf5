"""Notification preferences: what somebody has chosen in a sentence, the modal in which they choose, and what they chose there."""

from collections.abc import Sequence
from datetime import time
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextObject,
    RadioButtonsElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from activities.blocks import context, header, paragraphs, plain, section
from bot.modals import render_notice
from bot.payloads import read_body, read_metadata
from bot.submissions import TYPED, Filing
from workflows.preferences import WEEK, Day, Direct, Preferences

OPEN = "countersign_notifications"
CALLBACK = "countersign_notifications_form"
DIRECT_BLOCK = "countersign_direct"
DIGEST_BLOCK = "countersign_digest_at"
BEGINS_BLOCK = "countersign_begins"
ENDS_BLOCK = "countersign_ends"
DAYS_BLOCK = "countersign_days"
NONE = "none"
HALF_HOURS = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, 30))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKDAYS: tuple[Day, ...] = (0, 1, 2, 3, 4)

NO_DIGEST = "Choose when the digest comes, as you want one instead of messages at once."
ONE_END = "Hours have two ends: choose both, or “No limit” for both."
SAME_ENDS = "Hours that begin and end at the same time are none: choose another, or “No limit” for both."
NO_DAYS = "Choose at least one day."
UNCERTAIN = (
    "It is not certain that this was kept, because Temporal does not answer. Press Save again in a minute."
)
AWAY = "Your notification settings cannot be read just now, because Temporal does not answer. Try again in a minute."
UNKNOWN_ZONE = (
    "Slack does not say which time zone you are in, so your hours cannot be chosen. Try again in a minute."
)
_CHOICES: dict[Direct, str] = {
    "policy": "As the policy says",
    "always": "A direct message at once, for everything that I can decide",
    "digest": "No message at once where a channel has the card; a daily digest",
}
_SENTENCES: dict[Direct, str] = {
    "policy": "You get a direct message at once where the policy says so.",
    "always": "You get a direct message at once for everything that you can decide.",
    "digest": "You get no direct message at once where a channel has the card.",
}


class Zone(BaseModel):
    """The zone that a form's times are in, kept in the view's private metadata."""

    model_config = ConfigDict(frozen=True)

    zone: str


class Filled(NamedTuple):
    """What was chosen, or what is wrong with it, by the input's block."""

    preferences: Preferences | None = None
    errors: dict[str, str] = {}  # noqa: RUF012 - never changed


def describe_preferences(preferences: Preferences) -> str:
    """What somebody has chosen, in words."""
    words = [_SENTENCES[preferences.direct]]
    if preferences.is_limited:
        words.append(f"{_write_limits(preferences)} nothing comes at once where a channel has the card.")
    if preferences.told_at:
        at = preferences.told_at.strftime("%H:%M")
        words.append(f"A digest of what waits for you comes at {at}, {_write_days(preferences.days)}.")
    if not preferences.is_plain:
        words.append(f"Times are by the clock of {preferences.zone}.")
    return " ".join(words)


def _write_limits(preferences: Preferences) -> str:
    days = f" {_write_days(preferences.days)}"
    if preferences.begins is None or preferences.ends is None:
        return f"Other than{days}"
    span = f"{preferences.begins.strftime('%H:%M')} to {preferences.ends.strftime('%H:%M')}"
    return f"Outside of {span}{days},"


def _write_days(days: Sequence[Day]) -> str:
    ordered = tuple(sorted(set(days)))
    if ordered == WEEK:
        return "every day"
    if ordered == WORKDAYS:
        return "on Monday to Friday"
    names = [DAYS[day] for day in ordered]
    return f"on {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"on {names[0]}"


def render_preferences(preferences: Preferences) -> list[Block]:
    """What is set now, and the button that opens the modal."""
    told = section(plain(describe_preferences(preferences)))
    return [header("Notifications"), paragraphs(told), notifications_button()]


def notifications_button() -> Block:
    """The button that opens the modal."""
    return ActionsBlock(elements=[ButtonElement(text="Notifications…", action_id=OPEN, value="open")])


def render_form(preferences: Preferences) -> View:
    """The modal, with what somebody has chosen before; its times are in the zone of the preferences."""
    return View(
        type="modal",
        callback_id=CALLBACK,
        title=_text("Notifications"),
        submit=_text("Save"),
        close=_text("Cancel"),
        private_metadata=Zone(zone=preferences.zone).model_dump_json(),
        blocks=[
            _input(DIRECT_BLOCK, "When something waits for your decision", _direct_choice(preferences)),
            _input(
                DIGEST_BLOCK,
                "Daily digest",
                _time_choice("No digest", preferences.digest_at),
                f"One message with all that waits for you, if anything does; by your clock in Slack, {preferences.zone}.",
            ),
            _input(BEGINS_BLOCK, "Messages at once only from", _time_choice("No limit", preferences.begins)),
            _input(
                ENDS_BLOCK,
                "Messages at once only until",
                _time_choice("No limit", preferences.ends),
                "What came meanwhile is told when your hours begin, or with the daily digest.",
            ),
            _input(DAYS_BLOCK, "On these days", _day_choice(preferences)),
            context(
                "Where a policy asks people by direct message only, they get it in any case. Nothing here changes who may decide."
            ),
        ],
    )


def _text(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _input(block: str, label: str, element: InputInteractiveElement, hint: str | None = None) -> Block:
    told = _text(hint) if hint else None
    return InputBlock(block_id=block, label=_text(label), element=element, hint=told)


def _option(value: str, text: str) -> Option:
    return Option(value=value, text=_text(text))


def _direct_choice(preferences: Preferences) -> InputInteractiveElement:
    options = {value: _option(value, text) for value, text in _CHOICES.items()}
    return RadioButtonsElement(
        action_id=TYPED, options=list(options.values()), initial_option=options[preferences.direct]
    )


def _time_choice(none: str, chosen: time | None) -> InputInteractiveElement:
    """Half hours, and none: what was once chosen in Slack's own time picker cannot be taken back everywhere."""
    at = chosen.strftime("%H:%M") if chosen else NONE
    times = sorted({*HALF_HOURS, at} - {NONE})
    options = {NONE: _option(NONE, none)} | {one: _option(one, one) for one in times}
    return StaticSelectElement(action_id=TYPED, options=list(options.values()), initial_option=options[at])


def _day_choice(preferences: Preferences) -> InputInteractiveElement:
    options = [_option(str(day), name) for day, name in enumerate(DAYS)]
    chosen = [options[day] for day in sorted(set(preferences.days))]
    return CheckboxesElement(action_id=TYPED, options=options, initial_options=chosen)


def read_form(filing: Filing) -> Filled:
    """What was chosen in the modal, in the name of whoever submitted it.

    Raises:
        MalformedError: it holds what it did not offer.
    """
    zone = read_metadata(Zone, filing.view.private_metadata).zone
    digest_at, begins, ends = (
        _read_time(filing, block) for block in (DIGEST_BLOCK, BEGINS_BLOCK, ENDS_BLOCK)
    )
    direct, days = filing.typed(DIRECT_BLOCK), filing.ticked(DAYS_BLOCK)
    errors: dict[str, str] = {}
    if direct == "digest" and digest_at is None:
        errors[DIGEST_BLOCK] = NO_DIGEST
    if (begins is None) != (ends is None):
        errors[ENDS_BLOCK if ends is None else BEGINS_BLOCK] = ONE_END
    elif begins and begins == ends:
        errors[ENDS_BLOCK] = SAME_ENDS
    if not days:
        errors[DAYS_BLOCK] = NO_DAYS
    if errors:
        return Filled(errors=errors)
    chosen = {"direct": direct, "digest_at": digest_at, "begins": begins, "ends": ends, "days": days}
    return Filled(read_body(Preferences, {"person": filing.person, "zone": zone, **chosen}))


def _read_time(filing: Filing, block: str) -> str | None:
    typed = filing.typed(block)
    return typed if typed and typed != NONE else None


def render_kept(preferences: Preferences) -> View:
    """Said once preferences are kept."""
    return render_notice(f"Saved. {describe_preferences(preferences)}")
