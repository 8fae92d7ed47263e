"""What requests are metered as: the published formula, the published example, and a reading row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from tests.conformance.batches import START, batch
from tests.wire.rows import COLUMNS, drawn
from tests.wire.rows import batch_of as of
from tsframe._model.types import VALUE_BYTES
from tsframe._wire.metering import meter
from tsframe._wire.packing import pack, shared
from tsframe._wire.requests import Packing

TRIES = settings(max_examples=60, deadline=None)

EVENT = {"region": "us-east-1", "az": "1d", "vpc": "vpc-1a2b3c4d", "hostname": "host-24Gju"}
"""The developer guide's example ("Metering writes"): 52 bytes of dimensions, 83 with all the rest."""


def events(count: int):
    """The example, every five seconds."""
    return batch(
        [START + 5_000_000_000 * number for number in range(count)],
        dimensions={name: [value] * count for name, value in EVENT.items()},
        measure_name="cpu_utilization",
        measure_value__double=[35.0] * count,
    )


def units(records, packing: Packing | None = None) -> list[tuple[int, ...]]:
    """Every request's units: lower, expected, shared, upper."""
    packing = packing or pack(records, "order")
    return [tuple(row) for row in meter(records, packing, shared(records, packing)).tolist()]


# The published example, and a plan worked out by hand.


@pytest.mark.parametrize(("count", "upper"), [(1, 1), (12, 1), (13, 2), (100, 9)])
def test_an_event_of_the_published_example_has_83_bytes(count, upper):
    # 12 events have 996 bytes, 13 have 1079, 100 have 8300.
    assert units(events(count))[0][3] == upper


@pytest.mark.parametrize(("count", "units_shared"), [(36, 1), (59, 1), (60, 2), (100, 2)])
def test_common_attributes_are_counted_once_a_request(count, units_shared):
    # 67 bytes once, 16 an event: 36 have 643, 59 have 1011, 60 have 1027, 100 have 1667.
    assert units(events(count))[0][2] == units_shared


def test_each_request_is_rounded_up_by_itself():
    records = events(24)

    together = units(records)
    halves = units(records, Packing(np.arange(24), np.array([0, 12, 24])))

    assert [row[3] for row in together] == [2]
    assert [row[3] for row in halves] == [1, 1]
    assert [row[3] for row in units(records, Packing(np.arange(24), np.arange(25)))] == [1] * 24


def test_a_plan_of_ten_requests_comes_out_as_by_hand():
    records = batch(
        [START + number for number in range(1000)],
        dimensions={"region": ["eu-west-1"] * 1000, "host": ["srv-01"] * 1000},
        measure_name="metrics",
        cpu=[0.5] * 1000,
        mem=[0.25] * 1000,
    )

    found = units(records)

    # A record has 8 + 25 + 7 + 22 = 62 bytes, 100 have 6200. With 32 shared: 32 + 100 * 30 = 3032.
    # Names of values once, too: 25 + 7 + 6 + 100 * 24 = 2438; without measure names 2425.
    assert found == [(3, 3, 3, 7)] * 10


# The bytes of a record, each time 11 records of 93 bytes: 1023 in all, one unit, and with a byte more each two units.


def of_93_bytes(more: int = 0, **measures):
    """11 records; with a dimension that fills up what is missing to 93 bytes."""
    sizes = {"x": 1 + 8, "n": 1 + 8, "ok": 2 + 1, "text": 4 + 4, "measure_value__varchar": 4}
    used = 8 + 1 + sum(sizes[name] for name in measures)
    filled = "d" * (93 - used - 1 + more)
    return batch(
        [START + number for number in range(11)],
        dimensions={"d": [filled] * 11},
        measure_name="m",
        **{name: [value] * 11 for name, value in measures.items()},
    )


@pytest.mark.parametrize(
    "measures",
    [
        {"x": 1.0},
        {"n": 1},
        {"ok": True},
        {"text": "éé"},
        {"x": 1.0, "n": 1, "ok": True, "text": "abcd"},
        {"measure_value__varchar": "éé"},
    ],
)
def test_values_have_the_published_sizes(measures):
    assert units(of_93_bytes(**measures))[0][3] == 1
    assert units(of_93_bytes(1, **measures))[0][3] == 2


@pytest.mark.parametrize(("second", "upper"), [(None, 1), (True, 2)])
def test_a_value_that_is_missing_has_neither_bytes_nor_a_name(second, upper):
    names = [letter * 240 for letter in "abcd"]
    records = batch([START, START + 1], measure_name="m", x=[1.0, 1.0], **{name: [True, second] for name in names})

    # 2 * (8 + 7 + 1 + 9) = 50 bytes, and 4 * (240 + 1) = 964 for each record that has the values.
    assert units(records)[0][3] == upper


