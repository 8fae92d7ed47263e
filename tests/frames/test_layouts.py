"""How rows become records: wide, long, packed; what is read back; and rows of more measures than a record has."""

from __future__ import annotations

import polars as pl
import pytest

from tests.frames.libraries import FRAMES, rows_of
from tests.frames.stored import NOW, columns, is_accounted, state, stored, times, types
from tsframe.errors import InvalidFrameError

NAMES_AND_VALUES = {
    "device": ["a", "a", "b", "a"],
    "time": [NOW, NOW, NOW, times(1)[0]],
    "name": ["temp", "humid", "temp", "temp"],
    "value": [1.0, 2.0, 3.0, 4.0],
}
BY_NAME = {"dimensions": "device", "measure_name": "name", "measures": "value"}


def numbered(count: int, **more) -> pl.DataFrame:
    """A row with so many measures, m0 to the last."""
    return pl.DataFrame(
        {"device": ["a"], "time": [NOW]} | {f"m{number}": [float(number)] for number in range(count)} | more
    )


def measures_of(ts, measure_name: str, table: str = "iot.sensors") -> list[str]:
    """The measures that the records of a measure name have."""
    found = ts.read(table, where={"measure_name": measure_name}, backend="polars")
    return [name for name in found.columns if name.startswith("m") and found[name].null_count() < len(found)][1:]


# Wide.


@pytest.mark.parametrize("layout", [{}, {"layout": "auto"}, {"layout": "wide"}])
def test_a_row_is_one_record_of_all_its_measures(ts, frame, layout):
    given = frame(columns(temp=[1.0, 2.0], count=[3, None], on=[True, False]))

    report = ts.write(given, "iot.sensors", **layout)

    assert (report.rows, report.records, report.ingested) == (2, 2, 2)
    assert stored(ts, "device", "measure_name", "temp", "count", "on") == [
        ("a", "sensors", 1.0, 3, True),
        ("b", "sensors", 2.0, None, False),
    ]


def test_a_row_with_one_measure_is_a_multi_measure_record_too(ts):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0])), "iot.sensors")

    assert types(ts) == {"device": "VARCHAR", "measure_name": "VARCHAR", "time": "TIMESTAMP", "temp": "DOUBLE"}


# Long, a column for each measure.


def test_long_makes_a_single_measure_record_of_every_value(ts, frame):
    given = frame(columns(temp=[1.0, None], count=[3, 4], on=[True, None]))

    report = ts.write(given, "iot.sensors", layout="long")

    assert (report.rows, report.records, report.ingested, bool(report)) == (2, 4, 2, True)
    assert sorted(stored(ts, "device", "measure_name", "measure_value::double", "measure_value::bigint"), key=str) == [
        ("a", "count", None, 3),
        ("a", "on", None, None),
        ("a", "temp", 1.0, None),
        ("b", "count", None, 4),
    ]
    assert report.left_out == {"temp": 1, "on": 1}


def test_long_makes_a_column_for_each_type_of_value(ts):
    given = pl.DataFrame(columns(temp=[1.0, 2.0], humid=[3.0, 4.0], count=[3, 4], on=[True, None], note=["x", "y"]))

    report = ts.write(given, "iot.sensors", layout="long", dimensions="device")

    assert report.records == 9
    assert types(ts) == {
        "device": "VARCHAR",
        "measure_name": "VARCHAR",
        "time": "TIMESTAMP",
        "measure_value::double": "DOUBLE",
        "measure_value::bigint": "BIGINT",
        "measure_value::boolean": "BOOLEAN",
        "measure_value::varchar": "VARCHAR",
    }


def test_a_row_of_which_a_record_is_rejected_counts_as_rejected_once(ts):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0], humid=[3.0, 4.0])), "iot.sensors", layout="long", version=2)

    report = ts.write(
        pl.DataFrame({"device": ["a", "c"], "time": times(2), "temp": [9.0, 9.0], "humid": [8.0, 8.0]}),
        "iot.sensors",
        layout="long",
        on_rejected="return",
    )

    assert (report.records, report.rejected_rows, report.ingested, len(report.rejected)) == (4, 1, 1, 2)
    assert is_accounted(report)


