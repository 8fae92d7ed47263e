"""Every limit of the service that can be known beforehand: up to it a frame is stored, past it nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pytest

from tests.frames.stored import NOW, columns, state, stored, times
from tsframe import PartitionKey
from tsframe.errors import InvalidFrameError, TimestreamError

FIVE = [1.0, 2.0, 3.0, 4.0, 5.0]


def refused(ts, given, match: str, table: str = "iot.sensors", **options) -> None:
    """A frame is refused with a message, and the store stays as it was."""
    refused_by(ts, given, match, [{"table": table} | options])


def refused_everywhere(ts, given, match: str, **options) -> None:
    """A frame is refused by a table, and for a table still to be made, which then is not made."""
    refused_by(ts, given, match, [{"table": "iot.sensors"} | options, {"table": "new.table", "create": True} | options])


def refused_by(ts, given, match: str, calls: list[dict[str, Any]]) -> None:
    before = state(ts)

    for call in calls:
        with pytest.raises(InvalidFrameError, match=match):
            ts.write(given, **call)

    assert state(ts) == before


def five(**more) -> pl.DataFrame:
    return pl.DataFrame({"device": list("abcde"), "time": times(5), "x": FIVE} | more)


# Names.

RESERVED = [
    "measure_name",
    "Measure_Name",
    "measure_value",
    "measure_value::double2",
    "MEASURE_VALUES",
    "ts_",
    "TS_x",
    "ts_non_existent_col",
    "a:b",
]


@pytest.mark.parametrize("name", ["d" * 60, "é" * 30, "uptime", "my_time", "tsx", "name with blanks", "measure"])
def test_a_dimension_of_this_name_is_taken(ts, name):
    ts.write(five(**{name: list("vwxyz")}), "iot.sensors", dimensions=["device", name])

    assert stored(ts, name) == [("v",), ("w",), ("x",), ("y",), ("z",)]


@pytest.mark.parametrize("name", ["d" * 61, "é" * 30 + "d", ""])
def test_a_dimensions_name_has_1_to_60_bytes(ts, name):
    size = len(name.encode())

    given = five(**{name: list("vwxyz")})

    message = f"dimension '{name}': the name of a dimension needs 1 to 60 bytes, this has {size}: rename it"
    refused_everywhere(ts, given, message, dimensions=["device", name], measures="x")


@pytest.mark.parametrize("name", [*RESERVED, 'a"b', "a\nb", "a\u2028b"])
def test_a_dimensions_name_is_none_that_the_service_keeps_or_forbids(ts, name):
    given = five(**{name: list("vwxyz")})

    refused_everywhere(
        ts, given, "^dimension .*: rename it$", measure_name="m", dimensions=["device", name], measures="x"
    )


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_name_with_a_null_character_is_refused(ts, make):
    # Polars 2.1 panics, with what is no Exception, when it hands such a name to Arrow.
    given = make({"device": ["a"], "time": [NOW], "a\x00b": ["x"], "x": [1.0]})

    refused(ts, given, "rename it")


@pytest.mark.parametrize("role", ["dimension", "measure"])
def test_nothing_but_the_time_is_called_time(ts, role):
    given = pl.DataFrame({"device": ["a"], "when": [NOW], "time": ["noon"], "x": [1.0]})
    roles = {"dimensions": ["device", "time"]} if role == "dimension" else {"dimensions": "device"}

    refused_everywhere(
        ts, given, f"{role} 'time': 'time' is a name that the service keeps for itself", time="when", **roles
    )


@pytest.mark.parametrize("name", ["m" * 256, "é" * 128, 'a"b', "uptime", "a b", "a\nb"])
def test_a_measure_of_this_name_is_taken(ts, name):
    ts.write(five(**{name: FIVE}), "iot.sensors")

    assert stored(ts, name) == [(1.0,), (2.0,), (3.0,), (4.0,), (5.0,)]


@pytest.mark.parametrize("name", ["m" * 257, "é" * 128 + "m", ""])
def test_a_measures_name_has_1_to_256_bytes(ts, name):
    size = len(name.encode())

    message = f"measure '{name}': the name of a measure needs 1 to 256 bytes, this has {size}: rename it"
    refused_everywhere(ts, five(**{name: FIVE}), message)


@pytest.mark.parametrize("name", RESERVED)
def test_a_measures_name_is_none_that_the_service_keeps_or_forbids(ts, name):
    refused_everywhere(ts, five(**{name: FIVE}), "^measure .*: rename it$", measure_name="m")


@pytest.mark.parametrize("name", ["m" * 256, "é" * 128])
def test_a_measure_name_has_up_to_256_bytes(ts, name):
    ts.write(five(kind=[name] * 5), "iot.sensors", measure_name="kind")

    assert set(stored(ts, "measure_name")) == {(name,)}


@pytest.mark.parametrize("name", ["m" * 257, "é" * 128 + "m", "measure_name", "TS_x", "a:b"])
def test_a_measure_name_is_checked_as_a_constant_and_in_a_column(ts, name):
    refused_everywhere(ts, five(), "^measure name .*: rename it$", measure_name=name)
    refused_everywhere(
        ts, five(kind=["in", "in", name, "in", "in"]), "^measure name .*: rename it$", measure_name="kind"
    )


@pytest.mark.parametrize("layout", ["long", "packed"])
def test_the_names_in_rows_of_name_and_value_are_checked(ts, layout):
    given = five(name=["temp", "a:b", "temp", "temp", "temp"])

    message = "'a:b': the name of a measure must not hold ':': rename it"
    refused_everywhere(ts, given, message, layout=layout, dimensions="device", measure_name="name", measures="x")


@pytest.mark.parametrize("table", [("new", "s"), ("new", "a table"), ("n", "sensors"), ("new", "t" * 257)])
def test_a_table_name_that_the_service_refuses_makes_nothing(ts, table):
    before = state(ts)

    with pytest.raises(TimestreamError, match="name"):
        ts.write(five(), table, create=True)

    assert state(ts) == before


# Texts and records.


def test_the_longest_text_that_fits_into_a_record_is_taken(ts):
    # 2,048 bytes of a record: 8 of the time, 7 of device and a, 7 of sensors, 4 of note.
    note = "ü" * 1011

    report = ts.write(
        pl.DataFrame({"device": ["a"], "time": [NOW], "note": [note]}), "iot.sensors", dimensions="device"
    )

    assert (len(note.encode()), bool(report)) == (2048 - 8 - 7 - 7 - 4, True)
    assert stored(ts, "note") == [(note,)]


def test_a_record_has_up_to_2048_bytes(ts):
    given = five(note=["y", "ü" * 1011 + "y", "y", "z" * 2023, "y"])

    message = r"names and texts of a record have more than 2,048 bytes \(rows 1, 3\): shorten names or texts"
    refused_everywhere(ts, given, message, dimensions="device", measure_name="sensors")


def test_a_text_measure_has_up_to_2048_bytes(ts):
    given = five(note=["y", "ü" * 1024 + "y", "ü" * 1024, "y" * 2049, "y"])

    message = (
        r"column 'note' is longer than 2048 bytes in rows 1 \('ü.*\), 3 \('yyy.*\): a text value may have 2048 bytes"
    )
    refused_everywhere(ts, given, message, dimensions="device")


def test_a_dimension_has_up_to_2048_bytes(ts):
    given = five(room=["y", "y", "y", "y", "ü" * 1024 + "y"])

    refused_everywhere(ts, given, r"column 'room' is longer than 2048 bytes in row 4 \('üüü")


def test_a_category_that_no_row_has_may_have_any_length(ts):
    given = pl.DataFrame(
        {"device": ["a"], "time": [NOW], "x": [1.0]}, schema_overrides={"device": pl.Enum(["a", "y" * 3000])}
    )

    assert bool(ts.write(given, "iot.sensors"))


def test_the_dimensions_of_a_record_have_up_to_2048_bytes(ts):
    # Their names are 8 bytes, so two texts of 1,021 are 2,050.
    given = five(d1=["y" * 1021] * 5, d2=["y", "y", "y", "y" * 1021, "y"])

    refused_everywhere(ts, given, r"the dimensions of a record have more than 2,048 bytes \(row 3\): shorten")


@pytest.mark.parametrize(("length", "taken"), [(8, True), (9, False)])
def test_the_measure_values_of_a_record_have_up_to_2048_bytes(ts, length, taken):
    # 255 doubles are 2,040 bytes.
    doubles = {f"m{number}": [float(number)] for number in range(255)}
    given = pl.DataFrame({"device": ["a"], "time": [NOW]} | doubles | {"note": ["y" * length]})

    if taken:
        assert bool(ts.write(given, "iot.sensors", dimensions="device"))
    else:
        message = r"the measure values of a record have more than 2,048 bytes \(row 0\)"
        refused_everywhere(ts, given, message, dimensions="device")


# Counts.


def wide(dimensions: int = 1, measures: int = 1, prefix: str = "") -> pl.DataFrame:
    """One row of so many dimensions, d0 to the last, and measures, m0 to the last."""
    named = {f"{prefix}d{number}": ["a"] for number in range(dimensions)}
    return pl.DataFrame({"time": [NOW]} | named | {f"{prefix}m{number}": [1.0] for number in range(measures)})


def test_a_table_has_up_to_128_dimensions(ts):
    ts.write(wide(dimensions=100), "iot.sensors")

    assert bool(ts.write(wide(dimensions=28, prefix="n"), "iot.sensors"))
    message = (
        "table 'iot.sensors' may have 128 dimensions, and with the frame's it would have 129: write what is new to"
    )
    refused(ts, wide(prefix="o"), message)


def test_a_frame_of_129_dimensions_is_refused(ts):
    refused_everywhere(ts, wide(dimensions=129), "may have 128 dimensions, and with the frame's it would have 129")


def test_a_table_has_up_to_1024_measures(ts):
    assert bool(ts.write(wide(measures=1024), "iot.sensors"))

    message = "table 'iot.sensors' may have 1,024 measures, and with the frame's it would have 1,025: write what is new"
    refused(ts, wide(measures=1, prefix="n"), message, measures="nm0", dimensions="nd0")


def test_a_frame_of_1025_measures_is_refused(ts):
    refused_everywhere(ts, wide(measures=1025), "may have 1,024 measures, and with the frame's it would have 1,025")


def names(count: int, prefix: str = "m") -> pl.DataFrame:
    """A row for each of so many measure names."""
    kinds = [f"{prefix}{number}" for number in range(count)]
    return pl.DataFrame({"device": ["a"] * count, "time": [NOW] * count, "kind": kinds, "x": [1.0] * count})


def test_a_table_has_up_to_8192_measure_names(ts):
    assert bool(ts.write(names(8192), "iot.sensors", measure_name="kind"))

    message = "table 'iot.sensors' may have 8,192 measure names, and with the frame's it would have 8,193: write what"
    refused(ts, names(1, "n"), message, measure_name="kind")


def test_a_frame_of_8193_measure_names_is_refused(ts):
    message = "may have 8,192 measure names, and with the frame's it would have 8,193"
    refused_everywhere(ts, names(8193), message, measure_name="kind")


# Times.


def test_a_time_a_little_ahead_of_the_clock_is_taken(ts):
    assert bool(ts.write(five().with_columns(time=NOW + timedelta(minutes=14)), "iot.sensors"))


def test_a_time_too_far_ahead_is_refused(ts):
    ahead = times(5)
    ahead[3] = datetime.now(UTC) + timedelta(minutes=17)

    message = (
        r"takes times from .* to before .*, and 1 of 5 records are outside, the first at .* \(row 3\): drop these rows"
    )
    refused_everywhere(ts, five(time=ahead), message)


def test_a_time_too_old_for_the_memory_store_is_refused_where_late_records_are(ts):
    ts.create_table("iot.young", memory_store_hours=24)
    late = times(5)
    late[0] = late[2] = NOW - timedelta(hours=25)

    message = (
        r"2 of 5 records are outside, .* \(rows 0, 2\): let the table take late records with update_table\('iot.young'"
    )
    refused(ts, five(time=late), message, table="iot.young")


def test_a_time_too_old_for_both_stores_is_refused(ts):
    ts.create_table("iot.short", memory_store_hours=1, magnetic_store_days=1, magnetic_writes=True)
    late = times(5)
    late[4] = NOW - timedelta(hours=26)

    message = r"1 of 5 records are outside, .* \(row 4\): lengthen the table's retention with update_table\("
    refused(ts, five(time=late), message, table="iot.short")


def test_the_refusal_of_a_time_names_its_column(ts):
    given = five().rename({"time": "observed"}).with_columns(observed=NOW + timedelta(hours=1))

    refused_everywhere(ts, given, "column 'observed'")


def test_times_in_a_wrong_unit_are_refused_with_the_likely_cause(embedded):
    given = pl.DataFrame({"device": ["a"], "t": [int(NOW.timestamp())], "x": [1.0]})

    refused(embedded, given, "say the unit that the times count", table="new.table", create=True, time=("t", "ms"))


# What the table already has.


def test_a_measure_keeps_the_type_that_it_has_in_the_table(ts, frame):
    ts.write(frame(columns(temp=[1.0, 2.0])), "iot.sensors")

    message = (
        "measure 'temp' is DOUBLE in table 'iot.sensors' and BIGINT in the frame, and a column keeps its type for ever"
    )
    refused(ts, frame(columns(temp=[1, 2])), message)


def test_a_measure_of_nothing_but_nulls_has_no_type_to_keep(ts):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0], x=[1, 2])), "iot.sensors")

    given = pl.DataFrame(columns(temp=[None, None], x=[1, 2]), schema_overrides={"temp": pl.Int64})

    assert bool(ts.write(given, "iot.sensors", version=2))


def test_a_dimension_is_no_measure_of_the_table(ts):
    ts.write(pl.DataFrame(columns(note=["x", "y"])), "iot.sensors", dimensions="device")

    message = "'note' is a measure of table 'iot.sensors', and a dimension of the frame: rename the column"
    refused(ts, pl.DataFrame(columns(note=["x", "y"], x=[1.0, 2.0])), message, dimensions=["device", "note"])


def test_a_measure_is_no_dimension_of_the_table(ts):
    ts.write(pl.DataFrame(columns(room=["1", "2"], x=[1.0, 2.0])), "iot.sensors")

    message = "'room' is a dimension of table 'iot.sensors', and a measure of the frame: rename the column"
    refused(ts, pl.DataFrame(columns(room=[1, 2])), message, dimensions="device", measures="room")


def test_a_name_is_not_both_a_dimension_and_a_measure_of_the_frame(ts):
    given = five(name=["device"] * 5)

    message = "'device' is a dimension and a measure: a table has one column of a name"
    refused_everywhere(ts, given, message, layout="packed", dimensions="device", measure_name="name", measures="x")


def test_a_measure_name_keeps_the_kind_of_its_records(ts):
    ts.write(pl.DataFrame(columns(temp=[1.0, 2.0])), "iot.sensors", layout="long")

    message = "measure name 'temp' has records of type DOUBLE in table 'iot.sensors', and the frame's are MULTI"
    refused(ts, pl.DataFrame(columns(humid=[1.0, 2.0])), message, measure_name="temp")


def test_a_measure_name_keeps_the_type_of_its_values(ts):
    ts.write(pl.DataFrame(columns(temp=[1, 2])), "iot.sensors", layout="long")

    message = "measure name 'temp' has records of type BIGINT in table 'iot.sensors', and the frame's are DOUBLE"
    refused(ts, pl.DataFrame(columns(temp=[1.5, 2.5])), message, layout="long")


def test_a_measure_name_keeps_the_type_of_its_values_beside_measures_of_other_types(ts):
    ts.write(pl.DataFrame(columns(temp=[1, 2])), "iot.sensors", layout="long")

    given = pl.DataFrame(columns(temp=[1.5, 2.5], on=[True, False]))

    refused(
        ts, given, "measure name 'temp' has records of type BIGINT in table 'iot.sensors'", layout="long", version=2
    )


def test_a_required_partition_key_is_in_every_record(ts):
    ts.create_table("iot.parted", partition_key=PartitionKey("room", required=True))

    message = (
        r"table 'iot.parted' is divided by 'room' and needs it in every record \(rows 1, 4\): give these rows a value"
    )
    refused(ts, five(room=["1", None, "1", "1", ""]), message, table="iot.parted")
    refused(ts, five(), r"needs it in every record \(rows 0, 1, 2 and 2 more\)", table="iot.parted")


# Order, and who decides.


def test_rows_of_a_limit_are_those_of_the_frame_when_others_were_skipped_before_them(ts):
    given = five(note=["y", "y" * 2030, "y", "y", "y"]).with_columns(device=pl.Series([None, *"bcde"]))

    refused_everywhere(ts, given, r"have more than 2,048 bytes \(row 1\)", dimensions="device")


def test_rows_that_a_check_finds_can_be_had_as_rejections_instead(ts):
    ts.write(five(), "iot.sensors")
    ahead = times(5)
    ahead[3] = datetime.now(UTC) + timedelta(minutes=17)

    report = ts.write(five(time=ahead, device=list("fghij")), "iot.sensors", on_rejected="return")

    assert report.rejected.select("row", "code").rows() == [(3, "outside-time-range")]
    assert ts.describe("iot.sensors").rows == 9


def test_names_that_the_service_refuses_are_an_error_even_then(ts):
    refused(ts, five(**{"a:b": FIVE}), "measure 'a:b'", on_rejected="return")
