"""What is known of a table without asking DuckDB, so that a small write asks nothing twice.

One process owns a store, and inside it one writer at a time changes it; what was read or written once stays true until
this process changes it. A table's knowledge is dropped by whatever changes the catalog, and by a change that was taken
back. It is bounded: past a number of series it begins anew, and then knows less, but nothing wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsframe._model.records import RecurringDimensions
from tsframe._model.sizes import codes

if TYPE_CHECKING:
    import pyarrow as pa

    from tsframe._engine.catalog import StoredTable
    from tsframe._engine.statements import Statements
    from tsframe._model.records import RecordBatch
    from tsframe.typing import Flags, Integers, SeriesNumbers

_MOST_SERIES: Final = 500_000
"""Series remembered of a table, some 300 bytes each."""
_MOST_RECURRING: Final = 64
"""Dimensions of requests remembered of a table."""
_SMALL: Final = 20_000
"""Series of a batch, up to which it is worth while to remember them one by one."""

Names = tuple[str, ...]
Values = tuple[str, ...]


class Known:
    """The knowledge of one table; whoever uses it holds the store's lock for writing."""

    def __init__(self, stored: StoredTable, measure_names: dict[str, str], newest: int, statements: Statements) -> None:
        self.stored = stored
        self.statements = statements
        self.measure_names = measure_names
        self._newest = newest
        """No record is newer than this, apart from those of the series below."""
        self._series: dict[Names, dict[Values, int]] = {}
        self._count = 0
        self._newest_of: dict[int, int] = {}
        self._recurring: dict[int, tuple[RecurringDimensions, SeriesNumbers]] = {}

    def recall(self, batch: RecordBatch) -> SeriesNumbers | None:
        """Return the number of each record's series if the very dimensions of the batch came before."""
        found = self._recurring.get(id(batch.dimensions))
        return None if found is None else found[1]

    def note(self, batch: RecordBatch, numbers: SeriesNumbers) -> None:
        """Remember the number of each record's series, if the batch has dimensions that come again."""
        if isinstance(batch.dimensions, RecurringDimensions):
            # The dimensions are kept, too, so that no others can be taken for them.
            self._recurring[id(batch.dimensions)] = batch.dimensions, numbers
            if len(self._recurring) > _MOST_RECURRING:
                del self._recurring[next(iter(self._recurring))]

    def remembers(self, batch: RecordBatch) -> bool:
        """Tell whether a batch is small enough to remember its series."""
        return len(batch.series) <= _SMALL

    def keys(self, batch: RecordBatch) -> list[tuple[Names, Values]]:
        """Return the key of each distinct series of a batch: names of dimensions in order, and values."""
        names = tuple(sorted(batch.dimensions))
        values = zip(*(_texts(batch.dimensions[name], batch.series.first) for name in names), strict=True)
        if not any(column.null_count for column in batch.dimensions.values()):
            return [(names, row) for row in values]
        return [_without_nulls(names, row) for row in values]

    def find(self, keys: list[tuple[Names, Values]]) -> tuple[SeriesNumbers, Integers]:
        """Return the numbers of series, and the places of those that are not known."""
        found = [self._series.get(names, _NOTHING).get(values, -1) for names, values in keys]
        missing = np.array([place for place, number in enumerate(found) if number < 0], np.int64)
        return np.array([max(number, 0) for number in found], np.uint64), missing

    def learn_series(self, keys: list[tuple[Names, Values]], numbers: SeriesNumbers) -> None:
        """Remember the numbers of series."""
        if self._count + len(keys) > _MOST_SERIES:
            self._forget()
        for (names, values), number in zip(keys, numbers.tolist(), strict=True):
            self._series.setdefault(names, {})[values] = number
        self._count += len(keys)

    def may_repeat(self, batch: RecordBatch, series: SeriesNumbers) -> Flags:
        """Tell which records may share their identity with a stored one: those not newer than their series."""
        if batch.times.min() > self._newest and not self._newest_of:
            return np.zeros(len(batch), np.bool_)
        if not self.remembers(batch):
            return np.ones(len(batch), np.bool_)
        distinct = series[batch.series.first].tolist()
        newest = np.array([self._newest_of.get(number, self._newest) for number in distinct], np.int64)
        return batch.times <= newest[batch.series.numbers]

    def learn_times(self, batch: RecordBatch, series: SeriesNumbers) -> None:
        """Remember how new the series of a batch have become, be it stored or not."""
        if not self.remembers(batch):
            self._newest = max(self._newest, int(batch.times.max()), *self._newest_of.values())
            self._newest_of = {}
            return
        distinct = series[batch.series.first].tolist()
        newest = np.array([self._newest_of.get(number, self._newest) for number in distinct], np.int64)
        np.maximum.at(newest, batch.series.numbers, batch.times)
        self._newest_of.update(zip(distinct, newest.tolist(), strict=True))

    def _forget(self) -> None:
        self._series, self._count = {}, 0
        self._newest = max(self._newest, *self._newest_of.values(), self._newest)
        self._newest_of = {}


def _texts(column: pa.DictionaryArray, records: Integers) -> list[str | None]:
    """Return the texts of some records. NumPy makes them, as Arrow makes each text by way of a scalar."""
    texts = [*column.dictionary.to_numpy(zero_copy_only=False).tolist(), None]
    return [*map(texts.__getitem__, codes(column)[records].tolist())]


_NOTHING: Final[dict[Values, int]] = {}


def _without_nulls(names: Names, row: tuple[str | None, ...]) -> tuple[Names, Values]:
    present = [(name, value) for name, value in zip(names, row, strict=True) if value is not None]
    return tuple(name for name, _ in present), tuple(value for _, value in present)
