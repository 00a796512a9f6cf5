"""What a conversation may use: over the limit it is told so, and a day is forgotten after a day."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tests.factories import NOW
from workflows.allowance import DAY, Allowance, Spent, add_tokens, begin_message, find_excess

TWO = Allowance(messages_a_day=2, tokens=100)


def test_a_new_conversation_may() -> None:
    assert find_excess(Allowance(), Spent(), NOW) == ""


def test_messages_of_a_day_are_counted_and_forgotten_after_it() -> None:
    spent = begin_message(begin_message(Spent(), NOW), NOW + timedelta(hours=1))
    assert "2 messages answered in a day" in find_excess(TWO, spent, NOW + timedelta(hours=2))
    assert find_excess(TWO, spent, NOW + DAY) == ""
    assert len(begin_message(spent, NOW + DAY).answered) == 2


def test_tokens_are_counted_for_good() -> None:
    spent = add_tokens(add_tokens(Spent(), 60), 39)
    assert find_excess(TWO, spent, NOW) == ""
    assert "used up its 100 tokens" in find_excess(TWO, add_tokens(spent, 1), NOW + 10 * DAY)


@pytest.mark.parametrize("name", list(Allowance.model_fields))
def test_nothing_is_allowed_not_at_all(name: str) -> None:
    with pytest.raises(ValidationError):
        Allowance.model_validate({name: 0})
