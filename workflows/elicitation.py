"""Questions to people, asked as requests that are approved by an answer; pure functions and their contracts.

The name and the kinds of answers are those of MCP's elicitation: one of some options, flat fields by a JSON Schema, or words.
"""

import json
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from workflows.contracts import (
    ApprovalRequest,
    Contract,
    Decision,
    JsonObject,
    Plan,
)
from workflows.titles import TITLE_LENGTH

ASK_HUMAN = "ask_human"
"""The action that makes a request a question. It is part of the digest, so no question passes for anything else."""
QUESTION_LENGTH = 3_000
ANSWER_LENGTH = 2_000
OPTION_LENGTH = 70
"""A menu's options take 75 characters, and texts among them may stand in quotes."""
MOST_OPTIONS = 100
MOST_FIELDS = 20
NAME_LENGTH = 60
ANSWER = "Answer"
"""The name of the only field where an answer is an option or words."""
_PLAIN = frozenset({"string", "number", "integer", "boolean"})
_COMBINING = frozenset({"$ref", "allOf", "oneOf", "not", "if", "then", "else", "patternProperties"})


class ElicitationError(ValueError):
    """This cannot be asked; the message says why, in a sentence."""


def _check_option(option: str) -> str:
    if not option.isprintable() or option != option.strip():
        raise ValueError("an option has to be one line without hidden characters or blanks around it")
    if len(json.dumps(option, ensure_ascii=False)) > OPTION_LENGTH + 2:
        raise ValueError(f"an option has more than {OPTION_LENGTH} characters, as JSON writes it")
    return option


