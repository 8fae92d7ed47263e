"""A peer on loopback that speaks Timestream's protocol, keeps what it accepts, and misbehaves on command.

Real HTTP on real sockets: connections can be dropped, answers cut short or never given. It stands for the service in
tests of the way to it; what it stored is the truth that an account is held against.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from tests.peer import constraints, signatures
from tests.peer.answers import FRONT, RefusedError
from tests.peer.ledger import Table
from tests.peer.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.peer.answers import Shape

    Fault = Callable[["Exchange"], None]
    Script = Callable[["Exchange"], Fault | None]

TARGET = "Timestream_20181101."
CHUNK = 1 << 17


class DropError(Exception):
    """The connection ends here."""


@dataclass
class Exchange:
    """One request, and the way to answer it."""

    peer: Peer
    connection: socket.socket
    number: int
    """Among the requests of its operation, from 0 on."""
    operation: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    arrived: float = field(default_factory=time.monotonic)
    answered: int | None = None
    """The status, once there is one."""
    content: bytes = b""
    """What was answered."""

    @cached_property
    def request(self) -> Shape:
        try:
            return json.loads(self.body)
        except ValueError as fault:
            raise RefusedError("SerializationException", str(fault), space=FRONT) from fault

    def perform(self, refused: Mapping[int, Shape] | None = None) -> tuple[int, Shape]:
        """Do what was asked, but reject some records; return status and shape."""
        try:
            constraints.check(self.operation, self.request)
            with self.peer.lock:
                words = {"refused": refused} if refused else {}
                return 200, OPERATIONS[self.operation](self.peer, self.request, **words)
        except RefusedError as refusal:
            return refusal.status, refusal.shape

    def check(self) -> None:
        """Refuse what nobody sends who speaks the protocol and knows a secret."""
        signatures.check(self.headers, self.body, self.peer.secrets)
        named = self.headers["x-amz-target"] == TARGET + self.operation and self.operation in OPERATIONS
        if not named or self.headers.get("content-type") != "application/x-amz-json-1.0":
            message = f"not an operation of this service: {self.headers['x-amz-target']}"
            raise RefusedError("UnknownOperationException", message, space=FRONT)

    def answer(self, status: int, shape: Shape | bytes) -> None:
        content = shape if isinstance(shape, bytes) else json.dumps(shape).encode()
        self.send(status, content, len(content))

    def send(self, status: int, content: bytes, length: int) -> None:
        """Send an answer that announces a length, and may have another."""
        self.answered, self.content = status, content
        date = formatdate(self.peer.now() / 1e9, usegmt=True)
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.0\r\nDate: {date}\r\n"
            f"x-amzn-RequestId: REQUEST{self.number:08d}\r\nContent-Length: {length}\r\n\r\n"
        )
        self.connection.sendall(head.encode() + content)


class Peer:
    """The server; a context manager."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tables: dict[tuple[str, str], Table] = {}
        self.created: set[str] = set()
        """Databases that need no table to be there."""
        self.secrets = {"tsframe": "tsframe", "testing": "testing"}
        """By access key. A session token, if there is one, may be anything."""
        self.exchanges: list[Exchange] = []
        self.script: Script = lambda _exchange: None
        """Says which fault an exchange meets, if any."""
        self.clock: Callable[[], int] = time.time_ns
        self.clock_skew = 0.0
        """Seconds that its clock is ahead."""
        self._counts: dict[str, int] = {}
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._threads[0].join(5)  # from here on there are no new connections
        with self.lock:
            for connection in self._connections:
                with suppress(OSError):  # the client has ended it
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    @property
    def databases(self) -> set[str]:
        """Those that were created, and those of the tables."""
        return self.created | {database for database, _ in self.tables}

    def now(self) -> int:
        """Return its clock, in nanoseconds."""
        return self.clock() + int(self.clock_skew * 1e9)

    def add_table(self, name: str = "iot.sensors", **settings: Any) -> Table:
        database, table = name.split(".")
        self.tables[database, table] = Table(database, table, now=self.now, **settings)
        return self.tables[database, table]

    def of(self, operation: str = "WriteRecords") -> list[Exchange]:
        """The exchanges of an operation, in the order of their arrival."""
        return [exchange for exchange in self.exchanges if exchange.operation == operation]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self._connections.add(connection)
            self._start(self._serve, connection)

    def _start(self, work: Callable[..., None], *words: Any) -> None:
        thread = threading.Thread(target=work, args=words, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = bytearray()
        try:
            while (found := _request(connection, buffer)) is not None:
                self._answer(connection, *found)
        except (DropError, OSError):
            pass
        finally:
            with self.lock:
                self._connections.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, headers: dict[str, str], body: bytes) -> None:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        with self.lock:
            number = self._counts.get(operation, 0)
            self._counts[operation] = number + 1
            exchange = Exchange(self, connection, number, operation, headers, body)
            self.exchanges.append(exchange)
            fault = self.script(exchange)
        try:
            exchange.check()
        except RefusedError as refusal:
            exchange.answer(refusal.status, refusal.shape)
            return
        if fault is None:
            exchange.answer(*exchange.perform())
        else:
            fault(exchange)


def _request(connection: socket.socket, buffer: bytearray) -> tuple[dict[str, str], bytes] | None:
    """Read one request; nothing if the connection has ended."""
    while (end := buffer.find(b"\r\n\r\n")) < 0:
        if not (found := connection.recv(CHUNK)):
            return None
        buffer += found
    pairs = (line.partition(":") for line in buffer[:end].decode("latin-1").split("\r\n")[1:])
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if headers.get("expect"):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    whole = end + 4 + int(headers["content-length"])
    while len(buffer) < whole:
        if not (found := connection.recv(CHUNK)):
            return None
        buffer += found
    body = bytes(buffer[end + 4 : whole])
    del buffer[:whole]
    return headers, body
