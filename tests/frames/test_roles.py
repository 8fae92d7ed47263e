"""Which column is what: as said, as remembered, as the table has it, as the type tells."""

from __future__ import annotations

import time as clock
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pytest

from tests.frames.stored import NOW, columns, stored, times, types
from tsframe._model.columns import Columns
from tsframe.errors import InvalidFrameError

CATEGORIES = {
    "pandas category": pd.DataFrame(columns(x=[1.0, 2.0])).astype({"device": "category"}),
    "pandas category of integers": pd.DataFrame(columns(x=[1.0, 2.0]) | {"device": pd.Categorical([7, 8])}),
    "Polars Categorical": pl.DataFrame(columns(x=[1.0, 2.0]), schema_overrides={"device": pl.Categorical}),
    "Polars Enum": pl.DataFrame(columns(x=[1.0, 2.0]), schema_overrides={"device": pl.Enum(["b", "a"])}),
    "Arrow dictionary": pa.table(columns(x=[1.0, 2.0]) | {"device": pa.array(["a", "b"]).dictionary_encode()}),
}
TEXTS = {
    "pandas object": pd.DataFrame(columns(x=[1.0, 2.0])).astype({"device": object}),
    "pandas string": pd.DataFrame(columns(x=[1.0, 2.0])).astype({"device": "string"}),
    "Arrow string": pa.table(columns(x=[1.0, 2.0])),
    "Arrow large_string": pa.table(columns(x=[1.0, 2.0]) | {"device": pa.array(["a", "b"], pa.large_string())}),
    "Arrow string_view": pa.table(columns(x=[1.0, 2.0]) | {"device": pa.array(["a", "b"], pa.string_view())}),
}


# What is not said.


def test_what_is_not_said_is_told_by_the_types(ts, frame):
    given = frame(columns(temp=[1.5, 2.5], count=[1, 2], on=[True, False]))

    report = ts.write(given, "iot.sensors")

    assert report.columns == Columns("time", ("device",), ("temp", "count", "on"), "sensors")


@pytest.mark.parametrize("given", (CATEGORIES | TEXTS).values(), ids=CATEGORIES | TEXTS)
def test_text_and_categories_are_dimensions(ts, given):
    report = ts.write(given, "iot.sensors")

    assert (report.columns.dimensions, report.columns.measures) == (("device",), ("x",))


def test_a_column_of_one_datetime_is_the_time_whatever_its_name(ts, frame):
    given = frame({"when": times(2), "device": ["a", "b"], "x": [1.0, 2.0]})

    assert ts.write(given, "iot.sensors").columns.time == "when"


def test_two_columns_that_may_be_the_time_are_listed(ts, frame):
    given = frame(columns(seen=times(2), x=[1.0, 2.0]))

    with pytest.raises(InvalidFrameError, match=r"which column is the time\? \['time', 'seen'\] hold times: say one"):
        ts.write(given, "iot.sensors")


