"""Every dtype of pandas, Polars and Arrow, with what it becomes: the rows of the tests, and of the tables in the docs.

A case has two values and a null. ``measure`` is Timestream's type and the values read back, ``dimension`` the texts read
back; ``None`` means refused. What is a ``TIMESTAMP`` may be the time, and what is a ``BIGINT`` too, with a unit.
"""

# ruff: noqa: E501 - a case reads best on its line

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
MOMENT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
NAIVE = MOMENT.replace(tzinfo=None)
DAY = dt.date(2026, 3, 1)
MIDNIGHT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Case:
    library: str
    dtype: str
    column: Any
    """A column of the library: two values and, where the dtype has one, a null."""
    measure: tuple[str | None, list[Any]] | None = None
    """The type is ``None`` where no record has the measure, so that the table gets no column."""
    dimension: list[str | None] | None = None
    note: str = ""
    called: str = ""
    """How a refusal calls the type."""

    def frame(self, name: str = "value") -> Any:
        """Make a frame of the library of the column, beside a device, a time and a number."""
        device = [f"d{row}" for row in range(len(self.column))]
        others = {"device": device, "time": [NOW] * len(device), "n": [1.0] * len(device)}
        make = {"pandas": pd.DataFrame, "Polars": pl.DataFrame, "Arrow": pa.table, ARROW_IN_PANDAS: pd.DataFrame}
        return make[self.library](others | {name: self.column})

    @property
    def is_time(self) -> bool:
        return self.measure is not None and self.measure[0] == "TIMESTAMP"

    @property
    def counts(self) -> bool:
        """Whether it may be the time if its unit is said."""
        return self.measure is not None and self.measure[0] == "BIGINT"


ARROW_IN_PANDAS = "pandas with Arrow's types"


def _double(*values: float | None) -> tuple[str, list[Any]]:
    return "DOUBLE", list(values)


def _bigint(*values: int | None) -> tuple[str, list[Any]]:
    return "BIGINT", list(values)


def _texts(*values: str | None) -> dict[str, Any]:
    """Text may be either."""
    return {"measure": ("VARCHAR", list(values)), "dimension": list(values)}


def _integers(*values: int | None) -> dict[str, Any]:
    return {"measure": _bigint(*values), "dimension": [None if value is None else str(value) for value in values]}


def _booleans(*null: None) -> dict[str, Any]:
    return {"measure": ("BOOLEAN", [True, False, *null]), "dimension": ["true", "false", *null]}


def _nothing(length: int) -> dict[str, Any]:
    return {"measure": (None, [None] * length), "dimension": [None] * length, "note": _NULL}


def _moments(*null: None) -> dict[str, Any]:
    return {"measure": ("TIMESTAMP", [MOMENT, MOMENT, *null])}


def _days(*null: None) -> dict[str, Any]:
    return {
        "measure": ("TIMESTAMP", [MIDNIGHT, MIDNIGHT, *null]),
        "dimension": [str(DAY), str(DAY), *null],
        "note": _DATES,
    }


_EXACT = "exact; NaN and infinity are left out"
_WIDENED = "widened exactly, so 0.1 of 32 bits stays 0.10000000149…"
_RANGE = "refused above 2^63-1"
_DECIMAL = "refused where a DOUBLE would lose digits"
_NAIVE = "naive is UTC"
_DATES = "midnight UTC"
_CATEGORIES = "categories that no row has do not count"
_NULL = "left out of every record; the table gets no column"
_PLAIN = "as the plain type behind it"

_TINY16, _HUGE16 = 5.960464477539063e-08, 65504.0
_TINY32, _HUGE32 = 1.401298464324817e-45, 3.4028234663852886e38
_TINY64, _HUGE64 = 5e-324, 1.7976931348623157e308

_SIGNED = {"8": 2**7, "16": 2**15, "32": 2**31, "64": 2**63}
_UNSIGNED = {"8": 2**8, "16": 2**16, "32": 2**32}
_UNITS = ("s", "ms", "us", "ns")


# fmt: off