def test_a_dimension_that_is_missing_has_no_bytes():
    records = batch(
        [START] * 2, dimensions={"device": ["a", "b"], "room": [None, "r" * 1000]}, measure_name="m", x=[1.0] * 2
    )

    assert units(records, Packing(np.arange(2), np.arange(3))) == [(1, 1, 1, 1), (2, 2, 2, 2)]


# What is counted once.


def test_a_time_that_all_share_is_counted_once():
    same = batch([START] * 100, device=[f"{number:02}" for number in range(100)], measure_name="m", k=[1] * 100)
    apart = batch(
        [START + number for number in range(100)],
        device=[f"{number:02}" for number in range(100)],
        measure_name="m",
        k=[1] * 100,
    )

    # Unshared are device, its value and the measure: 6 + 2 + 1 + 8; shared, once, the name and the time: 1 + 8.
    # 1709 bytes against 1 + 100 * 25 = 2501.
    assert [units(same)[0][2], units(apart)[0][2]] == [2, 3]


def test_a_dimension_value_is_expected_once_a_request_wherever_it_stands():
    room = ["r" * 500, "s" * 500]
    records = batch(
        [START + number for number in range(4)],
        dimensions={"device": list("abcd"), "room": [room[0], room[1], room[0], room[1]]},
        measure_name="m",
        x=[1.0] * 4,
    )

    # Rooms: 2 * 504 once each, 4 * 504 otherwise. The rest: 4 * (7 + 8 + 8) and names.
    assert units(records) == [(2, 2, 3, 3)]


def test_the_lower_estimate_leaves_out_measure_names():
    records = batch(
        [START + number for number in range(2)],
        device="a",
        measure_name=["m" * 250, "n" * 250],
        **{"v" * 250: [1.0, 2.0], "w" * 250: [1.0, None]},
    )

    # Without names 7 + 2 * 8 + 3 * 8 = 47 bytes; names once each 1000; each record's own names 250 + 500 and 250 + 250.
    assert units(records) == [(1, 2, 2, 2)]


# Against a reading row by row.


def bytes_of(text: str) -> int:
    return len(text.encode())


def pairs(row) -> set[tuple[str, str]]:
    return set(row.dimensions.items())


def value_bytes(row) -> int:
    return sum(VALUE_BYTES.get(COLUMNS[name]) or bytes_of(value) for name, value in row.values.items())


def value_names(row) -> set[str]:
    return set(row.values) if row.type == "MULTI" else set()


def whole(row) -> int:
    texts = [text for pair in pairs(row) for text in pair] + [row.name, *value_names(row)]
    return 8 + sum(map(bytes_of, texts)) + value_bytes(row)


def metered(rows) -> tuple[int, ...]:
    """The bytes of one request: lower, expected, shared, upper."""
    common = sum(bytes_of("".join(pair)) for pair in set.intersection(*map(pairs, rows)))
    common += bytes_of(rows[0].name) if len({row.name for row in rows}) == 1 else 0
    common += 8 if len({row.time for row in rows}) == 1 else 0
    times = 8 if len({row.time for row in rows}) == 1 else 8 * len(rows)
    distinct = sum(bytes_of("".join(pair)) for pair in set.union(*map(pairs, rows)))
    lower = times + distinct + sum(map(value_bytes, rows))
    names = sum(map(bytes_of, {row.name for row in rows})) + sum(map(bytes_of, set.union(*map(value_names, rows))))
    upper = sum(map(whole, rows))
    return lower, lower + names, common + sum(whole(row) - common for row in rows), upper


@TRIES
@given(drawn())
def test_units_are_those_of_a_reading_row_by_row(rows_and_options):
    rows, options = rows_and_options
    records = of(rows, **options)

    for how in ("auto", "order"):
        packing = pack(records, how)
        requests = np.split(packing.order, packing.starts[1:-1])
        expected = [tuple(-(-size // 1024) for size in metered([rows[at] for at in one])) for one in requests]
        assert units(records, packing) == expected


@TRIES
@given(drawn())
def test_the_four_estimates_never_cross(rows_and_options):
    rows, options = rows_and_options
    records = of(rows, **options)
    packing = pack(records, "auto")

    lower, expected, counted_once, upper = meter(records, packing, shared(records, packing)).T

    assert (lower >= 1).all()
    assert (lower <= expected).all()
    assert (expected <= counted_once).all()
    assert (counted_once <= upper).all()
