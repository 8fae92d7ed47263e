"""The public functions: each finds the connection and calls its verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tsframe._connection import Connection, current

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from tsframe._model.tables import Database, PartitionKey, Table
    from tsframe._reading import TableDescription
    from tsframe._report import WriteReport
    from tsframe._resources import EnsuredTable
    from tsframe.typing import (
        Backend,
        ColumnName,
        ColumnNames,
        DuplicatesRule,
        Frame,
        IntoFrame,
        Layout,
        Moment,
        NullsRule,
        RejectedRule,
        TableOptions,
        TimeUnit,
    )


def write(
    frame: IntoFrame,
    table: str | tuple[str, str],
    *,
    time: ColumnName | tuple[ColumnName, TimeUnit] | None = None,
    dimensions: ColumnNames | None = None,
    measures: ColumnNames | None = None,
    measure_name: ColumnName | None = None,
    version: int | ColumnName = 1,
    layout: Layout = "auto",
    naive: str = "utc",
    nulls: NullsRule = "omit",
    duplicates: DuplicatesRule = "error",
    create: bool = False,
    on_rejected: RejectedRule = "raise",
    connection: Connection | None = None,
) -> WriteReport:
    """Write every row of a data frame, and account for each.

    What is not said is inferred: the one datetime column is the time, text and categories are dimensions, numbers,
    booleans and further datetimes are measures. A frame that was read from a table, or goes to one that exists, gets
    the roles that its columns have there. The frame is not changed. All limits of the service that can be known are
    checked on the columns before anything is stored.

    Parameters
    ----------
    frame
        A pandas or Polars data frame, a pyarrow table, batch or reader, or anything with ``__arrow_c_stream__``.
    table
        ``"database.table"``, or a pair of names.
    time
        The column of times, or for integers the column and what it counts since 1970 UTC: ``("t", "ms")``.
        Zoned times are converted, and all digits down to the nanosecond are kept.
    dimensions, measures
        Columns, by name or by a Polars selector.
    measure_name
        A column of measure names, or the name of all records; by default the table's name.
    version
        A stored record is replaced only by one with a higher version. A number from 1 to 2^63-1, a column of them, or
        ``"now"``: the clock in nanoseconds, so that the last writer wins.
    layout
        ``"wide"``, as ``"auto"``: a row is one multi-measure record. ``"long"``: every value is a single-measure
        record. ``"packed"``: rows of name and value that share dimensions and time make one multi-measure record.
    naive
        What times without a zone mean: ``"utc"``, a zone's name, or ``"error"``. Never the machine's zone.
    nulls
        ``"omit"`` leaves nulls, empty text, NaN and infinities out of their records, as the service has none of them,
        and counts them in the report; ``"error"`` refuses them.
    duplicates
        What to do with rows that share dimensions, measure name and time: ``"error"``, or write the ``"first"``, the
        ``"last"``, or the one with the highest ``"version"``.
    create
        Make database and table if they are missing, with the service's default retention (6 hours, then 73,000
        days); the table takes late records if the frame has any.
    on_rejected
        ``"raise"`` raises if the service rejects a record. ``"return"`` leaves rejected rows to the report, those
        that a check beforehand would have found included. ``"ignore-stale"`` raises, but not for records that are
        not newer than what is stored.
    connection
        By default the one that ``connect`` opened last.

    Returns
    -------
    WriteReport
        True if every row was ingested.

    Raises
    ------
    InvalidFrameError
        If the frame cannot become records; nothing was stored.
    ResourceNotFoundError
        If database or table are missing, and ``create`` was not said.
    RejectedRecordsError
        If the service rejected records; the others are stored, and ``.report`` tells which.
    StoreError
        If the embedded store cannot be written; nothing was stored.

    Examples
    --------
    >>> tsframe.write(df, "iot.sensors", create=True).ingested
    3
    """
    return current(connection).write(
        frame,
        table,
        time=time,
        dimensions=dimensions,
        measures=measures,
        measure_name=measure_name,
        version=version,
        layout=layout,
        naive=naive,
        nulls=nulls,
        duplicates=duplicates,
        create=create,
        on_rejected=on_rejected,
    )


def read(
    table: str | tuple[str, str],
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    columns: str | Sequence[str] | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    backend: Backend | None = None,
    connection: Connection | None = None,
) -> Frame:
    """Read a table, or a part of it, as a frame.

    Columns are the dimensions, ``measure_name``, ``time`` and the measures. Times are UTC with nanoseconds, integers
    stay integers where values are missing. The order of rows is not promised. The frame remembers its columns'
    roles, so that it can be written again without naming them.

    Parameters
    ----------
    table
        ``"database.table"``, or a pair of names.
    start, end
        The first time to read, and the first time not to read any more: datetimes, or ISO 8601 text. Without a zone
        they are UTC.
    columns
        The columns to read; by default all.
    where
        For dimensions and ``measure_name``: the value, or the values, to read.
    backend
        ``"pandas"``, ``"polars"`` or ``"pyarrow"``; by default what ``set_backend`` or ``TSFRAME_BACKEND`` says, else
        pandas if it is installed, else Polars, else pyarrow.
    connection
        By default the one that ``connect`` opened last.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame or pyarrow.Table
        An empty answer has the same columns and types.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.
    ValidationError
        If the table has no such column.

    Examples
    --------
    >>> report = tsframe.write(df, "iot.sensors", create=True)
    >>> tsframe.read("iot.sensors", columns=["device", "temp"], where={"device": "a"}, backend="polars")
    shape: (2, 2)
    ┌────────┬──────┐
    │ device ┆ temp │
    │ ---    ┆ ---  │
    │ str    ┆ f64  │
    ╞════════╪══════╡
    │ a      ┆ 20.5 │
    │ a      ┆ 21.0 │
    └────────┴──────┘
    """
    return current(connection).read(table, start=start, end=end, columns=columns, where=where, backend=backend)


def read_batches(
    table: str | tuple[str, str],
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    columns: str | Sequence[str] | None = None,
    where: Mapping[str, str | Sequence[str]] | None = None,
    connection: Connection | None = None,
) -> pa.RecordBatchReader:
    """Stream a table, or a part of it, as Arrow record batches, in constant memory.

    Parameters and errors are those of ``read``. The reader sees the table as it was at its first batch.

    Returns
    -------
    pyarrow.RecordBatchReader

    Examples
    --------
    >>> report = tsframe.write(df, "iot.sensors", create=True)
    >>> sum(batch.num_rows for batch in tsframe.read_batches("iot.sensors"))
    3
    """
    return current(connection).read_batches(table, start=start, end=end, columns=columns, where=where)


def describe(
    table: str | tuple[str, str], *, backend: Backend | None = None, connection: Connection | None = None
) -> TableDescription:
    """Tell what a table is and holds: columns, roles, types, rows, series, first and last time, settings.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.

    Examples
    --------
    >>> report = tsframe.write(df, "iot.sensors", create=True)
    >>> found = tsframe.describe("iot.sensors")
    >>> found.rows, found.series
    (3, 2)
    """
    return current(connection).describe(table, backend=backend)


def list_databases(*, backend: Backend | None = None, connection: Connection | None = None) -> Frame:
    """Return all databases, by name, as a frame.

    Its columns are ``database``, ``tables`` (their number), ``kms_key``, ``arn``, ``created`` and ``updated`` (UTC).

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.list_databases(backend="polars")["database"].to_list()
    ['iot']
    """
    return current(connection).list_databases(backend=backend)


def list_tables(
    database: str | None = None, *, backend: Backend | None = None, connection: Connection | None = None
) -> Frame:
    """Return the tables of a database, or all, by name, as a frame.

    Its columns are ``database``, ``table``, ``status``, ``memory_store_hours``, ``magnetic_store_days``,
    ``magnetic_writes``, ``rejected_to``, ``partition_key``, ``partition_key_required``, ``arn``, ``created`` and
    ``updated`` (UTC).

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.list_tables("iot", backend="polars")["table"].to_list()
    ['sensors']
    """
    return current(connection).list_tables(database, backend=backend)


def list_tags(
    resource: str | tuple[str, str],
    *,
    backend: Backend | None = None,
    connection: Connection | None = None,
) -> Frame:
    """Return the tags of a database, a table or a resource name (ARN) as a frame of ``key`` and ``value``.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.

    Examples
    --------
    >>> database = tsframe.create_database("iot", tags={"team": "ops"})
    >>> tsframe.list_tags("iot", backend="polars").rows()
    [('team', 'ops')]
    """
    return current(connection).list_tags(resource, backend=backend)


def create_database(
    database: str,
    *,
    kms_key: str | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> Database:
    """Make a database.

    Parameters
    ----------
    database
        3 to 256 letters, digits, ``_``, ``.`` and ``-``.
    kms_key
        The key that encrypts it: a key's id, its ARN, an alias ``alias/…`` or an alias's ARN; by default AWS's own key.
    tags
        Up to 50.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ConflictError
        If it exists.
    ValidationError
        If the service does not take the name or a tag.
    ServiceQuotaExceededError
        If there are 500 databases.

    Examples
    --------
    >>> tsframe.create_database("iot").arn
    'arn:aws:timestream:us-east-1:000000000000:database/iot'
    """
    return current(connection).create_database(database, kms_key=kms_key, tags=tags)


def describe_database(database: str, *, connection: Connection | None = None) -> Database:
    """Return a database: name, ARN, number of tables, key, times of creation and update (UTC).

    Raises
    ------
    ResourceNotFoundError
        If it is missing.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.describe_database("iot") == database
    True
    """
    return current(connection).describe_database(database)


def update_database(database: str, *, kms_key: str, connection: Connection | None = None) -> Database:
    """Give a database another key; the same key changes nothing.

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.update_database("iot", kms_key="alias/mine").kms_key
    'arn:aws:kms:us-east-1:000000000000:alias/mine'
    """
    return current(connection).update_database(database, kms_key=kms_key)


def delete_database(database: str, *, tables: bool = False, connection: Connection | None = None) -> None:
    """Remove a database for good.

    Parameters
    ----------
    database
        The database.
    tables
        Whether its tables, with all their records, are removed too.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ResourceNotFoundError
        If it is missing.
    ValidationError
        If it has tables, and ``tables=True`` was not said.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.delete_database("iot", tables=True)
    >>> len(tsframe.list_databases(backend="polars"))
    0
    """
    current(connection).delete_database(database, tables=tables)


def create_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> Table:
    """Make a table; its columns come with what is written.

    Parameters
    ----------
    table
        ``"database.table"``, or a pair of names.
    memory_store_hours
        How long the memory store keeps a record: 1 to 8,766 hours, by default 6.
    magnetic_store_days
        How long the magnetic store keeps it after that: 1 to 73,000 days, by default 73,000.
    magnetic_writes
        Whether records older than the memory store keeps are taken, by the magnetic store; by default not.
    rejected_to
        Where the magnetic store reports late records that it could not take: ``"s3://bucket/prefix"``.
    partition_key
        The dimension that the table is divided by.
    tags
        Up to 50.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.
    ConflictError
        If the table exists.
    ValidationError
        If the service does not take a name or a setting.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> table = tsframe.create_table("iot.sensors", memory_store_hours=24)
    >>> table.retention
    Retention(memory_store_hours=24, magnetic_store_days=73000)
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).create_table(table, tags=tags, **options)


