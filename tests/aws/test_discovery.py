"""Endpoint discovery: the addresses of Amazon's own endpoints, which are asked for, kept, and asked for again.

Nothing leaves the machine: botocore's event ``before-send`` is answered in place of the service.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

import tsframe
from tests.aws.test_faults import frame
from tsframe.errors import AccessDeniedError, InvalidFrameError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest

TABLE = {
    "Arn": "arn:aws:timestream:eu-west-1:000000000000:database/iot/table/sensors",
    "DatabaseName": "iot",
    "TableName": "sensors",
    "TableStatus": "ACTIVE",
    "RetentionProperties": {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 30},
    "CreationTime": time.time(),
    "LastUpdatedTime": time.time(),
}


class Cloud:
    """Answers as Amazon does: an endpoint for discovery, and cells whose addresses it tells."""

    def __init__(self) -> None:
        self.cell = 1
        self.asked: list[tuple[str, str]] = []
        self.fault: Callable[[str, str], tuple[int, dict[str, Any]] | None] = lambda _operation, _host: None

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target if isinstance(target, str) else target.decode()).partition(".")[2]
        host = request.url.split("/")[2]
        self.asked.append((operation, host.partition(".")[0]))
        status, shape = self.fault(operation, host) or (200, self._answer(operation, json.loads(request.body)))
        response = AWSResponse(request.url, status, {"x-amzn-requestid": "R"}, None)
        response._content = json.dumps(shape).encode()
        return response

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeEndpoints":
            address = f"ingest-cell{self.cell}.timestream.eu-west-1.amazonaws.com"
            return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
        if operation == "DescribeTable":
            return {"Table": TABLE}
        count = len(request["Records"])
        return {"RecordsIngested": {"Total": count, "MemoryStore": count, "MagneticStore": 0}}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def ts(cloud, no_aws_of_this_machine):
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    session.events.register("before-send.timestream-write", cloud)
    with tsframe.connect(session=session) as connection:
        yield connection


def write(ts: tsframe.Connection) -> tsframe.WriteReport:
    return ts.write(frame(1_000), "iot.sensors", progress=False, concurrency=1)


def test_requests_go_to_the_address_that_was_told(ts, cloud):
    assert bool(write(ts))

    assert [host for operation, host in cloud.asked if operation == "WriteRecords"] == ["ingest-cell1"] * 10
    # Each of the two clients, that of tables and that of records, asks once.
    assert [operation for operation, _ in cloud.asked].count("DescribeEndpoints") == 2


def test_an_address_that_is_given_up_is_asked_for_again(ts, cloud):
    write(ts)
    cloud.cell = 2
    cloud.fault = lambda _operation, host: (
        (421, {"__type": "InvalidEndpointException", "Message": "The requested endpoint was invalid."})
        if host.startswith("ingest-cell1")
        else None
    )
    cloud.asked.clear()

    report = write(ts)

    assert bool(report)
    assert [host for operation, host in cloud.asked if operation == "WriteRecords"][-10:] == ["ingest-cell2"] * 10


def test_discovery_that_is_not_allowed_ends_the_write_with_the_permission_to_ask_for(ts, cloud):
    denied = (403, {"__type": "AccessDeniedException", "Message": "User: x is not authorized to perform: "})
    cloud.fault = lambda operation, _host: denied if operation == "DescribeEndpoints" else None

    with pytest.raises((AccessDeniedError, ServiceUnreachableError), match="timestream:DescribeEndpoints"):
        write(ts)


def test_discovery_that_fails_for_a_while_is_tried_again(cloud, ts, monkeypatch):
    monkeypatch.setattr("tsframe._aws.sending._FIRST_PAUSE", 0.01)
    ts.describe_table("iot.sensors")
    left = iter([True] * 2)
    broken = (500, {"__type": "InternalServerException", "Message": "?"})
    cloud.fault = lambda operation, _host: broken if operation == "DescribeEndpoints" and next(left, False) else None

    report = write(ts)

    assert bool(report)
    assert report.retries == 2


def test_a_region_without_timestream_is_told(no_aws_of_this_machine):
    del no_aws_of_this_machine
    session = boto3.Session("key", "secret", region_name="eu-north-1")
    session.events.register("before-send.timestream-write", _unreachable)

    with (
        tsframe.connect(session=session) as ts,
        pytest.raises(ServiceUnreachableError, match=r"not in the region 'eu-north-1'; it is in us-east-1"),
    ):
        write(ts)


def _unreachable(request: AWSPreparedRequest, **_: object) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url=request.url)


def test_bad_frames_never_leave(ts, cloud):
    with pytest.raises(InvalidFrameError):
        ts.write(frame(10).drop("temp"), "iot.sensors")

    assert "WriteRecords" not in [operation for operation, _ in cloud.asked]
