"""A cable between a client and a server that a test can cut and mend again, while both keep running."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

HOST = "127.0.0.1"


class Cable:
    """Passes bytes on from a port of its own to `target`; once cut, nobody answers at that port."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._far_port = int(port)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """Where it takes connections."""
        return f"{HOST}:{self._port}"

    async def mend(self) -> None:
        """Take connections, on the same port as before."""
        self._server = await asyncio.start_server(self._join, HOST, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop every connection, and take no new ones."""
        if self._server is None:
            return
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._far_port)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        self._ends -= {writer, far_writer}


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def open_cable(target: str) -> AsyncGenerator[Cable]:
    """A cable that works until it is cut."""
    cable = Cable(target)
    await cable.mend()
    try:
        yield cable
    finally:
        await cable.cut()
