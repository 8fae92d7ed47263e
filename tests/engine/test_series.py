"""Numbers of series: exact, and the same in every order and every store."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.conformance.batches import START, batch, stored, write
from tsframe._engine import series
from tsframe._engine.service import EmbeddedService
from tsframe._model.series import number, repeats
from tsframe._model.tables import TableChange


@pytest.fixture
def service():
    service = EmbeddedService.open(":memory:", lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})
    yield service
    service.close()


@pytest.mark.parametrize("weak", ["0", "md5_number_lower({}) % 2", "md5_number_lower({}) % 5"])
def test_series_whose_numbers_collide_stay_apart(service, monkeypatch, weak):
    # Weak without a salt only (the text of a series begins with its first name's length): else nothing is ever free.
    monkeypatch.setattr(
        series,
        "HASH",
        f"if(starts_with({{0}}, '6:'), {weak.format('{0}')}, md5_number_lower({{0}}))",
    )
    devices = [f"d{number}" for number in range(20)]

    write(service, batch([START] * 20, device=devices, temp=[float(number) for number in range(20)]))
    again = write(
        service, batch([START] * 20, device=devices[::-1], temp=[float(number) for number in range(20)][::-1])
    )
    newer = write(service, batch(device="d7", temp=70.0, version=2))

    assert (len(again.rejected), len(newer.rejected)) == (0, 0)
    expected = [(device, 70.0 if device == "d7" else float(number)) for number, device in enumerate(devices)]
    assert stored(service, "device", "temp") == sorted(expected, key=repr)
    assert service.describe_contents("iot", "sensors").series == 20


def test_the_number_of_a_series_is_for_ever():
    """A change here would part new records from those stored before."""
    service = EmbeddedService.open(":memory:", lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})

    write(service, batch(dimensions={"room": ["1"], "device": ["ä'b"]}, temp=[1.0]))

    text = "6:device4:ä'b4:room1:1"
    expected = int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little")
    with service._storage.reading() as cursor:
        assert cursor.execute("select series from records.s1").fetchall() == [(expected,)]
    service.close()


def test_combinations_are_numbered_in_the_order_of_their_first_record():
    columns = batch(
        [START] * 5, dimensions={"a": ["x", "x", "y", None, "x"], "b": ["1", "2", "1", "1", "1"]}, t=[1.0] * 5
    ).dimensions

    found = number(columns.values(), 5)

    assert found.numbers.tolist() == [0, 1, 2, 3, 0]
    assert found.first.tolist() == [0, 1, 2, 3]


def test_many_columns_of_many_values_do_not_overflow():
    length = 3000
    values = [[f"{column}-{(row * (column + 7)) % length}" for row in range(length)] for column in range(12)]
    columns = batch(
        [START] * length, dimensions={f"d{column}": texts for column, texts in enumerate(values)}, t=[1.0] * length
    ).dimensions

    assert len(number(columns.values(), length)) == length


def test_repeats_are_grouped_and_keep_their_order():
    numbers = np.array([1, 2, 1, 1, 2, 3])
    times = np.array([5, 5, 5, 6, 5, 5])

    found = repeats(numbers, times)

    assert found.records.tolist() == [0, 2, 1, 4]
    assert found.groups.tolist() == [0, 0, 1, 1]


def test_keys_that_only_mix_alike_are_no_repeats():
    # Both mixes are 0 ^ 0 and k ^ k: equal after mixing, different before.
    factor, other = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
    inverse = pow(other, -1, 2**64)
    time = factor * inverse % 2**64
    signed = time - 2**64 if time >= 2**63 else time

    assert len(repeats(np.array([0, 1]), np.array([0, signed]))) == 0
