"""All there is to read about a request, as pages: what is asked, every argument, the plan, the history, the digest."""

from slack_sdk.models.blocks import RichTextElement, RichTextPreformattedElement

from activities.blocks import Parts, chain, mention, moment, plain, section, strong
from activities.changes import change_text, changed_parts, list_changes
from activities.contents import (
    NAME_LENGTH,
    asked_row,
    policy_name,
    promise_words,
    stage_name,
    verdict_words,
)
from activities.deciders import name_deciders, name_groups
from activities.elicitations import write_answer
from activities.layout.arguments import lay_out
from activities.layout.pieces import RULE, Page, Piece, cut_text, pack_pages
from activities.progress import able_words, count_votes, until
from activities.questions import told_parts
from activities.rules.spans import write_span
from activities.snippets import describe_file
from activities.text import clean_words, cut, strip_hidden
from activities.verdicts import decided_parts
from workflows import policy
from workflows.contracts import Amendment, ApprovalState, Decision, Plan, Stage
from workflows.elicitation import is_question
from workflows.notices import Word, said
from workflows.snippets import find_snippets

TITLE_LENGTH = 150
ROW_SIZE = 150
"""About how much room a row takes that has names and times in it."""
PLAN, HISTORY, DIGEST, FILES = "The plan", "History until now", "The digest", "Files in the card's thread"
"""Several words each: an argument that was called so would have its name in quotes, and can pass for none of them."""
MOST_APPROVERS = 50
CAUSE_LENGTH = 300
NO_DIGEST = "none: the arguments cannot be written down exactly"


def read_pages(state: ApprovalState) -> list[Page]:
    """What is asked first; the arguments; last what is known of deciding it, so that nobody decides before the end."""
    request = state.request
    arguments = lay_out(request.arguments, promise_words(state))
    decided = [*_plan(state), *_history(state), *_digest(state)]
    return pack_pages([*_top(state), *arguments, *_files(state), RULE, *decided])


def _top(state: ApprovalState) -> list[Piece]:
    request, words = state.request, clean_words(state.request.reason)
    title = clean_words(request.title)
    pieces = cut_text("Title, in full", "", title, "words") if len(title) > TITLE_LENGTH else []
    pieces.append(_row("", asked_row(state)))
    return [*pieces, *(cut_text("In these words:", "", words, "words") if words else [])]


def _row(title: str, *rows: RichTextElement, follows: bool = False) -> Piece:
    return Piece(title, "", rows, ROW_SIZE * len(rows), follows)


def _files(state: ApprovalState) -> list[Piece]:
    """What large arguments are recognised by, wherever their files are."""
    snippets = find_snippets(state.request.arguments)
    return cut_text(FILES, "", "\n".join(map(describe_file, snippets)), "code") if snippets else []


def _plan(state: ApprovalState) -> list[Piece]:
    plan = state.plan
    if plan is None:
        return [_row(PLAN, section(plain("No policy has been applied yet.")))]
    if plan.effect != "ask":
        verb = "lets this pass" if plan.effect == "approve" else "denies this"
        return [_row(PLAN, section(plain(f"Policy {policy_name(plan)} {verb} without asking anybody.")))]
    top = _row(PLAN, section(plain(f"Policy {policy_name(plan)}{_special(plan)}")))
    return [top, *(_stage(state, number, stage) for number, stage in enumerate(plan.stages))]


def _special(plan: Plan) -> str:
    shadow = ", on trial: the action passes whatever people would have said" if plan.shadow else ""
    return f"{shadow}, nobody can override it" if plan.final else shadow


def _stage(state: ApprovalState, number: int, stage: Stage) -> Piece:
    count = f"{number + 1}. " if state.plan and len(state.plan.stages) > 1 else ""
    start = [strong(f"{count}{stage_name(stage)}"), plain(f" ({_phase(state, number)})\n")]
    noun = "answer" if is_question(state.request) else "approval"
    if state.status != "pending" or number != state.stage:
        return _row(PLAN, section(*start, *_wanted(stage, noun)), *_deciders(state, number), follows=True)
    votes = [plain(f"{count_votes(state, stage)} by "), *name_groups(stage.approvers, MOST_APPROVERS)]
    able = section(strong(able_words(state)), *name_deciders(state))
    rows = (section(*start, *votes), section(*until(state, stage)), able)
    return _row(PLAN, *rows, *_deciders(state, number), follows=True)


