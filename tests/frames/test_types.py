"""What every dtype becomes: exactly, or refused by name."""

from __future__ import annotations

import random
import struct
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.frames.dtypes import CASES, Case
from tests.frames.stored import columns, state, stored, times, types
from tsframe.errors import InvalidFrameError

AS_MEASURE = {"time": "time", "dimensions": "device", "measures": ["value", "n"]}
AS_DIMENSION = {"time": "time", "dimensions": ["device", "value"], "measures": "n"}
AS_TIME = {"time": "value", "dimensions": "device", "measures": "n"}


@pytest.fixture(scope="module")
def cases(shared) -> str:
    """A table for all cases: each has its own measure name, and its measure is named by the type that it becomes."""
    shared.create_table("iot.cases", memory_store_hours=8766, magnetic_writes=True)
    return "iot.cases"


def known(case: Case) -> str:
    return f"{case.library} {case.dtype}"


def every(condition) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [case for case in CASES if condition(case)], ids=known)


def read(ts, table: str, column: str, kind: str) -> list[object]:
    """What the records of a measure name hold in a column; null where the table has no such column."""
    found = ts.read(table, where={"measure_name": kind}, backend="pyarrow").sort_by("device")
    values = found[column].to_pylist() if column in found.column_names else [None] * len(found)
    return [value.to_pydatetime() if hasattr(value, "to_pydatetime") else value for value in values]


# Every dtype.


@every(lambda case: case.measure)
def test_a_measure_becomes_its_type_exactly(shared, cases, case):
    type_, expected = case.measure
    name = f"as {type_}"

    report = shared.write(
        case.frame(name), cases, **(AS_MEASURE | {"measures": [name, "n"], "measure_name": known(case)})
    )

    values = read(shared, cases, name, known(case))
    assert types(shared, cases).get(name) == type_
    assert values == expected
    # Zero and minus zero are equal, and yet not the same.
    assert list(map(str, values)) == list(map(str, expected))
    assert report.left_out.get(name, 0) == expected.count(None)


@every(lambda case: case.dimension)
def test_a_dimension_becomes_text(shared, cases, case):
    kind = f"{known(case)} as a dimension"

    report = shared.write(case.frame(), cases, **(AS_DIMENSION | {"measure_name": kind}))

    assert read(shared, cases, "value", kind) == case.dimension
    assert report.left_out.get("value", 0) == case.dimension.count(None)


@every(lambda case: case.is_time)
def test_a_time_is_kept(shared, cases, case):
    kind = f"{known(case)} as the time"
    expected = [moment for moment in case.measure[1] if moment]

    shared.write(case.frame()[: len(expected)], cases, **(AS_TIME | {"measure_name": kind}))

    assert read(shared, cases, "time", kind) == expected


@every(lambda case: not case.measure)
def test_what_no_measure_can_hold_is_refused_with_its_type_and_a_remedy(shared, case):
    with pytest.raises(InvalidFrameError) as caught:
        shared.write(case.frame(), "iot.standing", **AS_MEASURE)

    check(str(caught.value), case, "column")
    assert shared.describe("iot.standing").rows == 0


@every(lambda case: not case.dimension)
def test_what_no_dimension_can_hold_is_refused_with_its_type_and_a_remedy(shared, case):
    with pytest.raises(InvalidFrameError) as caught:
        shared.write(case.frame(), "iot.standing", **AS_DIMENSION)

    check(str(caught.value), case, "dimension")
    assert shared.describe("iot.standing").rows == 0


def check(message: str, case: Case, role: str) -> None:
    """A refusal names the column and its type, and says after a colon what to do."""
    problem, _, remedy = message.rpartition(": ")
    assert problem.startswith((f"{role} 'value' ", "column 'value' "))
    assert case.called in problem
    assert len(remedy.split()) > 2


