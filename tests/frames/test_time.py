"""Times: zones, units, what has no zone; to the nanosecond, and never by the machine's zone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.frames.stored import MARCH, MARCH_NS, SECOND, columns, state, stored
from tsframe.errors import InvalidFrameError

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = timezone(timedelta(hours=5, minutes=30))
NAIVE = MARCH.replace(tzinfo=None)
SCALES = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
LAST = 2**63 - 1
"""2262-04-11T23:47:16.854775807, the last nanosecond that 64 bits can count."""


def at(moments, name="time"):
    """Columns of one device at these moments."""
    return {"device": ["a"] * len(moments), name: moments, "x": [float(row) for row in range(len(moments))]}


def arrow(numbers, unit, zone=None):
    """An Arrow table of one device at these counts of a unit."""
    return pa.table(at(pa.array(numbers, pa.timestamp(unit, zone))))


# Zones.


def test_a_zone_is_converted(ts, frame):
    ts.write(frame(at([MARCH.astimezone(BERLIN)])), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS,)]


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "+05:30", "America/New_York"])
def test_every_kind_of_zone_is_converted(ts, zone):
    ts.write(arrow([MARCH_NS], "ns", zone), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS,)]


def test_times_without_a_zone_are_utc(ts, frame):
    ts.write(frame(at([NAIVE])), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS,)]


def test_times_without_a_zone_can_be_said_to_be_in_one(ts, frame):
    ts.write(frame(at([NAIVE])), "iot.sensors", naive="America/New_York")

    assert stored(ts, "time") == [(MARCH_NS + 5 * 3600 * SECOND,)]


@pytest.mark.parametrize(("zone", "minutes"), [("Europe/Berlin", -60), ("UTC", 0), ("utc", 0), ("+05:30", -330)])
def test_any_zone_can_be_said(ts, zone, minutes):
    ts.write(pl.DataFrame(at([NAIVE])), "iot.sensors", naive=zone)

    assert stored(ts, "time") == [(MARCH_NS + minutes * 60 * SECOND,)]


def test_summer_time_is_that_of_each_moment(ts):
    ts.write(pl.DataFrame(at([datetime(2026, 1, 1), datetime(2026, 7, 1)])), "iot.sensors", naive="Europe/Berlin")

    found = [moment for (moment,) in stored(ts, "time")]
    assert found == [1_767_222_000 * SECOND, 1_782_856_800 * SECOND]


def test_a_zone_for_naive_times_does_not_change_those_that_have_one(ts):
    ts.write(pl.DataFrame(at([MARCH])), "iot.sensors", naive="America/New_York")

    assert stored(ts, "time") == [(MARCH_NS,)]


def test_times_without_a_zone_can_be_refused(ts, frame):
    with pytest.raises(InvalidFrameError, match="column 'when' has no time zone and naive='error' was said: localize"):
        ts.write(frame(at([NAIVE], "when")), "iot.sensors", naive="error")


def test_times_with_a_zone_pass_where_naive_ones_are_refused(ts):
    ts.write(pl.DataFrame(at([MARCH.astimezone(BERLIN)])), "iot.sensors", naive="error")

    assert stored(ts, "time") == [(MARCH_NS,)]


@pytest.mark.parametrize(("moment", "found"), [("2025-10-26T02:30", "ambiguous"), ("2026-03-29T02:30", "nonexistent")])
def test_local_times_that_are_not_one_moment_are_refused(ts, moment, found):
    given = pl.DataFrame(at([datetime(2026, 2, 1), datetime.fromisoformat(moment)], "when"))

    with pytest.raises(
        InvalidFrameError,
        match=f"column 'when' holds times that are {found} in the zone 'Europe/Berlin' in row 1 .*where clocks changed",
    ):
        ts.write(given, "iot.sensors", naive="Europe/Berlin")


def test_a_zone_that_does_not_exist_is_refused(ts):
    with pytest.raises(InvalidFrameError, match="naive='Mars/Base' is no meaning of times without a zone"):
        ts.write(pl.DataFrame(at([NAIVE])), "iot.sensors", naive="Mars/Base")


def test_the_zone_of_naive_times_is_that_of_measures_too(ts):
    given = pl.DataFrame(columns(seen=[NAIVE, NAIVE]))

    ts.write(given, "iot.sensors", time="time", naive="Europe/Berlin")

    assert stored(ts, "seen") == [(MARCH_NS - 3600 * SECOND,)] * 2


def test_naive_measures_can_be_refused_too(ts):
    with pytest.raises(InvalidFrameError, match="column 'seen' has no time zone and naive='error' was said"):
        ts.write(pl.DataFrame(columns(seen=[NAIVE, NAIVE])), "iot.sensors", time="time", naive="error")


def test_a_naive_time_among_zoned_ones_can_be_refused(ts):
    moments = pd.Series([MARCH.astimezone(KOLKATA), NAIVE + timedelta(hours=1)], dtype=object)

    with pytest.raises(InvalidFrameError, match=r"column 'time' .*zone"):
        ts.write(pd.DataFrame(at(moments)), "iot.sensors", naive="error")


def test_objects_of_several_zones_are_each_converted(ts):
    moments = pd.Series([MARCH.astimezone(KOLKATA), (MARCH + timedelta(hours=1)).astimezone(BERLIN)], dtype=object)

    ts.write(pd.DataFrame(at(moments)), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS,), (MARCH_NS + 3600 * SECOND,)]


# The machine's zone.

WRITE_AND_READ = """
import time
from datetime import date, datetime

