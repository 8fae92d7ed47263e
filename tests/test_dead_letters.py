"""Rows that did not land: in a file, in the caller's columns; and written again after a fix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tsframe
from tsframe.errors import InvalidFrameError, RejectedRecordsError

NOW = datetime.now(UTC).replace(microsecond=0)
TIMES = [NOW - timedelta(seconds=row) for row in range(3)]


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        for table in ("iot.sensors", "iot.others"):
            connection.ensure_table(table, memory_store_hours=24)
        connection.write(data(9.0, 9.0)[:2], "iot.sensors", version=5)
        yield connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "left.parquet"


def data(*temps: float, **more) -> pl.DataFrame:
    columns = {"device": ["a", "b", "c"], "time": TIMES, "temp": [*temps, *[3.0] * (3 - len(temps))]}
    return pl.DataFrame(columns | more)


def letters(path) -> list[dict[str, object]]:
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("library", [pl.DataFrame, pd.DataFrame, pa.table])
def test_rejected_rows_are_in_the_file_in_the_callers_columns_with_the_reason(ts, path, library):
    columns = {"device": ["a", "b", "c"], "time": TIMES, "temp": [1.0, 2.0, 3.0], "note": ["x", "y", "z"]}

    with pytest.raises(RejectedRecordsError):
        ts.write(library(columns), "iot.sensors", dimensions="device", measures="temp", dead_letter=path)

    found = letters(path)
    assert [(row["device"], row["temp"], row["note"]) for row in found] == [("a", 1.0, "x"), ("b", 2.0, "y")]
    assert [row["rejected_row"] for row in found] == [0, 1]
    assert {row["rejected_fate"] for row in found} == {"rejected"}
    assert {(row["rejected_code"], row["rejected_existing_version"]) for row in found} == {("lower-version", 5)}
    assert "lower than the existing version 5" in found[0]["rejected_reason"]


def test_no_file_is_made_when_every_row_lands(ts, path):
    ts.write(data(1.0), "iot.others", dead_letter=path)

    assert not path.exists()


def test_rows_of_a_second_write_join_those_of_the_first(ts, path):
    for temp in (1.0, 2.0):
        ts.write(data(temp, temp), "iot.sensors", dead_letter=path, on_rejected="return")

    assert [row["temp"] for row in letters(path)] == [1.0, 1.0, 2.0, 2.0]


def test_replay_writes_the_rows_and_removes_the_file(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")

    report = ts.replay(path, version=6)

    assert (report.table, report.rows, report.ingested) == ("iot.sensors", 2, 2)
    assert not path.exists()
    assert sorted(ts.read("iot.sensors", backend="polars")["temp"]) == [1.0, 2.0, 3.0]


def test_rows_that_do_not_land_again_stay_with_the_new_reason(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")
    ts.write(data(0.0)[:1], "iot.sensors", version=8)

    with pytest.raises(RejectedRecordsError):
        ts.replay(path, version=7)

    assert [(row["device"], row["rejected_existing_version"]) for row in letters(path)] == [("a", 8)]


def test_replay_takes_the_roles_of_the_write(ts, path):
    frame = data(1.0, 2.0, t=[int(time.timestamp()) for time in TIMES], kind=["x"] * 3).drop("time")
    words = {"time": ("t", "s"), "dimensions": ["device", "kind"], "measures": ["temp"], "measure_name": "m"}
    ts.write(frame, "iot.sensors", version=5, **words)
    ts.write(frame.with_columns(temp=0.0), "iot.sensors", dead_letter=path, on_rejected="return", **words)

    report = ts.replay(path, version=6)

    assert report.columns.to_dict() | {"unused": ()} == {
        "time": "t",
        "dimensions": ("device", "kind"),
        "measures": ("temp",),
        "measure_name": "m",
        "measure_name_is_column": False,
        "time_unit": "s",
        "version": 6,
        "unused": (),
    }


def test_a_file_that_was_mended_by_another_program_is_replayed(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")
    mended = pd.read_parquet(path).assign(device=["x", "y"])
    mended.to_parquet(path)

    with pytest.raises(InvalidFrameError, match="does not say which table its rows are for"):
        ts.replay(path)
    report = ts.replay(path, "iot.sensors")

    assert (report.ingested, path.exists()) == (2, False)


def test_rows_that_cannot_become_records_leave_the_file_as_it_is(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")
    before = path.read_bytes()

    with pytest.raises(InvalidFrameError):
        ts.replay(path, measures="missing")

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_for_another_table_is_refused_before_anything_is_written(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")

    with pytest.raises(InvalidFrameError, match=r"holds rows of table 'iot.sensors', not 'iot.others'"):
        ts.write(data(1.0), "iot.others", dead_letter=path)

    assert ts.describe("iot.others").rows == 0


def test_a_file_of_other_types_is_refused_before_anything_is_written(ts, path):
    ts.write(data(1.0, 2.0), "iot.sensors", dead_letter=path, on_rejected="return")
    other = data(1.0).with_columns(device=pl.Series([1, 2, 3])).cast({"device": pl.Int64})

    with pytest.raises(InvalidFrameError, match="holds rows of other types"):
        ts.write(other, "iot.sensors", dimensions="device", dead_letter=path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"no parquet"), "is no Parquet file that can be read"),
        (lambda path: path.parent.rmdir(), "there is no folder"),
    ],
)
def test_a_file_that_cannot_serve_is_refused_before_anything_is_written(ts, tmp_path, make, message):
    path = tmp_path / "folder" / "left.parquet"
    path.parent.mkdir()
    make(path)

    with pytest.raises(InvalidFrameError, match=message):
        ts.write(data(1.0), "iot.others", dead_letter=path)

    assert ts.describe("iot.others").rows == 0


def test_a_file_that_is_not_there_is_told(ts, tmp_path):
    with pytest.raises(InvalidFrameError, match=r"there is no dead-letter file .*: every row landed"):
        ts.replay(tmp_path / "missing.parquet")


def test_a_column_of_a_name_that_the_file_needs_is_refused(ts, path):
    frame = data(1.0, rejected_row=[1, 2, 3])

    with pytest.raises(InvalidFrameError, match="column 'rejected_row' has a name that a dead-letter file needs"):
        ts.write(frame, "iot.others", dead_letter=path)


def test_each_row_is_there_once_however_many_of_its_records_were_rejected(ts, path):
    frame = pl.DataFrame({"device": ["a"], "time": TIMES[:1], "x": [1.0], "y": [2.0]})
    ts.write(frame, "iot.others", layout="long", version=3)

    ts.write(frame.with_columns(x=5.0, y=6.0), "iot.others", layout="long", dead_letter=path, on_rejected="return")

    assert len(letters(path)) == 1
