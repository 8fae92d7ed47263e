"""Which records of a batch are still to be stored, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tsframe._model.records import REJECTIONS, Reason, no_rejections

if TYPE_CHECKING:
    from tsframe.typing import Flags, Integers


class Verdicts:
    """Collects rejections, column by column; the first reason for a record is the one that stays."""

    def __init__(self, length: int) -> None:
        self.open: Flags = np.ones(length, np.bool_)
        self._parts: list[pa.Table] = []

    def reject(self, records: Integers, code: Reason, reason: str | pa.Array, existing: Integers | None = None) -> None:
        """Reject records, all for one reason or each with its own."""
        if len(records):
            self.add(rejections(records, code, reason, existing))

    def add(self, rejected: pa.Table) -> None:
        """Take over rejections, as ``REJECTIONS``."""
        self.open[rejected["record"].to_numpy()] = False
        self._parts.append(rejected)

    def reject_where(self, flags: Flags, code: Reason, reason: str) -> None:
        """Reject the records that are still open where the flags are set."""
        self.reject(np.flatnonzero(self.open & flags), code, reason)

    def rejected(self) -> pa.Table:
        """Return the rejected records, ascending."""
        return in_order(self._parts)


def rejections(records: Integers, code: Reason, reason: str | pa.Array, existing: Integers | None = None) -> pa.Table:
    """Return rejected records as a table."""
    count = len(records)
    reasons = pa.repeat(pa.scalar(reason, pa.string()), count) if isinstance(reason, str) else reason
    versions = pa.nulls(count, pa.int64()) if existing is None else pa.array(existing, pa.int64())
    codes = pa.repeat(pa.scalar(str(code), pa.string()), count)
    return pa.table([pa.array(records, pa.int64()), codes, reasons, versions], schema=REJECTIONS)


def in_order(parts: list[pa.Table]) -> pa.Table:
    """Put rejections together, ascending by record."""
    if not parts:
        return no_rejections()
    return pa.concat_tables([no_rejections(), *parts]).sort_by("record")
