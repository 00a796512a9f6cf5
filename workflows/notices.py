"""Which messages a state of an approval calls for: pure functions from states to posts."""

import json

from workflows import policy, questions
from workflows.contracts import (
    Amendment,
    Answer,
    ApprovalRequest,
    ApprovalState,
    Brief,
    Cancellation,
    Decision,
    MessageRef,
    Person,
    Plan,
    Post,
    Publication,
    Published,
    Question,
    Roster,
    Stage,
    Summary,
    Verdict,
    Whisper,
)
from workflows.delegation import list_askable
from workflows.snippets import find_snippets

CARD = "card"
ASKED = "asked"
QUESTION = "question"
Word = Amendment | Decision | Question | Answer
_REWRITTEN = (CARD, ASKED, QUESTION)
"""How the keys begin of messages that are rewritten later, so that it is remembered where they are."""
VERDICTS: tuple[Verdict, ...] = ("approve", "reject")
BRIEF_LENGTH = 300
"""How many characters of arguments and reason a row of a list has room for."""


def opening_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """What Slack needs to show `state` where it shows `shown`: cards, a word to the requester, words in the thread.

    The cards of the current stage come first; without any of them nobody could decide it.
    """
    cards = (*card_posts(state), *_kept_posts(shown, state))
    moved = () if shown and _places(shown) == _places(state) else _moved_posts(state, cards)
    told = (*_asked_post(shown, state), *_question_posts(shown, state), *_snippet_posts(shown, state))
    return (*cards, *moved, *told, *_thread_posts(shown, state), *_news_posts(shown, state))


def _kept_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Cards of people who are not written to any more, but of whom nobody has said that they may not decide any more.

    Their wishes count from the next card on, and cannot always be read; that it goes on elsewhere would not be true.
    """
    if shown is None or _turn(shown) != _turn(state) or shown.escalated != state.escalated:
        return ()
    out, places = policy.barred(state), _places(state)
    kept = (
        ref
        for ref in state.cards
        if ref.key in _places(shown)
        and ref.key not in places
        and is_person(ref.key.removeprefix(f"{CARD}-"))
        and not any(one.user_id == ref.key.removeprefix(f"{CARD}-") for one in out)
        and not _has_left(ref.key.removeprefix(f"{CARD}-"), shown.roster, state.roster)
    )
    return tuple(Post(view="card", key=ref.key, channel_id=ref.channel_id, ts=ref.ts) for ref in kept)


def _has_left(user_id: str, before: Roster | None, now: Roster | None) -> bool:
    """Whether it is known that somebody who was asked by name is asked no more."""
    if before is None or now is None or now.count is None:
        return False
    return user_id in _named(before) and user_id not in _named(now)


def _named(roster: Roster) -> set[str]:
    """The ids of those who are asked, and of those who decide for them."""
    people = (*roster.people, *(one.delegate for one in roster.delegations))
    return {one.user_id for one in people}


def card_posts(state: ApprovalState) -> tuple[Post, ...]:
    """The current stage's cards: posted where there is none yet, rewritten where there is."""
    known = {ref.key: ref for ref in state.cards}
    posts = (_place_post("card", place, known) for place in _places(state).items())
    return tuple(_file(post, state.thread) for post in posts)


def _place_post(view: str, place: tuple[str, str], known: dict[str, MessageRef]) -> Post:
    key, channel = place
    ref = known.get(key) or MessageRef(channel_id=channel, ts="")
    return Post.model_validate({"view": view, "key": key, "channel_id": ref.channel_id, "ts": ref.ts or None})


def _file(post: Post, thread: MessageRef | None) -> Post:
    """A new card of a burst goes to the thread of the burst's message in its channel."""
    if thread is None or post.ts or post.channel_id != thread.channel_id:
        return post
    return post.model_copy(update={"thread_ts": thread.ts})


def find_room(state: ApprovalState) -> str:
    """The channel where the current stage is decided; empty where that is in direct messages only, or nowhere."""
    return next((place for place in _places(state).values() if not is_person(place)), "")


