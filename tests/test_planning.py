"""A plan: what a write would send and cost; on the embedded engine, which needs no account."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tests.bad_input import BAD, GOOD
from tsframe.errors import InvalidFrameError, ResourceNotFoundError

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        connection.write(pl.DataFrame(GOOD), "iot.sensors", create=True)
        yield connection


def frame(rows: int = 1_000, devices: int = 10) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "device": [f"d{row % devices}" for row in range(rows)],
            "room": ["a long name of a room"] * rows,
            "time": [NOW - timedelta(seconds=row) for row in range(rows)],
            "temp": [float(row) for row in range(rows)],
        }
    )


def findings(plan) -> list[tuple[str, str | None, int | None]]:
    return [(row["level"], row["column"], row["rows"]) for row in pa.table(plan.findings).to_pylist()]


def test_a_plan_tells_requests_bytes_units_and_price(ts):
    plan = ts.plan(frame(), "iot.sensors")

    assert (plan.rows, plan.records, plan.requests, plan.pack, bool(plan)) == (1000, 1000, 10, "series", True)
    # 8 + (6 + 2) + (4 + 21) + 7 + (4 + 8) = 60 bytes a record; 20 of them are its own.
    assert (plan.write_units.shared, plan.write_units.upper) == (20, 60)
    assert (plan.price.region, plan.price.upper) == ("us-east-1", Decimal("0.00003"))
    assert plan.saving == pytest.approx(2 / 3)


def test_the_first_request_is_shown(ts):
    plan = ts.plan(frame(), "iot.sensors")

    request = json.loads(plan.first_request)

    assert request["TableName"] == "sensors"
    assert request["CommonAttributes"]["Dimensions"] == [
        {"Name": "device", "Value": "d0"},
        {"Name": "room", "Value": "a long name of a room"},
    ]
    assert len(request["Records"]) == 100


def test_the_order_of_the_frame_is_kept_if_that_was_said(ts):
    plan = ts.plan(frame(), "iot.sensors", pack="order")

    assert (plan.pack, plan.requests, plan.write_units.shared) == ("order", 10, 30)


def test_a_plan_stores_nothing_and_makes_nothing(ts):
    ts.plan(frame(), "new.table", create=True)

    assert ts.list_tables(backend="pyarrow")["table"].to_pylist() == ["sensors"]
    assert ts.describe("iot.sensors").rows == len(GOOD["time"])


def test_a_missing_table_is_an_error_unless_it_would_be_made(ts):
    with pytest.raises(ResourceNotFoundError, match="create=True"):
        ts.plan(frame(), "new.table")


@pytest.mark.parametrize("case", BAD)
def test_what_a_write_would_refuse_is_an_error_among_the_findings(ts, case):
    bad, options, message = BAD[case]

    assert any(message in error for error in errors_of(ts, bad, options))


def errors_of(ts, bad, options) -> list[str]:
    """What a plan finds wrong; what is no frame, or no option, has no plan."""
    try:
        plan = ts.plan(bad, "iot.sensors", **options)
    except InvalidFrameError as error:
        return [str(error)]
    return [] if plan else [row["message"] for row in pa.table(plan.findings).to_pylist() if row["level"] == "error"]


def test_several_faults_are_found_at_once(ts):
    given = frame(3).with_columns(temp=pl.lit("text"), time=pl.lit(NOW - timedelta(days=80_000 / 24)))
    given = given.with_columns(device=pl.Series(["a", "b", "c"]))

    plan = ts.plan(given, "iot.sensors", measures="temp")

    assert [level for level, _, _ in findings(plan)].count("error") == 2


def test_what_is_left_out_and_what_is_late_is_told(ts):
    given = frame(100).with_columns(
        temp=pl.when(pl.int_range(100) < 3).then(None).otherwise("temp"),
        x=pl.when(pl.int_range(100) < 5).then(None).otherwise(1.0),
        time=pl.col("time").dt.offset_by("-2d"),
    )

    plan = ts.plan(given, "new.table", create=True)

    assert (plan.rows, plan.skipped_rows, plan.records, plan.late_records) == (100, 3, 97, 97)
    assert findings(plan) == [("warning", None, 3), ("note", "temp", 3), ("note", "x", 5), ("warning", None, 97)]


@pytest.mark.parametrize("library", [pl.DataFrame, pd.DataFrame, pa.table])
def test_the_same_data_in_any_library_has_the_same_plan(ts, library):
    columns = frame(200).to_dict(as_series=False)

    assert ts.plan(library(columns), "iot.sensors").to_dict() == ts.plan(frame(200), "iot.sensors").to_dict()


def test_a_stream_has_no_plan(ts):
    with pytest.raises(InvalidFrameError, match="a stream can be read once"):
        ts.plan(frame().to_arrow().to_reader(), "iot.sensors")


def test_a_plan_shows_itself(ts):
    plan = ts.plan(frame(), "iot.sensors")

    assert "10 by series" in repr(plan)
    assert "saved by packing" in repr(plan)
    assert plan._repr_html_().count("<tr>") == len(plan._lines())


def test_a_plan_that_fails_shows_why(ts):
    plan = ts.plan(frame().drop("temp"), "iot.sensors")

    assert "the write would be refused" in repr(plan)
    assert "the frame has no measure" in repr(plan)
    assert plan.to_dict()["first_request"] is None


def test_the_accessor_plans_too(ts):
    assert frame().timestream.plan("iot.sensors", connection=ts).requests == 10


def test_a_limit_of_cost_means_nothing_where_nobody_is_billed(ts):
    assert ts.write(frame(), "iot.sensors", max_cost=0)


@pytest.mark.parametrize("max_cost", [-1, "much", float("nan")])
def test_a_limit_that_is_no_amount_is_refused(ts, max_cost):
    with pytest.raises(InvalidFrameError, match=r"max_cost=.* is no amount of dollars"):
        ts.write(frame(), "iot.sensors", max_cost=max_cost)
