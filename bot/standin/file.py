"""A file, as the workspace keeps it and as the API shows it."""

import secrets
from dataclasses import dataclass, field

from bot.standin.trees import Json


@dataclass
class File:
    """What an app announces, sends and shares, in this order; `content` is None until it is sent."""

    name: str
    length: int
    snippet_type: str = ""
    title: str = ""
    content: bytes | None = None
    shared: bool = False
    id: str = field(default_factory=lambda: f"F{secrets.token_hex(5).upper()}")
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    def shown(self) -> Json:
        """What the API returns for it."""
        mode = "snippet" if self.snippet_type else "hosted"
        return {"id": self.id, "name": self.name, "title": self.title, "size": self.length, "mode": mode}
