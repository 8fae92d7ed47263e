"""Requests read in one go are those that the model allows, and hold what the slow way finds in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsframe._server.models import records_reader, write_model
from tsframe._wire.errors import ConstraintError, SerializationError

TEXTS = st.one_of(
    st.text(max_size=5), st.sampled_from(["", "a", "x" * 256, "x" * 257, "x" * 2048, "x" * 2049, "\ud800"])
)
ODD = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.just([]), st.just({}))
TYPES = st.sampled_from(["DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP", "MULTI", "double", "NONE"])
UNITS = st.sampled_from(["SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS", "HOURS"])


def members(**values):
    """A structure that has some of its members, mostly as they should be."""
    usual = st.fixed_dictionaries({}, optional=values)
    return st.one_of(usual, usual, usual, st.fixed_dictionaries({"Odd": ODD}, optional=values), ODD)


DIMENSIONS = st.lists(members(Name=TEXTS, Value=TEXTS, DimensionValueType=st.just("VARCHAR")), max_size=3)
VALUES = st.lists(members(Name=TEXTS, Value=TEXTS, Type=TYPES), max_size=3)
RECORD = members(
    Dimensions=st.one_of(DIMENSIONS, ODD),
    MeasureName=TEXTS,
    MeasureValue=st.one_of(TEXTS, ODD),
    MeasureValueType=TYPES,
    MeasureValues=VALUES,
    Time=TEXTS,
    TimeUnit=UNITS,
    Version=st.one_of(st.integers(-(2**64), 2**64), ODD),
)
REQUEST = st.fixed_dictionaries(
    {"DatabaseName": TEXTS, "TableName": TEXTS, "Records": st.lists(RECORD, max_size=4)},
    optional={"CommonAttributes": RECORD},
)


def plain(sheet):
    """What a sheet holds; of structures and of lists of them how many there are, as the inner sheets hold the rest."""
    columns = {
        key: [
            len(one) if isinstance(one, list) else 1 if key in sheet.inner and one is not None else one
            for one in column
        ]
        for key, column in sheet.columns.items()
        if any(one is not None for one in column)
    }
    inner = {key: plain(one) for key, one in sheet.inner.items() if key in columns}
    return sheet.size, columns, inner


def slowly(body):
    try:
        return plain(write_model().check("WriteRecords", json.loads(body)))
    except (ConstraintError, SerializationError):
        return None


def quickly(body):
    sheet = records_reader().read(body)
    return None if sheet is None else plain(sheet)


@settings(max_examples=500, deadline=None)
@given(REQUEST)
def test_both_ways_find_the_same(request_):
    body = json.dumps(request_).encode()
    found = quickly(body)

    assert found is None or found == slowly(body)


def whole(**more):
    record = {
        "Dimensions": [{"Name": "d", "Value": ""}, {"Name": "e", "Value": "ü"}],
        "MeasureName": "m",
        "MeasureValues": [{"Name": "x", "Value": "1", "Type": "BIGINT"}],
        "MeasureValueType": "MULTI",
        "Time": "1",
        "Version": 3,
    }
    return {"DatabaseName": "iot", "TableName": "sensors", "Records": [record, record | {"Version": None}]} | more


@pytest.mark.parametrize("more", [{}, {"CommonAttributes": {"TimeUnit": "SECONDS"}}, {"CommonAttributes": None}])
def test_a_request_that_fits_is_read_in_one_go(more):
    body = json.dumps(whole(**more)).encode()

    assert quickly(body) == slowly(body) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"DatabaseName": "a\xff"}',
        b"[" * 100_000,
        json.dumps(whole(Records=[{}] * 101)).encode(),
        json.dumps(whole(Records=[])).encode(),
        json.dumps(whole(Records=[{"Version": 2**63}])).encode(),
        json.dumps(whole(Records=[{"Version": True}])).encode(),
        json.dumps(whole(Records=[{"Version": 1.5}])).encode(),
        json.dumps(whole(Odd=1)).encode(),
        json.dumps({"DatabaseName": "iot", "TableName": "sensors"}).encode(),
    ],
)
def test_what_does_not_fit_is_left_to_the_slow_way(body):
    assert quickly(body) is None
