"""What every dtype becomes: exactly, or refused by name."""

from __future__ import annotations

import pyarrow as pa
import pytest

import tsframe
from tests.frames.dtypes import CASES, Case
from tsframe.errors import InvalidFrameError


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        yield connection


def known(case: Case) -> str:
    return f"{case.library} {case.dtype}"


def read(ts, name: str, rows: int) -> tuple[str, list[object]]:
    """The type of a column, and its values for each row of the frame; a row that was not written has none."""
    types = {row["column"]: row["type"] for row in ts.describe("iot.types", backend="pyarrow").columns.to_pylist()}
    found = ts.read("iot.types", columns=["device", name], backend="pyarrow").to_pylist()
    values = {row["device"]: row[name] for row in found}
    return types[name], [values.get(f"d{row}") for row in range(rows)]


@pytest.mark.parametrize("case", [case for case in CASES if case.measure], ids=known)
def test_a_measure_becomes_its_type_exactly(ts, case):
    ts.write(case.frame(), "iot.types", time="time", dimensions="device", measures="value", create=True)

    type_, values = read(ts, "value", len(case.column))

    expected, wanted = case.measure
    assert type_ == expected
    assert [_plain(value) for value in values] == wanted
    # Zero and minus zero are equal, and yet not the same.
    assert [str(value) for value in values if type_ == "DOUBLE"] == [str(one) for one in wanted if type_ == "DOUBLE"]


@pytest.mark.parametrize("case", [case for case in CASES if case.dimension], ids=known)
def test_a_dimension_becomes_text(ts, case):
    ts.write(case.frame(), "iot.types", time="time", dimensions=["device", "value"], measures="n", create=True)

    assert read(ts, "value", len(case.column)) == ("VARCHAR", case.dimension)


@pytest.mark.parametrize("case", [case for case in CASES if not case.measure], ids=known)
def test_what_no_measure_can_hold_is_refused_with_a_remedy(ts, case):
    with pytest.raises(InvalidFrameError, match=r"column 'value' .*: .+"):
        ts.write(case.frame(), "iot.types", time="time", dimensions="device", measures="value", create=True)

    assert len(ts.list_databases(backend="pyarrow")) == 0


@pytest.mark.parametrize("case", [case for case in CASES if not case.dimension], ids=known)
def test_what_no_dimension_can_hold_is_refused_with_a_remedy(ts, case):
    roles = {"time": "time", "dimensions": ["device", "value"], "measures": "n"}

    with pytest.raises(InvalidFrameError, match=r"(dimension|column) 'value' .*: .+"):
        ts.write(case.frame(), "iot.types", create=True, **roles)

    assert len(ts.list_databases(backend="pyarrow")) == 0


def _plain(value: object) -> object:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


@pytest.mark.parametrize("case", [case for case in CASES if case.measure and case.measure[0] == "TIMESTAMP"], ids=known)
def test_a_time_keeps_every_digit(ts, case):
    frame = case.frame()
    column = pa.table(frame)["value"]
    rows = [row for row in range(len(column)) if column[row].is_valid]
    whole = frame[: len(rows)] if case.library != "Arrow" else frame.slice(0, len(rows))

    ts.ensure_table("iot.types", magnetic_writes=True)
    ts.write(whole, "iot.types", time="value", dimensions="device", measures="n")

    times = ts.read("iot.types", columns="time", backend="pyarrow")["time"].to_pylist()
    assert {_plain(time) for time in times} == {value for value in case.measure[1] if value}
