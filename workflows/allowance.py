"""What a conversation may use of the model, and what it has used; what is over that is told in a sentence and not begun."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

DAY = timedelta(days=1)
NOTHING_DONE = "Nothing was done."


class Allowance(BaseModel):
    """How many model calls one message may lead to, how many messages are answered in a day, and how many tokens in all."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_calls: int = Field(default=25, ge=1)
    messages_a_day: int = Field(default=100, ge=1)
    tokens: int = Field(default=2_000_000, ge=1)


class Spent(BaseModel):
    """What has been used: tokens since the conversation began, and when messages of the last day were answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tokens: int = Field(default=0, ge=0)
    answered: tuple[datetime, ...] = ()


def find_excess(allowance: Allowance, spent: Spent, now: datetime) -> str:
    """Why one more message is not answered; empty where it may be."""
    if len(_lately(spent, now)) >= allowance.messages_a_day:
        count = allowance.messages_a_day
        return (
            f"This conversation has had {count} message{'' if count == 1 else 's'} answered in a day, which is as many as it may. "
            f"{NOTHING_DONE} Ask again later, or begin a new thread."
        )
    if spent.tokens >= allowance.tokens:
        return (
            f"This conversation has used up its {allowance.tokens:,} tokens of the model. {NOTHING_DONE} "
            "Begin a new thread, and say there again what I need to know."
        )
    return ""


def begin_message(spent: Spent, now: datetime) -> Spent:
    """One more message is being answered; those of more than a day ago are forgotten."""
    return spent.model_copy(update={"answered": (*_lately(spent, now), now)})


def add_tokens(spent: Spent, tokens: int) -> Spent:
    """So many more tokens are used."""
    return spent.model_copy(update={"tokens": spent.tokens + tokens})


def _lately(spent: Spent, now: datetime) -> tuple[datetime, ...]:
    return tuple(one for one in spent.answered if now - one < DAY)
