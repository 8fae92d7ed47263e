"""The texts in which WriteRecords spells times and values, to columns; and what it says of a text that is none.

The grammars are strict where the documentation is silent: a BIGINT is an optional minus and digits, a DOUBLE a decimal
or scientific number with a finite value, a BOOLEAN true or false in any case, a time digits alone. What Python would
read beyond that (``1_000``, blanks, ``nan``, digits of other scripts) is told by the bytes of all texts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from tsframe._model.limits import MAX_TIME
from tsframe._model.types import ARROW, NANOSECONDS, ScalarType
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNITS: Final = {
    "SECONDS": NANOSECONDS["s"],
    "MILLISECONDS": NANOSECONDS["ms"],
    "MICROSECONDS": NANOSECONDS["us"],
    "NANOSECONDS": NANOSECONDS["ns"],
}
"""Nanoseconds in each time unit of the wire."""

_DIGITS: Final = b"0123456789"
_INTEGER: Final = _DIGITS + b"-,"
_NUMBER: Final = _DIGITS + b"+-.eE,"
_MOST_DIGITS: Final = 19
_UNREADABLE: Final = (ValueError, KeyError, OverflowError, pa.ArrowInvalid)
_BOOLEANS: Final = {"true": True, "false": False}


def times(texts: Sequence[str | None], units: Sequence[int]) -> pa.Array:
    """Read times in units of so many nanoseconds; they are nanoseconds since 1970 UTC then."""
    try:
        return _timestamps(texts, units)
    except ValueError:
        message = "Invalid time for record."
        raise ValidationError(message) from None


def values(type_: ScalarType, texts: Sequence[str], units: Sequence[int]) -> pa.Array:
    """Read measure values of one type; times are in units of so many nanoseconds."""
    try:
        return _READ[type_](texts, units)
    except _UNREADABLE:
        if len(texts) == 1:
            message = f"Invalid value {texts[0]} for {type_.lower()} measure value type."
            raise ValidationError(message) from None
    # Which one it is, text by text: it raises at the first.
    for text, unit in zip(texts, units, strict=True):
        values(type_, [text], [unit])
    raise AssertionError


def _doubles(texts: Sequence[str], _units: Sequence[int]) -> pa.Array:
    if not _has_only(texts, _NUMBER):
        raise ValueError
    found = np.fromiter(map(float, texts), np.float64, len(texts))
    if not np.isfinite(found).all():
        raise ValueError
    return pa.array(found)


def _integers(texts: Sequence[str], _units: Sequence[int]) -> pa.Array:
    if not _has_only(texts, _INTEGER) or _most_digits(texts) > _MOST_DIGITS:
        raise ValueError
    return pa.array([*map(int, texts)], pa.int64())


def _booleans(texts: Sequence[str], _units: Sequence[int]) -> pa.Array:
    return pa.array([_BOOLEANS[text.lower()] for text in texts], pa.bool_())


def _texts(texts: Sequence[str], _units: Sequence[int]) -> pa.Array:
    return pa.array(texts, ARROW[ScalarType.VARCHAR])


def _timestamps(texts: Sequence[str | None], units: Sequence[int]) -> pa.Array:
    if not _has_only(texts, _DIGITS + b",") or _most_digits(texts) > _MOST_DIGITS:
        raise ValueError
    found = [int(text or "") * unit for text, unit in zip(texts, units, strict=True)]
    if max(found) > MAX_TIME:
        raise ValueError
    return pa.array(found, pa.int64()).view(pa.timestamp("ns"))


_READ: Final[dict[ScalarType, Callable[[Sequence[str], Sequence[int]], pa.Array]]] = {
    ScalarType.DOUBLE: _doubles,
    ScalarType.BIGINT: _integers,
    ScalarType.BOOLEAN: _booleans,
    ScalarType.VARCHAR: _texts,
    ScalarType.TIMESTAMP: _timestamps,
}


def _most_digits(texts: Sequence[str | None]) -> int:
    """Return how many digits the longest of some integers has."""
    longest = len(max(map(str, texts), key=len))
    # Only if the longest could have one digit too many is each looked at.
    return longest if longest != _MOST_DIGITS + 1 else max(len(str(text).removeprefix("-")) for text in texts)


def _has_only(texts: Sequence[str | None], allowed: bytes) -> bool:
    """Tell whether the texts have no other byte than these; the comma that joins them is one of them."""
    if None in texts:
        return False
    return not ",".join(map(str, texts)).encode().translate(None, allowed)


def misread_times(texts: Sequence[str | None], nanoseconds: int) -> list[int]:
    """Return the places of the texts that are no times, in units of so many nanoseconds."""
    return _misread(lambda some: _timestamps(some, [nanoseconds] * len(some)), texts, 0)


def misread_values(type_: ScalarType, texts: Sequence[str], nanoseconds: int) -> list[int]:
    """Return the places of the texts that are no values of a type; times are in units of so many nanoseconds."""
    return _misread(lambda some: _READ[type_](some, [nanoseconds] * len(some)), texts, 0)


def _misread(read: Callable[[Sequence[Any]], object], texts: Sequence[Any], start: int) -> list[int]:
    """Halve the texts until those that cannot be read are alone: few among many are found in a few steps."""
    if not texts:
        return []
    try:
        read(texts)
    except _UNREADABLE:
        if len(texts) == 1:
            return [start]
        half = len(texts) // 2
        return _misread(read, texts[:half], start) + _misread(read, texts[half:], start + half)
    return []
