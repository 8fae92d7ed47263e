"""Batch-load tasks at work: files of a bucket into a table, some rows at a time.

Tasks run one after the other in a thread that is there while one is active. What was done of a file is noted after it
is stored; rows that were stored and not noted are written again after an interruption, which changes nothing, as they
have the same version and the same values.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from tsframe._engine import batch_loads
from tsframe._engine.batch_loads import LineFault
from tsframe._engine.buckets import BucketError
from tsframe._engine.csv_files import FileFault, chunks
from tsframe._engine.mapping import records_of
from tsframe._model import limits, sizes
from tsframe._model.batch_loads import Progress, Status
from tsframe._model.places import Place
from tsframe._wire.batch_loads import model_from_shape
from tsframe._wire.reports import batch_load_report
from tsframe.errors import ServiceError, TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tsframe._engine.batch_loads import StoredTask
    from tsframe._engine.buckets import Buckets, StoredFile
    from tsframe._engine.commits import Commits
    from tsframe._engine.csv_files import Chunk
    from tsframe._engine.mapping import Mapped
    from tsframe._engine.storage import Storage
    from tsframe._model.batch_loads import BatchLoad, BatchLoadTask, DataModel
    from tsframe._model.quotas import Quotas
    from tsframe._model.records import WriteResult

_log: Final = logging.getLogger("tsframe")
_LONGEST: Final = 2048
"""Characters of a task's error message (model)."""
_ENDED: Final = "The process that worked on the task ended; resume it."
_CLOSED: Final = "The store was closed; resume the task."


class _TaskFault(Exception):  # noqa: N818 - what is wrong with a task, not what went wrong here
    """A task cannot be done at all."""


