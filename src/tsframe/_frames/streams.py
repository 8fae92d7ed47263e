"""A frame as parts that are written one after the other: whole, or, if it is a stream, some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tsframe._frames.libraries import is_stream, to_arrow, to_reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe.typing import IntoFrame

_PART_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a frame, one after the other: in the caller's library and in Arrow."""

    frame: IntoFrame
    table: pa.Table
    first: int = 0
    """The frame's row that is the first of these."""
    of_stream: bool = False
    """Whether they cannot be asked for again."""


def parts_of(frame: IntoFrame, part_rows: int | None) -> Iterator[Rows]:
    """Yield the rows of a frame: a stream in parts of so many rows or somewhat more, anything else whole.

    ``None`` takes a stream whole, too. A stream without rows is one part without rows.
    """
    if part_rows is None or not is_stream(frame):
        yield Rows(frame, to_arrow(frame))
        return
    first = 0
    for table in _tables(to_reader(frame), part_rows):
        yield Rows(table, table, first, of_stream=True)
        first += len(table)


def _tables(reader: pa.RecordBatchReader, part_rows: int) -> Iterator[pa.Table]:
    """Collect batches until they have the rows, or the bytes, of a part; cut what has far more."""
    found: list[pa.RecordBatch] = []
    empty = True
    for batch in reader:
        for start in range(0, len(batch), part_rows):
            found.append(batch.slice(start, part_rows))
            if sum(map(len, found)) >= part_rows or sum(one.nbytes for one in found) >= _PART_BYTES:
                yield pa.Table.from_batches(found)
                found, empty = [], False
    if found or empty:
        yield pa.Table.from_batches(found, schema=reader.schema)
