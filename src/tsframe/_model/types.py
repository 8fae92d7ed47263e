"""Timestream's scalar types and Arrow's, one table read both ways; time units.

Times are Arrow ``timestamp[ns]`` without a zone and mean UTC: DuckDB would read a zoned nanosecond timestamp as
microseconds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import pyarrow as pa


class ScalarType(StrEnum):
    """The type of a measure value."""

    DOUBLE = "DOUBLE"
    BIGINT = "BIGINT"
    BOOLEAN = "BOOLEAN"
    VARCHAR = "VARCHAR"
    TIMESTAMP = "TIMESTAMP"


MULTI: Final = "MULTI"
"""The type of a measure name whose records are multi-measure records."""

ARROW: Final[dict[ScalarType, pa.DataType]] = {
    ScalarType.DOUBLE: pa.float64(),
    ScalarType.BIGINT: pa.int64(),
    ScalarType.BOOLEAN: pa.bool_(),
    ScalarType.VARCHAR: pa.large_string(),
    ScalarType.TIMESTAMP: pa.timestamp("ns"),
}
"""How a batch holds each type."""

VALUE_BYTES: Final[dict[ScalarType, int]] = {
    ScalarType.DOUBLE: 8,
    ScalarType.BIGINT: 8,
    ScalarType.BOOLEAN: 1,
    ScalarType.TIMESTAMP: 8,
}
"""Metered bytes of a value (developer guide, "Metering writes"); a text counts its own. TIMESTAMP is inferred."""

NANOSECONDS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""Nanoseconds in each time unit."""

SINGLE_MEASURES: Final = {f"measure_value::{type_.lower()}": type_ for type_ in ScalarType}
"""The columns in which single-measure records keep their value, one for each type."""


def column_of_single_measure(type_: ScalarType) -> str:
    """Name the column in which single-measure records of a type keep their value."""
    return f"measure_value::{type_.lower()}"