def _places(state: ApprovalState) -> dict[str, str]:
    """Where the current stage's cards belong: channels and people by the cards' keys."""
    plan, stage = state.plan, policy.current_stage(state)
    if plan is None or policy.excess(state):
        return {}
    if stage is None or plan.shadow:
        return {CARD: plan.card_channel} if plan.shadow else {}
    channel = stage.channel or plan.card_channel
    if state.grant:  # nobody was asked: whose rule it was is written to where cards go to people only
        place = state.grant.owner.user_id if stage.card == "direct" else channel
        return {card_key(plan, place): place}
    room = {} if stage.card == "direct" else {card_key(plan, channel): channel}
    return room | {card_key(plan, one): one for one in _addressees(state, plan, stage)}


def card_key(plan: Plan, place: str) -> str:
    """The key of the card in a channel or a person's direct messages."""
    return CARD if place == plan.card_channel else f"{CARD}-{place}"


def _addressees(state: ApprovalState, plan: Plan, stage: Stage) -> tuple[str, ...]:
    """Who is written to: whoever may decide, or decides for them; beside a channel's card as they wish themselves."""
    roster = state.roster
    if roster is None:
        return ()
    earlier = tuple(one for one in state.decisions if one.stage < state.stage) if plan.distinct else ()
    out = policy.barred(state.model_copy(update={"decisions": earlier}))
    asked = () if stage.card == "channel" else list_askable(roster.people, roster.delegations, out)
    chosen = None if stage.card == "direct" else _choose(state, roster)
    wanted = asked if chosen is None else chosen
    able = (one for one in wanted if not any(policy.same_person(one, other) for other in out))
    return tuple(dict.fromkeys(one.user_id for one in able))


def _choose(state: ApprovalState, roster: Roster) -> tuple[Person, ...] | None:
    """Whom their own wishes have a card beside the channel's; None where it is as the plan says.

    Who is off when the roster is found out anew keeps the card that they have: to take it away would say more than that.
    """
    if roster.direct is None:
        return None
    had = {ref.key.removeprefix(f"{CARD}-") for ref in state.cards}
    return (*roster.direct, *(one for one in roster.quiet if one.user_id in had))


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
    channel, thread = _requester_place(request)
    return Post.model_validate({"view": view, "key": key, "channel_id": channel, "thread_ts": thread})


def _requester_place(request: ApprovalRequest) -> tuple[str, str | None]:
    origin = request.origin
    return (origin.channel_id, origin.thread_ts) if origin else (request.requester.user_id, None)


def _rewrite_asked(state: ApprovalState) -> tuple[Post, ...]:
    known = (ref for ref in state.cards if ref.key == ASKED)
    return tuple(Post(view="asked", key=ASKED, channel_id=ref.channel_id, ts=ref.ts) for ref in known)


def _question_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Each question goes to whoever asked for the action; its message is rewritten when there is an answer."""
    known = {ref.key: ref for ref in state.cards}
    before = shown or state.model_copy(update={"questions": (), "answers": ()})
    posts: list[Post] = []
    for number in range(len(state.questions)):
        answered = questions.answers_to(state, number)
        if number < len(before.questions) and answered == questions.answers_to(before, number):
            continue
        key = f"{QUESTION}-{number}"
        channel, thread = _requester_place(state.request)
        ref = known.get(key) or MessageRef(channel_id=channel, ts="")
        posts.append(
            Post(
                view="question",
                key=key,
                channel_id=ref.channel_id,
                thread_ts=thread,
                ts=ref.ts or None,
                item=number,
            )
        )
    return tuple(posts)


def _news_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """What people have said since, and whose turn it is now, as one message in a card's thread."""
    first = len(said(shown)) if shown else 0
    if shown is None or first == len(said(state)):
        return ()
    return tuple(_word_post("news", f"news-{first}", ref, first) for ref in _threads(state))


def _threads(state: ApprovalState) -> list[MessageRef]:
    """The cards in whose threads people are told something: the channel's, else those of people who can still decide."""
    plan, places = state.plan, _places(state)
    if plan is None:
        return []
    cards = [ref for ref in state.cards if ref.key in places]
    rooms = [ref for ref in cards if not is_person(places[ref.key])]
    out = policy.barred(state)
    return rooms or [ref for ref in cards if not any(one.user_id == places[ref.key] for one in out)]


