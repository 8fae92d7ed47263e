"""``WritePlan``: what a write would send and cost, and what would be found on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tsframe._frames.libraries import from_arrow
from tsframe._showing import as_html, as_text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    import pyarrow as pa

    from tsframe._model.columns import Columns
    from tsframe._model.units import WriteUnits
    from tsframe.typing import Frame


@dataclass(frozen=True, slots=True)
class Price:
    """What write units cost in a region, in dollars; a range, as the published formula is not exact."""

    region: str
    lower: Decimal
    expected: Decimal
    upper: Decimal
    dated: date
    """When the table of prices was made."""

    def __str__(self) -> str:
        return (
            f"${self.expected:,.6f} (${self.lower:,.6f} to ${self.upper:,.6f}) in {self.region}, prices of {self.dated}"
        )


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What ``write`` would do with a frame. A plan is false if the write would be refused.

    Requests, bytes and write units are those of Amazon Timestream, and equal those of the report of the write that
    follows; the embedded engine itself sends nothing and bills nobody.

    Examples
    --------
    >>> plan = tsframe.plan(df, "iot.sensors", create=True)
    >>> plan.rows, plan.requests, bool(plan)
    (3, 1, True)
    """

    table: str
    """Database and table."""
    columns: Columns | None
    """The roles that the frame's columns would have; none if they cannot be told, as ``findings`` says."""
    rows: int
    skipped_rows: int
    """Rows that would make no record."""
    records: int
    late_records: int
    """Of these, records for the magnetic store, whose version conflicts are reported afterwards only."""
    left_out: dict[str, int]
    """For each column, how many values no record would carry."""
    pack: str
    """How records would be packed into requests: ``"series"`` or ``"order"``."""
    requests: int
    bytes: int
    """Of all request bodies."""
    write_units: WriteUnits
    """Metered write units of 1 KiB, as a range."""
    price: Price | None
    """None if the table of prices does not know the region."""
    first_request: str
    """The first request as JSON."""
    _findings: pa.Table = field(repr=False, compare=False)

    @property
    def findings(self) -> Frame:
        """What was found, as a frame: ``level``, ``column``, ``rows``, ``message``.

        The level is ``error``, ``warning`` or ``note``.
        """
        return from_arrow(self._findings)

    @property
    def saving(self) -> float:
        """The share of write units that packing saves, against records that share nothing."""
        return 1 - self.write_units.shared / self.write_units.upper if self.write_units.upper else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        names = (name for name in self.__slots__ if name not in {"columns", "price", "write_units", "_findings"})
        return {name: getattr(self, name) for name in names} | {
            "columns": self.columns and self.columns.to_dict(),
            "first_request": json.loads(self.first_request or "null"),
            "write_units": self.write_units._asdict(),
            "price": self.price and {name: str(getattr(self.price, name)) for name in self.price.__slots__},
            "saving": self.saving,
            "findings": self._findings.to_pylist(),
        }

    def __bool__(self) -> bool:
        return "error" not in self._findings["level"].to_pylist()

    def __repr__(self) -> str:
        return as_text(self._lines())

    def _repr_html_(self) -> str:
        return as_html(self._lines(), "plan")

    def _lines(self) -> list[tuple[str, str]]:
        late = f", {self.late_records:,} of them for the magnetic store" if self.late_records else ""
        lines = [
            ("WritePlan", f"{self.table}, {'nothing is in the way' if self else 'the write would be refused'}"),
            ("rows", f"{self.rows:,}, {self.skipped_rows:,} of them without a record"),
            ("records", f"{self.records:,}{late}"),
            ("left out", ", ".join(f"{name} {count:,}" for name, count in self.left_out.items()) or "no values"),
            ("requests", f"{self.requests:,} by {self.pack}, {self.bytes:,} bytes"),
            ("write units", f"{self.write_units}, {self.saving:.0%} saved by packing"),
            ("price", str(self.price or "not known in this region")),
        ]
        lines += [(found["level"], found["message"]) for found in self._findings.to_pylist()]
        return [*lines, ("roles", str(self.columns or "not told"))]