def test_long_skips_a_row_without_any_value(ts):
    report = ts.write(pl.DataFrame(columns(temp=[None, 2.0], humid=[None, 4.0])), "iot.sensors", layout="long")

    assert (report.rows, report.records, report.ingested, report.skipped_rows) == (2, 2, 1, 1)
    assert report.skipped["reason"].to_list() == ["the row has no measure"]


def test_long_rows_of_different_measures_do_not_repeat_each_other(ts):
    given = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "temp": [1.0, None], "humid": [None, 2.0]})

    report = ts.write(given, "iot.sensors", layout="long")

    assert sorted(stored(ts, "measure_name", "measure_value::double")) == [("humid", 2.0), ("temp", 1.0)]
    assert bool(report)


@pytest.mark.parametrize("more", [{}, {"measure_name": "kind"}])
def test_times_are_refused_in_long(ts, frame, more):
    before = state(ts)
    given = frame(columns(seen=times(2), kind=["x", "y"]))

    with pytest.raises(
        InvalidFrameError, match=r"column 'seen' holds times, .* multi-measure records only: write it with"
    ):
        ts.write(given, "iot.sensors", layout="long", time="time", dimensions="device", measures="seen", **more)

    assert state(ts) == before


# Long, rows of name and value.


def test_rows_of_name_and_value_are_single_measure_records(ts, frame):
    report = ts.write(frame(NAMES_AND_VALUES), "iot.sensors", layout="long", **BY_NAME)

    assert (report.rows, report.records, report.ingested) == (4, 4, 4)
    assert sorted(stored(ts, "device", "measure_name", "measure_value::double")) == [
        ("a", "humid", 2.0),
        ("a", "temp", 1.0),
        ("a", "temp", 4.0),
        ("b", "temp", 3.0),
    ]


def test_a_constant_measure_name_in_long_gives_way_to_those_of_the_columns(ts):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0])), "iot.sensors", layout="long", measure_name="climate")

    assert stored(ts, "measure_name") == [("temp",), ("temp",)]


def test_rows_of_name_and_value_have_one_column_of_values(ts):
    given = pl.DataFrame(NAMES_AND_VALUES | {"other": [1, 2, 3, 4]})

    message = r"takes one column of values, but the measures are \['value', 'other'\]: say which one"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors", layout="long", dimensions="device", measure_name="name")


# Packed.


def test_packed_makes_one_record_of_rows_that_share_dimensions_and_time(ts, frame):
    report = ts.write(frame(NAMES_AND_VALUES), "iot.sensors", layout="packed", **BY_NAME)

    assert (report.rows, report.records, report.ingested, bool(report)) == (4, 3, 4, True)
    assert stored(ts, "device", "measure_name", "temp", "humid")[0] == ("a", "sensors", 4.0, None)
    assert sorted(stored(ts, "device", "measure_name", "temp", "humid")[1:], key=str) == [
        ("a", "sensors", 1.0, 2.0),
        ("b", "sensors", 3.0, None),
    ]


def test_packed_holds_times(ts):
    given = pl.DataFrame({"device": ["a", "a"], "time": [NOW, NOW], "name": ["from", "to"], "value": [NOW, None]})

    ts.write(given, "iot.sensors", layout="packed", time="time", **BY_NAME)

    assert types(ts)["from"] == "TIMESTAMP"


def test_a_packed_record_has_the_highest_version_of_its_rows(ts):
    given = pl.DataFrame(NAMES_AND_VALUES | {"v": [2, 5, 2, 2]})
    ts.write(given, "iot.sensors", layout="packed", version="v", **BY_NAME)

    again = ts.write(
        given.with_columns(pl.col("value") + 1),
        "iot.sensors",
        layout="packed",
        version=3,
        on_rejected="return",
        **BY_NAME,
    )

    assert again.rejected["row"].to_list() == [0, 1]
    assert set(again.rejected["existing_version"]) == {5}


