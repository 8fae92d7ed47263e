"""What a table's state forbids a record: time, size, partition key, columns and their types.

Each rule rejects the records that break it, never the batch. A column that two records of one batch would make
differently gets what the earlier one says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model import series, sizes
from tsframe._model.records import Reason
from tsframe._model.tables import Column
from tsframe._model.types import MULTI, SINGLE_MEASURES, ScalarType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsframe._engine.catalog import StoredTable
    from tsframe._engine.verdicts import Verdicts
    from tsframe._model.quotas import Quotas
    from tsframe._model.records import RecordBatch
    from tsframe._model.window import Window
    from tsframe.typing import Flags, Integers

Key = TypeVar("Key")


def check_window(verdicts: Verdicts, batch: RecordBatch, window: Window) -> None:
    """Reject what is too old for the table, or too far ahead."""
    outside = (batch.times < window.lower) | (batch.times >= window.upper)
    if outside.any():
        verdicts.reject_where(outside, Reason.OUTSIDE_TIME_RANGE, window.reason)


def check_sizes(verdicts: Verdicts, batch: RecordBatch) -> None:
    """Reject records that break a quota of bytes."""
    for what, allowed, flags in sizes.oversized(batch):
        reason = f"The record has more than {allowed} bytes, which is the limit of {what}."
        verdicts.reject_where(flags, Reason.TOO_LARGE, reason)


def check_partition_key(verdicts: Verdicts, batch: RecordBatch, stored: StoredTable) -> None:
    """Reject records without the dimension that the table is divided by, if it must be there."""
    key = stored.table.partition_key
    if key is None or not key.required:
        return
    reason = f"The record lacks the dimension {key.dimension}, the table's partition key."
    verdicts.reject_where(~_present(batch.dimensions.get(key.dimension), len(batch)), Reason.NO_PARTITION_KEY, reason)


def check_dimensions(verdicts: Verdicts, batch: RecordBatch, stored: StoredTable, quotas: Quotas) -> list[Column]:
    """Reject records whose dimensions the table cannot have; return the dimensions it gets."""
    known, measures = stored.of_role("dimension"), stored.of_role("measure")
    if batch.dimensions.keys() <= known.keys():
        return []
    new: list[Column] = []
    for name, column in _by_first(batch.dimensions.items(), verdicts.open):
        present = _present(column, len(batch))
        if name in known or not (present & verdicts.open).any():
            continue
        if name in measures:
            reason = f"The dimension {name} has the name of a measure of the table."
            verdicts.reject_where(present, Reason.NAME_CONFLICT, reason)
        elif len(known) + len(new) >= quotas.dimensions:
            reason = f"The table has {quotas.dimensions} dimensions; it cannot have {name} too."
            verdicts.reject_where(present, Reason.TABLE_LIMIT, reason)
        else:
            new.append(Column(name, "dimension", ScalarType.VARCHAR))
    return _in_order_of(new, batch.dimensions)


def check_measures(
    verdicts: Verdicts, batch: RecordBatch, stored: StoredTable, new_dimensions: list[Column], quotas: Quotas
) -> list[Column]:
    """Reject records whose measures the table cannot have; return the measures it gets."""
    types = {name: column.column.type for name, column in stored.of_role("measure").items()}
    if all(types.get(measure.name) == measure.type for measure in batch.measures):
        return []
    dimensions = stored.of_role("dimension").keys() | {column.name for column in new_dimensions}
    count = sum(name not in SINGLE_MEASURES for name in types)
    new: list[Column] = []
    for measure, values in _by_first(((measure, measure.values) for measure in batch.measures), verdicts.open):
        name, present = measure.name, _present(values, len(batch))
        if types.get(name) == measure.type or not (present & verdicts.open).any():
            continue
        if name in types:
            reason = f"The measure {name} has the type {types[name]}; the record gives it {measure.type}."
            verdicts.reject_where(present, Reason.TYPE_CONFLICT, reason)
        elif name in dimensions:
            reason = f"The measure {name} has the name of a dimension of the table."
            verdicts.reject_where(present, Reason.NAME_CONFLICT, reason)
        elif not measure.single and count >= quotas.measures:
            reason = f"The table has {quotas.measures} measures; it cannot have {name} too."
            verdicts.reject_where(present, Reason.TABLE_LIMIT, reason)
        else:
            types[name] = measure.type
            count += not measure.single
            new.append(Column(name, "measure", measure.type))
    return _in_order_of(new, (measure.name for measure in batch.measures))


def check_measure_names(
    verdicts: Verdicts, batch: RecordBatch, known: dict[str, str], quotas: Quotas
) -> dict[str, str]:
    """Reject records whose measure name has another type; return the types of new measure names."""
    kinds, kind_of = _kinds(batch)
    if isinstance(batch.measure_name, str) and kinds == [known.get(batch.measure_name)]:
        return {}
    numbers = batch.measure_names.numbers * len(kinds) + kind_of
    new: dict[str, str] = {}
    open_ = np.flatnonzero(verdicts.open)
    # The distinct names and types among open records, in the order of their first one.
    found = series.number([pa.array(numbers[open_]).dictionary_encode()], len(open_))
    for record in open_[found.first].tolist():
        pair = int(numbers[record])
        name, kind = _measure_name(batch, record), kinds[pair % len(kinds)]
        type_ = known.get(name) or new.get(name)
        if type_ is None and len(known) + len(new) >= quotas.measure_names:
            reason = f"The table has {quotas.measure_names} measure names; it cannot have {name} too."
            verdicts.reject_where(numbers == pair, Reason.TABLE_LIMIT, reason)
        elif type_ is None:
            new[name] = kind
        elif type_ != kind:
            reason = f"The measure name {name} has the type {type_}; the record gives it {kind}."
            verdicts.reject_where(numbers == pair, Reason.TYPE_CONFLICT, reason)
    return new


def _in_order_of(new: list[Column], names: Iterable[str]) -> list[Column]:
    """Put new columns in the order of the batch, which is that of the frame or request."""
    position = {name: number for number, name in enumerate(names)}
    return sorted(new, key=lambda column: position[column.name])


def _kinds(batch: RecordBatch) -> tuple[list[str], Integers]:
    """Return the types of record in the batch, and for each record which of them it is."""
    kinds = sorted({measure.kind for measure in batch.measures}) or [MULTI]
    kind_of = np.zeros(len(batch), np.int64)
    if len(kinds) > 1:
        for measure in batch.measures:
            kind_of[_present(measure.values, len(batch))] = kinds.index(measure.kind)
    return kinds, kind_of


def _measure_name(batch: RecordBatch, record: int) -> str:
    if isinstance(batch.measure_name, str):
        return batch.measure_name
    return str(batch.measure_name[record].as_py())


def _by_first(columns: Iterable[tuple[Key, pa.Array]], open_: Flags) -> list[tuple[Key, pa.Array]]:
    """Put columns in the order of the first open record that has a value in them."""

    def first(item: tuple[Key, pa.Array]) -> int:
        present = _present(item[1], len(open_)) & open_
        return int(present.argmax()) if present.any() else len(open_)

    return sorted(columns, key=first)


def _present(column: pa.Array | None, length: int) -> Flags:
    if column is None:
        return np.zeros(length, np.bool_)
    if column.null_count == 0:
        return np.ones(length, np.bool_)
    return pc.is_valid(column).to_numpy(zero_copy_only=False)
