"""Planning a write, step by step: everything that a write does, but for sending."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tsframe import _prices
from tsframe._frames import preflight
from tsframe._frames.batches import make_batch
from tsframe._frames.libraries import is_stream, to_arrow
from tsframe._model.tables import Retention, TableColumns
from tsframe._model.units import NO_UNITS, WriteUnits
from tsframe._model.window import window
from tsframe._plan import Price, WritePlan
from tsframe._preparing import check_wishes, choose, look_up
from tsframe._wire import packing
from tsframe._wire.records import encode
from tsframe.errors import InvalidFrameError, ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tsframe._frames.batches import Prepared
    from tsframe._model.columns import Columns
    from tsframe._model.records import RecordBatch
    from tsframe._model.window import Window
    from tsframe._preparing import Target, Wishes
    from tsframe._service import Service
    from tsframe.typing import IntoFrame

_FINDINGS: Final = pa.schema(
    [("level", pa.string()), ("column", pa.string()), ("rows", pa.int64()), ("message", pa.string())]
)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What would be sent."""

    pack: str = ""
    requests: int = 0
    bytes: int = 0
    units: WriteUnits = NO_UNITS
    first: str = ""


@dataclass(slots=True)
class _Findings:
    """What was found so far."""

    found: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def tell(self, level: str, message: str, column: str | None = None, rows: int | None = None) -> None:
        self.found.append({"level": level, "column": column, "rows": rows, "message": message})

    def attempt(self, step: Callable[[], object]) -> None:
        """Take a step; an error of the frame is a finding."""
        try:
            step()
        except InvalidFrameError as error:
            self.tell("error", str(error))


def plan(service: Service, frame: IntoFrame, table: str | tuple[str, str], wishes: Wishes) -> WritePlan:
    """Plan a write of a frame to a table; see ``tsframe.plan``."""
    check_wishes(wishes)
    if is_stream(frame):
        message = "a stream can be read once, and a plan would use it up: plan a frame with some of its rows"
        raise InvalidFrameError(message)
    target = look_up(service, table, create=wishes.create)
    rows = to_arrow(frame)
    findings = _Findings()
    columns, prepared = _prepare(frame, rows, target, wishes, findings)
    if prepared is None:
        return _without_records(target, columns, len(rows), service.region, findings)
    times = _window(target)
    _check(prepared, target, times, columns, findings)
    late = _note(prepared, times, findings)
    sent = _send_nothing(prepared.batch, target, wishes)
    return WritePlan(
        table=target.name,
        columns=columns,
        rows=len(rows),
        skipped_rows=len(prepared.skipped),
        records=len(prepared.batch),
        late_records=late,
        left_out=prepared.left_out,
        pack=sent.pack,
        requests=sent.requests,
        bytes=sent.bytes,
        write_units=sent.units,
        price=_price(sent.units, service.region),
        first_request=sent.first,
        _findings=_table(findings),
    )


def _prepare(
    frame: IntoFrame, rows: pa.Table, target: Target, wishes: Wishes, findings: _Findings
) -> tuple[Columns | None, Prepared | None]:
    columns = prepared = None
    try:
        columns = choose(frame, rows, target, wishes)
        prepared = make_batch(rows, columns, wishes.rules, target.table)
        preflight.check_request(prepared.batch)
    except InvalidFrameError as error:
        findings.tell("error", str(error))
    return columns, prepared


def _window(target: Target) -> Window:
    """Return the times that the table takes; one that ``create`` will make takes late records if there are any."""
    try:
        return target.service.ingestion_window(target.database, target.table)
    except ResourceNotFoundError:
        return window(Retention(), magnetic_writes=True, now=target.service.now())


def _check(prepared: Prepared, target: Target, times: Window, columns: Columns | None, findings: _Findings) -> None:
    """Take every check that a write takes, and go on after a fault."""
    batch, service = prepared.batch, target.service
    time_column = columns.time if columns else ""
    findings.attempt(lambda: preflight.check_records(batch))
    findings.attempt(lambda: preflight.check_columns(batch, target.known, target.name))
    if target.known != TableColumns():
        table = service.describe_table(target.database, target.table)
        findings.attempt(lambda: preflight.check_partition_key(batch, table))
    findings.attempt(lambda: preflight.check_window(batch, times, target.name, time_column))


def _note(prepared: Prepared, times: Window, findings: _Findings) -> int:
    """Note what a write would leave out or could lose later; return the number of late records."""
    for reason, rows in prepared.skipped.rows.items():
        findings.tell("warning", f"{len(rows):,} rows make no record: {reason}", rows=len(rows))
    for column, count in prepared.left_out.items():
        findings.tell(
            "note",
            f"{count:,} values of column {column!r} are left out: null, empty, NaN, infinite or repeated",
            column,
            count,
        )
    batch = prepared.batch
    late = int(np.count_nonzero((batch.times < times.memory_from) & (batch.times >= times.lower)))
    if late:
        findings.tell(
            "warning",
            f"{late:,} records are late and go to the magnetic store, which reports version conflicts afterwards only",
            rows=late,
        )
    return late


def _send_nothing(batch: RecordBatch, target: Target, wishes: Wishes) -> _Sent:
    """Make every request, and keep the first."""
    packed = packing.pack(batch, wishes.pack)
    shared = packing.shared(batch, packed)
    requests = encode(target.database, target.table, batch, packed, shared)
    first, count, size, units = "", 0, 0, NO_UNITS
    for request in requests:
        first = first or json.dumps(json.loads(request.body), indent=1, ensure_ascii=False)
        count, size, units = count + 1, size + len(request.body), units.plus(request.units)
    return _Sent(packed.name, count, size, units, first)


def _without_records(target: Target, columns: Columns | None, rows: int, region: str, findings: _Findings) -> WritePlan:
    nothing = _Sent()
    return WritePlan(
        table=target.name,
        columns=columns,
        rows=rows,
        skipped_rows=0,
        records=0,
        late_records=0,
        left_out={},
        pack=nothing.pack,
        requests=0,
        bytes=0,
        write_units=nothing.units,
        price=_price(nothing.units, region),
        first_request=nothing.first,
        _findings=_table(findings),
    )


def _price(units: WriteUnits, region: str) -> Price | None:
    prices = _prices.load()
    lower, shared, upper = (prices.cost(one, region) for one in (units.lower, units.shared, units.upper))
    if lower is None or shared is None or upper is None:
        return None
    return Price(region, lower, shared, upper, prices.dated)


def _table(findings: _Findings) -> pa.Table:
    return pa.Table.from_pylist(findings.found, schema=_FINDINGS)
