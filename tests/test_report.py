"""The account of every row: counts, rejected rows in the caller's frame, what raises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tsframe.errors import InvalidFrameError, RejectedRecordsError

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        connection.ensure_table("iot.sensors", memory_store_hours=24)
        yield connection


def columns(rows: int = 1000) -> dict[str, list[object]]:
    return {
        "device": [f"d{row % 10}" for row in range(rows)],
        "time": [NOW - timedelta(seconds=row) for row in range(rows)],
        "temp": [float(row) for row in range(rows)],
    }


FRAMES = {
    "pandas": pd.DataFrame,
    "pandas with an index": lambda data: pd.DataFrame(data, index=[f"label {row}" for row in range(len(data["temp"]))]),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "batch": lambda data: pa.table(data).to_batches()[0],
    "reader": lambda data: pa.table(data).to_reader(max_chunksize=100),
}


def holds(report) -> bool:
    parts = (report.ingested, report.rejected_rows, report.unsent_rows, report.in_doubt_rows, report.skipped_rows)
    return report.rows == sum(parts)


def as_dicts(frame):
    if isinstance(frame, pd.DataFrame):
        return frame.to_dict("records")
    return frame.to_dicts() if isinstance(frame, pl.DataFrame) else frame.to_pylist()


@pytest.mark.parametrize("library", FRAMES)
def test_stale_rows_of_a_thousand_come_back_as_exactly_those(ts, library):
    stale = [5, 350, 777]
    data = columns()
    ts.write(pa.table(data).take(stale), "iot.sensors", version=9)

    with pytest.raises(RejectedRecordsError) as caught:
        ts.write(FRAMES[library](data), "iot.sensors", version=8)

    report = caught.value.report
    rows = as_dicts(report.rejected)
    assert [row["row"] for row in rows] == stale
    assert as_dicts(caught.value.rejected) == rows
    assert [row["temp"] for row in rows] == [5.0, 350.0, 777.0]
    assert [row["device"] for row in rows] == ["d5", "d0", "d7"]
    assert {row["code"] for row in rows} == {"lower-version"}
    assert {row["existing_version"] for row in rows} == {9}
    assert (report.ingested, report.rejected_rows, holds(report), bool(report)) == (997, 3, True, False)
    assert str(caught.value) == (
        "3 of 1,000 rows were rejected (997 are stored); the first, row 5: The record version 8 is lower than the "
        "existing version 9. A higher version is required to update the measure value. "
        "Write with version=10 or more to replace them"
    )


def test_rejected_rows_come_in_the_callers_library_with_its_dtypes_and_labels(ts):
    frame = pd.DataFrame(columns(10), index=[f"label {row}" for row in range(10)]).astype({"device": "category"})
    ts.write(frame, "iot.sensors", version=2)

    report = ts.write(frame, "iot.sensors", on_rejected="return")

    assert isinstance(report.rejected, pd.DataFrame)
    assert report.rejected.index.tolist() == frame.index.tolist()
    assert report.rejected["device"].dtype == "category"
    assert list(report.rejected.columns) == ["device", "time", "temp", "row", "reason", "code", "existing_version"]


def test_rejected_rows_of_a_polars_frame_are_a_polars_frame(ts):
    frame = pl.DataFrame(columns(10))
    ts.write(frame, "iot.sensors", version=2)

    rejected = ts.write(frame, "iot.sensors", on_rejected="return").rejected

    assert rejected.schema == {
        **frame.schema,
        "row": pl.Int64,
        "reason": pl.String,
        "code": pl.String,
        "existing_version": pl.Int64,
    }


def test_a_column_of_the_frame_is_not_hidden_by_one_of_the_report(ts):
    frame = pl.DataFrame(columns(2)).with_columns(row=pl.lit(7.0), reason=pl.lit("mine"))
    ts.write(frame, "iot.sensors", version=2)

    rejected = ts.write(frame, "iot.sensors", on_rejected="return").rejected

    assert rejected.columns == [
        "device",
        "time",
        "temp",
        "row",
        "reason",
        "rejected_row",
        "rejected_reason",
        "code",
        "existing_version",
    ]


def test_nothing_rejected_is_an_empty_frame_with_all_columns(ts):
    report = ts.write(pl.DataFrame(columns(3)), "iot.sensors")

    assert (len(report.rejected), len(report.skipped), len(report.rejected_later())) == (0, 0, 0)
    assert report.rejected.columns[-4:] == ["row", "reason", "code", "existing_version"]
    assert bool(report)


def test_rejected_rows_are_numbered_in_the_frame_when_rows_were_skipped_before_them(ts):
    data = columns(10)
    data["temp"][0] = data["temp"][1] = None
    ts.write(pa.table(columns(10)), "iot.sensors", version=2)

    report = ts.write(pl.DataFrame(data), "iot.sensors", version=1, on_rejected="return")

    assert report.rejected["row"].to_list() == list(range(2, 10))
    assert report.skipped["row"].to_list() == [0, 1]
    assert report.skipped["reason"].to_list() == ["the row has no measure"] * 2
    assert (report.ingested, report.rejected_rows, report.skipped_rows, holds(report)) == (0, 8, 2, True)


def test_rows_outside_the_window_are_refused_before_anything_is_stored(ts):
    data = columns(3)
    data["time"][1] = NOW - timedelta(days=3)

    with pytest.raises(
        InvalidFrameError, match=r"1 of 3 records are outside, the first at .* \(row 1\): let the table take late"
    ):
        ts.write(pl.DataFrame(data), "iot.sensors")

    assert ts.describe("iot.sensors").rows == 0


def test_rows_outside_the_window_are_rejected_if_rejections_were_asked_for(ts):
    data = columns(3)
    data["time"][1] = NOW - timedelta(days=3)

    report = ts.write(pl.DataFrame(data), "iot.sensors", on_rejected="return")

    assert report.rejected["code"].to_list() == ["outside-time-range"]
    assert report.rejected["row"].to_list() == [1]
    assert ts.describe("iot.sensors").rows == 2


def test_stale_rows_can_be_ignored_and_stay_in_the_account(ts):
    ts.write(pl.DataFrame(columns(3)), "iot.sensors", version=2)

    report = ts.write(pl.DataFrame(columns(4)), "iot.sensors", version=1, on_rejected="ignore-stale")

    assert (report.ingested, report.rejected_rows, bool(report)) == (1, 3, False)


def test_late_rows_that_lost_are_reported_later(ts):
    ts.update_table("iot.sensors", magnetic_writes=True)
    data = columns(3)
    data["time"] = [NOW - timedelta(days=3, seconds=row) for row in range(3)]
    ts.write(pl.DataFrame(data), "iot.sensors", version=2)

    report = ts.write(pl.DataFrame(data), "iot.sensors", version=1)

    assert bool(report)
    assert (report.memory_store, report.magnetic_store) == (0, 3)
    assert report.rejected_later()["row"].to_list() == [0, 1, 2]
    assert "lost later" in repr(report)


def test_a_row_of_several_records_is_rejected_once_and_listed_for_each(ts):
    frame = pl.DataFrame(columns(2)).with_columns(humid=pl.col("temp") + 50)
    ts.write(frame, "iot.sensors", layout="long", version=2)

    report = ts.write(frame[1:], "iot.sensors", layout="long", on_rejected="return")

    assert (report.rows, report.records, report.rejected_rows, len(report.rejected)) == (1, 2, 1, 2)
    assert holds(report)


def test_a_report_shows_what_it_knows(ts):
    data = columns(3)
    data["temp"][0] = float("nan")
    data["humid"] = [1.0, None, float("inf")]

    report = ts.write(pl.DataFrame(data), "iot.sensors")

    assert report.left_out == {"temp": 1, "humid": 2}
    shown = repr(report)
    for part in (
        "iot.sensors, every row ingested",
        "rows               3",
        "temp 1, humid 2",
        "dimensions    'device'",
    ):
        assert part in shown
    assert report._repr_html_().startswith('<table class="tsframe-report">')
    assert "&#x27;device&#x27;" in report._repr_html_()


def test_a_report_as_plain_values(ts):
    report = ts.write(pl.DataFrame(columns(3)), "iot.sensors")

    plain = report.to_dict()

    assert plain.pop("seconds") > 0
    assert plain.pop("bytes") > 0
    assert plain == {
        "table": "iot.sensors",
        "columns": {
            "time": "time",
            "dimensions": ("device",),
            "measures": ("temp",),
            "measure_name": "sensors",
            "measure_name_is_column": False,
            "time_unit": None,
            "version": 1,
            "unused": (),
        },
        "rows": 3,
        "ingested": 3,
        "rejected_rows": 0,
        "skipped_rows": 0,
        "unsent_rows": 0,
        "in_doubt_rows": 0,
        "unsent": (),
        "in_doubt": (),
        "records": 3,
        "memory_store": 3,
        "magnetic_store": 0,
        "left_out": {},
        "requests": 0,
        "retries": 0,
        "write_units": {"lower": 0, "expected": 0, "shared": 0, "upper": 0},
        "pack": "",
        "resumed_rows": 0,
        "rejected_later": 0,
    }


def test_a_missing_table_is_told_with_what_to_do(ts):
    with pytest.raises(
        tsframe.errors.ResourceNotFoundError,
        match=r"The table nope does not exist. Make it with create_table\('iot.nope'\), or write with create=True",
    ):
        ts.write(pl.DataFrame(columns(3)), "iot.nope")


def test_create_makes_database_and_table(ts):
    ts.write(pl.DataFrame(columns(3)), "new.sensors", create=True)

    table = ts.describe_table("new.sensors")
    assert (table.retention.memory_store_hours, table.magnetic_writes) == (6, False)


def test_create_lets_the_table_take_late_records_if_there_are_any(ts):
    data = columns(2)
    data["time"][1] = datetime(2013, 1, 1, tzinfo=UTC)

    report = ts.write(pl.DataFrame(data), "new.sensors", create=True)

    assert ts.describe_table("new.sensors").magnetic_writes
    assert (report.memory_store, report.magnetic_store) == (1, 1)


def test_create_makes_nothing_for_a_frame_that_is_refused(ts):
    with pytest.raises(InvalidFrameError):
        ts.write(pl.DataFrame({"time": [NOW], "x": [1.0]}), "new.sensors", create=True)

    assert ts.list_databases(backend="polars")["database"].to_list() == ["iot"]


def test_many_rejected_rows_cost_no_loop(ts):
    rows = 50_000
    data = {"device": ["a"] * rows, "time": pa.array(np.arange(rows)).cast(pa.timestamp("ns")), "temp": np.ones(rows)}

    report = ts.write(pa.table(data), "iot.sensors", on_rejected="return")

    assert (report.rejected_rows, len(report.rejected)) == (rows, rows)


def test_no_table_is_made_for_times_in_a_wrong_unit(ts):
    seconds = pl.DataFrame({"device": ["a"], "t": [int(NOW.timestamp())], "temp": [1.0]})

    with pytest.raises(InvalidFrameError, match=r"every time is in 1970, the last is .*: say the unit"):
        ts.write(seconds, "new.sensors", time=("t", "ms"), create=True)

    assert ts.list_databases(backend="polars")["database"].to_list() == ["iot"]


def test_the_error_tells_late_rows_that_were_lost_from_those_stored(ts):
    ts.update_table("iot.sensors", magnetic_writes=True)
    data = columns(2)
    data["time"][1] = NOW - timedelta(days=3)
    ts.write(pl.DataFrame(data), "iot.sensors", version=5)

    with pytest.raises(RejectedRecordsError, match=r"1 of 2 rows were rejected \(1 were taken, 1 lost later\)"):
        ts.write(pl.DataFrame(data), "iot.sensors", version=4)
