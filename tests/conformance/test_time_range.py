"""Which times a table takes, and which store takes them (developer guide, "Data ingestion" and "Storage")."""

from __future__ import annotations

import pytest

from tests.conformance.batches import DAY, HOUR, SECOND, START, batch, reasons, rejected, stored, write
from tsframe._model.tables import TableChange

MINUTE = 60 * SECOND


@pytest.mark.parametrize("age", [0, HOUR, DAY, -15 * MINUTE + 1_000_000])
def test_the_memory_store_takes_its_retention_and_a_quarter_of_an_hour_ahead(service, age):
    result = write(service, batch(START - age, temp=1.0))

    assert (result.memory_store, result.magnetic_store) == (1, 0)


@pytest.mark.parametrize("age", [DAY + 1, 20 * DAY, START, -15 * MINUTE, -DAY])
def test_other_times_are_rejected_when_late_records_are_not_taken(service, age):
    result = write(service, batch(START - age, temp=1.0))

    assert rejected(result) == [(0, "outside-time-range", None)]
    assert reasons(result) == [
        (
            "The record timestamp is outside the time range [2026-09-20T14:13:20.000Z, 2026-09-21T14:28:20.000Z) "
            "of the memory store."
        )
    ]
    assert stored(service, "time") == []


@pytest.mark.parametrize("age", [DAY + 1, 5 * DAY, 11 * DAY])
def test_the_magnetic_store_takes_late_records_when_its_writes_are_on(late_service, age):
    result = write(late_service, batch(START - age, temp=1.0))

    assert (result.memory_store, result.magnetic_store) == (0, 1)


@pytest.mark.parametrize("age", [11 * DAY + 1, -15 * MINUTE])
def test_records_older_than_both_retentions_are_rejected(late_service, age):
    result = write(late_service, batch(START - age, temp=1.0))

    assert reasons(result) == [
        (
            "The record timestamp is outside the time range [2026-09-10T14:13:20.000Z, 2026-09-21T14:28:20.000Z) "
            "of the data ingestion window."
        )
    ]


def test_the_records_inside_are_stored_and_counted_by_store(late_service):
    result = write(
        late_service, batch([START, START - 2 * DAY, START - 20 * DAY, START - HOUR], temp=[1.0, 2.0, 3.0, 4.0])
    )

    assert (result.memory_store, result.magnetic_store) == (2, 1)
    assert rejected(result) == [(2, "outside-time-range", None)]
    assert stored(late_service, "temp") == [(1.0,), (2.0,), (4.0,)]


def test_the_window_that_a_client_sees_is_the_one_that_is_used(late_service):
    window = late_service.ingestion_window("iot", "sensors")

    assert (window.lower, window.memory_from, window.upper) == (START - 11 * DAY, START - DAY, START + 15 * MINUTE)


def test_records_grow_old_into_the_magnetic_store(service, clock):
    write(service, batch([START, START - 20 * HOUR], temp=[1.0, 2.0]))

    clock.forward(hours=10)

    contents = service.describe_contents("iot", "sensors")
    assert (contents.memory_store, contents.magnetic_store) == (1, 1)


def test_expired_records_are_gone_from_reads_and_counts(service, clock):
    write(service, batch([START, START - DAY], temp=[1.0, 2.0]))

    clock.forward(days=10.5)

    assert stored(service, "temp") == [(1.0,)]
    assert service.describe_contents("iot", "sensors").rows == 1


def test_expired_records_are_removed_by_later_writes(service, clock):
    write(service, batch(START, temp=1.0))
    clock.forward(days=12)

    write(service, batch(clock.now, temp=2.0))

    assert stored(service, "temp") == [(2.0,)]


def test_a_shorter_retention_expires_at_once_and_for_good(late_service):
    write(late_service, batch([START, START - 5 * DAY], temp=[1.0, 2.0]))

    late_service.update_table("iot", "sensors", TableChange(magnetic_store_days=1))
    late_service.update_table("iot", "sensors", TableChange(magnetic_store_days=10))

    assert stored(late_service, "temp") == [(1.0,)]


def test_a_longer_retention_does_not_bring_expired_records_back(service, clock):
    write(service, batch(START, temp=1.0))
    clock.forward(days=12)

    service.update_table("iot", "sensors", TableChange(magnetic_store_days=100))

    assert stored(service, "temp") == []


def test_what_a_shorter_memory_store_gives_up_stays_in_the_magnetic_store(service):
    write(service, batch([START, START - 20 * HOUR], temp=[1.0, 2.0]))

    service.update_table("iot", "sensors", TableChange(memory_store_hours=10))
    service.update_table("iot", "sensors", TableChange(memory_store_hours=48))

    contents = service.describe_contents("iot", "sensors")
    assert (contents.memory_store, contents.magnetic_store) == (1, 1)


def test_a_longer_memory_store_fills_only_as_time_passes(service, clock):
    service.update_table("iot", "sensors", TableChange(memory_store_hours=48))

    at_once = write(service, batch(START - 30 * HOUR, temp=1.0))
    clock.forward(hours=24)
    later = write(service, batch(START - 10 * HOUR, temp=1.0))

    assert rejected(at_once) == [(0, "outside-time-range", None)]
    assert later.memory_store == 1


def test_a_longer_memory_store_leaves_its_new_part_to_the_magnetic_store(late_service):
    late_service.update_table("iot", "sensors", TableChange(memory_store_hours=48))

    result = write(late_service, batch(START - 30 * HOUR, temp=1.0))

    assert (result.memory_store, result.magnetic_store) == (0, 1)


def test_late_records_can_be_refused_again(late_service):
    late_service.update_table("iot", "sensors", TableChange(magnetic_writes=False))

    assert rejected(write(late_service, batch(START - 2 * DAY, temp=1.0))) == [(0, "outside-time-range", None)]


def test_late_records_are_taken_without_a_place_for_those_that_lose(late_service):
    table = late_service.describe_table("iot", "sensors")

    assert (table.magnetic_writes, table.rejected_to) == (True, None)
    assert write(late_service, batch(START - 2 * DAY, temp=1.0)).magnetic_store == 1


def test_a_late_record_that_breaks_another_rule_than_the_versions_is_rejected_at_once(late_service):
    write(late_service, batch(temp=1.0))

    assert rejected(write(late_service, batch(START - 2 * DAY, temp=1))) == [(0, "type-conflict", None)]
