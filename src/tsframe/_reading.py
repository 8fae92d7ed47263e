"""Reading a table and describing it: frames with exact types, which remember their roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tsframe._frames.libraries import from_arrow, names_of
from tsframe._frames.memory import remember
from tsframe._model.columns import roles_from_metadata
from tsframe._model.names import split_table
from tsframe._model.tables import Selection, Table
from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from tsframe._model.tables import Column
    from tsframe._service import Service
    from tsframe.typing import Backend, Frame, Moment, ReadOptions

_DESCRIPTION = pa.schema([("column", pa.string()), ("type", pa.string()), ("role", pa.string())])


@dataclass(frozen=True, slots=True)
class TableDescription:
    """What a table is and what it holds."""

    table: Table
    columns: Frame
    """One row a column: ``column``, ``type``, ``role``."""
    rows: int
    series: int
    """Distinct sets of dimensions."""
    memory_store: int
    """Rows in the memory store."""
    magnetic_store: int
    """Rows in the magnetic store."""
    first_time: datetime | None
    """The earliest time in UTC, cut to microseconds; ``None`` in an empty table."""
    last_time: datetime | None
    """The latest time in UTC, cut to microseconds; ``None`` in an empty table."""

    def __repr__(self) -> str:
        lines = "\n".join(f"{name:<13}{value}" for name, value in self._lines())
        return f"{lines}\n{self.columns}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self._lines()
        )
        columns = getattr(self.columns, "_repr_html_", None)
        shown = columns() if columns else f"<pre>{escape(str(self.columns))}</pre>"
        return f'<table class="tsframe-description"><tbody>{rows}</tbody></table>{shown}'

    def _lines(self) -> list[tuple[str, str]]:
        retention = self.table.retention
        late = "go to the magnetic store" if self.table.magnetic_writes else "are rejected"
        return [
            ("table", f"{self.table.database}.{self.table.name}"),
            ("rows", f"{self.rows:,}: {self.memory_store:,} memory store, {self.magnetic_store:,} magnetic store"),
            ("series", f"{self.series:,}"),
            ("times", f"{self.first_time} to {self.last_time}" if self.first_time else "none"),
            ("retention", f"{retention.memory_store_hours:,} hours, then {retention.magnetic_store_days:,} days"),
            ("late records", late),
        ]


def read(service: Service, table: str | tuple[str, str], part: ReadOptions, backend: Backend | None) -> Frame:
    """Read a part of a table as a frame; see ``tsframe.read``."""
    reader = read_batches(service, table, part)
    frame = from_arrow(reader.read_all().replace_schema_metadata(None), backend)
    return remember(frame, roles_from_metadata(reader.schema.metadata))


def read_batches(service: Service, table: str | tuple[str, str], part: ReadOptions) -> pa.RecordBatchReader:
    """Stream a part of a table; see ``tsframe.read_batches``."""
    start, end, columns = part.get("start"), part.get("end"), part.get("columns")
    selection = Selection(
        columns=None if columns is None else names_of(None, columns),
        start=None if start is None else nanoseconds("start", start),
        end=None if end is None else nanoseconds("end", end),
        where={name: names_of(None, values) for name, values in (part.get("where") or {}).items()},
    )
    return service.read_records(*split_table(table), selection)


def describe(service: Service, table: str | tuple[str, str], backend: Backend | None) -> TableDescription:
    """Describe a table; see ``tsframe.describe``."""
    database, name = split_table(table)
    found = service.describe_table(database, name)
    columns = service.describe_columns(database, name).columns
    contents = service.describe_contents(database, name)
    return TableDescription(
        table=found,
        columns=_columns_frame(columns, backend),
        rows=contents.rows,
        series=contents.series,
        memory_store=contents.memory_store,
        magnetic_store=contents.magnetic_store,
        first_time=_datetime(contents.first_time),
        last_time=_datetime(contents.last_time),
    )


def nanoseconds(what: str, moment: Moment) -> int:
    """Return a moment as nanoseconds since 1970 UTC; one without a zone is UTC.

    Text is ISO 8601. Time stamps of pandas and NumPy keep their nanoseconds.
    """
    value: Any = moment
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            message = f"{what}={moment!r} is no time: write ISO 8601, for example '2026-01-31T12:00:00Z'"
            raise InvalidFrameError(message) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if type(value).__module__.startswith("numpy"):
        numpy_value: Any = value
        return int(numpy_value.astype("datetime64[ns]").astype("int64"))
    if not isinstance(value, datetime):
        message = f"{what}={moment!r} is no time: give a datetime, a date or ISO 8601 text"
        raise InvalidFrameError(message)
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    passed = aware - datetime(1970, 1, 1, tzinfo=UTC)
    # A pandas Timestamp is a datetime with nanoseconds, and so is the difference.
    whole = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return whole * 1_000 + int(getattr(passed, "nanoseconds", 0))


def _columns_frame(columns: tuple[Column, ...], backend: Backend | None) -> Frame:
    rows = [{"column": column.name, "type": str(column.type), "role": column.role} for column in columns]
    return from_arrow(pa.Table.from_pylist(rows, schema=_DESCRIPTION), backend)


def _datetime(nanoseconds_: int | None) -> datetime | None:
    if nanoseconds_ is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds_ // 1000)
