"""WriteRecords: a batch against a table, in one transaction.

The rules of the table reject records one by one, versions decide what is new, what replaces and what loses, and the
rest is stored by one statement. It does not know where a batch came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tsframe._engine import catalog, rules, stores, versions
from tsframe._engine.series import store_series
from tsframe._engine.storage import lent
from tsframe._engine.verdicts import Verdicts
from tsframe._model.records import WriteResult

if TYPE_CHECKING:
    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._model.records import RecordBatch
    from tsframe._model.window import Window
    from tsframe.typing import SeriesNumbers


def write(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, batch: RecordBatch, now: int) -> WriteResult:
    """Store what may be stored of a batch; say what became of every record."""
    window = stores.window_of(stored, now)
    verdicts = Verdicts(len(batch))
    rules.check_window(verdicts, batch, window)
    rules.check_sizes(verdicts, batch)
    rules.check_partition_key(verdicts, batch, stored)
    dimensions = rules.check_dimensions(verdicts, batch, stored)
    measures = rules.check_measures(verdicts, batch, stored, dimensions)
    names = rules.check_measure_names(verdicts, batch, catalog.measure_names(cursor, stored))
    late = batch.times < window.memory_from

    if verdicts.open.any():
        stored = catalog.add_columns(cursor, stored, dimensions)
        series = store_series(cursor, stored, batch)
        changes = versions.decide(cursor, stored, batch, series, verdicts=verdicts, late=late)
        catalog.add_measure_names(cursor, stored, names)
        stored = catalog.add_columns(cursor, stored, measures)
        _store(cursor, stored, batch, series=series, changes=changes, window=window)
        later = changes.later
    else:
        later = verdicts.rejected().slice(0, 0)
    return WriteResult(
        memory_store=int(np.count_nonzero(verdicts.open & ~late)),
        magnetic_store=int(np.count_nonzero(verdicts.open & late)),
        rejected=verdicts.rejected(),
        rejected_later=later,
    )


def _store(
    cursor: duckdb.DuckDBPyConnection,
    stored: StoredTable,
    batch: RecordBatch,
    *,
    series: SeriesNumbers,
    changes: versions.Changes,
    window: Window,
) -> None:
    """Take away what is replaced and append what is written."""
    if len(changes.replaced):
        with lent(cursor, replaced=pa.table({"row_id": changes.replaced})):
            cursor.execute(f"delete from {stored.records} where rowid in (select row_id from replaced)")
    if not len(changes.written):
        return
    table = _rows(stored, batch, series)
    if len(changes.written) < len(batch):
        table = table.take(pa.array(changes.written))
    values = [column for column in table.column_names if column.startswith("c")]
    names = "".join(f', "{column}"' for column in values)
    name, version = isinstance(batch.measure_name, str), isinstance(batch.version, int)
    with lent(cursor, batch=table):
        cursor.execute(
            f"""
            insert into {stored.records} (series, measure_name, time, version, magnetic{names})
            select
                series,
                {"$name" if name else "measure_name"},
                time,
                {"$version" if version else "version"},
                time < make_timestamp_ns({window.memory_from}){names}
            from batch
            """,
            ({"name": batch.measure_name} if name else {}) | ({"version": batch.version} if version else {}),
        )


def _rows(stored: StoredTable, batch: RecordBatch, series: SeriesNumbers) -> pa.Table:
    """Lay a batch out under the physical names; constants are not in it."""
    dimensions, measures = stored.of_role("dimension"), stored.of_role("measure")
    columns = {"series": series, "time": batch.time}
    if not isinstance(batch.measure_name, str):
        columns["measure_name"] = batch.measure_name
    if not isinstance(batch.version, int):
        columns["version"] = batch.version
    columns |= {
        dimensions[name].physical.strip('"'): column for name, column in batch.dimensions.items() if name in dimensions
    }
    columns |= {
        measures[measure.name].physical.strip('"'): measure.values
        for measure in batch.measures
        if measure.name in measures and measures[measure.name].column.type == measure.type
    }
    return pa.table(columns)
