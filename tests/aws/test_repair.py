"""What did not land is taken up again, by HTTP: checkpoints, dead letters and their replay, plans, limits, streams."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tests.aws.test_faults import ROWS, frame, holds, stored_rows
from tests.bad_input import BAD
from tests.peer import faults
from tsframe.errors import (
    AccessDeniedError,
    InternalServerError,
    InvalidFrameError,
    RejectedRecordsError,
    ServiceUnreachableError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peer.server import Peer

WRITE = """
import sys
import polars as pl
import tsframe
url, frame, checkpoint = sys.argv[1:]
tsframe.connect(url).write(pl.read_parquet(frame), "iot.sensors", checkpoint=checkpoint, concurrency=3, progress=False)
"""


@pytest.fixture
def quick(monkeypatch) -> None:
    """Short pauses between attempts."""
    monkeypatch.setattr("tsframe._aws.sending._FIRST_PAUSE", 0.005)


# Checkpoints.


def kill_half_way(peer: Peer, file: Path, checkpoint: Path) -> None:
    """Write in another process, and kill it once some requests are settled and others are on their way."""
    peer.script = faults.writes(faults.delayed(0.03))
    with subprocess.Popen([sys.executable, "-c", WRITE, peer.url, file, checkpoint]) as process:
        until = time.monotonic() + 30
        while len(peer.of()) < 7 and time.monotonic() < until:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    # What was on its way may still be stored.
    time.sleep(0.2)
    peer.script = lambda _exchange: None


def test_a_rerun_after_a_kill_sends_only_what_was_not_settled(ts, peer, tmp_path):
    file, checkpoint = tmp_path / "frame.parquet", tmp_path / "write.checkpoint"
    frame().write_parquet(file)
    kill_half_way(peer, file, checkpoint)
    before = len(peer.of())

    report = ts.write(pl.read_parquet(file), "iot.sensors", checkpoint=checkpoint, progress=False)

    sent = Counter(exchange.body for exchange in peer.of())
    twice = sum(count == 2 for count in sent.values())
    assert bool(report)
    assert (len(sent), max(sent.values())) == (20, 2)
    assert twice <= 3
    assert report.resumed_rows == 100 * (before - twice) > 0
    assert report.requests == len(peer.of()) - before == 20 - before + twice
    assert holds(report, peer)


def test_a_second_rerun_sends_nothing_and_reports_the_same_rows(ts, peer, tmp_path):
    given = frame()
    ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", progress=False)
    peer.exchanges.clear()

    report = ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", progress=False)

    assert (report.resumed_rows, report.ingested, report.requests, peer.of()) == (ROWS, ROWS, 0, [])


def test_rejections_of_an_earlier_call_are_told_again(ts, peer, tmp_path):
    peer.script = faults.at({3: faults.reject({5}, "Because.")})
    given = frame()
    first = ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", on_rejected="return", progress=False)
    peer.exchanges.clear()

    again = ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", on_rejected="return", progress=False)

    assert peer.of() == []
    assert again.rejected.equals(first.rejected)
    assert again.rejected_rows == 1


def test_a_write_that_failed_goes_on_where_it_stopped(ts, peer, tmp_path):
    peer.script = faults.since(8, faults.fail("AccessDeniedException", "User: x is not authorized."))
    given = frame()
    with pytest.raises(AccessDeniedError) as caught:
        ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", concurrency=1, progress=False)
    peer.script = lambda _exchange: None
    peer.exchanges.clear()

    report = ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", progress=False)

    assert caught.value.report.ingested == report.resumed_rows == 800
    assert (bool(report), len(peer.of())) == (True, 12)


def test_a_row_that_was_changed_is_sent_again(ts, peer, tmp_path):
    given = frame()
    ts.write(given, "iot.sensors", checkpoint=tmp_path / "c", progress=False)
    peer.exchanges.clear()
    changed = given.with_columns(temp=pl.when(pl.int_range(ROWS) == 700).then(-1.0).otherwise("temp"))

    report = ts.write(changed, "iot.sensors", checkpoint=tmp_path / "c", on_rejected="return", progress=False)

    assert len(peer.of()) == 1
    assert (report.resumed_rows, report.rejected["row"].to_list()) == (1_900, [700])


# Dead letters.


def test_rejected_unsent_and_doubtful_rows_are_in_the_file_each_once(ts, peer, tmp_path, quick):
    rejects, fails = (
        faults.at({2: faults.reject({0, 1}, "Because.")}),
        faults.since(5, faults.fail("InternalServerException")),
    )
    peer.script = lambda exchange: rejects(exchange) or fails(exchange)
    path = tmp_path / "letters.parquet"

    with pytest.raises(InternalServerError) as caught:
        ts.write(frame(), "iot.sensors", dead_letter=path, concurrency=1, progress=False)

    letters, report = pl.read_parquet(path), caught.value.report
    fates = dict(letters["rejected_fate"].value_counts().iter_rows())
    expected = {"rejected": 2, "in doubt": report.in_doubt_rows, "unsent": report.unsent_rows}
    assert fates == {fate: rows for fate, rows in expected.items() if rows}
    assert report.in_doubt_rows > 0
    assert sorted(letters["temp"].to_list()) == sorted({*map(float, range(ROWS))} - {*map(float, stored_rows(peer))})


def test_replay_writes_what_did_not_land_and_removes_the_file(ts, peer, tmp_path):
    path = tmp_path / "letters.parquet"
    peer.script = faults.since(10, faults.fail("AccessDeniedException", "User: x is not authorized."))
    with pytest.raises(AccessDeniedError):
        ts.write(frame(), "iot.sensors", dead_letter=path, concurrency=1, progress=False)
    peer.script = lambda _exchange: None

    report = ts.replay(path)

    assert (report.rows, bool(report)) == (1_000, True)
    assert stored_rows(peer) == set(range(ROWS))
    assert not path.exists()


def test_what_does_not_land_in_a_replay_stays_in_the_file(ts, peer, tmp_path):
    path = tmp_path / "letters.parquet"
    chosen = {"7", "8", "9"}
    peer.script = faults.writes(faults.reject(lambda record: record["MeasureValues"][0]["Value"] in chosen))
    ts.write(frame(), "iot.sensors", dead_letter=path, on_rejected="return", progress=False)
    chosen -= {"8"}

    with pytest.raises(RejectedRecordsError):
        ts.replay(path)

    assert sorted(pl.read_parquet(path)["temp"].to_list()) == [7.0, 9.0]


def test_a_replay_that_is_cut_off_keeps_what_was_not_written(ts, peer, tmp_path):
    path = tmp_path / "letters.parquet"
    peer.script = faults.since(0, faults.fail("AccessDeniedException", "User: x is not authorized."))
    with pytest.raises(AccessDeniedError):
        ts.write(frame(), "iot.sensors", dead_letter=path, concurrency=1, progress=False)
    peer.exchanges.clear()
    peer.script = faults.since(5, faults.fail("AccessDeniedException", "User: x is not authorized."))

    with pytest.raises(AccessDeniedError) as caught:
        ts.replay(path, concurrency=1)

    assert len(pl.read_parquet(path)) == ROWS - caught.value.report.ingested < ROWS
    assert {*map(int, pl.read_parquet(path)["temp"])} == set(range(ROWS)) - stored_rows(peer)


# Plans and limits.


@pytest.mark.parametrize("pack", ["auto", "order"])
def test_a_plan_equals_the_report_of_the_write_that_follows(ts, peer, pack):
    plan = ts.plan(frame(), "iot.sensors", pack=pack)
    assert peer.of() == []

    report = ts.write(frame(), "iot.sensors", pack=pack, progress=False)

    names = ("table", "rows", "skipped_rows", "records", "left_out", "pack", "requests", "bytes", "write_units")
    assert {name: getattr(plan, name) for name in names} == {name: getattr(report, name) for name in names}
    assert (plan.requests, plan.bytes) == (len(peer.of()), sum(len(exchange.body) for exchange in peer.of()))
    assert tsframe.WriteUnits(*plan.write_units) == report.write_units


def test_a_limit_of_cost_refuses_before_the_first_request(ts, peer):
    price = ts.plan(frame(), "iot.sensors").price.upper

    with pytest.raises(InvalidFrameError, match=r"the write may cost up to \$0\.0000.*more than max_cost=1e-09"):
        ts.write(frame(), "iot.sensors", max_cost=1e-9)
    assert peer.of() == []

    assert bool(ts.write(frame(), "iot.sensors", max_cost=price, progress=False))


# Streams.


def parts(number: int = 4) -> pa.RecordBatchReader:
    whole = frame().to_arrow()
    size = ROWS // number
    batches = [whole.slice(first, size).combine_chunks().to_batches()[0] for first in range(0, ROWS, size)]
    return pa.RecordBatchReader.from_batches(whole.schema, batches)


@pytest.fixture
def small_parts(monkeypatch) -> None:
    """A stream is written in parts of 500 rows."""
    monkeypatch.setattr("tsframe._aws.service._PART_ROWS", 500)


def test_a_stream_is_written_part_by_part_and_accounted_for_as_a_whole(ts, peer, small_parts):
    report = ts.write(parts(), "iot.sensors", progress=False)

    assert (report.rows, bool(report)) == (ROWS, True)
    assert holds(report, peer)


def test_rejected_rows_of_a_stream_are_counted_from_its_first_row(ts, peer, small_parts):
    peer.script = faults.writes(faults.reject(lambda record: record["MeasureValues"][0]["Value"] in {"3", "1777"}))

    report = ts.write(parts(), "iot.sensors", on_rejected="return", progress=False)

    assert pl.DataFrame(report.rejected)["row"].to_list() == [3, 1777]
    assert holds(report, peer)


def test_a_fault_in_a_later_part_leaves_its_rows_unsent(ts, peer, small_parts):
    whole = frame().with_columns(temp=pl.when(pl.int_range(ROWS) == 1_200).then(float("inf")).otherwise("temp"))
    table = whole.with_columns(
        host=pl.when(pl.int_range(ROWS) == 1_300).then(pl.lit("h" * 3_000)).otherwise(pl.lit("h"))
    )

    with pytest.raises(InvalidFrameError, match=r"from 1,000 on, .*column 'host'.* in row 300") as caught:
        ts.write(table.to_arrow().to_reader(500), "iot.sensors", progress=False)

    report = caught.value.report
    assert (report.ingested, report.unsent) == (1_000, ((1_000, 1_499),))
    assert holds(report, peer)


def test_a_part_of_a_stream_without_values_is_skipped_and_the_others_are_written(ts, peer, small_parts):
    gap = (pl.int_range(ROWS) >= 1_000) & (pl.int_range(ROWS) < 1_500)
    table = frame().with_columns(temp=pl.when(gap).then(None).otherwise("temp"))

    report = ts.write(table.to_arrow().to_reader(500), "iot.sensors", progress=False)

    assert (report.ingested, report.skipped_rows, report.unsent_rows) == (1_500, 500, 0)
    skipped = pl.DataFrame(report.skipped)
    assert skipped["row"].to_list() == [*range(1_000, 1_500)]
    assert set(skipped["reason"]) == {"the row has no measure"}


def test_a_checkpoint_takes_up_a_stream_too(ts, peer, small_parts, tmp_path):
    peer.script = faults.since(14, faults.fail("AccessDeniedException", "User: x is not authorized."))
    with pytest.raises(AccessDeniedError) as caught:
        ts.write(parts(), "iot.sensors", checkpoint=tmp_path / "c", concurrency=1, progress=False)
    landed = caught.value.report.ingested
    peer.script = lambda _exchange: None

    report = ts.write(parts(), "iot.sensors", checkpoint=tmp_path / "c", progress=False)

    assert (report.resumed_rows, bool(report)) == (landed, True)
    assert holds(report, peer)


# Bad input.


OF_THE_TABLE = {
    "another type than the table has",
    "a dimension that is a measure of the table",
    "a measure that is a dimension of the table",
}
"""What columns a table has only a query could tell, which is billed: on AWS the service itself rejects these."""


@pytest.mark.parametrize("case", BAD.keys() - OF_THE_TABLE)
def test_bad_input_is_one_error_that_names_it_and_nothing_leaves(ts, peer, case):
    peer.tables["iot", "sensors"].memory_hours, peer.tables["iot", "sensors"].magnetic_writes = 6, False
    bad, options, message = BAD[case]

    with pytest.raises(InvalidFrameError) as caught:
        ts.write(bad, "iot.sensors", **options)

    assert message in str(caught.value)
    assert peer.of() == []


@pytest.mark.parametrize("case", sorted(OF_THE_TABLE))
def test_what_only_the_service_can_know_is_rejected_row_by_row(ts, peer, case):
    bad, options, _ = BAD[case]
    peer.script = faults.writes(faults.reject(lambda _record: True, "Type conflict."))

    with pytest.raises(RejectedRecordsError, match=r"rows were rejected .0 are stored.*Type conflict"):
        ts.write(bad, "iot.sensors", **options)


def test_a_wrong_endpoint_is_told(no_aws_of_this_machine):
    del no_aws_of_this_machine
    with (
        tsframe.connect("http://127.0.0.1:9") as ts,
        pytest.raises(ServiceUnreachableError, match=r"http://127.0.0.1:9 did not answer DescribeTable"),
    ):
        ts.write(frame(), "iot.sensors")