def ensure_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> EnsuredTable:
    """Make a table, and its database, if they are missing; report how an existing one differs, and change nothing.

    Parameters are those of ``create_table``; only what is said is compared.

    Returns
    -------
    EnsuredTable
        ``table``, ``created`` and ``drift``: the settings that differ, which a ``TableDriftWarning`` tells too.

    Examples
    --------
    >>> tsframe.ensure_table("iot.sensors", memory_store_hours=24).created
    True
    >>> tsframe.ensure_table("iot.sensors", memory_store_hours=24).drift
    ()
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).ensure_table(table, tags=tags, **options)


def describe_table(table: str | tuple[str, str], *, connection: Connection | None = None) -> Table:
    """Return a table's settings, ARN, status, times of creation and update (UTC).

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.describe_table("iot.sensors").status
    'ACTIVE'
    """
    return current(connection).describe_table(table)


def update_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    connection: Connection | None = None,
) -> Table:
    """Change a table's settings; what is not said stays.

    A shorter retention moves records to the magnetic store, or removes them, for good. A longer one brings nothing
    back, and the memory store fills its new part only as time passes. Parameters are those of ``create_table``; of a
    partition key only ``required`` can change.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.
    ValidationError
        If the service does not take a setting.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.update_table("iot.sensors", magnetic_writes=True).magnetic_writes
    True
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).update_table(table, **options)


def delete_table(table: str | tuple[str, str], *, connection: Connection | None = None) -> None:
    """Remove a table with all its records, for good.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.delete_table("iot.sensors")
    """
    current(connection).delete_table(table)


def tag(resource: str | tuple[str, str], tags: Mapping[str, str], *, connection: Connection | None = None) -> None:
    """Add tags to a database, a table or a resource name (ARN); a key that is there gets the new value.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.
    ValidationError
        If the service does not take a tag.
    ServiceQuotaExceededError
        If it would have more than 50.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.tag("iot.sensors", {"team": "ops"})
    """
    current(connection).tag(resource, tags)


def untag(resource: str | tuple[str, str], keys: str | Sequence[str], *, connection: Connection | None = None) -> None:
    """Remove tags from a database, a table or a resource name (ARN); keys that are not there are ignored.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors", tags={"team": "ops"})
    >>> tsframe.untag("iot.sensors", "team")
    """
    current(connection).untag(resource, keys)


def _said(**options: object) -> TableOptions:
    """Keep the options that were said."""
    return cast("TableOptions", {name: value for name, value in options.items() if value is not None})
