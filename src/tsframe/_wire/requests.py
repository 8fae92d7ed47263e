"""What one WriteRecords carries: which records, in what order, and what it is metered as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsframe._model.units import NO_UNITS, WriteUnits

if TYPE_CHECKING:
    from tsframe.typing import Flags, Integers

__all__ = ["NO_UNITS", "Packing", "Request", "Shared", "WriteUnits"]


@dataclass(frozen=True, slots=True)
class Packing:
    """Which records of a batch share a request. Numbers of records count from 0 within the batch."""

    order: Integers
    """The batch's records, each once, as they are sent."""
    starts: Integers
    """Where in ``order`` each request begins, and, last, the end."""
    name: Literal["order", "series"] = "order"
    """How they were chosen: ``"order"``, as the frame has them, or ``"series"``, those of a series together."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> Integers:
        """How many records each request has."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True)
class Shared:
    """What each request's records have in common, so that it travels once: a flag for each request."""

    dimensions: dict[str, Flags]
    """True where all records have the dimension with the same value."""
    measure_name: Flags
    measure_type: Flags
    """The record's type: ``MULTI``, or that of a single measure."""
    time: Flags
    version: Flags

    def of(self, number: int) -> Shared:
        """Return what one request's records share."""
        one = slice(number, number + 1)
        return Shared(
            {name: flags[one] for name, flags in self.dimensions.items()},
            self.measure_name[one],
            self.measure_type[one],
            self.time[one],
            self.version[one],
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One WriteRecords, ready to be sent."""

    records: Integers
    """The batch's records that it carries: a rejection's ``RecordIndex`` is a place in here."""
    body: bytes
    """The JSON of the request: UTF-8 or ASCII."""
    units: WriteUnits
