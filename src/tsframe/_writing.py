"""Writing a frame, step by step: roles, records, checks, the service, the account."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tsframe._frames import preflight
from tsframe._frames.batches import Rules, make_batch
from tsframe._frames.columns import Said, choose_columns
from tsframe._frames.libraries import to_arrow
from tsframe._frames.memory import recall
from tsframe._model.names import split_table
from tsframe._model.tables import Retention, TableChange, TableColumns
from tsframe._model.window import window
from tsframe._report import STALE, describe_rejections, make_report
from tsframe._resources import create_with_database
from tsframe.errors import InvalidFrameError, RejectedRecordsError, ResourceNotFoundError

if TYPE_CHECKING:
    from tsframe._model.records import RecordBatch
    from tsframe._model.tables import Role
    from tsframe._report import WriteReport
    from tsframe._service import Service
    from tsframe.typing import IntoFrame, RejectedRule

_REJECTED_RULES = ("raise", "return", "ignore-stale")


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that a caller of ``write`` may ask for."""

    said: Said = field(default_factory=Said)
    rules: Rules = field(default_factory=Rules)
    create: bool = False
    on_rejected: RejectedRule = "raise"


def write(service: Service, frame: IntoFrame, table: str | tuple[str, str], wishes: Wishes) -> WriteReport:
    """Write a frame to a table; see ``tsframe.write``."""
    started = time.perf_counter()
    _check_wishes(wishes)
    database, name = split_table(table)
    known = _known_columns(service, database, name, create=wishes.create)
    rows = to_arrow(frame)
    # Every table has a time and a measure name; only what was written to it says something about a frame's columns.
    hints: dict[str, Role] = {
        column.name: column.role for column in known.columns if column.role in {"dimension", "measure"}
    }
    hints |= recall(frame)
    columns = choose_columns(frame, rows.schema, wishes.said, hints, name)
    prepared = make_batch(rows, columns, wishes.rules, name)
    preflight.check_request(prepared.batch)
    if wishes.on_rejected != "return":
        _check_records(service, (database, name), prepared.batch, known, columns.time)
    if wishes.create:
        _create(service, database, name, prepared.batch)
    result = service.write_records(database, name, prepared.batch)
    report = make_report(
        frame=frame,
        table=rows,
        name=f"{database}.{name}",
        columns=columns,
        batch=prepared.batch,
        left_out=prepared.left_out,
        skipped=prepared.skipped,
        result=result,
        seconds=time.perf_counter() - started,
    )
    rejected = _that_raise(result.rejected, wishes.on_rejected)
    if len(rejected):
        raise RejectedRecordsError(describe_rejections(report, prepared.batch, rejected), report)
    return report


def _check_wishes(wishes: Wishes) -> None:
    choices = (
        ("on_rejected", wishes.on_rejected, _REJECTED_RULES),
        ("layout", wishes.rules.layout, ("auto", "wide", "long", "packed")),
        ("nulls", wishes.rules.nulls, ("omit", "error")),
        ("duplicates", wishes.rules.duplicates, ("error", "last", "first", "version")),
    )
    for option, value, allowed in choices:
        if value not in allowed:
            message = f"{option}={value!r} is none of {', '.join(repr(one) for one in allowed)}"
            raise InvalidFrameError(message)


def _known_columns(service: Service, database: str, name: str, *, create: bool) -> TableColumns:
    """Return the columns that the table has; none if it is still to be made."""
    try:
        return service.describe_columns(database, name)
    except ResourceNotFoundError as error:
        if not create:
            message = f"{error} Make it with create_table({f'{database}.{name}'!r}), or write with create=True."
            raise ResourceNotFoundError(message, request_id=error.request_id) from None
        return TableColumns()


def _check_records(
    service: Service, table: tuple[str, str], batch: RecordBatch, known: TableColumns, time_column: str
) -> None:
    """Check what the service would reject record by record."""
    preflight.check_records(batch)
    preflight.check_columns(batch, known, ".".join(table))
    try:
        preflight.check_partition_key(batch, service.describe_table(*table))
        times = service.ingestion_window(*table)
    except ResourceNotFoundError:
        # Still to be made, by ``_create``, so that it takes late records if there are any.
        preflight.check_unit(batch, time_column)
        times = window(Retention(), magnetic_writes=True, now=service.now())
    preflight.check_window(batch, times, ".".join(table), time_column)


def _create(service: Service, database: str, name: str, batch: RecordBatch) -> None:
    """Make database and table if they are missing; the table takes late records if the frame has any."""
    memory = window(Retention(), magnetic_writes=False, now=service.now())
    late = bool((batch.times < memory.lower).any())
    create_with_database(service, database, name, TableChange(magnetic_writes=late), {})


def _that_raise(rejected: pa.Table, rule: RejectedRule) -> pa.Table:
    """Return the rejections that are an error under a rule."""
    if rule == "return":
        return rejected.slice(0, 0)
    if rule == "ignore-stale":
        return rejected.filter(pc.invert(pc.is_in(rejected["code"], pa.array(STALE))))
    return rejected