def _pandas() -> list[Case]:
    def case(dtype: str, values: Any, kind: Any = None, **expected: Any) -> Case:
        return Case("pandas", dtype, pd.Series(values, dtype=kind or dtype), **expected)

    def objects(what: str, *values: Any, **expected: Any) -> Case:
        return case(f"object of {what}", [*values, None], object, **expected)

    zoned = pd.Series([MOMENT, MOMENT, None]).dt.tz_convert("Europe/Berlin")
    return [
        *(case(f"int{bits}", [-size, size - 1], **_integers(-size, size - 1)) for bits, size in _SIGNED.items()),
        *(case(f"uint{bits}", [0, size - 1], **_integers(0, size - 1)) for bits, size in _UNSIGNED.items()),
        case("uint64", [0, LARGEST], **_integers(0, LARGEST), note=_RANGE),
        *(case(f"Int{bits}", [-size, size - 1, None], **_integers(-size, size - 1, None)) for bits, size in _SIGNED.items()),
        *(case(f"UInt{bits}", [0, size - 1, None], **_integers(0, size - 1, None)) for bits, size in _UNSIGNED.items()),
        case("UInt64", [0, LARGEST, None], **_integers(0, LARGEST, None), note=_RANGE),
        objects("int", -(2**63), LARGEST, **_integers(-(2**63), LARGEST, None)),
        case("float16", [_TINY16, _HUGE16, None], measure=_double(_TINY16, _HUGE16, None), note=_WIDENED),
        case("float32", [_TINY32, _HUGE32, None], measure=_double(_TINY32, _HUGE32, None), note=_WIDENED),
        case("Float32", [_TINY32, _HUGE32, None], measure=_double(_TINY32, _HUGE32, None), note=_WIDENED),
        case("float64", [_TINY64, _HUGE64, np.nan], measure=_double(_TINY64, _HUGE64, None), note=_EXACT),
        case("Float64", [1.5, -2.5, None], measure=_double(1.5, -2.5, None), note=_EXACT),
        objects("float", -0.0, np.inf, measure=_double(-0.0, None, None), note=_EXACT),
        objects("Decimal", Decimal("1.25"), Decimal(-2), measure=_double(1.25, -2.0, None), note=_DECIMAL),
        case("bool", [True, False], **_booleans()),
        case("boolean", [True, False, None], **_booleans(None)),
        objects("bool", True, False, **_booleans(None)),
        case("str", ["ä", "b", None], **_texts("ä", "b", None)),
        case("string", ["ä", "b", None], **_texts("ä", "b", None)),
        case("string[python]", ["ä", "b", None], **_texts("ä", "b", None)),
        objects("str", "ä", "b", **_texts("ä", "b", None)),
        case("category of str", ["x", "y", None], pd.CategoricalDtype(["y", "x", "z" * 3000]), **_texts("x", "y", None), note=_CATEGORIES),
        case("category of int", [7, 8, None], pd.CategoricalDtype([9, 8, 7]), **_integers(7, 8, None)),
        case("category of float", [1.5, 2.5, None], "category", measure=_double(1.5, 2.5, None)),
        case("category of bool", [True, False, None], "category", **_booleans(None)),
        *(case(f"datetime64[{unit}]", [NAIVE, NAIVE, None], **_moments(None), note=_NAIVE) for unit in _UNITS),
        *(Case("pandas", f"datetime64[{unit}, Europe/Berlin]", zoned.dt.as_unit(unit), **_moments(None)) for unit in _UNITS),
        objects("datetime", MOMENT, MOMENT, **_moments(None)),
        objects("date", DAY, DAY, **_days(None)),
        objects("None", None, **_nothing(2)),
        *(case(f"timedelta64[{unit}]", [1, 2, None], called=f"duration[{unit}]") for unit in _UNITS),
        objects("time", dt.time(1), dt.time(2), called="time64[us]"),
        Case("pandas", "period", pd.Series(pd.period_range("2026", periods=2, freq="D")), called="period"),
        Case("pandas", "interval", pd.Series(pd.interval_range(0, 2)), called="interval"),
        case("complex128", [1.5, 2j], called="complex128"),
        case("Sparse[float64]", [1.5, 2.5], pd.SparseDtype("float64"), called="Sparse"),
        objects("bytes", b"x", b"y", called="binary"),
        objects("list", [1], [2], called="list<item: int64>"),
        objects("dict", {"x": 1}, {"x": 2}, called="struct<x: int64>"),
        objects("several types", 1, "x", called="str"),
    ]


