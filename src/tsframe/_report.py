"""``WriteReport``: what became of every row of a frame, in the caller's rows and the caller's library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tsframe._frames.libraries import rows_of, with_columns
from tsframe._model.records import Reason

if TYPE_CHECKING:
    from tsframe._frames.batches import Skipped
    from tsframe._model.columns import Columns
    from tsframe._model.records import RecordBatch, WriteResult
    from tsframe.typing import Frame, Integers, IntoFrame

STALE = (str(Reason.LOWER_VERSION), str(Reason.SAME_VERSION))
"""The codes of records that are not newer than what is stored."""

_ADVICE = {
    Reason.LOWER_VERSION: "write with version={above} or more to replace them",
    Reason.SAME_VERSION: "write with a higher version to replace them",
    Reason.OUTSIDE_TIME_RANGE: "widen the table's retention or its magnetic-store writes, or drop them",
    Reason.TYPE_CONFLICT: "cast the column to the table's type, or rename it",
    Reason.NAME_CONFLICT: "rename the column",
    Reason.TOO_LARGE: "shorten names or texts",
    Reason.TABLE_LIMIT: "write them to another table",
    Reason.NO_PARTITION_KEY: "give them the dimension",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """What a report is made from, kept until somebody asks for rows."""

    frame: IntoFrame
    table: pa.Table
    batch: RecordBatch
    result: WriteResult
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What became of every row of a frame.

    ``rows == ingested + rejected_rows + unsent_rows + in_doubt_rows + skipped_rows`` always holds; all five count
    rows of the frame. A row that makes several records counts as rejected if any of them was. A report is true if
    every row was ingested.

    Examples
    --------
    >>> report = tsframe.write(df, "iot.sensors", create=True)
    >>> report.rows, report.ingested, bool(report)
    (3, 3, True)
    """

    table: str
    """Database and table."""
    columns: Columns
    """The roles that the frame's columns had."""
    rows: int
    """Rows of the frame."""
    ingested: int
    """Rows that the service took."""
    rejected_rows: int
    """Rows that the service rejected."""
    skipped_rows: int
    """Rows that made no record; ``skipped`` says why."""
    unsent_rows: int
    """Rows that never left."""
    in_doubt_rows: int
    """Rows of which no answer came: stored or not."""
    unsent: tuple[tuple[int, int], ...]
    """The unsent rows as ranges, first and last."""
    in_doubt: tuple[tuple[int, int], ...]
    """The rows in doubt as ranges, first and last."""
    records: int
    """Records made of the rows."""
    memory_store: int
    """Records that the memory store took."""
    magnetic_store: int
    """Records that the magnetic store took."""
    left_out: dict[str, int]
    """For each column, how many values no record carries: null, empty, NaN, infinite, or repeated in a long layout."""
    requests: int
    """WriteRecords requests sent; none to the embedded engine."""
    retries: int
    """Requests sent again."""
    bytes: int
    """Bytes handed over: of request bodies, or of Arrow columns to the embedded engine."""
    write_units: tuple[int, int]
    """Metered write units of 1 KiB, as a range; none by the embedded engine."""
    seconds: float
    """From the call to the answer."""
    _written: _Written = field(repr=False, compare=False)

    @property
    def rejected(self) -> Frame:
        """The rejected rows in the caller's library, with ``row``, ``reason``, ``code`` and ``existing_version``.

        ``row`` counts from 0. A new column is named ``rejected_row`` and so on where the frame has one of its name.
        A row of which several records were rejected appears once for each.
        """
        return self._rows_with_reasons(self._written.result.rejected)

    @property
    def skipped(self) -> Frame:
        """The rows that made no record, in the caller's library, with ``row`` and ``reason``."""
        reasons = self._written.skipped.rows
        rows = np.concatenate([np.zeros(0, np.int64), *reasons.values()])
        order = np.argsort(rows, kind="stable")
        texts = np.repeat(np.array([*reasons, ""], object), [*(len(found) for found in reasons.values()), 0])
        return self._with(rows[order], {"reason": pa.array(texts[order], pa.string())})

    def rejected_later(self) -> Frame:
        """Return, like ``rejected``, the late rows that the magnetic store took and then gave up for a stored version.

        They count as ingested, as the service accepts them before it compares versions and tells only in its error
        reports. The embedded engine knows at once.
        """
        return self._rows_with_reasons(self._written.result.rejected_later)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        names = (name for name in self.__slots__ if name not in {"columns", "_written"})
        return {name: getattr(self, name) for name in names} | {
            "columns": self.columns.to_dict(),
            "rejected_later": len(self._written.result.rejected_later),
        }

    def __bool__(self) -> bool:
        return self.ingested == self.rows

    def __repr__(self) -> str:
        return "\n".join(f"{name:<{_WIDTH}}{value}" for name, value in self._lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left;white-space:pre-wrap">'
            f"{escape(value)}</td></tr>"
            for name, value in self._lines()
        )
        return f'<table class="tsframe-report"><tbody>{rows}</tbody></table>'

    def _lines(self) -> list[tuple[str, str]]:
        """Return what is shown: the figures that say something."""
        lines = [
            ("WriteReport", f"{self.table}, {'every row ingested' if self else 'not every row ingested'}"),
            ("rows", f"{self.rows:,}"),
            ("ingested", f"{self.ingested:,}"),
            ("rejected", f"{self.rejected_rows:,}{self._first_reason()}"),
            ("skipped", f"{self.skipped_rows:,}{self._skip_reasons()}"),
            ("unsent, in doubt", f"{self.unsent_rows:,}, {self.in_doubt_rows:,}"),
            (
                "records",
                f"{self.records:,}: {self.memory_store:,} memory store, {self.magnetic_store:,} magnetic store",
            ),
            ("left out", ", ".join(f"{name} {count:,}" for name, count in self.left_out.items()) or "no values"),
            ("requests, retries", f"{self.requests:,}, {self.retries:,}"),
            ("seconds", f"{self.seconds:.3f}"),
        ]
        later = len(self._written.result.rejected_later)
        if later:
            lines.insert(7, ("lost later", f"{later:,} late records to a stored version: see rejected_later()"))
        return [*lines, ("roles", str(self.columns).replace("\n", "\n" + " " * _WIDTH))]

    def _first_reason(self) -> str:
        rejected = self._written.result.rejected
        return f", the first: {rejected['reason'][0].as_py()}" if len(rejected) else ""

    def _skip_reasons(self) -> str:
        reasons = [f"{len(rows):,}: {reason}" for reason, rows in self._written.skipped.rows.items()]
        return f" ({'; '.join(reasons)})" if reasons else ""

    def _rows_with_reasons(self, rejections: pa.Table) -> Frame:
        records, origin = rejections["record"].to_numpy(), self._written.batch.origin
        if origin is None:
            rows, which = records, np.arange(len(records))
        else:
            at = np.searchsorted(origin.records, records, side="left")
            counts = np.searchsorted(origin.records, records, side="right") - at
            which = np.repeat(np.arange(len(records)), counts)
            offsets = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
            rows = origin.rows[np.repeat(at, counts) + offsets]
        order = np.lexsort((which, rows))
        details = rejections.take(pa.array(which[order]))
        named = {name: details[name].combine_chunks() for name in ("reason", "code", "existing_version")}
        return self._with(rows[order], named)

    def _with(self, rows: Integers, details: dict[str, pa.Array]) -> Frame:
        taken = self._written.table.column_names
        columns = {"row": pa.array(rows, pa.int64())} | details
        named = {f"rejected_{name}" if name in taken else name: column for name, column in columns.items()}
        return with_columns(rows_of(self._written.frame, self._written.table, rows), named)


