"""A file, as the workspace keeps it and as the API shows it."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from bot.standin.trees import Json


@dataclass
class File:
    """What an app announces, sends and shares, in this order; `content` is None until it is sent.

    `oddities` is what Slack says of it beside the usual, or otherwise: that it is gone, external, or somewhere else.
    """

    name: str
    length: int
    snippet_type: str = ""
    mimetype: str = "text/plain"
    title: str = ""
    content: bytes | None = None
    shared: bool = False
    oddities: Json = field(default_factory=dict[str, Any])
    id: str = field(default_factory=lambda: f"F{secrets.token_hex(5).upper()}")
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    def shown(self, url: str = "") -> Json:
        """What the API returns for it; with the workspace's address, also where its content is."""
        mode = "snippet" if self.snippet_type else "hosted"
        known = {"id": self.id, "name": self.name, "title": self.title, "size": self.length, "mode": mode}
        kind = {"mimetype": self.mimetype, "is_external": False}
        place = {"url_private_download": f"{url}/files-pri/{self.id}/download"} if url else {}
        return known | kind | place | self.oddities
