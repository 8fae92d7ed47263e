"""Reading a table: a selection as one DuckDB query, streamed.

Columns come in the service's order, dimensions, ``measure_name``, ``time``, measures, and under their real names. Rows
come in no promised order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tsframe._engine import stores
from tsframe._engine.storage import quoted
from tsframe._model.columns import roles_to_metadata
from tsframe._model.tables import Column, Contents, Selection
from tsframe._model.types import ARROW, ScalarType
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._model.tables import Role

BATCH_ROWS: Final = 122_880
"""Rows of a streamed batch: DuckDB's row group; with text of 2 KB it stays far below Arrow's 2 GiB of a string
column."""

_FIXED: Final = {
    "measure_name": Column("measure_name", "measure_name", ScalarType.VARCHAR),
    "time": Column("time", "time", ScalarType.TIMESTAMP),
}
_TEXT: Final = pa.string()
_TIME: Final = pa.timestamp("ns", "UTC")


def columns_of(stored: StoredTable) -> dict[str, tuple[Column, str]]:
    """Return the columns of a table in the service's order, each with its SQL name."""
    return {
        **{name: (found.column, found.physical) for name, found in stored.of_role("dimension").items()},
        **{name: (column, quoted(name)) for name, column in _FIXED.items()},
        **{name: (found.column, found.physical) for name, found in stored.of_role("measure").items()},
    }


def columns_in_order(stored: StoredTable) -> tuple[Column, ...]:
    """Return the columns of a table in the service's order."""
    return tuple(column for column, _ in columns_of(stored).values())


def read(
    cursor: duckdb.DuckDBPyConnection, stored: StoredTable, selection: Selection, now: int
) -> pa.RecordBatchReader:
    """Stream what a selection holds. The cursor is the reader's; the last batch closes it."""
    known = columns_of(stored)
    names = list(known) if selection.columns is None else list(selection.columns)
    for name in (*names, *selection.where):
        if name not in known:
            message = f"The table {stored.table.name} has no column {name}; it has {', '.join(known)}."
            raise ValidationError(message)
    roles: dict[str, Role] = {name: known[name][0].role for name in names}
    schema = pa.schema([(name, _arrow_type(known[name][0])) for name in names], metadata=roles_to_metadata(roles))
    condition, params = _condition(stored, selection, known, now)
    select = ", ".join(known[name][1] for name in names)
    if not names:
        message = f"no column of the table {stored.table.name} was selected"
        raise ValidationError(message)
    relation = cursor.sql(f"select {select} from {stored.records} where {condition}", params=params)
    return pa.RecordBatchReader.from_batches(schema, _batches(relation, cursor, schema))


def contents(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, now: int) -> Contents:
    """Return what a table holds now."""
    row = cursor.execute(
        f"""
        select
            count(*), count(distinct series), count(*) filter ({stores.in_magnetic_store(stored, now)}),
            epoch_ns(min(time)), epoch_ns(max(time))
        from {stored.records}
        where time >= make_timestamp_ns({stores.oldest_kept(stored, now)})
        """
    ).fetchone()
    rows, series, magnetic, first, last = row or (0, 0, 0, None, None)
    return Contents(
        rows=rows,
        series=series,
        memory_store=rows - magnetic,
        magnetic_store=magnetic,
        first_time=first,
        last_time=last,
    )


def _condition(
    stored: StoredTable, selection: Selection, known: dict[str, tuple[Column, str]], now: int
) -> tuple[str, list[object]]:
    start = max(stores.oldest_kept(stored, now), selection.start or 0)
    parts, params = [f"time >= make_timestamp_ns({start})"], list[object]()
    if selection.end is not None:
        parts.append(f"time < make_timestamp_ns({selection.end})")
    for name, values in selection.where.items():
        column, physical = known[name]
        if column.role not in {"dimension", "measure_name"}:
            message = f"where={{{name!r}: …}} names a {column.role}; it selects by dimensions and by measure_name"
            raise ValidationError(message)
        parts.append(f"list_contains(?, {physical})" if len(values) != 1 else f"{physical} = ?")
        params.append(list(values) if len(values) != 1 else values[0])
    return " and ".join(parts), params


def _batches(
    relation: duckdb.DuckDBPyRelation, cursor: duckdb.DuckDBPyConnection, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    with cursor:
        for batch in relation.to_arrow_reader(BATCH_ROWS):
            arrays = [array.cast(field.type) for array, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_type(column: Column) -> pa.DataType:
    special = {ScalarType.VARCHAR: _TEXT, ScalarType.TIMESTAMP: _TIME}
    return special.get(column.type, ARROW[column.type])
