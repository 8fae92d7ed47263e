"""How many bytes a record has, and which of the service's three size quotas it breaks.

Bytes are counted as the developer guide meters them ("Metering writes"): 8 for the time, names and values of
dimensions, the measure name, names and values of measures. The quota of 2 KB a record has no published formula. It
cannot count everything: 256 measures of 8 bytes, which another quota grants, are 2,048 bytes by themselves. So
numbers, booleans and times are not counted for it; the strictest reading that leaves the other quotas within reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.limits import MAX_RECORD_BYTES, MAX_SERIES_BYTES, MAX_VALUE_BYTES
from tsframe._model.types import VALUE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe._model.records import Measure, RecordBatch
    from tsframe.typing import Flags, Integers

_TIME = 8


def oversized(batch: RecordBatch) -> Iterator[tuple[str, int, Flags]]:
    """Yield each quota that a record breaks: what is counted, the bytes allowed, and which records have more.

    Records are only looked at where the columns' longest values together could break the quota.
    """
    series = sum(len(name.encode()) + _longest(column.dictionary) for name, column in batch.dimensions.items())
    values = sum(VALUE_BYTES.get(measure.type) or _longest(measure.values) for measure in batch.measures)
    texts = sum(len(one.name.encode()) + _longest(one.values) for one in batch.measures if one.type not in VALUE_BYTES)
    if series > MAX_SERIES_BYTES:
        yield "the dimensions", MAX_SERIES_BYTES, _series_sizes(batch) > MAX_SERIES_BYTES
    if values > MAX_VALUE_BYTES:
        yield "the measure values", MAX_VALUE_BYTES, _value_sizes(batch) > MAX_VALUE_BYTES
    if _TIME + series + texts + int(_measure_name_sizes(batch).max(initial=0)) > MAX_RECORD_BYTES:
        sizes = _TIME + _series_sizes(batch) + _measure_name_sizes(batch) + _text_sizes(batch)
        yield "dimensions, names and texts", MAX_RECORD_BYTES, sizes > MAX_RECORD_BYTES


def _series_sizes(batch: RecordBatch) -> Integers:
    total = np.zeros(len(batch), np.int64)
    for name, column in batch.dimensions.items():
        total += _sizes_by_code(column, len(name.encode()))
    return total


def _value_sizes(batch: RecordBatch) -> Integers:
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        if measure.type in VALUE_BYTES:
            present = measure.values.is_valid().to_numpy(zero_copy_only=False)
            total += present * np.int64(VALUE_BYTES[measure.type])
        else:
            total += _text_sizes_of(measure, 0)
    return total


def _text_sizes(batch: RecordBatch) -> Integers:
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        if measure.type not in VALUE_BYTES:
            total += _text_sizes_of(measure, 0 if measure.single else len(measure.name.encode()))
    return total


def _text_sizes_of(measure: Measure, more: int) -> Integers:
    sizes = pc.add(pc.cast(pc.binary_length(measure.values), pa.int64()), more)
    return sizes.fill_null(0).to_numpy(zero_copy_only=False)


def _measure_name_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record's measure name; one number where all have the same."""
    if isinstance(batch.measure_name, str):
        return np.array([len(batch.measure_name.encode())], np.int64)
    return _sizes_by_code(batch.measure_name, 0)


def _sizes_by_code(column: pa.DictionaryArray, more: int) -> Integers:
    # The last size, 0, is that of null.
    lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False).astype(np.int64)
    sizes = np.append(lengths + more, 0)
    return sizes[column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)]


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.binary_length(texts)).as_py() or 0