_WIDTH = 19


def make_report(
    *,
    frame: IntoFrame,
    table: pa.Table,
    name: str,
    columns: Columns,
    batch: RecordBatch,
    left_out: dict[str, int],
    skipped: Skipped,
    result: WriteResult,
    seconds: float,
) -> WriteReport:
    """Account for every row of a frame that was written to an embedded service."""
    rejected = len(batch.rows_of(result.rejected["record"].to_numpy()))
    return WriteReport(
        table=name,
        columns=columns,
        rows=len(table),
        ingested=len(table) - rejected - len(skipped),
        rejected_rows=rejected,
        skipped_rows=len(skipped),
        unsent_rows=0,
        in_doubt_rows=0,
        unsent=(),
        in_doubt=(),
        records=len(batch),
        memory_store=result.memory_store,
        magnetic_store=result.magnetic_store,
        left_out=left_out,
        requests=0,
        retries=0,
        bytes=table.nbytes,
        write_units=(0, 0),
        seconds=seconds,
        _written=_Written(frame, table, batch, result, skipped),
    )


def describe_rejections(report: WriteReport, batch: RecordBatch, rejections: pa.Table) -> str:
    """Tell how many rows were rejected, the first of them, why, and what to do."""
    first, code = rejections.slice(0, 1).to_pylist()[0], Reason(rejections["code"][0].as_py())
    row = int(batch.rows_of(np.array([first["record"]]))[0])
    advice = _ADVICE[code].format(above=(first["existing_version"] or 0) + 1)
    lost = len(report.rejected_later())
    stored = f"{report.ingested:,} are stored" if not lost else f"{report.ingested:,} were taken, {lost:,} lost later"
    return (
        f"{report.rejected_rows:,} of {report.rows:,} rows were rejected ({stored}); the first, "
        f"row {row}: {first['reason'].rstrip('.')}. {advice[0].upper()}{advice[1:]}"
    )
