"""Batch load when something comes between: a kill, a closed store, a bucket out of reach, a table that goes; and S3."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.conformance.batches import HOUR, START, batch, stored, write
from tsframe._engine import csv_files, loading
from tsframe._engine.batch_loads import RESUMABLE
from tsframe._engine.service import EmbeddedService
from tsframe._model.batch_loads import ACTIVE, Attribute, BatchLoad, DataModel, DimensionColumn, Multi, Progress, Status
from tsframe._model.places import Place
from tsframe._model.quotas import Quotas
from tsframe._model.tables import TableChange
from tsframe.errors import ServiceQuotaExceededError, StoreError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

MS = START // 10**6
ROWS = 5_000
LOAD = BatchLoad(
    "iot",
    "sensors",
    source=Place("source"),
    report=Place("reports", "errors", "SSE_S3"),
    model=DataModel((DimensionColumn("dev"),), "time", multi=Multi((Attribute("temp"),), "m")),
)


class Clock:
    now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path, clock, monkeypatch) -> Iterator[EmbeddedService]:
    monkeypatch.setattr(csv_files, "_BLOCK_BYTES", 8_000)
    opened = EmbeddedService.open(str(tmp_path / "store"), clock)
    opened.create_database("iot", kms_key=None, tags={})
    opened.create_table("iot", "sensors", TableChange(memory_store_hours=24, magnetic_store_days=10), tags={})
    yield opened
    opened.close()


def put(service, rows=ROWS, *, bad=()):
    """A file of rows in the bucket; some of them are none."""
    folder = service.buckets.folder / "source"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{MS + row},d{row % 7},{'x' if row in bad else row}" for row in range(rows)]
    (folder / "a.csv").write_text("\n".join(["time,dev,temp", *lines]))


def ended(service, task):
    until = time.monotonic() + 60
    while (found := service.describe_batch_load_task(task)).status in ACTIVE:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


@pytest.fixture
def break_in(monkeypatch, service):
    """Let reading break off after some bytes, until it is mended."""

    class Breaking:
        def __init__(self, stream, left):
            self.stream, self.left, self.closed, self.some_first = stream, left, False, left > 0

        def read(self, size=-1):
            self.left -= size
            if self.left < 0:
                # What was read before is read ahead: it is taken first.
                while self.some_first and not service.list_batch_load_tasks()[0].progress.ingested:
                    time.sleep(0.01)
                raise OSError("the network is gone")
            return self.stream.read(size)

    reading = type(service.buckets).reading

    def begin(after):
        opened = []

        @contextmanager
        def broken(buckets, place, key):
            opened.append(key)
            with reading(buckets, place, key) as stream:
                # The first time, the header is read.
                yield Breaking(stream, after) if len(opened) > 1 else stream

        monkeypatch.setattr(type(service.buckets), "reading", broken)
        return lambda: monkeypatch.setattr(type(service.buckets), "reading", reading)

    return begin


def test_a_task_goes_on_where_the_bucket_went_out_of_reach(service, break_in):
    rows = 20_000
    put(service, rows, bad=(3, 19_990))
    mend = break_in(after=250_000)

    stopped = ended(service, task := service.create_batch_load_task(LOAD))
    assert stopped.status is Status.PROGRESS_STOPPED
    assert "the network is gone; resume the task when it can go on" in stopped.error
    assert 0 < stopped.progress.ingested < rows - 2

    mend()
    service.resume_batch_load_task(task)

    found = ended(service, task)
    assert (found.status, len(stored(service, "temp"))) == (Status.FAILED, rows - 2)
    assert found.progress == Progress(rows, rows - 2, 2, 0, 0, found.progress.metered)
    report = json.loads((service.buckets.folder / f"reports/errors/{task}/error_report.json").read_text())
    assert report["fileErrors"][0]["errors"][0]["lineRanges"] == [[5, 5], [19992, 19992]]


def test_a_closed_store_stops_a_task_and_an_open_one_goes_on_with_it(service, tmp_path, clock):
    put(service, 40_000)
    task = service.create_batch_load_task(LOAD)
    while not service.describe_batch_load_task(task).progress.ingested:
        time.sleep(0.001)
    service.close()

    again = EmbeddedService.open(str(tmp_path / "store"), clock)
    stopped = again.describe_batch_load_task(task)
    assert (stopped.status, stopped.error) == (Status.PROGRESS_STOPPED, "The store was closed; resume the task.")
    assert 0 < stopped.progress.processed < 40_000

    again.resume_batch_load_task(task)

    found = ended(again, task)
    assert (found.status, found.progress.ingested, found.progress.processed) == (Status.SUCCEEDED, 40_000, 40_000)
    assert len(stored(again, "temp")) == 40_000
    again.close()


KILLED = """
    import sys, time
    from tests.engine.test_loading import LOAD, START
    from tsframe._engine import csv_files, loading
    from tsframe._engine.service import EmbeddedService

    def slowly(*arguments, **options):
        for chunk in csv_files.chunks(*arguments, **options):
            time.sleep(0.02)
            yield chunk

    csv_files._BLOCK_BYTES = 8_000
    loading.chunks = slowly
    service = EmbeddedService.open(sys.argv[1], lambda: START)
    print(service.create_batch_load_task(LOAD), flush=True)
    service._loading._thread.join()
