"""Every fault of a service, through real HTTP and real boto3; the account is held against what the peer has stored."""

from __future__ import annotations

import _thread
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

import tsframe
from tests.peer import faults
from tests.peer.server import Peer
from tsframe.errors import (
    AccessDeniedError,
    InternalServerError,
    RejectedRecordsError,
    ResourceNotFoundError,
    ServiceUnreachableError,
    ThrottlingError,
    ValidationError,
)

if TYPE_CHECKING:
    from tsframe import Connection, WriteReport

NOW = datetime.now(UTC).replace(microsecond=0)
ROWS = 2_000


def frame(rows: int = ROWS) -> pl.DataFrame:
    """Rows of ten devices, so that 200 are those of one."""
    return pl.DataFrame(
        {
            "device": [f"d{row % 10}" for row in range(rows)],
            "time": [NOW - timedelta(seconds=row) for row in range(rows)],
            "temp": [float(row) for row in range(rows)],
        }
    )


def rows_of(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {row for first, last in ranges for row in range(first, last + 1)}


def stored_rows(peer: Peer) -> set[int]:
    """The rows of ``frame`` that the peer has stored: each is known by its value."""
    return {int(value["temp"]) for table in peer.tables.values() for _, value in table.records.values()}


def holds(report: WriteReport, peer: Peer) -> bool:
    """Whether a report accounts for every row, and says of none what is not true."""
    parts = (report.ingested, report.rejected_rows, report.unsent_rows, report.in_doubt_rows, report.skipped_rows)
    stored, doubt, unsent = stored_rows(peer), rows_of(report.in_doubt), rows_of(report.unsent)
    rejected = set(pl.DataFrame(report.rejected)["row"].to_list())
    everything = set(range(report.rows))
    ingested = everything - doubt - unsent - rejected
    return (
        report.rows == sum(parts)
        and (len(ingested), len(doubt), len(unsent)) == (report.ingested, report.in_doubt_rows, report.unsent_rows)
        and ingested <= stored
        and not unsent & stored
        and not rejected & stored
        and report.memory_store + report.magnetic_store == report.ingested
    )


def write(ts: Connection, **options) -> WriteReport:
    return ts.write(frame(), "iot.sensors", progress=False, **options)


def failing(ts: Connection, kind: type[BaseException], **options) -> tuple[WriteReport, BaseException]:
    with pytest.raises(kind) as caught:
        write(ts, **options)
    return caught.value.report, caught.value


@pytest.fixture
def quick(monkeypatch) -> None:
    """Short pauses between attempts."""
    monkeypatch.setattr("tsframe._aws.sending._FIRST_PAUSE", 0.005)


# Everything lands in the end.


def test_a_write_without_faults_stores_every_row(ts, peer):
    report = write(ts)

    assert bool(report)
    assert holds(report, peer)
    assert (report.requests, report.retries, len(peer.of())) == (20, 0, 20)


MENDED = {
    "throttled": faults.throttle,
    "dropped before it was stored": faults.drop_before,
    "dropped after it was stored": faults.drop_after,
    "failed": faults.fail("InternalServerException"),
    "failed after it was stored": faults.fail_after,
    "not available": faults.unavailable,
    "answered with half a text": faults.malformed,
    "answered with nothing": faults.empty,
    "answered with a wrong count": faults.wrong_count,
    "answered with less than was announced": faults.half,
    "throttled by another name": faults.fail("TooManyRequestsException", status=429),
}


@pytest.mark.parametrize("fault", MENDED)
def test_requests_that_meet_a_fault_twice_are_sent_again_and_stored_once(ts, peer, quick, fault):
    peer.script = faults.first_attempts(2, MENDED[fault])

    report = write(ts)

    assert bool(report)
    assert holds(report, peer)
    assert (report.requests, report.retries, len(peer.of())) == (20, 40, 60)


@pytest.mark.parametrize("seed", range(3))
def test_faults_at_random_lose_no_row(ts, peer, quick, seed):
    peer.script = faults.sometimes([*MENDED.values()], share=0.4, seed=seed)

    report = write(ts, concurrency=4)

    assert bool(report)
    assert holds(report, peer)


def test_a_request_without_an_answer_is_sent_again_after_the_time_for_it(peer, monkeypatch):
    monkeypatch.setattr("tsframe._aws.clients.READ_TIMEOUT", 0.3)
    peer.script = faults.at({3: faults.never})

    with tsframe.connect(peer.url) as ts:
        report = write(ts)

    assert bool(report)
    assert (holds(report, peer), report.retries) == (True, 1)


# Throttling.


def test_throttling_half_way_slows_the_write_and_loses_nothing(ts, peer):
    peer.script = rate = faults.Rate(40)

    report = write(ts, concurrency=8)

    assert bool(report)
    assert holds(report, peer)
    assert report.retries == len(peer.of()) - 20
    assert rate.rate == 40


def test_the_load_stays_steady_so_that_the_service_grows(ts, peer):
    rate, slow = faults.Rate(40, growth=0.5, interval=0.5), faults.delayed(0.01)
    peer.script = lambda exchange: rate(exchange) or (slow if exchange.operation == "WriteRecords" else None)

    report = ts.write(frame(30_000), "iot.sensors", concurrency=2, progress=False)

    assert bool(report)
    # The first interval may hold a burst; in the last one little is left to send.
    began, *offered = rate.offered[1:-1]
    assert min(offered) >= 0.5 * began
    assert rate.rate >= 60


def test_throttling_for_ever_ends_the_write_with_every_row_unsent(peer):
    peer.script = faults.writes(faults.throttle)

    with tsframe.connect(peer.url, patience=1) as ts:
        report, error = failing(ts, ThrottlingError)

    assert (report.unsent, report.in_doubt, report.ingested) == (((0, ROWS - 1),), (), 0)
    assert holds(report, peer)
    assert "settled no request for 1 s; the last answer: Request rate limit exceeded. Go on later" in str(error)
    assert error.request_id.startswith("REQUEST")


def test_throttling_from_half_way_on_keeps_the_account_of_what_landed(peer):
    peer.script = faults.since(10, faults.throttle)

    with tsframe.connect(peer.url, patience=1) as ts:
        report, _ = failing(ts, ThrottlingError)

    assert (report.ingested, report.unsent_rows, report.in_doubt_rows) == (1000, 1000, 0)
    assert holds(report, peer)


# What is not mended.


@pytest.mark.parametrize(
    "fault",
    [faults.fail("InternalServerException"), faults.fail_after, faults.drop_after, faults.malformed, faults.empty],
)
def test_a_fault_that_stays_ends_the_write_with_what_was_tried_in_doubt(ts, peer, quick, fault):
    peer.script = faults.since(5, fault)

    report, error = failing(ts, (InternalServerError, ServiceUnreachableError), concurrency=1)

    tried = {exchange.body for exchange in peer.of()[5:]}
    assert (report.ingested, report.in_doubt_rows) == (500, 100 * len(tried))
    assert report.retries == len(peer.of()) - 5 - len(tried)
    assert holds(report, peer)
    assert peer.url in str(error) or "Something went wrong" in str(error) or "The request failed" in str(error)


STOPS = {
    "access": (faults.fail("AccessDeniedException", "User: x is not authorized"), AccessDeniedError,
               "not authorized. Allow timestream:WriteRecords on table 'iot.sensors' to the caller, and timestream:D"),
    "an account closed to new customers": (faults.fail("AccessDeniedException", faults.CLOSED), AccessDeniedError,
               "Timestream takes no new customers since June 2025; tsframe.connect() opens the embedded engine"),
    "expired credentials": (faults.fail("ExpiredTokenException", "The security token is expired", status=403),
               AccessDeniedError, "(ExpiredTokenException). The credentials have expired: renew them"),
    "unknown credentials": (faults.fail("UnrecognizedClientException", "The security token is invalid", status=403),
               AccessDeniedError, "The access key is unknown: check the profile"),
    "a clock that is off": (faults.fail("InvalidSignatureException",
               "Signature expired: 20200101T000000Z is now earlier than 20200101T001000Z", status=403),
               AccessDeniedError, "This machine's clock is off: set it"),
    "a wrong secret": (faults.fail("InvalidSignatureException", "The request signature we calculated does not match",
               status=403), AccessDeniedError, "The secret key does not fit the access key"),
    "validation": (faults.coral, ValidationError, "1 validation error detected"),
    "a table that is deleted while writing": (faults.delete_table, ResourceNotFoundError,
               "The database iot does not exist. The region is 'us-east-1': check it"),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPS)
def test_what_nothing_helps_against_ends_the_write_at_once_with_its_account(ts, peer, case):
    fault, kind, message = STOPS[case]
    peer.script = faults.at({7: fault})
    kept = peer.tables["iot", "sensors"]

    report, error = failing(ts, kind, concurrency=1)
    peer.tables["iot", "sensors"] = kept

    assert message in str(error)
    assert (report.ingested, report.unsent_rows, report.in_doubt_rows, report.retries) == (700, 1300, 0, 0)
    assert holds(report, peer)
    assert len(peer.of()) == 8


def test_requests_on_their_way_at_an_error_are_waited_for(ts, peer):
    slow = faults.delayed(0.3)
    peer.script = lambda exchange: {2: faults.fail("AccessDeniedException")}.get(exchange.number, slow)

    report, _ = failing(ts, AccessDeniedError, concurrency=6)

    assert report.in_doubt_rows == 0
    assert report.ingested == 100 * (len(peer.of()) - 1) > 0
    assert holds(report, peer)


@pytest.mark.parametrize("fault", [faults.never, faults.drip])
def test_a_service_that_answers_slowly_for_ever_is_given_up(peer, fault):
    peer.script = faults.since(4, fault)

    began = time.monotonic()
    with tsframe.connect(peer.url, patience=1) as ts:
        report, error = failing(ts, ServiceUnreachableError, concurrency=2)

    assert time.monotonic() - began < 8
    assert (report.ingested, report.in_doubt_rows, report.unsent_rows) == (400, 200, 1400)
    assert holds(report, peer)
    assert "settled no request for 1 s, and answered none: write the rows in doubt again" in str(error)


def test_ctrl_c_stops_with_the_report_so_far(ts, peer):
    peer.script = faults.writes(faults.delayed(0.05))
    threading.Timer(0.5, _thread.interrupt_main).start()

    report, _ = failing(ts, KeyboardInterrupt, concurrency=1)

    assert 0 < report.ingested < ROWS
    assert (report.in_doubt_rows, report.ingested + report.unsent_rows) == (0, ROWS)
    assert holds(report, peer)


def test_a_fault_of_the_callers_own_function_carries_the_report(ts, peer):
    def progress(done: int, _total: int | None) -> None:
        if done >= 500:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        ts.write(frame(), "iot.sensors", progress=progress, concurrency=1)

    assert caught.value.report.ingested >= 500
    assert holds(caught.value.report, peer)


# Rejected records.


def test_rejected_records_come_back_as_the_rows_of_the_frame(ts, peer):
    stale = [5, 350, 777]
    ts.write(frame()[stale], "iot.sensors", version=9)

    with pytest.raises(
        RejectedRecordsError, match=r"3 of 2,000 rows were rejected .1,997 are stored.; the first, row 5"
    ):
        write(ts)

    rejected = write(ts, on_rejected="return").rejected
    assert rejected["row"].to_list() == stale
    assert rejected["temp"].to_list() == [5.0, 350.0, 777.0]
    assert rejected["existing_version"].to_list() == [9, 9, 9]
    assert rejected["code"].to_list() == ["lower-version"] * 3


@pytest.mark.parametrize("pack", ["auto", "order"])
def test_the_rows_are_right_however_records_are_packed(ts, peer, pack):
    chosen = set(np.random.default_rng(1).choice(ROWS, 137, replace=False).tolist())
    peer.script = faults.writes(
        faults.reject(lambda record: float(record["MeasureValues"][0]["Value"]) in chosen, "A text of tomorrow.")
    )

    report = write(ts, pack=pack, on_rejected="return", concurrency=4)

    assert report.rejected["row"].to_list() == sorted(chosen)
    assert set(report.rejected["code"]) == {"other"}
    assert set(report.rejected["reason"]) == {"A text of tomorrow."}
    assert (report.ingested, report.pack) == (ROWS - 137, "series" if pack == "auto" else "order")
    assert holds(report, peer)


def test_a_row_of_several_records_is_rejected_if_any_of_them_is(ts, peer):
    peer.script = faults.writes(faults.reject(lambda record: record.get("MeasureValue") == "7"))

    report = write(ts, layout="long", on_rejected="return")

    assert report.rejected["row"].to_list() == [7]


def test_the_stores_are_counted_right_when_a_request_was_partly_rejected(ts, peer):
    peer.tables["iot", "sensors"].memory_hours = 1
    late = frame().with_columns(
        time=pl.when(pl.int_range(ROWS) % 4 == 0).then(pl.col("time").dt.offset_by("-2h")).otherwise("time")
    )
    peer.script = faults.writes(faults.reject(lambda record: float(record["MeasureValues"][0]["Value"]) % 100 < 3))

    report = ts.write(late, "iot.sensors", on_rejected="return", progress=False)

    assert (report.rejected_rows, report.memory_store, report.magnetic_store) == (60, 1460, 480)
    assert holds(report, peer)


def test_a_rejection_that_names_no_record_is_an_answer_that_cannot_be_read(ts, peer, quick):
    def nonsense(exchange) -> None:
        exchange.answer(
            419, {"__type": "x#RejectedRecordsException", "Message": "?", "RejectedRecords": [{"RecordIndex": 100}]}
        )

    peer.script = faults.first_attempts(1, nonsense)

    assert bool(write(ts))


# Before the first request.


def test_a_table_that_is_missing_is_told_with_the_region(ts, peer):
    with pytest.raises(
        ResourceNotFoundError, match=r"The table others does not exist.*'us-east-1'.*create=True"
    ) as caught:
        ts.write(frame(), "iot.others")

    assert (caught.value.report, peer.of()) == (None, [])


def test_an_address_where_nobody_listens_is_told(no_aws_of_this_machine):
    with Peer() as gone:
        url = gone.url

    with (
        tsframe.connect(url) as ts,
        pytest.raises(ServiceUnreachableError, match=f"{url} did not answer DescribeTable"),
    ):
        ts.write(frame(), "iot.sensors")


def test_the_clock_of_the_service_counts_not_this_machines(ts, peer):
    peer.clock_skew = -3 * 3600
    peer.tables["iot", "sensors"].magnetic_writes = False

    with pytest.raises(tsframe.errors.InvalidFrameError, match=r"takes times from .* to before"):
        write(ts)
