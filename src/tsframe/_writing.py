"""Writing a frame, step by step: records, the service, the account; part by part if the frame is a stream."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tsframe import _costs
from tsframe._checkpoints import Checkpoint
from tsframe._dead_letters import DeadLetters
from tsframe._frames.faults import NothingToWriteError
from tsframe._frames.streams import parts_of
from tsframe._model.sending import Sending
from tsframe._model.tables import Retention, TableChange
from tsframe._model.window import window
from tsframe._parts import OfStream, make_part, skipped_part, unsent_part
from tsframe._preparing import check_wishes, look_up, prepare
from tsframe._report import STALE, describe_rejections, make_report, rejections_of
from tsframe._resources import create_with_database
from tsframe._watching import Watch
from tsframe.errors import InvalidFrameError, RejectedRecordsError, TimestreamError

if TYPE_CHECKING:
    from tsframe._frames.streams import Rows
    from tsframe._model.records import RecordBatch
    from tsframe._parts import Part
    from tsframe._preparing import Ready, Target, Wishes
    from tsframe._report import WriteReport
    from tsframe._service import Service
    from tsframe._watching import Listener
    from tsframe.typing import IntoFrame, RejectedRule


def write(
    service: Service, frame: IntoFrame, table: str | tuple[str, str], wishes: Wishes, listener: Listener
) -> WriteReport:
    """Write a frame to a table; see ``tsframe.write``."""
    started = time.perf_counter()
    check_wishes(wishes)
    target = look_up(service, table, create=wishes.create)
    with ExitStack() as stack:
        writing = _Writing(target, wishes, stack, listener)
        stopped_by = writing.write(frame)
        report = make_report(target.name, writing.parts, time.perf_counter() - started)
        try:
            writing.close(report)
        except TimestreamError as error:
            error.report = report
            raise error from stopped_by
    if stopped_by is not None:
        # Ctrl-C and the faults of a caller's own function have it too.
        stopped_by.report = report  # type: ignore[attr-defined]
        raise stopped_by
    rejected = _that_raise(rejections_of(writing.parts), wishes.on_rejected)
    if len(rejected):
        raise RejectedRecordsError(describe_rejections(report, rejected), report)
    return report


class _Writing:
    """One call of ``write``: the files that are open while it runs, and the parts that are settled."""

    def __init__(self, target: Target, wishes: Wishes, stack: ExitStack, listener: Listener) -> None:
        self.parts: list[Part] = []
        self._target = target
        self._wishes = wishes
        # Files are opened first, so that their faults show before anything is sent.
        self._letters = DeadLetters(wishes.dead_letter, target.name) if wishes.dead_letter else None
        checkpoint = None
        if wishes.checkpoint:
            checkpoint = stack.enter_context(Checkpoint.open(wishes.checkpoint, target.service.where, target.name))
            self._wishes = replace(wishes, said=checkpoint.with_its_version(wishes.said))
        self._watch = stack.enter_context(Watch(wishes.progress, listener))
        self._sending = Sending(wishes.pack, wishes.concurrency, checkpoint, self._watch)

    def write(self, frame: IntoFrame) -> BaseException | None:
        """Write part after part; return what ended it early, once every row has its place in the account."""
        for rows in parts_of(frame, self._target.service.part_rows):
            try:
                part = self._write_part(rows)
            except NothingToWriteError as error:
                if not self.parts:
                    raise
                part = skipped_part(rows, self.parts[0].columns, error.reason)
            except BaseException as error:
                if not self.parts:
                    raise
                self._keep(unsent_part(rows, self.parts[0].columns), rows)
                return _told_in_rows_of_the_stream(error, rows)
            self._keep(part, rows)
            if part.result.stopped_by is not None:
                return part.result.stopped_by
        return None

    def close(self, report: WriteReport) -> None:
        """Write down what was lost, and sum up."""
        if self._letters:
            self._letters.close(self.parts[0].columns, self._wishes.rules)
        self._watch.sum_up(report)

    def _write_part(self, rows: Rows) -> Part:
        ready = prepare(rows.frame, rows.table, self._target, self._wishes)
        if not self.parts:
            self._begin(ready, rows)
        if self._wishes.max_cost is not None:
            _costs.check(self._target.service, ready.batch, self._wishes, [part.result for part in self.parts])
        if not rows.of_stream:
            self._watch.expect(len(ready.batch))
        target = self._target
        result = target.service.write_records(target.database, target.table, ready.batch, self._sending)
        return make_part(rows, ready.columns, ready.prepared, result)

    def _begin(self, ready: Ready, rows: Rows) -> None:
        """Do, before the first part is sent, what all parts need."""
        # "now" is the same moment for all parts, and for a later call that takes up the checkpoint.
        self._wishes = replace(self._wishes, said=replace(self._wishes.said, version=ready.columns.version))
        if self._sending.journal:
            self._sending.journal.begin(ready.columns.version)
        if self._letters:
            self._letters.begin(rows.table.schema)
        if self._wishes.create:
            _create(self._target, ready.batch)

    def _keep(self, part: Part, rows: Rows) -> None:
        if self._letters:
            self._letters.add(part, rows.table)
        self.parts.append(replace(part, details=OfStream.keep(part.details)) if rows.of_stream else part)


def _told_in_rows_of_the_stream(error: BaseException, rows: Rows) -> BaseException:
    """Say where the rows are that an error of a later part names."""
    if not isinstance(error, InvalidFrameError):
        return error
    return InvalidFrameError(f"in the rows of the stream from {rows.first:,} on, counted from there: {error}")


def _create(target: Target, batch: RecordBatch) -> None:
    """Make database and table if they are missing; the table takes late records if the frame has any."""
    memory = window(Retention(), magnetic_writes=False, now=target.service.now())
    late = bool((batch.times < memory.lower).any())
    create_with_database(target.service, target.database, target.table, TableChange(magnetic_writes=late), {})


def _that_raise(rejected: pa.Table, rule: RejectedRule) -> pa.Table:
    """Return the rejections that are an error under a rule."""
    if rule == "return":
        return rejected.slice(0, 0)
    if rule == "ignore-stale":
        return rejected.filter(pc.invert(pc.is_in(rejected["code"], pa.array(STALE))))
    return rejected
