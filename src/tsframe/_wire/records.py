"""WriteRecords as JSON, column by column: every record's JSON is one cell of a text column.

The values of a text column lie one after the other in one buffer, so that the records of a request are a slice of it,
and a body is a head, the slice and an end. No dictionary is made, and nothing loops over records. A member that all
records of a request share is in its common attributes, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.limits import MAX_REQUEST_BYTES
from tsframe._model.types import MULTI, NANOSECONDS, ScalarType
from tsframe._model.units import WriteUnits
from tsframe._wire import metering
from tsframe._wire.requests import Packing, Request
from tsframe._wire.texts import TEXT, Pieces, around, escaped, quoted, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tsframe._model.records import RecordBatch
    from tsframe._wire.requests import Shared
    from tsframe.typing import Flags, Integers

_CELLS: Final = 250_000
_RECORDS: Final = 20_000
"""Values and records that are encoded at a time: larger slices are hardly faster (docs/decisions/0011)."""

_UNITS: Final = {"s": "SECONDS", "ms": "MILLISECONDS", "us": "MICROSECONDS", "ns": "NANOSECONDS"}
_DIVISORS: Final = np.array([NANOSECONDS[unit] for unit in _UNITS], np.int64)
_UNIT_NAMES: Final = pa.array(_UNITS.values(), TEXT)
_DEFAULT_VERSION: Final = 1
_END: Final = b"]}"


def encode(
    database: str,
    table: str,
    batch: RecordBatch,
    packing: Packing,
    shared: Shared,
    *,
    largest: int = MAX_REQUEST_BYTES,
) -> Iterator[Request]:
    """Return the requests of a packing, in its order, each made when it is asked for.

    One whose body would be larger than ``largest`` bytes is cut in halves, until they fit or have a single record.
    """
    encoder = _Encoder(batch, shared, f'{{"DatabaseName":{quoted(database)},"TableName":{quoted(table)},')
    return _requests(encoder, batch, packing, shared, largest)


def _requests(
    encoder: _Encoder, batch: RecordBatch, packing: Packing, shared: Shared, largest: int
) -> Iterator[Request]:
    units = metering.meter(batch, packing, shared)
    columns = 1 + len(batch.dimensions) + len(batch.measures)
    for first, last in _slices(packing, min(_CELLS // columns, _RECORDS)):
        encoded = encoder.encode(packing, first, last)
        for number in range(first, last):
            parts = encoded.parts(number, largest)
            for part in parts:
                records = packing.order[part.start : part.stop]
                metered = units[number] if len(parts) == 1 else _meter(batch.take(records), shared.of(number))
                yield Request(records, encoded.body(number, part), WriteUnits(*metered.tolist()))


def _slices(packing: Packing, records: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of requests that are encoded together: so many records or somewhat more."""
    cuts = np.searchsorted(packing.starts, np.arange(0, packing.starts[-1] + records, records))
    bounds = np.unique(np.minimum(cuts, len(packing))).tolist()
    yield from pairwise(bounds)


def _meter(part: RecordBatch, shared: Shared) -> Integers:
    """Return the units of one request that carries all these records."""
    return metering.meter(part, Packing(np.arange(len(part)), np.array([0, len(part)])), shared)[0]


class _Encoded:
    """The JSON of some requests: what stands before each one's records, and every record with a comma behind it."""

    def __init__(self, heads: pa.Array, texts: pa.Array, first: int, starts: Integers) -> None:
        self._heads = [head.encode() for head in heads.to_pylist()]
        self._offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, texts.offset * 8).tolist()
        self._data = memoryview(texts.buffers()[2])
        self._first = first
        self._starts = starts.tolist()

    def parts(self, number: int, largest: int) -> list[range]:
        """Return the places in the packing's order that a request carries, in parts whose bodies are small enough."""
        place = number - self._first
        records = range(self._starts[place], self._starts[place + 1])
        return list(_halves(records, lambda part: self._size(place, part) <= largest))

    def _size(self, place: int, part: range) -> int:
        low, high = self._span(part)
        return len(self._heads[place]) + high - low + len(_END)

    def body(self, number: int, part: range) -> bytes:
        """Return the body that carries a part of a request."""
        low, high = self._span(part)
        return b"".join((self._heads[number - self._first], self._data[low:high], _END))

    def _span(self, part: range) -> tuple[int, int]:
        """Return where the texts of records lie, without the last one's comma."""
        start = self._starts[0]
        return self._offsets[part.start - start], self._offsets[part.stop - start] - 1


