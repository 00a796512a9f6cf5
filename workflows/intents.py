"""What a message means to an agent that is busy, by plain rules: a question where things are, or the wish to stop.

Only a message that is one of these phrases as a whole counts, whatever its case, punctuation and politeness. All others are for the
model: "cancel order 7" asks for something, and "where is it stored?" is no question about a request.
"""

import re
from typing import Literal

Intent = Literal["where", "cancel", "other"]

_THING = r"(it|this|that|they|things|(my|the) (requests?|approvals?|transfers?|payments?|answer))"
_WHERE = (
    rf"(so )?where (is|are|s) {_THING}( now| at)?",
    rf"(what is|whats|what s) (the )?(status|state|news)( of {_THING})?",
    rf"(any|is there any) (news|updates?|progress)( on {_THING})?",
    rf"(who|whom) (has|got|s got) {_THING}( now)?",
    rf"who (is|s) {_THING} with( now)?",
    rf"how (far|long) (is|are|does|will) {_THING}( (still )?(take|be))?",
    rf"(is|are) {_THING} (done|ready|approved|through)( yet| now| already)?",
    rf"what (is|s|are) ({_THING}|you) waiting (for|on)",
    r"(are you )?still (there|waiting|on it)",
    r"(status|update|news|eta|progress)",
    r"where are (we|you)",
)
_CANCEL = (
    rf"(cancel|stop|abort|undo|withdraw|forget)( {_THING}| everything| all( of it)?| about (it|this|that))?",
    r"(never mind|nevermind|nvm)( (it|that|this))?",
    r"(do not|don t|dont) (do|send|run) (it|this|that)",
    r"(call|leave) (it|this|that) (off|be)",
)
_POLITE = frozenset(
    {"please", "pls", "hey", "hi", "hello", "ok", "okay", "oh", "no", "and", "thanks", "sorry", "actually"}
)
_PATTERNS: tuple[tuple[Intent, "re.Pattern[str]"], ...] = (
    ("where", re.compile("|".join(_WHERE))),
    ("cancel", re.compile("|".join(_CANCEL))),
)
LONGEST = 80
"""Characters; what is longer says more than one of the phrases."""


def read_intent(text: str) -> Intent:
    """What a message is, as far as it is said in no other words."""
    if len(text) > LONGEST:
        return "other"
    words = re.sub(r"[^\w]+", " ", text.casefold()).split()
    plain = " ".join(word for word in words if word not in _POLITE)
    for intent, pattern in _PATTERNS:
        if pattern.fullmatch(plain):
            return intent
    return "other"
