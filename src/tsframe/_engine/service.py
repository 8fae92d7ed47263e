"""The embedded service: each operation in a few lines, handed to the file that knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pyarrow as pa

from tsframe._engine import catalog, reading, stores
from tsframe._engine.buckets import Buckets
from tsframe._engine.commits import Commits
from tsframe._engine.late_reports import write_report
from tsframe._engine.loading import Loading
from tsframe._engine.storage import MEMORY, Storage
from tsframe._model import arns
from tsframe._model.fingerprints import fingerprint
from tsframe._model.quotas import AWS_QUOTAS, Quotas
from tsframe._model.records import REJECTIONS, WriteResult, no_rejections
from tsframe._model.sending import PLAIN, Answer, Refusal, RequestEvent
from tsframe._model.tables import TableColumns, check_tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from tsframe._model.batch_loads import BatchLoad, BatchLoadTask
    from tsframe._model.records import RecordBatch
    from tsframe._model.sending import Outcome, Sending
    from tsframe._model.tables import Contents, Database, Selection, Table, TableChange
    from tsframe._model.window import Window


class EmbeddedService:
    """Timestream on a store of this machine. Fulfils ``Service``; safe to share between threads."""

    def __init__(self, storage: Storage, clock: Callable[[], int] = time.time_ns, quotas: Quotas = AWS_QUOTAS) -> None:
        self._storage = storage
        self._clock = clock
        self._quotas = quotas
        self._commits = Commits(storage, clock, quotas)
        self.buckets = Buckets.configured(None if storage.path == MEMORY else storage.path)
        """Where files are that are loaded, and error reports."""
        self._loading = Loading(storage, self._commits, clock, quotas, self.buckets)
        self._number = uuid4()

    @classmethod
    def open(cls, path: str, clock: Callable[[], int] = time.time_ns, quotas: Quotas = AWS_QUOTAS) -> EmbeddedService:
        """Open the store in a folder, or ``":memory:"``; the clock gives nanoseconds since 1970 UTC."""
        service = cls(Storage.open(path), clock, quotas)
        if service._storage.openings == 1:
            service._loading.stop_orphans()
        return service

    @property
    def where(self) -> str:
        """The store's folder; a store in memory is none that a later process finds again."""
        return self._storage.path if self._storage.path != MEMORY else f"{MEMORY} {self._number}"

    @property
    def region(self) -> str:
        """The region that a store's resource names have."""
        return arns.REGION

    @property
    def metered(self) -> bool:
        """Nobody is billed."""
        return False

    @property
    def part_rows(self) -> int | None:
        """A frame is one transaction, whatever it is."""
        return None

    def close(self) -> None:
        """Give the store back."""
        self._loading.close()
        self._storage.close()
        self.buckets.close()

    def create_database(self, name: str, *, kms_key: str | None, tags: dict[str, str]) -> Database:
        """Make a database."""
        check_tags(tags)
        with self._storage.transaction() as cursor:
            return catalog.create_database(
                cursor, name, kms_key=kms_key, tags=tags, now=self._clock(), quotas=self._quotas
            )

    def describe_database(self, name: str) -> Database:
        """Return a database."""
        with self._storage.reading() as cursor:
            return catalog.describe_database(cursor, name)

    def list_databases(self) -> tuple[Database, ...]:
        """Return all databases by name."""
        with self._storage.reading() as cursor:
            return catalog.list_databases(cursor)

    def update_database(self, name: str, *, kms_key: str) -> Database:
        """Give a database another key."""
        with self._storage.transaction() as cursor:
            return catalog.update_database(cursor, name, kms_key=kms_key, now=self._clock())

    def delete_database(self, name: str) -> None:
        """Remove a database that has no tables."""
        with self._storage.transaction() as cursor:
            catalog.delete_database(cursor, name)

    def create_table(self, database: str, name: str, change: TableChange, *, tags: dict[str, str]) -> Table:
        """Make a table."""
        check_tags(tags)
        with self._storage.transaction() as cursor:
            return catalog.create_table(
                cursor, database, name, change, tags=tags, now=self._clock(), quotas=self._quotas
            ).table

    def describe_table(self, database: str, name: str) -> Table:
        """Return a table."""
        with self._storage.reading() as cursor:
            return catalog.stored_table(cursor, database, name).table

    def list_tables(self, database: str | None) -> tuple[Table, ...]:
        """Return the tables of a database, or all, by name."""
        with self._storage.reading() as cursor:
            return catalog.list_tables(cursor, database)

    def update_table(self, database: str, name: str, change: TableChange) -> Table:
        """Change a table's settings; what is not said stays."""
        with self._storage.transaction() as cursor:
            return catalog.update_table(cursor, database, name, change, now=self._clock()).table

    def delete_table(self, database: str, name: str) -> None:
        """Remove a table with its records."""
        with self._storage.transaction() as cursor:
            catalog.delete_table(cursor, database, name)

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags; a key that is there gets the new value."""
        check_tags(tags)
        with self._storage.transaction() as cursor:
            catalog.tag(cursor, catalog.check_resource_exists(cursor, arn), tags, self._quotas)

    def untag_resource(self, arn: str, keys: tuple[str, ...]) -> None:
        """Remove tags; keys that are not there are ignored."""
        with self._storage.transaction() as cursor:
            catalog.untag(cursor, catalog.check_resource_exists(cursor, arn), keys)

    def list_tags_for_resource(self, arn: str) -> dict[str, str]:
        """Return a resource's tags."""
        with self._storage.reading() as cursor:
            return catalog.tags_of(cursor, catalog.check_resource_exists(cursor, arn))

    def create_batch_load_task(self, load: BatchLoad) -> str:
        """Begin to load files of a bucket into a table; return the task's id."""
        return self._loading.create(load)

    def describe_batch_load_task(self, task: str) -> BatchLoadTask:
        """Return a task of loading files."""
        return self._loading.describe(task)

    def list_batch_load_tasks(self) -> tuple[BatchLoadTask, ...]:
        """Return all tasks of loading files, in the order in which they were made."""
        return self._loading.list_all()

    def resume_batch_load_task(self, task: str) -> None:
        """Go on with a task that was stopped half-way."""
        self._loading.resume(task)

    def write_records(self, database: str, table: str, batch: RecordBatch, sending: Sending = PLAIN) -> WriteResult:
        """Write a batch of any size in one transaction; say what became of every record."""
        journal = sending.journal
        # The batch is what a request's body is elsewhere: settled as a whole, and known by what it holds.
        body = fingerprint(batch) if journal else b""
        noted = journal.find(body) if journal else None
        if noted is not None:
            sending.watch(_event(database, table, batch, "resumed", 0.0, rejected=len(noted.refusals)))
            return _resumed(batch, noted)
        began = time.monotonic()
        result = self._commits.write(database, table, batch, sending.company)
        if journal:
            journal.note(body, _answer(result))
        if len(result.rejected_later):
            where = self.describe_table(database, table)
            write_report(self.buckets, where, batch, result.rejected_later, self._clock())
        rejected = len(result.rejected)
        outcome: Outcome = "rejected" if rejected else "stored"
        sending.watch(_event(database, table, batch, outcome, time.monotonic() - began, rejected=rejected))
        return result

    def read_records(self, database: str, table: str, selection: Selection) -> pa.RecordBatchReader:
        """Stream a part of a table, as it was at the first batch."""
        cursor = self._storage.cursor()
        try:
            stored = catalog.stored_table(cursor, database, table)
            return reading.read(cursor, stored, selection, self._clock())
        except BaseException:
            cursor.close()
            raise

    def describe_columns(self, database: str, table: str) -> TableColumns:
        """Return a table's columns and measure names."""
        with self._storage.reading() as cursor:
            stored = catalog.stored_table(cursor, database, table)
            return TableColumns(reading.columns_in_order(stored), catalog.measure_names(cursor, stored))

    def describe_contents(self, database: str, table: str) -> Contents:
        """Return what a table holds: rows, series, times."""
        with self._storage.reading() as cursor:
            return reading.contents(cursor, catalog.stored_table(cursor, database, table), self._clock())

    def ingestion_window(self, database: str, table: str) -> Window:
        """Return the times that a table takes now."""
        with self._storage.reading() as cursor:
            return stores.window_of(catalog.stored_table(cursor, database, table), self._clock())

    def now(self) -> int:
        """Return the service's clock: nanoseconds since 1970 UTC."""
        return self._clock()


def _event(
    database: str, table: str, batch: RecordBatch, outcome: Outcome, seconds: float, *, rejected: int
) -> RequestEvent:
    """Tell of a batch as of one request, though none was sent."""
    attempt = 0 if outcome == "resumed" else 1
    return RequestEvent(f"{database}.{table}", outcome, len(batch), 0, attempt, seconds, rejected)


def _answer(result: WriteResult) -> Answer:
    refusals = (
        Refusal(row["record"], row["code"], row["reason"], row["existing_version"])
        for row in result.rejected.to_pylist()
    )
    return Answer(result.memory_store, result.magnetic_store, tuple(refusals))


def _resumed(batch: RecordBatch, answer: Answer) -> WriteResult:
    rejected = [
        {"record": one.index, "code": one.code, "reason": one.reason, "existing_version": one.existing_version}
        for one in answer.refusals
    ]
    return WriteResult(
        memory_store=answer.memory_store,
        magnetic_store=answer.magnetic_store,
        rejected=pa.Table.from_pylist(rejected, schema=REJECTIONS),
        rejected_later=no_rejections(),
        resumed=np.arange(len(batch)),
    )
