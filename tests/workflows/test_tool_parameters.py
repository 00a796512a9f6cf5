"""Parameters: what is shown of a call is what its activity gets, whatever its types are."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from agents import RunContextWrapper
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue
from temporalio import activity

from workflows.digest import digest
from workflows.parameters import ParametersError, read_parameters


class Item(BaseModel):
    """What is sent back."""

    name: str
    count: int = 1


@activity.defn
async def refund(amount: Decimal, day: date, items: list[Item], note: str | None = None) -> None:
    """Pay money back."""


@activity.defn(name="other name")
async def misnamed() -> None:
    """Its name has a space."""


@activity.defn
async def contextual(context: RunContextWrapper[Any]) -> None:
    """It wants what only a workflow has."""


@activity.defn
async def greedy(*amounts: float) -> None:
    """It takes any number."""


@activity.defn
async def shapeless(values: dict[str, JsonValue]) -> None:
    """Its schema cannot be strict."""


@dataclass
class Desk:
    """An unhashable object with an activity."""

    @activity.defn
    async def close(self, desk: str) -> None:
        """Close it."""


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.dates(),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
    st.none() | st.just("Sorry."),
)
def test_what_is_settled_is_what_the_activity_gets(
    amount: Decimal, day: date, names: list[str], note: str | None
) -> None:
    parameters = read_parameters(refund)
    items: list[JsonValue] = [{"name": name} for name in names]
    call: dict[str, JsonValue] = {"amount": str(amount), "day": day.isoformat(), "items": items, "note": note}
    settled = parameters.settle(call)
    named = parameters.name_values((amount, day, [Item(name=name) for name in names], note))
    assert digest("refund", named) == digest("refund", settled)
    assert parameters.settle(settled) == settled


def test_defaults_are_shown_inside_of_arguments_too() -> None:
    settled = read_parameters(refund).settle({"amount": 5, "day": "2026-11-25", "items": [{"name": "a"}]})
    assert settled == {
        "amount": "5", "day": "2026-11-25", "items": [{"name": "a", "count": 1}], "note": None,
    }  # fmt: skip


def test_what_does_not_fit_is_told_by_name() -> None:
    with pytest.raises(
        ValueError, match=r"not what refund takes \(amount: .*; items\.0\.name: Field required"
    ):
        read_parameters(refund).settle({"amount": "much", "day": "2026-11-25", "items": [{}]})


@pytest.mark.parametrize("values", [(), (Decimal(1),), (1, 2, 3, 4, 5), (object(), object(), [], None)])
def test_values_that_do_not_fit_have_no_form(values: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"argument|shorter|longer|written down"):
        read_parameters(refund).name_values(values)


@pytest.mark.parametrize("close", [Desk.close, Desk().close])
def test_a_method_has_the_same_parameters_as_a_stub_and_of_an_object(close: Any) -> None:
    assert read_parameters(close).settle({"desk": "a"}) == {"desk": "a"}


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (test_defaults_are_shown_inside_of_arguments_too, "is no activity: decorate it with @activity.defn"),
        (misnamed, "'other name' is no name for a tool"),
        (contextual, "contextual cannot be a tool: an activity takes plain parameters"),
        (greedy, "greedy cannot be a tool: an activity takes plain parameters"),
        (shapeless, "shapeless cannot be a tool: additionalProperties"),
    ],
)
def test_what_cannot_be_a_tool_says_why(function: Any, sentence: str) -> None:
    with pytest.raises(ParametersError) as refused:
        read_parameters(function)
    assert sentence in str(refused.value)
    assert read_parameters(shapeless, strict=False).action == "shapeless"