class Elicitation(Contract):
    """The arguments of a question: with options the answer is one of them, with a schema (`form`) it is an object, else words."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=QUESTION_LENGTH)
    options: tuple[Annotated[str, Field(min_length=1, max_length=OPTION_LENGTH)], ...] = Field(
        default=(), max_length=MOST_OPTIONS
    )
    form: JsonObject | None = Field(default=None, alias="schema")

    @field_validator("question")
    @classmethod
    def _check_question(cls, question: str) -> str:
        if not question.strip():
            raise ValueError("the question is empty")
        return question

    @field_validator("options")
    @classmethod
    def _check_options(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(options)) < len(options):
            raise ValueError("an option is there twice")
        return tuple(map(_check_option, options))

    @model_validator(mode="after")
    def _check_form(self) -> "Elicitation":
        if self.form is None:
            return self
        if self.options:
            raise ValueError("a question has options or a schema, not both")
        _check_schema(self.form)
        return self

    @property
    def parameters(self) -> JsonObject:
        """The JSON Schema of the fields in which it is answered."""
        if self.form is not None:
            return self.form
        words: JsonObject = {"type": "string", "maxLength": ANSWER_LENGTH, "pattern": r"\S"}
        shape: JsonObject = {"type": "string", "enum": list(self.options)} if self.options else words
        return {"type": "object", "properties": {ANSWER: shape}, "required": [ANSWER]}

    def spread(self, answer: JsonValue) -> JsonObject:
        """An answer as the values of its fields; what has none in this question is one that no schema takes."""
        if self.form is None:
            return {ANSWER: answer}
        return answer if isinstance(answer, dict) else {"": answer}

    def gather(self, values: JsonObject) -> JsonValue:
        """The values of its fields as an answer."""
        return values if self.form is not None else values.get(ANSWER)


class AnswerQuery(Contract):
    """An answer to a question, to be held against what the question takes."""

    request: ApprovalRequest
    answer: JsonValue


class AnswerCheck(Contract):
    """What is wrong with an answer, a sentence each."""

    problems: tuple[str, ...] = ()


def is_question(request: ApprovalRequest) -> bool:
    """Whether a request asks people for an answer, and not for leave to do something."""
    return request.action == ASK_HUMAN


def read_elicitation(arguments: JsonObject) -> Elicitation:
    """What is asked.

    Raises:
        ElicitationError: it is no question that people could be asked.
    """
    try:
        return Elicitation.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        cause = first["msg"].removeprefix("Value error, ")
        where = f" ({place})" if place else ""
        raise ElicitationError(f"This question cannot be asked{where}: {cause}") from None


class Posed(NamedTuple):
    """A question as a request has it: all of it is in the arguments, and hence in the digest."""

    title: str
    arguments: JsonObject


def pose_question(question: str, options: Sequence[str], form: JsonObject | None) -> Posed:
    """A question as a request has it. Whether it can be asked is found out when it is."""
    title = next((line.strip() for line in question.splitlines() if line.strip()), "A question")
    arguments: JsonObject = {"question": question}
    arguments |= {"options": list(options)} if options else {}
    arguments |= {"schema": form} if form is not None else {}
    return Posed(title[:TITLE_LENGTH], arguments)


def find_obstacle(request: ApprovalRequest, plan: Plan) -> str:
    """Why a plan leads to no answer, whoever decides what; nothing where it does, or where nothing is asked."""
    if not is_question(request) or (plan.effect == "deny" and not plan.shadow):
        return ""
    if plan.shadow or plan.effect == "approve":
        return f"Policy {plan.policy} lets things pass without asking anybody, and that answers no question"
    if len(plan.stages) > 1 or any(stage.quorum > 1 for stage in plan.stages):
        return (
            f"Policy {plan.policy} wants more than one person to agree, and a question takes one answer: "
            f"give the action {ASK_HUMAN} a policy with one stage and a quorum of 1"
        )
    return ""


def fit_plan(request: ApprovalRequest, plan: Plan) -> Plan:
    """The plan without what makes no sense of a question: an answer is written anyway, and is for what was asked alone."""
    fitting = {"severity": "low", "change": "never", "remember": None}
    return plan.model_copy(update=fitting) if is_question(request) else plan


def choose(request: ApprovalRequest, decision: Decision) -> Decision:
    """A decision that chooses an option by its number, with that option as its answer."""
    options = request.arguments.get("options") if is_question(request) else None
    number = decision.choice
    if number is None or decision.answer is not None or not isinstance(options, list):
        return decision
    if number >= len(options):
        return decision
    return decision.model_copy(update={"answer": options[number], "choice": None})


def describe_model(model: type[BaseModel]) -> JsonObject:
    """The JSON Schema of a flat pydantic model, with what it refers to (enumerations) in its place."""
    schema: JsonObject = model.model_json_schema()
    definitions = schema.pop("$defs", None)
    known = definitions if isinstance(definitions, dict) else {}
    return {name: _inline(part, known) for name, part in schema.items()}


def _inline(part: JsonValue, definitions: JsonObject) -> JsonValue:
    """What a definition refers to itself stays a reference, which no question takes: that is not flat."""
    if isinstance(part, list):
        return [_inline(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    inlined = {name: _inline(one, definitions) for name, one in part.items() if name != "$ref"}
    meant = definitions.get(str(part.get("$ref")).rpartition("/")[2])
    return {**meant, **inlined} if isinstance(meant, dict) else inlined


def _check_schema(schema: JsonObject) -> None:
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict) or not properties:
        raise ValueError("its schema has to be of an object with properties")
    if _COMBINING & set(schema):
        raise ValueError("its schema combines others, and no form can be made of that")
    if len(properties) > MOST_FIELDS:
        raise ValueError(f"it has more than {MOST_FIELDS} fields")
    for name, part in properties.items():
        if not name.strip() or not name.isprintable() or len(name) > NAME_LENGTH:
            raise ValueError(f"a field's name is empty, has hidden characters or more than {NAME_LENGTH}")
        if not _is_flat(part):
            raise ValueError(
                f"the field {name} is none of: text, date, number, integer, boolean, choice, list of choices"
            )


def _is_flat(part: JsonValue) -> bool:
    if not isinstance(part, dict) or _COMBINING & set(part):
        return False
    several = part.get("anyOf")
    if several is None:
        return _is_shape(part)
    shapes = [one for one in several if one != {"type": "null"}] if isinstance(several, list) else []
    return len(shapes) == 1 and "type" not in part and _is_shape(shapes[0])


def _is_shape(part: JsonValue) -> bool:
    if not isinstance(part, dict) or (_COMBINING | {"anyOf"}) & set(part):
        return False
    kinds = _find_kinds(part)
    if kinds == ["array"]:
        items = part.get("items")
        return isinstance(items, dict) and "enum" in items and _is_shape(items)
    plain = len(kinds) == 1 and kinds[0] in _PLAIN
    return (plain or "enum" in part) and ("enum" not in part or _is_choice(part["enum"]))


def _find_kinds(part: JsonObject) -> list[str]:
    """The types that it names, but for null, which only says that it may be left out."""
    named = part.get("type")
    return [str(one) for one in (named if isinstance(named, list) else [named]) if one != "null"]


def _is_choice(values: JsonValue) -> bool:
    """Whether a menu can offer these values."""
    if not isinstance(values, list) or not 0 < len(values) <= MOST_OPTIONS:
        return False
    written = [json.dumps(one, ensure_ascii=False) for one in values]
    plain = all(isinstance(one, str | int | float) and one != "" for one in values)
    short = all(one.isprintable() and len(one) <= OPTION_LENGTH for one in written)
    return plain and short and len(set(written)) == len(written)
