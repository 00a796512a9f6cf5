"""The guard's decorator; what the guard does is told in tests/workflows/test_tools.py."""

import pytest

from activities.guard import ReceiptError, needs_receipt, read_receipt


def test_a_marked_function_is_the_same_function() -> None:
    def pay() -> None:
        """Nothing."""

    assert needs_receipt(pay) is pay


def test_outside_of_gated_activities_there_is_no_receipt() -> None:
    with pytest.raises(ReceiptError, match="runs without a receipt") as refused:
        read_receipt()
    assert (refused.value.type, refused.value.non_retryable) == ("receipt_missing", True)
