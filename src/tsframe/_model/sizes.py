"""How many bytes a record has, by the metering formula of the developer guide ("Metering writes").

8 for the time, then names and values of its dimensions, its measure name, and names and values of its measures. The
quota of 2 KB a record has no published formula; this one is used for it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.types import VALUE_BYTES

if TYPE_CHECKING:
    from tsframe._model.records import Measure, RecordBatch
    from tsframe.typing import Integers

_TIME = 8


def record_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record."""
    return _TIME + _names(batch) + series_sizes(batch) + value_sizes(batch, names=True)


def series_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record's dimensions, names and values."""
    total = np.zeros(len(batch), np.int64)
    for name, column in batch.dimensions.items():
        total += _sizes_by_code(column, len(name.encode()))
    return total


def value_sizes(batch: RecordBatch, *, names: bool = False) -> Integers:
    """Return the bytes of each record's measure values, with the measures' names or without."""
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        name = len(measure.name.encode()) if names and not measure.single else 0
        total += _of_measure(measure, name)
    return total


def largest_record(batch: RecordBatch) -> int:
    """Return a size that no record exceeds, found from each column's longest value."""
    longest = _TIME + int(_names(batch).max(initial=0))
    for name, column in batch.dimensions.items():
        longest += len(name.encode()) + _longest(column.dictionary)
    for measure in batch.measures:
        longest += len(measure.name.encode()) + VALUE_BYTES.get(measure.type, _longest(measure.values))
    return longest


def _names(batch: RecordBatch) -> Integers:
    if isinstance(batch.measure_name, str):
        return np.full(min(1, len(batch)), len(batch.measure_name.encode()), np.int64)
    return _sizes_by_code(batch.measure_name, 0)


def _sizes_by_code(column: pa.DictionaryArray, more: int) -> Integers:
    # The last size, 0, is that of null.
    sizes = np.append(_lengths(column.dictionary) + more, 0)
    return sizes[column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)]


def _of_measure(measure: Measure, name: int) -> Integers:
    if measure.type in VALUE_BYTES:
        present = measure.values.is_valid().to_numpy(zero_copy_only=False)
        return present * np.int64(VALUE_BYTES[measure.type] + name)
    sizes = pc.add(pc.cast(pc.binary_length(measure.values), pa.int64()), name)
    return sizes.fill_null(0).to_numpy(zero_copy_only=False)


def _lengths(texts: pa.Array) -> Integers:
    return pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)


def _longest(values: pa.Array) -> int:
    if not pa.types.is_large_string(values.type):
        return 0
    return pc.max(pc.binary_length(values)).as_py() or 0
