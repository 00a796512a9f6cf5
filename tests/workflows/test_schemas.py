"""What other languages speak stays as it was: the stored schemas are the models', and say so before they break anybody."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.factories import NOW, build_answer, build_decision, build_question, build_request
from tests.workflows.schemas import COMMAND, STORED, build_schemas, find_breaks
from workflows.contracts import Cancellation, Contract, Outcome

STORED_SCHEMAS: dict[str, Any] = json.loads(STORED.read_text())
DECISION = build_decision(decided_at=NOW)


def change(name: str, field: str, value: Any) -> dict[str, Any]:
    """The stored schemas with another field; None removes it."""
    schemas = copy.deepcopy(STORED_SCHEMAS)
    fields = schemas["$defs"][name]["properties"]
    fields[field] = value
    if value is None:
        del fields[field]
    return schemas


def test_nobody_who_speaks_the_contract_as_stored_is_broken() -> None:
    assert find_breaks(STORED_SCHEMAS, build_schemas()) == []


def test_what_is_stored_is_what_the_models_say() -> None:
    assert build_schemas() == STORED_SCHEMAS, f"Write it anew: {COMMAND}"


@pytest.mark.parametrize(
    "spoken",
    [
        build_request(),
        DECISION,
        Outcome(
            approval_id="approval-1", status="approved", digest="d", decisions=(DECISION,), decided_at=NOW
        ),
        Cancellation(reason="no more"),
        build_question(),
        build_answer(),
    ],
)
def test_what_we_send_follows_the_stored_schemas(spoken: Contract) -> None:
    schema = STORED_SCHEMAS | {"$ref": f"#/$defs/{type(spoken).__name__}"}
    for unset in (True, False):
        sent = spoken.model_dump(mode="json", exclude_unset=unset)
        assert list(Draft202012Validator(schema).iter_errors(sent)) == []


def test_a_new_field_breaks_nobody() -> None:
    assert find_breaks(STORED_SCHEMAS, change("Outcome", "cost", {"type": "number", "default": 0})) == []


def test_other_words_about_a_field_break_nobody() -> None:
    field = STORED_SCHEMAS["$defs"]["Outcome"]["properties"]["reason"] | {"description": "Why."}
    assert find_breaks(STORED_SCHEMAS, change("Outcome", "reason", field)) == []


def test_a_field_that_is_gone_is_said() -> None:
    assert find_breaks(STORED_SCHEMAS, change("Outcome", "status", None)) == ["Outcome.status is gone"]


def test_a_status_more_is_said() -> None:
    field = copy.deepcopy(STORED_SCHEMAS["$defs"]["Outcome"]["properties"]["status"])
    field["enum"].append("perhaps")
    assert find_breaks(STORED_SCHEMAS, change("Outcome", "status", field)) == ["Outcome.status has changed"]


def test_a_field_that_becomes_required_is_said() -> None:
    schemas = copy.deepcopy(STORED_SCHEMAS)
    schemas["$defs"]["ApprovalRequest"]["required"].append("reason")
    assert find_breaks(STORED_SCHEMAS, schemas) == ["ApprovalRequest.reason is required now"]


def test_what_receivers_count_on_may_not_go_missing() -> None:
    schemas = copy.deepcopy(STORED_SCHEMAS)
    schemas["$defs"]["Outcome"]["required"].remove("digest")
    assert find_breaks(STORED_SCHEMAS, schemas) == ["Outcome.digest may be missing now"]


def test_a_model_that_is_gone_is_said() -> None:
    schemas = copy.deepcopy(STORED_SCHEMAS)
    del schemas["$defs"]["Cancellation"]
    assert find_breaks(STORED_SCHEMAS, schemas) == ["Cancellation is gone"]
