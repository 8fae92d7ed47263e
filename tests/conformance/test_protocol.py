"""What goes over the wire whatever is asked for: forms of answers, times and errors, the way to an endpoint.

The forms of errors are recorded in public projects; all else is botocore's model and what botocore asks for.
"""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conformance.batches import START
from tsframe import errors
from tsframe._server.endpoint import Endpoint
from tsframe._server.http import Site
from tsframe._server.serving import InThread

TABLE = {"DatabaseName": "iot", "TableName": "sensors"}
RECORD = {
    "Dimensions": [{"Name": "device", "Value": "a"}],
    "MeasureName": "temp",
    "MeasureValue": "1.5",
    "Time": str(START // 10**6),
}


@pytest.fixture
def bodies(client):
    """The bodies of all answers, as they came."""
    found = []
    client.meta.events.register(
        "response-received.timestream-write", lambda response_dict, **_: found.append(json.loads(response_dict["body"]))
    )
    return found


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_aws_json_with_the_status_200(client):
    found = client.list_databases()["ResponseMetadata"]

    assert found["HTTPStatusCode"] == 200
    assert found["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.0"
    assert found["HTTPHeaders"]["x-amzn-requestid"] == found["RequestId"]


def test_moments_are_seconds_since_1970_cut_to_milliseconds(client, clock, bodies):
    clock.now = START + 511_987_654

    client.create_database(DatabaseName="iot")

    assert bodies[0]["Database"]["CreationTime"] == 1_790_000_000.511


def test_an_operation_that_has_nothing_to_tell_answers_an_empty_object(client, sensors, bodies):
    client.tag_resource(ResourceARN=sensors.arn, Tags=[{"Key": "team", "Value": "ops"}])
    client.untag_resource(ResourceARN=sensors.arn, TagKeys=["team"])
    client.delete_table(**TABLE)
    client.delete_database(DatabaseName="iot")

    assert bodies == [{}, {}, {}, {}]


def test_a_last_page_names_no_next_one(client, sensors, bodies):
    client.list_tables(DatabaseName="iot")

    assert bodies[0].keys() == {"Tables"}


# --- errors ----------------------------------------------------------------------------------------------------------


def test_an_error_of_the_service_is_written_as_the_service_does(client, bodies):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_database(DatabaseName="nope")

    assert bodies == [
        {
            "__type": "com.amazonaws.timestream.v20181101#ResourceNotFoundException",
            "Message": "The database nope does not exist.",
        }
    ]


def test_what_does_not_fit_the_model_is_written_as_coral_does(client, bodies):
    with pytest.raises(client.exceptions.ValidationException):
        client.list_databases(MaxResults=21)

    assert bodies == [
        {
            "__type": "com.amazon.coral.validate#ValidationException",
            "message": "1 validation error detected: Value '21' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 20",
        }
    ]


def test_rejections_are_written_as_the_service_does_and_do_not_say_what_was_stored(client, sensors, bodies):
    with pytest.raises(client.exceptions.RejectedRecordsException):
        client.write_records(**TABLE, Records=[RECORD, RECORD | {"Time": "1000"}])

    assert bodies == [
        {
            "__type": "com.amazonaws.timestream.v20181101#RejectedRecordsException",
            "Message": "One or more records have been rejected. See RejectedRecords for details.",
            "RejectedRecords": [
                {
                    "RecordIndex": 1,
                    "Reason": "The record timestamp is outside the time range "
                    "[2026-09-20T14:13:20.000Z, 2026-09-21T14:28:20.000Z) of the memory store.",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("create_database", "databaseName"),
        ("describe_database", "databaseName"),
        ("update_database", "databaseName"),
        ("delete_database", "databaseName"),
        ("create_table", "tableName"),
        ("describe_table", "tableName"),
        ("update_table", "tableName"),
        ("delete_table", "tableName"),
        ("write_records", "records"),
        ("tag_resource", "resourceARN"),
        ("untag_resource", "tagKeys"),
        ("list_tags_for_resource", "resourceARN"),
    ],
)
def test_an_operation_needs_its_members(client, operation, member):
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)()

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert f"Value null at '{member}' failed to satisfy constraint: Member must not be null" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.AccessDeniedError, 403, "AccessDeniedException"),
        (errors.InvalidEndpointError, 421, "InvalidEndpointException"),
        (errors.ThrottlingError, 429, "ThrottlingException"),
        (errors.InternalServerError, 500, "InternalServerException"),
        (errors.QueryExecutionError, 400, "QueryExecutionException"),
    ],
)
def test_what_a_service_raises_reaches_the_client_with_name_and_status(
    client, engine, monkeypatch, error, status, code
):
    def fail():
        message = "The reason."
        raise error(message)

    monkeypatch.setattr(engine, "list_databases", fail)

    with pytest.raises(ClientError) as caught:
        client.list_databases()

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"] == {"Code": code, "Message": "The reason."}


def test_nothing_is_throttled(client):
    for number in range(30):
        client.create_database(DatabaseName=f"lab{number}")

    assert sum(len(client.list_databases(MaxResults=20)["Databases"]) for _ in range(30)) == 600


# --- the way to an endpoint ------------------------------------------------------------------------------------------


def test_a_client_that_asks_for_its_endpoint_is_led_back(engine, monkeypatch):
    with InThread(Site(Endpoint(engine))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TIMESTREAM_WRITE", server.address)
        client = boto3.Session("key", "secret", region_name="us-east-1").client("timestream-write")
        asked = []
        client.meta.events.register(
            "before-send.timestream-write",
            lambda request, **_: asked.append((request.headers["X-Amz-Target"].decode(), request.url.rstrip("/"))),
        )

        client.create_database(DatabaseName="iot")
        client.close()

    assert asked == [
        ("Timestream_20181101.DescribeEndpoints", server.address),
        ("Timestream_20181101.CreateDatabase", server.address),
    ]
