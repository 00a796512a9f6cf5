"""Which of several agents a message is for: `@bot name: …`."""

import re
from collections.abc import Collection

from workflows.contracts import Heard

_PREFIX = re.compile(r"(?P<name>[\w-]+)\s*:\s*(?P<words>\S.*)", re.DOTALL)


def address(heard: Heard, names: Collection[str]) -> Heard:
    """A message with the agent that it names, whatever the case, and without that name; any other one as it is."""
    match = _PREFIX.fullmatch(heard.text)
    known = {name.casefold(): name for name in names}
    name = known.get(match["name"].casefold()) if match else None
    return heard.model_copy(update={"agent": name, "text": match["words"]}) if match and name else heard