import pandas as pd
import polars as pl
import pyarrow as pa

import tsframe

moment, day = datetime(2026, 3, 1), date(2026, 3, 1)
with tsframe.connect(":memory:") as ts:
    for name, make in {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}.items():
        table = f"iot.{name}"
        ts.ensure_table(table, memory_store_hours=8766, magnetic_writes=True)
        columns = {"device": ["a"], "time": [moment], "seen": [moment], "day": [day]}
        ts.write(make(columns), table, time="time")
        for backend in ("pandas", "polars", "pyarrow"):
            row = ts.read(table, backend=backend, start=moment)
            row = row.to_dict("records") if backend == "pandas" else row
            row = row.to_dicts() if backend == "polars" else row
            row = row.to_pylist() if backend == "pyarrow" else row
            print(*(row[0][column].isoformat() for column in ("time", "seen", "day")))
print(time.tzname)
"""


def test_the_machines_zone_changes_nothing():
    environment = os.environ | {"TZ": "America/New_York"}

    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", WRITE_AND_READ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    *rows, zone = answer.stdout.splitlines()
    assert answer.stderr == ""
    assert zone == "('EST', 'EDT')"
    assert rows == ["2026-03-01T00:00:00+00:00 2026-03-01T00:00:00+00:00 2026-03-01T00:00:00+00:00"] * 9


# Units.


@pytest.mark.parametrize("unit", SCALES)
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_every_unit_is_kept_exactly(ts, unit, zone):
    counted = 1_772_323_201_002_003_004 // SCALES[unit]

    ts.write(arrow([counted, 0], unit, zone), "iot.sensors")

    assert stored(ts, "time") == [(0,), (counted * SCALES[unit],)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_of_pandas_is_kept_exactly(ts, unit):
    moments = pd.Series([np.datetime64("2026-03-01T00:00:01.002003004", unit)])

    ts.write(pd.DataFrame(at(moments)), "iot.sensors")

    assert stored(ts, "time") == [((1_772_323_201_002_003_004 // SCALES[unit]) * SCALES[unit],)]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_every_unit_of_polars_is_kept_exactly(ts, unit):
    counted = 1_772_323_201_002_003_004 // SCALES[unit]

    ts.write(pl.DataFrame(at([counted])).with_columns(pl.col("time").cast(pl.Datetime(unit))), "iot.sensors")

    assert stored(ts, "time") == [(counted * SCALES[unit],)]


def test_a_nanosecond_tells_two_records_apart(ts):
    ts.write(arrow([MARCH_NS, MARCH_NS + 1], "ns"), "iot.sensors")

    assert stored(ts, "time", "x") == [(MARCH_NS, 0.0), (MARCH_NS + 1, 1.0)]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_nanoseconds_in_a_column_of_python_objects_are_kept(ts, zone):
    moments = pd.Series([pd.Timestamp(MARCH_NS + 1, tz=zone), pd.Timestamp(MARCH_NS + 2, tz=zone)], dtype=object)

    ts.write(pd.DataFrame(at(moments)), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS + 1,), (MARCH_NS + 2,)]


def test_a_date_is_its_midnight_in_utc(ts, frame):
    ts.write(frame(at([date(2026, 3, 1)])), "iot.sensors")

    assert stored(ts, "time") == [(MARCH_NS,)]


# Integers.


@pytest.mark.parametrize("unit", SCALES)
def test_integers_count_the_unit_that_is_said(ts, unit):
    counted = 1_772_323_201_002_003_004 // SCALES[unit]

    ts.write(pl.DataFrame(at([counted], "t")), "iot.sensors", time=("t", unit))

    assert stored(ts, "time") == [(counted * SCALES[unit],)]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_integers_of_any_width_are_times(ts, dtype):
    ts.write(pa.table(at(pa.array([0, 100], dtype), "t")), "iot.sensors", time=("t", "s"))

    assert stored(ts, "time") == [(0,), (100 * SECOND,)]


def test_integers_without_a_unit_are_refused(ts, frame):
    message = r"column 't' is int64: say what it counts, for example time=\('t', 'ms'\)"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(frame(at([1], "t")), "iot.sensors", time="t")


def test_a_unit_that_does_not_exist_is_refused(ts):
    with pytest.raises(InvalidFrameError, match=r"'h' is no unit .*the units are 's', 'ms', 'us' and 'ns'"):
        ts.write(pl.DataFrame(at([1], "t")), "iot.sensors", time=("t", "h"))


def test_a_unit_other_than_that_of_the_datetimes_is_refused(ts):
    message = r"column 'time' is timestamp\[us\], and 'ms' was said to be its unit: leave the unit out"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(pl.DataFrame(at([NAIVE])), "iot.sensors", time=("time", "ms"))


# What is outside.


def test_the_first_nanosecond_of_1970_is_a_time(ts, frame):
    ts.write(frame(at([datetime(1970, 1, 1)])), "iot.sensors")

    assert stored(ts, "time") == [(0,)]


@pytest.mark.parametrize("unit", SCALES)
def test_a_time_before_1970_is_refused_with_its_row(ts, unit):
    with pytest.raises(InvalidFrameError, match=r"column 'time' is outside 1970-01-01 to 2262-04-11, .* in row 1 \("):
        ts.write(arrow([0, -1], unit), "iot.sensors")


def test_integers_before_1970_are_refused(ts, frame):
    with pytest.raises(InvalidFrameError, match=r"column 't' is outside 1970-01-01 to 2262-04-11, .* in row 1 \(-1\)"):
        ts.write(frame(at([0, -1], "t")), "iot.sensors", time=("t", "ms"))


def test_the_last_nanosecond_of_64_bits_is_a_measure(ts):
    given = pa.table(columns(seen=pa.array([LAST, LAST - 1], pa.timestamp("ns"))))

    ts.write(given, "iot.sensors", time="time")

    assert stored(ts, "seen") == [(LAST,), (LAST - 1,)]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_the_last_moment_of_each_unit_is_a_measure(ts, unit):
    last = LAST // SCALES[unit]

    ts.write(pa.table(columns(seen=pa.array([last, 0], pa.timestamp(unit)))), "iot.sensors", time="time")

    assert stored(ts, "seen") == [(last * SCALES[unit],), (0,)]


@pytest.mark.parametrize("role", ["time", "measure"])
@pytest.mark.parametrize(
    "moments",
    [
        pa.array([0, LAST // 10**9 + 1], pa.timestamp("s")),
        pa.array([0, LAST // 10**6 + 1], pa.timestamp("ms", "UTC")),
        pa.array([0, LAST // 10**3 + 1], pa.timestamp("us", "Asia/Tokyo")),
        pa.array([0, LAST], pa.timestamp("s")),
        pa.array([0, LAST], pa.timestamp("us")),
        pa.array([0, LAST], pa.timestamp("ms", "Asia/Tokyo")),
        pa.array([0, 2**31 - 1], pa.date32()),
    ],
    ids=lambda column: f"{column.type} {column.view(pa.int32() if pa.types.is_date32(column.type) else pa.int64())[1]}",
)
def test_a_time_after_2262_is_refused_with_its_row(ts, role, moments):
    given, name = (pa.table(at(moments)), "time") if role == "time" else (pa.table(columns(seen=moments)), "seen")

    with pytest.raises(
        InvalidFrameError, match=rf"column '{name}' is outside 1970-01-01 to 2262-04-11, .* in row 1 \("
    ):
        ts.write(given, "iot.sensors", time="time")


NEVER_IN_PYTHON = """
import sys