class _Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The store is being closed."""


@dataclass(slots=True)
class Loading:
    """The batch-load tasks of one service; safe between threads."""

    storage: Storage
    commits: Commits
    clock: Callable[[], int]
    quotas: Quotas
    buckets: Buckets
    _waiting: deque[str] = field(default_factory=deque[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _unnoted: dict[str, str] = field(default_factory=dict[str, str])
    """Why tasks were stopped, of those of which the store could not note it."""
    _thread: threading.Thread | None = None
    _ending: bool = False

    def stop_orphans(self) -> None:
        """Say of tasks that an earlier process left that they were stopped."""
        with self.storage.transaction() as cursor:
            batch_loads.stop_all(cursor, self.clock(), _ENDED)

    def create(self, load: BatchLoad) -> str:
        """Make a task, and let it begin; return its id."""
        with self.storage.transaction() as cursor:
            batch_loads.check_target(cursor, load)
            task, is_new = batch_loads.create(cursor, load, self.clock(), self.quotas)
        if is_new:
            self._begin(task)
        return task

    def describe(self, task: str) -> BatchLoadTask:
        """Return a task."""
        with self.storage.reading() as cursor:
            return self._as_it_is(batch_loads.find(cursor, task).task)

    def list_all(self) -> tuple[BatchLoadTask, ...]:
        """Return all tasks."""
        with self.storage.reading() as cursor:
            return tuple(map(self._as_it_is, batch_loads.find_all(cursor)))

    def resume(self, task: str) -> None:
        """Let a task go on that was stopped."""
        with self.storage.transaction() as cursor:
            if task in self._unnoted:
                batch_loads.stop(cursor, task, self.clock(), self._unnoted[task])
            batch_loads.resume(cursor, task, self.clock())
        self._unnoted.pop(task, None)
        self._begin(task)

    def close(self) -> None:
        """Stop what is at work; it can be resumed when the store is open again."""
        with self._lock:
            self._ending, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _as_it_is(self, task: BatchLoadTask) -> BatchLoadTask:
        """Tell of a task that was stopped even where the store could not note it."""
        if task.id not in self._unnoted:
            return task
        return replace(task, status=Status.PROGRESS_STOPPED, error=self._unnoted[task.id])

    def _begin(self, task: str) -> None:
        with self._lock:
            self._waiting.append(task)
            if self._thread is None and not self._ending:
                self._thread = threading.Thread(target=self._work, name="tsframe-batch-load", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                task = self._waiting.popleft()
            self._run(task)

    def _run(self, task: str) -> None:
        """Do a task to its end, or as far as it goes."""
        try:
            self._go_on(task)
        except _Stopped:
            self._stop(task, _CLOSED)
        except Exception as error:  # noqa: BLE001 - nobody waits here: the task itself tells
            # A full disk, a bucket out of reach: another time it may work.
            _log.exception("batch load task %s was stopped", task)
            reason = str(error) if isinstance(error, TimestreamError) else f"{type(error).__name__}: {error}"
            self._stop(task, f"{reason}; resume the task when it can go on"[:_LONGEST])

    def _stop(self, task: str, reason: str) -> None:
        try:
            with self.storage.transaction(of_records=True) as cursor:
                batch_loads.stop(cursor, task, self.clock(), reason)
        except TimestreamError:
            # What stopped the task, such as a full disk, may also keep the store from noting it.
            self._unnoted[task] = reason

    def _go_on(self, task: str) -> None:
        self._check_ending()
        with self.storage.reading() as cursor:
            stored = batch_loads.find(cursor, task)
        self._move(stored, Status.IN_PROGRESS)
        try:
            self._load_all(stored)
        except (ServiceError, _TaskFault) as error:
            # Its table is gone, or what it needs cannot be had: no row will ever fare better.
            self._fail(stored, str(error))
        else:
            self._end(stored)

    def _load_all(self, stored: StoredTask) -> None:
        load = stored.task.load
        model = load.model or self._model_at(load)
        for number, file in enumerate(self._files(load)):
            if number >= stored.file:
                self._load(stored, model, number, file)

    def _load(self, stored: StoredTask, model: DataModel, number: int, file: StoredFile) -> None:
        load = stored.task.load
        after = stored.place if number == stored.file else 1
        try:
            self._check_size(file)
            opening = lambda: self.buckets.reading(load.source, file.key)  # noqa: E731 - a file that is opened twice
            for chunk in chunks(opening, load.csv, model.columns, after=after):
                self._check_ending()
                self._take(stored, records_of(chunk, model, load.version or 1), chunk, number, file)
        except FileFault as fault:
            faults = [LineFault(str(fault), file.key)]
            self._note(stored, number + 1, 1, Progress(failed_files=1), faults)
        else:
            self._note(stored, number + 1, 1, Progress(), [])

    def _take(self, stored: StoredTask, mapped: Mapped, chunk: Chunk, number: int, file: StoredFile) -> None:
        """Write the records of a chunk, and note what became of its rows."""
        load, batch = stored.task.load, mapped.batch
        faults = [LineFault(reason, file.key, lines) for lines, reason in mapped.faults]
        by_reason: dict[str, list[int]] = {}
        for line, reason in chunk.broken:
            by_reason.setdefault(reason, []).append(line)
        faults += [LineFault(reason, file.key, np.array(lines)) for reason, lines in by_reason.items()]
        unparsed = sum(len(lines) for lines, _ in mapped.faults) + len(chunk.broken)
        more = Progress(processed=unparsed, unparsed=unparsed)
        if batch is not None:
            result = self.commits.write(load.database, load.table, batch)
            refused = _refused(result, mapped)
            rejected = sum(map(len, refused.values()))
            faults += [LineFault(reason, file.key, np.array(lines)) for reason, lines in refused.items()]
            more = more.plus(
                Progress(
                    processed=len(batch),
                    ingested=len(batch) - rejected,
                    rejected=rejected,
                    metered=int(sizes.record_sizes(batch).sum()),
                )
            )
        self._note(stored, number, chunk.end, more, faults)

    def _end(self, stored: StoredTask) -> None:
        with self.storage.reading() as cursor:
            progress = batch_loads.find(cursor, stored.task.id).task.progress
        if not progress.has_errors:
            self._move(stored, Status.SUCCEEDED)
            return
        counts = {"rows": progress.unparsed, "records": progress.rejected, "files": progress.failed_files}
        told = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
        self._report(stored, f"Not all could be loaded ({told}); the error report tells what and why.")

    def _fail(self, stored: StoredTask, reason: str) -> None:
        """End a task that cannot be done."""
        with self.storage.reading() as cursor:
            now = batch_loads.find(cursor, stored.task.id)
        self._note(stored, now.file, now.place, Progress(), [LineFault(reason)])
        self._report(stored, reason)

    def _report(self, stored: StoredTask, message: str) -> None:
        """End a task with its error report."""
        place = stored.task.load.report
        assert place is not None  # noqa: S101 - as ``BatchLoad`` was checked
        with self.storage.reading() as cursor:
            content = batch_load_report(stored.task.id, batch_loads.faults_of(cursor, stored.number))
        try:
            self.buckets.write(place, report_key(place, stored.task.id), content)
        except BucketError as error:
            _log.error("the error report of batch load task %s was not written: %s", stored.task.id, error)
            message = f"{message} But there is none: {error}"
        self._move(stored, Status.FAILED, message[:_LONGEST])

    def _model_at(self, load: BatchLoad) -> DataModel:
        place = load.model_at or Place()
        try:
            with self.buckets.reading(place, place.prefix or "") as stream:
                model = model_from_shape(orjson.loads(stream.read()))
        except BucketError as error:
            raise _TaskFault(str(error)) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{place.location} holds no data model: {type(error).__name__}: {error}"
            raise _TaskFault(message) from None
        return model

    def _files(self, load: BatchLoad) -> list[StoredFile]:
        try:
            files = self.buckets.files_at(load.source)
        except BucketError as error:
            raise _TaskFault(str(error)) from None
        if not files:
            message = f"There is no file at {load.source.location}."
            raise _TaskFault(message)
        if len(files) > limits.MAX_FILES_OF_BATCH_LOAD:
            message = f"There are {len(files)} files at {load.source.location}; a task may have 100."
            raise _TaskFault(message)
        if sum(file.size for file in files) > limits.MAX_BYTES_OF_BATCH_LOAD:
            message = f"The files at {load.source.location} have more than 100 GB together."
            raise _TaskFault(message)
        return files

    def _check_size(self, file: StoredFile) -> None:
        if file.size > limits.MAX_BYTES_OF_FILE:
            message = f"The file has {file.size} bytes; it may have 5 GB."
            raise FileFault(message)

    def _check_ending(self) -> None:
        if self._ending:
            raise _Stopped

    def _move(self, stored: StoredTask, status: Status, error: str | None = None) -> None:
        with self.storage.transaction(of_records=True) as cursor:
            batch_loads.move(cursor, stored.number, status, self.clock(), error)

    def _note(self, stored: StoredTask, file: int, place: int, more: Progress, faults: Iterable[LineFault]) -> None:
        with self.storage.transaction(of_records=True) as cursor:
            batch_loads.bring_forward(
                cursor, stored.number, file=file, place=place, more=more, faults=faults, now=self.clock()
            )


def report_key(place: Place, task: str) -> str:
    """Return where a task's error report is."""
    return "/".join(filter(None, ((place.prefix or "").rstrip("/"), task, "error_report.json")))


def _refused(result: WriteResult, mapped: Mapped) -> dict[str, list[int]]:
    """Return by reason the lines of the records that were rejected, at once or later."""
    found: dict[str, list[int]] = {}
    for table in (result.rejected, result.rejected_later):
        lines = mapped.lines[table["record"].to_numpy()].tolist()
        for line, reason in zip(lines, table["reason"].to_pylist(), strict=True):
            found.setdefault(reason, []).append(line)
    return found
