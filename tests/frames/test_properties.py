"""Any frame is stored as a plain reading of it, row by row, predicts, or it is refused as an invalid frame."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.frames.stored import MARCH_NS, is_accounted
from tsframe.errors import InvalidFrameError

TRIES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.float64(): pd.Float64Dtype()}

LIBRARIES = {
    "pandas": lambda table: table.to_pandas(integer_object_nulls=True),
    "pandas-nullable": lambda table: table.to_pandas(types_mapper=NULLABLE.get),
    "pandas-arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.from_arrow,
    "pyarrow": lambda table: table,
}

# What may be in a column.

TEXTS = st.text(max_size=6) | st.sampled_from(["", "None", "nan", "NaN", " "])
MOMENTS = st.integers(0, 2**63 - 1).map(lambda count: pa.scalar(count, pa.timestamp("ns", "UTC")))
DAYS = st.dates(date(1970, 1, 1), date(2262, 4, 11))
MEASURES = {
    "floats": (pa.float64(), st.floats()),
    "integers": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "booleans": (pa.bool_(), st.booleans()),
    "texts": (pa.string(), TEXTS),
    "categories": (pa.dictionary(pa.int32(), pa.string()), TEXTS),
    "moments": (pa.timestamp("ns", "UTC"), MOMENTS),
    "decimals": (pa.decimal128(20, 6), st.decimals(-(10**9), 10**9, places=6)),
}
DIMENSIONS = {
    "texts": (pa.string(), TEXTS),
    "categories": (pa.dictionary(pa.int32(), pa.string()), TEXTS),
    "integers": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "booleans": (pa.bool_(), st.booleans()),
    "days": (pa.date32(), DAYS),
}


@dataclass
class Drawn:
    """A frame as plain rows, and how it is to be written."""

    types: dict[str, pa.DataType]
    rows: list[dict[str, Any]]
    dimensions: list[str]
    measures: list[str]
    layout: str
    duplicates: str

    def options(self) -> dict[str, Any]:
        roles = {"time": "time", "dimensions": self.dimensions, "measures": self.measures, "version": "v"}
        name = {"measure_name": "all"} if self.layout == "wide" else {}
        return {"layout": self.layout, "duplicates": self.duplicates} | roles | name

    def table(self) -> pa.Table:
        arrays = {name: self._array(name, type_) for name, type_ in self.types.items()}
        return pa.table(arrays)

    def _array(self, name: str, type_: pa.DataType) -> pa.Array:
        values = [row[name] for row in self.rows]
        return (
            pa.array(values, type_.value_type).cast(type_) if pa.types.is_dictionary(type_) else pa.array(values, type_)
        )


@st.composite
def frames(draw) -> Drawn:
    """A few columns, few enough values that rows repeat each other, and nulls everywhere but where a value must be."""
    length = draw(st.integers(0, 8))
    kinds = {
        f"d{number}": DIMENSIONS[draw(st.sampled_from(list(DIMENSIONS)))] for number in range(draw(st.integers(1, 2)))
    }
    kinds |= {
        f"m{number}": MEASURES[draw(st.sampled_from(list(MEASURES)))] for number in range(draw(st.integers(1, 3)))
    }
    columns = {name: _values(draw, values, length) for name, (_, values) in kinds.items()}
    columns["time"] = draw(
        st.lists(st.sampled_from([MARCH_NS + row for row in range(5)]), min_size=length, max_size=length)
    )
    columns["v"] = draw(st.lists(st.integers(1, 3), min_size=length, max_size=length))
    types = {name: type_ for name, (type_, _) in kinds.items()} | {"time": pa.timestamp("ns", "UTC"), "v": pa.int64()}
    return Drawn(
        types=types,
        rows=[{name: values[row] for name, values in columns.items()} for row in range(length)],
        dimensions=[name for name in kinds if name.startswith("d")],
        measures=[name for name in kinds if name.startswith("m")],
        layout=draw(st.sampled_from(["wide", "long"])),
        duplicates=draw(st.sampled_from(["error", "first", "last", "version"])),
    )


def _values(draw, values: st.SearchStrategy, length: int) -> list[Any]:
    choices = [None, *draw(st.lists(values, min_size=1, max_size=3))]
    return draw(st.lists(st.sampled_from(choices), min_size=length, max_size=length))


# What a plain reading of the rows predicts.


@dataclass
class Predicted:
    """The records, and the rows that made none."""

    records: list[Any] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)


def predict(drawn: Drawn) -> Predicted | None:
    """What becomes of the rows; nothing if the frame is refused."""
    if drawn.layout == "long" and any(pa.types.is_timestamp(drawn.types[name]) for name in drawn.measures):
        return None
    groups: dict[Any, list[tuple[int, Any]]] = {}
    for number, row in enumerate(drawn.rows):
        dimensions = {name: as_text(row[name]) for name in drawn.dimensions if is_value(row[name])}
        measures = {name: as_plain(row[name]) for name in drawn.measures if is_value(row[name])}
        if dimensions and measures:
            for name, values in records_of(measures, drawn.layout):
                identity = (frozenset(dimensions.items()), name, row["time"])
                groups.setdefault(identity, []).append((number, values))
    if not groups:
        return None
    chosen = {identity: choose(drawn, found) for identity, found in groups.items()}
    if None in chosen.values():
        return None
    written = {number for number, _ in chosen.values()}
    return Predicted(
        records=sorted(((*identity, values) for identity, (_, values) in chosen.items()), key=repr),
        skipped=[number for number in range(len(drawn.rows)) if number not in written],
    )


def records_of(measures: dict[str, Any], layout: str) -> list[tuple[str, Any]]:
    """The records of a row: measure name, and measures."""
    if layout == "wide":
        return [("all", frozenset(measures.items()))]
    return [(name, frozenset({(f"measure_value::{type_of(value)}", value)})) for name, value in measures.items()]


def choose(drawn: Drawn, found: list[tuple[int, Any]]) -> tuple[int, Any] | None:
    """Of the rows of one identity, the one that is written."""
    if len(found) == 1 or drawn.duplicates == "first":
        return found[0]
    if drawn.duplicates == "last":
        return found[-1]
    highest = max(drawn.rows[number]["v"] for number, _ in found)
    best = [one for one in found if drawn.rows[one[0]]["v"] == highest]
    return best[0] if drawn.duplicates == "version" and len(best) == 1 else None


def is_value(value: Any) -> bool:
    return value is not None and value != "" and not (isinstance(value, float) and not math.isfinite(value))


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_plain(value: Any) -> Any:
    return value.value if isinstance(value, pa.Scalar) else float(value) if isinstance(value, Decimal) else value


def type_of(value: Any) -> str:
    return {bool: "boolean", int: "bigint", float: "double", str: "varchar"}[type(value)]


def held(ts, table: str, dimensions: list[str]) -> list[Any]:
    """The records of a table, as they are predicted."""
    found = ts.read(table, backend="pyarrow")
    plain = pa.table(
        {
            name: column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
            for name, column in zip(found.column_names, found.columns, strict=True)
        }
    )
    records = []
    for row in plain.to_pylist():
        values = {name: value for name, value in row.items() if value is not None}
        time, name = values.pop("time"), values.pop("measure_name")
        keys = frozenset((key, values.pop(key)) for key in dimensions if key in values)
        records.append((keys, name, time, frozenset(values.items())))
    return sorted(records, key=repr)


@contextmanager
def fresh_table(ts, **options):
    """A table for one example."""
    ts.create_table("iot.drawn", memory_store_hours=8766, **options)
    try:
        yield "iot.drawn"
    finally:
        ts.delete_table("iot.drawn")


def write(ts, frame, table: str, **options):
    """The report of a write; nothing if the frame is refused."""
    try:
        return ts.write(frame, table, **options)
    except InvalidFrameError:
        return None


@TRIES
@given(drawn=frames(), library=st.sampled_from(list(LIBRARIES)))
def test_a_frame_is_stored_as_its_rows_predict_or_refused(shared, drawn, library):
    predicted = predict(drawn)
    frame = LIBRARIES[library](drawn.table())

    with fresh_table(shared) as table:
        report = write(shared, frame, table, **drawn.options())
        found = held(shared, table, drawn.dimensions)

    assert (report is None) == (predicted is None)
    assert found == (predicted.records if predicted else [])
    if report is not None:
        skipped = len(predicted.skipped)
        assert is_accounted(report)
        assert (report.rows, report.records) == (len(drawn.rows), len(predicted.records))
        assert (report.skipped_rows, report.ingested) == (skipped, len(drawn.rows) - skipped)


# Columns of any type under any name.

COUNTS = st.integers(-(2**63), 2**63 - 1)
ANYTHING = [
    *MEASURES.values(),
    *DIMENSIONS.values(),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.float32(), st.floats(width=32)),
    (pa.decimal128(38, 10), st.decimals(-(10**20), 10**20, places=10)),
    *(
        (pa.timestamp(unit, zone), COUNTS)
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Berlin")
    ),
    (pa.timestamp("us"), st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1))),
    (pa.timestamp("us", "UTC"), st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))),
    (pa.date32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.large_string(), TEXTS | st.just("ü" * 1025)),
    (pa.string_view(), TEXTS),
    (pa.null(), st.none()),
    (pa.duration("s"), COUNTS),
    (pa.time64("us"), st.integers(0, 86_399_999_999)),
    (pa.binary(), st.binary(max_size=4)),
    (pa.list_(pa.int64()), st.lists(COUNTS, max_size=2)),
    (pa.struct({"x": pa.int64()}), st.fixed_dictionaries({"x": COUNTS})),
]
NAMES = st.sampled_from(
    ["time", "t", "device", "measure_name", "measure_value", "x", "a:b", "", 'a"b', "ä" * 40]
) | st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=8)


@st.composite
def tables(draw) -> pa.Table:
    """A table that can be written, with columns of any type put beside its own or in their place."""
    length = draw(st.integers(0, 5) | st.just(3))
    arrays = {
        "device": pa.array(["a", "b", None, "c", "d"][:length], pa.string()),
        "time": pa.array(range(MARCH_NS, MARCH_NS + length), pa.timestamp("ns", "UTC")),
        "x": pa.array([1.0, None, 3.0, 4.0, 5.0][:length], pa.float64()),
    }
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        type_, values = draw(st.sampled_from(ANYTHING))
        plain = type_.value_type if pa.types.is_dictionary(type_) else type_
        arrays[name] = pa.array(_values(draw, values, length), plain).cast(type_)
    return pa.table(arrays)


@st.composite
def wishes(draw, names: list[str]) -> dict[str, Any]:
    """Up to three options of a write, right or wrong."""
    column, several = st.sampled_from([*names, "missing"]), st.lists(st.sampled_from(names), min_size=1, max_size=3)
    options = {
        "time": st.just("time") | column | st.tuples(column, st.sampled_from(["s", "ms", "us", "ns", "h"])),
        "dimensions": st.just("device") | several,
        "measures": st.just("x") | several,
        "measure_name": column | st.just("all"),
        "version": column | st.integers(0, 9) | st.just("now"),
        "layout": st.sampled_from(["wide", "long", "packed"]),
        "naive": st.sampled_from(["utc", "error", "Europe/Berlin", "Mars/Base"]),
        "nulls": st.sampled_from(["omit", "error"]),
        "duplicates": st.sampled_from(["error", "first", "last", "version"]),
    }
    said = draw(st.lists(st.sampled_from(list(options)), max_size=3, unique=True))
    return {option: draw(options[option]) for option in said}


@TRIES
@given(data=st.data(), library=st.sampled_from(list(LIBRARIES)))
def test_any_frame_is_accounted_for_or_refused(shared, data, library):
    given = data.draw(tables())
    options = data.draw(wishes(given.column_names))
    try:
        frame = LIBRARIES[library](given)
    except (ValueError, OverflowError, NotImplementedError, pa.ArrowException, pl.exceptions.PolarsError):
        # The library has no such column, so there is no frame.
        reject()

    with fresh_table(shared, magnetic_writes=True) as table:
        report = write(shared, frame, table, **options)
        found = shared.describe(table).rows

    assert found == (0 if report is None else report.records)
    if report is not None:
        assert is_accounted(report)
        assert (report.rows, bool(report)) == (len(given), report.ingested == len(given))
