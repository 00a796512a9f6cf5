"""Which messages a state of an approval calls for: pure functions from states to posts."""

from workflows import policy
from workflows.contracts import (
    ApprovalRequest,
    ApprovalState,
    Cancellation,
    Decision,
    MessageRef,
    Person,
    Plan,
    Post,
    Publication,
    Published,
    Stage,
    Summary,
    Whisper,
)

CARD = "card"
ASKED = "asked"


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
    known, request = _rewrite_asked(state), state.request
    if shown or known:
        return () if shown and shown.deadline == state.deadline else known
    if request.origin:
        return (_requester_post("asked", ASKED, request),)
    tells = request.agent == "" and state.plan is not None and state.plan.tell_requester
    return (_requester_post("asked", ASKED, request),) if tells else ()


def _lost_asked(state: ApprovalState) -> tuple[Post, ...]:
    """The word to the requester that may be there unseen: it must not keep its button either."""
    posts = _asked_post(None, state)
    return tuple(post.model_copy(update={"found_only": True}) for post in posts if post.ts is None)


def _requester_post(view: str, key: str, request: ApprovalRequest) -> Post:
    """To the requester: in the thread where it was asked; in a direct message where it was asked elsewhere."""
    origin = request.origin
    place = (origin.channel_id, origin.thread_ts) if origin else (request.requester.user_id, None)
    return Post.model_validate({"view": view, "key": key, "channel_id": place[0], "thread_ts": place[1]})


def _rewrite_asked(state: ApprovalState) -> tuple[Post, ...]:
    known = (ref for ref in state.cards if ref.key == ASKED)
    return tuple(Post(view="asked", key=ASKED, channel_id=ref.channel_id, ts=ref.ts) for ref in known)


def _thread_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Reminders and escalations: one message in each card's thread, where there is a card."""
    if shown is None:
        return ()
    cards = [ref for ref in state.cards if ref.key in _places(state)]
    posts: list[Post] = []
    for ref in cards:
        if state.escalated and (shown.escalated, shown.stage) != (state.escalated, state.stage):
            key = f"escalation-{state.stage}-{ref.key}"
            posts.append(Post(view="escalation", key=key, channel_id=ref.channel_id, thread_ts=ref.ts))
        elif state.reminded and (state.stage, state.reminded) != (shown.stage, shown.reminded):
            key = f"reminder-{state.stage}-{state.reminded}-{ref.key}"
            posts.append(Post(view="reminder", key=key, channel_id=ref.channel_id, thread_ts=ref.ts))
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
    """What the end of a request calls for: messages without buttons, an answer to the requester, others told."""
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
    return (*cards, *earlier, *_rewrite_asked(state), *_reply_post(state), *outcomes)


def _reply_post(state: ApprovalState) -> tuple[Post, ...]:
    plan = state.plan
    if plan and not plan.tell_requester:
        return ()
    return (_requester_post("reply", "reply", state.request),) if plan or state.request.origin else ()


def closing_publication(state: ApprovalState, *, again: bool) -> Publication:
    """The last messages; without a known card, an earlier attempt may have posted one that must not keep its buttons."""
    unknown = bool(_places(state)) and not has_card(state)
    lost = _lost_asked(state) if again or unknown else ()
    return Publication(state=state, posts=(*closing_posts(state), *lost), again=again or unknown)


def summary(state: ApprovalState) -> Summary:
    """The row that lists show."""
    card = next((ref for ref in reversed(state.cards) if ref.key in _places(state)), None)
    return Summary(
        title=state.request.title,
        requester=state.request.requester,
        opened_at=state.opened_at,
        deadline=state.deadline,
        card=card,
    )


def answer_decision(state: ApprovalState, decision: Decision, sentence: str) -> Whisper | None:
    """Why a decision does not count, for whoever pressed a button on a card."""
    channel = card_channel(state, policy.current_stage(state))
    return _answer(state, decision.decided_by, channel, sentence) if decision.via == "slack" else None


def answer_cancellation(state: ApprovalState, wish: Cancellation, sentence: str) -> Whisper | None:
    """The same for whoever pressed the button on the word to the requester."""
    origin = state.request.origin
    asked = next((ref.channel_id for ref in state.cards if ref.key == ASKED), None)
    place = asked or (origin.channel_id if origin else card_channel(state, policy.current_stage(state)))
    return _answer(state, wish.cancelled_by, place, sentence) if wish.via == "slack" else None


def _answer(state: ApprovalState, person: Person | None, channel: str, sentence: str) -> Whisper | None:
    if person is None or state.plan is None:
        return None
    return Whisper(approval_id=state.approval_id, person=person, channel_id=channel, sentence=sentence)


def card_channel(state: ApprovalState, stage: Stage | None) -> str:
    """The channel in which somebody who pressed a button is most likely to see an answer."""
    plan = state.plan
    return (stage.channel if stage else None) or (plan.card_channel if plan else "")
