"""Rows of one frame with the same dimensions, measure name and time: an error, or one of them is chosen."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from tests.frames.libraries import rows_of
from tests.frames.stored import MARCH_NS, NOW, columns, is_accounted, state, stored, times
from tsframe.errors import InvalidFrameError

REPEATED = {
    "device": ["a", "b", "a", "a", "b", "c"],
    "time": [NOW] * 6,
    "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    "v": [2, 7, 9, 3, 1, 1],
}
AGAIN = "another row of the frame with the same dimensions, measure name and time was written"


def chosen(ts) -> dict[str, float]:
    return dict(stored(ts, "device", "x"))


def test_repeats_are_an_error_that_names_the_rows_and_nothing_is_stored(ts, frame):
    before = state(ts)

    message = r"rows 0, 1, 2 and 2 more have the same dimensions, measure name and time as another row: say duplicates="
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(frame(REPEATED), "iot.sensors", measures="x")

    assert state(ts) == before


@pytest.mark.parametrize(
    ("rule", "kept", "skipped"),
    [
        ("first", {"a": 0.0, "b": 1.0, "c": 5.0}, [2, 3, 4]),
        ("last", {"a": 3.0, "b": 4.0, "c": 5.0}, [0, 1, 2]),
        ("version", {"a": 2.0, "b": 1.0, "c": 5.0}, [0, 3, 4]),
    ],
)
def test_the_rule_chooses_one_row_and_reports_the_others(ts, frame, rule, kept, skipped):
    report = ts.write(frame(REPEATED), "iot.sensors", measures="x", version="v", duplicates=rule)

    rows = rows_of(report.skipped)
    assert chosen(ts) == kept
    assert [row["row"] for row in rows] == skipped
    assert [row["x"] for row in rows] == [float(row) for row in skipped]
    assert {row["reason"] for row in rows} == {AGAIN}
    assert (report.rows, report.ingested, report.skipped_rows, bool(report)) == (6, 3, 3, False)
    assert is_accounted(report)


def test_first_and_last_are_those_of_the_frame_not_of_the_clock(ts):
    given = pl.DataFrame(REPEATED).with_columns(v=pl.Series([9, 8, 7, 6, 5, 4]))

    ts.write(given, "iot.sensors", measures="x", version="v", duplicates="last")

    assert chosen(ts) == {"a": 3.0, "b": 4.0, "c": 5.0}


def test_the_row_that_was_chosen_keeps_its_version(ts):
    ts.write(pl.DataFrame(REPEATED), "iot.sensors", measures="x", version="v", duplicates="version")

    report = ts.write(pl.DataFrame(REPEATED), "iot.sensors", measures="x", duplicates="first", on_rejected="return")

    assert sorted(report.rejected["existing_version"].drop_nulls()) == [7, 9]


@pytest.mark.parametrize("versions", [[9, 1, 9, 3, 2, 1], [1, 1, 9, 9, 2, 1]])
def test_a_tie_for_the_highest_version_is_an_error_that_names_a_row(ts, versions):
    given = pl.DataFrame(REPEATED | {"v": versions})

    with pytest.raises(InvalidFrameError, match=r"highest version of row [23] .*say duplicates='last' or 'first'"):
        ts.write(given, "iot.sensors", measures="x", version="v", duplicates="version")


def test_a_tie_below_the_highest_version_is_none(ts):
    given = pl.DataFrame(REPEATED | {"v": [2, 1, 9, 2, 3, 1]})

    ts.write(given, "iot.sensors", measures="x", version="v", duplicates="version")

    assert chosen(ts) == {"a": 2.0, "b": 4.0, "c": 5.0}


def test_one_version_for_all_rows_is_a_tie(ts):
    with pytest.raises(InvalidFrameError, match="highest version of rows 3, 4 are those of another row"):
        ts.write(pl.DataFrame(REPEATED), "iot.sensors", measures="x", version=3, duplicates="version")


def test_rows_that_are_equal_in_all_columns_repeat_each_other_too(ts):
    given = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "x": [1.0, 1.0]})

    with pytest.raises(InvalidFrameError, match="rows 0, 1 have the same dimensions, measure name and time"):
        ts.write(given, "iot.sensors")


@pytest.mark.parametrize(
    "different",
    [
        {"device": ["a", "b"]},
        {"room": ["1", None]},
        {"kind": ["in", "out"]},
        {"time": pa.array([MARCH_NS, MARCH_NS + 1], pa.timestamp("ns", "UTC"))},
    ],
    ids=["dimension", "null", "measure name", "nanosecond"],
)
def test_rows_that_differ_in_any_part_of_the_identity_do_not_repeat_each_other(ts, different):
    same = {"device": ["a", "a"], "room": ["1", "1"], "kind": ["in", "in"], "time": [NOW, NOW], "x": [1.0, 1.0]}

    report = ts.write(pa.table(same | different), "iot.sensors", measure_name="kind")

    assert (report.ingested, bool(report)) == (2, True)


def test_a_row_without_a_measure_repeats_none(ts):
    given = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "x": [None, 2.0]})

    report = ts.write(given, "iot.sensors")

    assert (report.ingested, report.skipped["reason"].to_list()) == (1, ["the row has no measure"])


def test_rows_are_numbered_in_the_frame_when_others_were_skipped_before_them(ts):
    given = pl.DataFrame({"device": ["a"] * 4, "time": [NOW] * 4, "x": [None, 1.0, None, 3.0]})

    with pytest.raises(InvalidFrameError, match="rows 1, 3 have the same dimensions"):
        ts.write(given, "iot.sensors")
    report = ts.write(given, "iot.sensors", duplicates="last")

    assert report.skipped.select("row", "reason").rows() == [
        (0, "the row has no measure"),
        (1, AGAIN),
        (2, "the row has no measure"),
    ]
    assert is_accounted(report)


def test_the_same_name_twice_in_a_packed_record_is_a_repeat(ts):
    given = {"device": ["a"] * 3, "time": [NOW] * 3, "name": ["temp", "humid", "temp"], "value": [1.0, 2.0, 3.0]}
    roles = {"dimensions": "device", "measure_name": "name", "measures": "value", "layout": "packed"}

    with pytest.raises(InvalidFrameError, match="rows 0, 2 have the same dimensions, measure name and time"):
        ts.write(pl.DataFrame(given), "iot.sensors", **roles)
    ts.write(pl.DataFrame(given), "iot.sensors", duplicates="last", **roles)

    assert stored(ts, "temp", "humid") == [(3.0, 2.0)]


def test_many_repeats_are_settled_at_once(ts):
    rows = 50_000
    given = pl.DataFrame({"device": ["a", "b"] * (rows // 2), "time": [NOW] * rows, "x": range(rows)})

    report = ts.write(given, "iot.sensors", duplicates="last")

    assert (report.ingested, report.skipped_rows) == (2, rows - 2)
    assert chosen(ts) == {"a": rows - 2, "b": rows - 1}


def test_repeats_across_two_writes_are_a_matter_of_versions(ts):
    ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors")

    report = ts.write(pl.DataFrame(columns(x=[1.0, 9.0])), "iot.sensors", on_rejected="return")

    assert report.rejected["code"].to_list() == ["same-version"]


def test_a_rule_for_repeats_that_does_not_exist_is_refused(ts):
    with pytest.raises(InvalidFrameError, match="duplicates='drop' is none of 'error', 'last', 'first', 'version'"):
        ts.write(pl.DataFrame({"device": ["a"], "time": times(1), "x": [1.0]}), "iot.sensors", duplicates="drop")
