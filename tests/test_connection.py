"""Connections: targets, the default, closing."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pyarrow as pa
import pytest

import tsframe
from tsframe import _connection
from tsframe.errors import ConnectionClosedError, InvalidFrameError, TableDriftWarning


@pytest.fixture(autouse=True)
def no_default(monkeypatch):
    monkeypatch.delenv("TSFRAME_TARGET", raising=False)
    _connection.reset()
    yield
    _connection.reset()


@pytest.fixture
def ts():
    with tsframe.connect(":memory:") as connection:
        yield connection


def databases(connection=None):
    return tsframe.list_databases(backend="pyarrow", connection=connection)["database"].to_pylist()


def test_connect_makes_the_connection_the_default(tmp_path):
    connection = tsframe.connect(tmp_path / "lab.tsframe")
    connection.create_database("iot")

    assert databases() == ["iot"]
    assert repr(connection) == f"Connection('{tmp_path}/lab.tsframe')"


def test_a_block_has_its_own_default_and_gives_the_old_one_back():
    outer = tsframe.connect(":memory:")
    outer.create_database("outer")

    with tsframe.connect(":memory:") as inner:
        inner.create_database("inner")
        seen = databases()

    assert (seen, databases()) == (["inner"], ["outer"])


def test_a_connection_that_is_named_wins_over_the_default(ts):
    with tsframe.connect(":memory:"):
        ts.create_database("first")

        assert (databases(), databases(ts)) == ([], ["first"])


def test_a_closed_connection_says_what_to_do(ts):
    ts.close()
    ts.close()

    with pytest.raises(
        ConnectionClosedError, match=r"the connection to ':memory:' is closed: call tsframe.connect\(':memory:'\) again"
    ):
        ts.list_databases()
    assert repr(ts) == "Connection(':memory:', closed)"


def test_a_closed_default_is_forgotten(monkeypatch):
    monkeypatch.setenv("TSFRAME_TARGET", ":memory:")
    tsframe.connect(":memory:").close()

    assert databases() == []


def test_without_connect_the_environment_says_the_target(monkeypatch, tmp_path):
    monkeypatch.setenv("TSFRAME_TARGET", str(tmp_path / "configured"))

    tsframe.create_database("iot")

    assert (tmp_path / "configured" / "store.duckdb").exists()


def test_without_anything_the_store_is_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    connection = tsframe.connect()

    assert connection.target.startswith(str(tmp_path))
    assert connection.target.endswith("tsframe/store")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("sensors", "names no database"),
        ("a.b.c", "more than one dot"),
        ("iot.", "names no database"),
        (".x", "names no database"),
    ],
)
def test_a_table_is_named_with_its_database(ts, table, message):
    with pytest.raises(InvalidFrameError, match=message):
        ts.describe_table(table)


def test_a_pair_names_what_has_dots_itself(ts):
    ts.create_database("a.b")
    ts.create_table(("a.b", "c.d"))

    assert ts.list_tables(backend="pyarrow")["table"].to_pylist() == ["c.d"]
    assert ts.describe(("a.b", "c.d")).rows == 0


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_empty_listings_keep_their_columns(ts, backend):
    tables, databases_ = ts.list_tables(backend=backend), ts.list_databases(backend=backend)
    ts.create_database("iot")
    ts.create_table("iot.sensors")

    assert types(tables) == types(ts.list_tables(backend=backend))
    assert types(databases_) == types(ts.list_databases(backend=backend))


def types(frame):
    table = frame if isinstance(frame, pa.Table) else None
    return list(table.schema) if table is not None else [(name, str(frame[name].dtype)) for name in frame.columns]


def test_list_tables_shows_every_setting(ts):
    ts.create_database("iot")
    ts.create_table(
        "iot.sensors",
        memory_store_hours=24,
        magnetic_store_days=30,
        magnetic_writes=True,
        rejected_to="s3://bucket/late",
        partition_key=tsframe.PartitionKey("device", required=True),
    )

    (row,) = ts.list_tables("iot", backend="polars").to_dicts()

    assert row.pop("created") == row.pop("updated")
    assert row == {
        "database": "iot",
        "table": "sensors",
        "status": "ACTIVE",
        "memory_store_hours": 24,
        "magnetic_store_days": 30,
        "magnetic_writes": True,
        "rejected_to": "s3://bucket/late",
        "partition_key": "device",
        "partition_key_required": True,
        "arn": "arn:aws:timestream:us-east-1:000000000000:database/iot/table/sensors",
    }


def test_list_databases_shows_their_tables_and_times(ts):
    ts.create_database("iot", kms_key="alias/mine")
    ts.create_table("iot.sensors")

    (row,) = ts.list_databases(backend="pyarrow").to_pylist()

    assert (row["database"], row["tables"], row["kms_key"]) == (
        "iot",
        1,
        "arn:aws:kms:us-east-1:000000000000:key/831595bb-7a89-5a84-b99a-6d1378ef6bb5",
    )
    assert row["created"].utcoffset().total_seconds() == 0


def test_ensure_table_makes_what_is_missing_once(ts):
    first = ts.ensure_table("iot.sensors", memory_store_hours=24)
    second = ts.ensure_table("iot.sensors", memory_store_hours=24)

    assert (first.created, second.created) == (True, False)
    assert first.table == second.table
    assert second.drift == ()


def test_ensure_table_reports_drift_and_changes_nothing(ts):
    ts.ensure_table("iot.sensors", memory_store_hours=24)

    with pytest.warns(
        TableDriftWarning,
        match="memory_store_hours is 24, not 48; magnetic_writes is False, not True. Use update_table",
    ):
        found = ts.ensure_table("iot.sensors", memory_store_hours=48, magnetic_writes=True)

    assert [str(one) for one in found.drift] == [
        "memory_store_hours is 24, not 48",
        "magnetic_writes is False, not True",
    ]
    assert ts.describe_table("iot.sensors") == found.table


def test_the_warning_of_drift_points_at_the_callers_line(ts):
    ts.ensure_table("iot.sensors", memory_store_hours=24)

    with pytest.warns(TableDriftWarning) as by_function:
        tsframe.ensure_table("iot.sensors", memory_store_hours=48)

    assert by_function[0].filename == __file__


def test_a_database_is_deleted_with_its_tables_only_if_that_is_said(ts):
    ts.ensure_table("iot.sensors")

    with pytest.raises(tsframe.errors.ValidationError, match="delete them first"):
        ts.delete_database("iot")
    ts.delete_database("iot", tables=True)

    assert databases(ts) == []


def test_tags_of_databases_and_tables_by_name_and_by_arn(ts):
    table = ts.ensure_table("iot.sensors", tags={"a": "1"}).table
    ts.tag("iot", {"team": "ops"})
    ts.tag(table.arn, {"b": "2"})
    ts.untag(("iot", "sensors"), "a")

    assert ts.list_tags("iot", backend="polars").rows() == [("team", "ops")]
    assert ts.list_tags("iot.sensors", backend="polars").rows() == [("b", "2")]


def test_the_backend_is_chosen_by_call_then_by_setting_then_by_environment(ts, monkeypatch):
    monkeypatch.setenv("TSFRAME_BACKEND", "pyarrow")
    by_environment = ts.list_databases()
    tsframe.set_backend("polars")
    by_setting = ts.list_databases()
    by_call = ts.list_databases(backend="pandas")
    tsframe.set_backend(None)
    monkeypatch.delenv("TSFRAME_BACKEND")

    assert isinstance(by_environment, pa.Table)
    assert isinstance(by_setting, pl.DataFrame)
    assert type(by_call).__module__.startswith("pandas")
    assert type(ts.list_databases()).__module__.startswith("pandas")


@pytest.mark.parametrize("choose", [tsframe.set_backend, lambda backend: tsframe.list_databases(backend=backend)])
def test_an_unknown_backend_is_refused(ts, choose):
    with pytest.raises(ValueError, match="backend='spark' is none of 'pandas', 'polars', 'pyarrow'"):
        choose("spark")


@pytest.mark.parametrize(
    "call",
    [
        lambda ts: ts.ensure_table("fresh.x"),
        lambda ts: ts.ensure_table("fresh.table", memory_store_hours=9999),
        lambda ts: ts.ensure_table("fresh.table", tags={"aws:team": "ops"}),
        lambda ts: ts.write(
            pl.DataFrame({"device": ["a"], "time": [datetime.now(UTC)], "temp": [1.0]}), "fresh.x", create=True
        ),
    ],
)
def test_a_table_that_is_refused_leaves_no_database_behind(ts, call):
    with pytest.raises(tsframe.errors.ValidationError):
        call(ts)

    assert databases(ts) == []