def _phase(state: ApprovalState, number: int) -> str:
    if number < state.stage or (number == state.stage and state.status == "approved"):
        return "done"
    if number > state.stage:
        return "later" if state.status == "pending" else "not reached"
    return "now" if state.status == "pending" else f"ended here: {verdict_words(state)}"


def _wanted(stage: Stage, noun: str) -> Parts:
    """How many of whom, and how long they have."""
    calls = f"{stage.quorum} {noun}{'' if stage.quorum == 1 else 's'} of "
    hours = f" of {cut(strip_hidden(stage.calendar.name), NAME_LENGTH)} hours" if stage.calendar else ""
    ends = f"; {stage.reject_quorum} rejections end it" if stage.reject_quorum > 1 else ""
    span = plain(f"; within {write_span(stage.deadline)}{hours}{ends}")
    return [plain(calls), *name_groups(stage.approvers, MOST_APPROVERS), span]


def _deciders(state: ApprovalState, number: int) -> Parts:
    made = [one for one in policy.current_decisions(state) if one.stage == number]
    if not made:
        return []
    return [section(strong("Decided by "), *chain([[mention(one.decided_by)] for one in made]))]


def _history(state: ApprovalState) -> list[Piece]:
    asked = section(
        plain("Asked for by "),
        mention(state.request.requester),
        plain(" "),
        moment(state.opened_at),
        plain(f", as {state.approval_id}"),
    )
    pieces = [_row(HISTORY, asked)]
    pieces += [piece for one in said(state) for piece in _word(state, one)]
    rows = [*_reminded(state), *_escalated(state), *_ended(state)]
    return [*pieces, *(_row(HISTORY, row, follows=True) for row in rows), *_reason(state)]


def _word(state: ApprovalState, word: Word) -> list[Piece]:
    """What somebody said, in full."""
    if isinstance(word, Decision):
        row = section(*decided_parts(state, word))
        answer = "" if word.answer is None else write_answer(word.answer)
        return [_row(HISTORY, row, follows=True), *_words(answer), *_words(word.comment)]
    if isinstance(word, Amendment):
        row = section(*changed_parts(word))
        changed = "\n".join(map(change_text, list_changes(state, word)))
        return [_row(HISTORY, row, follows=True), *_words(changed), *_words(word.comment)]
    return [_row(HISTORY, section(*told_parts(word)), follows=True), *_words(word.text)]


def _words(words: str) -> list[Piece]:
    clean = clean_words(words)
    pieces = cut_text(HISTORY, "", clean, "words") if clean.strip() else []
    return [piece._replace(follows=True) for piece in pieces]


def _reminded(state: ApprovalState) -> Parts:
    if not state.reminded:
        return []
    times = "once" if state.reminded == 1 else f"{state.reminded} times"
    return [section(plain(f"Reminded {times} in this stage"))]


def _escalated(state: ApprovalState) -> Parts:
    if not state.escalated:
        return []
    how = "others decide instead" if state.escalated == "replaced" else "others may decide, too"
    why = cut(clean_words(state.escalation_reason), CAUSE_LENGTH)
    return [section(plain(f"Escalated: {how}{f' ({why})' if why else ''}"))]


def _ended(state: ApprovalState) -> Parts:
    return (
        []
        if state.status == "pending"
        else [section(plain(f"{verdict_words(state)} "), moment(state.decided_at))]
    )


def _reason(state: ApprovalState) -> list[Piece]:
    """Why it ended, where that is no decision's comment."""
    comments = {clean_words(one.comment) for one in state.decisions}
    return [] if clean_words(state.reason) in comments else _words(state.reason)


def _digest(state: ApprovalState) -> list[Piece]:
    """In full, since it is what the effect is checked against."""
    about = section(strong(DIGEST), plain("  SHA-256 of the action and all arguments"))
    return [_row("", about, RichTextPreformattedElement(elements=[plain(state.digest or NO_DIGEST)]))]
