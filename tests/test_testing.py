"""``tsframe.testing``: all clients of a process reach the embedded service, and time is a test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime

import boto3
import polars as pl
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import tsframe
from tsframe.testing import Clock, Quotas, embedded, timestream_endpoint, timestream_fixture

__all__ = ["timestream_endpoint", "timestream_fixture"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def frame(moment):
    return pl.DataFrame({"device": ["a"], "time": [moment], "temp": [20.5]})


def test_the_plain_client_of_boto3_reaches_the_service(timestream):
    boto3.client("timestream-write").create_database(DatabaseName="iot")

    assert timestream.connection.describe_database("iot").name == "iot"
    assert tsframe.describe_database("iot").name == "iot"


def test_a_session_of_ones_own_with_a_region_reaches_it_too(timestream):
    client = boto3.Session("key", "secret", region_name="eu-west-1").client("timestream-write")

    assert client.list_databases()["Databases"] == []


def test_a_client_made_before_reaches_it_inside_and_not_outside():
    session = boto3.Session("key", "secret", region_name="us-east-1")
    client = session.client("timestream-write", endpoint_url="http://127.0.0.1:9")
    client.meta.config.retries["total_max_attempts"] = 1

    with embedded():
        assert client.list_databases()["Databases"] == []

    with pytest.raises(EndpointConnectionError):
        client.list_databases()


def test_tsframes_own_way_to_aws_reaches_it(timestream):
    timestream.connection.create_database("iot")
    timestream.connection.create_table("iot.sensors")

    with tsframe.connect("aws://us-east-1") as aws:
        rows = [frame(datetime.now(UTC)).with_columns(device=pl.lit(f"d{n}")) for n in range(250)]
        report = aws.write(pl.concat(rows), "iot.sensors", measure_name="m")

    assert (report.ingested, report.requests) == (250, 3)
    assert len(timestream.connection.read("iot.sensors")) == 250


def test_awswrangler_style_configuration_reaches_it(timestream, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", "http://127.0.0.1:9")

    assert boto3.client("timestream-write").list_databases()["Databases"] == []


def test_other_services_go_their_way(timestream):
    client = boto3.client("s3", endpoint_url="http://127.0.0.1:9")
    client.meta.config.retries["total_max_attempts"] = 1

    with pytest.raises(EndpointConnectionError):
        client.list_buckets()


def test_nothing_is_left_behind():
    before = dict(os.environ), boto3.DEFAULT_SESSION

    with embedded():
        assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"

    assert (dict(os.environ), boto3.DEFAULT_SESSION) == before


def test_each_block_begins_empty():
    for _ in range(2):
        with embedded() as timestream:
            assert timestream.client("timestream-write").list_databases()["Databases"] == []
            timestream.connection.create_database("iot")


def test_blocks_may_lie_inside_each_other():
    with embedded() as outer:
        outer.connection.create_database("outer")
        with embedded() as inner:
            inner.connection.create_database("inner")
            names = [one["DatabaseName"] for one in boto3.client("timestream-write").list_databases()["Databases"]]
            assert names == ["inner"]
        names = [one["DatabaseName"] for one in boto3.client("timestream-write").list_databases()["Databases"]]
        assert names == ["outer"]


def test_the_clients_need_no_credentials_and_no_region(tmp_path):
    script = """
        import boto3, tsframe.testing
        with tsframe.testing.embedded() as timestream:
            boto3.client("timestream-write").create_database(DatabaseName="iot")
            client = timestream.client("timestream-write")
        with tsframe.connect(":memory:") as ts:
            ts.client("timestream-write").create_database(DatabaseName="iot")
        print("fine")
    """
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        env=bare | {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"},
    )

    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_a_frozen_clock_decides_what_is_too_old():
    with embedded(clock=Clock(START)) as timestream:
        timestream.connection.create_database("iot")
        timestream.connection.create_table("iot.sensors", memory_store_hours=6)
        assert timestream.connection.write(frame(START), "iot.sensors").ingested == 1

        timestream.clock.forward(hours=7)

        report = timestream.connection.write(
            frame(START).with_columns(device=pl.lit("b")), "iot.sensors", on_rejected="return"
        )
        assert report.rejected["code"].to_list() == ["outside-time-range"]


def test_records_move_and_expire_as_the_clock_goes_on():
    with embedded(clock=Clock(START)) as timestream:
        ts = timestream.connection
        ts.create_database("iot")
        ts.create_table("iot.sensors", memory_store_hours=1, magnetic_store_days=1)
        ts.write(frame(START), "iot.sensors")

        timestream.clock.forward(hours=2)
        assert (ts.describe("iot.sensors").memory_store, ts.describe("iot.sensors").magnetic_store) == (0, 1)
        timestream.clock.forward(days=1)
        assert ts.describe("iot.sensors").rows == 0


def test_a_clock_runs_until_it_is_frozen():
    clock = Clock()
    assert abs(clock() - time.time_ns()) < 10**9
    clock.forward(days=1)
    assert clock() - time.time_ns() > 86_000 * 10**9

    clock.freeze()
    first = clock()

    assert clock() == first
    clock.freeze("2026-01-01T01:00:00+01:00")
    assert clock.now() == START


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no zone"):
        Clock("2026-01-01T00:00:00")


def test_quotas_can_be_others():
    with embedded(
        quotas=Quotas(databases=1, tables=1, tags=1, dimensions=1, measure_names=1, measures=1)
    ) as timestream:
        client = timestream.client("timestream-write")
        client.create_database(DatabaseName="iot")
        client.create_table(DatabaseName="iot", TableName="sensors")
        for call, members in (
            (client.create_database, {"DatabaseName": "more"}),
            (client.create_table, {"DatabaseName": "iot", "TableName": "more"}),
        ):
            with pytest.raises(client.exceptions.ServiceQuotaExceededException, match=" 1 "):
                call(**members)
        record = {"MeasureName": "m", "MeasureValueType": "MULTI", "Time": str(time.time_ns() // 10**6)}
        value = {"Name": "x", "Value": "1", "Type": "BIGINT"}
        dimension = {"Name": "d", "Value": "v"}
        client.write_records(
            DatabaseName="iot",
            TableName="sensors",
            Records=[record | {"Dimensions": [dimension], "MeasureValues": [value]}],
        )
        for more in (
            {"Dimensions": [dimension, dimension | {"Name": "e"}], "MeasureValues": [value]},
            {"Dimensions": [dimension], "MeasureValues": [value, value | {"Name": "y"}]},
            {"Dimensions": [dimension], "MeasureValues": [value], "MeasureName": "n"},
        ):
            with pytest.raises(ClientError, match="RejectedRecordsException"):
                client.write_records(DatabaseName="iot", TableName="sensors", Records=[record | more])


def test_the_endpoint_is_the_same_service_on_a_socket(timestream, timestream_endpoint):
    with tsframe.connect(timestream_endpoint) as ts:
        ts.create_database("iot")

    assert timestream.connection.describe_database("iot").name == "iot"


def test_the_fixtures_work_in_a_project_of_ones_own(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tsframe.testing"]\n')
    (tmp_path / "test_mine.py").write_text(
        "import boto3\n\n"
        "def test_it(timestream, timestream_endpoint):\n"
        "    boto3.client('timestream-write').create_database(DatabaseName='iot')\n"
        "    assert timestream.connection.describe_database('iot').tables == 0\n"
        "    assert timestream_endpoint.startswith('http://127.0.0.1:')\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout
