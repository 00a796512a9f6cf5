"""Which messages a state of an approval calls for: pure functions from state to posts."""

from workflows.contracts import ApprovalState, MessageRef, Plan, Post, Publication, Summary

CARD = "card"


def card_post(state: ApprovalState, plan: Plan) -> Post:
    """The card: posted where there is none yet, rewritten where there is."""
    if state.cards:
        return Post(view="card", key=CARD, channel_id=state.cards[0].channel_id, ts=state.cards[0].ts)
    return Post(view="card", key=CARD, channel_id=plan.card_channel)


def opening_posts(state: ApprovalState, plan: Plan) -> tuple[Post, ...]:
    """The card first, and while there is none yet, a word to the requester about who has it."""
    card, origin = card_post(state, plan), state.request.origin
    if card.ts or origin is None:
        return (card,)
    return (card, Post(view="asked", key="asked", channel_id=origin.channel_id, thread_ts=origin.thread_ts))


def closing_posts(state: ApprovalState) -> tuple[Post, ...]:
    """What the end of a request calls for: the card without buttons, an answer to the requester, the channels told."""
    plan, origin = state.plan, state.request.origin
    posts: list[Post] = []
    if plan:
        posts.append(card_post(state, plan))
    if origin:
        posts.append(
            Post(view="reply", key="reply", channel_id=origin.channel_id, thread_ts=origin.thread_ts),
        )
    if plan:
        posts += [
            Post(view="outcome", key=f"outcome-{channel}", channel_id=channel)
            for channel in dict.fromkeys(plan.outcome_channels)
        ]
    return tuple(posts)


def closing_publication(state: ApprovalState, *, again: bool) -> Publication:
    """The last messages; without a known card, an earlier attempt may have posted one that must not keep its buttons."""
    return Publication(state=state, posts=closing_posts(state), again=again or not state.cards)


def summary(state: ApprovalState) -> Summary:
    """The row that lists show."""
    card: MessageRef | None = state.cards[0] if state.cards else None
    return Summary(
        title=state.request.title,
        requester=state.request.requester,
        opened_at=state.opened_at,
        deadline=state.deadline,
        card=card,
    )
