"""Readers and writers at once, inside one process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from tests.conformance.batches import START, batch, stored, write
from tsframe._engine.service import EmbeddedService
from tsframe._model.tables import Selection, TableChange


@pytest.fixture
def service(tmp_path):
    service = EmbeddedService.open(str(tmp_path), lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})
    yield service
    service.close()


def test_many_writers_of_one_record_leave_the_highest_version_once(service):
    def upsert(version: int) -> int:
        return write(service, batch(temp=float(version), version=version)).ingested

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(upsert, range(1, 41)))

    assert stored(service, "temp") == [(40.0,)]
    assert 1 <= taken <= 40


def test_writers_of_new_columns_do_not_disturb_each_other(service):
    def add(number: int) -> int:
        return write(service, batch(START - number, **{f"m{number}": 1.0})).ingested

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(24))) == 24

    assert len(service.describe_columns("iot", "sensors").columns) == 3 + 24


def test_a_reader_sees_the_moment_of_its_first_batch(service):
    rows = 300_000
    write(service, batch([START - row for row in range(rows)], temp=[1.0] * rows))
    reader = service.read_records("iot", "sensors", Selection(columns=("temp",)))
    first = reader.read_next_batch()

    write(service, batch([START - row for row in range(rows)], temp=[2.0] * rows, version=2))
    rest = reader.read_all()

    values = pa.concat_tables([pa.Table.from_batches([first]), rest])["temp"]
    assert len(values) == rows
    assert values.unique().to_pylist() == [1.0]


def test_reads_never_see_a_write_by_half(service):
    rows = 1000
    write(service, batch([START - row for row in range(rows)], temp=[0.0] * rows))

    def read(_: int) -> tuple[int, int]:
        table = service.read_records("iot", "sensors", Selection(columns=("temp",))).read_all()
        return len(table), len(table["temp"].unique())

    with ThreadPoolExecutor(3) as pool:
        reads = pool.map(read, range(60))
        for version in range(2, 12):
            write(service, batch([START - row for row in range(rows)], temp=[float(version)] * rows, version=version))

    assert set(reads) == {(rows, 1)}
