"""Reading and describing tables: what part, which types, in which library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tsframe.errors import InvalidFrameError, ResourceNotFoundError, ValidationError

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
NANOSECONDS = 1_772_323_200_000_000_000


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        connection.ensure_table("iot.sensors", magnetic_writes=True)
        yield connection


@pytest.fixture
def filled(ts):
    """Four rows, an hour apart, of two devices."""
    ts.write(
        pl.DataFrame(
            {
                "device": ["a", "b", "a", "b"],
                "time": [MIDNIGHT + timedelta(hours=hour) for hour in range(4)],
                "temp": [0.0, 1.0, 2.0, 3.0],
            }
        ),
        "iot.sensors",
    )
    return ts


def temps(ts, **part):
    return sorted(ts.read("iot.sensors", backend="pyarrow", **part)["temp"].to_pylist())


@pytest.mark.parametrize(
    "start",
    [
        MIDNIGHT + timedelta(hours=2),
        datetime(2026, 3, 1, 2),
        "2026-03-01T02:00:00Z",
        "2026-03-01 02:00",
        "2026-03-01T03:00:00+01:00",
        np.datetime64("2026-03-01T02"),
        pd.Timestamp("2026-03-01T02", tz="UTC"),
    ],
)
def test_a_start_is_read_and_an_end_is_not(filled, start):
    assert temps(filled, start=start) == [2.0, 3.0]
    assert temps(filled, end=start) == [0.0, 1.0]


def test_a_date_is_its_midnight_in_utc(filled):
    assert temps(filled, start=date(2026, 3, 1), end=date(2026, 3, 2)) == [0.0, 1.0, 2.0, 3.0]
    assert temps(filled, end="2026-03-01") == []


def test_nanoseconds_of_a_bound_count(ts):
    times = pa.array([NANOSECONDS + 1, NANOSECONDS + 2]).cast(pa.timestamp("ns", "UTC"))
    ts.write(pa.table({"device": ["a", "a"], "time": times, "temp": [1.0, 2.0]}), "iot.sensors")

    assert temps(ts, start=pd.Timestamp(NANOSECONDS + 2, tz="UTC")) == [2.0]
    assert temps(ts, end=np.datetime64(NANOSECONDS + 2, "ns")) == [1.0]


@pytest.mark.parametrize("moment", ["yesterday", 5, None])
def test_what_is_no_time_is_refused_or_no_bound(filled, moment):
    if moment is None:
        assert len(temps(filled, start=moment)) == 4
    else:
        with pytest.raises(InvalidFrameError, match="is no time"):
            filled.read("iot.sensors", start=moment)


def test_columns_come_in_the_order_asked_for(filled):
    assert filled.read("iot.sensors", columns=["temp", "device"], backend="polars").columns == ["temp", "device"]
    assert filled.read("iot.sensors", columns="time", backend="polars").columns == ["time"]


def test_dimension_values_choose_rows(filled):
    assert temps(filled, where={"device": "a"}) == [0.0, 2.0]
    assert temps(filled, where={"device": ["a", "b"]}) == [0.0, 1.0, 2.0, 3.0]
    assert temps(filled, where={"device": "a' or '1'='1"}) == []
    assert temps(filled, where={"device": []}) == []
    assert temps(filled, where={"device": "b", "measure_name": "sensors"}) == [1.0, 3.0]


def test_what_is_not_there_is_named(filled):
    with pytest.raises(ValidationError, match="no column humid; it has device, measure_name, time, temp"):
        filled.read("iot.sensors", columns=["humid"])
    with pytest.raises(ValidationError, match="no column room"):
        filled.read("iot.sensors", where={"room": "1"})
    with pytest.raises(ValidationError, match="names a measure"):
        filled.read("iot.sensors", where={"temp": "1"})
    with pytest.raises(ValidationError, match="no column of the table sensors was selected"):
        filled.read("iot.sensors", columns=[])
    with pytest.raises(ResourceNotFoundError, match="The table nope does not exist"):
        filled.read("iot.nope")


VALUES = pa.table(
    {
        "device": pa.array(["a", "b"]),
        "time": pa.array([NANOSECONDS + 1, NANOSECONDS + 2]).cast(pa.timestamp("ns", "UTC")),
        "double": pa.array([0.1, None]),
        "bigint": pa.array([2**53 + 1, None], pa.int64()),
        "boolean": pa.array([None, True]),
        "text": pa.array(["None", "nan"]),
        "moment": pa.array([NANOSECONDS + 7, None]).cast(pa.timestamp("ns", "UTC")),
    }
)
ROLES = {"dimensions": "device", "time": "time"}


@pytest.mark.parametrize("rows", [2, 0])
def test_pandas_types_do_not_depend_on_the_values(ts, rows):
    ts.write(VALUES, "iot.sensors", **ROLES)

    frame = ts.read("iot.sensors", end=None if rows else MIDNIGHT - timedelta(days=1), backend="pandas")

    assert len(frame) == rows
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "device": "str",
        "measure_name": "str",
        "time": "datetime64[ns, UTC]",
        "double": "float64",
        "bigint": "Int64",
        "boolean": "boolean",
        "text": "str",
        "moment": "datetime64[ns, UTC]",
    }


def test_values_come_back_exactly(ts):
    ts.write(VALUES, "iot.sensors", **ROLES)

    frame = ts.read("iot.sensors", backend="polars").sort("time")

    assert frame.schema == {
        "device": pl.String,
        "measure_name": pl.String,
        "time": pl.Datetime("ns", "UTC"),
        "double": pl.Float64,
        "bigint": pl.Int64,
        "boolean": pl.Boolean,
        "text": pl.String,
        "moment": pl.Datetime("ns", "UTC"),
    }
    assert frame["bigint"].to_list() == [9007199254740993, None]
    assert frame["text"].to_list() == ["None", "nan"]
    assert frame["time"].to_physical().to_list() == [NANOSECONDS + 1, NANOSECONDS + 2]
    assert frame["moment"].to_physical().to_list() == [NANOSECONDS + 7, None]


def test_pyarrow_tables_have_plain_types(ts):
    ts.write(VALUES, "iot.sensors", **ROLES)

    assert ts.read("iot.sensors", backend="pyarrow").schema.types == [
        pa.string(),
        pa.string(),
        pa.timestamp("ns", "UTC"),
        pa.float64(),
        pa.int64(),
        pa.bool_(),
        pa.string(),
        pa.timestamp("ns", "UTC"),
    ]


def test_an_empty_table_reads_as_its_two_fixed_columns(ts):
    assert ts.read("iot.sensors", backend="polars").schema == {
        "measure_name": pl.String,
        "time": pl.Datetime("ns", "UTC"),
    }


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_frame_that_was_read_can_be_written_to_another_table_without_naming_roles(ts, backend):
    ts.write(VALUES, "iot.sensors", **ROLES)
    frame = ts.read("iot.sensors", backend=backend)

    report = ts.write(frame, "iot.copy", create=True)

    assert report.columns.dimensions == ("device",)
    assert report.columns.measures == ("double", "bigint", "boolean", "text", "moment")
    assert (
        ts.read("iot.copy", backend="polars").sort("time").equals(ts.read("iot.sensors", backend="polars").sort("time"))
    )


def test_a_reader_can_be_written_too(ts):
    ts.write(VALUES, "iot.sensors", **ROLES)

    report = ts.write(ts.read_batches("iot.sensors"), "iot.copy", create=True)

    assert report.columns.measures == ("double", "bigint", "boolean", "text", "moment")


def test_batches_stream_what_read_gives(ts):
    rows = 300_000
    times = pa.array(np.arange(rows) + NANOSECONDS).cast(pa.timestamp("ns"))
    ts.write(pa.table({"device": ["a"] * rows, "time": times, "temp": np.arange(rows)}), "iot.sensors")

    with ts.read_batches("iot.sensors", columns=["temp"]) as reader:
        lengths, total = [], 0
        for batch in reader:
            lengths.append(len(batch))
            total += sum(batch["temp"].to_pylist())

    assert (sum(lengths), total) == (rows, rows * (rows - 1) // 2)
    assert len(lengths) > 1


def test_a_table_is_described_with_its_contents(filled):
    found = filled.describe("iot.sensors", backend="polars")

    assert (found.rows, found.series, found.memory_store, found.magnetic_store) == (4, 2, 0, 4)
    assert (found.first_time, found.last_time) == (MIDNIGHT, MIDNIGHT + timedelta(hours=3))
    assert found.columns.rows() == [
        ("device", "VARCHAR", "dimension"),
        ("measure_name", "VARCHAR", "measure_name"),
        ("time", "TIMESTAMP", "time"),
        ("temp", "DOUBLE", "measure"),
    ]
    assert "rows         4: 0 memory store, 4 magnetic store" in repr(found)
    assert found._repr_html_().startswith('<table class="tsframe-description">')


def test_an_empty_table_is_described(ts):
    found = ts.describe("iot.sensors", backend="pyarrow")

    assert (found.rows, found.series, found.first_time, found.last_time) == (0, 0, None, None)
    assert "times        none" in repr(found)
    assert "<pre>" in found._repr_html_()
