"""A CSV file as columns of text, some rows at a time, with the line in which each row begins.

Lines count from 1, and the header is the first. A row that cannot be told apart is named with its line and left out; a
row without any value, such as a blank line, is nothing at all.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions, ReadOptions, open_csv

from tsframe._model.batch_loads import CsvFormat
from tsframe._model.limits import MAX_BYTES_OF_ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import IO

    from tsframe.typing import Flags, Integers

_HEADER_BYTES: Final = 2**20
_BLOCK_BYTES: Final = MAX_BYTES_OF_ROW
"""Read at a time; a row has to fit in."""


class FileFault(Exception):  # noqa: N818 - what is wrong with a file, not what went wrong here
    """A file, or the rest of it, cannot be read."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file."""

    columns: dict[str, pa.Array]
    """Text; null where a row has no value."""
    lines: Integers
    broken: tuple[tuple[int, str], ...]
    """Lines of rows that cannot be told apart, and why."""
    end: int
    """The number of the last row that was read; the header is the first."""


@dataclass(slots=True)
class _Rows:
    """Which rows of the file come next, and in which line each begins."""

    seen: int = 1
    """The number of the last row so far; the header is row 1."""
    more_lines: int = 0
    """By how many lines the rows so far are longer than one each."""
    broken: list[InvalidRow] = field(default_factory=list[InvalidRow])
    """Rows that cannot be told apart, some of them further on in the file."""

    def take(self, longer: Integers) -> tuple[Integers, Integers, list[tuple[int, int, str]]]:
        """Take the next whole rows, which are so many lines longer than one, and the broken ones around them.

        Return numbers and lines of the whole ones; number, line and fault of the broken ones.
        """
        numbers = np.arange(self.seen + 1, self.seen + 1 + len(longer) + len(self.broken))
        are_broken = np.isin(numbers, [row.number for row in self.broken])
        next_ones = np.cumsum(~are_broken) <= len(longer)
        numbers, are_broken = numbers[next_ones], are_broken[next_ones]
        count = int(np.count_nonzero(are_broken))
        broken, self.broken = self.broken[:count], self.broken[count:]
        more = np.zeros(len(numbers), np.int64)
        more[~are_broken] = longer
        more[are_broken] = [row.text.count("\n") for row in broken]
        lines = numbers + self.more_lines + np.cumsum(more) - more
        self.seen, self.more_lines = self.seen + len(numbers), self.more_lines + int(more.sum())
        told = zip(numbers[are_broken].tolist(), lines[are_broken].tolist(), map(_fault, broken), strict=True)
        return numbers[~are_broken], lines[~are_broken], [*told]


def chunks(
    opening: Callable[[], AbstractContextManager[IO[bytes]]],
    form: CsvFormat | None,
    columns: Sequence[str],
    *,
    after: int,
) -> Iterator[Chunk]:
    """Yield the rows of a file that come after one of them, in some of its columns; row 1 is the header."""
    said = form or CsvFormat()
    with opening() as stream:
        header = _header(stream, said, columns)
    rows = _Rows()

    def note(row: InvalidRow) -> str:
        rows.broken.append(row)
        return "skip"

    # One thread: rows have numbers only then.
    reading = ReadOptions(use_threads=False, block_size=_BLOCK_BYTES)
    parsing = ParseOptions(
        delimiter=said.separator or ",",
        quote_char=said.quote or '"',
        escape_char=said.escape or False,
        newlines_in_values=True,
        ignore_empty_lines=False,  # they have a number, too
        invalid_row_handler=note,
    )
    converting = ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False)
    with opening() as stream:
        try:
            for batch in open_csv(stream, reading, parsing, converting):
                yield from _chunk(batch, rows, said, columns, after)
        except pa.ArrowInvalid as error:
            message = f"The file cannot be read after row {rows.seen}: {error}"
            raise FileFault(message) from None
    if rows.broken:
        nothing = pa.record_batch([pa.array([], pa.string())] * len(header), names=header)
        yield from _chunk(nothing, rows, said, columns, after)


def _chunk(batch: pa.RecordBatch, rows: _Rows, form: CsvFormat, columns: Sequence[str], after: int) -> Iterator[Chunk]:
    numbers, lines, broken = rows.take(_longer(batch))
    kept = np.flatnonzero(_has_value(batch) & (numbers > after))
    told = tuple((line, fault) for number, line, fault in broken if number > after)
    if rows.seen > after:
        taken = {name: _read(batch[name].take(pa.array(kept)), form) for name in columns}
        yield Chunk(taken, lines[kept], told, rows.seen)


def _header(stream: IO[bytes], form: CsvFormat, columns: Sequence[str]) -> list[str]:
    """Return the names of a file's columns, if those that are needed are among them, once each."""
    start = stream.read(_HEADER_BYTES)
    if start.startswith(codecs.BOM_UTF8):
        # The developer guide, "Preparing a batch load data file": such files are an error.
        message = "The file begins with a byte order mark; save it without one."
        raise FileFault(message)
    text = io.StringIO(start.decode("utf-8", "replace"), newline="")
    quote, escape = form.quote or '"', form.escape
    header = next(csv.reader(text, delimiter=form.separator or ",", quotechar=quote, escapechar=escape), [])
    if not header:
        message = "The file is empty; its first line needs to be a header."
        raise FileFault(message)
    for name in columns:
        if (count := header.count(name)) != 1:
            found = "is not in" if not count else f"is {count} times in"
            message = f"The column {name} {found} the header, which is {header}."
            raise FileFault(message)
    return header


def _longer(batch: pa.RecordBatch) -> Integers:
    """Return by how many lines each row is longer than one: quoted values may have line breaks."""
    total = np.zeros(len(batch), np.int64)
    for column in batch.columns:
        if pc.any(pc.match_substring(column, "\n")).as_py():
            total += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
    return total


def _has_value(batch: pa.RecordBatch) -> Flags:
    found = np.zeros(len(batch), np.bool_)
    for column in batch.columns:
        found |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
    return found


def _read(column: pa.Array, form: CsvFormat) -> pa.Array:
    """Trim texts if that was said, and take those for missing that stand for no value."""
    if form.trim:
        column = pc.utf8_trim_whitespace(column)
    missing = pa.array(["", *([] if form.null is None else [form.null])])
    return pc.if_else(pc.is_in(column, missing), None, column)


def _fault(row: InvalidRow) -> str:
    return f"The row has {row.actual_columns} columns; the header has {row.expected_columns}."
