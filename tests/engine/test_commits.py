"""Writes that wait are committed together; what happens to one of them is nobody else's."""

from __future__ import annotations

import threading
import time

import pytest

from tests.conformance.batches import START, batch, stored, write
from tsframe._engine import records
from tsframe._engine.service import EmbeddedService
from tsframe._model.tables import TableChange
from tsframe.errors import ResourceNotFoundError, StoreError


@pytest.fixture
def service(tmp_path):
    service = EmbeddedService.open(str(tmp_path), lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})
    yield service
    service.close()


def at_once(service, *writes):
    """Let writes wait for the store until all are there; return what became of each, by its name."""
    found = {}

    def run(name, action):
        try:
            found[name] = action()
        except BaseException as error:  # noqa: BLE001 - it is what is looked at
            found[name] = error

    threads = [threading.Thread(target=run, args=one) for one in writes]
    with service._storage.writing:
        for number, one in enumerate(threads, 1):
            one.start()
            # One after the other, so that they wait in this order.
            while len(service._commits._waiting) < number:
                time.sleep(0.001)
    for one in threads:
        one.join()
    return found


@pytest.fixture
def groups(monkeypatch):
    """How many records each write of the engine has."""
    sizes, real = [], records.write

    def counting(cursor, known, parts, *more):
        sizes.append(sum(map(len, parts)))
        return real(cursor, known, parts, *more)

    monkeypatch.setattr(records, "write", counting)
    return sizes


def test_writes_that_wait_become_one_and_each_is_told_its_own_part(service, groups):
    write(service, batch(START, temp=1.0, version=5))

    found = at_once(
        service,
        ("new", lambda: write(service, batch([START - 1, START - 2], temp=[1.0, 2.0]))),
        ("lower", lambda: write(service, batch([START - 3, START], temp=[3.0, 9.0], version=4))),
        ("none", lambda: service.write_records("iot", "nope", batch(temp=1.0))),
        ("again", lambda: write(service, batch(START - 1, temp=1.0))),
    )

    assert groups == [1, 5]
    assert (found["new"].ingested, len(found["new"].rejected)) == (2, 0)
    [rejected] = found["lower"].rejected.to_pylist()
    assert (found["lower"].ingested, rejected["record"], rejected["existing_version"]) == (1, 1, 5)
    assert isinstance(found["none"], ResourceNotFoundError)
    assert found["again"].ingested == 1
    assert len(stored(service, "temp")) == 4


def test_who_gets_the_store_waits_a_moment_for_others_that_are_about_to_come(service, groups):
    others = threading.Thread(target=lambda: write(service, batch(START - 1, temp=2.0)))
    asked = []

    def company():
        asked.append(True)
        if len(asked) == 1:
            others.start()
        return not any(one.batch.times[0] == START - 1 for one in service._commits._waiting)

    service._commits.write("iot", "sensors", batch(START, temp=1.0), company)

    others.join()
    assert groups == [2]


def test_nobody_is_waited_for_who_does_not_come(service, groups):
    service._commits.write("iot", "sensors", batch(START, temp=1.0), lambda: True)

    assert groups == [1]


def test_a_batch_that_breaks_is_nobody_elses_fault(service, monkeypatch):
    real = records.write

    def breaking(cursor, known, parts, *more):
        if any(part.measures[0].values[0].as_py() == 666.0 for part in parts):
            message = "in the middle"
            raise RuntimeError(message)
        return real(cursor, known, parts, *more)

    monkeypatch.setattr(records, "write", breaking)

    found = at_once(
        service,
        ("first", lambda: write(service, batch(START, temp=1.0))),
        ("broken", lambda: write(service, batch(START - 1, temp=666.0))),
        ("last", lambda: write(service, batch(START - 2, temp=3.0))),
    )

    assert (found["first"].ingested, found["last"].ingested) == (1, 1)
    assert isinstance(found["broken"], RuntimeError)
    assert stored(service, "temp") == [(1.0,), (3.0,)]


def test_an_interrupted_write_tells_all_who_wait_that_nothing_was_kept(service, monkeypatch):
    real, calls = records.write, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(records, "write", interrupted)

    found = at_once(
        service,
        ("writer", lambda: write(service, batch(START, temp=1.0))),
        ("waiting", lambda: write(service, batch(START - 1, temp=2.0))),
    )

    errors = sorted(map(type, found.values()), key=str)
    assert KeyboardInterrupt in errors
    assert StoreError in errors
    assert stored(service, "time") == []
    assert write(service, batch(START, temp=1.0)).ingested == 1
