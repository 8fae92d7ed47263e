"""What each request is metered as: bytes by the published formula, rounded up to write units of 1 KiB.

The formula is of the developer guide ("Metering writes"). What it says of several records in a request leaves room, so
there are four readings; see ``WriteUnits``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tsframe._model import sizes
from tsframe._wire.requests import Packing

if TYPE_CHECKING:
    from tsframe._model.records import Measure, RecordBatch
    from tsframe._wire.requests import Shared
    from tsframe.typing import Flags, Integers

_UNIT: Final = 1024
"""Bytes of a write unit; every request is rounded up (developer guide, "Metering writes")."""


def meter(batch: RecordBatch, packing: Packing, shared: Shared) -> Integers:
    """Return the write units of each request, a column for each field of ``WriteUnits``."""
    whole = sizes.record_sizes(batch)
    values = _sums(sizes.value_sizes(batch), packing)
    times = sizes.TIME_BYTES * np.where(shared.time, 1, packing.counts)
    lower = times + values + _distinct_dimensions(batch, packing, shared)
    expected = lower + _distinct_measure_names(batch, packing, shared) + _distinct_value_names(batch, packing)
    upper = _sums(whole, packing)
    columns = (lower, expected, upper - _saved(batch, packing, shared), upper)
    return np.stack([_units(one) for one in columns], axis=1)


def shared_units(batch: RecordBatch, packing: Packing, shared: Shared, whole: Integers) -> Integers:
    """Return each request's units with common attributes counted once; ``whole`` is the bytes of every record."""
    return _units(_sums(whole, packing) - _saved(batch, packing, shared))


def heads(batch: RecordBatch, packing: Packing) -> Packing:
    """Return the requests without the records that follow one of their own series; far fewer if series are together."""
    series = batch.series.numbers[packing.order]
    kept = np.append(True, series[1:] != series[:-1])[: len(series)]
    kept[packing.starts[:-1]] = True
    return Packing(packing.order[kept], np.append(0, np.cumsum(kept))[packing.starts], packing.name)


def _units(size: Integers) -> Integers:
    return -(-size // _UNIT)


def _sums(size: Integers, packing: Packing) -> Integers:
    """Add up, request by request, a number that every record has."""
    return np.add.reduceat(size[packing.order], packing.starts[:-1])


def _saved(batch: RecordBatch, packing: Packing, shared: Shared) -> Integers:
    """Return the bytes that each request's records but the first need not repeat."""
    first = pa.array(packing.order[packing.starts[:-1]])
    common = shared.time * np.int64(sizes.TIME_BYTES)
    for name, column in batch.dimensions.items():
        common += shared.dimensions[name] * sizes.sizes_by_code(column.take(first), len(name.encode()))
    common += shared.measure_name * _measure_name_sizes(batch, first)
    return common * (packing.counts - 1)


def _measure_name_sizes(batch: RecordBatch, records: pa.Array) -> Integers:
    if isinstance(batch.measure_name, str):
        return sizes.measure_name_sizes(batch)
    return sizes.sizes_by_code(batch.measure_name.take(records), 0)


def _distinct_dimensions(batch: RecordBatch, packing: Packing, shared: Shared) -> Integers:
    """Return the bytes of each request's dimensions, each pair of name and value once."""
    packing = heads(batch, packing)
    series, first = batch.series.numbers[packing.order], pa.array(batch.series.first)
    total = np.zeros(len(packing), np.int64)
    for name, column in batch.dimensions.items():
        codes = sizes.codes(column.take(first))[series]
        total += _distinct(codes, sizes.sizes_of_codes(column, len(name.encode())), packing, shared.dimensions[name])
    return total


def _distinct_measure_names(batch: RecordBatch, packing: Packing, shared: Shared) -> Integers:
    """Return the bytes of the names of each request's records, each once."""
    if isinstance(batch.measure_name, str):
        return sizes.measure_name_sizes(batch)
    codes = sizes.codes(batch.measure_name)[packing.order]
    return _distinct(codes, sizes.sizes_of_codes(batch.measure_name, 0), packing, shared.measure_name)


def _distinct_value_names(batch: RecordBatch, packing: Packing) -> Integers:
    """Return the bytes of the names of each request's values in multi-measure records, each once."""
    present: dict[str, Flags] = {}
    for measure in batch.measures:
        if not measure.single:
            found = _any_present(measure, packing)
            present[measure.name] = present[measure.name] | found if measure.name in present else found
    total = np.zeros(len(packing), np.int64)
    for name, flags in present.items():
        total += flags * np.int64(len(name.encode()))
    return total


def _any_present(measure: Measure, packing: Packing) -> Flags:
    """Tell which requests have a value of a measure."""
    if not measure.values.null_count:
        return np.ones(len(packing), np.bool_)
    present = measure.values.is_valid().to_numpy(zero_copy_only=False)
    return np.logical_or.reduceat(present[packing.order], packing.starts[:-1])


def _distinct(codes: Integers, sizes_of_codes: Integers, packing: Packing, same: Flags) -> Integers:
    """Add up the bytes of each request's distinct codes; ``same`` says which requests have but one."""
    total = np.where(same, sizes_of_codes[codes[packing.starts[:-1]]], 0)
    several = np.repeat(~same, packing.counts)
    # A code of a request is one number, so that one sort finds them all.
    keys = np.repeat(np.arange(len(packing)) * len(sizes_of_codes), packing.counts)[several] + codes[several]
    keys.sort()
    requests, distinct = np.divmod(keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]], len(sizes_of_codes))
    np.add.at(total, requests, sizes_of_codes[distinct])
    return total
