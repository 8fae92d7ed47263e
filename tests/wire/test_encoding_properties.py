"""Any batch, packed in any way: what is encoded passes botocore's validator, and read back is the batch's records."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import botocore.session
import numpy as np
import pyarrow as pa
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import plain
from tests.wire.rows import Row
from tsframe._model.records import Measure, RecordBatch
from tsframe._model.types import ARROW, SINGLE_MEASURES, ScalarType
from tsframe._wire import metering, packing
from tsframe._wire.records import encode
from tsframe._wire.requests import Packing, Shared, WriteUnits

TRIES = settings(max_examples=200, deadline=None)
MODEL = botocore.session.get_session().get_service_model("timestream-write").operation_model("WriteRecords")

# Short and often alike, or anything: quotes, controls, letters of any script, emoji.
TEXTS = st.sampled_from(["a", "b", "north-1", '"', "\\", "\n", "\x00", "é", "😀", '\\"']) | st.text(
    min_size=1, max_size=8
)
TIMES = st.integers(0, 2**63 - 1) | st.integers(0, 9_000_000).map(lambda time: time * 10**12) | st.just(10**15 + 1_000)
VALUES: dict[ScalarType, st.SearchStrategy[Any]] = {
    ScalarType.DOUBLE: st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 58.0, 0.1]),
    ScalarType.BIGINT: st.integers(-(2**63), 2**63 - 1),
    ScalarType.BOOLEAN: st.booleans(),
    ScalarType.VARCHAR: TEXTS,
    ScalarType.TIMESTAMP: TIMES,
}
SINGLES = {name: type_ for name, type_ in SINGLE_MEASURES.items() if type_ is not ScalarType.TIMESTAMP}


@st.composite
def batches(draw: st.DrawFn) -> RecordBatch:
    """Records with dimensions, measures and nulls as they come; some of them alike in one thing or another."""
    dimensions = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    types = draw(st.dictionaries(TEXTS, st.sampled_from(list(ScalarType)), min_size=1, max_size=5))
    multi = st.fixed_dictionaries({}, optional={name: VALUES[type_] for name, type_ in types.items()}).filter(bool)
    single = st.sampled_from(list(SINGLES)).flatmap(lambda name: st.fixed_dictionaries({name: VALUES[SINGLES[name]]}))
    row = st.builds(
        Row,
        dimensions=st.dictionaries(st.sampled_from(dimensions), TEXTS, min_size=1),
        values=draw(st.sampled_from([multi, single, multi | single])),
        name=TEXTS,
        time=TIMES,
        version=st.integers(1, 3) | st.integers(1, 2**63 - 1),
    )
    rows = draw(st.lists(row, min_size=1, max_size=12))
    for member in draw(st.sets(st.sampled_from(["dimensions", "values", "name", "time", "version"]))):
        rows = [replace(one, **{member: getattr(rows[0], member)}) for one in rows]
    return of(rows, dimensions, {**types, **SINGLES})


def of(rows: list[Row], dimensions: list[str], types: dict[str, ScalarType]) -> RecordBatch:
    """Put rows into columns; what is the same in all may be said once."""
    used = {name: type_ for name, type_ in types.items() if any(name in row.values for row in rows)}
    names, versions = [row.name for row in rows], [row.version for row in rows]
    return RecordBatch(
        time=column([row.time for row in rows], ScalarType.TIMESTAMP),
        dimensions={name: codes([row.dimensions.get(name) for row in rows]) for name in dimensions},
        measures=tuple(
            Measure(name, type_, column([row.values.get(name) for row in rows], type_)) for name, type_ in used.items()
        ),
        measure_name=names[0] if len({*names}) == 1 else codes(names),
        version=versions[0] if len({*versions}) == 1 else np.array(versions, np.int64),
    )


def column(values: list[Any], type_: ScalarType) -> pa.Array:
    return pa.array(values, pa.int64() if type_ is ScalarType.TIMESTAMP else ARROW[type_]).view(ARROW[type_])


def codes(texts: list[str | None]) -> pa.DictionaryArray:
    return pa.array(texts, pa.large_string()).dictionary_encode()


@st.composite
def packed(draw: st.DrawFn) -> tuple[RecordBatch, Packing, Shared]:
    """A batch, its records in any order and in requests of any size; not all that is shared need be known."""
    batch = draw(batches())
    order = np.array(draw(st.permutations(range(len(batch)))), np.int64)
    cuts = draw(st.sets(st.integers(1, len(batch)))) | {0, len(batch)}
    chosen = Packing(order, np.array(sorted(cuts), np.int64))
    found = packing.shared(batch, chosen)
    known = {name: draw(st.sampled_from([True, True, False])) for name in ("name", "type", "time", "version", "device")}
    return (
        batch,
        chosen,
        Shared(
            {name: flags & known["device"] for name, flags in found.dimensions.items()},
            found.measure_name & known["name"],
            found.measure_type & known["type"],
            found.time & known["time"],
            found.version & known["version"],
        ),
    )


def exact(rows: list[Row]) -> list[Row]:
    """The same rows, doubles as hexadecimal digits: 0.0 is not -0.0."""
    return [
        replace(row, values={name: one.hex() if isinstance(one, float) else one for name, one in row.values.items()})
        for row in rows
    ]


@TRIES
@given(packed(), TEXTS, TEXTS)
def test_botocores_validator_accepts_every_request(drawn, database, table):
    for request in encode(database, table, *drawn):
        report = ParamValidator().validate(json.loads(request.body), MODEL.input_shape)
        assert not report.has_errors(), report.generate_report()


@TRIES
@given(packed())
def test_what_is_encoded_and_read_back_is_the_records_in_the_order_of_the_packing(drawn):
    batch, chosen, _ = drawn
    rows = plain.rows_of(batch)

    requests = list(encode("iot", "sensors", *drawn))

    assert np.array_equal(np.concatenate([request.records for request in requests]), chosen.order)
    for request in requests:
        assert exact(plain.decode(request.body)) == exact([rows[at] for at in request.records])


@TRIES
@given(packed(), TEXTS)
def test_requests_are_those_of_a_plain_reading_row_by_row(drawn, table):
    requests = [json.loads(request.body) for request in encode("iot", table, *drawn)]

    assert requests == plain.encode("iot", table, *drawn)


@TRIES
@given(packed(), st.integers(0, 2_000))
def test_a_limit_of_bytes_cuts_requests_and_loses_nothing(drawn, largest):
    batch, chosen, _ = drawn
    rows = plain.rows_of(batch)

    requests = list(encode("iot", "sensors", *drawn, largest=largest))

    read = [row for request in requests for row in plain.decode(request.body)]
    assert exact(read) == exact([rows[at] for at in chosen.order])
    assert all(len(request.body) <= largest or len(request.records) == 1 for request in requests)


@TRIES
@given(packed(), st.integers(0, 2_000))
def test_every_request_and_every_part_of_one_is_metered_by_itself(drawn, largest):
    batch, chosen, shared = drawn

    for request in encode("iot", "sensors", *drawn, largest=largest):
        (place,) = np.flatnonzero(chosen.order == request.records[0])
        flags = shared.of(int(np.searchsorted(chosen.starts, place, side="right")) - 1)
        alone = Packing(request.records, np.array([0, len(request.records)]))
        assert request.units == WriteUnits(*metering.meter(batch, alone, flags)[0].tolist())