def is_person(place: str) -> bool:
    """Whether a place where messages go is somebody's direct messages."""
    return place.startswith(("U", "W"))


def said(state: ApprovalState) -> tuple[Word, ...]:
    """All that people have said about a request, in the order in which it was taken in."""
    words: list[Word] = [*state.amendments, *state.decisions, *state.questions, *state.answers]
    return tuple(sorted(words, key=lambda one: one.said_at or state.opened_at))


def _thread_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Reminders and escalations: one message in a card's thread, where there is a card."""
    if shown is None:
        return ()
    if state.escalated and (shown.escalated, shown.stage) != (state.escalated, state.stage):
        return tuple(_word_post("escalation", f"escalation-{_turn(state)}", ref) for ref in _threads(state))
    if state.reminded and (state.stage, state.reminded) != (shown.stage, shown.reminded):
        key = f"reminder-{_turn(state)}-{state.reminded}"
        return tuple(_word_post("reminder", key, ref) for ref in _threads(state))
    return ()


def _turn(state: ApprovalState) -> str:
    """Which stage, of which version of the request: a change begins at the first stage again."""
    return f"{len(state.amendments)}.{state.stage}" if state.amendments else str(state.stage)


def _word_post(view: str, key: str, card: MessageRef, item: int = 0) -> Post:
    """A word in a card's thread."""
    place = {"channel_id": card.channel_id, "thread_ts": card.thread_ts or card.ts}
    return Post.model_validate({"view": view, "key": f"{key}-{card.key}", "item": item, **place})


def _snippet_posts(shown: ApprovalState | None, state: ApprovalState) -> tuple[Post, ...]:
    """Arguments as large as files, once in the thread of each card that is there by now."""
    known = {ref.key for ref in shown.cards} if shown else set[str]()
    fresh = [ref for ref in state.cards if ref.key in _places(state) and ref.key not in known]
    snippets = find_snippets(state.request.arguments) if shown and fresh else ()
    return tuple(
        Post(
            view="snippet",
            key=f"snippet-{number}-{ref.key}",
            channel_id=ref.channel_id,
            thread_ts=ref.ts,
            argument=snippet.argument,
        )
        for ref in fresh
        for number, snippet in enumerate(snippets)
    )


def differ(shown: ApprovalState, state: ApprovalState) -> bool:
    """Whether Slack has to be told of a change: a decision, a stage, an escalation, a reminder, a new deadline.

    So it has of a card's first being there, where files belong in its thread.
    """
    return _marks(shown) != _marks(state) or bool(_snippet_posts(shown, state))


def _marks(state: ApprovalState) -> tuple[object, ...]:
    said_so_far = (state.amendments, state.decisions, state.questions, state.answers)
    return (*said_so_far, state.stage, state.escalated, state.reminded, state.deadline, state.roster)


def place_cards(state: ApprovalState, posts: tuple[Post, ...], published: Published) -> ApprovalState:
    """Remember where messages are that will be rewritten: the cards, the word to the requester, questions."""
    known = {ref.key: ref for ref in state.cards}
    for post, ref in zip(posts, published.messages, strict=False):  # none at all where it failed for good
        if ref and post.key.startswith(_REWRITTEN):
            thread = known[post.key].thread_ts if post.key in known else post.thread_ts
            filed = thread if post.key.startswith(CARD) else None
            known[post.key] = ref.model_copy(update={"key": post.key, "thread_ts": filed})
    return state.model_copy(update={"cards": tuple(known.values())})


def has_card(state: ApprovalState, cards: tuple[MessageRef, ...]) -> bool:
    """Whether one of these cards is where the current stage can be decided."""
    places = _places(state)
    return any(ref.key in places for ref in cards)


