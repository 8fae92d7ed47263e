"""A write as a user sees it: bad input, each with one error that names the thing and leaves the store as it was."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tests.bad_input import BAD, GOOD, NOW, frame
from tsframe.errors import InvalidFrameError


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        connection.write(pl.DataFrame(GOOD), "iot.sensors", create=True)
        yield connection


def state(ts):
    return [
        ts.list_databases(backend="pyarrow").to_pylist(),
        ts.list_tables(backend="pyarrow").to_pylist(),
        ts.describe("iot.sensors", backend="pyarrow").columns.to_pylist(),
        sorted(ts.read("iot.sensors", backend="pyarrow").to_pylist(), key=repr),
    ]


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_error_that_names_it_and_the_store_stays_as_it_was(ts, case):
    bad, options, message = BAD[case]
    before = state(ts)

    with pytest.raises(InvalidFrameError) as caught:
        ts.write(bad, "iot.sensors", **options)
    with pytest.raises(InvalidFrameError):
        ts.write(bad, "new.table" if _is_bad_anywhere(case) else "iot.sensors", create=True, **options)

    assert message in str(caught.value)
    assert state(ts) == before


def _is_bad_anywhere(case):
    """Whether a frame is bad for every table, not for this one only."""
    of_the_table = ("of the table", "than the table has", "before the window")
    return not any(part in case for part in of_the_table)


def test_a_measure_name_keeps_its_kind(ts):
    ts.write(frame(), "iot.kinds", layout="long", create=True)
    before = state(ts)

    message = "measure name 'temp' has records of type DOUBLE in table 'iot.kinds', and the frame's are MULTI"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(frame().rename({"temp": "value"}), "iot.kinds", measure_name="temp")

    assert state(ts) == before


def test_a_required_partition_key_is_checked_before(ts):
    ts.create_table("iot.parted", partition_key=tsframe.PartitionKey("room", required=True))

    message = r"table 'iot.parted' is divided by 'room' and needs it in every record \(row 1\)"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(frame(room=["1", None]), "iot.parted")


def test_the_frame_is_not_changed(ts):
    given = pd.DataFrame(GOOD | {"note": ["", None]}, index=pd.Index([7, 8], name="number"))
    copy = given.copy(deep=True)

    ts.write(given, "iot.other", dimensions=["device", "note"], measures="temp", create=True)

    pd.testing.assert_frame_equal(given, copy)
    assert given.attrs == {}


def test_an_index_that_says_something_is_a_column(ts):
    by_time = pd.DataFrame({"device": ["a"], "temp": [1.0]}, index=pd.DatetimeIndex([NOW]))
    by_both = pd.DataFrame({"temp": [1.0]}, index=pd.MultiIndex.from_tuples([("a", NOW)], names=["device", "when"]))
    by_number = pd.DataFrame(GOOD)[1:]

    assert ts.write(by_time, "iot.one", create=True).columns.time == "time"
    assert ts.write(by_both, "iot.two", create=True).columns.dimensions == ("device",)
    assert ts.write(by_number, "iot.three", create=True).columns.measures == ("temp",)


def test_the_machines_zone_changes_nothing(ts, monkeypatch):
    naive = pl.DataFrame({"device": ["a"], "time": [dt.datetime(2026, 7, 1, 12)], "temp": [1.0]})
    ts.ensure_table("iot.zones", magnetic_writes=True)

    ts.write(naive, "iot.zones")
    ts.write(naive.with_columns(device=pl.lit("b")), "iot.zones", naive="America/New_York")

    found = ts.read("iot.zones", backend="polars").sort("device")["time"].dt.to_string("%Y-%m-%dT%H:%M").to_list()
    assert found == ["2026-07-01T12:00", "2026-07-01T16:00"]


@pytest.mark.parametrize(("moment", "what"), [("2026-03-29T02:30", "nonexistent"), ("2026-10-25T02:30", "ambiguous")])
def test_local_times_that_are_not_one_moment_are_refused(ts, moment, what):
    local = pl.DataFrame({"device": ["a"], "time": [dt.datetime.fromisoformat(moment)], "temp": [1.0]})

    with pytest.raises(InvalidFrameError, match="where clocks changed"):
        ts.write(local, "iot.sensors", naive="Europe/Berlin")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_integers_of_every_unit_are_exact(ts, unit):
    ts.ensure_table("iot.units", magnetic_writes=True)
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    counted = 1_780_000_001_002_003_004 // scale

    ts.write(pa.table({"device": ["a"], "t": [counted], "temp": [1.0]}), "iot.units", time=("t", unit))

    assert ts.read("iot.units", backend="polars")["time"].to_physical().to_list() == [counted * scale]


def test_more_than_256_measures_become_several_records(ts):
    measures = {f"m{number:03}": [1.0, None if number > 255 else 2.0] for number in range(600)}
    wide = pl.DataFrame({"device": ["a", "b"], "time": [NOW, NOW]} | measures)

    report = ts.write(wide, "iot.wide", create=True)

    assert (report.rows, report.records, report.ingested) == (2, 4, 2)
    read = ts.read("iot.wide", backend="polars")
    records = sorted(read.select("device", "measure_name").rows())
    assert records == [("a", "wide"), ("a", "wide_2"), ("a", "wide_3"), ("b", "wide")]
    third = read.filter(measure_name="wide_3").select(pl.col("^m\\d+$"))
    assert [name for name in third.columns if third[name].item() is not None] == [
        f"m{number:03}" for number in range(512, 600)
    ]


def test_rows_of_name_and_value_are_single_measure_records(ts):
    long = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "name": ["temp", "humid"], "value": [1.0, 2.0]})

    roles = {"dimensions": "device", "measure_name": "name", "measures": "value"}
    report = ts.write(long, "iot.long", layout="long", create=True, **roles)

    assert report.records == 2
    read = ts.read("iot.long", backend="polars").sort("measure_name")
    assert read.select("measure_name", "measure_value::double").rows() == [("humid", 2.0), ("temp", 1.0)]


def test_single_measure_frames_that_were_read_are_written_again(ts):
    values = frame(count=[1, None])
    ts.write(values, "iot.long", layout="long", create=True)

    for backend in ("pandas", "polars", "pyarrow"):
        again = ts.write(ts.read("iot.long", backend=backend), f"iot.copy_{backend}", create=True)
        assert (again.records, bool(again)) == (3, True)
        copied, original = (ts.read(table, backend="polars") for table in (f"iot.copy_{backend}", "iot.long"))
        assert copied.sort(pl.all()).equals(original.sort(pl.all()))


def test_rows_of_name_and_value_are_packed_into_one_record(ts):
    long = pl.DataFrame(
        {
            "device": ["a", "b", "a", "a"],
            "time": [NOW, NOW, NOW, NOW - dt.timedelta(seconds=1)],
            "name": ["temp", "temp", "humid", "temp"],
            "value": [1.0, 2.0, 3.0, 4.0],
            "v": [1, 5, 7, 1],
        }
    )

    roles = {"dimensions": "device", "measure_name": "name", "measures": "value", "layout": "packed"}
    report = ts.write(long, "iot.packed", version="v", create=True, **roles)

    assert (report.rows, report.records, report.ingested) == (4, 3, 4)
    read = ts.read("iot.packed", backend="polars").sort("device", "time")
    assert set(read["measure_name"]) == {"packed"}
    assert read.select("device", "temp", "humid").rows() == [("a", 4.0, None), ("a", 1.0, 3.0), ("b", 2.0, None)]
    more = long.with_columns(value=pl.col("value") + 1)
    stale = ts.write(more, "iot.packed", version=6, on_rejected="return", **roles)
    assert stale.rejected["row"].to_list() == [0, 2]


@pytest.mark.parametrize(
    ("layout", "options", "message"),
    [
        ("long", {"measures": ["seen"], "time": "time"}, "column 'seen' holds times, which the service takes in multi"),
        (
            "long",
            {"measure_name": "device", "dimensions": "room", "measures": ["temp", "humid"]},
            "takes one column of values",
        ),
        ("packed", {"measures": "temp", "time": "time"}, "takes a column of measure names and one column of values"),
    ],
)
def test_layouts_say_what_they_need(ts, layout, options, message):
    given = frame(seen=[NOW, NOW], room=["1", "2"], humid=[1.0, 2.0])

    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors", layout=layout, **({"time": "time"} | options))


def test_a_row_has_single_or_multi_measures_not_both(ts):
    both = pl.DataFrame({"device": ["a"], "time": [NOW], "measure_value::double": [1.0], "temp": [2.0]})

    with pytest.raises(
        InvalidFrameError, match="row 0 has a value in \\['measure_value::double'\\] and in another measure"
    ):
        ts.write(both, "iot.sensors")
    with pytest.raises(
        InvalidFrameError, match="holds single-measure records of type BIGINT, but it is double: cast it"
    ):
        ts.write(both.rename({"measure_value::double": "measure_value::bigint"}), "iot.sensors")


REPEATED = pl.DataFrame(
    {"device": ["a", "b", "a", "a"], "time": [NOW] * 4, "temp": [1.0, 2.0, 3.0, 4.0], "v": [2, 1, 9, 3]}
)


@pytest.mark.parametrize(
    ("rule", "temp", "skipped"), [("first", 1.0, [2, 3]), ("last", 4.0, [0, 2]), ("version", 3.0, [0, 3])]
)
def test_of_rows_that_repeat_another_the_rule_chooses_one(ts, rule, temp, skipped):
    report = ts.write(REPEATED, "iot.repeated", version="v", duplicates=rule, create=True)

    assert (report.ingested, report.skipped_rows) == (2, 2)
    assert report.skipped["row"].to_list() == skipped
    assert sorted(ts.read("iot.repeated", backend="polars")["temp"]) == sorted([temp, 2.0])


def test_the_highest_version_must_be_one(ts):
    tied = REPEATED.with_columns(v=pl.Series([2, 1, 9, 9]))

    with pytest.raises(InvalidFrameError, match="time and the highest version of row 3 are those of another row"):
        ts.write(tied, "iot.repeated", version="v", duplicates="version", create=True)


def test_the_clock_as_version_lets_the_last_writer_win(ts):
    for temp in (1.0, 2.0, 3.0):
        ts.write(frame(temp=[temp, temp]), "iot.clock", version="now", create=True)

    assert ts.read("iot.clock", backend="polars")["temp"].to_list() == [3.0, 3.0]


def test_what_the_service_cannot_hold_is_left_out_and_counted(ts):
    given = pl.DataFrame(
        {
            "device": ["a", "b", "c", None],
            "room": ["", "1", None, "2"],
            "time": [NOW] * 4,
            "x": [float("nan"), float("inf"), 1.0, 2.0],
            "note": ["", "None", "nan", None],
        }
    )

    report = ts.write(given, "iot.gaps", dimensions=["device", "room"], create=True)

    assert report.left_out == {"device": 1, "room": 2, "x": 2, "note": 2}
    assert report.skipped["reason"].to_list() == ["the row has no measure"]
    read = ts.read("iot.gaps", backend="polars").sort("room", nulls_last=True)
    assert read.select("device", "room", "x", "note").rows() == [
        ("b", "1", None, "None"),
        (None, "2", 2.0, None),
        ("c", None, 1.0, "nan"),
    ]


def test_numbers_and_truths_as_dimensions_are_text(ts):
    given = pl.DataFrame(GOOD | {"id": [7, 8], "on": [True, False], "day": [NOW.date()] * 2}).drop("device")

    ts.write(given, "iot.ids", time="time", dimensions=["id", "on", "day"], create=True)

    read = ts.read("iot.ids", backend="polars").sort("id")
    assert read.select("id", "on", "day").rows() == [("7", "true", str(NOW.date())), ("8", "false", str(NOW.date()))]


def test_single_values_that_repeat_another_are_counted(ts):
    given = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "temp": [1.0, 2.0], "humid": [5.0, None]})

    report = ts.write(given, "iot.singles", layout="long", duplicates="last", create=True)

    assert (report.records, report.ingested, report.left_out) == (2, 2, {"humid": 1, "temp": 1})
    read = ts.read("iot.singles", backend="polars").sort("measure_name")
    assert read["measure_value::double"].to_list() == [5.0, 2.0]
