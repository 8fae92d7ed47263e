"""Every limit of the service that a client can know, checked on columns before anything is sent.

Two kinds of fault: those for which the service refuses a whole request are always an error here; those for which it
rejects single records (size, time, a table's columns) are an error unless the caller wants rejections as an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tsframe._frames.faults import refuse, show_rows
from tsframe._model import limits, sizes
from tsframe._model.names import fault_of_dimension, fault_of_measure
from tsframe._model.types import SINGLE_MEASURES
from tsframe._model.window import show

if TYPE_CHECKING:
    from tsframe._model.records import Measure, RecordBatch
    from tsframe._model.tables import Table, TableColumns
    from tsframe._model.window import Window
    from tsframe.typing import Flags

_FIRST_YEAR: Final = 365 * 86_400 * 1_000_000_000
"""The end of 1970: where seconds read as milliseconds, and milliseconds as microseconds, come to lie."""

_UNIT: Final = (
    "say the unit that the times count, for example time=('t', 's'), as times in 1970 are usually in a wrong one"
)


def check_request(batch: RecordBatch) -> None:
    """Check what would make the service refuse a request: names."""
    for name in batch.dimensions:
        _check_name(f"dimension {name!r}", fault_of_dimension(name))
    for name in {measure.name for measure in batch.measures} - SINGLE_MEASURES.keys():
        _check_name(f"measure {name!r}", fault_of_measure(name))
    for name in _measure_names(batch):
        _check_name(f"measure name {name!r}", fault_of_measure(name))


def check_records(batch: RecordBatch) -> None:
    """Check what would make the service reject a record of any table: names that clash, and sizes."""
    multi = {measure.name for measure in batch.measures if not measure.single}
    for name in sorted(multi & batch.dimensions.keys()):
        refuse(f"{name!r} is a dimension and a measure", "a table has one column of a name: rename one of them")
    for what, allowed, flags in sizes.oversized(batch):
        remedy = "shorten names or texts, or write fewer measures at once"
        _refuse_records(batch, flags, f"{what} of a record have more than {allowed:,} bytes", remedy)


def check_unit(batch: RecordBatch, column: str) -> None:
    """Check that a table is not made for times that are all in 1970."""
    if batch.times.max() < _FIRST_YEAR:
        last = show(int(batch.times.max()))
        refuse(f"column {column!r}: every time is in 1970, the last is {last}", f"{_UNIT}; or make the table first")


def check_window(batch: RecordBatch, window: Window, table: str, column: str) -> None:
    """Check that the table takes every time; they come from a column."""
    outside = (batch.times < window.lower) | (batch.times >= window.upper)
    if not outside.any():
        return
    early = bool((batch.times < window.lower).any())
    first = int(np.flatnonzero(outside)[0])
    remedy = "drop these rows, or correct their times"
    if batch.times.max() < _FIRST_YEAR:
        remedy = _UNIT
    elif early and window.magnetic_writes:
        remedy = "lengthen the table's retention with update_table(…, magnetic_store_days=…), or drop these rows"
    elif early:
        remedy = (
            f"let the table take late records with update_table({table!r}, magnetic_writes=True), make it with a "
            f"longer memory_store_hours, or drop these rows"
        )
    _refuse_records(
        batch,
        outside,
        f"column {column!r}: table {table!r} takes times from {show(window.lower)} to before {show(window.upper)}, and "
        f"{int(outside.sum()):,} of {len(batch):,} records are outside, the first at {show(int(batch.times[first]))}",
        remedy,
    )


def check_partition_key(batch: RecordBatch, table: Table) -> None:
    """Check that no record lacks the dimension that the table is divided by, if it must be there."""
    key = table.partition_key
    if key is None or not key.required:
        return
    column = batch.dimensions.get(key.dimension)
    missing = np.ones(len(batch), np.bool_) if column is None else column.is_null().to_numpy(zero_copy_only=False)
    problem = f"table '{table.database}.{table.name}' is divided by {key.dimension!r} and needs it in every record"
    _refuse_records(batch, missing, problem, "give these rows a value, or update_table with required=False")


def check_columns(batch: RecordBatch, known: TableColumns, table: str) -> None:
    """Check that the frame's columns and measure names fit those that the table has."""
    columns = {column.name: column for column in known.columns}
    for name in batch.dimensions:
        if name in columns and columns[name].role != "dimension":
            problem = f"{name!r} is a {columns[name].role} of table {table!r}, and a dimension of the frame"
            refuse(problem, "rename the column")
    for measure in _measures_with_values(batch):
        column = columns.get(measure.name)
        if column is not None and column.role != "measure":
            problem = f"{measure.name!r} is a {column.role} of table {table!r}, and a measure of the frame"
            refuse(problem, "rename the column")
        if column is not None and column.type != measure.type:
            refuse(
                f"measure {measure.name!r} is {column.type} in table {table!r} and {measure.type} in the frame, and a "
                f"column keeps its type for ever",
                "cast the column, or rename it",
            )
    _check_kinds(batch, known, table)
    _check_counts(batch, known, table)


