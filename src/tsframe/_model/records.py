"""The one currency on the way in: records in columns, with roles; and what a service answers for them.

A batch is right by construction: times are nanoseconds from 1970 on, no text is empty, no double is NaN or infinite,
every record has a dimension and a measure. Who makes one checks that (``_frames`` for frames, ``_wire`` for requests).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model import series
from tsframe._model.sending import NO_TRAFFIC
from tsframe._model.types import ARROW, MULTI, SINGLE_MEASURES, ScalarType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tsframe._model.sending import Traffic
    from tsframe._model.series import Numbering, Repeats
    from tsframe.typing import Flags, Integers


_CODES: Final = pa.dictionary(pa.int32(), ARROW[ScalarType.VARCHAR])


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of measure values; null where a record has none."""

    name: str
    """The measure's name in multi-measure records, ``measure_value::double`` and so on for single-measure ones."""
    type: ScalarType
    values: pa.Array

    @property
    def single(self) -> bool:
        """Whether the column holds the values of single-measure records."""
        return self.name in SINGLE_MEASURES

    @property
    def kind(self) -> str:
        """The type that a measure name gets from this column's records."""
        return str(self.type) if self.single else MULTI


@dataclass(frozen=True, slots=True)
class Origin:
    """Which rows of a frame became which records, pair by pair, in the order of the records."""

    records: Integers
    rows: Integers

    def rows_of(self, records: Integers) -> Integers:
        """Return the rows behind records, each once, ascending."""
        return np.unique(self.rows[np.isin(self.records, records)])


class RecurringDimensions(dict[str, pa.DictionaryArray]):
    """Dimensions that come again as the same object, as clients send the same hosts again; nobody changes them.

    So what was found out about them can be kept with them, or by who they are.
    """

    @cached_property
    def series(self) -> Numbering:
        """As of a batch."""
        return series.number(self.values(), len(next(iter(self.values()))))


@dataclass(frozen=True)
class RecordBatch:
    """Records in columns, any number of them."""

    time: pa.Array
    """``timestamp[ns]``, UTC."""
    dimensions: dict[str, pa.DictionaryArray]
    """Text by dictionary codes; null where a record lacks the dimension."""
    measures: tuple[Measure, ...]
    measure_name: str | pa.DictionaryArray
    """One for all, or one for each record."""
    version: int | Integers = 1
    """One for all, or one for each record."""
    origin: Origin | None = None
    """None: record i is row i."""

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def times(self) -> Integers:
        """The times as integers: nanoseconds since 1970 UTC."""
        return np.asarray(self.time.view(pa.int64()))

    @cached_property
    def series(self) -> Numbering:
        """Every record's series as a number."""
        if isinstance(self.dimensions, RecurringDimensions):
            return self.dimensions.series
        return series.number(self.dimensions.values(), len(self))

    @cached_property
    def measure_names(self) -> Numbering:
        """Every record's measure name as a number."""
        names = [] if isinstance(self.measure_name, str) else [self.measure_name]
        return series.number(names, len(self))

    @cached_property
    def repeats(self) -> Repeats:
        """The records that share series, measure name and time with another of this batch."""
        keys = self.series.numbers
        if len(self.measure_names) > 1:
            keys = keys * len(self.measure_names) + self.measure_names.numbers
        return series.repeats(keys, self.times)

    def versions(self) -> Integers:
        """One version for each record."""
        if isinstance(self.version, int):
            return np.full(len(self), self.version, np.int64)
        return self.version

    def rows_of(self, records: Integers) -> Integers:
        """Return the frame's rows behind records, each once, ascending."""
        return records if self.origin is None else self.origin.rows_of(records)

    def rows_of_each(self, rows: Integers) -> Integers:
        """Return, of a batch whose records have one row each, that row; ``rows`` says which in the frame."""
        return rows if self.origin is None else rows[self.origin.rows]

    def names(self) -> pa.DictionaryArray:
        """One measure name for each record."""
        if not isinstance(self.measure_name, str):
            return self.measure_name
        codes = pa.array(np.zeros(len(self), np.int32))
        return pa.DictionaryArray.from_arrays(codes, pa.array([self.measure_name], pa.large_string()))

    def take(self, records: Integers) -> RecordBatch:
        """Return a batch of some of the records; it no longer knows the frame's rows."""
        name = self.measure_name if isinstance(self.measure_name, str) else self.measure_name.take(pa.array(records))
        return RecordBatch(
            time=self.time.take(pa.array(records)),
            dimensions={key: column.take(pa.array(records)) for key, column in self.dimensions.items()},
            measures=tuple(
                Measure(measure.name, measure.type, measure.values.take(pa.array(records))) for measure in self.measures
            ),
            measure_name=name,
            version=self.version if isinstance(self.version, int) else self.version[records],
        )

    def same_values(self, left: Integers, right: Integers) -> Flags:
        """Tell, pair by pair, whether two records have the same measures with the same values."""
        same = np.ones(len(left), np.bool_)
        for measure in self.measures:
            one, other = measure.values.take(pa.array(left)), measure.values.take(pa.array(right))
            equal = pc.equal(one, other).fill_null(fill_value=False)
            both_null = pc.and_(one.is_null(), other.is_null())
            same &= pc.or_(equal, both_null).to_numpy(zero_copy_only=False)
        return same


