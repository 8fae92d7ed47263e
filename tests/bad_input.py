"""Bad input, a case a line: the frame, the options of the write, and what the one error must say."""
# ruff: noqa: E501 - a case reads best on its line

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
GOOD = {"device": ["a", "b"], "time": [NOW, NOW], "temp": [1.0, 2.0]}


def frame(**columns):
    return pl.DataFrame(GOOD | columns)


# fmt: off
BAD = {
    "a column that is not there": (frame(), {"dimensions": "devise"}, "dimensions: no column 'devise'; the frame has ['device', 'time', 'temp']"),
    "two candidate time columns": (frame(seen=[NOW, NOW]), {}, "which column is the time? ['time', 'seen'] hold times: say one, for example time='time'"),
    "a list": (frame(tags=[[1], [2]]), {}, "column 'tags' is large_list<item: int64>, which no measure can hold: explode it into rows, or cast it to text"),
    "a struct": (frame(at=[{"x": 1}, {"x": 2}]), {}, "column 'at' is struct<x: int64>, which no measure can hold: make a column of each of its fields"),
    "an integer above the largest": (
        frame(n=pl.Series([1, 2**63], dtype=pl.UInt64)),
        {},
        "column 'n' is above 9223372036854775807, the largest BIGINT, in row 1 (9223372036854775808): cast the column to text, or to float",
    ),
    "an integer of 128 bits": (frame(n=pl.Series([1, 2**100], dtype=pl.Int128)), {}, "column 'n' holds 1267650600228229401496703205376 in row 1, which no BIGINT"),
    "a decimal that a double would change": (
        frame(n=[Decimal("0.1"), Decimal("12345678901234567890.1")]),
        {},
        "column 'n' holds more digits than a DOUBLE keeps in row 1 (Decimal('12345678901234567890.1')): cast the column to text",
    ),
    "a text over 2,048 bytes": (frame(note=["x", "ü" * 1025]), {"dimensions": "device"}, "column 'note' is longer than 2048 bytes in row 1 ('üüü"),
    "a dimension over 2,048 bytes": (frame(note=["x", "y" * 2049]), {}, "column 'note' is longer than 2048 bytes in row 1"),
    "a dimension named time": (pl.DataFrame({"time": ["x", "y"], "t": [NOW, NOW], "temp": [1.0, 2.0]}), {}, "dimension 'time': 'time' is a name that the service keeps for itself: rename it"),
    "an empty frame": (frame()[:0], {}, "the frame has no rows: there is nothing to write"),
    "a frame of nulls": (frame(temp=[None, None]), {}, "every row of the frame lacks a measure (null, empty, NaN or infinite): there is nothing to write"),
    "a frame of nothing but nulls": (pl.DataFrame({name: [None] for name in GOOD}), {}, "no column holds times; the frame has 'device' (null), 'time' (null), 'temp' (null)"),
    "dimensions of nulls": (frame(device=[None, ""]), {}, "every row of the frame lacks a dimension"),
    "naive times": (frame(time=[NOW.replace(tzinfo=None)] * 2), {"naive": "error"}, "column 'time' has no time zone and naive='error' was said: localize it"),
    "a zone that does not exist": (frame(time=[NOW.replace(tzinfo=None)] * 2), {"naive": "Mars/Base"}, "naive='Mars/Base' is no meaning of times without a zone"),
    "a missing time": (frame(time=[NOW, None]), {}, "column 'time' has no time in row 1: every record needs one"),
    "times as text": (frame(time=["2026-01-01", "x"]), {"time": "time"}, "the time column 'time' is large_string: parse it to a datetime first"),
    "a unit that does not exist": (frame(time=[1, 2]), {"time": ("time", "h")}, "time: 'h' is no unit and no column; the units are 's', 'ms', 'us' and 'ns'"),
    "integers without a unit": (frame(time=[1, 2]), {"time": "time"}, "column 'time' is int64: say what it counts, for example time=('time', 'ms')"),
    "seconds read as milliseconds": (frame(time=[int(NOW.timestamp())] * 2), {"time": ("time", "ms")}, "times in 1970 are usually in a wrong one"),
    "a time before 1970": (frame(time=[NOW, dt.datetime(1969, 12, 31, tzinfo=dt.UTC)]), {}, "column 'time' is outside 1970-01-01 to 2262-04-11, the times that the service takes, in row 1"),
    "rows that repeat another": (frame(device=["a", "a"]), {}, "rows 0, 1 have the same dimensions, measure name and time as another row: say duplicates='last'"),
    "a version of nothing": (frame(), {"version": 0}, "version=0 is no version: it needs 1 to 9223372036854775807"),
    "a version column of nulls": (frame(v=[1, None]), {"version": "v"}, "column 'v' has no version in row 1"),
    "a version that is no column": (frame(), {"version": "newest"}, "version='newest' is neither a number nor 'now' nor a column"),
    "a column in two roles": (frame(), {"dimensions": ["device"], "measures": ["device"]}, "column 'device' was given two roles: a column has one"),
    "no dimension": (pl.DataFrame({"time": [NOW], "temp": [1.0]}), {}, "the frame has no dimension, and a record needs one: say which columns identify a series"),
    "no measure": (pl.DataFrame({"time": [NOW], "device": ["a"]}), {}, "the frame has no measure, and a record needs one"),
    "a float as dimension": (frame(number=[1.0, 2.0]), {"dimensions": ["device", "number"]}, "dimension 'number' is double, and a dimension is text: cast it to text as it should read"),
    "nulls that were forbidden": (frame(temp=[1.0, None]), {"nulls": "error"}, "and the service cannot hold some values (null, empty, NaN, infinite): 'temp' 1"),
    "another type than the table has": (frame(temp=[1, 2]), {}, "measure 'temp' is DOUBLE in table 'iot.sensors' and BIGINT in the frame, and a column keeps its type for ever"),
    "a dimension that is a measure of the table": (pl.DataFrame({"temp": ["x"], "time": [NOW], "n": [1]}), {"dimensions": "temp"}, "'temp' is a measure of table 'iot.sensors', and a dimension of the frame"),
    "a measure that is a dimension of the table": (pl.DataFrame({"room": ["x"], "time": [NOW], "device": [1]}), {"dimensions": "room", "measures": "device"}, "'device' is a dimension of table 'iot.sensors', and a measure of the frame"),
    "a layout that does not exist": (frame(), {"layout": "tall"}, "layout='tall' is none of 'auto', 'wide', 'long', 'packed'"),
    "times before the window": (frame(time=[NOW, NOW - dt.timedelta(days=3)]), {}, "1 of 2 records are outside, the first at"),
    "a time too far ahead": (frame(time=[NOW, NOW + dt.timedelta(hours=1)]), {}, "(row 1): drop these rows, or correct their times"),
    "complex numbers": (pd.DataFrame(GOOD | {"m": [1 + 2j, 3j]}), {}, "column 'm' is complex128, which no measure can hold: make columns of its .real and its .imag"),
    "a sparse column": (pd.DataFrame(GOOD | {"m": pd.arrays.SparseArray([0.0, 1.0])}), {}, "column 'm' is Sparse[float64, nan], which Arrow cannot hold: make it dense with .sparse.to_dense()"),
    "values of several types": (pd.DataFrame(GOOD | {"m": [1, "x"]}), {}, "column 'm' holds values of no common type (object, Could not convert 'x' with type str"),
    "lone surrogates": (pd.DataFrame(GOOD | {"m": pd.Series(["\ud800", "x"], dtype=object)}), {}, "column 'm' holds text with lone surrogates"),
    "labels that are no text": (pd.DataFrame([[NOW, "a", 1.0]], columns=["time", "device", 3]), {}, "column 3 has a label of type int: rename it to text"),
    "labels twice": (pd.DataFrame([[NOW, "a", 1.0, 2.0]], columns=["time", "device", "x", "x"]), {}, "the frame has the column 'x' more than once: rename one of them"),
    "invalid UTF-8": (
        pa.table(GOOD).append_column("m", pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"\xffx")])),
        {"dimensions": "device"},
        "column 'm' holds text that is not UTF-8",
    ),
    "a lazy frame": (frame().lazy(), {}, "has no rows yet: write frame.collect()"),
    "a series": (frame()["temp"], {}, "is one column, not a frame"),
    "no frame at all": (GOOD, {}, "a builtins.dict is not a data frame: pass one of pandas, Polars or pyarrow"),
    "a Polars selector for a pandas frame": (pd.DataFrame(GOOD), {"dimensions": pl.col("device")}, "is a Polars selector, but the frame is a DataFrame: name the columns"),
    "Python objects": (frame(o=pl.Series([object(), object()], dtype=pl.Object)), {}, "column 'o' holds Python objects: cast it to text, numbers or times"),
}
# fmt: on
