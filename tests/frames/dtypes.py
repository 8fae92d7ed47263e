"""Every dtype of pandas, Polars and Arrow, with what it becomes: the rows of the tests, and of the table in the docs.

A case has two values and a null. ``measure`` is Timestream's type and the values read back, ``dimension`` the texts read
back; ``None`` means refused.
"""

# ruff: noqa: E501 - a case reads best on its line

from __future__ import annotations

import datetime as dt
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
    measure: tuple[str, list[Any]] | None = None
    dimension: list[str | None] | None = None
    note: str = ""

    def frame(self, name: str = "value") -> Any:
        """Make a frame of the library of the column, beside a device, a time and a number."""
        device = [f"d{row}" for row in range(len(self.column))]
        others = {"device": device, "time": [NOW] * len(device), "n": [1.0] * len(device)}
        make = {"pandas": pd.DataFrame, "Polars": pl.DataFrame, "Arrow": pa.table}[self.library]
        return make(others | {name: self.column})


def _double(*values: float | None) -> tuple[str, list[Any]]:
    return "DOUBLE", list(values)


def _bigint(*values: int | None) -> tuple[str, list[Any]]:
    return "BIGINT", list(values)


def _texts(*values: str | None) -> dict[str, Any]:
    """Text may be either."""
    return {"measure": ("VARCHAR", list(values)), "dimension": list(values)}


def _integers(smallest: int, largest: int, *null: None) -> dict[str, Any]:
    return {
        "measure": _bigint(smallest, largest, *null),
        "dimension": [str(smallest), str(largest), *null],
    }


def _booleans(*null: None) -> dict[str, Any]:
    return {"measure": ("BOOLEAN", [True, False, *null]), "dimension": ["true", "false", *null]}


_EXACT = "exact; NaN and infinity are left out"
_WIDENED = "widened exactly, so 0.1 of 32 bits stays 0.10000000149…"
_RANGE = "refused above 2^63-1"
_DECIMAL = "refused where a DOUBLE would lose digits"
_MOMENTS = "naive is UTC"
_DATES = "midnight UTC"
_CATEGORIES = "categories that no row has do not count"

_TINY32, _HUGE32 = float(np.float32(1e-45)), float(np.finfo(np.float32).max)
_TINY64, _HUGE64 = 5e-324, 1.7976931348623157e308


# fmt: off


