"""Versions: what replaces, what repeats, what is rejected (developer guide, "Upserts")."""

from __future__ import annotations

from tests.conformance.batches import DAY, HOUR, START, batch, reasons, rejected, stored, write
from tsframe._model.tables import TableChange

SAME = (
    "A record already exists with the same time, dimensions, measure name, and record version. A higher record version "
    "must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs."
)


def test_a_new_record_is_stored(service):
    result = write(service, batch(temp=1.0))

    assert (result.memory_store, result.magnetic_store, rejected(result)) == (1, 0, [])
    assert stored(service, "device", "time", "measure_name", "temp") == [("a", START, "climate", 1.0)]


def test_a_higher_version_replaces_the_stored_record(service):
    write(service, batch(temp=1.0, version=1))

    result = write(service, batch(temp=2.0, version=2))

    assert result.ingested == 1
    assert stored(service, "temp") == [(2.0,)]


def test_a_higher_version_with_the_same_value_raises_the_version(service):
    write(service, batch(temp=1.0, version=1))
    write(service, batch(temp=1.0, version=5))

    result = write(service, batch(temp=2.0, version=4))

    assert rejected(result) == [(0, "lower-version", 5)]


def test_the_same_record_again_is_accepted_and_stored_once(service):
    write(service, batch(temp=1.0))

    result = write(service, batch(temp=1.0))

    assert (result.ingested, rejected(result)) == (1, [])
    assert stored(service, "temp") == [(1.0,)]


def test_another_value_under_the_same_version_is_rejected_without_the_existing_version(service):
    write(service, batch(temp=1.0))

    result = write(service, batch(temp=2.0))

    assert rejected(result) == [(0, "same-version", None)]
    assert reasons(result) == [SAME]
    assert stored(service, "temp") == [(1.0,)]


def test_a_lower_version_is_rejected_with_the_existing_version(service):
    write(service, batch(temp=1.0, version=200))

    result = write(service, batch(temp=2.0, version=2))

    assert rejected(result) == [(0, "lower-version", 200)]
    assert reasons(result) == [
        (
            "The record version 2 is lower than the existing version 200. "
            "A higher version is required to update the measure value."
        )
    ]


def test_a_lower_version_is_rejected_even_with_the_same_value(service):
    write(service, batch(temp=1.0, version=2))

    assert rejected(write(service, batch(temp=1.0, version=1))) == [(0, "lower-version", 2)]


def test_of_three_rows_one_changed_only_the_changed_one_is_rejected(service):
    write(service, batch([START, START + 1, START + 2], temp=[1.0, 2.0, 3.0]))

    result = write(service, batch([START, START + 1, START + 2], temp=[1.0, 2.5, 3.0]))

    assert rejected(result) == [(1, "same-version", None)]
    assert result.ingested == 2


def test_one_nanosecond_makes_another_record(service):
    write(service, batch([START, START + 1], temp=[1.0, 2.0]))

    assert stored(service, "time", "temp") == [(START, 1.0), (START + 1, 2.0)]


def test_another_measure_name_makes_another_record(service):
    result = write(service, batch(measure_name=["x", "y"], temp=[1.0, 2.0]))

    assert (result.ingested, rejected(result)) == (2, [])
    assert stored(service, "measure_name", "temp") == [("x", 1.0), ("y", 2.0)]


def test_a_missing_dimension_makes_another_series(service):
    dimensions = {"device": ["a", "a"], "room": ["1", None]}

    result = write(service, batch([START, START], dimensions=dimensions, temp=[1.0, 2.0]))

    assert rejected(result) == []
    assert stored(service, "device", "room", "temp") == [("a", "1", 1.0), ("a", None, 2.0)]


def test_the_order_of_dimensions_does_not_matter(service):
    write(service, batch(dimensions={"device": ["a"], "room": ["1"]}, temp=[1.0]))

    result = write(service, batch(dimensions={"room": ["1"], "device": ["a"]}, temp=[2.0]))

    assert rejected(result) == [(0, "same-version", None)]


def test_values_that_only_read_alike_are_different_series(service):
    dimensions = {"d": ["ab", "a", None], "e": ["c", "bc", "abc"]}

    write(service, batch([START] * 3, dimensions=dimensions, temp=[1.0, 2.0, 3.0]))

    assert len(stored(service, "temp")) == 3


def test_a_replacing_record_leaves_out_measures_and_they_become_null(service):
    write(service, batch(temp=1.0, humid=50.0))

    write(service, batch(temp=2.0, version=2))

    assert stored(service, "temp", "humid") == [(2.0, None)]


def test_a_measure_that_is_missing_makes_another_value(service):
    write(service, batch(temp=1.0, humid=50.0))

    assert rejected(write(service, batch(temp=1.0))) == [(0, "same-version", None)]


