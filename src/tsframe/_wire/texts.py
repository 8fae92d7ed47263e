"""Columns of JSON text: values as the service reads them, escaped where they must be, and joined row by row."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.types import ScalarType
from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tsframe.typing import Flags, Integers

TEXT: Final = pa.large_string()

_ESCAPES: Final = {ord(char): json.dumps(char)[1:-1].encode() for char in ['"', "\\", *map(chr, range(0x20))]}
"""What stands for a byte that a JSON string cannot have. UTF-8 has these bytes for these characters alone."""
_LONGER: Final = np.array([len(_ESCAPES.get(byte, b"-")) - 1 for byte in range(256)])
"""By how many bytes each byte's escape is longer."""

_SAMPLE: Final = 1_000
_WORTH_CODES: Final = 8
"""Doubles that occur so often, on average, share a text; whether they may is guessed from the first ones."""


class Pieces:
    """Pieces of text, constant or one for each row, that become one text column. A null piece is no text."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._pieces: list[str | pa.Array] = []

    def add(self, *pieces: str | pa.Array) -> None:
        """Append pieces; constants that meet become one."""
        for piece in pieces:
            if isinstance(piece, str) and self._pieces and isinstance(self._pieces[-1], str):
                self._pieces[-1] += piece
            else:
                self._pieces.append(piece)

    def add_where(self, flags: Flags, *pieces: str | pa.Array) -> None:
        """Append pieces to the rows with a flag."""
        if flags.all():
            self.add(*pieces)
        elif flags.any():
            self.add(_where(flags, _join(*pieces)))

    def add_around(self, before: str, texts: pa.Array, after: str) -> None:
        """Append texts between constants; a row whose text is null gets none of them."""
        if texts.null_count or isinstance(texts, pa.DictionaryArray):
            self.add(around(before, texts, after))
        else:
            self.add(before, texts, after)

    def add_list(self, before: str, items: Sequence[tuple[str, pa.Array, str]], after: str) -> None:
        """Append a list with commas between the items that a row has, each between constants; none without items."""
        complete = next((place for place, (_, texts, _) in enumerate(items) if not texts.null_count), None)
        if complete is not None:
            self.add(before)
            # One item is in every row. Those before it bring the comma behind them, those after it the one before.
            for place, (start, texts, end) in enumerate(items):
                self.add_around("," * (place > complete) + start, texts, end + "," * (place < complete))
            self.add(after)
        elif items:
            listed, flags = _listed([around(*item) for item in items])
            self.add_where(flags, before, listed, after)

    def joined(self) -> pa.Array:
        """Return the text of every row."""
        if not any(isinstance(piece, pa.Array) for piece in self._pieces):
            self.add(pa.repeat(_scalar(""), self._length))
        return _join(*self._pieces, null_handling="replace")


def _listed(texts: list[pa.Array]) -> tuple[pa.Array, Flags]:
    """Join the texts that a row has by commas; tell which rows have any."""
    flags = np.logical_or.reduce([column.is_valid().to_numpy(zero_copy_only=False) for column in texts])
    # A row without any gets an empty one: the join would leave out the row itself (pyarrow 26; narwhals issue 3965).
    first = texts[0] if flags.all() else pc.if_else(pa.array(flags), texts[0], _scalar(""))
    return pc.binary_join_element_wise(first, *texts[1:], _scalar(","), null_handling="skip"), flags


def around(before: str, texts: pa.Array, after: str) -> pa.Array:
    """Put constants around texts; null stays null."""
    if isinstance(texts, pa.DictionaryArray):
        return _join(before, texts.dictionary, after).take(texts.indices)
    return _join(before, texts, after)


def _join(*pieces: str | pa.Array, null_handling: str = "emit_null") -> pa.Array:
    columns = [pa.scalar(piece, TEXT) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*columns, _scalar(""), null_handling=null_handling, null_replacement="")


@cache
def _scalar(text: str) -> pa.Scalar:
    # Made when it is needed: pyarrow imports pandas at its first conversion, which whoever only imports should not pay.
    return pa.scalar(text, TEXT)


def _where(flags: Flags, texts: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(flags), texts, pa.scalar(None, TEXT))


def written(type_: ScalarType, values: pa.Array, divisors: Integers) -> pa.Array:
    """Return measure values as the service reads them, be it by dictionary codes; times in units of nanoseconds."""
    if type_ is ScalarType.VARCHAR:
        return escaped(values)
    if type_ is ScalarType.DOUBLE:
        return _doubles(values)
    if type_ is ScalarType.TIMESTAMP:
        return pc.divide(values.view(pa.int64()), pa.array(divisors)).cast(TEXT)
    return values.cast(TEXT)


def _doubles(values: pa.Array) -> pa.Array:
    """Return each double's shortest text that is read back as the same double.

    What is measured often has few digits, so that values repeat; then a text is made for each distinct one.
    """
    if _repeats(values[:_SAMPLE].dictionary_encode()):
        distinct = values.dictionary_encode()
        if _repeats(distinct):
            return pa.DictionaryArray.from_arrays(distinct.indices, distinct.dictionary.cast(TEXT))
    return values.cast(TEXT)


def _repeats(values: pa.DictionaryArray) -> bool:
    return len(values.dictionary) * _WORTH_CODES <= len(values)


def escaped(texts: pa.Array) -> pa.Array:
    """Return texts as they stand between the quotes of a JSON string."""
    _, offsets, values = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64, len(texts) + 1, texts.offset * 8)
    data = np.frombuffer(values or b"", np.uint8)[bounds[0] : bounds[-1]]
    found = np.flatnonzero((data < ord(" ")) | (data == ord('"')) | (data == ord("\\")))
    if not len(found):
        return texts
    made = _escape(data, bounds - bounds[0], found)
    return _where(texts.is_valid().to_numpy(zero_copy_only=False), made) if texts.null_count else made


def _escape(data: npt.NDArray[np.uint8], bounds: Integers, found: Integers) -> pa.Array:
    """Return texts with escapes where bytes were found that need them; all in one go, as they lie in one buffer."""
    text = data.tobytes()
    # From the highest byte down, so that the backslash comes first: the other escapes bring new ones.
    for byte in np.unique(data[found])[::-1].tolist():
        text = text.replace(bytes([byte]), _ESCAPES[byte])
    longer = np.append(0, np.cumsum(_LONGER[data[found]]))
    bounds = bounds + longer[np.searchsorted(found, bounds)]
    return pa.LargeStringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(text))


def quoted(name: str) -> str:
    """Return a name as a JSON string."""
    try:
        name.encode()
    except UnicodeEncodeError:
        message = f"the name {name!r} holds a lone surrogate, which no text of Timestream can hold: rename it"
        raise InvalidFrameError(message) from None
    return json.dumps(name, ensure_ascii=False)
