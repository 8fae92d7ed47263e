"""What became of the rows of one part of a frame: of the whole frame, or of some rows of a stream.

A service speaks of records, a caller of rows. A row may make several records, and several rows may make one; a row is
rejected if any of its records was, else in doubt, else unsent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from tsframe._frames.batches import Skipped
from tsframe._frames.libraries import rows_of, with_columns
from tsframe._model.records import WriteResult, no_records, no_rejections

if TYPE_CHECKING:
    from tsframe._frames.batches import Prepared
    from tsframe._frames.streams import Rows
    from tsframe._model.columns import Columns
    from tsframe._model.records import RecordBatch
    from tsframe.typing import Frame, Integers


class Details(Protocol):
    """The rows that a report can show."""

    def rejected(self) -> Frame:
        """Return the rejected rows with their reasons."""
        ...

    def rejected_later(self) -> Frame:
        """Return the rows that were accepted, and lost to a stored version afterwards."""
        ...

    def skipped(self) -> Frame:
        """Return the rows that made no record, with their reasons."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a frame, one after the other, with their fate. Rows are counted from the frame's first."""

    first: int
    """The frame's row that is this part's first."""
    rows: int
    columns: Columns
    left_out: dict[str, int]
    skipped_rows: int
    result: WriteResult
    records: int
    rejected: Integers
    in_doubt: Integers
    unsent: Integers
    resumed: Integers
    first_rejected: Integers
    """The first row of each rejected record, in the order of ``result.rejected``."""
    details: Details
    bytes: int


def make_part(rows: Rows, columns: Columns, prepared: Prepared, result: WriteResult) -> Part:
    """Bring a result of records back to the rows of the frame that they came from."""
    batch = prepared.batch
    rejected = batch.rows_of(np.unique(result.rejected["record"].to_numpy()))
    in_doubt = np.setdiff1d(batch.rows_of(result.in_doubt), rejected)
    unsent = np.setdiff1d(np.setdiff1d(batch.rows_of(result.unsent), rejected), in_doubt)
    return Part(
        first=rows.first,
        rows=len(rows.table),
        columns=columns,
        left_out=prepared.left_out,
        skipped_rows=len(prepared.skipped),
        result=result,
        records=len(batch),
        rejected=rejected + rows.first,
        in_doubt=in_doubt + rows.first,
        unsent=unsent + rows.first,
        resumed=batch.rows_of(result.resumed) + rows.first,
        first_rejected=_first_rows(batch, result.rejected["record"].to_numpy()) + rows.first,
        details=OfFrame(rows, batch, result, prepared.skipped),
        bytes=rows.table.nbytes,
    )


def unsent_part(rows: Rows, columns: Columns) -> Part:
    """Account for rows of a stream that were read and could not be sent; ``columns`` are those of the first part."""
    return _part_without_records(rows, columns, Skipped(), np.arange(rows.first, rows.first + len(rows.table)))


def skipped_part(rows: Rows, columns: Columns, reason: str) -> Part:
    """Account for rows of a stream none of which makes a record."""
    return _part_without_records(rows, columns, Skipped({reason: np.arange(len(rows.table))}), no_records())


def _part_without_records(rows: Rows, columns: Columns, skipped: Skipped, unsent: Integers) -> Part:
    none = no_records()
    nothing = rows.table.slice(0, 0)
    return Part(
        first=rows.first,
        rows=len(rows.table),
        columns=columns,
        left_out={},
        skipped_rows=len(skipped),
        result=WriteResult(0, 0, no_rejections(), no_rejections()),
        records=0,
        rejected=none,
        in_doubt=none,
        unsent=unsent,
        resumed=none,
        first_rejected=none,
        details=OfStream(nothing, nothing, pa.table(_skipped(rows, skipped))),
        bytes=0,
    )


def ranges(rows: Integers) -> tuple[tuple[int, int], ...]:
    """Return ascending rows as ranges, first and last."""
    if not len(rows):
        return ()
    breaks = np.flatnonzero(np.diff(rows) != 1)
    firsts, lasts = rows[np.append(0, breaks + 1)], rows[np.append(breaks, len(rows) - 1)]
    return tuple(zip(firsts.tolist(), lasts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class OfFrame:
    """Rows looked up in the frame when somebody asks for them."""

    rows: Rows
    batch: RecordBatch
    result: WriteResult
    reasons: Skipped

    def rejected(self) -> Frame:
        """Return the rejected rows with their reasons."""
        return self._with_reasons(self.result.rejected)

    def rejected_later(self) -> Frame:
        """Return the rows that were accepted, and lost to a stored version afterwards."""
        return self._with_reasons(self.result.rejected_later)

    def skipped(self) -> Frame:
        """Return the rows that made no record, with their reasons."""
        return _skipped(self.rows, self.reasons)

    def _with_reasons(self, rejections: pa.Table) -> Frame:
        rows, which = _rows_of_each(self.batch, rejections["record"].to_numpy())
        order = np.lexsort((which, rows))
        details = rejections.take(pa.array(which[order]))
        named = {name: details[name].combine_chunks() for name in ("reason", "code", "existing_version")}
        return _with(self.rows, rows[order], named)


@dataclass(frozen=True, slots=True)
class OfStream:
    """Rows kept aside when a part of a stream was settled, as a stream cannot be asked again."""

    rejected_rows: pa.Table
    rejected_later_rows: pa.Table
    skipped_rows: pa.Table

    @classmethod
    def keep(cls, details: Details) -> OfStream:
        """Look the rows of a part up now; a stream's are rows of Arrow."""
        return cls(*map(pa.table, (details.rejected(), details.rejected_later(), details.skipped())))

    def rejected(self) -> Frame:
        """Return the rejected rows with their reasons."""
        return self.rejected_rows

    def rejected_later(self) -> Frame:
        """Return the rows that were accepted, and lost to a stored version afterwards."""
        return self.rejected_later_rows

    def skipped(self) -> Frame:
        """Return the rows that made no record, with their reasons."""
        return self.skipped_rows


def _skipped(source: Rows, skipped: Skipped) -> Frame:
    reasons = skipped.rows
    rows = np.concatenate([np.zeros(0, np.int64), *reasons.values()])
    order = np.argsort(rows, kind="stable")
    texts = np.repeat(np.array([*reasons, ""], object), [*(len(found) for found in reasons.values()), 0])
    return _with(source, rows[order], {"reason": pa.array(texts[order], pa.string())})


def _with(source: Rows, rows: Integers, details: dict[str, pa.Array]) -> Frame:
    """Return some rows of a frame with their numbers and more columns."""
    columns = {"row": pa.array(rows + source.first, pa.int64())} | details
    taken = source.table.column_names
    named = {f"rejected_{name}" if name in taken else name: column for name, column in columns.items()}
    return with_columns(rows_of(source.frame, source.table, rows), named)


def _rows_of_each(batch: RecordBatch, records: Integers) -> tuple[Integers, Integers]:
    """Return the rows behind each of some records, and for each row the place of its record among them."""
    origin = batch.origin
    if origin is None:
        return records, np.arange(len(records))
    at = np.searchsorted(origin.records, records, side="left")
    counts = np.searchsorted(origin.records, records, side="right") - at
    which = np.repeat(np.arange(len(records)), counts)
    offsets = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return origin.rows[np.repeat(at, counts) + offsets], which


def _first_rows(batch: RecordBatch, records: Integers) -> Integers:
    rows, which = _rows_of_each(batch, records)
    return rows[np.searchsorted(which, np.arange(len(records)), side="left")]
