"""Which times a table takes, and which store takes them.

A record is taken from ``lower`` on and before ``upper``. From ``memory_from`` on it goes to the memory store; before
that to the magnetic store, if the table's magnetic-store writes are on. Bounds are nanoseconds since 1970 UTC, cut to
whole milliseconds of the clock, so that the bounds a message prints are the bounds that were used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tsframe._model.limits import FUTURE_NANOSECONDS

if TYPE_CHECKING:
    from tsframe._model.tables import Retention

_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """The times that a table takes at one moment."""

    lower: int
    memory_from: int
    upper: int
    magnetic_writes: bool

    @property
    def reason(self) -> str:
        """What the service says of a record outside (recorded in several public projects)."""
        where = "the data ingestion window" if self.magnetic_writes else "the memory store"
        bounds = f"[{show(self.lower)}, {show(self.upper)})"
        return f"The record timestamp is outside the time range {bounds} of {where}."


def window(retention: Retention, *, magnetic_writes: bool, now: int, memory_floor: int = 0) -> Window:
    """Return the times that a table with these settings takes now.

    ``memory_floor`` is the oldest time that the memory store ever had room for: after its retention was made longer,
    the newly opened part fills only as time passes (API_RejectedRecord).
    """
    moment = now - now % _MILLISECOND
    memory_from = max(moment - retention.memory_nanoseconds, memory_floor, 0)
    lower = max(moment - retention.total_nanoseconds, 0) if magnetic_writes else memory_from
    return Window(lower, memory_from, moment + FUTURE_NANOSECONDS, magnetic_writes)


def show(nanoseconds: int) -> str:
    """Write a time as the service's messages do: ISO 8601, UTC, milliseconds."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=nanoseconds // _MILLISECOND)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
