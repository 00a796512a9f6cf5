"""What `/approvals` says about delegations: handed over, taken back, in force."""

from collections.abc import Sequence

from slack_sdk.models.blocks import RichTextElement

from activities.blocks import context, header, mention, moment, paragraphs, plain, section, stamp, strong
from activities.cards import Rendered
from bot.lists import render_sentence
from workflows.contracts import Delegation, Person
from workflows.policy import same_person

UNCERTAIN = (
    "It is not certain that this was taken in, because Temporal does not answer. "
    "Look with /approvals delegations, and try again in a minute."
)
UNKNOWN_ZONE = "Slack does not say which time zone you are in, so nothing was changed. Try again in a minute."
NO_DELEGATIONS = "Nobody decides for anybody else."
NOTHING_REVOKED = "Nobody decides for you, so there was nothing to take back."
DELEGATIONS_SHOWN = 40


def render_delegated(wish: Delegation) -> Rendered:
    """Told to a principal: what will happen now, in words."""
    who, until = mention(wish.delegate), moment(wish.until)
    parts = [plain("Until "), until]
    if wish.away:
        parts += [plain(", cards ask "), who, plain(" in your place; "), who, plain(" may decide for you.")]
    else:
        parts += [plain(", "), who, plain(" may decide for you.")]
    parts.append(plain(" You may still decide yourself. Take it back with /approvals back."))
    name = f"<@{wish.delegate.user_id}>"
    return Rendered(f"Until {stamp(wish.until)}, {name} may decide for you.", [paragraphs(section(*parts))])


def render_revoked(revoked: Sequence[Delegation]) -> Rendered:
    """Told to a principal: what they have taken back."""
    if not revoked:
        return render_sentence(NOTHING_REVOKED)
    parts = [plain("Taken back: ")]
    for one in revoked:
        parts += [mention(one.delegate), plain(" no longer decides for you. ")]
    parts.append(plain("What was decided until now stays decided."))
    return Rendered("Taken back: nobody decides for you any more.", [paragraphs(section(*parts))])


def render_delegations(delegations: Sequence[Delegation], reader: Person) -> Rendered:
    """Who decides for whom until when: the reader's own first, then those that end soonest."""
    if not delegations:
        return render_sentence(NO_DELEGATIONS)
    ordered = sorted(delegations, key=lambda one: (not same_person(one.principal, reader), one.until))
    rows = [_delegation(one, reader) for one in ordered[:DELEGATIONS_SHOWN]]
    blocks = [header("Who decides for whom"), paragraphs(*rows)]
    if len(ordered) > DELEGATIONS_SHOWN:
        blocks.append(context(f"and {len(ordered) - DELEGATIONS_SHOWN} more, which end later"))
    return Rendered(f"Delegations in force: {len(ordered)}", blocks)


def _delegation(one: Delegation, reader: Person) -> RichTextElement:
    own = [strong("Yours: ")] if same_person(one.principal, reader) else []
    away = ", who is away," if one.away else ""
    return section(
        *own,
        mention(one.delegate),
        plain(" for "),
        mention(one.principal),
        plain(f"{away} until "),
        moment(one.until),
    )
