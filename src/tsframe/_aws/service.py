"""``AwsService``: each operation in a few lines of encode, call, decode. Fulfils ``Service``; safe between threads."""

from __future__ import annotations

import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from tsframe._aws import faults
from tsframe._aws.writing import Writer
from tsframe._model.sending import PLAIN
from tsframe._model.tables import TableColumns, check_tags
from tsframe._model.window import window
from tsframe._wire.batch_loads import load_to_shape, task_from_shape
from tsframe._wire.resources import (
    change_to_shape,
    database_from_shape,
    table_from_shape,
    tags_from_shape,
    tags_to_shape,
)
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from typing import NoReturn

    import pyarrow as pa

    from tsframe._aws.clients import Clients
    from tsframe._model.batch_loads import BatchLoad, BatchLoadTask
    from tsframe._model.records import RecordBatch, WriteResult
    from tsframe._model.sending import Sending
    from tsframe._model.tables import Contents, Database, Selection, Table, TableChange
    from tsframe._model.window import Window

_PART_ROWS: Final = 131_072
"""Rows of a stream that are written together: some 20 MB of a usual frame, and enough of each series to pack well."""
_FRESH: Final = 10.0
"""Seconds for which a table's settings are taken to stay: a write asks several times, and 5 calls a second are free."""
_SKEW: Final = 2.0
"""Seconds by which clocks may differ before it counts: the service's clock is told in whole ones."""


