"""Which records share a request, chosen by what they will be metered as; and what the records of a request share.

A request carries up to 100 records, and what all of them have in common is metered once. So records of one series
belong together, unless the frame's order is as cheap. The same batch is always packed the same way, in any process and
whatever the codes of its dictionaries: a write that is taken up again depends on it.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tsframe._model import sizes
from tsframe._model.limits import MAX_RECORDS_PER_REQUEST
from tsframe._model.series import number
from tsframe._wire import metering
from tsframe._wire.requests import Packing, Shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe._model.records import RecordBatch
    from tsframe.typing import Flags, Integers, Pack

_WORTH_SORTING: Final = 97, 100
"""Requests by series are taken if they need less than 97 units for 100 of the frame's order."""
_WORTH_A_REQUEST: Final = 4, 5
"""The last records of a series get a request of their own if they need 4 units or less for 5 among others."""
_FRACTION: Final = 2**20
"""Parts of a unit that are counted. Whole numbers, as sums of floats may differ from processor to processor."""


def pack(batch: RecordBatch, how: Pack) -> Packing:
    """Share a batch's records out to requests: in the frame's order, or as is clearly cheaper."""
    in_order = _cut(np.arange(len(batch)))
    if how == "order":
        return in_order
    packer = _Packer(batch)
    by_series = packer.by_series()
    part, whole = _WORTH_SORTING
    if packer.units(by_series).sum() * whole < packer.units(in_order).sum() * part:
        return by_series
    return in_order


def shared(batch: RecordBatch, packing: Packing) -> Shared:
    """Find out what the records of each request have in common."""
    order, starts = packing.order, packing.starts[:-1]
    everywhere = np.ones(len(packing), np.bool_)
    one_name, one_version, types = isinstance(batch.measure_name, str), isinstance(batch.version, int), _types(batch)
    return Shared(
        dimensions=dict(_shared_dimensions(batch, packing)),
        measure_name=everywhere if one_name else _same(batch.measure_names.numbers[order], starts),
        measure_type=everywhere if types is None else _same(types[order], starts),
        time=_same(batch.times[order], starts),
        version=everywhere if one_version else _same(batch.versions()[order], starts),
    )


def _shared_dimensions(batch: RecordBatch, packing: Packing) -> Iterator[tuple[str, Flags]]:
    heads = metering.heads(batch, packing)
    series, first, starts = batch.series.numbers[heads.order], pa.array(batch.series.first), heads.starts[:-1]
    for name, column in batch.dimensions.items():
        codes = sizes.codes(column.take(first))[series]
        yield name, _same(codes, starts) & (codes[starts] < len(column.dictionary))


def _same(numbers: Integers, starts: Integers) -> Flags:
    """Tell which requests have the same number everywhere; they begin at ``starts``."""
    return np.minimum.reduceat(numbers, starts) == np.maximum.reduceat(numbers, starts)


def _types(batch: RecordBatch) -> Integers | None:
    """Return a number for each record's type; none if all have the same."""
    singles = [measure for measure in batch.measures if measure.single]
    if not singles or len(batch.measures) == 1:
        return None
    types = np.zeros(len(batch), np.int64)
    for type_, measure in enumerate(singles, start=1):
        types[measure.values.is_valid().to_numpy(zero_copy_only=False)] = type_
    return types