def _pandas() -> list[Case]:
    integers = [
        Case("pandas", f"{dtype}", pd.Series([low, high], dtype=dtype), **_integers(low, high))
        for dtype, low, high in (
            ("int8", -(2**7), 2**7 - 1),
            ("int16", -(2**15), 2**15 - 1),
            ("int32", -(2**31), 2**31 - 1),
            ("int64", -(2**63), LARGEST),
            ("uint8", 0, 2**8 - 1),
            ("uint16", 0, 2**16 - 1),
            ("uint32", 0, 2**32 - 1),
        )
    ]
    nullable = [
        Case("pandas", f"{dtype}", pd.Series([low, high, None], dtype=dtype), **_integers(low, high, None))
        for dtype, low, high in (("Int8", -128, 127), ("Int64", -(2**63), LARGEST), ("UInt32", 0, 2**32 - 1))
    ]
    arrow = pd.ArrowDtype
    return [
        *integers,
        Case("pandas", "uint64", pd.Series([0, LARGEST], dtype="uint64"), **_integers(0, LARGEST), note=_RANGE),
        *nullable,
        Case("pandas", "float32", pd.Series([0.5, _TINY32, None], dtype="float32"), _double(0.5, _TINY32, None), note=_WIDENED),
        Case("pandas", "float64", pd.Series([_TINY64, _HUGE64, np.nan]), _double(_TINY64, _HUGE64, None), note=_EXACT),
        Case("pandas", "float64 of infinities", pd.Series([np.inf, -np.inf, -0.0]), _double(None, None, -0.0)),
        Case("pandas", "Float64", pd.Series([1.5, -2.5, None], dtype="Float64"), _double(1.5, -2.5, None)),
        Case("pandas", "bool", pd.Series([True, False]), **_booleans()),
        Case("pandas", "boolean", pd.Series([True, False, None], dtype="boolean"), **_booleans(None)),
        Case("pandas", "str", pd.Series(["ä", "b", None], dtype="str"), **_texts("ä", "b", None)),
        Case("pandas", "string", pd.Series(["ä", "b", None], dtype="string"), **_texts("ä", "b", None)),
        Case("pandas", "object of text", pd.Series(["ä", "b", None], dtype=object), **_texts("ä", "b", None)),
        Case("pandas", "object of bool and None", pd.Series([True, False, None], dtype=object), **_booleans(None)),
        Case(
            "pandas",
            "object of Decimal",
            pd.Series([Decimal("1.25"), Decimal(-2), None], dtype=object),
            _double(1.25, -2.0, None),
            note=_DECIMAL,
        ),
        Case("pandas", "object of date", pd.Series([DAY, DAY, None], dtype=object), ("TIMESTAMP", [MIDNIGHT, MIDNIGHT, None]), [str(DAY), str(DAY), None], _DATES),
        Case("pandas", "category of text", pd.Series(["x", "y", None], dtype=pd.CategoricalDtype(["y", "x", "z"])), **_texts("x", "y", None), note=_CATEGORIES),
        Case("pandas", "category of int", pd.Series([7, 8, 7], dtype="category"), **_integers(7, 8) | {"measure": _bigint(7, 8, 7), "dimension": ["7", "8", "7"]}),
        Case("pandas", "datetime64[s]", pd.Series([NAIVE, NAIVE, None], dtype="datetime64[s]"), ("TIMESTAMP", [MOMENT, MOMENT, None]), note=_MOMENTS),
        Case("pandas", "datetime64[ns]", pd.Series([NAIVE, NAIVE, None], dtype="datetime64[ns]"), ("TIMESTAMP", [MOMENT, MOMENT, None]), note=_MOMENTS),
        Case("pandas", "datetime64[us, Europe/Berlin]", pd.Series([MOMENT, MOMENT, None]).dt.tz_convert("Europe/Berlin"), ("TIMESTAMP", [MOMENT, MOMENT, None])),
        Case("pandas", "timedelta64", pd.Series([dt.timedelta(1), dt.timedelta(2)])),
        Case("pandas", "period", pd.Series(pd.period_range("2026", periods=2, freq="D"))),
        Case("pandas", "interval", pd.Series(pd.interval_range(0, 2))),
        Case("pandas", "object of list", pd.Series([[1], [2]], dtype=object)),
        Case("pandas", "object of bytes", pd.Series([b"x", b"y"], dtype=object)),
        Case("pandas", "int64[pyarrow]", pd.Series([1, 2, None], dtype=arrow(pa.int64())), **_integers(1, 2, None)),
        Case("pandas", "double[pyarrow]", pd.Series([1.5, 2.5, None], dtype=arrow(pa.float64())), _double(1.5, 2.5, None)),
        Case("pandas", "bool[pyarrow]", pd.Series([True, False, None], dtype=arrow(pa.bool_())), **_booleans(None)),
        Case("pandas", "string[pyarrow]", pd.Series(["x", "y", None], dtype=arrow(pa.string())), **_texts("x", "y", None)),
        Case("pandas", "timestamp[ns][pyarrow]", pd.Series([NAIVE, NAIVE, None], dtype=arrow(pa.timestamp("ns"))), ("TIMESTAMP", [MOMENT, MOMENT, None])),
    ]


