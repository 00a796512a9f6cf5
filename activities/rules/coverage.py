"""Whether one match leaves nothing to another: then a policy after it is never reached.

It errs on one side only: what it calls covered is covered, but several policies that only together cover another
are not seen.
"""

from fnmatch import fnmatchcase

from activities.rules.implication import implies
from activities.rules.sources import MatchSource, RequesterSource

_WILD = frozenset("*?[")


def covers(earlier: MatchSource, later: MatchSource | None) -> bool:
    """Whether all that the later one matches is matched by the earlier one; None is the default's, of everything."""
    later = later or MatchSource()
    return (
        _covers_names(earlier.action, later.action)
        and _covers_names(earlier.agent, later.agent)
        and _covers_people(earlier.requester, later.requester)
        and _covers_condition(earlier.when, later.when)
    )


def _covers_names(earlier: tuple[str, ...] | None, later: tuple[str, ...] | None) -> bool:
    if earlier is None:
        return True
    return all(any(_covers_glob(one, other) for one in earlier) for other in later or ("*",))


def _covers_glob(earlier: str, later: str) -> bool:
    """A pattern of plain letters and stars takes another pattern's wildcards for letters that only stars fit."""
    if earlier == later or not _WILD & set(later):
        return earlier == later or fnmatchcase(later, earlier)
    if set(earlier) == {"*"}:
        return True
    return not {"?", "["} & set(earlier) and "[" not in later and fnmatchcase(later, earlier)


def _covers_people(
    earlier: tuple[RequesterSource, ...] | None, later: tuple[RequesterSource, ...] | None
) -> bool:
    return earlier is None or (later is not None and set(later) <= set(earlier))


def _covers_condition(earlier: str | None, later: str | None) -> bool:
    return earlier is None or (later is not None and implies(later, earlier))
