"""Batch-load tasks in the store: made, described, brought forward; what could not be loaded, line by line."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from tsframe._engine import catalog
from tsframe._engine.statements import lent
from tsframe._model.batch_loads import ACTIVE, BatchLoadTask, Progress, Status
from tsframe._wire.batch_loads import load_from_text, load_to_text
from tsframe.errors import ConflictError, ResourceNotFoundError, ServiceQuotaExceededError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from tsframe._model.batch_loads import BatchLoad
    from tsframe._model.quotas import Quotas
    from tsframe.typing import Integers

RESUMABLE: Final = timedelta(days=7)
"""For how long a task may be resumed, from its making; the documentation names no period."""
_ACTIVE: Final = ", ".join(f"'{status}'" for status in ACTIVE)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task with what only the store knows of it."""

    number: int
    task: BatchLoadTask
    file: int
    """How many files are done."""
    place: int
    """The last row of the next file that is done; the header is row 1."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """Why lines of a file were not loaded; without lines, why a file was not, without a file, why a task ended."""

    reason: str
    file: str | None = None
    lines: Integers | None = None

    def ranges(self) -> Iterator[tuple[int | None, int | None]]:
        """Yield first and last of each run of lines."""
        if self.lines is None:
            yield None, None
            return
        lines = np.unique(self.lines)
        for run in np.split(lines, np.flatnonzero(np.diff(lines) > 1) + 1):
            yield int(run[0]), int(run[-1])


def create(cursor: duckdb.DuckDBPyConnection, load: BatchLoad, now: int, quotas: Quotas) -> tuple[str, bool]:
    """Make a task, and return its id and whether it is new; a token that was used names the task it made."""
    request = load_to_text(load)
    token = None if load.token is None else hashlib.blake2b(load.token.encode(), digest_size=16).hexdigest()
    earlier = cursor.execute("select id, request from catalog.batch_loads where token = ?", [token]).fetchone()
    if earlier is not None:
        if earlier[1] == request:
            return earlier[0], False
        message = "The ClientToken was used for another batch load task; use a new one."
        raise ConflictError(message)
    _check_quotas(cursor, load, quotas)
    task, moment = uuid.uuid4().hex.upper(), now // 1_000_000
    cursor.execute(
        "insert into catalog.batch_loads values "
        "(nextval('catalog.numbers'), ?, ?, ?, ?, ?, ?, null, 0, 1, 0, 0, 0, 0, 0, 0, ?, ?)",
        [task, token, request, load.database, load.table, Status.CREATED, moment, moment],
    )
    return task, True


def find(cursor: duckdb.DuckDBPyConnection, task: str) -> StoredTask:
    """Return a task that exists."""
    rows = _rows(cursor, task)
    if not rows:
        message = f"The batch load task {task} does not exist."
        raise ResourceNotFoundError(message)
    return rows[0]


def find_all(cursor: duckdb.DuckDBPyConnection) -> tuple[BatchLoadTask, ...]:
    """Return all tasks in the order in which they were made."""
    return tuple(one.task for one in _rows(cursor))


def resume(cursor: duckdb.DuckDBPyConnection, task: str, now: int) -> None:
    """Let a task go on that was stopped half-way."""
    found = find(cursor, task)
    until = found.task.resumable_until
    if found.task.status is not Status.PROGRESS_STOPPED or until is None:
        message = (
            f"The batch load task {task} is {found.task.status}; only one that is PROGRESS_STOPPED can be resumed."
        )
        raise ValidationError(message)
    if _EPOCH + timedelta(microseconds=now // 1000) >= until:
        message = f"The batch load task {task} could be resumed until {until.isoformat()}; make a new one."
        raise ValidationError(message)
    move(cursor, found.number, Status.PENDING_RESUME, now)


def move(cursor: duckdb.DuckDBPyConnection, number: int, status: Status, now: int, error: str | None = None) -> None:
    """Bring a task to another status."""
    cursor.execute(
        "update catalog.batch_loads set status = ?, error = ?, updated = ? where number = ?",
        [status, error, now // 1_000_000, number],
    )


def stop(cursor: duckdb.DuckDBPyConnection, task: str, now: int, error: str) -> None:
    """Say of a task that it was stopped half-way."""
    move(cursor, find(cursor, task).number, Status.PROGRESS_STOPPED, now, error)


def stop_all(cursor: duckdb.DuckDBPyConnection, now: int, error: str) -> None:
    """Say of the tasks that nobody works on any more that they were stopped."""
    cursor.execute(
        f"update catalog.batch_loads set status = ?, error = ?, updated = ? where status in ({_ACTIVE})",
        [Status.PROGRESS_STOPPED, error, now // 1_000_000],
    )


def bring_forward(
    cursor: duckdb.DuckDBPyConnection,
    number: int,
    *,
    file: int,
    place: int,
    more: Progress,
    faults: Iterable[LineFault],
    now: int,
) -> None:
    """Note how far a task is, and what of it could not be loaded."""
    cursor.execute(
        "update catalog.batch_loads set file = ?, place = ?, processed = processed + ?, ingested = ingested + ?, "
        "unparsed = unparsed + ?, rejected = rejected + ?, failed_files = failed_files + ?, metered = metered + ?, "
        "updated = ? where number = ?",
        [file, place, *astuple(more), now // 1_000_000, number],
    )
    rows = [(number, fault.file, fault.reason, *run) for fault in faults for run in fault.ranges()]
    if rows:
        types = (pa.int64(), pa.string(), pa.string(), pa.int64(), pa.int64())
        columns = [pa.array(column, type_) for column, type_ in zip(zip(*rows, strict=True), types, strict=True)]
        with lent(cursor, faults=pa.table(columns, names=["task", "file", "reason", "first", "last"])):
            cursor.execute("insert into catalog.batch_load_errors select * from faults")


def faults_of(cursor: duckdb.DuckDBPyConnection, number: int) -> list[tuple[Any, ...]]:
    """Return file, reason, and first and last line of all that could not be loaded, in order."""
    return cursor.execute(
        "select file, reason, first_line, last_line from catalog.batch_load_errors where task = ? "
        "order by file, min(first_line) over (partition by file, reason), reason, first_line",
        [number],
    ).fetchall()


def _check_quotas(cursor: duckdb.DuckDBPyConnection, load: BatchLoad, quotas: Quotas) -> None:
    active = cursor.execute(f"select database, name from catalog.batch_loads where status in ({_ACTIVE})").fetchall()
    of_table = active.count((load.database, load.table))
    if len(active) >= quotas.batch_loads:
        message = f"The account has {len(active)} active batch load tasks, which is its quota."
        raise ServiceQuotaExceededError(message)
    if of_table >= quotas.batch_loads_of_table:
        message = f"The table {load.table} has {of_table} active batch load tasks, which is its quota."
        raise ServiceQuotaExceededError(message)


def check_target(cursor: duckdb.DuckDBPyConnection, load: BatchLoad) -> None:
    """Refuse a load into a table that is missing, or whose partition key it leaves out."""
    key = catalog.stored_table(cursor, load.database, load.table).table.partition_key
    if key is None or not key.required or load.model is None:
        return
    if key.dimension not in [name for _, name in load.model.dimension_columns]:
        message = f"The data model has no dimension {key.dimension}, the partition key that the table requires."
        raise ValidationError(message)


def _rows(cursor: duckdb.DuckDBPyConnection, task: str | None = None) -> list[StoredTask]:
    rows = cursor.execute(
        "select number, id, request, status, error, file, place, processed, ingested, unparsed, rejected, "
        "failed_files, metered, created, updated from catalog.batch_loads where $1 is null or id = $1 order by number",
        [task],
    ).fetchall()
    return [_stored(*row) for row in rows]


def _stored(  # noqa: PLR0917 - a row of the catalog, column by column
    number: int,
    task: str,
    request: str,
    status: str,
    error: str | None,
    file: int,
    place: int,
    *counts: int,
) -> StoredTask:
    *progress, created, updated = counts
    made = _EPOCH + timedelta(milliseconds=created)
    found = BatchLoadTask(
        id=task,
        load=load_from_text(request),
        status=Status(status),
        progress=Progress(*progress),
        error=error,
        created=made,
        updated=_EPOCH + timedelta(milliseconds=updated),
        resumable_until=None if status == Status.SUCCEEDED else made + RESUMABLE,
    )
    return StoredTask(number, found, file, place)
