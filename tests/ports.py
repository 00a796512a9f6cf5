"""Free ports on this machine."""

import os
import random
import socket

_BELOW_OUTGOING = range(12_000, 32_000)
"""Ports that the system does not give to outgoing connections, which would take one between the look and its use."""


def free_port() -> int:
    """A port that nothing listens on; other test processes look elsewhere."""
    chance = random.Random(os.urandom(8))  # noqa: S311 - no secret
    while True:
        port = chance.choice(_BELOW_OUTGOING)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