class NoPandas:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, NoPandas())

import pyarrow as pa

import tsframe

with tsframe.connect(":memory:") as ts:
    ts.ensure_table("iot.sensors")
    try:
        ts.write(pa.table({"device": ["a"], "t": pa.array([-1], pa.timestamp("ns")), "x": [1.0]}), "iot.sensors")
    except tsframe.errors.InvalidFrameError as error:
        print(error)
"""


def test_nanoseconds_outside_are_shown_without_pandas_too():
    program = [sys.executable, "-W", "error", "-c", NEVER_IN_PYTHON]

    answer = subprocess.run(program, capture_output=True, text=True, check=False)

    assert answer.stderr == ""
    assert "column 't' is outside 1970-01-01 to 2262-04-11" in answer.stdout


# What is no time.


@pytest.mark.parametrize(
    ("moments", "found"),
    [
        (["2026-03-01T00:00:00Z"], "string"),
        ([1.5], "double"),
        ([True], "bool"),
        ([time(12)], "time64"),
        ([timedelta(1)], "duration"),
        ([b"2026"], "binary"),
    ],
)
def test_what_is_no_time_is_refused_with_its_type_and_what_to_do(ts, moments, found):
    with pytest.raises(InvalidFrameError, match=f"the time column 'when' is .*{found}.*: parse it to a datetime first"):
        ts.write(pl.DataFrame(at(moments, "when")), "iot.sensors", time="when")


def test_a_missing_time_is_refused_with_its_rows_and_nothing_is_stored(ts, frame):
    before = state(ts)

    with pytest.raises(InvalidFrameError, match="column 'time' has no time in rows 1, 2: every record needs one"):
        ts.write(frame(at([MARCH, None, None])), "iot.sensors")

    assert state(ts) == before


@pytest.mark.parametrize("naive", [None, "", "Europe/Atlantis", "../etc", 5])
def test_a_zone_that_is_none_is_refused_even_if_no_time_needs_it(ts, naive):
    given = pl.DataFrame(columns(x=[1.0, 2.0])).with_columns(pl.col("time").dt.replace_time_zone("UTC"))

    with pytest.raises(InvalidFrameError, match=r"^naive=.* is no meaning of times without a zone: say 'utc'"):
        ts.write(given, "iot.sensors", naive=naive)
