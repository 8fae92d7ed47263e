"""From a frame to records that are ready for a table: roles, records, checks. Writing and planning both begin so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tsframe._frames import preflight, values
from tsframe._frames.batches import Rules, make_batch
from tsframe._frames.columns import Said, choose_columns
from tsframe._frames.memory import recall
from tsframe._model.names import split_table
from tsframe._model.tables import Retention, TableColumns
from tsframe._model.window import window
from tsframe.errors import InvalidFrameError, ResourceNotFoundError

if TYPE_CHECKING:
    import os
    from decimal import Decimal

    import pyarrow as pa

    from tsframe._frames.batches import Prepared
    from tsframe._model.columns import Columns
    from tsframe._model.records import RecordBatch
    from tsframe._model.tables import Role
    from tsframe._service import Service
    from tsframe.typing import Concurrency, IntoFrame, IntoProgress, Pack, RejectedRule


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that a caller of ``write`` may ask for."""

    said: Said = field(default_factory=Said)
    rules: Rules = field(default_factory=Rules)
    create: bool = False
    on_rejected: RejectedRule = "raise"
    pack: Pack = "auto"
    concurrency: Concurrency = "auto"
    progress: IntoProgress = None
    checkpoint: str | os.PathLike[str] | None = None
    dead_letter: str | os.PathLike[str] | None = None
    max_cost: float | Decimal | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A table, and what was known of it before the first row."""

    service: Service
    database: str
    table: str
    known: TableColumns

    @property
    def name(self) -> str:
        """Database and table."""
        return f"{self.database}.{self.table}"


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows of a frame as records that passed every check."""

    columns: Columns
    prepared: Prepared

    @property
    def batch(self) -> RecordBatch:
        """The records."""
        return self.prepared.batch


def look_up(service: Service, table: str | tuple[str, str], *, create: bool) -> Target:
    """Find out what is known of a table; it may be missing if it is to be made."""
    database, name = split_table(table)
    try:
        return Target(service, database, name, service.describe_columns(database, name))
    except ResourceNotFoundError as error:
        if not create:
            message = f"{error} Make it with create_table({f'{database}.{name}'!r}), or write with create=True."
            raise ResourceNotFoundError(message, request_id=error.request_id) from None
        return Target(service, database, name, TableColumns())


def prepare(frame: IntoFrame, rows: pa.Table, target: Target, wishes: Wishes) -> Ready:
    """Make records of rows; raise ``InvalidFrameError`` for what the service would not take."""
    columns = choose(frame, rows, target, wishes)
    prepared = make_batch(rows, columns, wishes.rules, target.table)
    preflight.check_request(prepared.batch)
    if wishes.on_rejected != "return":
        check_records(prepared.batch, target, columns.time)
    return Ready(columns, prepared)


def choose(frame: IntoFrame, rows: pa.Table, target: Target, wishes: Wishes) -> Columns:
    """Give the columns their roles."""
    # Every table has a time and a measure name; only what was written to it says something about a frame's columns.
    hints: dict[str, Role] = {
        column.name: column.role for column in target.known.columns if column.role in {"dimension", "measure"}
    }
    return choose_columns(frame, rows.schema, wishes.said, hints | recall(frame), target.table)


def check_records(batch: RecordBatch, target: Target, time_column: str) -> None:
    """Check what the service would reject record by record."""
    service, table = target.service, (target.database, target.table)
    preflight.check_records(batch)
    preflight.check_columns(batch, target.known, target.name)
    try:
        preflight.check_partition_key(batch, service.describe_table(*table))
        times = service.ingestion_window(*table)
    except ResourceNotFoundError:
        # Still to be made, so that it takes late records if there are any.
        preflight.check_unit(batch, time_column)
        times = window(Retention(), magnetic_writes=True, now=service.now())
    preflight.check_window(batch, times, target.name, time_column)


def check_wishes(wishes: Wishes) -> None:
    """Check the words that have a few choices."""
    choices = (
        ("on_rejected", wishes.on_rejected, ("raise", "return", "ignore-stale")),
        ("layout", wishes.rules.layout, ("auto", "wide", "long", "packed")),
        ("nulls", wishes.rules.nulls, ("omit", "error")),
        ("duplicates", wishes.rules.duplicates, ("error", "last", "first", "version")),
        ("pack", wishes.pack, ("auto", "order")),
    )
    for option, value, allowed in choices:
        if value not in allowed:
            message = f"{option}={value!r} is none of {', '.join(repr(one) for one in allowed)}"
            raise InvalidFrameError(message)
    values.check_zone(wishes.rules.naive)
    whole = isinstance(wishes.concurrency, int) and not isinstance(wishes.concurrency, bool)
    if wishes.concurrency != "auto" and not (whole and wishes.concurrency >= 1):
        message = f"concurrency={wishes.concurrency!r} is neither 'auto' nor a number of requests at once, from 1 on"
        raise InvalidFrameError(message)