class AwsService:
    """Amazon Timestream, or anything that speaks its protocol."""

    def __init__(self, clients: Clients, patience: float = 120.0) -> None:
        self._clients = clients
        self._writer = Writer(clients, patience)
        self._lock = threading.Lock()
        self._tables: dict[tuple[str, str], tuple[float, Table]] = {}
        self._skew = 0.0

    @property
    def where(self) -> str:
        """The endpoint, and the region."""
        return f"{self._clients.name} {self._clients.region}"

    @property
    def region(self) -> str:
        """The AWS region."""
        return self._clients.region

    @property
    def metered(self) -> bool:
        """Somebody is billed."""
        return True

    @property
    def part_rows(self) -> int | None:
        """How many rows of a stream are written at a time."""
        return _PART_ROWS

    def close(self) -> None:
        """Close the connections."""
        self._writer.close()
        self._clients.close()

    def create_database(self, name: str, *, kms_key: str | None, tags: dict[str, str]) -> Database:
        """Make a database."""
        check_tags(tags)
        words = ({"KmsKeyId": kms_key} if kms_key else {}) | ({"Tags": tags_to_shape(tags)} if tags else {})
        return database_from_shape(self._call("create_database", DatabaseName=name, **words)["Database"])

    def describe_database(self, name: str) -> Database:
        """Return a database."""
        return database_from_shape(self._call("describe_database", DatabaseName=name)["Database"])

    def list_databases(self) -> tuple[Database, ...]:
        """Return all databases by name."""
        found = map(database_from_shape, self._pages("list_databases", "Databases"))
        return tuple(sorted(found, key=lambda one: one.name))

    def update_database(self, name: str, *, kms_key: str) -> Database:
        """Give a database another key."""
        return database_from_shape(self._call("update_database", DatabaseName=name, KmsKeyId=kms_key)["Database"])

    def delete_database(self, name: str) -> None:
        """Remove a database that has no tables."""
        self._call("delete_database", DatabaseName=name)

    def create_table(self, database: str, name: str, change: TableChange, *, tags: dict[str, str]) -> Table:
        """Make a table."""
        check_tags(tags)
        words = change_to_shape(change, None) | ({"Tags": tags_to_shape(tags)} if tags else {})
        return self._table("create_table", database, name, **words)

    def describe_table(self, database: str, name: str) -> Table:
        """Return a table; the answer of a moment ago serves too."""
        with self._lock:
            asked, table = self._tables.get((database, name), (-_FRESH, None))
        if table is not None and time.monotonic() - asked < _FRESH:
            return table
        return self._table("describe_table", database, name)

    def list_tables(self, database: str | None) -> tuple[Table, ...]:
        """Return the tables of a database, or all, by name."""
        words = {"DatabaseName": database} if database is not None else {}
        found = map(table_from_shape, self._pages("list_tables", "Tables", **words))
        return tuple(sorted(found, key=lambda one: (one.database, one.name)))

    def update_table(self, database: str, name: str, change: TableChange) -> Table:
        """Change a table's settings; what is not said stays."""
        self._forget(database, name)
        current = self.describe_table(database, name)
        return self._table("update_table", database, name, **change_to_shape(change, current))

    def delete_table(self, database: str, name: str) -> None:
        """Remove a table with its records."""
        self._forget(database, name)
        self._call("delete_table", DatabaseName=database, TableName=name)

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags; a key that is there gets the new value."""
        self._call("tag_resource", ResourceARN=arn, Tags=tags_to_shape(check_tags(tags)))

    def untag_resource(self, arn: str, keys: tuple[str, ...]) -> None:
        """Remove tags; keys that are not there are ignored."""
        self._call("untag_resource", ResourceARN=arn, TagKeys=[*keys])

    def list_tags_for_resource(self, arn: str) -> dict[str, str]:
        """Return a resource's tags."""
        return tags_from_shape(self._call("list_tags_for_resource", ResourceARN=arn).get("Tags", []))

    def create_batch_load_task(self, load: BatchLoad) -> str:
        """Begin to load files of a bucket into a table; return the task's id."""
        return self._call("create_batch_load_task", **load_to_shape(load))["TaskId"]

    def describe_batch_load_task(self, task: str) -> BatchLoadTask:
        """Return a task of loading files."""
        return task_from_shape(self._call("describe_batch_load_task", TaskId=task)["BatchLoadTaskDescription"])

    def list_batch_load_tasks(self) -> tuple[BatchLoadTask, ...]:
        """Return all tasks of loading files, in the order in which they were made."""
        found = self._pages("list_batch_load_tasks", "BatchLoadTasks")
        tasks = (self.describe_batch_load_task(one["TaskId"]) for one in found)
        return tuple(sorted(tasks, key=lambda one: (one.created, one.id)))

    def resume_batch_load_task(self, task: str) -> None:
        """Go on with a task that was stopped half-way."""
        self._call("resume_batch_load_task", TaskId=task)

    def write_records(self, database: str, table: str, batch: RecordBatch, sending: Sending = PLAIN) -> WriteResult:
        """Write a batch of any size, in many requests; say what became of every record."""
        return self._writer.write(database, table, batch, sending, self.ingestion_window(database, table))

    def read_records(self, database: str, table: str, selection: Selection) -> pa.RecordBatchReader:
        """Refuse: queries are still to come."""
        del selection
        _cannot(f"read {database}.{table}")

    def describe_columns(self, database: str, table: str) -> TableColumns:
        """Return nothing: only a query could tell, which costs, and a write should cost nothing beside itself."""
        self.describe_table(database, table)
        return TableColumns()

    def describe_contents(self, database: str, table: str) -> Contents:
        """Refuse: queries are still to come."""
        _cannot(f"describe {database}.{table}")

    def ingestion_window(self, database: str, table: str) -> Window:
        """Return the times that a table takes now, by its retention."""
        found = self.describe_table(database, table)
        return window(found.retention, magnetic_writes=found.magnetic_writes, now=self.now())

    def now(self) -> int:
        """Return the service's clock: this machine's, corrected if the service's last answer was seconds apart."""
        return time.time_ns() + int(self._skew * 1e9)

    def _table(self, operation: str, database: str, name: str, **words: Any) -> Table:  # noqa: ANN401
        table = table_from_shape(self._call(operation, DatabaseName=database, TableName=name, **words)["Table"])
        with self._lock:
            self._tables[database, name] = (time.monotonic(), table)
        return table

    def _forget(self, database: str, name: str) -> None:
        with self._lock:
            self._tables.pop((database, name), None)

    def _call(self, operation: str, **words: Any) -> dict[str, Any]:  # noqa: ANN401
        try:
            answer: dict[str, Any] = getattr(self._clients.control, operation)(**words)
        except Exception as error:
            doing = "".join(part.title() for part in operation.split("_"))
            raise faults.translate(error, doing=doing, clients=self._clients) from error
        self._learn_clock(answer)
        return answer

    def _pages(self, operation: str, member: str, **words: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = self._call(operation, **words, **token)
            found += answer.get(member, [])
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def _learn_clock(self, answer: dict[str, Any]) -> None:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            skew = parsedate_to_datetime(date).timestamp() - time.time()
            self._skew = skew if abs(skew) > _SKEW else 0.0


def _cannot(what: str) -> NoReturn:
    message = (
        f"this version of tsframe cannot {what} of Amazon Timestream: it writes there, and makes and lists databases "
        f"and tables; the embedded engine reads, too"
    )
    raise TimestreamError(message)
