"""The endpoint on a socket: from an address to a running server, and to its end.

It ends cleanly: on SIGTERM no new request is taken, what was taken is answered, and the store is closed.
"""

from __future__ import annotations

import gc
import ipaddress
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn

from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType, TracebackType

    from tsframe._server.http import Site

_BACKLOG: Final = 1024
_GRACE: Final = 30
"""Seconds for requests that were taken when the end comes."""


def bind(host: str, port: int, *, open_to_all: bool) -> socket.socket:
    """Return a socket that listens; one that others can reach needs a reason why it may."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        message = f"the host {host!r} is no address of this machine: {error.strerror}"
        raise TimestreamError(message) from None
    if not open_to_all and not ipaddress.ip_address(address[0]).is_loopback:
        message = (
            f"the host {host!r} can be reached from other machines, and anybody there could read and write the store: "
            f"give --credentials with the keys that may, or keep to --host 127.0.0.1"
        )
        raise TimestreamError(message)
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        message = f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port (0: any that is free)"
        raise TimestreamError(message) from None
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address that clients of this machine write."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server(site: Site) -> uvicorn.Server:
    """Return a server that is not running yet."""
    return uvicorn.Server(
        uvicorn.Config(
            site.application(),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_GRACE,
        )
    )


def run(site: Site, listening: socket.socket, *, started: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; return when what was taken is answered.

    ``started`` is called as soon as a signal ends it cleanly; requests are taken from then on, too.
    """
    running = server(site)

    # A signal that comes before uvicorn has handlers of its own counts. uvicorn raises it again once it has ended, for
    # handlers of its caller: there is nothing left to do then but to close the store and return.
    def end(_number: int, _frame: FrameType | None) -> None:
        running.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with _calm_collector():
        started()
        running.run(sockets=[listening])


@contextmanager
def _calm_collector() -> Generator[None]:
    """Let Python's collector leave alone what was made so far, and look less often: requests make no cycles.

    Each request is thousands of small objects for a moment; with Python's own thresholds a tenth of the time would go
    into looking at them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    yield
    gc.unfreeze()


@dataclass
class InThread:
    """A server in a thread of this process, for tests; a context manager."""

    site: Site
    listening: socket.socket = field(default_factory=lambda: bind("127.0.0.1", 0, open_to_all=False))

    def __post_init__(self) -> None:
        self.address = address_of(self.listening)
        self._server = server(self.site)
        self._thread = threading.Thread(target=self._run, name="tsframe-endpoint", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.listening.close()

    def _run(self) -> None:
        run: Any = self._server.run
        run(sockets=[self.listening])