"""


def test_after_a_kill_a_task_can_be_resumed_and_counts_every_row_once(service, tmp_path, clock):
    put(service, 40_000, bad=(10,))
    service.close()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "store")], stdout=subprocess.PIPE, text=True
    ) as killed:
        task = killed.stdout.readline().strip()
        time.sleep(0.7)
        killed.send_signal(signal.SIGKILL)

    again = EmbeddedService.open(str(tmp_path / "store"), clock)
    stopped = again.describe_batch_load_task(task)
    assert stopped.status is Status.PROGRESS_STOPPED
    assert stopped.error == "The process that worked on the task ended; resume it."
    assert 0 < stopped.progress.processed < 40_000

    again.resume_batch_load_task(task)

    found = ended(again, task)
    assert (found.progress.processed, found.progress.ingested, found.progress.unparsed) == (40_000, 39_999, 1)
    assert len(stored(again, "temp")) == 39_999
    again.close()


def test_a_task_whose_table_goes_fails_and_says_so(service, monkeypatch):
    put(service)
    chunks = csv_files.chunks

    def deleting(*arguments, **options):
        for number, chunk in enumerate(chunks(*arguments, **options)):
            if number == 2:
                service.delete_table("iot", "sensors")
            yield chunk

    monkeypatch.setattr(loading, "chunks", deleting)

    found = ended(service, service.create_batch_load_task(LOAD))

    assert (found.status, found.error) == (Status.FAILED, "The table sensors does not exist.")


def test_a_store_that_cannot_be_written_stops_a_task_and_says_so(service, monkeypatch):
    put(service)
    transaction = type(service._storage).transaction

    def full(_storage, **_options):
        raise StoreError("the disk is full")

    real = loading.records_of

    def last_one(*arguments):
        monkeypatch.setattr(type(service._storage), "transaction", full)
        return real(*arguments)

    monkeypatch.setattr(loading, "records_of", last_one)
    stopped = ended(service, task := service.create_batch_load_task(LOAD))
    assert (stopped.status, stopped.error) == (
        Status.PROGRESS_STOPPED,
        "the disk is full; resume the task when it can go on",
    )
    assert [one.status for one in service.list_batch_load_tasks()] == [Status.PROGRESS_STOPPED]

    monkeypatch.setattr(type(service._storage), "transaction", transaction)
    monkeypatch.setattr(loading, "records_of", real)
    service.resume_batch_load_task(task)

    assert ended(service, task).status is Status.SUCCEEDED
    assert len(stored(service, "temp")) == ROWS


def test_a_task_can_be_resumed_for_a_week(service, break_in, clock):
    put(service)
    break_in(after=0)
    task = service.create_batch_load_task(LOAD)
    assert ended(service, task).status is Status.PROGRESS_STOPPED

    clock.now += RESUMABLE // timedelta(microseconds=1) * 1000

    with pytest.raises(ValidationError, match="could be resumed until 2026-09-28"):
        service.resume_batch_load_task(task)


@pytest.mark.parametrize(
    ("quotas", "text"),
    [
        (Quotas(batch_loads=2), "The account has 2 active batch load tasks"),
        (Quotas(batch_loads_of_table=2), "The table sensors has 2 active batch load tasks"),
    ],
)
def test_only_so_many_tasks_are_active(service, monkeypatch, quotas, text):
    service._loading.quotas = quotas
    monkeypatch.setattr(type(service._loading), "_begin", lambda *_: None)
    for _ in range(2):
        service.create_batch_load_task(LOAD)

    with pytest.raises(ServiceQuotaExceededError, match=text):
        service.create_batch_load_task(LOAD)


# --- late records ----------------------------------------------------------------------------------------------------


def lose(service, *, place):
    """Three late records are stored; then two of them come again with lower versions, and one with another value."""
    service.update_table("iot", "sensors", TableChange(magnetic_writes=True, rejected_data=place))
    late = [START - 48 * HOUR + number for number in range(3)]
    write(service, batch(late, temp=[1.0, 2.0, 3.0], note=["a", "b", 'say "c"'], version=5))
    return write(service, batch(late, temp=[9.0, 9.5, 9.0], note=["x", "y", 'say "z"'], version=[4, 3, 5]))


def test_late_records_that_lose_are_reported_in_the_tables_place(service):
    result = lose(service, place=Place("lost", "late/", "SSE_S3"))

    assert (result.magnetic_store, len(result.rejected), len(result.rejected_later)) == (3, 0, 3)
    [file] = (service.buckets.folder / "lost").rglob("*.json")
    assert file.relative_to(service.buckets.folder).parts[:-1] == ("lost", "late", "iot", "sensors", "2026-09-21")
    report = json.loads(file.read_text())
    assert report["reportId"] == file.stem
    assert [(error["reason"][:45], len(error["records"])) for error in report["errors"]] == [
        ("The record version 4 is lower than the existi", 1),
        ("The record version 3 is lower than the existi", 1),
        ("A record already exists with the same time, d", 1),
    ]
    assert report["errors"][2]["records"] == [
        {
            "dimensions": [{"name": "device", "value": "a", "dimensionValueType": None}],
            "measureName": "climate",
            "measureValue": None,
            "measureValues": [
                {"name": "temp", "value": "9", "type": "DOUBLE"},
                {"name": "note", "value": 'say "z"', "type": "VARCHAR"},
            ],
            "measureValueType": "MULTI",
            "time": str(START - 48 * HOUR + 2),
            "timeUnit": "NANOSECONDS",
            "version": 5,
        }
    ]


def test_without_a_place_nothing_is_reported(service):
    lose(service, place=None)

    assert not service.buckets.folder.exists()


def test_a_report_that_cannot_be_written_is_told_in_the_log_and_no_fault_of_the_write(service, caplog):
    service.buckets.folder.mkdir()
    (service.buckets.folder / "lost").write_text("no folder")

    assert lose(service, place=Place("lost")).magnetic_store == 3

    assert "3 late records lost to stored versions, and their report was not written: cannot reach" in caplog.text


# --- S3 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def s3(monkeypatch) -> Iterator[str]:
    """S3, as moto serves it, with the buckets that these tests use."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.mark.parametrize("variable", ["TSFRAME_S3", "AWS_ENDPOINT_URL_S3"])