def test_a_rejected_packed_record_is_all_its_rows(ts, frame):
    ts.write(frame(NAMES_AND_VALUES), "iot.sensors", layout="packed", version=2, **BY_NAME)

    report = ts.write(frame(NAMES_AND_VALUES), "iot.sensors", layout="packed", on_rejected="return", **BY_NAME)

    assert [row["row"] for row in rows_of(report.rejected)] == [0, 1, 2, 3]
    assert (report.records, report.rejected_rows, report.ingested, is_accounted(report)) == (3, 4, 0, True)


def test_packed_leaves_out_rows_without_a_value(ts):
    given = pl.DataFrame(NAMES_AND_VALUES).with_columns(value=pl.Series([1.0, None, float("nan"), 4.0]))

    report = ts.write(given, "iot.sensors", layout="packed", **BY_NAME)

    assert (report.records, report.ingested, report.skipped_rows) == (2, 2, 2)
    assert report.skipped["row"].to_list() == [1, 2]
    assert stored(ts, "device", "temp") == [("a", 4.0), ("a", 1.0)]


@pytest.mark.parametrize(
    "roles",
    [
        {"measures": "value", "dimensions": ["device", "name"]},
        {"measures": "value", "dimensions": ["device", "name"], "measure_name": "climate"},
        {"measures": ["value", "other"], "dimensions": "device", "measure_name": "name"},
        # Here rows repeat each other, which is not what is wrong.
        {"measures": "value", "dimensions": "device", "measure_name": "climate"},
    ],
)
def test_packed_says_what_it_needs(ts, roles):
    given = pl.DataFrame(NAMES_AND_VALUES | {"other": [1, 2, 3, 4]})

    message = "layout='packed' takes a column of measure names and one column of values"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors", layout="packed", **roles)


# What was read is written again.


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_single_measure_records_that_were_read_are_written_again_as_such(ts, backend):
    given = pl.DataFrame(columns(temp=[1.5, None], count=[3, 2**53 + 1], on=[None, True], note=["x", "y"]))
    ts.write(given, "iot.sensors", layout="long", dimensions="device")

    report = ts.write(ts.read("iot.sensors", backend=backend), "iot.copy", create=True)

    assert (report.rows, report.records, bool(report)) == (6, 6, True)
    assert sorted(stored(ts, table="iot.copy"), key=str) == sorted(stored(ts), key=str)
    assert types(ts, "iot.copy") == types(ts)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_table_of_both_kinds_of_records_is_written_again(ts, backend):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0])), "iot.sensors", layout="long")
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0], count=[3, 4])), "iot.sensors")

    report = ts.write(ts.read("iot.sensors", backend=backend), "iot.copy", create=True)

    assert (report.records, bool(report)) == (4, True)
    assert sorted(stored(ts, table="iot.copy"), key=str) == sorted(stored(ts), key=str)


def test_a_frame_of_single_measures_written_back_to_its_table_changes_nothing(ts):
    ts.write(pl.DataFrame(columns(temp=[1.5, 2.5], count=[3, 4])), "iot.sensors", layout="long")
    before = state(ts)

    report = ts.write(ts.read("iot.sensors", backend="polars").filter(device="a"), "iot.sensors")

    assert bool(report)
    assert state(ts) == before


def test_a_row_is_a_single_measure_record_or_a_multi_measure_record(ts):
    given = pl.DataFrame(columns(temp=[None, 2.0]) | {"measure_value::double": [1.0, 2.0]})

    message = (
        r"row 1 has a value in \['measure_value::double'\] and in another measure: .* put them into rows of their own"
    )
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors")


