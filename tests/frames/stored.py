"""A few rows to write, and what a table holds afterwards, as plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

SECOND = 1_000_000_000
"""In nanoseconds."""
NOW = datetime.now(UTC).replace(microsecond=0)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
MARCH_NS = 1_772_323_200_000_000_000


def times(count: int, start: datetime = NOW) -> list[datetime]:
    """A time for each row, a second after each other, none of them ahead of the clock."""
    return [start - timedelta(seconds=count - row) for row in range(count)]


def columns(**more: list[Any]) -> dict[str, list[Any]]:
    """Two devices and a time, and whatever else is said."""
    return {"device": ["a", "b"], "time": times(2)} | more


def stored(ts, *names: str, table: str = "iot.sensors") -> list[tuple[Any, ...]]:
    """What a table holds in some columns, row by row in order of time; times as nanoseconds."""
    found = ts.read(table, backend="pyarrow").sort_by("time")
    return list(zip(*(plain(found[name]) for name in names or found.column_names), strict=True))


def types(ts, table: str = "iot.sensors") -> dict[str, str]:
    """The type of every column of a table."""
    rows = ts.describe(table, backend="pyarrow").columns.to_pylist()
    return {row["column"]: row["type"] for row in rows}


def state(ts) -> dict[str, Any]:
    """All that a store holds, to be compared with what it holds later."""
    listed = ts.list_tables(backend="pyarrow").to_pylist()
    tables = [(row["database"], row["table"]) for row in listed if row["table"] != "standing"]
    return {
        "databases": ts.list_databases(backend="pyarrow").to_pylist(),
        "tables": listed,
        "columns": [ts.describe(table, backend="pyarrow").columns.to_pylist() for table in tables],
        "rows": [sorted(map(repr, ts.read(table, backend="pyarrow").to_pylist())) for table in tables],
    }


def is_accounted(report) -> bool:
    """Whether the report counts every row of the frame exactly once."""
    parts = (report.ingested, report.rejected_rows, report.skipped_rows, report.unsent_rows, report.in_doubt_rows)
    return report.rows == sum(parts)


def plain(column: pa.ChunkedArray) -> list[Any]:
    return (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
