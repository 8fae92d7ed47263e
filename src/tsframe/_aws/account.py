"""What became of every record of a batch, kept while its requests are on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tsframe._model.records import REJECTIONS, WriteResult, no_rejections
from tsframe._model.sending import NO_TRAFFIC, Traffic

if TYPE_CHECKING:
    from tsframe._model.sending import Answer
    from tsframe._wire.requests import Request

_UNSENT, _SETTLED, _RESUMED, _IN_DOUBT = range(4)


class Account:
    """The fate of every record: unsent until something else is said.

    Not safe between threads: its user has a lock.
    """

    def __init__(self, records: int, pack: str = "") -> None:
        self._pack = pack
        self._fates = np.full(records, _UNSENT, np.uint8)
        self._refused: list[tuple[int, str, str, int | None]] = []
        self._stores = np.zeros(2, np.int64)
        self._traffic = NO_TRAFFIC
        self.retries = 0

    def settle(self, request: Request, answer: Answer, *, resumed: bool = False) -> None:
        """Note an answer, which says of every record of a request whether it was taken."""
        self._fates[request.records] = _RESUMED if resumed else _SETTLED
        self._stores += (answer.memory_store, answer.magnetic_store)
        self._refused.extend(
            (int(request.records[one.index]), one.code, one.reason, one.existing_version) for one in answer.refusals
        )
        if not resumed:
            self._count(request)

    def doubt(self, request: Request) -> None:
        """Note that a request left and nobody knows what became of it."""
        self._fates[request.records] = _IN_DOUBT
        self._count(request)

    def result(self, stopped_by: BaseException | None) -> WriteResult:
        """Return the account of all records."""
        memory_store, magnetic_store = self._stores.tolist()
        return WriteResult(
            memory_store=memory_store,
            magnetic_store=magnetic_store,
            rejected=self._rejections(),
            rejected_later=no_rejections(),
            unsent=np.flatnonzero(self._fates == _UNSENT),
            in_doubt=np.flatnonzero(self._fates == _IN_DOUBT),
            resumed=np.flatnonzero(self._fates == _RESUMED),
            pack=self._pack,
            traffic=self._traffic.plus(Traffic(retries=self.retries)),
            stopped_by=stopped_by,
        )

    def _count(self, request: Request) -> None:
        self._traffic = self._traffic.plus(Traffic(1, 0, len(request.body), request.units))

    def _rejections(self) -> pa.Table:
        columns = zip(*sorted(self._refused), strict=True) if self._refused else ((), (), (), ())
        return pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, REJECTIONS, strict=True)],
            schema=REJECTIONS,
        )