@every(lambda case: case.counts)
def test_integers_are_the_time_only_with_a_unit(shared, case):
    whole = case.frame()[: 2 if None in case.measure[1] else 3]

    with pytest.raises(InvalidFrameError, match=r"column 'value' is u?int[0-9]+: say what it counts, for example"):
        shared.write(whole, "iot.standing", **AS_TIME)


@every(lambda case: not case.is_time and not case.counts and case.measure != (None, [None, None]))
def test_what_is_no_time_is_refused_with_a_remedy(shared, case):
    whole = case.frame()[:2]

    with pytest.raises(InvalidFrameError, match=r"column 'value' .*: .+"):
        shared.write(whole, "iot.standing", **AS_TIME)


# Integers.

TOO_LARGE = {
    "pandas uint64": pd.Series([7, 2**63], dtype="uint64"),
    "pandas UInt64": pd.Series([7, 2**63], dtype="UInt64"),
    "pandas object": pd.Series([7, 2**63], dtype=object),
    "pandas category": pd.Series([7, 2**63], dtype=pd.CategoricalDtype([7, 2**63])),
    "Polars UInt64": pl.Series([7, 2**63], dtype=pl.UInt64),
    "Polars Int128": pl.Series([7, 2**63], dtype=pl.Int128),
    "Polars UInt128": pl.Series([7, 2**128 - 1], dtype=pl.UInt128),
    "Arrow uint64": pa.array([7, 2**63], pa.uint64()),
}


def frame_of(column, **more):
    """A frame of the library of a column."""
    make = (
        pd.DataFrame if isinstance(column, pd.Series) else pl.DataFrame if isinstance(column, pl.Series) else pa.table
    )
    return make(columns(value=column, **more))


@pytest.mark.parametrize("column", TOO_LARGE.values(), ids=TOO_LARGE)
def test_an_integer_above_the_largest_bigint_is_refused_with_its_row_and_value(ts, column):
    value = 2**128 - 1 if isinstance(column, pl.Series) and column.dtype == pl.UInt128 else 2**63
    before = state(ts)

    with pytest.raises(InvalidFrameError, match=rf"column 'value' .*\b{value}\b.*: cast") as caught:
        ts.write(frame_of(column), "iot.sensors", **(AS_MEASURE | {"measures": "value"}))

    assert "row 1" in str(caught.value)
    assert state(ts) == before


def test_a_negative_integer_below_the_smallest_bigint_is_refused(ts):
    column = pl.Series([7, -(2**63) - 1], dtype=pl.Int128)

    with pytest.raises(InvalidFrameError, match="column 'value' holds -9223372036854775809 in row 1, which no BIGINT"):
        ts.write(frame_of(column), "iot.sensors", dimensions="device", measures="value")


def test_an_unsigned_integer_of_any_size_is_a_dimension(ts):
    ts.write(frame_of(pa.array([2**63, 2**64 - 1], pa.uint64()), n=[1, 2]), "iot.sensors", **AS_DIMENSION)

    assert stored(ts, "value") == [("9223372036854775808",), ("18446744073709551615",)]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_an_integer_that_no_double_holds_stays_exact_beside_a_null(ts, backend):
    ts.write(frame_of(pd.Series([2**53 + 1, None], dtype="Int64"), n=[1, 2]), "iot.sensors", **AS_MEASURE)

    values = ts.read("iot.sensors", where={"device": "a"}, backend=backend)["value"]

    assert [int(value) for value in (values.to_pylist() if backend == "pyarrow" else values)] == [9007199254740993]


# Decimals.


@pytest.mark.parametrize(
    "text", ["0.1", "98554253.192844", "0.012163851218756", "-115.47265188487", "123456789012345", "0.000001", "1E+20"]
)
def test_a_decimal_becomes_the_double_that_is_nearest(ts, text):
    ts.write(frame_of(pa.array([Decimal(text), None]), n=[1, 2]), "iot.sensors", **AS_MEASURE)

    assert stored(ts, "value") == [(float(text),), (None,)]