class _Packer:
    """Packs one batch by series, and tells the units of a packing, be it of some of the records."""

    def __init__(self, batch: RecordBatch) -> None:
        self._batch = batch
        self._whole = sizes.record_sizes(batch)
        # Every pair of series and measure name has a number; sorted by it, series stay together.
        self._pairs = batch.series.numbers * len(batch.measure_names) + batch.measure_names.numbers

    def units(self, packing: Packing) -> Integers:
        """Return the units of each request, common attributes counted once."""
        return metering.shared_units(self._batch, packing, shared(self._batch, packing), self._whole)

    def by_series(self) -> Packing:
        """Put records of one series and measure name together; then what is left of one series; then the rest."""
        levels = [self._pairs, self._batch.series.numbers] if len(self._batch.measure_names) > 1 else [self._pairs]
        packing = self._pack(self._sorted(), levels)
        return Packing(packing.order, packing.starts, "series")

    def _sorted(self) -> Integers:
        """Return the records by series, measure name and time."""
        records, times = np.arange(len(self._batch)), self._batch.times
        if (times[1:] < times[:-1]).any():
            records = _sort(records, times - times.min())
        return _sort(records, self._pairs)

    def _pack(self, records: Integers, levels: list[Integers]) -> Packing:
        """Put records with the same number of the first level together; they come sorted by it.

        What does not fill a request goes to the next level, unless one of its own is clearly cheaper.
        """
        if not levels:
            return _cut(self._neighbours(records))
        full, alone = _by_groups(records, levels[0])
        if not len(alone):
            return full
        together = self._pack(alone.order, levels[1:])
        chosen = self._clearly_cheaper(alone, together)
        if not chosen.any():
            return _joined(full, together)
        stays = np.repeat(chosen, alone.counts)
        full = _joined(full, _packing(alone.order[stays], alone.counts[chosen]))
        return full if chosen.all() else _joined(full, self._pack(alone.order[~stays], levels[1:]))

    def _clearly_cheaper(self, alone: Packing, together: Packing) -> Flags:
        """Tell which requests are worth it: their records need more units in the other packing."""
        per_record = np.zeros(len(self._batch), np.int64)
        per_record[together.order] = np.repeat(self.units(together) * _FRACTION // together.counts, together.counts)
        part, whole = _WORTH_A_REQUEST
        among_others = np.add.reduceat(per_record[alone.order], alone.starts[:-1])
        return self.units(alone) * _FRACTION * whole <= among_others * part

    def _neighbours(self, records: Integers) -> Integers:
        """Sort records so that neighbours share what saves most: what has many bytes and few values comes first.

        They come sorted by series and measure name, and those of one pair stay together.
        """
        starts = _starts(self._pairs[records])
        counts, pairs = np.diff(starts), np.arange(len(starts) - 1)
        for values in self._attributes(records[starts[:-1]]):
            pairs = _sort(pairs, values)
        before = np.cumsum(counts[pairs]) - counts[pairs]
        return records[np.repeat(starts[pairs] - before, counts[pairs]) + np.arange(len(records))]

    def _attributes(self, records: Integers) -> list[Integers]:
        """Return the values of each dimension, and the measure names, as numbers; the most worth sharing come last."""
        found: list[tuple[float, Integers]] = []
        columns = [(len(name.encode()), column) for name, column in self._batch.dimensions.items()]
        if not isinstance(self._batch.measure_name, str):
            columns.append((0, self._batch.measure_name))
        for more, column in columns:
            taken = column.take(pa.array(records))
            # Numbers in the order of appearance, as codes may differ from process to process.
            values = number([taken], len(records))
            if 1 < len(values) < len(records):
                size = int(sizes.sizes_by_code(taken, more).sum())
                found.append((size / (len(values) - 1).bit_length(), values.numbers))
        return [numbers for _, numbers in sorted(found, key=itemgetter(0))]


def _by_groups(records: Integers, numbers: Integers) -> tuple[Packing, Packing]:
    """Return full requests of records with the same number, and requests of what is left of each number."""
    starts = _starts(numbers[records])
    counts = np.diff(starts)
    left = counts % MAX_RECORDS_PER_REQUEST
    fills = np.arange(len(records)) < np.repeat(starts[1:] - left, counts)
    return _cut(records[fills]), _packing(records[~fills], left[left > 0])


def _cut(records: Integers) -> Packing:
    """Put records into requests one after the other, each as full as may be."""
    starts = np.arange(0, len(records), MAX_RECORDS_PER_REQUEST)
    return Packing(records, np.append(starts, len(records)))


def _packing(records: Integers, counts: Integers) -> Packing:
    return Packing(records, np.append(0, np.cumsum(counts)))


def _joined(*packings: Packing) -> Packing:
    order = np.concatenate([packing.order for packing in packings])
    return _packing(order, np.concatenate([packing.counts for packing in packings]))


def _starts(sorted_numbers: Integers) -> Integers:
    """Return where each number first stands, and, last, the end."""
    changes = np.flatnonzero(sorted_numbers[1:] != sorted_numbers[:-1]) + 1
    return np.concatenate([[0], changes, [len(sorted_numbers)]])


def _sort(records: Integers, keys: Integers) -> Integers:
    """Sort records by the key that each has, from 0 on; those with the same stay in their order."""
    used = int(np.bitwise_or.reduce(keys, initial=0))
    lowest = (used & -used).bit_length() - 1
    # 16 bits at a time: those NumPy sorts by counting, several times as fast as wider ones (measured with 2.4).
    for shift in range(max(lowest, 0), used.bit_length(), 16):
        digits = (keys[records] >> shift).astype(np.uint16)
        records = records[np.argsort(digits, kind="stable")]
    return records
