"""What the service cannot hold: null, empty text, NaN, infinities. Left out and counted, never dropped in silence."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.frames.libraries import rows_of
from tests.frames.stored import NOW, columns, is_accounted, state, stored, times, types
from tsframe.errors import InvalidFrameError

NAN, INFINITY = float("nan"), float("inf")

# Measures.


def test_numbers_that_cannot_be_stored_are_left_out_of_their_records(ts, frame):
    given = frame({"device": list("abcde"), "time": times(5), "x": [None, NAN, INFINITY, -INFINITY, 2.0], "n": [1] * 5})

    report = ts.write(given, "iot.sensors")

    assert stored(ts, "device", "x", "n") == [
        ("a", None, 1),
        ("b", None, 1),
        ("c", None, 1),
        ("d", None, 1),
        ("e", 2.0, 1),
    ]
    assert (report.left_out, report.ingested, bool(report)) == ({"x": 4}, 5, True)


def test_texts_that_cannot_be_stored_are_left_out_of_their_records(ts, frame):
    given = frame({"device": list("abc"), "time": times(3), "note": [None, "", "y"], "n": [1] * 3})

    report = ts.write(given, "iot.sensors", dimensions="device")

    assert stored(ts, "device", "note", "n") == [("a", None, 1), ("b", None, 1), ("c", "y", 1)]
    assert report.left_out == {"note": 2}


def test_integers_booleans_and_times_that_are_null_are_left_out(ts, frame):
    given = frame(columns(n=[7, None], on=[None, True], seen=[NOW, None], x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", time="time")

    second = int(NOW.timestamp()) * 1_000_000_000
    assert stored(ts, "n", "on", "x") == [(7, None, 1.0), (None, True, 2.0)]
    assert stored(ts, "seen") == [(second,), (None,)]
    assert report.left_out == {"n": 1, "on": 1, "seen": 1}


def test_values_left_out_are_counted_by_column(ts, frame):
    given = frame(columns(x=[NAN, None], y=[None, INFINITY], z=[1.0, 2.0], note=["", "y"]))

    report = ts.write(given, "iot.sensors", dimensions="device")

    assert report.left_out == {"x": 2, "y": 2, "note": 1}
    assert "left out           x 2, y 2, note 1" in repr(report)


def test_a_measure_without_any_value_gives_the_table_no_column(ts, frame):
    ts.write(frame(columns(x=[None, None], y=[1.0, 2.0])), "iot.sensors", dimensions="device")

    assert list(types(ts)) == ["device", "measure_name", "time", "y"]


def test_a_measure_without_any_value_leaves_its_type_to_the_first_one(ts, frame):
    ts.write(frame(columns(x=[None, None], y=[1.0, 2.0])), "iot.sensors", dimensions="device")

    ts.write(pl.DataFrame(columns(x=["p", "q"], y=[1.0, 2.0])), "iot.sensors", dimensions="device", version=2)

    assert types(ts)["x"] == "VARCHAR"


def test_zero_false_and_blank_are_values(ts, frame):
    given = frame(columns(x=[0.0, -0.0], n=[0, 0], on=[False, False], note=[" ", "\t"]))

    report = ts.write(given, "iot.sensors", dimensions="device")

    assert report.left_out == {}
    assert repr(stored(ts, "x", "n", "on", "note")) == "[(0.0, 0, False, ' '), (-0.0, 0, False, '\\t')]"


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["x", None], dtype=object),
        pd.Series(["x", np.nan], dtype=object),
        pd.Series(["x", pd.NA], dtype=object),
        pd.Series(["x", pd.NaT], dtype=object),
        pd.Series(["x", None], dtype="str"),
        pd.Series(["x", None], dtype="string"),
        pd.Series(["x", None], dtype="category"),
        pd.Series(["x", None], dtype=pd.ArrowDtype(pa.string())),
    ],
    ids=["None", "nan", "NA", "NaT", "str", "string", "category", "arrow"],
)
def test_no_missing_value_of_pandas_is_written_as_text(ts, values):
    given = pd.DataFrame(columns(room=values, note=values, x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", dimensions=["device", "room"])

    assert stored(ts, "room", "note") == [("x", "x"), (None, None)]
    assert report.left_out == {"room": 1, "note": 1}


LOOK_ALIKES = ["None", "nan", "NaN", "null", "<NA>", "NaT"]


def test_texts_that_look_like_missing_values_are_texts(ts, frame):
    given = frame({"device": LOOK_ALIKES, "time": times(6), "note": LOOK_ALIKES})

    report = ts.write(given, "iot.sensors", dimensions="device")

    assert stored(ts, "device", "note") == [(text, text) for text in LOOK_ALIKES]
    assert report.left_out == {}


# Dimensions.


def test_a_category_without_any_value_is_left_out(ts):
    given = pd.DataFrame(columns(room=pd.Series([None, None], dtype="category"), x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors")

    assert (report.left_out, report.columns.dimensions, bool(report)) == ({"room": 2}, ("device", "room"), True)


def test_dimensions_that_cannot_be_stored_are_left_out_of_their_series(ts, frame):
    given = frame({"device": list("abc"), "time": times(3), "room": [None, "", "1"], "x": [1.0, 2.0, 3.0]})

    report = ts.write(given, "iot.sensors")

    assert stored(ts, "device", "room", "x") == [("a", None, 1.0), ("b", None, 2.0), ("c", "1", 3.0)]
    assert (report.left_out, bool(report)) == ({"room": 2}, True)


def test_a_series_without_a_dimension_is_the_one_that_never_had_it(ts):
    ts.write(pl.DataFrame(columns(room=[None, ""], x=[1.0, 2.0])), "iot.sensors", dimensions=["device", "room"])

    report = ts.write(pl.DataFrame(columns(x=[3.0, 4.0])), "iot.sensors", version=2)

    assert bool(report)
    assert stored(ts, "device", "x") == [("a", 3.0), ("b", 4.0)]
    assert ts.describe("iot.sensors").series == 2


def test_null_and_empty_text_are_the_same_series(ts):
    given = pl.DataFrame({"device": ["a", "a"], "room": [None, ""], "time": [NOW, NOW], "x": [1.0, 2.0]})

    with pytest.raises(InvalidFrameError, match="rows 0, 1 have the same dimensions, measure name and time"):
        ts.write(given, "iot.sensors")


# Rows of which nothing is left.


def test_a_row_without_a_measure_is_reported(ts, frame):
    given = frame(columns(x=[NAN, 2.0], note=["", "y"]))

    report = ts.write(given, "iot.sensors", dimensions="device")

    (skipped,) = rows_of(report.skipped)
    assert (skipped["device"], skipped["row"], skipped["reason"]) == ("a", 0, "the row has no measure")
    assert (report.rows, report.ingested, report.skipped_rows, bool(report)) == (2, 1, 1, False)
    assert is_accounted(report)
    assert stored(ts, "device") == [("b",)]


def test_a_row_without_a_dimension_is_reported(ts, frame):
    given = frame(columns(x=[1.0, 2.0]) | {"device": ["a", None]})

    report = ts.write(given, "iot.sensors")

    (skipped,) = rows_of(report.skipped)
    assert (skipped["x"], skipped["row"], skipped["reason"]) == (2.0, 1, "the row has no dimension")
    assert (report.ingested, report.skipped_rows, is_accounted(report)) == (1, 1, True)


def test_skipped_rows_come_in_the_library_of_the_frame(ts, frame):
    given = frame(columns(x=[NAN, 2.0]))

    assert type(ts.write(given, "iot.sensors").skipped) is type(given)


def test_a_row_that_is_skipped_twice_over_is_counted_once(ts):
    given = pl.DataFrame(columns(x=[None, 2.0]) | {"device": [None, "b"]})

    report = ts.write(given, "iot.sensors")

    assert report.skipped["reason"].to_list() == ["the row has no dimension"]
    assert (report.skipped_rows, is_accounted(report)) == (1, True)


@pytest.mark.parametrize(
    ("more", "what"),
    [({"x": [NAN, None]}, "measure"), ({"device": ["", None], "x": [1.0, 2.0]}, "dimension")],
)
def test_a_frame_of_which_no_row_is_left_is_refused(ts, frame, more, what):
    before = state(ts)

    with pytest.raises(InvalidFrameError, match=f"every row of the frame lacks a {what} .*: there is nothing to write"):
        ts.write(frame(columns() | more), "iot.sensors", dimensions="device", measures="x")

    assert state(ts) == before


# Where a value must be.


@pytest.mark.parametrize(
    ("column", "roles", "message"),
    [
        ("time", {}, "column 'time' has no time in row 1: every record needs one"),
        (
            "kind",
            {"measure_name": "kind"},
            "column 'kind' names no measure in row 1: every record needs a measure name",
        ),
        ("v", {"version": "v"}, "column 'v' has no version in row 1: every row needs one"),
    ],
)
def test_a_time_a_measure_name_and_a_version_must_be_there(ts, column, roles, message):
    full = pl.DataFrame(columns(kind=["in", "out"], v=[1, 2], x=[1.0, 2.0]))
    given = full.with_columns(pl.when(pl.int_range(pl.len()) == 0).then(pl.col(column)))

    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors", dimensions="device", measures="x", **roles)


def test_an_empty_measure_name_is_none(ts):
    with pytest.raises(InvalidFrameError, match="column 'kind' names no measure in row 0"):
        ts.write(pl.DataFrame(columns(kind=["", "out"], x=[1.0, 2.0])), "iot.sensors", measure_name="kind")


# nulls="error".


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({"x": [None, 2.0]}, "'x' 1"),
        ({"x": [NAN, INFINITY]}, "'x' 2"),
        ({"x": [1.0, 2.0], "note": ["", "y"]}, "'note' 1"),
        ({"x": [1.0, 2.0], "device": ["", "b"]}, "'device' 1"),
        ({"x": [1.0, NAN], "device": [None, "b"], "note": [None, ""]}, "'device' 1, 'x' 1, 'note' 2"),
    ],
)
def test_nulls_can_be_refused(ts, more, counts):
    before = state(ts)

    with pytest.raises(InvalidFrameError, match=f"nulls='error' was said, and .*: {counts}: fill or drop them"):
        ts.write(pl.DataFrame(columns() | more), "iot.sensors", dimensions="device", nulls="error")

    assert state(ts) == before


def test_a_frame_without_nulls_is_written_where_they_are_refused(ts, frame):
    given = frame(columns(x=[1.0, 2.0], price=[Decimal("1.5"), Decimal("2.5")]))

    assert bool(ts.write(given, "iot.sensors", nulls="error"))


def test_nulls_in_a_column_that_is_not_written_do_not_count(ts):
    given = pl.DataFrame(columns(x=[1.0, 2.0], y=[None, NAN]))

    report = ts.write(given, "iot.sensors", dimensions="device", measures="x", nulls="error")

    assert (report.left_out, report.columns.unused) == ({}, ("y",))


def test_a_rule_for_nulls_that_does_not_exist_is_refused(ts):
    with pytest.raises(InvalidFrameError, match="nulls='drop' is none of 'omit', 'error'"):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", nulls="drop")
