"""Whom a stage's card goes to beside the channel, where people's own wishes differ from the policy."""

from activities.directory import SHOWN_PEOPLE, Listing
from workflows.contracts import Person, Roster, StageQuery
from workflows.delegation import list_askable
from workflows.preferences import choose_direct


def choose_addressees(query: StageQuery, listing: Listing) -> Roster:
    """The roster, with whom a card goes to directly as they wish themselves; as it is, where nobody wishes anything.

    A policy that asks people in direct messages only goes before their wishes.
    """
    roster, known = listing.roster, listing.known
    if query.stage.card == "direct" or not listing.preferences or known is None:
        return roster
    barred = {person.user_id for person in query.barred}
    handed = [one for one in roster.delegations if not {one.principal.user_id, one.delegate.user_id} & barred]
    everybody = (Person(team_id=listing.team_id, user_id=one) for one in sorted(known))
    able = list_askable(everybody, handed, ())
    asked = list_askable(roster.people, handed, ()) if query.stage.card == "both" else ()
    direct, quiet = choose_direct(asked, able, listing.preferences, query.now)
    if direct is None:
        return roster
    return roster.model_copy(update={"direct": direct[:SHOWN_PEOPLE], "quiet": quiet[:SHOWN_PEOPLE]})