def _halves(part: range, fits: Callable[[range], bool]) -> Iterator[range]:
    if len(part) == 1 or fits(part):
        yield part
    else:
        yield from _halves(part[: len(part) // 2], fits)
        yield from _halves(part[len(part) // 2 :], fits)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the rows of a text column are made from: records, or the first record of each request for its head."""

    records: Integers
    requests: Integers
    divisors: Integers
    """Nanoseconds in the time unit of each one's request."""
    common: bool
    """Whether the rows have what a request's records share, or what they do not."""

    def kept(self, shared: Flags) -> Flags:
        """Tell which rows have a member, by the flags of the requests that share it."""
        return shared[self.requests] == self.common


class _Encoder:
    """Encodes requests of one batch. What does not depend on the request is made once, and names are checked."""

    def __init__(self, batch: RecordBatch, shared: Shared, beginning: str) -> None:
        self._batch = batch
        self._shared = shared
        self._beginning = beginning
        self._dimensions = {
            name: _Dictionary(column, f'{{"Name":{quoted(name)},"Value":"', '"}')
            for name, column in batch.dimensions.items()
        }
        self._members = (
            (_member("MeasureName", batch.measure_name), shared.measure_name),
            (_member("MeasureValueType", _types(batch)), shared.measure_type),
        )
        self._around_values = [
            ('"MeasureValue":"', '"')
            if measure.single
            else (f'{{"Name":{quoted(measure.name)},"Value":"', f'","Type":"{measure.type}"}}')
            for measure in batch.measures
        ]

    def encode(self, packing: Packing, first: int, last: int) -> _Encoded:
        """Encode a range of requests."""
        starts = packing.starts[first : last + 1]
        records, requests = packing.order[starts[0] : starts[-1]], np.arange(first, last)
        request_of = np.repeat(np.arange(last - first), np.diff(starts))
        values = [measure.values.take(pa.array(records)) for measure in self._batch.measures]
        units = self._coarsest_units(self._batch.times[records], values, starts[:-1] - starts[0])
        divisors = _DIVISORS[units]
        heads = self._heads(_Rows(packing.order[starts[:-1]], requests, divisors, common=True), units)
        texts = self._texts(_Rows(records, requests[request_of], divisors[request_of], common=False), values)
        return _Encoded(heads, texts, first, starts)

    def _coarsest_units(self, times: Integers, values: list[pa.Array], starts: Integers) -> Integers:
        """Return, for each request, the place in ``_DIVISORS`` of the coarsest unit that loses nothing."""
        counts = [times]
        for measure, column in zip(self._batch.measures, values, strict=True):
            if measure.type is ScalarType.TIMESTAMP:
                counts.append(column.view(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
        found = np.zeros(len(starts), np.int64)
        for place, divisor in enumerate(_DIVISORS[:-1], start=1):
            for numbers in counts:
                found[np.logical_or.reduceat(numbers % divisor != 0, starts)] = place
        return found

    def _heads(self, rows: _Rows, units: Integers) -> pa.Array:
        """Return what stands before each request's records."""
        pieces = Pieces(len(rows.records))
        pieces.add(self._beginning, '"CommonAttributes":{')
        self._add_attributes(pieces, rows)
        pieces.add('"TimeUnit":"', _UNIT_NAMES.take(pa.array(units)), '"},"Records":[')
        return pieces.joined()

    def _texts(self, rows: _Rows, values: list[pa.Array]) -> pa.Array:
        """Return each record's JSON, with a comma behind it."""
        pieces = Pieces(len(rows.records))
        pieces.add("{")
        self._add_attributes(pieces, rows)
        self._add_values(pieces, values, rows.divisors)
        pieces.add("},")
        return pieces.joined()

    def _add_attributes(self, pieces: Pieces, rows: _Rows) -> None:
        """Add all members but the values, each with a comma behind it."""
        self._add_dimensions(pieces, rows)
        for member, shared in self._members:
            kept = rows.kept(shared)
            if isinstance(member, str):
                pieces.add_where(kept, member)
            elif kept.any():
                pieces.add(member.texts(rows.records, kept))
        self._add_version(pieces, rows)
        self._add_time(pieces, rows)

    def _add_dimensions(self, pieces: Pieces, rows: _Rows) -> None:
        kept = {name: rows.kept(shared) for name, shared in self._shared.dimensions.items()}
        texts = [self._dimensions[name].texts(rows.records, flags) for name, flags in kept.items() if flags.any()]
        pieces.add_list('"Dimensions":[', [("", column, "") for column in texts], "],")

    def _add_version(self, pieces: Pieces, rows: _Rows) -> None:
        version, kept = self._batch.version, rows.kept(self._shared.version)
        if isinstance(version, int):
            if version != _DEFAULT_VERSION:
                pieces.add_where(kept, f'"Version":{version},')
        elif kept.any():
            own = version[rows.records]
            pieces.add_where(kept & (own != _DEFAULT_VERSION), '"Version":', pa.array(own).cast(TEXT), ",")

    def _add_time(self, pieces: Pieces, rows: _Rows) -> None:
        kept = rows.kept(self._shared.time)
        if kept.any():
            times = self._batch.times[rows.records] // rows.divisors
            pieces.add_where(kept, '"Time":"', pa.array(times).cast(TEXT), '",')

    def _add_values(self, pieces: Pieces, values: list[pa.Array], divisors: Integers) -> None:
        """Add the values: a list for multi-measure records, one of the columns for single-measure ones."""
        items: list[tuple[str, pa.Array, str]] = []
        singles: list[tuple[str, pa.Array, str]] = []
        for measure, (before, after), column in zip(self._batch.measures, self._around_values, values, strict=True):
            (singles if measure.single else items).append((before, written(measure.type, column, divisors), after))
        pieces.add_list('"MeasureValues":[', items, "]")
        for item in singles:
            pieces.add_around(*item)


class _Dictionary:
    """A column of dictionary codes as text around each value; the texts are made once."""

    def __init__(self, column: pa.DictionaryArray, before: str, after: str) -> None:
        self._codes = column.indices
        self._texts = around(before, escaped(column.dictionary.cast(TEXT)), after)

    def texts(self, records: Integers, kept: Flags) -> pa.Array:
        """Return the texts of records, null where not kept."""
        codes = self._codes.take(pa.array(records))
        if not kept.all():
            codes = pc.if_else(pa.array(kept), codes, pa.scalar(None, codes.type))
        return self._texts.take(codes)


def _member(key: str, value: str | pa.DictionaryArray) -> str | _Dictionary:
    """Return a member with a comma behind it: one text for all records, or one for each."""
    return f'"{key}":{quoted(value)},' if isinstance(value, str) else _Dictionary(value, f'"{key}":"', '",')


def _types(batch: RecordBatch) -> str | pa.DictionaryArray:
    """Return the measure value type: one for all records, or one for each."""
    kinds = [measure.kind for measure in batch.measures]
    if len(set(kinds)) == 1:
        return kinds[0]
    # A record has a value in one of the columns of single measures, or is a multi-measure record.
    types = [MULTI, *(measure.kind for measure in batch.measures if measure.single)]
    codes = np.zeros(len(batch), np.int8)
    for code, measure in enumerate((one for one in batch.measures if one.single), start=1):
        codes[measure.values.is_valid().to_numpy(zero_copy_only=False)] = code
    return pa.DictionaryArray.from_arrays(codes, types)
