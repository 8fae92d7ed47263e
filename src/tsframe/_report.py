"""``WriteReport``: what became of every row of a frame, in the caller's rows and the caller's library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.records import Reason
from tsframe._model.sending import NO_TRAFFIC
from tsframe._parts import ranges
from tsframe._showing import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tsframe._model.columns import Columns
    from tsframe._model.units import WriteUnits
    from tsframe._parts import Part
    from tsframe.typing import Frame

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
    Reason.OTHER: "see report.rejected for the rows",
}


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
    """Rows of which no good answer came: stored or not. Writing them again does no harm."""
    resumed_rows: int
    """Of all these, rows that were not sent, as an earlier call with the same ``checkpoint`` had settled them."""
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
    pack: str
    """How records were packed into requests: ``"series"``, ``"order"``; nothing for the embedded engine."""
    requests: int
    """WriteRecords requests that were answered, or are in doubt; none to the embedded engine."""
    retries: int
    """Attempts beyond each request's first."""
    bytes: int
    """Bytes handed over: of request bodies, each once, or of Arrow columns to the embedded engine."""
    write_units: WriteUnits
    """Metered write units of 1 KiB, as a range; none by the embedded engine."""
    seconds: float
    """From the call to the answer."""
    _parts: tuple[Part, ...] = field(repr=False, compare=False)

    @property
    def rejected(self) -> Frame:
        """The rejected rows in the caller's library, with ``row``, ``reason``, ``code`` and ``existing_version``.

        ``row`` counts from 0. A new column is named ``rejected_row`` and so on where the frame has one of its name.
        A row of which several records were rejected appears once for each.
        """
        return _together([part.details.rejected() for part in self._parts])

    @property
    def skipped(self) -> Frame:
        """The rows that made no record, in the caller's library, with ``row`` and ``reason``."""
        return _together([part.details.skipped() for part in self._parts])

    def rejected_later(self) -> Frame:
        """Return, like ``rejected``, the late rows that the magnetic store took and then gave up for a stored version.

        They count as ingested, as the service accepts them before it compares versions and tells only in its error
        reports. The embedded engine knows at once.
        """
        return _together([part.details.rejected_later() for part in self._parts])

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        names = (name for name in self.__slots__ if name not in {"columns", "write_units", "_parts"})
        return {name: getattr(self, name) for name in names} | {
            "columns": self.columns.to_dict(),
            "write_units": self.write_units._asdict(),
            "rejected_later": self._rejected_later,
        }

    def __bool__(self) -> bool:
        return self.ingested == self.rows

    def __repr__(self) -> str:
        return as_text(self._lines())

    def _repr_html_(self) -> str:
        return as_html(self._lines(), "report")

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
            ("seconds", f"{self.seconds:.3f}"),
        ]
        if self.requests:
            lines[-1:-1] = [
                ("requests", f"{self.requests:,} by {self.pack}, {self.retries:,} retries, {self.bytes:,} bytes"),
                ("write units", str(self.write_units)),
            ]
        if self.resumed_rows:
            lines.insert(5, ("resumed", f"{self.resumed_rows:,} of these rows were settled by an earlier call"))
        if self._rejected_later:
            lines.append(
                ("lost later", f"{self._rejected_later:,} late records to a stored version: see rejected_later()")
            )
        return [*lines, ("roles", str(self.columns))]

    @property
    def _rejected_later(self) -> int:
        return sum(len(part.result.rejected_later) for part in self._parts)

    def _first_reason(self) -> str:
        found = (part.result.rejected["reason"][0].as_py() for part in self._parts if len(part.result.rejected))
        first = next(found, None)
        return f", the first: {first}" if first else ""

    def _skip_reasons(self) -> str:
        if not self.skipped_rows:
            return ""
        reasons = pc.value_counts(pa.table(self.skipped)["reason"]).to_pylist()
        return f" ({'; '.join('{counts:,}: {values}'.format(**reason) for reason in reasons)})"


def make_report(name: str, parts: Sequence[Part], seconds: float) -> WriteReport:
    """Account for every row of a frame that was handed over in one or more parts."""
    rejected, in_doubt, unsent = (
        np.concatenate([getattr(part, fate) for part in parts]) for fate in ("rejected", "in_doubt", "unsent")
    )
    rows, skipped = sum(part.rows for part in parts), sum(part.skipped_rows for part in parts)
    left_out: dict[str, int] = {}
    traffic = NO_TRAFFIC
    for part in parts:
        traffic = traffic.plus(part.result.traffic)
        for column, count in part.left_out.items():
            left_out[column] = left_out.get(column, 0) + count
    return WriteReport(
        table=name,
        columns=parts[0].columns,
        rows=rows,
        ingested=rows - len(rejected) - len(in_doubt) - len(unsent) - skipped,
        rejected_rows=len(rejected),
        skipped_rows=skipped,
        unsent_rows=len(unsent),
        in_doubt_rows=len(in_doubt),
        unsent=ranges(unsent),
        in_doubt=ranges(in_doubt),
        resumed_rows=sum(len(part.resumed) for part in parts),
        records=sum(part.records for part in parts),
        memory_store=sum(part.result.memory_store for part in parts),
        magnetic_store=sum(part.result.magnetic_store for part in parts),
        left_out=left_out,
        pack=", ".join(dict.fromkeys(part.result.pack for part in parts if part.result.pack)),
        requests=traffic.requests,
        retries=traffic.retries,
        bytes=traffic.bytes if traffic.requests else sum(part.bytes for part in parts),
        write_units=traffic.units,
        seconds=seconds,
        _parts=tuple(parts),
    )


def describe_rejections(report: WriteReport, rejections: pa.Table) -> str:
    """Tell how many rows were rejected, the first of some rejections (with ``row``), why, and what to do."""
    first, code = rejections.slice(0, 1).to_pylist()[0], Reason(rejections["code"][0].as_py())
    advice = _ADVICE[code].format(above=(first["existing_version"] or 0) + 1)
    lost = len(report.rejected_later())
    stored = f"{report.ingested:,} are stored" if not lost else f"{report.ingested:,} were taken, {lost:,} lost later"
    return (
        f"{report.rejected_rows:,} of {report.rows:,} rows were rejected ({stored}); the first, "
        f"row {first['row']}: {first['reason'].rstrip('.')}. {advice[0].upper()}{advice[1:]}"
    )


def rejections_of(parts: Sequence[Part]) -> pa.Table:
    """Return the rejected records of all parts, as ``REJECTIONS``, with the first ``row`` of each."""
    return pa.concat_tables(
        [part.result.rejected.append_column("row", [pa.array(part.first_rejected)]) for part in parts]
    )


def _together(frames: list[Frame]) -> Frame:
    """Return the rows of all parts; only a stream has several, and its rows are in Arrow."""
    # A part that was never made into records has no rows to show, and not the columns either.
    found = [frame for frame in frames if len(frame)] or frames[:1]
    return found[0] if len(found) == 1 else pa.concat_tables(map(pa.table, found))
