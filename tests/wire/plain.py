"""WriteRecords row by row, as obvious as can be: records to requests and back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tests.wire.rows import Row
from tsframe._model.types import ScalarType

if TYPE_CHECKING:
    from tsframe._model.records import RecordBatch
    from tsframe._wire.requests import Packing, Shared

NANOSECONDS = {"SECONDS": 10**9, "MILLISECONDS": 10**6, "MICROSECONDS": 10**3, "NANOSECONDS": 1}

READERS: dict[str, tuple[str, Any]] = {
    "DOUBLE": (r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", float),
    "BIGINT": (r"-?\d{1,19}", int),
    "BOOLEAN": ("true|false", {"true": True, "false": False}.get),
    "VARCHAR": (".+", str),
    "TIMESTAMP": (r"\d{1,19}", int),
}
"""What texts of values must look like, and what reads them."""


def rows_of(batch: RecordBatch) -> list[Row]:
    """The records of a batch."""
    length = len(batch)
    names = [batch.measure_name] * length if isinstance(batch.measure_name, str) else batch.measure_name.to_pylist()
    columns = {name: column.to_pylist() for name, column in batch.dimensions.items()}
    values = {one.name: _values(one) for one in batch.measures}
    return [
        Row(
            dimensions={name: column[at] for name, column in columns.items() if column[at] is not None},
            values={name: column[at] for name, column in values.items() if column[at] is not None},
            name=names[at],
            time=int(batch.times[at]),
            version=int(batch.versions()[at]),
        )
        for at in range(length)
    ]


def _values(measure) -> list[Any]:
    is_time = measure.type is ScalarType.TIMESTAMP
    return (measure.values.view(pa.int64()) if is_time else measure.values).to_pylist()


def encode(database: str, table: str, batch: RecordBatch, packing: Packing, shared: Shared) -> list[dict[str, Any]]:
    """The requests of a packing."""
    rows = rows_of(batch)
    types = {one.name: str(one.type) for one in batch.measures}
    bounds = packing.starts.tolist()
    requests = []
    for number in range(len(packing)):
        members = [rows[at] for at in packing.order[bounds[number] : bounds[number + 1]]]
        unit = coarsest_unit(members, types)
        dimensions = {name for name, flags in shared.dimensions.items() if flags[number]}
        keys = {
            "MeasureName": shared.measure_name[number],
            "MeasureValueType": shared.measure_type[number],
            "Time": shared.time[number],
            "Version": shared.version[number],
        }
        common, _ = _parted(_record(members[0], types, unit), dimensions, keys)
        records = [_parted(_record(row, types, unit), dimensions, keys)[1] for row in members]
        requests.append(
            {
                "DatabaseName": database,
                "TableName": table,
                "CommonAttributes": {**common, "TimeUnit": unit},
                "Records": records,
            }
        )
    return requests


def coarsest_unit(rows: list[Row], types: dict[str, str]) -> str:
    """The coarsest unit that loses nothing of any time."""
    times = [row.time for row in rows]
    times += [value for row in rows for name, value in row.values.items() if types[name] == "TIMESTAMP"]
    return next(unit for unit, size in NANOSECONDS.items() if all(time % size == 0 for time in times))


def _record(row: Row, types: dict[str, str], unit: str) -> dict[str, Any]:
    """A record with all its members."""
    size = NANOSECONDS[unit]
    texts = {name: _text(value // size if types[name] == "TIMESTAMP" else value) for name, value in row.values.items()}
    shape: dict[str, Any] = {
        "Dimensions": [{"Name": name, "Value": value} for name, value in row.dimensions.items()],
        "MeasureName": row.name,
        "Time": str(row.time // size),
    }
    if row.version != 1:
        shape["Version"] = row.version
    if row.type == "MULTI":
        shape["MeasureValueType"] = "MULTI"
        shape["MeasureValues"] = [{"Name": name, "Value": text, "Type": types[name]} for name, text in texts.items()]
    else:
        shape["MeasureValueType"] = types[row.type]
        shape["MeasureValue"] = texts[row.type]
    return shape


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # Doubles as Arrow spells them: 58.0 is 58. That the text is the same double is for others to test.
    return pa.scalar(value).cast(pa.string()).as_py()


def _parted(
    shape: dict[str, Any], dimensions: set[str], keys: dict[str, bool]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of a record is common, and what it has by itself."""
    listed = shape.pop("Dimensions")
    common = {key: value for key, value in shape.items() if keys.get(key)}
    own = {key: value for key, value in shape.items() if not keys.get(key)}
    for part, wanted in ((common, True), (own, False)):
        found = [one for one in listed if (one["Name"] in dimensions) == wanted]
        if found:
            part["Dimensions"] = found
    return common, own


def decode(body: bytes) -> list[Row]:
    """The records of a request, read as the service does: common attributes merged, texts parsed, defaults last."""
    shape = json.loads(body)
    return [_row(shape.get("CommonAttributes", {}), record) for record in shape["Records"]]


def _row(common: dict[str, Any], record: dict[str, Any]) -> Row:
    dimensions = [*common.get("Dimensions", []), *record.get("Dimensions", [])]
    names = [one["Name"] for one in dimensions]
    doubled = {*common} & {*record} - {"Dimensions"}
    if doubled or len(names) != len({*names}):
        raise ValueError(f"common and again in a record: {sorted(doubled) or names}")
    merged = {**common, **record}
    size = NANOSECONDS[merged["TimeUnit"]]
    return Row(
        dimensions={one["Name"]: one["Value"] for one in dimensions},
        values=_parsed(merged, size),
        name=merged["MeasureName"],
        time=int(merged["Time"]) * size,
        version=merged.get("Version", 1),
    )


def _parsed(record: dict[str, Any], size: int) -> dict[str, Any]:
    type_ = record["MeasureValueType"]
    if type_ != "MULTI":
        if "MeasureValues" in record:
            raise ValueError(f"a list of values in a record of type {type_}")
        return {f"measure_value::{type_.lower()}": _value(type_, record["MeasureValue"], size)}
    if "MeasureValue" in record or not record["MeasureValues"]:
        raise ValueError("a multi-measure record has a list of values, and no value of its own")
    return {one["Name"]: _value(one["Type"], one["Value"], size) for one in record["MeasureValues"]}


def _value(type_: str, text: str, size: int) -> Any:
    pattern, read = READERS[type_]
    if not re.fullmatch(pattern, text, re.ASCII | re.DOTALL):
        raise ValueError(f"{text!r} is no {type_}")
    return read(text) * size if type_ == "TIMESTAMP" else read(text)
