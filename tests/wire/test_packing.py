"""Which records share a request, and what the records of a request share."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks import tsbs
from tests.conformance.batches import START, batch
from tests.wire.rows import DIMENSIONS, batch_of, drawn
from tsframe._frames.batches import Rules, make_batch
from tsframe._frames.columns import Said, choose_columns
from tsframe._wire.metering import meter
from tsframe._wire.packing import pack, shared
from tsframe._wire.requests import Packing

TRIES = settings(max_examples=60, deadline=None)


def requests(records, how: str = "auto") -> list[list[int]]:
    packing = pack(records, how)
    return [one.tolist() for one in np.split(packing.order, packing.starts[1:-1])]


def units(records, how: str = "auto") -> int:
    """Units with common attributes counted once."""
    packing = pack(records, how)
    return int(meter(records, packing, shared(records, packing))[:, 2].sum())


def seconds(count: int) -> list[int]:
    return [START + 1_000_000_000 * number for number in range(count)]


# In the frame's order.


def test_the_frames_order_is_cut_into_requests_of_a_hundred():
    records = batch(seconds(250), device=["a", "b"] * 125, x=[1.0] * 250)

    found = requests(records, "order")

    assert found == [[*range(100)], [*range(100, 200)], [*range(200, 250)]]
    assert pack(records, "order").name == "order"


@pytest.mark.parametrize("how", ["order", "auto"])
def test_no_records_are_no_requests(how):
    records = batch(seconds(1), x=[1.0]).take(np.zeros(0, np.int64))

    assert len(pack(records, how)) == 0
    assert meter(records, pack(records, how), shared(records, pack(records, how))).shape == (0, 4)


def test_the_frames_order_is_kept_where_it_is_as_cheap():
    records = batch(seconds(300), device=["a"] * 100 + ["b"] * 200, x=[1.0] * 300)

    assert pack(records, "auto").name == "order"


def test_the_frames_order_is_kept_where_sorting_saves_less_than_three_in_a_hundred():
    # A text of 1900 bytes in each record: sharing 7 bytes of device changes nothing that counts.
    records = batch(seconds(200), device=["a", "b"] * 100, text=["t" * 1900] * 200)

    assert pack(records, "auto").name == "order"


# By series.


def test_records_of_a_series_share_a_request():
    records = batch(seconds(200), device=["a" * 40, "b" * 40] * 100, x=[1.0] * 200)

    # By series 46 + 7 bytes once, and 8 + 9 a record: 1753, 2 units each; else 6303 + 7, 7 units each.
    assert requests(records) == [[*range(0, 200, 2)], [*range(1, 200, 2)]]
    assert pack(records, "auto").name == "series"
    assert [units(records, "auto"), units(records, "order")] == [4, 14]


def test_records_of_a_series_go_in_the_order_of_their_times():
    times = seconds(200)
    records = batch(times[::-1], device=["a" * 40, "b" * 40] * 100, x=[1.0] * 200)

    assert requests(records) == [[*range(198, -1, -2)], [*range(199, 0, -2)]]


def test_the_records_of_a_measure_name_share_a_request_if_they_fill_it():
    names = ["p" * 40, "q" * 40]
    records = batch(
        [time for time in seconds(100) for _ in names], measure_name=names * 100, measure_value__double=[1.0] * 200
    )

    assert requests(records) == [[*range(0, 200, 2)], [*range(1, 200, 2)]]


def test_measure_names_of_few_records_share_a_request_with_others_of_their_series():
    devices, names = ["a" * 500, "b" * 500], [f"name{number}" for number in range(10)]
    keys = [(time, device, name) for time in seconds(10) for device in devices for name in names]
    records = batch(
        [key[0] for key in keys],
        device=[key[1] for key in keys],
        measure_name=[key[2] for key in keys],
        measure_value__double=[1.0] * 200,
    )

    # The device once, and 8 + 5 + 8 a record: 506 + 2100 = 2606, 3 units each.
    assert [{keys[at][1] for at in request} for request in requests(records)] == [{devices[0]}, {devices[1]}]
    assert units(records) == 6


# What does not fill a request.


def test_the_last_records_of_a_series_go_alone_if_that_is_a_fifth_cheaper():
    records = batch(seconds(20), device=["a" * 1000, "b" * 1000] * 10, x=[1.0] * 20)

    # Alone 1006 + 7 + 10 * 17 = 1183, 2 units each; together 7 + 20 * 1023 = 20467, 20 units.
    assert requests(records) == [[*range(0, 20, 2)], [*range(1, 20, 2)]]
    assert [units(records, "auto"), units(records, "order")] == [4, 20]


def test_the_last_records_of_a_series_share_a_request_with_others_if_alone_is_no_cheaper():
    records = batch(seconds(20), device=["a", "b"] * 10, x=[1.0] * 20)

    assert requests(records) == [[*range(20)]]
    assert units(records) == 1


def test_full_requests_come_first_and_what_is_left_of_all_series_is_put_together():
    records = batch(seconds(220), device=["a" * 40, "b" * 40] * 110, x=[1.0] * 220)

    full, also_full, rest = requests(records)

    assert [full, also_full] == [[*range(0, 200, 2)], [*range(1, 200, 2)]]
    assert rest == [*range(200, 220, 2), *range(201, 220, 2)]


def test_neighbours_among_the_rest_share_the_dimension_that_saves_most():
    # The site has more bytes than the room, both have two values; each device has one record.
    site, room = ["s" * 90, "t" * 90], ["1", "2"]
    records = batch(
        seconds(400),
        dimensions={
            "device": [f"d{number}" for number in range(400)],
            "room": [room[number % 2] for number in range(400)],
            "site": [site[number // 2 % 2] for number in range(400)],
        },
        x=[1.0] * 400,
    )

    found = [{(number // 2 % 2, number % 2) for number in request} for request in requests(records)]

    assert found == [{(0, 0)}, {(0, 1)}, {(1, 0)}, {(1, 1)}]


# What a request's records have in common.


def one_request(records):
    return shared(records, Packing(np.arange(len(records)), np.array([0, len(records)])))


def test_everything_of_a_single_record_is_shared_but_what_it_lacks():
    records = batch(START, dimensions={"device": ["a"], "room": [None]}, measure_name=["m"], version=[2], x=[1.0])

    found = one_request(records)

    assert {name: flags.tolist() for name, flags in found.dimensions.items()} == {"device": [True], "room": [False]}
    assert [found.measure_name, found.measure_type, found.time, found.version] == [[True]] * 4


def test_a_dimension_that_one_record_lacks_is_not_shared():
    records = batch(seconds(3), dimensions={"device": ["a"] * 3, "room": ["r", None, "r"]}, x=[1.0] * 3)

    assert one_request(records).dimensions == {"device": [True], "room": [False]}


def test_records_of_two_types_share_none():
    types = {"measure_value__double": [1.0, 1.0, None], "measure_value__varchar": [None, None, "a"]}
    records = batch(seconds(3), measure_name=["m", "m", "n"], **types)

    found = shared(records, Packing(np.arange(3), np.array([0, 2, 3])))

    assert one_request(records).measure_type.tolist() == [False]
    assert found.measure_type.tolist() == [True, True]


def flags_of(rows) -> list[bool]:
    """What rows share, found by looking: each dimension, the measure name, type, time, version."""
    common = [all(name in row.dimensions for row in rows) for name in DIMENSIONS]
    common = [
        there and len({row.dimensions[name] for row in rows}) == 1
        for name, there in zip(DIMENSIONS, common, strict=True)
    ]
    others = ({row.name for row in rows}, {row.type for row in rows}, {row.time for row in rows})
    return [*common, *(len(found) == 1 for found in others), len({row.version for row in rows}) == 1]


@TRIES
@given(drawn())
def test_what_is_shared_is_what_a_look_at_every_record_finds(rows_and_options):
    rows, options = rows_and_options
    records = batch_of(rows, **options)
    packing = pack(records, "auto")

    found = shared(records, packing)

    nowhere = np.zeros(len(packing), np.bool_)
    columns = [found.dimensions.get(name, nowhere) for name in DIMENSIONS]
    columns += [found.measure_name, found.measure_type, found.time, found.version]
    expected = [flags_of([rows[at] for at in request]) for request in requests(records)]
    assert np.stack(columns, axis=1).tolist() == expected


# Whatever is packed.


@TRIES
@given(drawn())
def test_every_record_is_in_one_request_of_at_most_a_hundred(rows_and_options):
    rows, options = rows_and_options
    records = batch_of(rows, **options)

    for how in ("auto", "order"):
        found = requests(records, how)
        assert sorted(record for request in found for record in request) == [*range(len(rows))]
        assert {1 <= len(request) <= 100 for request in found} == {True}


@TRIES
@given(drawn())
def test_the_same_records_are_packed_the_same_way_whatever_the_codes_of_their_texts(rows_and_options):
    rows, options = rows_and_options

    assert requests(batch_of(rows, **options)) == requests(batch_of(rows, **options, backwards=True))


@TRIES
@given(drawn())
def test_sorting_is_chosen_only_where_it_saves_three_units_in_a_hundred(rows_and_options):
    rows, options = rows_and_options
    records = batch_of(rows, **options)
    chosen, as_given = pack(records, "auto"), units(records, "order")

    if chosen.name == "series":
        assert units(records) * 100 < as_given * 97
    else:
        assert requests(records) == requests(records, "order")


# The figure that is promised, on the frame of the Time Series Benchmark Suite.


def of_hosts(rows: int, hosts: int, layout: str = "auto", *, shuffled: bool = False):
    frame = tsbs.cpu(rows, hosts, datetime(2026, 1, 1, tzinfo=UTC))
    table = tsbs.arrow(frame.sample(fraction=1, shuffle=True, seed=1) if shuffled else frame)
    return make_batch(table, choose_columns(table, table.schema, Said(), {}, "cpu"), Rules(layout=layout), "cpu").batch


@pytest.mark.parametrize("shuffled", [False, True])
def test_records_of_a_host_need_20_units_a_hundred_in_any_order_of_the_frame(shuffled):
    records = of_hosts(10_000, 100, shuffled=shuffled)

    # Per record 8 for the time, 114 for the names of ten measures, 80 for their values: 20,200 for a hundred. Up to 280
    # bytes of tags and measure name, once a request, still make 20 units; hosts have fewer.
    assert units(records) == 100 * 20


def test_the_same_records_counted_whole_need_34_units_a_hundred():
    records = of_hosts(10_000, 100)
    packing = pack(records, "auto")

    found = meter(records, packing, shared(records, packing))

    # 202 bytes and 135 to 150 of tags and measure name: 33 to 35 units a hundred.
    assert 3_380 <= found[:, 3].sum() <= 3_420


def test_hosts_of_ten_records_each_need_a_tenth_fewer_units_with_neighbours_alike():
    records = of_hosts(10_000, 1_000)

    # Alone they would need 3 units each, 3,000 in all: 202 * 10 and up to 150 bytes.
    assert len(pack(records, "auto")) == 100
    assert units(records, "order") == 3_300
    assert units(records) < 2_970


def test_single_measures_of_a_host_need_two_units_a_hundred():
    records = of_hosts(1_000, 10, "long")

    # 8 for the time and 8 for the value: 1,600 for a hundred, and up to 448 once a request.
    assert units(records) == 100 * 2
    assert units(records, "order") > 1_400