def _polars() -> list[Case]:
    def series(values: list[Any], dtype: Any) -> pl.Series:
        return pl.Series(values, dtype=dtype)

    integers = [
        Case("Polars", f"{dtype}", series([low, high, None], dtype), **_integers(low, high, None))
        for dtype, low, high in (
            (pl.Int8, -(2**7), 2**7 - 1),
            (pl.Int16, -(2**15), 2**15 - 1),
            (pl.Int32, -(2**31), 2**31 - 1),
            (pl.Int64, -(2**63), LARGEST),
            (pl.UInt8, 0, 2**8 - 1),
            (pl.UInt16, 0, 2**16 - 1),
            (pl.UInt32, 0, 2**32 - 1),
        )
    ]
    large = [
        Case("Polars", f"{dtype}", series([0, LARGEST, None], dtype), **_integers(0, LARGEST, None), note=_RANGE)
        for dtype in (pl.UInt64, pl.Int128, pl.UInt128)
    ]
    moments = [
        Case("Polars", f"Datetime({unit!r})", series([NAIVE, NAIVE, None], pl.Datetime(unit)), ("TIMESTAMP", [MOMENT, MOMENT, None]), note=_MOMENTS)
        for unit in ("ms", "us", "ns")
    ]
    zoned = pl.Series([MOMENT, MOMENT, None], dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone("Asia/Tokyo")
    return [
        *integers,
        *large,
        Case("Polars", "Float16", series([0.5, 65504.0, None], pl.Float16), _double(0.5, 65504.0, None)),
        Case("Polars", "Float32", series([_TINY32, _HUGE32, None], pl.Float32), _double(_TINY32, _HUGE32, None), note=_WIDENED),
        Case("Polars", "Float64", series([_TINY64, _HUGE64, None], pl.Float64), _double(_TINY64, _HUGE64, None), note=_EXACT),
        Case("Polars", "Float64 of NaN and infinity", series([float("nan"), float("inf"), -0.0], pl.Float64), _double(None, None, -0.0)),
        Case("Polars", "Decimal", series([Decimal("1.25"), Decimal(-2), None], pl.Decimal(10, 2)), _double(1.25, -2.0, None), note=_DECIMAL),
        Case("Polars", "Boolean", series([True, False, None], pl.Boolean), **_booleans(None)),
        Case("Polars", "String", series(["ä", "b" * 100, None], pl.String), **_texts("ä", "b" * 100, None)),
        Case("Polars", "Categorical", series(["x", "y", None], pl.Categorical), **_texts("x", "y", None)),
        Case("Polars", "Enum", series(["x", "y", None], pl.Enum(["y", "x", "z" * 3000])), **_texts("x", "y", None), note=_CATEGORIES),
        *moments,
        Case("Polars", "Datetime with a zone", zoned, ("TIMESTAMP", [MOMENT, MOMENT, None])),
        Case("Polars", "Date", series([DAY, DAY, None], pl.Date), ("TIMESTAMP", [MIDNIGHT, MIDNIGHT, None]), [str(DAY), str(DAY), None], _DATES),
        Case("Polars", "Time", series([dt.time(1), dt.time(2)], pl.Time)),
        Case("Polars", "Duration", series([dt.timedelta(1), dt.timedelta(2)], pl.Duration)),
        Case("Polars", "List", series([[1], [2]], pl.List(pl.Int64))),
        Case("Polars", "Array", series([[1], [2]], pl.Array(pl.Int64, 1))),
        Case("Polars", "Struct", series([{"x": 1}, {"x": 2}], pl.Struct({"x": pl.Int64}))),
        Case("Polars", "Binary", series([b"x", b"y"], pl.Binary)),
        Case("Polars", "Object", pl.Series([object(), object()], dtype=pl.Object)),
    ]


def _arrow() -> list[Case]:
    def case(dtype: pa.DataType, values: list[Any], **expected: Any) -> Case:
        return Case("Arrow", str(dtype), pa.array(values, dtype), **expected)

    moments = [
        case(pa.timestamp(unit, zone), [MOMENT if zone else NAIVE, None], measure=("TIMESTAMP", [MOMENT, None]))
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "America/New_York")
    ]
    refused = [
        (pa.list_(pa.int64()), [[1], [2]]),
        (pa.large_list(pa.int64()), [[1], [2]]),
        (pa.list_(pa.int64(), 1), [[1], [2]]),
        (pa.struct({"x": pa.int64()}), [{"x": 1}, {"x": 2}]),
        (pa.map_(pa.string(), pa.int64()), [[("x", 1)], [("y", 2)]]),
        (pa.binary(), [b"x", b"y"]),
        (pa.large_binary(), [b"x", b"y"]),
        (pa.binary(1), [b"x", b"y"]),
        (pa.duration("s"), [1, 2]),
        (pa.time32("s"), [dt.time(1), dt.time(2)]),
        (pa.time64("us"), [dt.time(1), dt.time(2)]),
        (pa.month_day_nano_interval(), [(1, 2, 3), (1, 2, 3)]),
    ]
    return [
        case(pa.int64(), [-(2**63), LARGEST, None], **_integers(-(2**63), LARGEST, None)),
        case(pa.uint64(), [0, LARGEST, None], **_integers(0, LARGEST, None), note=_RANGE),
        case(pa.float16(), [np.float16(0.5), np.float16(2), None], measure=_double(0.5, 2.0, None)),
        case(pa.float32(), [_TINY32, _HUGE32, None], measure=_double(_TINY32, _HUGE32, None), note=_WIDENED),
        case(pa.float64(), [_TINY64, -0.0, None], measure=_double(_TINY64, -0.0, None), note=_EXACT),
        *(
            case(type_, [Decimal("1.25"), Decimal(-2), None], measure=_double(1.25, -2.0, None), note=_DECIMAL)
            for type_ in (pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(76, 2))
        ),
        case(pa.bool_(), [True, False, None], **_booleans(None)),
        *(
            case(type_, ["ä", "b" * 100, None], **_texts("ä", "b" * 100, None))
            for type_ in (pa.string(), pa.large_string(), pa.string_view())
        ),
        Case("Arrow", "dictionary of text, int8", pa.array(["x", "y", None]).cast(pa.dictionary(pa.int8(), pa.string())), **_texts("x", "y", None)),
        Case("Arrow", "dictionary of text, uint32", pa.array(["x", "y", None]).cast(pa.dictionary(pa.uint32(), pa.large_string())), **_texts("x", "y", None)),
        *moments,
        case(pa.date32(), [DAY, None], measure=("TIMESTAMP", [MIDNIGHT, None]), dimension=[str(DAY), None], note=_DATES),
        case(pa.date64(), [DAY, None], measure=("TIMESTAMP", [MIDNIGHT, None]), dimension=[str(DAY), None], note=_DATES),
        *(case(type_, values) for type_, values in refused),
    ]


# fmt: on
CASES = [*_pandas(), *_polars(), *_arrow()]
