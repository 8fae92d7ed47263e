"""Columns come with the data and keep their types (developer guide, "Data modeling")."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.batches import START, batch, measure, reasons, rejected, stored, text, write
from tsframe._model.limits import MAX_MEASURE_NAMES
from tsframe._model.tables import PartitionKey, TableChange
from tsframe._model.types import ScalarType


def columns(service):
    return [
        (column.name, column.role, str(column.type)) for column in service.describe_columns("iot", "sensors").columns
    ]


def test_an_empty_table_has_measure_name_and_time(service):
    assert columns(service) == [("measure_name", "measure_name", "VARCHAR"), ("time", "time", "TIMESTAMP")]


def test_multi_measure_records_make_a_column_a_measure(service):
    write(service, batch(temp=1.0, count=2, door=True, note="x"))

    assert columns(service) == [
        ("device", "dimension", "VARCHAR"),
        ("measure_name", "measure_name", "VARCHAR"),
        ("time", "time", "TIMESTAMP"),
        ("temp", "measure", "DOUBLE"),
        ("count", "measure", "BIGINT"),
        ("door", "measure", "BOOLEAN"),
        ("note", "measure", "VARCHAR"),
    ]


def test_single_measure_records_make_a_column_a_type(service):
    write(service, batch(measure_name=["t", "n"], measure_value__double=[1.5, None], measure_value__bigint=[None, 7]))

    assert [name for name, role, _ in columns(service) if role == "measure"] == [
        "measure_value::double",
        "measure_value::bigint",
    ]
    assert stored(service, "measure_name", "measure_value::double", "measure_value::bigint") == [
        ("n", None, 7),
        ("t", 1.5, None),
    ]


def test_single_and_multi_measure_records_live_in_one_table(service):
    write(service, batch(temp=1.0))
    write(service, batch(measure_name="speed", measure_value__double=2.0))

    assert stored(service, "measure_name", "temp", "measure_value::double") == [
        ("climate", 1.0, None),
        ("speed", None, 2.0),
    ]


def test_new_columns_are_null_in_older_records(service):
    write(service, batch(dimensions={"device": ["a"]}, temp=[1.0]))
    write(service, batch([START + 1], dimensions={"device": ["a"], "room": ["1"]}, humid=[2.0]))

    assert stored(service, "device", "room", "temp", "humid") == [("a", "1", None, 2.0), ("a", None, 1.0, None)]


def test_columns_come_in_the_order_of_writes(service):
    write(service, batch(dimensions={"z": ["x"]}, b=[1.0]))

    write(service, batch(START + 2, dimensions={"x": ["x"], "z": ["x"]}, a=[1.0], b=[2.0]))

    names = [name for name, role, _ in columns(service) if role in {"dimension", "measure"}]
    assert names == ["z", "x", "b", "a"]


def test_columns_of_one_batch_come_in_its_own_order(engine, sensors):
    dimensions = {"z": [None, "x"], "y": ["y", None]}

    write(engine, batch([START, START + 1], dimensions=dimensions, b=[None, 1.0], a=[1.0, None]))

    names = [name for name, role, _ in columns(engine) if role in {"dimension", "measure"}]
    assert names == ["z", "y", "b", "a"]


def test_names_that_differ_by_case_are_different_columns(service):
    write(service, batch(dimensions={"Host": ["a"], "host": ["b"]}, cpu=[1.0], Cpu=[2.0]))

    assert stored(service, "Host", "host", "cpu", "Cpu") == [("a", "b", 1.0, 2.0)]


def test_names_may_hold_what_sql_must_quote(service):
    write(service, batch(dimensions={"a b": ["x"], "select": ["y"], "ü.ß": ["z"]}, **{"10 %": [1.0], "it's": [2.0]}))

    assert stored(service, "a b", "select", "ü.ß", "10 %", "it's") == [("x", "y", "z", 1.0, 2.0)]


def test_a_measure_keeps_its_type_under_every_measure_name(service):
    write(service, batch(measure_name="x", temp=1.0))

    result = write(service, batch(measure_name="y", temp=1))

    assert rejected(result) == [(0, "type-conflict", None)]
    assert reasons(result) == ["The measure temp has the type DOUBLE; the record gives it BIGINT."]


def test_only_the_records_with_the_conflicting_measure_are_rejected(service):
    write(service, batch(temp=1.0))

    result = write(service, batch([START + 1, START + 2], temp=[None, 1], note=["x", "y"]))

    assert rejected(result) == [(1, "type-conflict", None)]
    assert stored(service, "temp", "note") == [(1.0, None), (None, "x")]


def test_a_rejected_record_makes_no_column(service):
    write(service, batch(0, dimensions={"device": ["a"], "room": ["1"]}, temp=[1.0]))

    assert columns(service) == [("measure_name", "measure_name", "VARCHAR"), ("time", "time", "TIMESTAMP")]


def test_of_two_types_for_one_measure_in_a_batch_the_earlier_counts(service):
    records = batch([START, START + 1], temp=[1.0, None])
    both = replace(records, measures=(measure("temp", [None, 1]), *records.measures))

    result = write(service, both)

    assert rejected(result) == [(1, "type-conflict", None)]
    assert stored(service, "temp") == [(1.0,)]


def test_a_measure_name_keeps_its_type(service):
    write(service, batch(measure_name="speed", measure_value__double=1.0))

    as_bigint = write(service, batch(START + 1, measure_name="speed", measure_value__bigint=1))
    as_multi = write(service, batch(START + 2, measure_name="speed", temp=1.0))

    assert reasons(as_bigint) == ["The measure name speed has the type DOUBLE; the record gives it BIGINT."]
    assert reasons(as_multi) == ["The measure name speed has the type DOUBLE; the record gives it MULTI."]


def test_of_two_types_for_one_measure_name_in_a_batch_the_earlier_counts(service):
    records = batch([START, START + 1, START + 2], measure_name="speed", measure_value__double=[1.0, None, None])
    mixed = replace(records, measures=(*records.measures, measure("measure_value__bigint", [None, 1, 2])))

    assert [record for record, *_ in rejected(write(service, mixed))] == [1, 2]


def test_a_dimension_cannot_take_the_name_of_a_measure(service):
    write(service, batch(temp=1.0))

    result = write(
        service, batch([START + 1, START + 2], dimensions={"device": ["a", "a"], "temp": ["x", None]}, humid=[1.0, 2.0])
    )

    assert rejected(result) == [(0, "name-conflict", None)]


def test_a_measure_cannot_take_the_name_of_a_dimension(service):
    write(service, batch(temp=1.0))

    records = replace(batch(START + 1, dimensions={"room": ["1"]}, temp=[1.0]), measures=(measure("device", [1.0]),))

    assert rejected(write(service, records)) == [(0, "name-conflict", None)]


def test_a_record_over_two_kilobytes_is_rejected(service):
    # 8 (time) + 7 (climate) + 6 + 1 (device: a) + 4 (note) + the text
    fits, exceeds = "x" * (2048 - 26), "x" * (2048 - 25)

    result = write(service, batch([START, START + 1], note=[fits, exceeds]))

    assert rejected(result) == [(1, "record-too-large", None)]
    assert stored(service, "note") == [(fits,)]


def test_the_bytes_of_text_are_counted_not_its_characters(service):
    assert rejected(write(service, batch(note="ü" * 1020))) == [(0, "record-too-large", None)]


def test_the_measure_values_of_a_record_have_at_most_2048_bytes(service):
    fits, exceeds = {f"m{number}": [1.0] for number in range(255)}, {"text": ["x" * 9]}

    assert rejected(write(service, batch(**fits, text=["x" * 8]))) == []
    assert rejected(write(service, batch(START + 1, **fits, **exceeds))) == [(0, "record-too-large", None)]


def test_the_dimensions_of_a_record_have_at_most_2048_bytes(service):
    dimensions = {"d1": ["x" * 1022, "x" * 1023], "d2": ["y" * 1000, "y" * 1023]}

    result = write(service, batch([START, START], dimensions=dimensions, temp=[1.0, 2.0]))

    assert rejected(result) == [(1, "record-too-large", None)]


def test_a_table_has_at_most_128_dimensions(service):
    names = [f"d{number}" for number in range(128)]
    write(service, batch(dimensions={name: ["x"] for name in names}, temp=[1.0]))

    result = write(
        service, batch([START, START], dimensions={"d0": ["x", "x"], "one more": ["x", None]}, temp=[1.0, 2.0])
    )

    assert rejected(result) == [(0, "table-limit", None)]


def test_a_table_has_at_most_1024_measures(service):
    for part in range(4):
        write(service, batch(START + part, **{f"m{number}": 1.0 for number in range(part * 256, part * 256 + 256)}))

    result = write(service, batch([START + 5, START + 6], **{"m0": [1.0, 1.0], "one more": [1.0, None]}))

    assert rejected(result) == [(0, "table-limit", None)]


def test_single_measure_columns_do_not_count_as_measures(service):
    for part in range(4):
        write(service, batch(START + part, **{f"m{number}": 1.0 for number in range(part * 256, part * 256 + 256)}))

    assert rejected(write(service, batch(measure_name="speed", measure_value__double=1.0))) == []


def test_a_table_has_at_most_8192_measure_names(service):
    names = [f"n{number}" for number in range(MAX_MEASURE_NAMES)]
    assert rejected(write(service, batch(measure_name=names, temp=[1.0] * len(names)))) == []

    result = write(service, batch([START + 1, START + 1], measure_name=["n0", "one more"], temp=[1.0, 2.0]))

    assert rejected(result) == [(1, "table-limit", None)]


@pytest.mark.parametrize(("required", "expected"), [(True, [(1, "partition-key-missing", None)]), (False, [])])
def test_a_partition_key_must_be_there_if_it_is_required(service, required, expected):
    service.create_table("iot", "parted", TableChange(partition_key=PartitionKey("room", required)), tags={})

    result = service.write_records(
        "iot", "parted", batch([START, START], dimensions={"device": ["a", "a"], "room": ["1", None]}, temp=[1.0, 2.0])
    )

    assert rejected(result) == expected


def test_a_required_partition_key_that_no_record_has_rejects_all(service):
    service.create_table("iot", "parted", TableChange(partition_key=PartitionKey("room", required=True)), tags={})

    assert len(service.write_records("iot", "parted", batch(temp=1.0)).rejected) == 1


def test_times_as_measures_keep_their_nanoseconds(service):
    records = replace(batch(temp=1.0), measures=(measure("seen", [START + 1], ScalarType.TIMESTAMP),))

    write(service, records)

    assert stored(service, "seen") == [(START + 1,)]


def test_a_batch_may_hold_texts_of_any_script(service):
    values = ["Größe", "温度", "🌡", "a\x00b", "line\nbreak", 'quote"']

    write(service, replace(batch([START] * 6, temp=[1.0] * 6), dimensions={"device": text(values)}))

    assert sorted(device for (device,) in stored(service, "device")) == sorted(values)