def test_a_measure_that_is_new_makes_another_value(service):
    write(service, batch(temp=1.0))

    assert rejected(write(service, batch(temp=1.0, humid=50.0))) == [(0, "same-version", None)]


def test_a_measure_column_without_a_value_makes_no_other_value(service):
    write(service, batch(temp=1.0))

    result = write(service, batch([START, START + 1], temp=[1.0, 2.0], humid=[None, 50.0]))

    assert rejected(result) == []


def test_every_type_is_compared(service):
    write(service, batch(number=1, word="x", yes=True))

    changed = [
        batch(number=2, word="x", yes=True),
        batch(number=1, word="y", yes=True),
        batch(number=1, word="x", yes=False),
    ]

    assert [rejected(write(service, one))[0][1] for one in changed] == ["same-version"] * 3
    assert rejected(write(service, batch(number=1, word="x", yes=True))) == []


def test_the_largest_version_is_kept_exactly(service):
    write(service, batch(temp=1.0, version=2**63 - 1))

    assert rejected(write(service, batch(temp=2.0, version=2**63 - 2))) == [(0, "lower-version", 2**63 - 1)]


def test_records_of_one_batch_count_as_written_in_their_order(service):
    versions, values = [3, 2, 3, 3, 5, 5, 4], [9.0, 8.0, 9.0, 7.0, 6.0, 6.0, 5.0]

    result = write(service, batch([START] * 7, temp=values, version=versions))

    assert rejected(result) == [(1, "lower-version", 3), (3, "same-version", None), (6, "lower-version", 5)]
    assert result.ingested == 4
    assert stored(service, "temp") == [(6.0,)]


def test_records_of_one_batch_meet_the_stored_one_first(service):
    write(service, batch(temp=1.0, version=3))

    result = write(service, batch([START] * 4, temp=[1.0, 2.0, 4.0, 2.0], version=[3, 3, 4, 2]))

    assert rejected(result) == [(1, "same-version", None), (3, "lower-version", 4)]
    assert stored(service, "temp") == [(4.0,)]


def test_repeats_of_several_series_in_one_batch_do_not_mix(service):
    result = write(
        service,
        batch(
            [START] * 6,
            device=["a", "b", "a", "b", "c", "c"],
            temp=[1.0, 2.0, 3.0, 4.0, 5.0, 5.0],
            version=[1, 2, 2, 1, 1, 1],
        ),
    )

    assert rejected(result) == [(3, "lower-version", 2)]
    assert stored(service, "device", "temp") == [("a", 3.0), ("b", 2.0), ("c", 5.0)]


def test_a_rejected_record_does_not_stand_in_the_way_of_a_later_one(service):
    write(service, batch([START - 2 * DAY, START, START], temp=[1.0, 2.0, 2.0]))

    assert stored(service, "temp") == [(2.0,)]


def test_a_late_record_that_loses_is_accepted(late_service):
    late = START - 2 * DAY
    write(late_service, batch(late, temp=1.0, version=3))

    result = write(late_service, batch([late, late + HOUR], temp=[2.0, 3.0], version=[1, 1]))

    assert (result.memory_store, result.magnetic_store, rejected(result)) == (0, 2, [])
    assert stored(late_service, "temp") == [(1.0,), (3.0,)]


def test_the_engine_tells_at_once_which_late_records_lost(engine, sensors):
    engine.update_table("iot", "sensors", TableChange(magnetic_writes=True))
    late = START - 2 * DAY
    write(engine, batch(late, temp=1.0, version=3))

    result = write(engine, batch([late, late + HOUR], temp=[2.0, 3.0], version=[1, 1]))

    assert (result.memory_store, result.magnetic_store, rejected(result)) == (0, 2, [])
    assert result.rejected_later.to_pylist() == [
        {
            "record": 0,
            "code": "lower-version",
            "reason": "The record version 1 is lower than the existing version 3. "
            "A higher version is required to update the measure value.",
            "existing_version": 3,
        }
    ]
    assert stored(engine, "temp") == [(1.0,), (3.0,)]


def test_a_late_record_is_upserted_like_any_other(late_service):
    late = START - 2 * DAY
    write(late_service, batch(late, temp=1.0))

    result = write(late_service, batch(late, temp=2.0, version=2))

    assert (result.magnetic_store, len(result.rejected_later)) == (1, 0)
    assert stored(late_service, "temp") == [(2.0,)]


def test_many_records_some_stale_are_told_apart(service):
    times = [START - second for second in range(1000)]
    stale = [5, 350, 777]
    write(service, batch([times[record] for record in stale], temp=[0.0] * 3, version=7))

    result = write(service, batch(times, temp=[1.0] * 1000, version=6))

    assert rejected(result) == [(5, "lower-version", 7), (350, "lower-version", 7), (777, "lower-version", 7)]
    assert result.ingested == 997
    assert len(stored(service, "temp")) == 1000