def test_files_are_taken_from_s3_and_reports_put_there_where_it_is_named(s3, monkeypatch, variable):
    monkeypatch.setenv(variable, s3)
    client = boto3.client("s3", endpoint_url=s3)
    for bucket in ("source", "reports"):
        client.create_bucket(Bucket=bucket)
    client.put_object(Bucket="source", Key="in/a.csv", Body=f"time,dev,temp\n{MS},a,1\n{MS},b,x\n".encode())
    service = EmbeddedService.open(":memory:", lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})

    found = ended(service, task := service.create_batch_load_task(LOAD))

    assert service.buckets.folder is None
    assert (found.status, stored(service, "dev", "temp")) == (Status.FAILED, [("a", 1.0)])
    body = client.get_object(Bucket="reports", Key=f"errors/{task}/error_report.json")["Body"].read()
    assert json.loads(body)["fileErrors"][0]["fileName"] == "in/a.csv"
    service.close()


def test_buckets_may_be_folders_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TSFRAME_S3", str(tmp_path / "elsewhere"))
    service = EmbeddedService.open(":memory:", lambda: START)

    assert service.buckets.folder == tmp_path / "elsewhere"
    service.close()


def test_the_buckets_of_a_store_in_memory_vanish_with_it():
    service = EmbeddedService.open(":memory:", lambda: START)
    folder = service.buckets.folder
    assert folder.exists()

    service.close()

    assert not folder.exists()
