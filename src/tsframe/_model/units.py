"""Write units: what WriteRecords is metered in."""

from __future__ import annotations

from typing import NamedTuple


class WriteUnits(NamedTuple):
    """Metered write units of 1 KiB, as a range: the published formula is not exact (developer guide, "Metering")."""

    lower: int
    """Common attributes, repeated dimensions and repeated names counted once a request, measure names not at all."""
    expected: int
    """As ``lower``, with each distinct measure name counted once a request."""
    shared: int
    """Common attributes counted once a request, and nothing else."""
    upper: int
    """Every record counted whole."""

    def plus(self, other: WriteUnits) -> WriteUnits:
        """Return the units of both."""
        return WriteUnits(*(one + another for one, another in zip(self, other, strict=True)))

    def __str__(self) -> str:
        return f"{self.shared:,} ({self.lower:,} to {self.upper:,})"


NO_UNITS = WriteUnits(0, 0, 0, 0)
