"""Record batches written out by hand, and what a table holds as plain rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tsframe._model.records import Measure, RecordBatch
from tsframe._model.tables import Selection
from tsframe._model.types import ARROW, ScalarType

if TYPE_CHECKING:
    from tsframe._model.records import WriteResult
    from tsframe._service import Service

START = 1_790_000_000_000_000_000
"""2026-09-21T14:13:20Z, when the clock of these tests begins."""
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

_TYPES = {float: ScalarType.DOUBLE, int: ScalarType.BIGINT, bool: ScalarType.BOOLEAN, str: ScalarType.VARCHAR}


def batch(
    times: int | list[int] = START,
    *,
    device: str | list[str | None] = "a",
    measure_name: str | list[str] = "climate",
    version: int | list[int] = 1,
    dimensions: dict[str, list[str | None]] | None = None,
    **measures: Any,
) -> RecordBatch:
    """Make a batch; a single value stands for all records, the type of a measure is that of its first value."""
    length = _length(times, device, measure_name, version, *measures.values())
    columns = {"device": _column(device, length)} if dimensions is None else dimensions
    return RecordBatch(
        time=pa.array(_column(times, length), pa.int64()).view(pa.timestamp("ns")),
        dimensions={name: text(values) for name, values in columns.items()},
        measures=tuple(measure(name, _column(values, length)) for name, values in measures.items()),
        measure_name=measure_name if isinstance(measure_name, str) else text(measure_name),
        version=version if isinstance(version, int) else np.array(version, np.int64),
    )


def measure(name: str, values: list[Any], type_: ScalarType | None = None) -> Measure:
    """Make a measure; the name ``measure_value__double`` stands for ``measure_value::double``."""
    name = name.replace("__", "::")
    found = type_ or _TYPES[type(next(value for value in values if value is not None))]
    return Measure(name, found, pa.array(values, ARROW[found]))


def text(values: list[str | None]) -> pa.DictionaryArray:
    return pa.array(values, pa.large_string()).dictionary_encode()


def write(service: Service, records: RecordBatch) -> WriteResult:
    return service.write_records("iot", "sensors", records)


def rejected(result: WriteResult) -> list[tuple[int, str, int | None]]:
    """The rejected records: number, code, existing version."""
    rows = result.rejected.to_pylist()
    return [(row["record"], row["code"], row["existing_version"]) for row in rows]


def reasons(result: WriteResult) -> list[str]:
    return result.rejected["reason"].to_pylist()


def stored(service: Service, *columns: str) -> list[tuple[Any, ...]]:
    """What the table holds in some columns, sorted; times as nanoseconds."""
    table = service.read_records("iot", "sensors", Selection(columns=columns)).read_all()
    plain = [
        (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
        for column in table.columns
    ]
    return sorted(zip(*plain, strict=True), key=repr)


def _column(value: Any, length: int) -> list[Any]:
    return value if isinstance(value, list) else [value] * length


def _length(*values: Any) -> int:
    return next((len(value) for value in values if isinstance(value, list)), 1)
