"""The forms by which people ask, as the policy file has them at this moment."""

from collections.abc import Mapping

import structlog

from activities.rules.forms import FieldSource, FormSource
from activities.rules.rulebook import LoadError, Rulebook
from bot.reload import read_file, read_policies, read_stamp
from bot.settings import Settings

BUILT_IN = "built-in"
GENERAL = FormSource(
    title="New request",
    action="request",
    fields=(
        FieldSource(
            name="what",
            label="What should be done?",
            kind="long_text",
            hint="Everything that whoever approves has to know; exactly this is approved.",
        ),
    ),
)
"""The form for where no policy has one; its requests also have a title of their own."""
Forms = Mapping[str, FormSource]
log = structlog.stdlib.get_logger("countersign.formbook")


class Formbook:
    """Reads the forms anew when the file has changed; a file with faults changes nothing, as for the worker.

    Raises:
        LoadError: the file has faults to begin with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = read_stamp(settings.policies)
        self._forms = _list_forms(read_policies(settings))

    @property
    def forms(self) -> Forms:
        """The forms by the names of their policies; never none."""
        now = read_stamp(self._settings.policies)
        if now != self._seen:
            self._seen = now
            self._follow()
        return self._forms

    def _follow(self) -> None:
        try:
            self._forms = _list_forms(read_file(self._settings))
        except LoadError as error:
            log.error("The new policies are not used; the old forms stay", problem=str(error))  # noqa: TRY400 - a fault of the file's, not of ours


def _list_forms(rulebook: Rulebook) -> Forms:
    return rulebook.forms or {BUILT_IN: GENERAL}
