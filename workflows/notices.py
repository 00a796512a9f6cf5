"""Which messages a state of an approval calls for: pure functions from states to posts."""

import json

from workflows import policy
from workflows.contracts import (
    ApprovalState,
    Brief,
    MessageRef,
    Person,
    Plan,
    Post,
    Publication,
    Published,
    Stage,
    Summary,
    Verdict,
)

CARD = "card"
ASKED = "asked"
VERDICTS: tuple[Verdict, ...] = ("approve", "reject")
BRIEF_LENGTH = 300
"""How many characters of arguments and reason a row of a list has room for."""


def opening_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """What Slack needs to show `state` where it shows `shown`: cards, a word to the requester, words in the thread.

    The cards of the current stage come first; without any of them nobody could decide it.
    """
    cards = card_posts(state)
    moved = () if shown and _places(shown) == _places(state) else _moved_posts(state, cards)
    return (*cards, *moved, *_asked_post(shown, state), *_thread_posts(shown, state))


def card_posts(state: ApprovalState) -> tuple[Post, ...]:
    """The current stage's cards: posted where there is none yet, rewritten where there is."""
    known = {ref.key: ref for ref in state.cards}
    return tuple(_place_post("card", place, known) for place in _places(state).items())


def _place_post(view: str, place: tuple[str, str], known: dict[str, MessageRef]) -> Post:
    key, channel = place
    ref = known.get(key) or MessageRef(channel_id=channel, ts="")
    return Post.model_validate({"view": view, "key": key, "channel_id": ref.channel_id, "ts": ref.ts or None})


def _places(state: ApprovalState) -> dict[str, str]:
    """Where the current stage's cards belong: channels and people by the cards' keys."""
    plan, stage = state.plan, policy.current_stage(state)
    if plan is None:
        return {}
    if stage is None or plan.shadow:
        return {CARD: plan.card_channel} if plan.shadow else {}
    channel = stage.channel or plan.card_channel
    places = {} if stage.card == "direct" else {card_key(plan, channel): channel}
    if stage.card != "channel":
        places |= {card_key(plan, one): one for one in _addressees(state, plan)}
    return places


def card_key(plan: Plan, place: str) -> str:
    """The key of the card in a channel or a person's direct messages."""
    return CARD if place == plan.card_channel else f"{CARD}-{place}"


def _addressees(state: ApprovalState, plan: Plan) -> tuple[str, ...]:
    """Who is written to: whoever may decide, or decides for them; who is away only through their delegate."""
    if state.roster is None:
        return ()
    earlier = tuple(one for one in state.decisions if one.stage < state.stage) if plan.distinct else ()
    out = policy.barred(state.model_copy(update={"decisions": earlier}))
    delegations = [one for one in state.roster.delegations if not _is_among(one.principal, out)]
    away = tuple(one.principal for one in delegations if one.away)
    people = [person for person in state.roster.people if person not in away]
    people += [one.delegate for one in delegations]
    return tuple(dict.fromkeys(one.user_id for one in people if not _is_among(one, out)))


def _is_among(person: Person, others: tuple[Person, ...]) -> bool:
    return any(policy.same_person(person, one) for one in others)


def _moved_posts(state: ApprovalState, cards: tuple[Post, ...]) -> tuple[Post, ...]:
    """Cards of earlier stages, and of people who are asked no more, lose their buttons."""
    current = {post.key for post in cards}
    return tuple(
        Post(view="moved", key=ref.key, channel_id=ref.channel_id, ts=ref.ts)
        for ref in state.cards
        if ref.key.startswith(CARD) and ref.key not in current
    )


