"""Records as plain rows, drawn and put into batches: what a row-by-row reading is written for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.conformance.batches import START
from tsframe._model.records import Measure, RecordBatch
from tsframe._model.types import ARROW, ScalarType

COLUMNS = {
    "x": ScalarType.DOUBLE,
    "n": ScalarType.BIGINT,
    "ok": ScalarType.BOOLEAN,
    "text": ScalarType.VARCHAR,
    "when": ScalarType.TIMESTAMP,
    "measure_value::double": ScalarType.DOUBLE,
    "measure_value::varchar": ScalarType.VARCHAR,
}
DIMENSIONS = ("device", "seit", "größe")


@dataclass(frozen=True)
class Row:
    """A record."""

    dimensions: dict[str, str]
    values: dict[str, Any]
    name: str = "m"
    time: int = START
    version: int = 1

    @property
    def type(self) -> str:
        (first, *_) = self.values
        return first if first.startswith("measure_value::") else "MULTI"


def batch_of(rows: list[Row], *, one_name: bool = False, one_version: bool = False, backwards: bool = False):
    """Make a batch; ``backwards``: with the texts of its dictionaries the other way round."""
    columns = [name for name in DIMENSIONS if any(name in row.dimensions for row in rows)]
    return RecordBatch(
        time=pa.array([row.time for row in rows], pa.int64()).view(pa.timestamp("ns")),
        dimensions={name: _texts([row.dimensions.get(name) for row in rows], backwards) for name in columns},
        measures=tuple(
            Measure(name, type_, pa.array([row.values.get(name) for row in rows], pa.int64()).view(ARROW[type_]))
            if type_ is ScalarType.TIMESTAMP
            else Measure(name, type_, pa.array([row.values.get(name) for row in rows], ARROW[type_]))
            for name, type_ in COLUMNS.items()
            if any(name in row.values for row in rows)
        ),
        measure_name=rows[0].name if one_name else _texts([row.name for row in rows], backwards),
        version=rows[0].version if one_version else np.array([row.version for row in rows], np.int64),
    )


def _texts(values: list[str | None], backwards: bool) -> pa.DictionaryArray:
    found = sorted({value for value in values if value is not None}, reverse=backwards)
    codes = [None if value is None else found.index(value) for value in values]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(found, pa.large_string()))


@st.composite
def drawn(draw):
    """Rows of a few series, many of them alike, in one of three orders; and how they are put into a batch."""
    row = st.builds(
        Row,
        dimensions=DIMENSIONED,
        values=SINGLE | MULTI,
        name=st.sampled_from(["m", "n", "länge"]),
        time=st.integers(START, START + 3),
        version=st.integers(1, 2),
    )
    rows: list[Row] = []
    for first in draw(st.lists(row, min_size=1, max_size=8)):
        step = draw(st.integers(0, 1))
        rows += [replace(first, time=first.time + step * number) for number in range(draw(st.integers(1, 230)))]
    order = draw(st.sampled_from(["series", "time", "any"]))
    if order == "time":
        rows.sort(key=lambda row: row.time)
    if order == "any":
        rows = [rows[place] for place in np.random.default_rng(len(rows)).permutation(len(rows))]
    one_name, one_version = draw(st.booleans()), draw(st.booleans())
    if one_name:
        rows = [replace(row, name=rows[0].name) for row in rows]
    if one_version:
        rows = [replace(row, version=rows[0].version) for row in rows]
    return rows, {"one_name": one_name, "one_version": one_version}


_VALUES = {
    "x": st.just(1.5),
    "n": st.just(7),
    "ok": st.booleans(),
    "text": st.sampled_from(["a", "é", "long" * 50]),
    "when": st.just(START),
}
DIMENSIONED = st.dictionaries(st.sampled_from(DIMENSIONS), st.sampled_from(["a", "b", "é" * 30, "c" * 300]), min_size=1)
MULTI = st.fixed_dictionaries({}, optional=_VALUES).filter(bool)
SINGLE = st.just({"measure_value::double": 1.5}) | st.just({"measure_value::varchar": "text"})
