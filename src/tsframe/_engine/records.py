"""WriteRecords: a batch against a table, in one transaction.

The rules of the table reject records one by one, versions decide what is new, what replaces and what loses, and the
rest is stored by one statement. It does not know where a batch came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tsframe._engine import catalog, rules, stores, versions
from tsframe._engine.series import store_series
from tsframe._engine.statements import ROWS
from tsframe._engine.verdicts import Verdicts
from tsframe._model.records import WriteResult, no_rejections, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._engine.known import Known
    from tsframe._model.quotas import Quotas
    from tsframe._model.records import RecordBatch
    from tsframe.typing import Flags, SeriesNumbers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of every record of a batch."""

    stored: Flags
    late: Flags
    rejected: pa.Table
    """As ``REJECTIONS``."""
    rejected_later: pa.Table
    """As ``REJECTIONS``."""

    def result(self, start: int, end: int) -> WriteResult:
        """Return what became of the records from one to before another, which are counted from 0 then."""
        stored, late = self.stored[start:end], self.late[start:end]
        return WriteResult(
            memory_store=int(np.count_nonzero(stored & ~late)),
            magnetic_store=int(np.count_nonzero(stored & late)),
            rejected=_between(self.rejected, start, end),
            rejected_later=_between(self.rejected_later, start, end),
        )


def _between(rejected: pa.Table, start: int, end: int) -> pa.Table:
    if not len(rejected):
        return rejected
    records = rejected["record"].to_numpy()
    first, last = np.searchsorted(records, [start, end])
    moved = pa.array(records[first:last] - start)
    return rejected.slice(first, last - first).set_column(0, "record", moved)


def write(
    cursor: duckdb.DuckDBPyConnection, known: Known, parts: Sequence[RecordBatch], now: int, quotas: Quotas
) -> Outcome:
    """Store what may be stored of some batches, as if they were one, and say what became of every record.

    ``known`` learns what changes.
    """
    stored, batch = known.stored, together(parts)
    window = stores.window_of(stored, now)
    verdicts = Verdicts(len(batch))
    rules.check_window(verdicts, batch, window)
    rules.check_sizes(verdicts, batch)
    rules.check_partition_key(verdicts, batch, stored)
    dimensions = rules.check_dimensions(verdicts, batch, stored, quotas)
    measures = rules.check_measures(verdicts, batch, stored, dimensions, quotas)
    names = rules.check_measure_names(verdicts, batch, known.measure_names, quotas)
    late = batch.times < window.memory_from

    later = no_rejections()
    if verdicts.open.any():
        known.stored = catalog.add_columns(cursor, known.stored, dimensions)
        series = store_series(cursor, known, batch, parts)
        altered = bool(dimensions)
        changes = versions.decide(known, batch, series, verdicts=verdicts, late=late, altered=altered)
        known.learn_times(batch, series)
        catalog.add_measure_names(cursor, stored, names)
        known.measure_names |= names
        known.stored = catalog.add_columns(cursor, known.stored, measures)
        _store(known, batch, series=series, changes=changes, late=late, altered=bool(dimensions or measures))
        later = changes.later
    return Outcome(verdicts.open, late, verdicts.rejected(), later)


def _store(
    known: Known,
    batch: RecordBatch,
    *,
    series: SeriesNumbers,
    changes: versions.Changes,
    late: Flags,
    altered: bool,
) -> None:
    """Take away what is replaced and append what is written."""
    stored = known.stored
    if len(changes.replaced):
        replaced = pa.table({"row_id": changes.replaced})
        delete = f"delete from {stored.records} where rowid in (select row_id from {ROWS})"
        known.statements.change(delete, replaced, altered=altered)
    if not len(changes.written):
        return
    table = _rows(stored, batch, series, magnetic=late)
    if len(changes.written) < len(batch):
        table = table.take(pa.array(changes.written))
    insert = f"insert into {stored.records} by name select * from {ROWS}"
    known.statements.change(insert, table, altered=altered)


def _rows(stored: StoredTable, batch: RecordBatch, series: SeriesNumbers, *, magnetic: Flags) -> pa.Table:
    """Lay a batch out under the physical names."""
    dimensions, measures = stored.of_role("dimension"), stored.of_role("measure")
    columns = {
        "series": series,
        "measure_name": batch.names(),
        "time": batch.time,
        "version": batch.versions(),
        "magnetic": magnetic,
    }
    columns |= {
        dimensions[name].physical.strip('"'): column for name, column in batch.dimensions.items() if name in dimensions
    }
    columns |= {
        measures[measure.name].physical.strip('"'): measure.values
        for measure in batch.measures
        if measure.name in measures and measures[measure.name].column.type == measure.type
    }
    return pa.table(columns)
