"""The shortcut New request: people ask people, by the forms of the policies, without any agent."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from activities.webapi import WebApi
from bot import filing
from bot.formbook import Formbook
from bot.forms import dump_view
from bot.gateway import Gateway, TemporalAwayError
from bot.payloads import parse_shortcut
from bot.submissions import Filing, parse_filing
from workflows.contracts import ApprovalRequest

NEW_REQUEST = "countersign_new_request"
log = structlog.stdlib.get_logger("countersign.requests")


def register(app: AsyncApp, gateway: Gateway, api: WebApi, formbook: Formbook) -> None:
    """Listen to the shortcut, to the choice of a form and to the forms."""

    async def open_start(ack: AsyncAck, body: dict[str, Any]) -> None:
        shortcut = parse_shortcut(body)
        view = dump_view(filing.render_start(formbook.forms))
        await api.call("views.open", trigger_id=shortcut.trigger_id, view=view)
        await ack()
        log.info("A form was opened", user=shortcut.user.id)

    async def choose_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        forms, name = formbook.forms, parse_filing(body).typed(filing.CHOICE_BLOCK)
        if name in forms:
            await ack(response_action="update", view=filing.render_form(name, forms[name]))
        else:
            await ack(response_action="update", view=filing.render_start(forms, filing.GONE))

    async def file_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        filed, forms = parse_filing(body), formbook.forms
        chosen = filing.read_chosen(filed.view.private_metadata)
        form = forms.get(chosen.policy)
        if form is None:
            await ack(response_action="update", view=filing.render_start(forms, filing.GONE))
        elif filing.seal_form(form) != chosen.seal:
            view = filing.render_form(chosen.policy, form, filing.CHANGED)
            await ack(response_action="update", view=view)
        elif (answers := filing.read_form(form, filed)).errors:
            await ack(response_action="errors", errors=answers.errors)
        else:
            await hand_in(gateway, ack, filed, filing.build_request(form, filed, answers.arguments))

    app.global_shortcut(NEW_REQUEST)(open_start)
    app.view(filing.CHOICE_CALLBACK)(choose_form)
    app.view(filing.FORM_CALLBACK)(file_form)


async def hand_in(gateway: Gateway, ack: AsyncAck, filed: Filing, request: ApprovalRequest) -> None:
    """Start an approval, and say so in the modal. The same submission, delivered again or repeated, starts none."""
    event_id = f"{filed.view.id}:{request.model_dump_json()}"
    try:
        approval_id = await gateway.start_approval(request, event_id)
    except TemporalAwayError as error:
        log.error("A request could not be handed on", problem=str(error), user=filed.user.id)  # noqa: TRY400 - a traceback might show what was asked
        await ack(response_action="errors", errors={filing.REASON_BLOCK: filing.AWAY})
        return
    await ack(response_action="update", view=filing.render_filed(request))
    log.info("A request was handed on", approval=approval_id, action=request.action, user=filed.user.id)
