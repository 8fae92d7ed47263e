"""Waiting writes are committed together: each is answered only when it is safe on disk.

Whoever gets the store first writes for all who wait behind, in the order in which they came; no thread of its own is
needed. Batches of one table become one batch, and as records of a batch count as written one after the other, nobody
can tell. If writing together fails, each is written alone, so that nobody suffers from another's batch.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tsframe._engine import catalog, records, stores
from tsframe._engine.known import Known
from tsframe._model.sending import alone
from tsframe.errors import ServiceError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from tsframe._engine.storage import Storage
    from tsframe._model.quotas import Quotas
    from tsframe._model.records import RecordBatch, WriteResult

_HOUR: Final = 3_600 * 1_000_000_000
_PATIENCE: Final = 0.02
"""Seconds for those who are about to come."""
_PAUSE: Final = 0.0005
_MOST_RECORDS: Final = 20_000
"""Of batches that are written together; larger ones gain nothing from company."""


@dataclass(slots=True)
class _Write:
    """One batch that waits for its turn."""

    table: tuple[str, str]
    batch: RecordBatch
    result: WriteResult | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> bool:
        return self.result is not None or self.error is not None


@dataclass(slots=True)
class Commits:
    """The writes of one service; safe between threads."""

    storage: Storage
    clock: Callable[[], int]
    quotas: Quotas
    _waiting: list[_Write] = field(default_factory=list[_Write])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _expired: dict[int, int] = field(default_factory=dict[int, int])

    def write(self, database: str, table: str, batch: RecordBatch, company: Callable[[], bool] = alone) -> WriteResult:
        """Write a batch in one transaction; return when it is on disk.

        Whoever gets the store waits a moment for others that are about to come, if there are any.
        """
        mine = _Write((database, table), batch)
        with self._lock:
            self._waiting.append(mine)
        with self.storage.writing:
            until = time.monotonic() + _PATIENCE
            while not mine.settled and company() and time.monotonic() < until:
                time.sleep(_PAUSE)
            while not mine.settled:
                self._write(self._take())
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None  # noqa: S101 - settled, and no error
        return mine.result

    def _take(self) -> list[_Write]:
        """Take the first write that waits, and those behind it that fit in."""
        with self._lock:
            taken, size = 0, 0
            while taken < len(self._waiting) and (not taken or size + len(self._waiting[taken].batch) <= _MOST_RECORDS):
                size += len(self._waiting[taken].batch)
                taken += 1
            group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    def _write(self, group: list[_Write]) -> None:
        try:
            self._write_together(group)
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the write
            if len(group) == 1:
                group[0].error = error
            else:
                for one in group:
                    one.result = one.error = None
                    self._write([one])
        except BaseException as error:
            for one in group:
                one.result = None
                message = "the write was interrupted before it was kept: write again"
                one.error = error if len(group) == 1 else StoreError(message)
            raise

    def _write_together(self, group: list[_Write]) -> None:
        by_table: dict[tuple[str, str], list[_Write]] = {}
        for one in group:
            by_table.setdefault(one.table, []).append(one)
        with self.storage.transaction(of_records=True) as cursor:
            now = self.clock()
            for table, writes in by_table.items():
                try:
                    known = self._known(cursor, table)
                except ServiceError as error:
                    for one in writes:
                        one.error = error
                    continue
                self._expire_at_times(cursor, known, now)
                self._write_table(cursor, known, writes, now)

    def _known(self, cursor: duckdb.DuckDBPyConnection, table: tuple[str, str]) -> Known:
        known = self.storage.memory.get(table)
        if known is None:
            stored = catalog.stored_table(cursor, *table)
            newest = catalog.newest_time(cursor, stored)
            known = self.storage.memory[table] = Known(
                stored, catalog.measure_names(cursor, stored), newest, self.storage.statements
            )
        return known

    def _expire_at_times(self, cursor: duckdb.DuckDBPyConnection, known: Known, now: int) -> None:
        """Free the room of expired records, once an hour of the clock for each table."""
        number = known.stored.number
        if now - self._expired.get(number, 0) >= _HOUR:
            stores.expire(cursor, known.stored, now)
            self._expired[number] = now

    def _write_table(self, cursor: duckdb.DuckDBPyConnection, known: Known, writes: Sequence[_Write], now: int) -> None:
        """Write what waits for one table; say to each what became of its records."""
        outcome = records.write(cursor, known, [one.batch for one in writes], now, self.quotas)
        start = 0
        for one in writes:
            end = start + len(one.batch)
            one.result = outcome.result(start, end)
            start = end