def _polars() -> list[Case]:
    def case(dtype: Any, values: list[Any], name: str = "", **expected: Any) -> Case:
        return Case("Polars", name or str(dtype), pl.Series(values, dtype=dtype), **expected)

    extension = pl.Series([1, 2, None]).ext.to(pl.Extension("tsframe.tests", pl.Int64))
    return [
        *(case(getattr(pl, f"Int{bits}"), [-size, size - 1, None], **_integers(-size, size - 1, None)) for bits, size in _SIGNED.items()),
        *(case(getattr(pl, f"UInt{bits}"), [0, size - 1, None], **_integers(0, size - 1, None)) for bits, size in _UNSIGNED.items()),
        *(case(dtype, [0, LARGEST, None], **_integers(0, LARGEST, None), note=_RANGE) for dtype in (pl.UInt64, pl.Int128, pl.UInt128)),
        case(pl.Float16, [_TINY16, _HUGE16, None], measure=_double(_TINY16, _HUGE16, None), note=_WIDENED),
        case(pl.Float32, [_TINY32, _HUGE32, None], measure=_double(_TINY32, _HUGE32, None), note=_WIDENED),
        case(pl.Float64, [_TINY64, _HUGE64, float("nan"), float("inf"), -0.0, None], measure=_double(_TINY64, _HUGE64, None, None, -0.0, None), note=_EXACT),
        case(pl.Decimal(10, 2), [Decimal("1.25"), Decimal(-2), None], "Decimal", measure=_double(1.25, -2.0, None), note=_DECIMAL),
        case(pl.Boolean, [True, False, None], **_booleans(None)),
        case(pl.String, ["ä", "b" * 100, None], **_texts("ä", "b" * 100, None)),
        case(pl.Categorical, ["x", "y", None], **_texts("x", "y", None)),
        case(pl.Enum(["y", "x", "z" * 3000]), ["x", "y", None], "Enum", **_texts("x", "y", None), note=_CATEGORIES),
        *(case(pl.Datetime(unit), [NAIVE, NAIVE, None], f"Datetime({unit!r})", **_moments(None), note=_NAIVE) for unit in _UNITS[1:]),
        *(
            Case("Polars", f"Datetime({unit!r}, 'Asia/Tokyo')", pl.Series([MOMENT, MOMENT, None], dtype=pl.Datetime(unit, "UTC")).dt.convert_time_zone("Asia/Tokyo"), **_moments(None))
            for unit in _UNITS[1:]
        ),
        case(pl.Date, [DAY, DAY, None], **_days(None)),
        case(pl.Null, [None, None], **_nothing(2)),
        Case("Polars", "Extension of Int64", extension, **_integers(1, 2, None), note=_PLAIN),
        *(case(pl.Duration(unit), [1, 2, None], f"Duration({unit!r})", called=f"duration[{unit}]") for unit in _UNITS[1:]),
        case(pl.Time, [dt.time(1), dt.time(2), None], called="time64[ns]"),
        case(pl.Binary, [b"x", b"y", None], called="large_binary"),
        case(pl.List(pl.Int64), [[1], [2], None], "List", called="large_list<item: int64>"),
        case(pl.Array(pl.Int64, 1), [[1], [2], None], "Array", called="fixed_size_list<item: int64>[1]"),
        case(pl.Struct({"x": pl.Int64}), [{"x": 1}, {"x": 2}, None], "Struct", called="struct<x: int64>"),
        case(pl.Map(pl.String, pl.Int64), [{"x": 1}, {"x": 2}, None], "Map", called="map<large_string, int64>"),
        case(pl.Object, [object(), object()], called="Python objects"),
    ]