def test_beside_a_stated_time_further_datetimes_are_measures(ts, frame):
    given = frame(columns(seen=times(2), x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", time="time")

    assert report.columns.measures == ("seen", "x")
    assert types(ts)["seen"] == "TIMESTAMP"


def test_a_date_is_the_time_where_there_is_no_datetime(ts, frame):
    given = frame({"device": ["a"], "day": [date(2026, 3, 1)], "x": [1.0]})

    assert ts.write(given, "iot.sensors").columns.time == "day"


def test_a_date_beside_a_datetime_is_a_measure(ts, frame):
    given = frame(columns(day=[date(2026, 3, 1)] * 2))

    report = ts.write(given, "iot.sensors")

    assert (report.columns.time, report.columns.measures) == ("time", ("day",))


def test_two_dates_that_may_be_the_time_are_listed(ts):
    given = pl.DataFrame({"device": ["a"], "day": [date(2026, 3, 1)], "due": [date(2026, 4, 1)], "x": [1.0]})

    with pytest.raises(InvalidFrameError, match=r"which column is the time\? \['day', 'due'\] hold times"):
        ts.write(given, "iot.sensors")


def test_a_frame_without_times_is_told_what_it_has_and_what_to_do(ts):
    given = pl.DataFrame({"device": ["a"], "t": [1], "x": [1.0]})

    with pytest.raises(InvalidFrameError, match=r"no column holds times; .*'t' \(int64\).*time=\('t', 'ms'\)"):
        ts.write(given, "iot.sensors")


def test_a_text_column_called_measure_name_holds_measure_names(ts, frame):
    given = frame(columns(measure_name=["indoor", "outdoor"], x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors")

    assert report.columns == Columns("time", ("device",), ("x",), "measure_name", measure_name_is_column=True)
    assert stored(ts, "device", "measure_name") == [("a", "indoor"), ("b", "outdoor")]


def test_without_a_measure_name_the_table_gives_its_own(ts):
    ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors")

    assert stored(ts, "measure_name") == [("sensors",), ("sensors",)]


# What is said.


def test_roles_are_said_by_name(ts, frame):
    given = frame(columns(seen=times(2), id=[7, 8], note=["x", "y"], x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", time="seen", dimensions="id", measures="note")

    assert report.columns == Columns("seen", ("id",), ("note",), "sensors", unused=("device", "time", "x"))
    assert stored(ts, "id", "note") == [("7", "x"), ("8", "y")]


def test_roles_are_said_by_lists(ts, frame):
    given = frame(columns(id=[7, 8], x=[1.0, 2.0], y=[3, 4]))

    report = ts.write(given, "iot.sensors", time=["time"], dimensions=["id", "device"], measures=["y", "x"])

    assert report.columns == Columns("time", ("id", "device"), ("y", "x"), "sensors")


def test_roles_are_said_by_polars_selectors(ts):
    given = pl.DataFrame(columns(room=["1", "2"], x=[1.0, 2.0], y=[3.0, 4.0], n=[1, 2]))

    report = ts.write(given, "iot.sensors", time=cs.datetime(), dimensions=cs.string(), measures=cs.float())

    assert report.columns == Columns("time", ("device", "room"), ("x", "y"), "sensors", unused=("n",))


def test_the_measure_name_is_said_by_a_polars_expression(ts):
    given = pl.DataFrame(columns(kind=["indoor", "outdoor"], x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", measure_name=pl.col("kind"))

    assert (report.columns.measure_name, report.columns.measure_name_is_column) == ("kind", True)


def test_the_version_is_said_by_a_polars_selector(ts):
    given = pl.DataFrame(columns(x=[1.0, 2.0], v=[3, 4]))

    report = ts.write(given, "iot.sensors", version=cs.by_name("v"))

    assert (report.columns.version, report.columns.measures) == ("v", ("x",))


def test_integers_are_the_time_if_their_unit_is_said_by_a_selector_too(ts):
    given = pl.DataFrame({"device": ["a"], "t": [int(NOW.timestamp())], "x": [1.0]})

    report = ts.write(given, "iot.sensors", time=(cs.integer(), "s"))

    assert (report.columns.time, report.columns.time_unit) == ("t", "s")


def test_a_selector_of_several_columns_is_not_the_time(ts):
    given = pl.DataFrame(columns(seen=times(2), x=[1.0, 2.0]))

    with pytest.raises(InvalidFrameError, match=r"time is one column, but \['time', 'seen'\] were given"):
        ts.write(given, "iot.sensors", time=cs.temporal())


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table])
def test_a_selector_is_for_polars_frames_only(ts, make):
    with pytest.raises(InvalidFrameError, match=r"is a Polars selector, but the frame is a .*: name the columns"):
        ts.write(make(columns(x=[1.0, 2.0])), "iot.sensors", dimensions=cs.string())


def test_integers_are_the_time_if_their_unit_is_said(ts, frame):
    given = frame({"device": ["a", "b"], "t": [1_772_323_200_001, 1_772_323_200_002], "x": [1.0, 2.0]})

    report = ts.write(given, "iot.sensors", time=("t", "ms"))

    assert (report.columns.time, report.columns.time_unit, report.columns.measures) == ("t", "ms", ("x",))
    assert stored(ts, "time") == [(1_772_323_200_001_000_000,), (1_772_323_200_002_000_000,)]


def test_a_measure_name_that_is_no_column_is_the_name_of_every_record(ts, frame):
    report = ts.write(frame(columns(x=[1.0, 2.0])), "iot.sensors", measure_name="climate")

    assert (report.columns.measure_name, report.columns.measure_name_is_column) == ("climate", False)
    assert stored(ts, "measure_name") == [("climate",), ("climate",)]


def test_a_measure_name_that_is_a_column_gives_each_row_its_own(ts, frame):
    report = ts.write(
        frame(columns(climate=["indoor", "outdoor"], x=[1.0, 2.0])), "iot.sensors", measure_name="climate"
    )

    assert (report.columns.measure_name_is_column, report.columns.dimensions) == (True, ("device",))
    assert stored(ts, "device", "measure_name") == [("a", "indoor"), ("b", "outdoor")]


@pytest.mark.parametrize("version", [1, 7, 2**63 - 1])
def test_a_version_is_a_number(ts, version):
    given = pl.DataFrame(columns(x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", version=version)

    assert report.columns.version == version


def test_a_version_is_a_column(ts, frame):
    ts.write(frame(columns(x=[1.0, 2.0])), "iot.sensors", version=5)

    report = ts.write(
        frame(columns(x=[3.0, 4.0], v=[4, 6])), "iot.sensors", version="v", on_rejected="return", measures="x"
    )

    assert (report.columns.version, report.rejected_rows) == ("v", 1)
    assert stored(ts, "device", "x") == [("a", 1.0), ("b", 4.0)]


def test_the_version_now_is_the_clock_in_nanoseconds(ts):
    before = clock.time_ns()

    report = ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", version="now")

    assert before <= report.columns.version <= clock.time_ns()


def test_a_column_called_now_wins_over_the_clock(ts):
    report = ts.write(pl.DataFrame(columns(x=[1.0, 2.0], now=[3, 4])), "iot.sensors", version="now")

    assert report.columns.version == "now"


@pytest.mark.parametrize("version", [0, -1, 2**63, True])
def test_a_number_that_is_no_version_is_refused(ts, version):
    with pytest.raises(InvalidFrameError, match=f"version={version} is no version: it needs 1 to 9223372036854775807"):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", version=version)


def test_a_word_that_is_no_version_is_refused_with_the_frames_columns(ts):
    message = r"version='newest' is neither a number nor 'now' nor a column; the frame has \['device', 'time', 'x'\]"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", version="newest")


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ([1, 0], r"column 'v' holds no version in row 1 \(0\): a version is 1 to 9223372036854775807"),
        ([1, -5], r"column 'v' holds no version in row 1 \(-5\)"),
        ([1.0, 2.0], "the version column 'v' is double: it needs integers"),
        (["1", "2"], "the version column 'v' is .*string.*: it needs integers"),
    ],
)
def test_a_column_that_holds_no_versions_is_refused(ts, versions, message):
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0], v=versions)), "iot.sensors", version="v")


# What cannot be.


@pytest.mark.parametrize(
    "roles", [{"time": "temp"}, {"time": ("temp", "s")}, {"dimensions": ["device", "temp"]}, {"measures": "temp"}]
)
def test_a_column_that_is_not_there_is_told_with_those_that_are(ts, frame, roles):
    with pytest.raises(InvalidFrameError, match=r": no column 'temp'; the frame has \['device', 'time', 'x'\]"):
        ts.write(frame(columns(x=[1.0, 2.0])), "iot.sensors", **roles)


@pytest.mark.parametrize(
    "roles",
    [
        {"time": "x", "measures": "x"},
        {"dimensions": "x", "measures": ["x"]},
        {"dimensions": "x", "version": "x"},
        {"measures": "x", "version": "x"},
        {"dimensions": "x", "measure_name": "x"},
        {"time": ("x", "s"), "version": "x"},
    ],
)
def test_a_column_in_two_roles_is_refused(ts, roles):
    with pytest.raises(InvalidFrameError, match="column 'x' was given two roles: a column has one"):
        ts.write(pl.DataFrame(columns(x=[1, 2])), "iot.sensors", **roles)


@pytest.mark.parametrize("words", [5, [5], [None], 1.5])
def test_what_names_no_column_is_refused(ts, words):
    with pytest.raises(InvalidFrameError, match="is no column name: give a name, a list of names or a Polars selector"):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", dimensions=words)


def test_a_frame_without_a_dimension_is_told_what_to_do(ts):
    with pytest.raises(
        InvalidFrameError, match="the frame has no dimension, and a record needs one: say which columns"
    ):
        ts.write(pl.DataFrame({"time": times(2), "x": [1.0, 2.0]}), "iot.sensors")


def test_a_frame_without_a_measure_is_told_what_to_do(ts):
    with pytest.raises(InvalidFrameError, match="the frame has no measure, and a record needs one: say which columns"):
        ts.write(pl.DataFrame(columns()), "iot.sensors")


# What is left.


def test_with_dimensions_said_all_others_are_measures(ts):
    report = ts.write(pl.DataFrame(columns(note=["x", "y"], n=[1, 2])), "iot.sensors", dimensions="device")

    assert (report.columns.measures, report.columns.unused) == (("note", "n"), ())


def test_with_measures_said_other_text_is_dimensions_and_the_rest_is_not_written(ts):
    report = ts.write(pl.DataFrame(columns(room=["1", "2"], n=[1, 2], x=[1.0, 2.0])), "iot.sensors", measures="x")

    assert report.columns == Columns("time", ("device", "room"), ("x",), "sensors", unused=("n",))


def test_columns_that_are_not_written_are_in_the_report_and_not_in_the_table(ts, frame):
    given = frame(columns(note=["x", "y"], n=[1, 2], x=[1.0, 2.0]))

    report = ts.write(given, "iot.sensors", dimensions="device", measures="x")

    assert report.columns.unused == ("note", "n")
    assert "not written   'note', 'n'" in repr(report)
    assert list(types(ts)) == ["device", "measure_name", "time", "x"]


# What is remembered.


def written(ts):
    """A table in which nothing can be guessed by type: a measure of text, one of times, a measure name column."""
    given = pl.DataFrame(columns(kind=["in", "out"], note=["x", "y"], seen=times(2), n=[1, 2]))
    ts.write(
        given, "iot.sensors", time="time", dimensions="device", measure_name="kind", measures=["note", "seen", "n"]
    )
    return Columns("time", ("device",), ("note", "seen", "n"), "measure_name", measure_name_is_column=True)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_frame_that_was_read_remembers_its_roles(ts, backend):
    roles = written(ts)

    report = ts.write(ts.read("iot.sensors", backend=backend), "iot.copy", create=True)

    assert report.columns == roles
    assert stored(ts, table="iot.copy") == stored(ts)


@pytest.mark.parametrize("backend", ["pandas", "pyarrow"])
def test_a_frame_derived_from_one_that_was_read_remembers_too(ts, backend):
    roles = written(ts)
    read = ts.read("iot.sensors", backend=backend)
    derived = read[read["n"] > 1] if backend == "pandas" else read.filter(pa.compute.field("n") > 1)

    report = ts.write(derived, "iot.copy", create=True)

    assert (report.columns, report.rows) == (roles, 1)


def test_a_filtered_polars_frame_gets_its_roles_from_the_table_it_is_written_back_to(ts):
    roles = written(ts)
    filtered = ts.read("iot.sensors", backend="polars").filter(pl.col("n") > 1)

    report = ts.write(filtered, "iot.sensors")

    assert (report.columns, bool(report)) == (roles, True)


def test_a_table_tells_the_roles_of_the_columns_that_it_has(ts):
    ts.write(
        pl.DataFrame(columns(note=["x", "y"], id=[7, 8])), "iot.sensors", dimensions=["device", "id"], measures="note"
    )

    report = ts.write(pl.DataFrame(columns(note=["z", "z"], id=[7, 8])), "iot.sensors", version=2)

    assert report.columns == Columns("time", ("device", "id"), ("note",), "sensors", version=2)


def test_what_is_said_wins_over_what_is_remembered(ts):
    written(ts)
    read = ts.read("iot.sensors", backend="pandas")

    report = ts.write(read, "iot.copy", dimensions=["device", "note"], measures="n", measure_name="all", create=True)

    assert (report.columns.dimensions, report.columns.measures) == (("device", "note"), ("n",))
    assert (report.columns.measure_name, report.columns.unused) == ("all", ("measure_name", "seen"))


# The index of pandas.


def test_a_named_index_level_is_a_column(ts):
    given = pd.DataFrame(
        {"x": [1.0, 2.0]}, index=pd.MultiIndex.from_arrays([["a", "b"], times(2)], names=["device", "at"])
    )

    report = ts.write(given, "iot.sensors")

    assert report.columns == Columns("at", ("device",), ("x",), "sensors")
    assert stored(ts, "device", "x") == [("a", 1.0), ("b", 2.0)]


def test_an_unnamed_datetime_index_is_the_column_time(ts):
    given = pd.DataFrame({"device": ["a", "b"], "x": [1.0, 2.0]}, index=pd.DatetimeIndex(times(2)))

    assert ts.write(given, "iot.sensors").columns == Columns("time", ("device",), ("x",), "sensors")


def test_two_unnamed_levels_of_times_are_no_guess(ts):
    levels = pd.MultiIndex.from_arrays([times(2), times(2)[::-1]])
    given = pd.DataFrame({"device": ["a", "b"], "x": [1.0, 2.0]}, index=levels)

    with pytest.raises(InvalidFrameError, match="time"):
        ts.write(given, "iot.sensors")


@pytest.mark.parametrize("index", [[7, 8], ["x", "y"]])
def test_an_unnamed_index_of_anything_else_is_no_column(ts, index):
    given = pd.DataFrame(columns(x=[1.0, 2.0]), index=index)

    assert ts.write(given, "iot.sensors").columns == Columns("time", ("device",), ("x",), "sensors")


def test_a_named_integer_index_can_be_a_dimension(ts):
    given = pd.DataFrame({"time": times(2), "x": [1.0, 2.0]}, index=pd.Index([7, 8], name="id"))

    report = ts.write(given, "iot.sensors", dimensions="id")

    assert report.columns.dimensions == ("id",)
    assert stored(ts, "id") == [("7",), ("8",)]


# The frame stays.


def test_a_pandas_frame_is_not_changed(ts):
    given = pd.DataFrame({"device": ["a", None], "x": [1.0, float("nan")]}, index=pd.DatetimeIndex(times(2)))
    given["kind"] = pd.Categorical(["in", "out"])
    given.attrs["mine"] = 1
    copy = given.copy(deep=True)

    ts.write(given, "iot.sensors", measure_name="kind")

    pd.testing.assert_frame_equal(given, copy)
    assert given.attrs == {"mine": 1}


def test_a_polars_frame_is_not_changed(ts):
    given = pl.DataFrame(columns(x=[1.0, float("nan")], n=[1, None]), schema_overrides={"n": pl.Int128})
    copy = given.clone()

    ts.write(given, "iot.sensors")

    assert given.schema == copy.schema
    assert given.equals(copy)


def test_an_arrow_table_is_not_changed(ts):
    given = pa.table(columns(x=[1.0, None])).replace_schema_metadata({"mine": "1"})
    copy = pa.Table.from_arrays(given.columns, schema=given.schema)

    ts.write(given, "iot.sensors")

    assert given.equals(copy, check_metadata=True)


def test_a_version_is_an_integer_of_any_kind(ts):
    assert ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", version=np.int64(5)).columns.version == 5
