"""``connect()``, ``Connection``, and the default connection: the only global state.

Every verb is a method here, and a function of the same name in ``_api`` that finds the connection first.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Self

from tsframe import _planning, _reading, _replaying, _resources, _writing
from tsframe._frames.batches import Rules
from tsframe._frames.columns import Said
from tsframe._model.names import split_table
from tsframe._model.places import Place
from tsframe._model.tables import PartitionKey, TableChange
from tsframe._preparing import Wishes
from tsframe._watching import Audience
from tsframe.errors import ConnectionClosedError, TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Unpack

    import boto3
    import pyarrow as pa

    from tsframe._aws.clients import Clients
    from tsframe._model.quotas import Quotas
    from tsframe._model.tables import Database, Table
    from tsframe._plan import WritePlan
    from tsframe._reading import TableDescription
    from tsframe._report import WriteReport
    from tsframe._resources import EnsuredTable
    from tsframe._service import Service
    from tsframe._watching import Counters, Listener
    from tsframe.typing import Backend, Frame, IntoFrame, ReadOptions, TableOptions, WriteOptions

_TARGET = "TSFRAME_TARGET"


class Connection:
    """A service and the verbs on it; made by ``tsframe.connect``.

    A connection may be shared between threads. As a context manager it is the default connection for the block, and is
    closed at its end.
    """

    def __init__(self, service: Service, target: str, client: Callable[[str], Any]) -> None:
        self._service: Service | None = service
        self._client = client
        self._audience = Audience()
        self.target = target
        """Where the data goes: a folder, ``":memory:"``."""

    @property
    def service(self) -> Service:
        """The service behind; raises ``ConnectionClosedError`` after ``close``."""
        if self._service is None:
            message = f"the connection to {self.target!r} is closed: call tsframe.connect({self.target!r}) again"
            raise ConnectionClosedError(message)
        return self._service

    def close(self) -> None:
        """Give back what the connection holds; calling it twice is fine."""
        service, self._service = self._service, None
        if service is not None:
            service.close()
        _default.forget(self)

    def __enter__(self) -> Self:
        _default.push(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Connection({self.target!r}{', closed' if self._service is None else ''})"

    def write(self, frame: IntoFrame, table: str | tuple[str, str], **options: Unpack[WriteOptions]) -> WriteReport:
        """Write a frame; the options are those of ``tsframe.write``."""
        return _writing.write(self.service, frame, table, _wishes(options), self._audience)

    def plan(self, frame: IntoFrame, table: str | tuple[str, str], **options: Unpack[WriteOptions]) -> WritePlan:
        """Plan a write, send nothing; the options are those of ``tsframe.write``."""
        return _planning.plan(self.service, frame, table, _wishes(options))

    def replay(
        self,
        path: str | os.PathLike[str],
        table: str | tuple[str, str] | None = None,
        **options: Unpack[WriteOptions],
    ) -> WriteReport:
        """Write the rows of a dead-letter file again; see ``tsframe.replay``."""
        return _replaying.replay(self.service, path, table, _wishes(options), self._audience)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a function of every request, as a ``RequestEvent``; return a function that ends it.

        Calls come one at a time for each write, from the threads that send. An exception ends the write, with its
        report.
        """
        return self._audience.add(listener)

    @property
    def counters(self) -> Counters:
        """What this connection has sent since it was opened."""
        return self._audience.counters

    def client(self, name: str) -> Any:  # noqa: ANN401 - boto3's clients have no types of their own
        """Return a boto3 client of ``"timestream-write"`` or ``"timestream-query"`` for the same target.

        The embedded engine answers it in this process: no socket, no thread, no credentials. All that boto3 does before
        it sends and after it is answered is boto3's own.

        Raises
        ------
        TimestreamError
            If there is no such client.

        Examples
        --------
        >>> with tsframe.connect(":memory:") as ts:
        ...     client = ts.client("timestream-write")
        ...     answer = client.create_database(DatabaseName="iot")
        >>> answer["Database"]["DatabaseName"], answer["ResponseMetadata"]["HTTPStatusCode"]
        ('iot', 200)
        """
        assert self.service is not None  # noqa: S101 - raises where the connection is closed
        return self._client(name)

    def read(
        self,
        table: str | tuple[str, str],
        *,
        backend: Backend | None = None,
        **part: Unpack[ReadOptions],
    ) -> Frame:
        """Read a part of a table as a frame; the options are those of ``tsframe.read``."""
        return _reading.read(self.service, table, part, backend)

    def read_batches(self, table: str | tuple[str, str], **part: Unpack[ReadOptions]) -> pa.RecordBatchReader:
        """Stream a part of a table; the options are those of ``tsframe.read_batches``."""
        return _reading.read_batches(self.service, table, part)

    def describe(self, table: str | tuple[str, str], *, backend: Backend | None = None) -> TableDescription:
        """Describe a table; see ``tsframe.describe``."""
        return _reading.describe(self.service, table, backend)

    def list_databases(self, *, backend: Backend | None = None) -> Frame:
        """Return all databases as a frame; see ``tsframe.list_databases``."""
        return _resources.list_databases(self.service, backend)

    def list_tables(self, database: str | None = None, *, backend: Backend | None = None) -> Frame:
        """Return tables as a frame; see ``tsframe.list_tables``."""
        return _resources.list_tables(self.service, database, backend)

    def list_tags(self, resource: str | tuple[str, str], *, backend: Backend | None = None) -> Frame:
        """Return the tags of a resource as a frame; see ``tsframe.list_tags``."""
        return _resources.list_tags(self.service, resource, backend)

    def create_database(
        self, database: str, *, kms_key: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Database:
        """Make a database; see ``tsframe.create_database``."""
        return self.service.create_database(database, kms_key=kms_key, tags=dict(tags or {}))

    def describe_database(self, database: str) -> Database:
        """Return a database; see ``tsframe.describe_database``."""
        return self.service.describe_database(database)

    def update_database(self, database: str, *, kms_key: str) -> Database:
        """Give a database another key; see ``tsframe.update_database``."""
        return self.service.update_database(database, kms_key=kms_key)

    def delete_database(self, database: str, *, tables: bool = False) -> None:
        """Remove a database; see ``tsframe.delete_database``."""
        _resources.delete_database(self.service, database, tables=tables)

    def create_table(
        self,
        table: str | tuple[str, str],
        *,
        tags: Mapping[str, str] | None = None,
        **options: Unpack[TableOptions],
    ) -> Table:
        """Make a table; the options are those of ``tsframe.create_table``."""
        return self.service.create_table(*split_table(table), _change(options), tags=dict(tags or {}))

    def ensure_table(
        self,
        table: str | tuple[str, str],
        *,
        tags: Mapping[str, str] | None = None,
        **options: Unpack[TableOptions],
    ) -> EnsuredTable:
        """Make a table if it is missing; the options are those of ``tsframe.ensure_table``."""
        return _resources.ensure_table(self.service, table, _change(options), dict(tags or {}))

    def describe_table(self, table: str | tuple[str, str]) -> Table:
        """Return a table's settings; see ``tsframe.describe_table``."""
        return self.service.describe_table(*split_table(table))

    def update_table(self, table: str | tuple[str, str], **options: Unpack[TableOptions]) -> Table:
        """Change a table's settings; the options are those of ``tsframe.update_table``."""
        return self.service.update_table(*split_table(table), _change(options))

    def delete_table(self, table: str | tuple[str, str]) -> None:
        """Remove a table with its records; see ``tsframe.delete_table``."""
        self.service.delete_table(*split_table(table))

    def tag(self, resource: str | tuple[str, str], tags: Mapping[str, str]) -> None:
        """Add tags to a resource; see ``tsframe.tag``."""
        self.service.tag_resource(_resources.arn_of(self.service, resource), dict(tags))

    def untag(self, resource: str | tuple[str, str], keys: str | Sequence[str]) -> None:
        """Remove tags from a resource; see ``tsframe.untag``."""
        names = (keys,) if isinstance(keys, str) else tuple(keys)
        self.service.untag_resource(_resources.arn_of(self.service, resource), names)


class _Default:
    """The connections that are the default, the newest last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[Connection] = []

    def push(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._stack:
                self._stack.remove(connection)
            self._stack.append(connection)

    def forget(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._stack:
                self._stack.remove(connection)

    def get(self) -> Connection | None:
        with self._lock:
            return self._stack[-1] if self._stack else None

    def clear(self) -> list[Connection]:
        with self._lock:
            stack, self._stack = self._stack, []
        return stack


_default = _Default()


def connect(
    target: str | os.PathLike[str] | None = None,
    *,
    session: boto3.Session | None = None,
    client: object = None,
    write_client: object = None,
    query_client: object = None,
    patience: float = 120.0,
) -> Connection:
    """Open a connection and make it the default of this process.

    Parameters
    ----------
    target
        A folder for the embedded store, made if there is none; ``":memory:"`` for one that vanishes. ``"aws"`` is
        Amazon Timestream with boto3's own credentials and region, ``"aws://eu-west-1?profile=prod"`` names them;
        ``"http://host:port"`` is anything that speaks its protocol. Nothing means what the environment variable
        ``TSFRAME_TARGET`` says, else the store in the user's data folder.
    session
        Amazon Timestream through a boto3 session of your own.
    client
        Amazon Timestream through a boto3 client of your own, of ``timestream-write`` or ``timestream-query``.
    write_client, query_client
        Both at once.
    patience
        Seconds without a single answer after which a write gives up, with its report; the embedded engine needs none.

    Returns
    -------
    Connection
        Also a context manager: the default for the block, closed at its end.

    Raises
    ------
    StoreLockedError
        If another process owns the store.
    StoreError
        If the store cannot be opened or written, or was written by a newer tsframe.
    TimestreamError
        If boto3 knows no such profile or region. Whether the service can be reached shows at the first call.

    Examples
    --------
    >>> with tsframe.connect(":memory:") as ts:
    ...     database = ts.create_database("iot")
    ...     print(database.name, database.tables)
    iot 0
    """
    brought = {"session": session, "client": client, "write_client": write_client, "query_client": query_client}
    if any(one is not None for one in brought.values()):
        connection = _bring(target, brought, patience)
    else:
        connection = _open(_target(target), patience)
    _default.push(connection)
    return connection


def _bring(target: object, brought: dict[str, Any], patience: float) -> Connection:
    """Connect through a session or clients of the caller's own."""
    # Imported here: boto3 takes time to load.
    from tsframe._aws.clients import Clients  # noqa: PLC0415

    if target is not None:
        message = f"connect({target!r}, …): a target and a session or client of your own are two ways: give one"
        raise TimestreamError(message)
    clients = {name: brought.pop(name) for name in ("write_client", "query_client")}
    ways = [way for way in (*brought.values(), *([clients] if any(clients.values()) else [])) if way is not None]
    if len(ways) > 1:
        message = "connect(session=…, client=…, write_client=…): these are several ways: give one"
        raise TimestreamError(message)
    if brought["session"] is not None:
        return _connected(Clients.from_session(brought["session"]), patience)
    if brought["client"] is not None:
        return _connected(Clients.from_client(brought["client"]), patience)
    return _connected(Clients.from_clients(**clients), patience)


def current(connection: Connection | None = None) -> Connection:
    """Return the connection given, else the default, else a new one to what is configured."""
    return connection or _default.get() or connect()


def reset() -> None:
    """Close and forget all default connections, as at the start of the process."""
    for connection in _default.clear():
        connection.close()


def _target(target: str | os.PathLike[str] | None) -> str:
    if target is not None:
        return os.fspath(target)
    if configured := os.environ.get(_TARGET):
        return configured
    # Imported here: only this one default needs it.
    from platformdirs import user_data_path  # noqa: PLC0415

    return str(user_data_path("tsframe", appauthor=False) / "store")


def _open(target: str, patience: float) -> Connection:
    if target == "aws" or target.startswith(("aws://", "http://", "https://")):
        # Imported here: boto3 takes time to load, which the embedded engine does not need.
        from tsframe._aws.clients import Clients  # noqa: PLC0415

        return _connected(Clients.from_target(target), patience)
    # Imported here: the engine brings DuckDB, which other targets do not need.
    from tsframe._engine.service import EmbeddedService  # noqa: PLC0415

    return _embedded(EmbeddedService.open(target), target)


def embedded_connection(store: str, clock: Callable[[], int], quotas: Quotas) -> Connection:
    """Return a connection to an embedded service that goes by another clock and other quotas."""
    from tsframe._engine.service import EmbeddedService  # noqa: PLC0415 - as above

    return _embedded(EmbeddedService.open(store, clock, quotas), store)


def _embedded(service: Service, target: str) -> Connection:
    """Return a connection to a service of this process, whose boto3 clients are answered by it."""

    def client(name: str) -> Any:  # noqa: ANN401
        # Imported here: boto3 takes time to load, which the embedded engine does not need otherwise.
        from tsframe._server.botocore import client as answered_client  # noqa: PLC0415
        from tsframe._server.endpoint import Endpoint  # noqa: PLC0415

        return answered_client(Endpoint(service), name, service.region)

    return Connection(service, target, client)


def _connected(clients: Clients, patience: float) -> Connection:
    from tsframe._aws.service import AwsService  # noqa: PLC0415 - as above

    return Connection(AwsService(clients, patience), clients.name, clients.client)


def _wishes(options: WriteOptions) -> Wishes:
    """Sort the options of ``write`` by what they are for; an unknown one is the usual ``TypeError``."""
    left: dict[str, Any] = dict(options)
    said = {name: left.pop(name) for name in tuple(left) if name in Said.__slots__}
    rules = {name: left.pop(name) for name in tuple(left) if name in Rules.__slots__}
    return Wishes(said=Said(**said), rules=Rules(**rules), **left)


def _change(options: TableOptions) -> TableChange:
    left: dict[str, Any] = dict(options)
    key, place = left.pop("partition_key", None), left.pop("rejected_to", None)
    return TableChange(
        **left,
        rejected_data=None if place is None else Place.at(place),
        partition_key=PartitionKey(key) if isinstance(key, str) else key,
    )
