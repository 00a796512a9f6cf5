"""The forms by which people ask, as pure data: within Slack's limits, for any form that a policy may have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from slack_sdk.models.views import View

from activities.contents import REASON_LENGTH
from activities.rules.forms import (
    HINT_LENGTH,
    LABEL_LENGTH,
    OPTION_LENGTH,
    TITLE_LENGTH,
    FieldSource,
    FormSource,
    Kind,
)
from bot import filing
from bot.answers import FIELD
from bot.formbook import BUILT_IN, GENERAL
from bot.forms import dump_view
from bot.payloads import MalformedError
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import TYPED, parse_filing
from tests.factories import THREAD, build_request

KINDS: tuple[Kind, ...] = ("text", "long_text", "number", "date", "choice", "user", "channel")
ELEMENTS = {
    "text": "plain_text_input",
    "long_text": "plain_text_input",
    "number": "number_input",
    "date": "datepicker",
    "choice": "static_select",
    "user": "users_select",
    "channel": "conversations_select",
}


def field(kind: Kind) -> FieldSource:
    """A field of that kind with the longest words that it may have."""
    options: Json = {"options": ("o" * OPTION_LENGTH, "p")} if kind == "choice" else {}
    words: Json = {"label": kind[0] * LABEL_LENGTH, "hint": "h" * HINT_LENGTH}
    required = kind in ("text", "number")
    return FieldSource.model_validate(
        {"name": f"f_{kind}", "kind": kind, "required": required} | words | options
    )


ALL = FormSource(title="x" * TITLE_LENGTH, action="act", fields=tuple(map(field, KINDS)))


def shown(view: View) -> Json:
    """A view as Slack gets it, and takes it."""
    body = dump_view(view)
    check_view(body, "modal")
    return body


def inputs(view: Json) -> dict[str, Json]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def submitted(words: dict[str, str]) -> Json:
    values = {block: {TYPED: {"type": "plain_text_input", "value": text}} for block, text in words.items()}
    return {"user": {"id": "U01", "team_id": "T01"}, "view": {"id": "V1", "state": {"values": values}}}


def test_every_kind_of_field_has_its_element_and_fits_slack() -> None:
    found = inputs(shown(filing.render_form("p", ALL)))
    assert [found[f"{FIELD}f_{kind}"]["element"]["type"] for kind in KINDS] == list(ELEMENTS.values())
    assert [found[f"{FIELD}f_{kind}"]["optional"] for kind in KINDS] == [
        kind not in ("text", "number") for kind in KINDS
    ]
    reason = found[filing.REASON_BLOCK]
    assert (reason["optional"], reason["element"]["max_length"]) == (True, REASON_LENGTH)


def test_the_largest_form_fits_slack() -> None:
    fields = tuple(
        FieldSource(name=f"{'n' * 57}{number}", label=f"{number}", kind="choice", options=tuple(f"{one}" for one in range(100)))
        for number in range(20)
    )  # fmt: skip
    shown(filing.render_form("p" * 100, FormSource(title="t", action="a", fields=fields), filing.CHANGED))


def test_one_form_is_opened_at_once_and_of_several_one_is_chosen() -> None:
    assert shown(filing.render_start({"p": ALL}))["callback_id"] == filing.FORM_CALLBACK
    forms = {f"{'n' * 97}{number}": ALL for number in range(100)}
    view = shown(filing.render_start(forms, filing.GONE))
    assert view["callback_id"] == filing.CHOICE_CALLBACK
    select = inputs(view)[filing.CHOICE_BLOCK]["element"]
    assert [one["value"] for one in select["options"]] == list(forms)
    assert filing.GONE in json.dumps(view)


def test_only_the_built_in_form_asks_for_a_title() -> None:
    assert filing.TITLE_BLOCK in inputs(shown(filing.render_form(BUILT_IN, GENERAL)))
    assert filing.TITLE_BLOCK not in inputs(shown(filing.render_form("p", ALL)))


def test_which_form_it_was_is_kept_and_read_back() -> None:
    view = shown(filing.render_form("p", ALL))
    chosen = filing.read_chosen(view["private_metadata"])
    assert (chosen.policy, chosen.seal) == ("p", filing.seal_form(ALL))
    changed = ALL.model_copy(update={"fields": ALL.fields[:1]})
    assert filing.seal_form(changed) != chosen.seal


@pytest.mark.parametrize("metadata", ["", "x", "{}", "[]", '{"policy": 1, "seal": "x"}'])
def test_metadata_that_is_not_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(MalformedError):
        filing.read_chosen(metadata)


def test_a_title_tells_requests_of_a_form_apart() -> None:
    filed = parse_filing(submitted({filing.REASON_BLOCK: " why "}))
    arguments: dict[str, JsonValue] = {
        "f_text": "Laptops",
        "f_number": 12.5,
        "f_user": "U01",
        "f_date": "2026-12-24",
    }
    request = filing.build_request(ALL, filed, arguments)
    assert request.title == f"{'x' * TITLE_LENGTH}: Laptops, 12.5, 2026-12-24"
    assert (request.action, request.reason, request.agent) == ("act", "why", "")
    assert filing.build_request(ALL, filed, {}).title == "x" * TITLE_LENGTH


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_title_fits_where_it_is_shown(title: str) -> None:
    filed = parse_filing(submitted({filing.TITLE_BLOCK: title, f"{FIELD}what": "x"}))
    answers = filing.read_form(GENERAL, filed)
    assert bool(answers.errors) is not bool(title.strip())
    request = filing.build_request(GENERAL, filed, answers.arguments)
    view = shown(filing.render_filed(request))
    assert not {node.get("type") for node in nodes(view)} & {"mrkdwn", "user", "link"}


@pytest.mark.parametrize(("origin", "where"), [(None, filing.DIRECT), (THREAD, filing.THREAD)])
def test_where_the_requester_is_told_is_said(origin: object, where: str) -> None:
    view = shown(filing.render_filed(build_request(origin=origin)))
    assert where in json.dumps(view)
    assert view.get("submit") is None
