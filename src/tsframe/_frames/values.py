"""A column of a frame to what a record holds, by role: cast, checked, never silently changed.

Every function takes the column's name for its messages and one Arrow array, and raises ``InvalidFrameError`` for
what the service could not hold or what the cast would lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from tsframe._frames import kinds
from tsframe._frames.faults import refuse, refuse_where
from tsframe._model.limits import MAX_TIME, MAX_VALUE_BYTES, MAX_VERSION
from tsframe._model.types import ARROW, NANOSECONDS, SINGLE_MEASURES, ScalarType

if TYPE_CHECKING:
    from collections.abc import Callable

    from tsframe.typing import Flags, Integers, TimeUnit

_LARGEST_BIGINT: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MeasureValues:
    """A measure column, ready for records."""

    type: ScalarType
    values: pa.Array
    left_out: int
    """How many values are null, empty, NaN or infinite, so that records do without them."""


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """Put a column's chunks together, as text with 64-bit offsets, so that any length fits."""
    type_ = column.type
    if types.is_string(type_) or types.is_string_view(type_):
        column = column.cast(pa.large_string())
    elif types.is_dictionary(type_):
        column = _decoded(column)
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write out categories; text as text with 64-bit offsets, as Arrow takes no views by their codes (26.0)."""
    if column.null_count == len(column):
        # No value says what the categories would have been.
        return pa.chunked_array([pa.nulls(len(column))])
    values = column.type.value_type
    kind = pa.large_string() if kinds.is_text(values) else values
    chunks = [chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, kind)


def dimension(name: str, column: pa.ChunkedArray) -> tuple[pa.DictionaryArray, int]:
    """Return a dimension as text by dictionary codes, and how many values are null or empty."""
    array = one_array(column)
    if types.is_null(array.type):
        array = array.cast(pa.large_string())
    if types.is_floating(array.type) or types.is_decimal(array.type):
        refuse(
            f"dimension {name!r} is {array.type}, and a dimension is text",
            "cast it to text as it should read, or to integers first if it holds whole numbers",
        )
    if types.is_timestamp(array.type):
        refuse(f"dimension {name!r} is {array.type}, and a dimension is text", "cast it to text as it should read")
    if not _becomes_text(array.type):
        refuse(f"dimension {name!r} is {array.type}, which no dimension can hold", kinds.remedy(array.type))
    encoded = array.dictionary_encode()
    texts = _valid_text(name, encoded.dictionary.cast(pa.large_string()))
    indices = encoded.indices
    _check_length(name, texts, encoded.indices)
    empty = pc.index(texts, pa.scalar("", pa.large_string())).as_py()
    if empty >= 0:
        indices = pc.if_else(pc.equal(indices, empty), pa.scalar(None, indices.type), indices)
    return pa.DictionaryArray.from_arrays(indices, texts), indices.null_count


def measure(name: str, column: pa.ChunkedArray, naive: str) -> MeasureValues:
    """Return a measure in Timestream's type for it; what the service cannot hold is null."""
    array = one_array(column)
    if types.is_timestamp(array.type) or types.is_date(array.type):
        type_, values = ScalarType.TIMESTAMP, _times(name, array, None, naive)
    else:
        type_, values = _measure(name, array)
    if name in SINGLE_MEASURES and type_ != SINGLE_MEASURES[name]:
        refuse(
            f"column {name!r} holds single-measure records of type {SINGLE_MEASURES[name]}, but it is {array.type}",
            "cast it",
        )
    return MeasureValues(type_, values, values.null_count)


