"""Whatever comes in whatever order: the engine agrees with a model that looks at one record after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.batches import DAY, START, batch, rejected, stored, write
from tsframe._engine import known
from tsframe._engine.service import EmbeddedService
from tsframe._model.tables import TableChange

RECORDS = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["1", None]),
    st.sampled_from(["x", "y"]),
    st.sampled_from([START, START - 1, START - 2 * DAY, START - 20 * DAY]),
    st.integers(1, 4),
    st.sampled_from([None, 1.0, 2.0]),
    st.sampled_from([None, "p", "q"]),
).filter(lambda record: (record[0] or record[1]) and (record[5] is not None or record[6]))


@dataclass
class Model:
    """The rules of the developer guide, record by record."""

    late_taken: bool
    records: dict[tuple[object, ...], tuple[int, tuple[object, ...]]] = field(default_factory=dict)

    def write(self, records):
        rejections, later = [], []
        for number, (device, room, name, time, version, *values) in enumerate(records):
            late, key = time < START - DAY, (device, room, name, time)
            if time < START - 11 * DAY or (late and not self.late_taken):
                rejections.append((number, "outside-time-range", None))
                continue
            top, held = self.records.get(key, (0, ()))
            if version > top:
                self.records[key] = (version, tuple(values))
            elif version < top:
                (later if late else rejections).append((number, "lower-version", top))
            elif held != tuple(values):
                (later if late else rejections).append((number, "same-version", None))
        return rejections, later


BATCHES = st.lists(st.lists(RECORDS, min_size=1, max_size=12), min_size=1, max_size=4)


@pytest.mark.parametrize("late_taken", [True, False])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=BATCHES)
def test_the_engine_agrees_with_the_model(late_taken, batches):
    agree(late_taken, batches)


@pytest.mark.parametrize(("series", "of_batch"), [(3, 20_000), (500_000, 2), (4, 3)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=BATCHES)
def test_it_does_so_however_few_series_it_remembers(series, of_batch, batches):
    with mock.patch.multiple(known, _MOST_SERIES=series, _SMALL=of_batch):
        agree(True, batches)


def agree(late_taken, batches):
    service, model = EmbeddedService.open(":memory:", lambda: START), Model(late_taken)
    service.create_database("iot", kms_key=None, tags={})
    change = TableChange(memory_store_hours=24, magnetic_store_days=10, magnetic_writes=late_taken)
    service.create_table("iot", "sensors", change, tags={})
    # A record of its own first, so that all columns are there to be read.
    write(service, batch(START - 7, dimensions={"d": ["z"], "r": ["z"]}, measure_name="z", t=[1.0], n=["p"]))
    model.records["z", "z", "z", START - 7] = (1, (1.0, "p"))

    for records in batches:
        devices, rooms, names, times, versions, temps, notes = map(list, zip(*records, strict=True))
        measures = {"t": temps, "n": notes}
        present = {name: values for name, values in measures.items() if any(value is not None for value in values)}
        columns = {"d": devices, "r": rooms}

        result = write(service, batch(times, dimensions=columns, measure_name=names, version=versions, **present))

        expected, expected_later = model.write(records)
        later = [(row["record"], row["code"], row["existing_version"]) for row in result.rejected_later.to_pylist()]
        assert (rejected(result), later) == (expected, expected_later)
        assert result.ingested == len(records) - len(expected)

    wanted = [(*key, *values) for key, (_, values) in model.records.items()]
    assert stored(service, "d", "r", "measure_name", "time", "t", "n") == sorted(wanted, key=repr)
    service.close()


@settings(max_examples=25, deadline=None)
@given(versions=st.permutations(list(range(1, 9))), cut=st.integers(0, 8))
def test_upserts_in_any_order_leave_the_highest_version(versions, cut):
    service = EmbeddedService.open(":memory:", lambda: START)
    service.create_database("iot", kms_key=None, tags={})
    service.create_table("iot", "sensors", TableChange(), tags={})

    for part in (versions[:cut], versions[cut:]):
        if part:
            write(service, batch([START] * len(part), version=part, temp=[float(version) for version in part]))

    assert stored(service, "temp") == [(8.0,)]
    service.close()
