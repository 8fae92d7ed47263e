"""Progress, listeners, counters and the log."""

from __future__ import annotations

import io
import logging
import sys
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import tsframe
from tsframe.errors import InvalidFrameError, RejectedRecordsError

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        connection.ensure_table("iot.sensors", memory_store_hours=24)
        yield connection


def frame(rows: int = 3, temp: float = 1.0) -> pl.DataFrame:
    times = [NOW - timedelta(seconds=row) for row in range(rows)]
    return pl.DataFrame({"device": ["secret"] * rows, "time": times, "temp": [temp] * rows})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_function_is_told_of_the_records_done_and_in_all(ts):
    told = []

    ts.write(frame(), "iot.sensors", progress=lambda done, total: told.append((done, total)))

    assert told == [(3, 3)]


def test_a_bar_of_tqdm_is_told_of_each_step(ts):
    from tqdm import tqdm

    with tqdm(total=3, file=io.StringIO()) as bar:
        ts.write(frame(), "iot.sensors", progress=bar)
        assert bar.n == 3


def test_a_bar_is_drawn_on_a_terminal(ts, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())

    ts.write(frame(), "iot.sensors", progress=True)

    assert "3.00/3.00 [" in terminal.getvalue()


@pytest.mark.parametrize(("progress", "stream"), [(True, io.StringIO), (False, Terminal), (None, Terminal)])
def test_no_bar_is_drawn_where_nobody_sees_it_or_wants_it_or_waits(ts, monkeypatch, progress, stream):
    monkeypatch.setattr(sys, "stderr", found := stream())

    ts.write(frame(), "iot.sensors", progress=progress)

    assert found.getvalue() == ""


@pytest.mark.parametrize(("progress", "raises"), [(True, True), (None, False)])
def test_a_bar_that_was_asked_for_says_what_to_install(ts, monkeypatch, progress, raises):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)

    if raises:
        with pytest.raises(ImportError, match=r"pip install 'tsframe\[progress\]'"):
            ts.write(frame(), "iot.sensors", progress=progress)
    else:
        assert ts.write(frame(), "iot.sensors", progress=progress)


def test_what_can_tell_nobody_is_refused(ts):
    with pytest.raises(InvalidFrameError, match="progress=5 is no way to tell"):
        ts.write(frame(), "iot.sensors", progress=5)


def test_listeners_are_told_until_they_leave(ts):
    events: list[tsframe.RequestEvent] = []
    leave = ts.listen(events.append)

    ts.write(frame(), "iot.sensors")
    leave()
    ts.write(frame(), "iot.sensors")

    assert [(event.table, event.outcome, event.records, event.attempt) for event in events] == [
        ("iot.sensors", "stored", 3, 1)
    ]


def test_counters_count_what_a_connection_has_sent(ts):
    ts.write(frame(), "iot.sensors", version=2)
    with pytest.raises(RejectedRecordsError):
        ts.write(frame(temp=5.0), "iot.sensors")

    assert ts.counters == tsframe.Counters(requests=2, stored=1, rejected=1, records=3, rejected_records=3)


def test_the_log_sums_up_at_info_and_tells_of_requests_at_debug_without_data(ts, caplog):
    caplog.set_level(logging.DEBUG, logger="tsframe")

    ts.write(frame(), "iot.sensors")

    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "tsframe"]
    assert [level for level, _ in told] == ["DEBUG", "INFO"]
    assert told[0][1].startswith("iot.sensors: request of 3 records, 0 bytes, attempt 1: stored in ")
    assert told[1][1].startswith("iot.sensors: of 3 rows 3 ingested, 0 rejected, 0 skipped, 0 unsent, 0 in doubt; ")
    assert "secret" not in caplog.text
