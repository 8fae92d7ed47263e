"""``tsframe serve``: how it starts, who may call, how it ends, and what it never loses."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

import tsframe
from tests.server import load
from tests.server.processes import Served, command

KEYS = """
[[key]]
id = "WRITER"
secret = "writers-secret"
access = "read-write"
databases = ["iot*"]

[[key]]
id = "READER"
secret_env = "READERS_SECRET"
access = "read-only"
"""


def refused(*options, **environment):
    """What it says when it does not start, and its exit code."""
    done = subprocess.run(
        command(*options), capture_output=True, text=True, timeout=60, env=os.environ | environment, check=False
    )
    return done.returncode, done.stderr


def test_it_says_where_it_is_and_what_to_export(tmp_path):
    with Served(tmp_path / "store") as served:
        assert served.start == (
            f"tsframe serves {tmp_path / 'store'}\n"
            f"at {served.address}. To use it from any AWS SDK, the AWS CLI or awswrangler:\n"
            "\n"
            f"export AWS_ENDPOINT_URL_TIMESTREAM_WRITE={served.address}\n"
            f"export AWS_ENDPOINT_URL_TIMESTREAM_QUERY={served.address}\n"
            "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n"
            "export AWS_ACCESS_KEY_ID=tsframe AWS_SECRET_ACCESS_KEY=tsframe\n"
            "\n"
        )


def test_sigterm_ends_it_cleanly_and_the_store_can_be_opened(tmp_path):
    with Served(tmp_path / "store") as served:
        served.client().create_database(DatabaseName="iot")
        assert served.stop() == 0

    with tsframe.connect(tmp_path / "store") as ts:
        assert ts.describe_database("iot").name == "iot"


def test_sigint_ends_it_cleanly_too(tmp_path):
    with Served(tmp_path / "store") as served:
        assert served.stop(signal.SIGINT) == 0
        assert "Traceback" not in "".join(served.log)


def test_what_it_took_is_answered_before_it_ends(tmp_path):
    with Served(tmp_path / "store") as served:
        host, port = served.address.removeprefix("http://").split(":")
        body = b'{"DatabaseName": "iot"}'
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(
                b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n"
                b"x-amz-target: Timestream_20181101.CreateDatabase\r\ncontent-length: %d\r\n\r\n" % len(body)
            )
            raw.sendall(body[:5])
            time.sleep(0.3)
            ending = threading.Thread(target=served.stop)
            ending.start()
            time.sleep(0.3)
            raw.sendall(body[5:])
            assert b" 200 " in raw.recv(65536).partition(b"\r\n")[0]
            ending.join()


def test_it_is_up_in_about_a_second(tmp_path):
    # The figure is the benchmark's; here only that nothing of a great size was added to the start.
    began = time.monotonic()
    with Served(tmp_path / "store"):
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_than_this_machine_need_credentials(tmp_path, host):
    code, text = refused("--store", tmp_path / "store", "--host", host, "--port", 0)

    assert code == 2
    assert f"the host {host!r} can be reached from other machines" in text
    assert "give --credentials" in text


def test_an_address_that_is_not_of_this_machine_is_refused(tmp_path):
    code, text = refused("--store", tmp_path / "store", "--host", "no.such.invalid")

    assert code == 2
    assert "the host 'no.such.invalid' is no address of this machine" in text


def test_a_port_in_use_is_refused(tmp_path):
    with Served(tmp_path / "store") as served:
        port = served.address.rpartition(":")[2]
        code, text = refused("--store", tmp_path / "other", "--port", port)

    assert code == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in text


def test_a_store_in_use_is_refused(tmp_path):
    with Served(tmp_path / "store") as served:
        code, text = refused("--store", tmp_path / "store", "--port", 0)

        assert code == 2
        assert f"is in use by process {served.process.pid}" in text


def test_a_file_of_keys_that_is_none_is_refused(tmp_path):
    (tmp_path / "keys.toml").write_text("nonsense")

    code, text = refused("--store", tmp_path / "store", "--credentials", tmp_path / "keys.toml")

    assert code == 2
    assert "is not TOML" in text


@pytest.fixture
def guarded(tmp_path, monkeypatch):
    """A server with keys, and a database that only one of them may touch."""
    monkeypatch.setenv("READERS_SECRET", "readers-secret")
    keys = tmp_path / "keys.toml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    with tsframe.connect(tmp_path / "store") as ts:
        ts.create_database("lab")
        ts.create_database("iot")
        ts.create_table("lab.private")
        task = {
            "TargetDatabaseName": "lab",
            "TargetTableName": "private",
            "DataSourceConfiguration": {"DataSourceS3Configuration": {"BucketName": "source"}, "DataFormat": "CSV"},
            "DataModelConfiguration": {"DataModelS3Configuration": {"BucketName": "source", "ObjectKey": "model"}},
            "ReportConfiguration": {"ReportS3Configuration": {"BucketName": "reports"}},
        }
        made = ts.client("timestream-write").create_batch_load_task(**task)["TaskId"]
    with Served(tmp_path / "store", ("--credentials", keys, "--host", "0.0.0.0")) as served:
        served.task = made
        yield served


def status_and_code(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_key_does_what_its_rules_allow(guarded):
    writer, reader = guarded.client("WRITER", "writers-secret"), guarded.client("READER", "readers-secret")

    writer.create_table(DatabaseName="iot", TableName="sensors")
    writer.create_database(DatabaseName="iot2")

    assert [one["DatabaseName"] for one in reader.list_databases()["Databases"]] == ["iot", "iot2", "lab"]
    assert [one["DatabaseName"] for one in writer.list_databases()["Databases"]] == ["iot", "iot2"]
    assert [one["TableName"] for one in writer.list_tables()["Tables"]] == ["sensors"]
    assert status_and_code(reader.create_database, DatabaseName="mine") == (403, "AccessDeniedException")
    assert status_and_code(writer.describe_database, DatabaseName="lab") == (403, "AccessDeniedException")
    assert status_and_code(writer.list_tables, DatabaseName="lab") == (403, "AccessDeniedException")
    assert status_and_code(writer.describe_batch_load_task, TaskId=guarded.task) == (403, "AccessDeniedException")
    assert status_and_code(writer.resume_batch_load_task, TaskId=guarded.task) == (403, "AccessDeniedException")
    assert status_and_code(reader.resume_batch_load_task, TaskId=guarded.task) == (403, "AccessDeniedException")
    assert writer.list_batch_load_tasks()["BatchLoadTasks"] == []
    assert [one["TaskId"] for one in reader.list_batch_load_tasks()["BatchLoadTasks"]] == [guarded.task]
    arn = "arn:aws:timestream:us-east-1:000000000000:database/lab/table/private"
    assert status_and_code(writer.list_tags_for_resource, ResourceARN=arn) == (403, "AccessDeniedException")


def test_who_is_not_known_or_signs_with_another_secret_is_refused(guarded):
    for key, secret, code in (
        ("NOBODY", "writers-secret", "UnrecognizedClientException"),
        ("WRITER", "another", "InvalidSignatureException"),
    ):
        assert status_and_code(guarded.client(key, secret).list_databases) == (403, code)


def test_a_request_that_is_not_signed_is_refused(guarded):
    request = urllib.request.Request(
        guarded.address,
        b"{}",
        {"content-type": "application/x-amz-json-1.0", "x-amz-target": "Timestream_20181101.ListDatabases"},
    )

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    assert caught.value.code == 403
    assert b"MissingAuthenticationTokenException" in caught.value.read()


def test_health_does_not_say_where_the_store_lies_to_those_without_a_key(guarded):
    with urllib.request.urlopen(f"{guarded.address}/health") as answer:
        assert json.load(answer) == {"status": "ok", "service": "timestream"}


def test_the_log_is_json_and_has_no_secret_and_no_data(guarded):
    writer = guarded.client("WRITER", "writers-secret")
    writer.create_database(DatabaseName="iot-secret-name")
    status_and_code(guarded.client("WRITER", "another-secret").list_databases)
    guarded.stop()

    lines = [json.loads(line) for line in guarded.log]
    assert [(line["operation"], line["status"], line.get("key")) for line in lines if line["message"] == "request"] == [
        ("CreateDatabase", 200, "WRITER"),
        ("Unknown", 403, None),
    ]
    text = "".join(guarded.log) + guarded.start
    for hidden in ("writers-secret", "readers-secret", "another-secret", "iot-secret-name"):
        assert hidden not in text


def test_what_was_acknowledged_under_load_is_there_once_with_its_highest_version(tmp_path):
    store, work = tmp_path / "store", load.Load(int(time.time() * 1000))
    with Served(store) as served:
        load.prepare(served.client())
        for one in load.run(served, work, clients=8, seconds=4):
            one.join()

    assert work.requests > 50
    assert load.faults(store, work) == []


def test_nothing_acknowledged_is_lost_when_it_is_killed_ten_times(tmp_path):
    store, work = tmp_path / "store", load.Load(int(time.time() * 1000), killed=True)
    with Served(store) as served:
        load.prepare(served.client())
    rng = random.Random(9)
    for _ in range(10):
        with Served(store) as served:
            writers = load.run(served, work, clients=8, seconds=60)
            time.sleep(rng.uniform(0.3, 0.9))
            assert served.stop(signal.SIGKILL) == -signal.SIGKILL
            for one in writers:
                one.join()
        assert load.faults(store, work) == []

    assert work.requests > 100
