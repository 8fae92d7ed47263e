"""How many bytes a record has, and which of the service's three size quotas it breaks.

Bytes are counted as the developer guide meters them ("Metering writes"): 8 for the time, names and values of
dimensions, the measure name, names and values of measures. The quota of 2 KB a record has no published formula. It
cannot count everything: 256 measures of 8 bytes, which another quota grants, are 2,048 bytes by themselves. So
numbers, booleans and times are not counted for it; the strictest reading that leaves the other quotas within reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.limits import MAX_RECORD_BYTES, MAX_SERIES_BYTES, MAX_VALUE_BYTES
from tsframe._model.types import VALUE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe._model.records import Measure, RecordBatch
    from tsframe.typing import Flags, Integers

TIME_BYTES: Final = 8


def oversized(batch: RecordBatch) -> Iterator[tuple[str, int, Flags]]:
    """Yield each quota that a record breaks: what is counted, the bytes allowed, and which records have more.

    Records are only looked at where the columns' longest values together could break the quota.
    """
    series = sum(len(name.encode()) + _longest(column.dictionary) for name, column in batch.dimensions.items())
    values = sum(VALUE_BYTES.get(measure.type) or _longest(measure.values) for measure in batch.measures)
    texts = sum(len(one.name.encode()) + _longest(one.values) for one in batch.measures if one.type not in VALUE_BYTES)
    if series > MAX_SERIES_BYTES:
        yield "the dimensions", MAX_SERIES_BYTES, series_sizes(batch) > MAX_SERIES_BYTES
    if values > MAX_VALUE_BYTES:
        yield "the measure values", MAX_VALUE_BYTES, value_sizes(batch) > MAX_VALUE_BYTES
    if TIME_BYTES + series + texts + int(measure_name_sizes(batch).max(initial=0)) > MAX_RECORD_BYTES:
        sizes = TIME_BYTES + series_sizes(batch) + measure_name_sizes(batch) + _text_sizes(batch)
        yield "dimensions, names and texts", MAX_RECORD_BYTES, sizes > MAX_RECORD_BYTES


def record_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record as a whole."""
    return TIME_BYTES + series_sizes(batch) + measure_name_sizes(batch) + value_name_sizes(batch) + value_sizes(batch)


def series_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record's dimensions, names and values."""
    first = pa.array(batch.series.first)
    total = np.zeros(len(first), np.int64)
    for name, column in batch.dimensions.items():
        total += sizes_by_code(column.take(first), len(name.encode()))
    return total[batch.series.numbers]


def value_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record's measure values."""
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        if measure.type in VALUE_BYTES:
            total += _where_present(measure, VALUE_BYTES[measure.type])
        else:
            total += _text_sizes_of(measure, 0)
    return total


def value_name_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of the names of each record's measure values; a single-measure record has none."""
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        if not measure.single:
            total += _where_present(measure, len(measure.name.encode()))
    return total


def _where_present(measure: Measure, size: int) -> int | Integers:
    if not measure.values.null_count:
        return size
    return measure.values.is_valid().to_numpy(zero_copy_only=False) * np.int64(size)


def _text_sizes(batch: RecordBatch) -> Integers:
    total = np.zeros(len(batch), np.int64)
    for measure in batch.measures:
        if measure.type not in VALUE_BYTES:
            total += _text_sizes_of(measure, 0 if measure.single else len(measure.name.encode()))
    return total


def _text_sizes_of(measure: Measure, more: int) -> Integers:
    sizes = pc.add(pc.cast(pc.binary_length(measure.values), pa.int64()), more)
    return sizes.fill_null(0).to_numpy(zero_copy_only=False)


def measure_name_sizes(batch: RecordBatch) -> Integers:
    """Return the bytes of each record's measure name; one number where all have the same."""
    if isinstance(batch.measure_name, str):
        return np.array([len(batch.measure_name.encode())], np.int64)
    return sizes_by_code(batch.measure_name, 0)


def sizes_by_code(column: pa.DictionaryArray, more: int) -> Integers:
    """Return the bytes of each text, and so many more for its name; 0 for null."""
    return sizes_of_codes(column, more)[codes(column)]


def sizes_of_codes(column: pa.DictionaryArray, more: int) -> Integers:
    """Return the bytes that each code stands for, and so many more for a name; the last code, of null, has 0."""
    lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.append(lengths + more, 0)


def codes(column: pa.DictionaryArray) -> Integers:
    """Return the code of each text; null has the one past the last."""
    return column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)


def _longest(texts: pa.Array) -> int:
    # By the offsets: twice as quick as Arrow's own lengths, which counts for small batches of many columns.
    if not len(texts):
        return 0
    offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, texts.offset * 8)
    return int((offsets[1:] - offsets[:-1]).max())
