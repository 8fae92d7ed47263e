"""The store: a folder with one DuckDB file; open, close, transaction, layout version.

One process owns a store. Inside it one writer at a time changes the store, and a change is whole or has not happened;
readers see the state of the moment they began.
"""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import duckdb

from tsframe._engine.statements import Statements, lent
from tsframe.errors import ConnectionClosedError, StoreError, StoreLockedError, TimestreamError

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa

    from tsframe._engine.known import Known

LAYOUT: Final = 1
"""The version of what this module and ``catalog`` write; a store of a newer one is refused."""

MEMORY: Final = ":memory:"

_CREATE = """
create schema catalog;
create schema records;
create table catalog.store (layout integer not null);
create sequence catalog.numbers;
create table catalog.databases (
    name varchar not null, kms_key varchar not null, created bigint not null, updated bigint not null
);
create table catalog.tables (
    number bigint not null, database varchar not null, name varchar not null,
    memory_store_hours integer not null, magnetic_store_days integer not null,
    magnetic_writes boolean not null, rejected_to varchar,
    partition_dimension varchar, partition_required boolean not null,
    memory_floor bigint not null, created bigint not null, updated bigint not null
);
create table catalog.columns (
    table_number bigint not null, position integer not null, name varchar not null,
    role varchar not null, type varchar not null
);
create table catalog.measure_names (table_number bigint not null, name varchar not null, type varchar not null);
create table catalog.tags (arn varchar not null, key varchar not null, value varchar not null);
"""

# What came later, and an older tsframe does not miss.
_ADDED = """
create table if not exists catalog.batch_loads (
    number bigint not null, id varchar not null, token varchar, request varchar not null, database varchar not null,
    name varchar not null, status varchar not null, error varchar, file integer not null, place bigint not null,
    processed bigint not null, ingested bigint not null, unparsed bigint not null, rejected bigint not null,
    failed_files bigint not null, metered bigint not null, created bigint not null, updated bigint not null
);
create table if not exists catalog.batch_load_errors (
    task bigint not null, file varchar, reason varchar not null, first_line bigint, last_line bigint
);
"""

# A join tells the scan of a table which keys there are only up to so many of them, by default 50: fewer than a request
# has records (DuckDB 2.0; a match of 100 among 10 million took 67 ms, and takes 16).
# Nothing but the store's own file is reachable from its SQL; set after opening, and locked.
_SETTINGS = """
set global dynamic_or_filter_threshold = 2000;
set python_enable_replacements = false;
set enable_external_access = false;
set lock_configuration = true;
"""

_open_stores: WeakValueDictionary[str, Storage] = WeakValueDictionary()
_opening = threading.Lock()


