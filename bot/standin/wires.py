"""The server's connections, kept at hand so that one can be cut in the middle of a call."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """A server among other things in its process: signals are not its business."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the process's handlers alone."""
        yield


class Wires:
    """Runs an application on a port of this machine, and cuts its connections on demand."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.port = port
        self._app = app
        self._open: dict[Any, asyncio.Transport] = {}
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; the first time with port 0 a free port is chosen, and kept."""
        listener = socket.socket(proto=socket.IPPROTO_TCP)  # else asyncio leaves Nagle on: 44 ms a call
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self.port))
        except OSError:
            listener.close()
            raise
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._server = Server(self._config())
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        await self._server.ready.wait()

    async def stop(self) -> None:
        """Cut everything and stop listening."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        for transport in self._open.values():
            transport.abort()
        await self._task
        self._server = self._task = None

    def cut(self, scope: Scope) -> None:
        """Drop the connection a request came in by, with no answer."""
        transport = self._open.get(tuple(scope["client"]))
        if transport:  # the caller may have given up first
            transport.abort()

    def _config(self) -> uvicorn.Config:
        # the auto-detected websockets implementation raises a DeprecationWarning, and tests take warnings for errors
        return uvicorn.Config(
            self._app,
            http=cast("Any", self._wired()),
            ws="websockets-sansio",
            log_config=None,
            lifespan="off",
            access_log=False,
            timeout_graceful_shutdown=1,
        )

    def _wired(self) -> type[H11Protocol]:
        connections = self._open

        class Wired(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[transport.get_extra_info("peername")] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self.client, None)
                super().connection_lost(exc)

        return Wired
