"""The store: one owner, layout version, faults of the disk."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import duckdb
import pytest

from tests.conformance.batches import START, batch, stored, write
from tsframe._engine.service import EmbeddedService
from tsframe._engine.storage import LAYOUT, Storage
from tsframe._model.tables import TableChange
from tsframe.errors import ConnectionClosedError, StoreError, StoreLockedError


def service_in(folder):
    service = EmbeddedService.open(str(folder), lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})
    return service


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_what_was_written_is_there_after_opening_again(tmp_path):
    service = service_in(tmp_path / "store")
    write(service, batch(temp=1.0))
    service.close()

    again = EmbeddedService.open(str(tmp_path / "store"), lambda: START)

    assert stored(again, "temp") == [(1.0,)]
    again.close()


def test_a_second_process_is_told_who_owns_the_store(tmp_path):
    service = service_in(tmp_path / "store")

    second = run("import sys, tsframe; tsframe.connect(sys.argv[1])", tmp_path / "store")

    assert "StoreLockedError" in second.stderr
    assert f"is in use by process {os.getpid()}: close it there, or choose another folder" in second.stderr
    service.close()


def test_a_closed_store_is_free_for_others(tmp_path):
    service_in(tmp_path / "store").close()

    second = run("import sys, tsframe; print(tsframe.connect(sys.argv[1]).target)", tmp_path / "store")

    assert second.stdout.strip() == str(tmp_path / "store")


def test_one_process_may_open_a_store_twice(tmp_path):
    first = service_in(tmp_path / "store")
    second = EmbeddedService.open(str(tmp_path / ".." / tmp_path.name / "store"), lambda: START)
    write(first, batch(temp=1.0))

    first.close()

    assert stored(second, "temp") == [(1.0,)]
    second.close()


def test_a_lock_is_a_store_error():
    assert issubclass(StoreLockedError, StoreError)


def test_a_store_of_a_newer_layout_is_refused(tmp_path):
    service_in(tmp_path / "store").close()
    with duckdb.connect(str(tmp_path / "store" / "store.duckdb")) as connection:
        connection.execute("update catalog.store set layout = ?", [LAYOUT + 1])

    with pytest.raises(
        StoreError, match=rf"has layout {LAYOUT + 1}, this tsframe knows layout {LAYOUT}: .*upgrade tsframe"
    ):
        Storage.open(str(tmp_path / "store"))


def test_another_database_is_not_taken_for_a_store(tmp_path):
    (tmp_path / "store").mkdir()
    with duckdb.connect(str(tmp_path / "store" / "store.duckdb")) as connection:
        connection.execute("create table mine (x integer)")

    with pytest.raises(StoreError, match="another DuckDB database"):
        Storage.open(str(tmp_path / "store"))


def test_a_file_of_something_else_is_not_taken_for_a_store(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "store.duckdb").write_bytes(b"no database at all" * 1000)

    with pytest.raises(StoreError, match="does not hold a store that can be opened"):
        Storage.open(str(tmp_path / "store"))


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "store").write_text("x")

    with pytest.raises(StoreError, match="cannot be made: File exists"):
        Storage.open(str(tmp_path / "store"))


READ_ONLY = """
    import subprocess, sys
    import tsframe
    from tsframe.errors import StoreError

    folder = sys.argv[1]
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    tsframe.connect(folder + "/old").close()
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    for store in (folder + "/old", folder + "/new"):
        try:
            tsframe.connect(store)
        except StoreError as error:
            print(type(error).__name__, error)
