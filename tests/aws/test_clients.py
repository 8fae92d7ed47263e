"""Ways to name a target, and clients of the caller's own."""

from __future__ import annotations

import boto3
import pytest

import tsframe
from tests.aws.test_faults import frame, stored_rows
from tsframe.errors import AccessDeniedError, TimestreamError

KEY = "testing"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Configuration files with profiles."""
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text("[profile prod]\nregion = eu-west-1\n[profile bare]\n")
    credentials.write_text("[prod]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))


def test_the_region_and_the_profile_are_in_the_target(files):
    with tsframe.connect("aws://us-west-2?profile=prod") as ts:
        assert ts.client("timestream-write").meta.region_name == "us-west-2"
    with tsframe.connect("aws://?profile=prod") as ts:
        assert ts.client("timestream-query").meta.region_name == "eu-west-1"


def test_the_region_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")

    with tsframe.connect("aws") as ts:
        assert ts.client("timestream-write").meta.region_name == "ap-south-1"


def test_an_endpoint_may_come_from_the_environment(peer, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", peer.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    with tsframe.connect("aws://us-east-1") as ts:
        assert bool(ts.write(frame(100), "iot.sensors", progress=False))

    assert stored_rows(peer) == set(range(100))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("aws://us-east-1?profil=x", "'profil' is not understood; write 'aws://region'"),
        ("aws://us-east-1/path", "'/path' is not understood"),
        ("aws://us-east-1?profile=missing", "missing.*the profiles are .'bare', 'prod'.|the profiles are"),
        ("aws", "no region is configured: write 'aws://eu-west-1'"),
        ("aws://not a region", "not a region|not a valid"),
    ],
)
def test_a_target_that_cannot_be_is_told(files, target, message):
    with pytest.raises(TimestreamError, match=message), tsframe.connect(target) as ts:
        ts.list_databases()


def test_missing_credentials_are_told(no_aws_of_this_machine):
    del no_aws_of_this_machine
    with (
        tsframe.connect("aws://us-east-1") as ts,
        pytest.raises(AccessDeniedError, match="configure credentials for boto3"),
    ):
        ts.list_databases()


def test_no_credentials_are_made_up_for_an_endpoint_elsewhere(no_aws_of_this_machine):
    del no_aws_of_this_machine
    with (
        tsframe.connect("http://timestream.example.org:8087") as ts,
        pytest.raises(AccessDeniedError, match="configure credentials for boto3"),
    ):
        ts.list_databases()


def test_a_session_of_the_callers_own_is_used(files):
    with tsframe.connect(session=boto3.Session(profile_name="prod")) as ts:
        assert ts.client("timestream-write").meta.region_name == "eu-west-1"


def test_a_client_of_the_callers_own_is_used_and_left_open(peer):
    client = boto3.client(
        "timestream-write",
        "us-east-1",
        endpoint_url=peer.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )

    with tsframe.connect(write_client=client) as ts:
        assert ts.client("timestream-write") is client
        with pytest.raises(TimestreamError, match="has no client of 'timestream-query': give one to connect"):
            ts.client("timestream-query")

    assert client.describe_table(DatabaseName="iot", TableName="sensors")["Table"]["TableName"] == "sensors"


def test_two_ways_at_once_are_refused(peer):
    client = boto3.client("timestream-query", "us-east-1", aws_access_key_id="k", aws_secret_access_key="k")

    with pytest.raises(TimestreamError, match="are two ways: give one"):
        tsframe.connect("aws", write_client=client)
    with pytest.raises(TimestreamError, match="are several ways: give one"):
        tsframe.connect(session=boto3.Session(), write_client=client)
    with pytest.raises(TimestreamError, match="are several ways: give one"):
        tsframe.connect(client=client, query_client=client)
    with pytest.raises(TimestreamError, match="a client of 'timestream-query' was given where"):
        tsframe.connect(write_client=client)


def test_one_client_is_enough(peer):
    client = boto3.client(
        "timestream-write", "us-east-1", endpoint_url=peer.url, aws_access_key_id=KEY, aws_secret_access_key=KEY
    )

    with tsframe.connect(client=client) as ts:
        assert bool(ts.write(frame(100), "iot.sensors", progress=False))


@pytest.mark.parametrize("client", [boto3.client("s3", region_name="us-east-1"), "timestream-write"])
def test_what_is_no_client_of_the_service_is_refused(client):
    with pytest.raises(TimestreamError, match="is no client of 'timestream-write' or 'timestream-query'"):
        tsframe.connect(client=client)


def test_an_unknown_client_is_refused(ts):
    with pytest.raises(TimestreamError, match=r"client\('s3'\): the clients are 'timestream-write' and"):
        ts.client("s3")


def test_no_secret_is_shown(files):
    with tsframe.connect("aws://us-west-2?profile=prod") as ts:
        assert "testing" not in repr(ts)
