"""A checkpoint: what a rerun leaves out, and files that cannot serve. The way to AWS has its own in tests/aws."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import tsframe
from tsframe._checkpoints import Checkpoint
from tsframe._model.sending import Answer, Refusal
from tsframe.errors import RejectedRecordsError, TimestreamError

NOW = datetime.now(UTC).replace(microsecond=0)
ANSWER = Answer(3, 1, (Refusal(2, "lower-version", "the reason", 9),))


@pytest.fixture
def ts(tmp_path):
    with tsframe.connect(tmp_path / "store") as connection:
        connection.ensure_table("iot.sensors", memory_store_hours=24)
        connection.ensure_table("iot.others", memory_store_hours=24)
        yield connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "write.checkpoint"


def frame(*temps: float) -> pl.DataFrame:
    times = [NOW - timedelta(seconds=row) for row in range(len(temps))]
    return pl.DataFrame({"device": ["a"] * len(temps), "time": times, "temp": temps})


def test_a_rerun_of_the_same_frame_writes_nothing_and_reports_the_same(ts, path):
    first = ts.write(frame(1.0, 2.0), "iot.sensors", checkpoint=path)
    ts.delete_table("iot.sensors")
    ts.ensure_table("iot.sensors", memory_store_hours=24)

    second = ts.write(frame(1.0, 2.0), "iot.sensors", checkpoint=path)

    assert (first.ingested, first.resumed_rows) == (2, 0)
    assert (second.ingested, second.memory_store, second.resumed_rows, bool(second)) == (2, 2, 2, True)
    assert ts.describe("iot.sensors").rows == 0


def test_another_frame_is_written(ts, path):
    ts.write(frame(1.0, 2.0), "iot.sensors", checkpoint=path)

    report = ts.write(frame(1.0, 2.5), "iot.sensors", version=2, checkpoint=path)

    assert (report.ingested, report.resumed_rows) == (2, 0)


def test_rejected_rows_are_reported_again(ts, path):
    ts.write(frame(1.0, 2.0), "iot.sensors", version=5)
    for _ in range(2):
        with pytest.raises(RejectedRecordsError) as caught:
            ts.write(frame(1.5, 2.5), "iot.sensors", checkpoint=path)

    assert caught.value.report.resumed_rows == 2
    assert caught.value.rejected["existing_version"].to_list() == [5, 5]


def test_version_now_is_the_moment_of_the_first_call(ts, path):
    first = ts.write(frame(1.0), "iot.sensors", version="now", checkpoint=path)

    second = ts.write(frame(1.0), "iot.sensors", version="now", checkpoint=path)

    assert (second.columns.version, second.resumed_rows) == (first.columns.version, 1)


def test_a_store_in_memory_is_never_taken_for_the_one_before(path):
    for _ in range(2):
        with tsframe.connect(":memory:") as ts:
            ts.ensure_table("iot.sensors", memory_store_hours=24)
            if path.exists():
                with pytest.raises(TimestreamError, match=r"is about table 'iot.sensors' of ':memory: "):
                    ts.write(frame(1.0), "iot.sensors", checkpoint=path)
            else:
                ts.write(frame(1.0), "iot.sensors", checkpoint=path)


def test_a_checkpoint_of_another_table_is_refused(ts, path):
    ts.write(frame(1.0), "iot.sensors", checkpoint=path)

    with pytest.raises(TimestreamError, match=r"is about table 'iot.sensors' of .*, not 'iot.others' of"):
        ts.write(frame(1.0), "iot.others", checkpoint=path)

    assert ts.describe("iot.others").rows == 0


@pytest.mark.parametrize("content", [b"device,time\n", b"\xff\xfe\n", b'{"is": "something else"}\n', b"[1]\n"])
def test_a_file_that_is_no_checkpoint_is_refused_and_kept(ts, path, content):
    path.write_bytes(content)

    with pytest.raises(TimestreamError, match="is no checkpoint of tsframe"):
        ts.write(frame(1.0), "iot.sensors", checkpoint=path)

    assert path.read_bytes() == content
    assert ts.describe("iot.sensors").rows == 0


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_sent(ts, tmp_path):
    with pytest.raises(TimestreamError, match=r"cannot be written \(No such file or directory\)"):
        ts.write(frame(1.0), "iot.sensors", checkpoint=tmp_path / "missing" / "file")

    assert ts.describe("iot.sensors").rows == 0


def noted(path) -> Checkpoint:
    with Checkpoint.open(path, "somewhere", "iot.sensors") as checkpoint:
        checkpoint.begin(1)
        checkpoint.note(b"body", ANSWER)
    return Checkpoint.open(path, "somewhere", "iot.sensors")


def test_an_answer_is_found_again_as_it_was_noted(path):
    checkpoint = noted(path)

    assert checkpoint.find(b"body") == ANSWER
    assert checkpoint.find(b"another") is None


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_line_torn_by_a_kill_costs_only_its_own_request(path, cut):
    noted(path)
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[-1][:-cut])

    with Checkpoint.open(path, "somewhere", "iot.sensors") as checkpoint:
        checkpoint.begin(1)
        checkpoint.note(b"later", ANSWER)
    found = Checkpoint.open(path, "somewhere", "iot.sensors")

    assert found.find(b"body") == found.find(b"later") == ANSWER


def test_the_file_holds_no_data(path):
    with Checkpoint.open(path, "somewhere", "iot.sensors") as checkpoint:
        checkpoint.begin("column")
        checkpoint.note(b"secret", Answer(1, 0))

    head, line = map(json.loads, path.read_text().splitlines())

    assert (head["version"], line["m"]) == (None, 1)
    assert "secret" not in path.read_text()
    assert path.stat().st_mode & 0o077 in {0o044, 0}