class Storage:
    """An open store. ``Storage.open`` shares it inside a process; each opening is closed once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.writing = threading.RLock()
        """Held by whoever changes the store."""
        self.memory: dict[tuple[str, str], Known] = {}
        """What is known of tables, for those who write records; everything else that changes the store empties it."""
        self.openings = 1
        """How often the store was opened and not closed, in this process."""
        self._duckdb: duckdb.DuckDBPyConnection | None = _connect(path)
        self._kept: duckdb.DuckDBPyConnection | None = None
        self.statements: Statements
        """Those prepared on the cursor of record-writing transactions; there while one is open."""

    @classmethod
    def open(cls, path: str) -> Storage:
        """Open the store in a folder, made if there is none; ``":memory:"`` is a new one that vanishes."""
        if path == MEMORY:
            return cls(MEMORY)
        folder = Path(path).expanduser().absolute()
        with _opening:
            storage = _open_stores.get(str(folder.resolve()))
            if storage is None:
                storage = _open_stores[str(folder.resolve())] = cls(str(folder))
            else:
                storage.openings += 1
            return storage

    def close(self) -> None:
        """Give the store back; the last one closes the file."""
        with _opening, self.writing:
            self.openings -= 1
            if self.openings <= 0:
                self._shut()
                if self.path != MEMORY:
                    _open_stores.pop(str(Path(self.path).resolve()), None)

    def _shut(self) -> None:
        connection, self._duckdb = self._duckdb, None
        self._forget_writer()
        if connection is not None:
            connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a new cursor; it sees the store as of its first statement in a transaction."""
        if self._duckdb is None:
            with self.writing:
                if self.openings <= 0:
                    message = f"the store {self.path!r} is closed: connect again"
                    raise ConnectionClosedError(message)
                # It could not be opened anew after a fault; perhaps it can by now.
                self._duckdb = self._duckdb or _connect(self.path)
        return self._duckdb.cursor()

    @contextmanager
    def reading(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Give a cursor whose statements all see the same state."""
        with self._translated(), self.cursor() as cursor:
            cursor.execute("begin transaction read only")
            try:
                yield cursor
            finally:
                cursor.execute("rollback")

    @contextmanager
    def transaction(self, *, of_records: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
        """Give the only cursor that may change the store; everything or nothing of it is kept."""
        with self.writing, self._translated(), self._writer(keep=of_records) as cursor:
            cursor.execute("begin transaction")
            try:
                yield cursor
                cursor.execute("commit")
                if not of_records:
                    self.memory.clear()
            except BaseException as error:
                self.memory.clear()
                self._undo(cursor, give_back_room=_is_disk_full(error))
                raise

    @contextmanager
    def _writer(self, *, keep: bool) -> Generator[duckdb.DuckDBPyConnection]:
        """Give a new cursor, or the one that is kept with what is prepared on it."""
        if not keep:
            with self.cursor() as cursor:
                yield cursor
            return
        if self._kept is None:
            self._kept = self.cursor()
            self.statements = Statements(self._kept)
        try:
            yield self._kept
        except BaseException:
            # After an error it is not known what the cursor still holds.
            self._forget_writer()
            raise

    def _forget_writer(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _undo(self, cursor: duckdb.DuckDBPyConnection, *, give_back_room: bool) -> None:
        """Take the change back; where DuckDB cannot any more, open the store anew."""
        # A commit that failed has rolled back by itself, and there is nothing left to roll back.
        with suppress(duckdb.Error):
            cursor.execute("rollback")
        if give_back_room:
            # Cut the file to what it holds: a write that the disk had no room for leaves it grown.
            with suppress(duckdb.Error):
                cursor.execute("checkpoint")
        try:
            cursor.execute("select 1")
        except duckdb.Error:
            # A checkpoint that fails, too, leaves a database that refuses everything until it is opened again.
            self._reopen()

    def _reopen(self) -> None:
        if self.path != MEMORY:
            self._shut()
            self._duckdb = _connect(self.path)

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise self._translate(error) from error

    def _translate(self, error: duckdb.Error) -> TimestreamError:
        text = str(error)
        if _is_disk_full(error):
            free = "" if self.path == MEMORY else f" ({shutil.disk_usage(self.path).free:,} bytes are free)"
            return StoreError(
                f"the disk of the store {self.path!r} is full{free}: nothing of this call was kept; "
                f"make room, or connect to a store on another disk"
            )
        if isinstance(error, duckdb.OutOfMemoryException):
            return StoreError(f"the store {self.path!r} needs more memory than there is: nothing of this call was kept")
        return StoreError(f"the store {self.path!r} failed, nothing of this call was kept: {text}")


def _is_disk_full(error: BaseException) -> bool:
    # DuckDB hands on the text of the system's error, in several classes of its own.
    return isinstance(error, duckdb.Error) and "No space left on device" in str(error)


def arrow(
    cursor: duckdb.DuckDBPyConnection, sql: str, params: list[object] | None = None, **tables: pa.Table
) -> pa.Table:
    """Run a query, which may name the tables lent to it, and return all its rows."""
    with lent(cursor, **tables):
        return cursor.sql(sql, params=params).to_arrow_table()


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text as DuckDB reads it."""
    return "'" + text.replace("'", "''") + "'"


def _connect(path: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(MEMORY) if path == MEMORY else _connect_file(Path(path))
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_file(folder: Path) -> duckdb.DuckDBPyConnection:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(str(folder / "store.duckdb"))
    except OSError as error:
        message = f"the store {str(folder)!r} cannot be made: {error.strerror}; choose a folder that you may write"
        raise StoreError(message) from error
    except duckdb.Error as error:
        raise _opening_error(folder, error) from error


def _opening_error(folder: Path, error: duckdb.Error) -> StoreError:
    text = str(error)
    if "lock" in text:
        owner = re.search(r"PID (\d+)", text)
        process = f"process {owner[1]}" if owner else "another process"
        return StoreLockedError(
            f"the store {str(folder)!r} is in use by {process}: close it there, or choose another folder; "
            f"one process owns a store"
        )
    if "Permission denied" in text or "read-only" in text.lower() or "Read-only" in text:
        return StoreError(f"the store {str(folder)!r} cannot be written: choose a folder that you may write")
    if "No space left" in text:
        return StoreError(f"the disk of the store {str(folder)!r} is full: make room, or choose another folder")
    return StoreError(f"{str(folder)!r} does not hold a store that can be opened: {text}")


def _prepare(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = 'catalog' and table_name = 'store'"
    ).fetchone()
    if found is None:
        _create(connection, path)
    else:
        _check_layout(connection, path)
    connection.execute(_ADDED)
    connection.execute(_SETTINGS)


def _create(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    taken = connection.execute("select table_name from information_schema.tables limit 1").fetchone()
    if taken is not None:
        message = f"{path!r} holds another DuckDB database (with a table {taken[0]!r}), not a tsframe store"
        raise StoreError(message)
    try:
        connection.execute("begin transaction")
        connection.execute(_CREATE)
        connection.execute("insert into catalog.store values (?)", [LAYOUT])
        connection.execute("commit")
    except duckdb.Error as error:
        raise _opening_error(Path(path), error) from error


def _check_layout(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    row = connection.execute("select layout from catalog.store").fetchone()
    layout = None if row is None else row[0]
    if layout != LAYOUT:
        message = (
            f"the store {path!r} has layout {layout}, this tsframe knows layout {LAYOUT}: "
            f"open it with the newer tsframe that wrote it (pip install --upgrade tsframe)"
        )
        raise StoreError(message)