def together(batches: Sequence[RecordBatch]) -> RecordBatch:
    """Return the records of several batches as one, in their order; it does not know the rows of a frame."""
    if len(batches) == 1:
        return batches[0]
    sizes = [len(batch) for batch in batches]
    dimensions = dict.fromkeys(name for batch in batches for name in batch.dimensions)
    measures = dict.fromkeys((one.name, one.type) for batch in batches for one in batch.measures)
    held = [{(one.name, one.type): one.values for one in batch.measures} for batch in batches]
    name, version = batches[0].measure_name, batches[0].version
    one_name = isinstance(name, str) and all(batch.measure_name == name for batch in batches)
    one_version = isinstance(version, int) and all(
        isinstance(batch.version, int) and batch.version == version for batch in batches
    )
    return RecordBatch(
        time=pa.concat_arrays([batch.time for batch in batches]),
        dimensions={
            name: _codes_together([batch.dimensions.get(name) for batch in batches], sizes) for name in dimensions
        },
        measures=tuple(
            Measure(key[0], key[1], _values_together([found.get(key) for found in held], sizes)) for key in measures
        ),
        measure_name=name if one_name else _codes_together([batch.names() for batch in batches], sizes),
        version=version if one_version else np.concatenate([batch.versions() for batch in batches]),
    )


def _values_together(columns: Sequence[pa.Array | None], sizes: Sequence[int]) -> pa.Array:
    type_ = next(column.type for column in columns if column is not None)
    return pa.concat_arrays(
        [pa.nulls(size, type_) if column is None else column for column, size in zip(columns, sizes, strict=True)]
    )


def _codes_together(columns: Sequence[pa.DictionaryArray | None], sizes: Sequence[int]) -> pa.DictionaryArray:
    return pa.concat_arrays(
        [
            pa.nulls(size, _CODES) if column is None else column if column.type == _CODES else _encoded(column)
            for column, size in zip(columns, sizes, strict=True)
        ]
    )


def _encoded(column: pa.DictionaryArray) -> pa.DictionaryArray:
    return column.cast(ARROW[ScalarType.VARCHAR]).dictionary_encode()


class Reason(StrEnum):
    """Why a record was rejected, in a word that code can test."""

    LOWER_VERSION = "lower-version"
    SAME_VERSION = "same-version"
    OUTSIDE_TIME_RANGE = "outside-time-range"
    TYPE_CONFLICT = "type-conflict"
    NAME_CONFLICT = "name-conflict"
    TOO_LARGE = "record-too-large"
    TABLE_LIMIT = "table-limit"
    NO_PARTITION_KEY = "partition-key-missing"
    OTHER = "other"


REJECTIONS = pa.schema(
    [("record", pa.int64()), ("code", pa.string()), ("reason", pa.string()), ("existing_version", pa.int64())]
)
"""Rejected records, one a row: its number in the batch, why, and the version that is stored."""


def no_rejections() -> pa.Table:
    """Return a table of no rejected records."""
    return REJECTIONS.empty_table()


def no_records() -> Integers:
    """Return numbers of no records."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a service answers for one batch; counts are records.

    Every record is in exactly one of these: the counts of the two stores, ``rejected``, ``unsent``, ``in_doubt``.
    """

    memory_store: int
    magnetic_store: int
    rejected: pa.Table
    """As ``REJECTIONS``."""
    rejected_later: pa.Table
    """As ``REJECTIONS``: accepted for the magnetic store, then lost to a stored version."""
    unsent: Integers = field(default_factory=no_records)
    """Records that were surely not stored, as their request never left or was refused; ascending."""
    in_doubt: Integers = field(default_factory=no_records)
    """Records whose request left and had no answer: stored or not; ascending."""
    resumed: Integers = field(default_factory=no_records)
    """Records that an earlier call had settled, so that they were not sent again; ascending."""
    traffic: Traffic = NO_TRAFFIC
    pack: str = ""
    """How the records were packed into requests."""
    stopped_by: BaseException | None = None
    """Why not everything was sent, to be raised once every row is accounted for."""

    @property
    def ingested(self) -> int:
        """How many records were taken."""
        return self.memory_store + self.magnetic_store