def _measures_with_values(batch: RecordBatch) -> list[Measure]:
    return [measure for measure in batch.measures if measure.values.null_count < len(measure.values)]


def _check_kinds(batch: RecordBatch, known: TableColumns, table: str) -> None:
    """Check that measure names keep their type."""
    for name, kinds in _kinds_of_names(batch).items():
        found = known.measure_names.get(name)
        others = sorted(kinds - {found})
        if found is not None and others:
            refuse(
                f"measure name {name!r} has records of type {found} in table {table!r}, and the frame's are "
                f"{others[0]}; a measure name keeps its type for ever",
                "choose another measure_name, or another layout",
            )


def _kinds_of_names(batch: RecordBatch) -> dict[str, set[str]]:
    """Return the types that the batch's records have under each measure name."""
    measures = _measures_with_values(batch)
    kinds = {measure.kind for measure in measures}
    names = _measure_names(batch)
    if len(kinds) == 1 or len(names) == 1:
        return dict.fromkeys(names, kinds)
    found: dict[str, set[str]] = {name: set() for name in names}
    for measure in measures:
        held = batch.measure_names.numbers[measure.values.is_valid().to_numpy(zero_copy_only=False)]
        for number in np.flatnonzero(np.bincount(held)).tolist():
            found[names[number]].add(measure.kind)
    return found


def _check_counts(batch: RecordBatch, known: TableColumns, table: str) -> None:
    """Check that the table has room for what is new."""
    measures = {measure.name for measure in _measures_with_values(batch) if not measure.single}
    held = {role: {one.name for one in known.columns if one.role == role} for role in ("dimension", "measure")}
    counts = (
        ("dimensions", held["dimension"] | batch.dimensions.keys(), limits.MAX_DIMENSIONS),
        ("measures", (held["measure"] - SINGLE_MEASURES.keys()) | measures, limits.MAX_MEASURES_PER_TABLE),
        ("measure names", known.measure_names.keys() | set(_measure_names(batch)), limits.MAX_MEASURE_NAMES),
    )
    for what, names, allowed in counts:
        if len(names) > allowed:
            refuse(
                f"table {table!r} may have {allowed:,} {what}, and with the frame's it would have {len(names):,}",
                "write what is new to another table",
            )


def _check_name(what: str, fault: str | None) -> None:
    if fault is not None:
        refuse(f"{what}: {fault}", "rename it")


def _refuse_records(batch: RecordBatch, flags: Flags, problem: str, remedy: str) -> None:
    records = np.flatnonzero(flags)
    if len(records):
        refuse(f"{problem} ({show_rows(batch.rows_of(records))})", remedy)


def _measure_names(batch: RecordBatch) -> list[str]:
    if isinstance(batch.measure_name, str):
        return [batch.measure_name]
    # In the order of their first record, as they are numbered.
    return batch.measure_name.take(pa.array(batch.measure_names.first)).to_pylist()
