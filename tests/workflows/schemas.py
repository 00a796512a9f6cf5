"""The public JSON contract as JSON Schemas: `python -m tests.workflows.schemas` writes them to `workflows/schema.json`.

What would break those who speak it already is refused. To break it all the same, remove the file first, and say so in the
CHANGELOG.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from workflows.contracts import Answer, ApprovalRequest, Cancellation, Decision, Outcome, Question

STORED = Path(__file__).parents[2] / "workflows" / "schema.json"
SPOKEN: tuple[type[BaseModel], ...] = (ApprovalRequest, Outcome, Decision, Cancellation, Question, Answer)
WORDS = {"title", "description"}
COMMAND = "python -m tests.workflows.schemas"
Json = dict[str, Any]


def build_schemas() -> Json:
    """The schemas as the models are now. Fields with defaults may be missing, in what is received, too."""
    mode: Literal["validation"] = "validation"
    _, schemas = models_json_schema([(model, mode) for model in SPOKEN])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schemas}


def find_breaks(before: Json, after: Json) -> list[str]:
    """What somebody who speaks the contract as it was before would stumble over, a sentence each.

    What is new must not be required, and all that was there stays as it was: a value more is something that a receiver
    does not know, a value fewer something that a sender may not send any more.
    """
    found: list[str] = []
    for name, old in before["$defs"].items():
        new = after["$defs"].get(name)
        found += [f"{name} is gone"] if new is None else _compare(name, old, new)
    return found


def _compare(name: str, old: Json, new: Json) -> list[str]:
    fields, kept = old.get("properties", {}), new.get("properties", {})
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    found = [f"{name}.{field} is gone" for field in fields if field not in kept]
    found += [f"{name}.{field} is required now" for field in sorted(needs - needed)]
    found += [f"{name}.{field} may be missing now" for field in sorted(needed - needs) if name == "Outcome"]
    same = (field for field in fields if field in kept)
    return found + [
        f"{name}.{field} has changed" for field in same if _bare(fields[field]) != _bare(kept[field])
    ]


def _bare(field: Json) -> Json:
    """A field's schema without what is only said about it."""
    return {key: value for key, value in field.items() if key not in WORDS}


def write_schemas() -> None:
    """Store the schemas as they are now.

    Raises:
        SystemExit: that would break those who speak the contract.
    """
    schemas = build_schemas()
    if STORED.exists() and (breaks := find_breaks(json.loads(STORED.read_text()), schemas)):
        sys.exit("Not written, as it breaks the contract: " + "; ".join(breaks))
    STORED.write_text(json.dumps(schemas, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_schemas()