"""


def run_with_mounts(script: str, folder: object) -> subprocess.CompletedProcess[str]:
    """Run a script that may mount what it likes: only it sees that, and it ends with it."""
    # For root a mount namespace is enough; others are root in a user namespace of their own making.
    unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    command = [*unshare, sys.executable, "-c", textwrap.dedent(script), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    answer = run_with_mounts(READ_ONLY, tmp_path)

    assert answer.stderr == ""
    old, new = answer.stdout.strip().splitlines()
    assert old == f"StoreError the store '{tmp_path}/old' cannot be written: choose a folder that you may write"
    assert (
        new == f"StoreError the store '{tmp_path}/new' cannot be made: Read-only file system; "
        "choose a folder that you may write"
    )


def test_a_closed_store_says_so(tmp_path):
    service = service_in(tmp_path)
    service.close()

    with pytest.raises(ConnectionClosedError, match="is closed: connect again"):
        service.list_databases()


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    service = service_in(tmp_path)
    write(service, batch(temp=1.0))

    def fail(*_: object, **__: object) -> None:
        message = "in the middle"
        raise RuntimeError(message)

    monkeypatch.setattr("tsframe._engine.records._store", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        write(service, batch(dimensions={"room": ["1"]}, humid=[2.0], version=2, measure_name="new"))
    monkeypatch.undo()

    assert [column.name for column in service.describe_columns("iot", "sensors").columns] == [
        "device",
        "measure_name",
        "time",
        "temp",
    ]
    assert stored(service, "temp") == [(1.0,)]
    assert write(service, batch(measure_name="new", measure_value__bigint=1)).ingested == 1
    service.close()


FULL_DISK = """
    import subprocess, sys
    import numpy as np, pyarrow as pa, tsframe
    from datetime import UTC, datetime, timedelta
    from tsframe.errors import StoreError

    folder = sys.argv[1]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=True)

    def frame(rows, seed):
        now, values = datetime.now(UTC), np.random.default_rng(seed).normal(size=(2, rows))
        times = pa.array([now] * rows) if rows < 10 else pa.array(
            np.int64(now.timestamp() * 1e9) - np.arange(rows) * 1000 - seed).cast(pa.timestamp("ns", "UTC"))
        return pa.table({"device": ["a"] * rows, "time": times, "x": values[0], "y": values[1]})

    with tsframe.connect(folder + "/store") as ts:
        ts.write(frame(1000, 1), "iot.sensors", create=True)
        try:
            ts.write(frame(1_000_000, 2), "iot.sensors")
        except StoreError as error:
            print(error)
        print(ts.describe("iot.sensors").rows)
        print(ts.write(frame(1000, 3), "iot.sensors").ingested)
    with tsframe.connect(folder + "/store") as ts:
        print(ts.describe("iot.sensors").rows)
"""


def test_a_full_disk_keeps_the_store_as_it_was(tmp_path):
    answer = run_with_mounts(FULL_DISK, tmp_path)

    assert answer.stderr == ""
    message, before, written, after = answer.stdout.strip().splitlines()
    assert message.startswith(f"the disk of the store '{tmp_path}/store' is full")
    assert message.endswith("nothing of this call was kept; make room, or connect to a store on another disk")
    assert (before, written, after) == ("1000", "1000", "2000")


def test_a_store_that_could_not_be_opened_anew_is_when_it_is_asked_next(tmp_path, monkeypatch):
    service = service_in(tmp_path)
    write(service, batch(temp=1.0))
    storage = service._storage

    def fail(_path):
        message = "not now"
        raise StoreError(message)

    with monkeypatch.context() as patch:
        patch.setattr("tsframe._engine.storage._connect", fail)
        for _ in range(2):
            with pytest.raises(StoreError, match="not now"):
                storage._reopen()
            with pytest.raises(StoreError, match="not now"):
                service.list_databases()

    assert stored(service, "temp") == [(1.0,)]
    service.close()


def test_the_stores_sql_reaches_nothing_outside(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    secret = [[1]]
    storage = Storage.open(":memory:")

    attempts = [
        f"select * from read_csv('{tmp_path}/secret.csv')",
        f"select * from '{tmp_path}/secret.csv'",
        f"attach '{tmp_path}/other.db'",
        f"copy (select 1) to '{tmp_path}/out.csv'",
        "select * from secret",
        "set enable_external_access = true",
        "install httpfs",
    ]
    for sql in attempts:
        with pytest.raises(StoreError), storage.reading() as cursor:
            cursor.sql(sql).fetchall() if sql.startswith("select") else cursor.execute(sql)
    assert secret
    storage.close()