def closing_posts(state: ApprovalState) -> tuple[Post, ...]:
    """What the end of a request calls for: messages without buttons, an answer to the requester, others told.

    Of all the requests that go over what one run may ask for, only the first is told, lest they flood those who are told.
    """
    if policy.excess(state) > 1:
        return ()
    cards = card_posts(state)
    current = {post.key for post in cards}
    earlier = [
        Post(view="card", key=ref.key, channel_id=ref.channel_id, ts=ref.ts)
        for ref in state.cards
        if ref.key.startswith(CARD) and ref.key not in current
    ]
    outcomes = [Post(view="outcome", key=f"outcome-{place}", channel_id=place) for place in _told(state)]
    told = (*_rewrite_asked(state), *_closed_questions(state), *_end_posts(state), *_reply_post(state))
    return (*cards, *earlier, *told, *outcomes)


def _end_posts(state: ApprovalState) -> tuple[Post, ...]:
    """The end in a card's thread, where there is one to follow; the card by itself says it, too."""
    talked = state.stage or state.reminded or state.escalated or len(said(state)) > 1
    return tuple(_word_post("outcome", "end", ref) for ref in _threads(state)) if talked else ()


def _told(state: ApprovalState) -> tuple[str, ...]:
    """Who is told besides the requester, who has a message of their own."""
    plan = state.plan
    if plan is None:
        return ()
    own = state.request.requester.user_id if plan.tell_requester else ""
    return tuple(
        dict.fromkeys(place for place in (*plan.outcome_channels, *plan.tell_people) if place != own)
    )


def _closed_questions(state: ApprovalState) -> tuple[Post, ...]:
    """Questions that people could still answer, and need not any more."""
    known = {ref.key: ref for ref in state.cards}
    places = ((number, known.get(f"{QUESTION}-{number}")) for number in range(len(state.questions)))
    return tuple(
        Post(view="question", key=ref.key, channel_id=ref.channel_id, ts=ref.ts, item=number)
        for number, ref in places
        if ref and questions.awaits_person(state, number)
    )


def _reply_post(state: ApprovalState) -> tuple[Post, ...]:
    plan = state.plan
    if plan and not plan.tell_requester:
        return ()
    return (_requester_post("reply", "reply", state.request),) if plan or state.request.origin else ()


def closing_publication(state: ApprovalState, *, again: bool) -> Publication:
    """The last messages; without a known card, an earlier attempt may have posted one that must not keep its buttons."""
    unknown = bool(_places(state)) and not has_card(state, state.cards)
    lost = _lost_asked(state) if again or unknown else ()
    return Publication(state=state, posts=(*closing_posts(state), *lost), again=again or unknown)


def summary(state: ApprovalState) -> Summary:
    """The row that lists show."""
    request, plan, stage = state.request, state.plan, policy.current_stage(state)
    return Summary(
        title=request.title,
        requester=request.requester,
        opened_at=state.opened_at,
        deadline=state.deadline,
        paused=state.paused_at is not None,
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


def answer_word(state: ApprovalState, word: Decision | Question | Answer, sentence: str) -> Whisper | None:
    """Why what somebody said does not count, for whoever pressed a button in Slack."""
    return _answer(state, word.person, answer_channel(state, word), sentence) if word.via == "slack" else None


def answer_cancellation(state: ApprovalState, wish: Cancellation, sentence: str) -> Whisper | None:
    """The same for whoever pressed the button on the word to the requester."""
    asked = next((ref.channel_id for ref in state.cards if ref.key == ASKED), None)
    origin, plan = state.request.origin, state.plan
    place = asked or (origin.channel_id if origin else plan.card_channel if plan else "")
    return _answer(state, wish.cancelled_by, place, sentence) if wish.via == "slack" else None


def _answer(state: ApprovalState, person: Person | None, channel: str, sentence: str) -> Whisper | None:
    if person is None or state.plan is None:
        return None
    return Whisper(approval_id=state.approval_id, person=person, channel_id=channel, sentence=sentence)


def answer_channel(state: ApprovalState, word: Decision | Question | Answer) -> str:
    """Where somebody who pressed a button is most likely to see why that does not count: a channel's or their own id."""
    stage, plan, person = policy.current_stage(state), state.plan, word.person
    if isinstance(word, Answer) and state.request.origin:
        return state.request.origin.channel_id
    if person and (isinstance(word, Answer) or (stage and stage.card == "direct")):
        return person.user_id
    return (stage.channel if stage else None) or (plan.card_channel if plan else "")