def _arrow() -> list[Case]:
    def case(dtype: pa.DataType, values: list[Any], name: str = "", **expected: Any) -> Case:
        return Case("Arrow", name or str(dtype), pa.array(values, dtype), **expected)

    def categories(of: pa.Array, **expected: Any) -> Case:
        indices = pa.array([0, 1, None], pa.int8())
        return Case("Arrow", f"dictionary of {of.type}", pa.DictionaryArray.from_arrays(indices, of), **expected)

    def extension(type_: pa.DataType, storage: pa.Array) -> Case:
        name = type_.extension_name
        return Case("Arrow", name, pa.ExtensionArray.from_storage(type_, storage), called=name)

    def refused(dtype: pa.DataType, values: list[Any], name: str = "") -> Case:
        return case(dtype, [*values, None], name or str(dtype), called=str(dtype))

    numbers, ends = pa.array([1, 2, None]), pa.array([1, 2, 3], pa.int32())
    tags, children = pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["x", "y"])]
    decimals = (pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(76, 2))
    lists = (pa.list_, pa.large_list, pa.list_view, pa.large_list_view)
    return [
        *(case(getattr(pa, f"int{bits}")(), [-size, size - 1, None], **_integers(-size, size - 1, None)) for bits, size in _SIGNED.items()),
        *(case(getattr(pa, f"uint{bits}")(), [0, size - 1, None], **_integers(0, size - 1, None)) for bits, size in _UNSIGNED.items()),
        case(pa.uint64(), [0, LARGEST, None], **_integers(0, LARGEST, None), note=_RANGE),
        case(pa.float16(), [np.float16(_TINY16), np.float16(_HUGE16), None], measure=_double(_TINY16, _HUGE16, None), note=_WIDENED),
        case(pa.float32(), [_TINY32, _HUGE32, None], measure=_double(_TINY32, _HUGE32, None), note=_WIDENED),
        case(pa.float64(), [_TINY64, _HUGE64, float("nan"), float("inf"), -0.0, None], measure=_double(_TINY64, _HUGE64, None, None, -0.0, None), note=_EXACT),
        *(case(dtype, [Decimal("1.25"), Decimal(-2), None], measure=_double(1.25, -2.0, None), note=_DECIMAL) for dtype in decimals),
        case(pa.bool_(), [True, False, None], **_booleans(None)),
        *(case(dtype, ["ä", "b" * 100, None], **_texts("ä", "b" * 100, None)) for dtype in (pa.string(), pa.large_string(), pa.string_view())),
        *(categories(pa.array(["x", "y", "z" * 3000], dtype), **_texts("x", "y", None), note=_CATEGORIES) for dtype in (pa.string(), pa.large_string(), pa.string_view())),
        categories(pa.array([7, 8]), **_integers(7, 8, None)),
        categories(pa.array([1.5, 2.5]), measure=_double(1.5, 2.5, None)),
        *(case(pa.timestamp(unit), [NAIVE, NAIVE, None], **_moments(None), note=_NAIVE) for unit in _UNITS),
        *(case(pa.timestamp(unit, "America/New_York"), [MOMENT, MOMENT, None], **_moments(None)) for unit in _UNITS),
        *(case(dtype, [DAY, DAY, None], **_days(None)) for dtype in (pa.date32(), pa.date64())),
        case(pa.null(), [None, None], **_nothing(2)),
        *(refused(pa.duration(unit), [1, 2]) for unit in _UNITS),
        *(refused(dtype, [1, 2]) for dtype in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))),
        refused(pa.month_day_nano_interval(), [(1, 2, 3), (1, 2, 3)]),
        *(refused(dtype, [b"x", b"y"]) for dtype in (pa.binary(), pa.large_binary(), pa.binary_view())),
        refused(pa.binary(1), [b"x", b"y"]),
        *(refused(make(pa.int64()), [[1], [2]]) for make in lists),
        refused(pa.list_(pa.int64(), 1), [[1], [2]]),
        refused(pa.struct({"x": pa.int64()}), [{"x": 1}, {"x": 2}]),
        refused(pa.map_(pa.string(), pa.int64()), [[("x", 1)], [("y", 2)]]),
        Case("Arrow", "dense_union", pa.UnionArray.from_dense(tags, pa.array([0, 0], pa.int32()), children), called="dense_union"),
        Case("Arrow", "sparse_union", pa.UnionArray.from_sparse(tags, children), called="sparse_union"),
        Case("Arrow", "run_end_encoded", pa.RunEndEncodedArray.from_arrays(ends, numbers), called="run_end_encoded"),
        extension(pa.bool8(), pa.array([1, 0, None], pa.int8())),
        extension(pa.uuid(), pa.array([uuid.UUID(int=1).bytes, uuid.UUID(int=2).bytes, None], pa.binary(16))),
        extension(pa.json_(), pa.array(["1", "2", None])),
        extension(pa.opaque(pa.int64(), "kind", "vendor"), numbers),
        extension(pa.fixed_shape_tensor(pa.int64(), [1]), pa.array([[1], [2], None], pa.list_(pa.int64(), 1))),
    ]


def _in_pandas(case: Case) -> Case:
    series = pd.Series(pd.arrays.ArrowExtensionArray(case.column))
    return Case(ARROW_IN_PANDAS, case.dtype, series, case.measure, case.dimension, case.note, case.called)


# fmt: on
CASES = [*_pandas(), *_polars(), *_arrow(), *map(_in_pandas, _arrow())]
