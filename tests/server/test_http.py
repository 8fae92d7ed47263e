"""Whatever comes over HTTP is answered in a form that AWS's clients read, and the server lives on."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time

import orjson
import pytest

from tsframe._engine.service import EmbeddedService
from tsframe._server.endpoint import Endpoint
from tsframe._server.http import Limits, Site
from tsframe._server.serving import InThread

TYPE = "application/x-amz-json-1.0"
RECORD = {
    "Dimensions": [{"Name": "device", "Value": "a"}],
    "MeasureName": "temp",
    "MeasureValue": "1.5",
    "Time": str(time.time_ns() // 10**6),
}
WRITE = {"DatabaseName": "iot", "TableName": "sensors", "Records": [RECORD]}


@pytest.fixture(scope="module")
def service():
    service = EmbeddedService.open(":memory:")
    yield service
    service.close()


@pytest.fixture(scope="module")
def server(service):
    with InThread(Site(Endpoint(service), limits=Limits(body_bytes=200_000, body_seconds=0.5))) as running:
        yield running


@pytest.fixture
def line(server):
    host, port = server.listening.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=10)
    yield connection
    connection.close()


def ask(line, body=b"{}", *, operation="ListDatabases", method="POST", path="/", **headers):
    sent = {"content-type": TYPE, "x-amz-target": f"Timestream_20181101.{operation}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    line.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
    answer = line.getresponse()
    return answer.status, json.loads(answer.read() or b"{}"), answer


def refused(line, *arguments, **words):
    status, shape, answer = ask(line, *arguments, **words)
    assert answer.headers["content-type"] == TYPE
    assert len(answer.headers["x-amzn-requestid"]) == 26
    return status, shape["__type"].partition("#")[2], shape.get("Message", shape.get("message"))


def test_an_operation_is_answered_with_its_request_id(line):
    status, shape, answer = ask(line)

    assert (status, shape) == (200, {"Databases": []})
    assert answer.headers["content-type"] == TYPE
    assert len(answer.headers["x-amzn-requestid"]) == 26


def test_no_body_means_no_members(line):
    assert ask(line, b"")[:2] == (200, {"Databases": []})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"x", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b'{"NextToken": NaN}', "the body is not JSON"),
        (b'{"NextToken": "\\ud800"}', "the body is not JSON"),
        (b'{"NextToken":' * 5000, "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"[]", "the body is a JSON list; it needs to be an object"),
        (b"null", "the body is a JSON NoneType; it needs to be an object"),
        (b'{"Nonsense": 1}', "has no member 'Nonsense'; its members are NextToken, MaxResults"),
        (b'{"MaxResults": "1"}', "PaginationLimit needs the JSON type integer; str was found"),
        (b'{"MaxResults": true}', "PaginationLimit needs the JSON type integer; bool was found"),
        (b'{"MaxResults": 1e400}', "the body is not JSON"),
        (b'{"MaxResults": 99999999999999999999}', "needs the JSON type integer; float was found"),
    ],
)
def test_a_body_that_is_no_request_is_told_so(line, body, text):
    status, code, message = refused(line, body)

    assert (status, code) == (400, "SerializationException")
    assert text in message


def test_members_that_are_null_count_as_not_there(line):
    assert ask(line, b'{"MaxResults": null, "NextToken": null}')[0] == 200


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused_so_that_no_web_page_can_ask(line, kind):
    assert refused(line, content_type=kind)[:2] == (400, "SerializationException")


def test_a_content_type_may_name_its_charset(line):
    assert ask(line, content_type=f"{TYPE}; charset=utf-8")[0] == 200


@pytest.mark.parametrize("target", [None, "", "ListDatabases", "DynamoDB_20120810.ListTables", "Timestream_20181101.X"])
def test_a_target_that_is_none_is_refused(line, target):
    assert refused(line, x_amz_target=target)[:2] == (400, "UnknownOperationException")


def test_other_paths_and_methods_are_refused(line):
    assert refused(line, path="/nothing")[:2] == (404, "UnknownOperationException")
    assert refused(line, method="PUT")[:2] == (405, "UnknownOperationException")


def test_a_body_over_the_limit_is_refused_with_and_without_its_length(server):
    for headers, body in (
        (b"content-length: 200001\r\n\r\n", b""),
        (b"transfer-encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"),
    ):
        with socket.create_connection(server.listening.getsockname(), timeout=10) as raw:
            raw.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\n" + headers + body * 4)
            assert b" 413 " in raw.recv(65536).partition(b"\r\n")[0]


def test_a_body_that_does_not_end_is_given_up(server):
    with socket.create_connection(server.listening.getsockname(), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{")
        answer = raw.recv(65536)

    assert b" 408 " in answer.partition(b"\r\n")[0]
    assert b"RequestTimeoutException" in answer


def test_a_client_that_leaves_in_the_middle_disturbs_nobody(server, line):
    with socket.create_connection(server.listening.getsockname(), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{")

    assert ask(line)[0] == 200


def test_a_body_may_come_in_chunks(line):
    status, shape, _ = ask(line, iter([b'{"Max', b'Results": 1}']))

    assert (status, shape) == (200, {"Databases": []})


def test_what_is_no_http_disturbs_nobody(server, line):
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET\r\n\r\n", b"\x00" * 1000):
        with socket.create_connection(server.listening.getsockname(), timeout=10) as raw:
            raw.sendall(junk)

    assert ask(line)[0] == 200


def test_a_page_of_the_web_whose_name_means_this_machine_is_kept_out(line):
    assert refused(line, host="evil.example:8087")[:2] == (403, "AccessDeniedException")
    for host in ("localhost:8087", "127.0.0.1", "127.9.9.9:1", "[::1]:8087", "timestream.localhost"):
        assert ask(line, host=host)[0] == 200


@pytest.mark.parametrize(
    ("host", "address"), [("localhost:8087", "http://localhost:8087"), ("[::1]:99", "http://[::1]:99")]
)
def test_the_endpoint_is_named_as_the_client_wrote_it(line, host, address):
    _, shape, _ = ask(line, operation="DescribeEndpoints", host=host)

    assert shape == {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}


@pytest.mark.parametrize("header", ["user-agent", "x-amz-user-agent"])
def test_the_sdk_for_javascript_takes_an_address_for_a_name(line, header):
    agent = {header: "aws-sdk-js/3.1138.0 ua/2.1 os/linux"}

    _, shape, _ = ask(line, operation="DescribeEndpoints", host="[::1]:99", **agent)

    assert shape["Endpoints"][0]["Address"] == "[::1]"


def test_operations_of_the_query_service_say_that_they_are_to_come(line):
    status, code, message = refused(line, operation="Query")

    assert (status, code) == (400, "UnknownOperationException")
    assert message == "Query is an operation of timestream-query, which tsframe does not answer yet"


def test_health_says_what_is_served(line):
    status, shape, _ = ask(line, method="GET", path="/health")

    assert (status, shape["status"]) == (200, "ok")


def test_metrics_count_requests_records_and_rejections(line):
    ask(line, json.dumps({"DatabaseName": "iot"}), operation="CreateDatabase")
    ask(line, json.dumps({"DatabaseName": "iot", "TableName": "sensors"}), operation="CreateTable")
    ask(line, json.dumps(WRITE), operation="WriteRecords")
    ask(line, json.dumps(WRITE | {"Records": [RECORD | {"Time": "1"}]}), operation="WriteRecords")

    line.request("GET", "/metrics")
    found = line.getresponse().read().decode()

    assert 'tsframe_requests_total{code="",operation="WriteRecords"} 1.0' in found
    assert 'tsframe_requests_total{code="RejectedRecordsException",operation="WriteRecords"} 1.0' in found
    assert "tsframe_records_total 1.0" in found
    assert "tsframe_rejected_records_total 1.0" in found
    assert "tsframe_open_requests 0.0" in found


def test_an_error_that_nobody_thought_of_is_an_answer_too(service, monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(service, "list_databases", fail)
    headers = {"content-type": TYPE, "x-amz-target": "Timestream_20181101.ListDatabases"}

    answer = Endpoint(service).answer(headers, b"{}", address="http://localhost")

    assert (answer.status, answer.error) == (500, "InternalServerException")
    assert b"ZeroDivisionError" in answer.body
    assert "Traceback" in caplog.text


# --- random bodies ---------------------------------------------------------------------------------------------------

JUNK = [None, True, 0, -1, 2**63, 1.5, "", "x" * 3000, "\x00", [], {}, [[]], {"a": {}}, "1", "NaN", "🚀"]


def spoiled(rng, value):
    """A request with something in it replaced, left out, doubled or nested."""
    if rng.random() < 0.15:
        return rng.choice(JUNK)
    if isinstance(value, dict):
        items = [(key, spoiled(rng, one)) for key, one in value.items() if rng.random() > 0.05]
        return dict(items) | ({rng.choice(["X", "Time", "Version"]): rng.choice(JUNK)} if rng.random() < 0.1 else {})
    if isinstance(value, list):
        return [spoiled(rng, one) for one in value] * rng.choice([0, 1, 1, 1, 2])
    return value


def bodies(rng, count):
    whole = WRITE | {"CommonAttributes": RECORD | {"TimeUnit": "MILLISECONDS", "Version": 1}}
    for _ in range(count):
        match rng.randrange(4):
            case 0:
                yield rng.randbytes(rng.randrange(300))
            case 1:
                text = bytearray(orjson.dumps(whole))
                for _ in range(rng.randrange(1, 6)):
                    text[rng.randrange(len(text))] = rng.randrange(256)
                yield bytes(text)
            case 2:
                yield orjson.dumps(whole)[: rng.randrange(400)]
            case _:
                yield json.dumps(spoiled(rng, whole)).encode()


def test_ten_thousand_random_bodies_all_get_an_answer_of_aws(line, caplog):
    rng = random.Random(4)
    operations = ["WriteRecords"] * 6 + ["CreateTable", "UpdateTable", "TagResource", "ListTables", "CreateDatabase"]
    found = set()
    for body in bodies(rng, 10_000):
        status, shape, answer = ask(line, body, operation=rng.choice(operations))
        assert answer.headers["content-type"] == TYPE
        assert (status == 200) == ("__type" not in shape)
        assert status != 500, body
        found.add((status, shape.get("__type", "").partition("#")[2]))

    assert {(400, "SerializationException"), (400, "ValidationException"), (404, "ResourceNotFoundException")} <= found
    assert "Traceback" not in caplog.text
    assert ask(line)[0] == 200
