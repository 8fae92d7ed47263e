"""What awswrangler 3.17.1 gets wrong on the way to Timestream, one test for each flaw: it would fail every one of them.

The flaws are those of its issues (github.com/aws/aws-sdk-pandas) and of runs of it against an endpoint that records.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.peer import faults
from tsframe.errors import InvalidFrameError, RejectedRecordsError, ThrottlingError

if TYPE_CHECKING:
    from tests.peer.server import Peer

NOW = datetime.now(UTC).replace(microsecond=0)


def frame(rows: int = 3, **columns: Any) -> pd.DataFrame:
    usual = {
        "region": ["eu"] * rows,
        "host": [f"h{row}" for row in range(rows)],
        "time": [NOW - timedelta(seconds=row) for row in range(rows)],
        "temp": [20.5 + row for row in range(rows)],
    }
    return pd.DataFrame(usual | columns)


def stored(peer: Peer) -> list[tuple[dict[str, str], str, int, Any]]:
    """Dimensions, measure name, time in nanoseconds and values of each record, the latest first."""
    found = [
        (dict(key.dimensions), key.measure_name, key.time, value)
        for key, (_, value) in peer.tables["iot", "sensors"].records.items()
    ]
    return sorted(found, key=lambda record: -record[2])


@pytest.mark.parametrize(("rows", "requests"), [(16, 1), (100, 1), (101, 2)])
def test_requests_are_full_whatever_the_machine(ts, peer, rows, requests):
    # It cuts a frame by the number of processors first: 100 rows are 2 requests on 2 cores.
    given = frame(rows, host=["h"] * rows)

    assert ts.write(given, "iot.sensors").requests == len(peer.of()) == requests


def test_what_all_records_share_travels_once_without_being_asked_for(ts, peer):
    # It sends everything in each record, unless the caller makes a dictionary of common attributes (#2082).
    ts.write(frame(50, host=["h"] * 50), "iot.sensors", version=7)

    (request,) = (exchange.request for exchange in peer.of())
    assert request["CommonAttributes"] == {
        "Dimensions": [{"Name": "region", "Value": "eu"}, {"Name": "host", "Value": "h"}],
        "MeasureName": "sensors",
        "MeasureValueType": "MULTI",
        "TimeUnit": "SECONDS",
        "Version": 7,
    }
    assert {tuple(record) for record in request["Records"]} == {("Time", "MeasureValues")}


def test_dimensions_keep_their_values_when_all_records_share_the_time(ts, peer):
    # With a common time it puts the second dimension's value into the first and drops the last.
    ts.write(frame(time=[NOW] * 3), "iot.sensors")

    (request,) = (exchange.request for exchange in peer.of())
    assert "Time" in request["CommonAttributes"]
    assert sorted(found["host"] for found, *_ in stored(peer)) == ["h0", "h1", "h2"]
    assert {found["region"] for found, *_ in stored(peer)} == {"eu"}


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
def test_a_missing_dimension_is_missing_and_not_the_text_none(ts, peer, nothing):
    # #894, #2034, #2072.
    ts.write(frame(region=["eu", nothing, "us"]), "iot.sensors")

    assert [found for found, *_ in stored(peer)] == [
        {"region": "eu", "host": "h0"},
        {"host": "h1"},
        {"region": "us", "host": "h2"},
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_without_a_zone_are_utc_in_every_zone_of_the_machine(ts, peer, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        ts.write(frame(time=[(NOW - timedelta(seconds=row)).replace(tzinfo=None) for row in range(3)]), "iot.sensors")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert stored(peer)[0][2] == int(NOW.timestamp()) * 10**9


def test_nanoseconds_are_exact(ts, peer):
    # It cuts them off (#2260, #2261).
    moment = int(NOW.timestamp()) * 10**9 - 999_999_999

    ts.write(frame(1, time=pd.to_datetime([moment], utc=True)), "iot.sensors")

    assert [moment for _, _, moment, _ in stored(peer)] == [moment]


def test_integers_beside_doubles_stay_exact_integers(ts, peer):
    # It takes rows out of one array of floats.
    ts.write(frame(1, count=[2**53 + 1]), "iot.sensors", dimensions=["region", "host"])

    (request,) = (exchange.request for exchange in peer.of())
    common, (record,) = request["CommonAttributes"], request["Records"]
    values = {one["Name"]: one for one in record["MeasureValues"]}
    assert (values["count"]["Type"], values["count"]["Value"], values["temp"]["Value"]) == (
        "BIGINT",
        "9007199254740993",
        "20.5",
    )
    assert common["MeasureValueType"] == "MULTI"


def test_unsigned_integers_that_are_too_large_are_refused_with_their_row(ts, peer):
    # It sends them as BIGINT, and the service refuses the request.
    with pytest.raises(InvalidFrameError, match=r"'count'.*row 1.*18446744073709551615"):
        ts.write(frame(count=np.array([1, 2**64 - 1, 3], np.uint64)), "iot.sensors", dimensions=["region", "host"])

    assert peer.of() == []


def test_a_missing_value_is_left_out_and_the_row_is_sent(ts, peer):
    # None in a multi-measure row fails the whole batch.
    report = ts.write(frame(temp=[1.5, None, 3.5], humid=[1.0, 2.0, np.inf]), "iot.sensors")

    assert [value for *_, value in stored(peer)] == [{"temp": 1.5, "humid": 1.0}, {"humid": 2.0}, {"temp": 3.5}]
    assert report.left_out == {"temp": 1, "humid": 1}


def test_rejected_records_are_rows_of_the_frame_even_after_rows_without_a_value(ts, peer):
    # Its RecordIndex counts within a batch of 100, and rows that it skips shift it.
    rows = 500
    given = frame(rows, temp=[None if row < 150 else float(row) for row in range(rows)], host=["h"] * rows)
    peer.script = faults.writes(faults.reject(lambda record: record["MeasureValues"][0]["Value"] in {"151", "420"}))

    report = ts.write(given, "iot.sensors", on_rejected="return")

    assert report.rejected["row"].tolist() == [151, 420]
    assert report.rejected["temp"].tolist() == [151.0, 420.0]
    assert (report.skipped_rows, report.rejected_rows, report.ingested) == (150, 2, 348)


def test_rejected_records_are_an_error_unless_asked_for(ts):
    # It only returns them (#2018), and the reasons are hidden (boto3#3438).
    ts.write(frame(), "iot.sensors", version=5)

    with pytest.raises(RejectedRecordsError, match=r"3 of 3 rows were rejected.*version=6 or more") as caught:
        ts.write(frame(temp=[1.0, 2.0, 3.0]), "iot.sensors", version=4)

    assert len(caught.value.report.rejected) == 3


def test_older_records_can_be_ignored(ts):
    # Asked for in #2018.
    ts.write(frame(), "iot.sensors", version=5)

    assert ts.write(frame(temp=[1.0] * 3), "iot.sensors", version=4, on_rejected="ignore-stale").rejected_rows == 3


def test_versions_come_from_a_column_or_from_the_clock(ts, peer):
    # It takes one integer for each call (#842).
    ts.write(frame(v=[3, 4, 5]), "iot.sensors", version="v", dimensions=["region", "host"])
    ts.write(frame(temp=[9.0] * 3), "iot.sensors", version="now")

    assert [value for *_, value in stored(peer)] == [{"temp": 9.0}] * 3


def test_throttled_rows_are_neither_forgotten_nor_told_as_written(peer):
    import tsframe

    peer.script = faults.since(2, faults.throttle)
    with tsframe.connect(peer.url, patience=0.5) as ts, pytest.raises(ThrottlingError) as caught:
        ts.write(frame(500, host=["h"] * 500), "iot.sensors")

    report = caught.value.report
    assert (report.ingested, report.unsent_rows, report.in_doubt_rows) == (200, 300, 0)
    assert len(stored(peer)) == 200


def test_what_the_caller_gave_is_as_it_was(ts):
    # It writes into the caller's common attributes, so that the next call inherits them (#3439).
    given, roles = frame(), ["region", "host"]
    before = given.copy()

    ts.write(given, "iot.sensors", dimensions=roles, version=3)

    pd.testing.assert_frame_equal(given, before)
    assert roles == ["region", "host"]


def test_the_measure_name_does_not_depend_on_the_order_of_columns(ts, peer):
    # It was the first measure's (#1885).
    for columns in (["region", "host", "time", "temp", "x"], ["x", "temp", "time", "host", "region"]):
        ts.write(frame(x=[1.0] * 3)[columns], "iot.sensors", dimensions=["region", "host"])

    assert {name for _, name, _, _ in stored(peer)} == {"sensors"}
    assert len(stored(peer)) == 3


def test_one_measure_makes_a_record_like_several_do(ts, peer):
    # It chooses single-measure records by the number of columns, so that one more column makes another series of names.
    ts.write(frame(), "iot.sensors")
    ts.write(frame(x=[1.0] * 3), "iot.sensors", version=2, dimensions=["region", "host"])

    assert [value for *_, value in stored(peer)] == [{"temp": 20.5 + row, "x": 1.0} for row in range(3)]


def test_a_time_as_a_measure_is_a_time(ts, peer):
    # The single-measure path sends a date's text (#1853, boto3#3138).
    ts.write(frame(seen=[NOW - timedelta(days=1)] * 3), "iot.sensors", time="time", dimensions=["region", "host"])

    values = {one["Name"]: one for one in peer.of()[0].request["Records"][0]["MeasureValues"]}
    assert values["seen"] == {"Name": "seen", "Type": "TIMESTAMP", "Value": str(int(NOW.timestamp()) - 86_400)}


def test_a_polars_frame_needs_no_pandas(ts, peer):
    # Declined in #2920.
    assert bool(ts.write(pl.from_pandas(frame()), "iot.sensors"))

    assert len(stored(peer)) == 3