@pytest.mark.parametrize("type_", [pa.decimal128(38, 6), pa.decimal256(76, 6), pa.decimal128(38, 20)], ids=str)
def test_decimals_of_15_digits_are_kept_whatever_zeros_follow(ts, type_):
    drawn = random.Random(1)
    given = [Decimal(drawn.randrange(-(10**15), 10**15)).scaleb(-6) for _ in range(2_000)]
    table = pa.table({"device": ["a"] * 2_000, "time": pa.array(range(2_000)), "value": pa.array(given, type_)})

    ts.write(table, "iot.sensors", time=("time", "s"), dimensions="device", measures="value")

    assert [value for (value,) in stored(ts, "value")] == [float(value) for value in given]


@pytest.mark.parametrize(
    "text", ["0.12345678901234567890", "12345678901234567890.1", "9007199254740993", "0.1000000000000000055511151231"]
)
def test_a_decimal_of_more_digits_than_a_double_keeps_is_refused_with_its_row(ts, text):
    given = frame_of(pa.array([Decimal(1), Decimal(text)]))

    with pytest.raises(
        InvalidFrameError, match=r"column 'value' holds more digits than a DOUBLE keeps in row 1 \(Decim"
    ):
        ts.write(given, "iot.sensors", dimensions="device", measures="value")


def test_whole_decimals_are_doubles_too_so_that_the_type_does_not_depend_on_the_values(ts):
    ts.write(frame_of(pa.array([Decimal(1), Decimal(2)], pa.decimal128(10, 0))), "iot.sensors", dimensions="device")

    assert types(ts)["value"] == "DOUBLE"


# Doubles.


def test_doubles_of_any_bits_are_kept(ts):
    drawn = random.Random(1)
    given = [struct.unpack("d", drawn.randbytes(8))[0] for _ in range(2_000)]
    finite = [value for value in given if abs(value) < float("inf")]
    table = pa.table({"device": ["a"] * len(finite), "time": pa.array(range(len(finite))), "value": finite})

    ts.write(table, "iot.sensors", time=("time", "s"), dimensions="device", measures="value")

    assert [value for (value,) in stored(ts, "value")] == finite


# Text.


TEXTS = ["ä", "😀", "a\x00b", "\n", "'; drop table x; --", '"', "\u202e", " ", "\ufeff"]


def test_text_of_any_characters_is_kept(ts, frame):
    given = frame({"device": TEXTS, "time": times(len(TEXTS)), "note": TEXTS})

    ts.write(given, "iot.sensors", dimensions="device")

    assert stored(ts, "device", "note") == [(text, text) for text in TEXTS]


@pytest.mark.parametrize("role", [AS_MEASURE | {"measures": "value"}, AS_DIMENSION], ids=["measure", "dimension"])
def test_chunks_with_dictionaries_of_their_own_are_one_column(ts, role):
    chunks = [pa.array(["x"]).dictionary_encode(), pa.array(["y"]).dictionary_encode()]
    table = pa.table(columns(n=[1, 2])).append_column("value", pa.chunked_array(chunks))

    ts.write(table, "iot.sensors", **role)

    assert stored(ts, "value") == [("x",), ("y",)]


@pytest.mark.parametrize("column", [pd.Series([1, "x"], dtype=object), pd.Series(["x", 1.5], dtype="category")])
def test_values_of_several_types_are_refused(ts, column):
    with pytest.raises(InvalidFrameError, match=r"column 'value' .*: "):
        ts.write(frame_of(column), "iot.sensors", dimensions="device", measures="value")


# Columns beside.


def test_a_column_that_is_not_written_may_be_of_any_type(ts):
    given = pl.DataFrame(columns(x=[1.0, 2.0], tags=[[1], [2]], length=[None, None], data=[b"x", b"y"]))

    report = ts.write(given, "iot.sensors", dimensions="device", measures="x")

    assert (report.columns.unused, bool(report)) == (("tags", "length", "data"), True)