def measure_name(name: str, column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return the measure names of a frame's rows; each row needs one."""
    array = one_array(column)
    if not _becomes_text(array.type):
        refuse(f"the measure name column {name!r} is {array.type}", "it needs text")
    encoded = array.dictionary_encode()
    texts = _valid_text(name, encoded.dictionary.cast(pa.large_string()))
    empty = pc.equal(texts.take(encoded.indices), "").fill_null(fill_value=True)
    refuse_where(empty.to_numpy(zero_copy_only=False), name, "names no measure", "every record needs a measure name")
    return pa.DictionaryArray.from_arrays(encoded.indices, texts)


def time(name: str, column: pa.ChunkedArray, unit: TimeUnit | None, naive: str) -> pa.Array:
    """Return times as nanoseconds UTC, ``timestamp[ns]`` without a zone; nothing is rounded."""
    array = one_array(column)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    refuse_where(missing, name, "has no time", "every record needs one: drop or fill these rows")
    return _times(name, array, unit, naive)


def check_zone(naive: object) -> None:
    """Check what times without a zone are to mean, whether or not the frame has any."""
    if naive in ("utc", "error"):
        return
    try:
        pc.assume_timezone(pa.nulls(1, pa.timestamp("ns")), naive)
    except (pa.ArrowException, TypeError, ValueError):
        refuse(f"naive={naive!r} is no meaning of times without a zone", "say 'utc', 'error' or a zone's name")


def version(name: str, column: pa.ChunkedArray) -> Integers:
    """Return the versions of a frame's rows; each row needs one."""
    array = one_array(column)
    if not types.is_integer(array.type):
        refuse(f"the version column {name!r} is {array.type}", "it needs integers")
    missing = array.is_null().to_numpy(zero_copy_only=False)
    refuse_where(missing, name, "has no version", "every row needs one: fill these rows")
    numbers = array.to_numpy(zero_copy_only=False)
    bad = (numbers < 1) | (numbers > MAX_VERSION)
    refuse_where(bad, name, "holds no version", f"a version is 1 to {MAX_VERSION}", array)
    return numbers.astype(np.int64)


def _measure(name: str, array: pa.Array) -> tuple[ScalarType, pa.Array]:
    for test, type_, convert in _MEASURES:
        if test(array.type):
            return type_, convert(name, array)
    return refuse(f"column {name!r} is {array.type}, which no measure can hold", kinds.remedy(array.type))


def _double(_: str, array: pa.Array) -> pa.Array:
    doubles = array.cast(pa.float64())
    finite = pc.is_finite(doubles)
    if pc.all(finite).as_py() is not False:
        return doubles
    return pc.if_else(finite, doubles, pa.scalar(None, doubles.type))


def _boolean(_: str, array: pa.Array) -> pa.Array:
    return array


def _nothing(_: str, array: pa.Array) -> pa.Array:
    # No value says a type: the measure is left out of every record, under any type.
    return pa.nulls(len(array), ARROW[ScalarType.DOUBLE])


def _bigint(name: str, array: pa.Array) -> pa.Array:
    if types.is_uint64(array.type):
        above = (
            pc.greater(array, pa.scalar(_LARGEST_BIGINT, pa.uint64()))
            .fill_null(fill_value=False)
            .to_numpy(zero_copy_only=False)
        )
        remedy = "cast the column to text, or to float if the last digits do not matter"
        refuse_where(above, name, f"is above {_LARGEST_BIGINT}, the largest BIGINT,", remedy, array)
    return array.cast(pa.int64())


def _decimal(name: str, array: pa.Array) -> pa.Array:
    # By text, which is read as the nearest double; Arrow's own cast is off by a last digit here and there (26.0).
    doubles = array.cast(pa.large_string()).cast(pa.float64())
    remedy = "cast the column to text, or to float to accept the loss"
    refuse_where(_lost(array, doubles), name, "holds more digits than a DOUBLE keeps", remedy, array)
    return doubles


def _lost(decimals: pa.Array, doubles: pa.Array) -> Flags:
    """Tell which decimals are not what their double reads as, in the fewest digits that say it."""
    shortest = doubles.cast(pa.large_string())
    # A double has up to 17 digits, of which none may be cut where they are behind the decimals' last one.
    for scale in (decimals.type.scale + 17, decimals.type.scale):
        wide = pa.decimal256(76, min(scale, 76))
        try:
            equal = pc.equal(shortest.cast(wide), decimals.cast(wide))
        except pa.ArrowInvalid:
            continue  # too large to have so many digits behind the point
        return pc.invert(equal.fill_null(fill_value=True)).to_numpy(zero_copy_only=False)
    return np.ones(len(decimals), np.bool_)


def _text(name: str, array: pa.Array) -> pa.Array:
    array = _valid_text(name, array.cast(pa.large_string()))
    _check_length(name, array)
    lengths = pc.binary_length(array)
    if pc.min(lengths).as_py() == 0:
        return pc.if_else(pc.equal(lengths, 0), pa.scalar(None, array.type), array)
    return array


def _check_length(name: str, texts: pa.Array, indices: pa.Array | None = None) -> None:
    """Refuse texts that are too long; with indices, the texts are a dictionary's."""
    too_long = pc.greater(pc.binary_length(texts), MAX_VALUE_BYTES).fill_null(fill_value=False)
    if not pc.any(too_long).as_py():
        return
    if indices is not None:
        too_long, texts = too_long.take(indices).fill_null(fill_value=False), texts.take(indices)
    remedy = f"a text value may have {MAX_VALUE_BYTES} bytes; cut or split it"
    flags = too_long.to_numpy(zero_copy_only=False)
    refuse_where(flags, name, f"is longer than {MAX_VALUE_BYTES} bytes", remedy, texts)


def _valid_text(name: str, texts: pa.Array) -> pa.Array:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        refuse(f"column {name!r} holds text that is not UTF-8 ({error})", "decode it before it is written")
    return texts


def _times(name: str, array: pa.Array, unit: TimeUnit | None, naive: str) -> pa.Array:
    type_ = array.type
    if types.is_date(type_):
        array = array.cast(pa.timestamp("s" if types.is_date32(type_) else "ms"))
    elif types.is_integer(type_):
        if unit is None:
            refuse(f"column {name!r} is {type_}", f"say what it counts, for example time=({name!r}, 'ms')")
        array = _bigint(name, array).cast(pa.timestamp(unit))
    elif not types.is_timestamp(type_):
        refuse(
            f"the time column {name!r} is {type_}",
            "parse it to a datetime first, with pandas.to_datetime(..., utc=True) or Polars' str.to_datetime",
        )
    elif unit is not None and unit != type_.unit:
        refuse(f"column {name!r} is {type_}, and {unit!r} was said to be its unit", "leave the unit out")
    counted = array.view(pa.int64())
    if types.is_timestamp(type_) and type_.tz is None and naive != "utc":
        counted = _localized(name, array, naive)
    scale = NANOSECONDS[array.type.unit]
    outside = pc.or_(pc.less(counted, 0), pc.greater(counted, MAX_TIME // scale)).fill_null(fill_value=False)
    refuse_where(
        outside.to_numpy(zero_copy_only=False),
        name,
        "is outside 1970-01-01 to 2262-04-11, the times that the service takes,",
        "correct or drop these rows; a wrong unit is the usual cause",
        array if type_.equals(array.type) else counted,
    )
    return pc.multiply(counted, scale).view(pa.timestamp("ns"))


def _localized(name: str, array: pa.Array, naive: str) -> pa.Array:
    if naive == "error":
        refuse(
            f"column {name!r} has no time zone and naive='error' was said",
            "localize it, or say the zone its times are in, for example naive='Europe/Berlin'",
        )
    remedy = "localize the column where clocks changed"
    found, *others = (
        pc.assume_timezone(array, naive, ambiguous=ambiguous, nonexistent=nonexistent).view(pa.int64())
        for ambiguous, nonexistent in (("earliest", "earliest"), ("latest", "earliest"), ("earliest", "latest"))
    )
    for other, problem in zip(others, ("ambiguous", "nonexistent"), strict=True):
        differs = pc.not_equal(found, other).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
        refuse_where(differs, name, f"holds times that are {problem} in the zone {naive!r}", remedy, array)
    return found


def _becomes_text(type_: pa.DataType) -> bool:
    return kinds.is_text(type_) or types.is_integer(type_) or types.is_boolean(type_) or types.is_date(type_)


_MEASURES: Final[tuple[tuple[Callable[[pa.DataType], bool], ScalarType, Callable[[str, pa.Array], pa.Array]], ...]] = (
    (types.is_floating, ScalarType.DOUBLE, _double),
    (types.is_integer, ScalarType.BIGINT, _bigint),
    (types.is_decimal, ScalarType.DOUBLE, _decimal),
    (types.is_boolean, ScalarType.BOOLEAN, _boolean),
    (kinds.is_text, ScalarType.VARCHAR, _text),
    (types.is_null, ScalarType.DOUBLE, _nothing),
)
"""For each kind of Arrow type but times, Timestream's type and how its values are made."""
