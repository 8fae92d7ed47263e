"""Every limit of the service that a client can know, checked on columns before anything is sent.

Two kinds of fault: those for which the service refuses a whole request are always an error here; those for which it
rejects single records (size, time, a table's columns) are an error unless the caller wants rejections as an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from tsframe._frames.faults import refuse, show_rows
from tsframe._model import limits, sizes
from tsframe._model.names import fault_of_dimension, fault_of_measure
from tsframe._model.types import SINGLE_MEASURES
from tsframe._model.window import show

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from tsframe._model.records import RecordBatch
    from tsframe._model.tables import Contents
    from tsframe._model.window import Window
    from tsframe.typing import Flags


def check_request(batch: RecordBatch) -> None:
    """Check what would make the service refuse a request: names."""
    for name in batch.dimensions:
        _check_name(f"dimension {name!r}", fault_of_dimension(name))
    for name in {measure.name for measure in batch.measures} - SINGLE_MEASURES.keys():
        _check_name(f"measure {name!r}", fault_of_measure(name))
    for name in _measure_names(batch):
        _check_name(f"measure name {name!r}", fault_of_measure(name))


def check_records(batch: RecordBatch) -> None:
    """Check what would make the service reject a record of any table: counts and sizes."""
    multi = {measure.name for measure in batch.measures if not measure.single}
    _check_count("dimensions", len(batch.dimensions), limits.MAX_DIMENSIONS)
    _check_count("measures", len(multi), limits.MAX_MEASURES_PER_TABLE)
    _check_count("measure names", len(batch.measure_names), limits.MAX_MEASURE_NAMES)
    for name in sorted(multi & batch.dimensions.keys()):
        refuse(f"{name!r} is a dimension and a measure", "a table has one column of a name: rename one of them")
    for what, allowed, flags in sizes.oversized(batch):
        remedy = "shorten names or texts, or write fewer measures at once"
        _refuse_records(batch, flags, f"{what} of a record have more than {allowed:,} bytes", remedy)


def check_window(batch: RecordBatch, window: Window, table: str) -> None:
    """Check that the table takes every time."""
    outside = (batch.times < window.lower) | (batch.times >= window.upper)
    if not outside.any():
        return
    early = bool((batch.times < window.lower).any())
    first = int(np.flatnonzero(outside)[0])
    remedy = "drop these rows, or correct their times"
    if early and window.magnetic_writes:
        remedy = "lengthen the table's retention with update_table(…, magnetic_store_days=…), or drop these rows"
    elif early:
        remedy = (
            f"let the table take late records with update_table({table!r}, magnetic_writes=True), make it with a "
            f"longer memory_store_hours, or drop these rows"
        )
    _refuse_records(
        batch,
        outside,
        f"table {table!r} takes times from {show(window.lower)} to before {show(window.upper)}, and "
        f"{int(outside.sum()):,} of {len(batch):,} records are outside, the first at {show(int(batch.times[first]))}",
        remedy,
    )


def check_columns(batch: RecordBatch, contents: Contents, table: str) -> None:
    """Check that the frame's columns fit those that the table has."""
    known = {column.name: column for column in contents.columns}
    for name in batch.dimensions:
        if name in known and known[name].role != "dimension":
            problem = f"{name!r} is a {known[name].role} of table {table!r}, and a dimension of the frame"
            refuse(problem, "rename the column")
    for measure in batch.measures:
        column = known.get(measure.name)
        if column is None or not _any_value(measure.values):
            continue
        if column.role != "measure":
            problem = f"{measure.name!r} is a {column.role} of table {table!r}, and a measure of the frame"
            refuse(problem, "rename the column")
        if column.type != measure.type:
            refuse(
                f"measure {measure.name!r} is {column.type} in table {table!r} and {measure.type} in the frame, and a "
                f"column keeps its type for ever",
                "cast the column, or rename it",
            )


def _check_name(what: str, fault: str | None) -> None:
    if fault is not None:
        refuse(f"{what}: {fault}", "rename it")


def _check_count(what: str, found: int, allowed: int) -> None:
    if found > allowed:
        refuse(f"the frame has {found:,} {what}, and a table may have {allowed:,}", "write them to several tables")


def _refuse_records(batch: RecordBatch, flags: Flags, problem: str, remedy: str) -> None:
    records = np.flatnonzero(flags)
    if len(records):
        refuse(f"{problem} ({show_rows(batch.rows_of(records))})", remedy)


def _measure_names(batch: RecordBatch) -> Iterable[str]:
    if isinstance(batch.measure_name, str):
        return [batch.measure_name]
    return pc.unique(batch.measure_name).dictionary.to_pylist()


def _any_value(values: pa.Array) -> bool:
    return bool(values.null_count < len(values))