def _asked_post(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """The requester is told once who has it, and that message follows the stages."""
    origin = state.request.origin
    known = next((ref for ref in state.cards if ref.key == ASKED), None)
    if origin is None or (shown and (known is None or shown.deadline == state.deadline)):
        return ()
    ts = known.ts if known else None
    return (Post(view="asked", key=ASKED, channel_id=origin.channel_id, thread_ts=origin.thread_ts, ts=ts),)


def _thread_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Reminders and escalations: one message in each card's thread, where there is a card."""
    if shown is None:
        return ()
    cards = [ref for ref in state.cards if ref.key in _places(state)]
    posts: list[Post] = []
    for ref in cards:
        place = {"channel_id": ref.channel_id, "thread_ts": ref.ts}
        if state.escalated and (shown.escalated, shown.stage) != (state.escalated, state.stage):
            posts.append(Post(view="escalation", key=f"escalation-{state.stage}-{ref.key}", **place))
        elif state.reminded and (state.stage, state.reminded) != (shown.stage, shown.reminded):
            key = f"reminder-{state.stage}-{state.reminded}-{ref.key}"
            posts.append(Post(view="reminder", key=key, **place))
    return tuple(posts)


def differ(shown: ApprovalState, state: ApprovalState) -> bool:
    """Whether Slack has to be told of a change: a decision, a stage, an escalation, a reminder, a new deadline."""
    return _marks(shown) != _marks(state)


def _marks(state: ApprovalState) -> tuple[object, ...]:
    return (state.decisions, state.stage, state.escalated, state.reminded, state.deadline, state.roster)


def place_cards(state: ApprovalState, posts: tuple[Post, ...], published: Published) -> ApprovalState:
    """Remember where messages are that will be rewritten: the cards, and the word to the requester."""
    known = {ref.key: ref for ref in state.cards}
    for post, ref in zip(posts, published.messages, strict=False):  # none at all where it failed for good
        if ref and (post.key.startswith(CARD) or post.key == ASKED):
            known[post.key] = ref.model_copy(update={"key": post.key})
    return state.model_copy(update={"cards": tuple(known.values())})


def has_card(state: ApprovalState) -> bool:
    """Whether the current stage can be decided anywhere in Slack."""
    return any(ref.key in _places(state) for ref in state.cards)


def closing_posts(state: ApprovalState) -> tuple[Post, ...]:
    """What the end of a request calls for: cards without buttons, an answer to the requester, others told."""
    plan = state.plan
    cards = card_posts(state)
    current = {post.key for post in cards}
    earlier = [
        Post(view="card", key=ref.key, channel_id=ref.channel_id, ts=ref.ts)
        for ref in state.cards
        if ref.key.startswith(CARD) and ref.key not in current
    ]
    told = dict.fromkeys((*plan.outcome_channels, *plan.tell_people)) if plan else {}
    outcomes = [Post(view="outcome", key=f"outcome-{place}", channel_id=place) for place in told]
    return (*cards, *earlier, *_reply_post(state), *outcomes)


def _reply_post(state: ApprovalState) -> tuple[Post, ...]:
    """The requester's own: in the thread where it was asked; in a direct message where it was asked elsewhere."""
    origin, plan = state.request.origin, state.plan
    if plan and not plan.tell_requester:
        return ()
    if origin:
        return (Post(view="reply", key="reply", channel_id=origin.channel_id, thread_ts=origin.thread_ts),)
    return (Post(view="reply", key="reply", channel_id=state.request.requester.user_id),) if plan else ()


def closing_publication(state: ApprovalState, *, again: bool) -> Publication:
    """The last messages; without a known card, an earlier attempt may have posted one that must not keep its buttons."""
    unknown = bool(_places(state)) and not has_card(state)
    return Publication(state=state, posts=closing_posts(state), again=again or unknown)


def summary(state: ApprovalState) -> Summary:
    """The row that lists show."""
    request, plan, stage = state.request, state.plan, policy.current_stage(state)
    return Summary(
        title=request.title,
        requester=request.requester,
        opened_at=state.opened_at,
        deadline=state.deadline,
        card=_shared_card(state),
        action=request.action,
        policy=plan.policy if plan else "",
        digest=state.digest,
        stage=state.stage,
        stages=len(plan.stages) if plan else 0,
        stage_name=stage.name if stage else "",
        severity=plan.severity if plan else "low",
        asks=_demanding(plan),
        brief=_brief(state),
    )


def _shared_card(state: ApprovalState) -> MessageRef | None:
    """The current stage's card; one in a channel, where there is one, as nobody opens another's direct messages."""
    cards = [ref for ref in reversed(state.cards) if ref.key in _places(state)]
    return min(cards, key=lambda ref: ref.channel_id.startswith("D"), default=None)


def _demanding(plan: Plan | None) -> tuple[Verdict, ...]:
    """The verdicts that have to come with more than a click: words, or a second thought."""
    if plan is None:
        return ()
    return tuple(verdict for verdict in VERDICTS if _asks_more(plan, verdict))


def _asks_more(plan: Plan, verdict: Verdict) -> bool:
    return any(policy.demands(plan, verdict)) or (verdict == "approve" and plan.severity == "medium")


def _brief(state: ApprovalState) -> Brief | None:
    request = state.request
    length = len(json.dumps(request.arguments, ensure_ascii=False)) + len(request.reason)
    return Brief(arguments=request.arguments, reason=request.reason) if length <= BRIEF_LENGTH else None


def card_channel(state: ApprovalState, stage: Stage | None) -> str:
    """The channel in which somebody who pressed a button is most likely to see an answer."""
    plan = state.plan
    return (stage.channel if stage else None) or (plan.card_channel if plan else "")
