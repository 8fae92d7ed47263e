"""The verbs of data: write, read, describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsframe._connection import Connection, current

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from typing import Unpack

    import pyarrow as pa

    from tsframe._plan import WritePlan
    from tsframe._reading import TableDescription
    from tsframe._report import WriteReport
    from tsframe.typing import (
        Backend,
        ColumnName,
        ColumnNames,
        Concurrency,
        DuplicatesRule,
        Frame,
        IntoFrame,
        IntoProgress,
        Layout,
        Moment,
        NullsRule,
        Pack,
        RejectedRule,
        TimeUnit,
        WriteOptions,
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
    pack: Pack = "auto",
    concurrency: Concurrency = "auto",
    progress: IntoProgress = None,
    checkpoint: str | os.PathLike[str] | None = None,
    dead_letter: str | os.PathLike[str] | None = None,
    max_cost: float | Decimal | None = None,
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
    pack
        How records share requests of Amazon Timestream: ``"auto"`` puts records of a series together where that costs
        less, ``"order"`` keeps the frame's order.
    concurrency
        How many requests are on their way at once; ``"auto"`` finds out what is worth it.
    progress
        ``True`` draws a bar on a terminal or in a notebook; a function is called with the records done and those in
        all (``None`` for a stream); a bar of tqdm, or anything with ``update``, is told of each step. By default a
        bar appears where somebody can see it, after two seconds; ``False`` never draws one.
    checkpoint
        A file in which settled requests are noted, so that the same call after a kill sends only the others. Remove it
        to write anew.
    dead_letter
        A Parquet file for the rows that did not land, with the reason, in the frame's own columns; ``replay`` writes
        them again.
    max_cost
        Dollars that Amazon Timestream may bill for the write at most: nothing is sent if it could be more. A stream is
        counted part by part, and ends before the part that could exceed it.
    connection
        By default the one that ``connect`` opened last.

    Returns
    -------
    WriteReport
        True if every row was ingested.

    Raises
    ------
    InvalidFrameError
        If the frame cannot become records, or would cost too much; nothing was sent.
    ResourceNotFoundError
        If database or table are missing, and ``create`` was not said.
    RejectedRecordsError
        If the service rejected records; the others are stored, and ``.report`` tells which.
    AccessDeniedError, ThrottlingError, ServiceUnreachableError
        If the service refuses, throttles or does not answer for too long. What had been sent stays, and ``.report``
        tells of every row; Ctrl-C (``KeyboardInterrupt``) carries it too.
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
        pack=pack,
        concurrency=concurrency,
        progress=progress,
        checkpoint=checkpoint,
        dead_letter=dead_letter,
        max_cost=max_cost,
    )


def plan(
    frame: IntoFrame,
    table: str | tuple[str, str],
    *,
    connection: Connection | None = None,
    **options: Unpack[WriteOptions],
) -> WritePlan:
    """Tell what ``write`` would do with a frame, and what Amazon Timestream would bill for it; nothing is sent.

    The options are those of ``write``. On the embedded engine, which bills nobody, the plan tells what the same write
    would take in the region us-east-1.

    Returns
    -------
    WritePlan
        Requests, bytes and write units equal those of the report of the write that follows. What ``write`` would
        refuse is an ``error`` among its ``findings``, and the plan is false.

    Raises
    ------
    InvalidFrameError
        If an option is no option, or the frame is a stream, which can be read only once.
    ResourceNotFoundError
        If database or table are missing, and ``create`` was not said.

    Examples
    --------
    >>> plan = tsframe.plan(df, "iot.sensors", create=True)
    >>> plan.requests, plan.write_units.upper
    (1, 1)
    """
    return current(connection).plan(frame, table, **options)


def replay(
    path: str | os.PathLike[str],
    table: str | tuple[str, str] | None = None,
    *,
    connection: Connection | None = None,
    **options: Unpack[WriteOptions],
) -> WriteReport:
    """Write the rows of a ``dead_letter`` file again; rows that land leave the file, and an empty one is removed.

    Parameters
    ----------
    path
        The file that ``write`` made; it may have been changed since.
    table
        By default the table that the rows were for.
    connection
        By default the one that ``connect`` opened last.
    options
        Those of ``write``; roles, version, layout and rules are by default those that the rows had.

    Raises
    ------
    InvalidFrameError
        If the file cannot be read, or its rows cannot become records; the file stays as it is.
    RejectedRecordsError
        If rows were rejected again; these, with the new reasons, are what the file holds now.

    Examples
    --------
    >>> report = tsframe.write(df, "iot.sensors", create=True, version=2)
    >>> stale = df.with_columns(temp=0.0)
    >>> report = tsframe.write(stale, "iot.sensors", on_rejected="return", dead_letter="stale.parquet")
    >>> tsframe.replay("stale.parquet", version=3).ingested
    3
    """
    return current(connection).replay(path, table, **options)


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