def test_a_column_of_single_measures_has_their_type(ts):
    given = pl.DataFrame(columns() | {"measure_value::bigint": [1.0, 2.0]})

    with pytest.raises(
        InvalidFrameError, match="holds single-measure records of type BIGINT, but it is double: cast it"
    ):
        ts.write(given, "iot.sensors")


# More measures than a record may have.


def test_256_measures_are_one_record(ts):
    report = ts.write(numbered(256), "iot.sensors")

    assert report.records == 1
    assert measures_of(ts, "sensors") == [f"m{number}" for number in range(256)]


def test_257_measures_are_two_records_of_which_the_second_has_its_own_name(ts):
    report = ts.write(numbered(257), "iot.sensors")

    assert (report.rows, report.records, report.ingested) == (1, 2, 1)
    assert measures_of(ts, "sensors") == [f"m{number}" for number in range(256)]
    assert measures_of(ts, "sensors_2") == ["m256"]


def test_the_split_goes_on_under_the_measure_name_that_was_said(ts):
    report = ts.write(numbered(513), "iot.sensors", measure_name="all")

    assert report.records == 3
    assert {name for (name,) in stored(ts, "measure_name")} == {"all", "all_2", "all_3"}
    assert measures_of(ts, "all_3") == ["m512"]


def test_the_split_follows_the_order_of_the_frame_every_time(ts):
    ts.write(numbered(257), "iot.sensors")

    report = ts.write(numbered(257), "iot.sensors")

    assert bool(report)
    assert ts.describe("iot.sensors").rows == 2


def test_a_row_makes_no_record_of_a_part_of_which_it_has_no_measure(ts):
    both = pl.concat([numbered(257), numbered(257).with_columns(device=pl.lit("b"), m256=pl.lit(None, pl.Float64))])

    report = ts.write(both, "iot.sensors")

    assert (report.rows, report.records, bool(report)) == (2, 3, True)
    assert sorted(stored(ts, "device", "measure_name")) == [("a", "sensors"), ("a", "sensors_2"), ("b", "sensors")]


def test_a_packed_record_is_split_too(ts):
    given = numbered(257).unpivot(index=["device", "time"], variable_name="name")

    report = ts.write(given, "iot.sensors", layout="packed", **BY_NAME)

    assert (report.rows, report.records, report.ingested) == (257, 2, 257)
    assert sorted(stored(ts, "measure_name")) == [("sensors",), ("sensors_2",)]


def test_measure_names_from_a_column_cannot_be_split(ts):
    given = numbered(257, kind=["x"])

    message = "the frame has 257 measures, a record may have 256, and measure names come from a column"
    with pytest.raises(InvalidFrameError, match=message):
        ts.write(given, "iot.sensors", measure_name="kind")


def test_single_measure_records_need_no_split(ts):
    report = ts.write(numbered(300), "iot.sensors", layout="long")

    assert (report.rows, report.records) == (1, 300)


def test_a_layout_that_does_not_exist_is_refused(ts):
    with pytest.raises(InvalidFrameError, match="layout='tall' is none of 'auto', 'wide', 'long', 'packed'"):
        ts.write(pl.DataFrame(columns(x=[1.0, 2.0])), "iot.sensors", layout="tall")


@pytest.mark.parametrize(
    ("layout", "roles"),
    [("wide", {"dimensions": ["device", "name"], "measure_name": "all"}), ("long", BY_NAME), ("packed", BY_NAME)],
)
def test_every_library_makes_the_same_records(embedded, layout, roles):
    embedded.create_database("iot")
    found = {}

    for library, make in FRAMES.items():
        embedded.create_table("iot.sensors", memory_store_hours=8766)
        embedded.write(make(NAMES_AND_VALUES), "iot.sensors", layout=layout, **roles)
        found[library] = sorted(map(str, stored(embedded)))
        embedded.delete_table("iot.sensors")

    assert found["pandas"] == found["pandas-arrow"] == found["polars"] == found["pyarrow"]
