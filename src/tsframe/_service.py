"""The seam: what tsframe asks of Timestream, wherever Timestream is.

Methods that AWS has are named for its operations and raise its errors. The others read a table, or tell what a client
would ask with queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tsframe._model.sending import PLAIN

if TYPE_CHECKING:
    import pyarrow as pa

    from tsframe._model.batch_loads import BatchLoad, BatchLoadTask
    from tsframe._model.records import RecordBatch, WriteResult
    from tsframe._model.sending import Sending
    from tsframe._model.tables import Contents, Database, Selection, Table, TableChange, TableColumns
    from tsframe._model.window import Window


class Service(Protocol):
    """Something that answers Timestream's operations."""

    @property
    def where(self) -> str:
        """Where the data goes, for people and for files that must not be mixed up; without credentials."""
        ...

    @property
    def region(self) -> str:
        """The AWS region, which prices depend on."""
        ...

    @property
    def metered(self) -> bool:
        """Whether somebody is billed for what is written."""
        ...

    @property
    def part_rows(self) -> int | None:
        """How many rows of a stream are written at a time; ``None``: all at once, in one transaction."""
        ...

    def create_database(self, name: str, *, kms_key: str | None, tags: dict[str, str]) -> Database:
        """Make a database."""
        ...

    def describe_database(self, name: str) -> Database:
        """Return a database."""
        ...

    def list_databases(self) -> tuple[Database, ...]:
        """Return all databases by name."""
        ...

    def update_database(self, name: str, *, kms_key: str) -> Database:
        """Give a database another key."""
        ...

    def delete_database(self, name: str) -> None:
        """Remove a database that has no tables."""
        ...

    def create_table(self, database: str, name: str, change: TableChange, *, tags: dict[str, str]) -> Table:
        """Make a table."""
        ...

    def describe_table(self, database: str, name: str) -> Table:
        """Return a table."""
        ...

    def list_tables(self, database: str | None) -> tuple[Table, ...]:
        """Return the tables of a database, or all, by name."""
        ...

    def update_table(self, database: str, name: str, change: TableChange) -> Table:
        """Change a table's settings; what is not said stays."""
        ...

    def delete_table(self, database: str, name: str) -> None:
        """Remove a table with its records."""
        ...

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags; a key that is there gets the new value."""
        ...

    def untag_resource(self, arn: str, keys: tuple[str, ...]) -> None:
        """Remove tags; keys that are not there are ignored."""
        ...

    def list_tags_for_resource(self, arn: str) -> dict[str, str]:
        """Return a resource's tags."""
        ...

    def create_batch_load_task(self, load: BatchLoad) -> str:
        """Begin to load files of a bucket into a table; return the task's id."""
        ...

    def describe_batch_load_task(self, task: str) -> BatchLoadTask:
        """Return a task of loading files."""
        ...

    def list_batch_load_tasks(self) -> tuple[BatchLoadTask, ...]:
        """Return all tasks of loading files, in the order in which they were made."""
        ...

    def resume_batch_load_task(self, task: str) -> None:
        """Go on with a task that was stopped half-way."""
        ...

    def write_records(self, database: str, table: str, batch: RecordBatch, sending: Sending = PLAIN) -> WriteResult:
        """Write a batch of any size; say what became of every record.

        What keeps a batch from being begun is raised; what ends it half-way is in the result.
        """
        ...

    def read_records(self, database: str, table: str, selection: Selection) -> pa.RecordBatchReader:
        """Stream a part of a table. Columns: dimensions, ``measure_name``, ``time``, measures."""
        ...

    def describe_columns(self, database: str, table: str) -> TableColumns:
        """Return a table's columns and measure names; quick whatever the table holds."""
        ...

    def describe_contents(self, database: str, table: str) -> Contents:
        """Return what a table holds: rows, series, times. It reads the whole table."""
        ...

    def ingestion_window(self, database: str, table: str) -> Window:
        """Return the times that a table takes now, as far as a client can know them."""
        ...

    def now(self) -> int:
        """Return the clock that times are judged by: nanoseconds since 1970 UTC."""
        ...

    def close(self) -> None:
        """Give back what the service holds; no method works afterwards."""
        ...
