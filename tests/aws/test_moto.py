"""A second peer, which nobody here wrote: moto's server. Every operation for resources, and writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

import tsframe
from tests.aws.test_faults import frame
from tsframe.errors import ConflictError, ResourceNotFoundError, TimestreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe import Connection


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def ts(server, no_aws_of_this_machine) -> Iterator[Connection]:
    del no_aws_of_this_machine
    with tsframe.connect(server) as connection:
        yield connection
        for database in connection.list_databases(backend="pyarrow")["database"].to_pylist():
            connection.delete_database(database, tables=True)


def test_databases_are_made_listed_changed_and_deleted(ts):
    made = ts.create_database("iot", tags={"team": "a"})
    ts.create_database("other")

    assert (made.name, made.tables, made.created.tzinfo) == ("iot", 0, UTC)
    assert made.arn.endswith(":database/iot")
    assert ts.list_databases(backend="pyarrow")["database"].to_pylist() == ["iot", "other"]
    assert ts.update_database("iot", kms_key="alias/k").kms_key == "alias/k"
    ts.delete_database("other")
    assert ts.list_databases(backend="pyarrow")["database"].to_pylist() == ["iot"]


def test_tables_are_made_listed_changed_and_deleted(ts):
    ts.create_database("iot")

    made = ts.create_table("iot.sensors", memory_store_hours=6, magnetic_store_days=9, magnetic_writes=True)
    changed = ts.update_table("iot.sensors", memory_store_hours=12)

    assert (made.name, made.retention.memory_store_hours, made.magnetic_writes) == ("sensors", 6, True)
    # AWS needs both halves of a retention, so that the other one is filled in.
    assert (changed.retention.memory_store_hours, changed.retention.magnetic_store_days) == (12, 9)
    assert ts.list_tables(backend="pyarrow")["table"].to_pylist() == ["sensors"]
    ts.delete_table("iot.sensors")
    assert len(ts.list_tables(backend="pyarrow")) == 0


def test_resources_that_are_missing_are_told(ts):
    with pytest.raises(ResourceNotFoundError, match="region is 'us-east-1'"):
        ts.describe_database("missing")
    with pytest.raises((ResourceNotFoundError, TimestreamError)):
        ts.describe_table("missing.table")


def test_a_table_is_ensured_once(ts):
    first = ts.ensure_table("iot.sensors", memory_store_hours=6)
    second = ts.ensure_table("iot.sensors", memory_store_hours=6)

    assert (first.created, second.created) == (True, False)


def test_tags_are_added_and_removed(ts):
    ts.create_database("iot", tags={"team": "a"})

    ts.tag("iot", {"cost": "7"})
    ts.untag("iot", "team")

    assert ts.service.list_tags_for_resource(ts.describe_database("iot").arn) == {"cost": "7"}


def test_a_frame_is_written(ts, server):
    report = ts.write(frame(1_000), "iot.sensors", create=True, progress=False)

    client = boto3.client(
        "timestream-write", "us-east-1", endpoint_url=server, aws_access_key_id="k", aws_secret_access_key="k"
    )
    assert (report.rows, bool(report), report.requests) == (1_000, True, 10)
    assert client.describe_table(DatabaseName="iot", TableName="sensors")["Table"]["TableName"] == "sensors"


def test_what_cannot_be_done_there_yet_says_so(ts):
    ts.write(frame(10), "iot.sensors", create=True)

    with pytest.raises(TimestreamError, match=r"cannot read iot.sensors.*the embedded engine reads"):
        ts.read("iot.sensors")


def test_times_of_resources_are_utc(ts):
    made = ts.create_database("iot")

    assert abs((datetime.now(UTC) - made.created).total_seconds()) < 60


def test_a_database_that_is_there_already_is_told(ts):
    ts.create_database("iot")
    try:
        again = ts.create_database("iot")
    except ConflictError:
        return
    # moto knows no conflict: it makes the database anew.
    assert again.name == "iot"
