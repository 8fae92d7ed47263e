"""The short way of a request's body: botocore's own signature, its event for mocks, the whole way when in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import polars as pl
import pytest
from botocore.awsrequest import AWSResponse

import tsframe
from tests.aws.test_faults import frame
from tests.peer import faults
from tsframe._aws import moulds, posting
from tsframe.errors import AccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.peer.server import Peer
    from tsframe import Connection


KEY = "testing"


@pytest.fixture
def ways(monkeypatch) -> list[str]:
    """Which way each body took."""
    found: list[str] = []

    def noting(way: str, post: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            found.append(way)
            return post(*arguments)

        return noted

    for way in ("whole", "short"):
        name = f"_post_the_{way}_way"
        monkeypatch.setattr(posting.Poster, name, noting(way, getattr(posting.Poster, name)))
    return found


def write(ts: Connection, **options: Any) -> tsframe.WriteReport:
    return ts.write(frame(1_000), "iot.sensors", progress=False, concurrency=1, **options)


def test_bodies_after_the_first_take_the_short_way(ts, peer, ways):
    assert bool(write(ts))

    assert ways == ["whole"] + ["short"] * 9
    assert len(peer.of()) == 10


def test_a_request_of_the_short_way_is_signed_and_addressed_as_one_of_the_whole_way(ts, peer):
    write(ts)

    first, *others = (exchange.headers for exchange in peer.of())
    own = {"authorization", "x-amz-date", "content-length", "amz-sdk-invocation-id", "amz-sdk-request"}
    for headers in others:
        assert {name: headers[name] for name in headers.keys() - own} == {
            name: first[name] for name in first.keys() - own
        }


def test_after_a_failure_the_next_body_takes_the_whole_way(ts, peer, ways):
    peer.script = faults.at({3: faults.drop_before, 6: faults.throttle})

    assert bool(write(ts))

    assert ways == ["whole", "short", "short", "short", "whole", "short", "short", "whole"] + ["short"] * 4


def test_a_rejection_is_an_answer_and_no_failure(ts, peer, ways):
    peer.script = faults.at({3: faults.reject({0})})

    report = write(ts, on_rejected="return")

    assert (report.rejected_rows, ways) == (1, ["whole"] + ["short"] * 9)


def test_a_mould_is_worn_out_after_a_minute(ts, ways, monkeypatch):
    monkeypatch.setattr(moulds, "_FRESH", -1)

    assert bool(write(ts))

    assert ways == ["whole"] * 10


def test_new_credentials_take_the_whole_way_and_are_used(peer, ways):
    peer.secrets = {"one": "secret one", "two": "secret two"}
    session = boto3.Session("one", "secret one", region_name="us-east-1")
    with tsframe.connect(session=at(session, peer)) as ts:
        write(ts)
        credentials = session.get_credentials()
        credentials.access_key, credentials.secret_key, credentials.token = "two", "secret two", "token"
        del ways[:]

        assert bool(write(ts))

    assert ways == ["whole"] + ["short"] * 9
    assert {exchange.headers.get("x-amz-security-token") for exchange in peer.of()[-10:]} == {"token"}
    assert all("Credential=two/" in exchange.headers["authorization"] for exchange in peer.of()[-10:])


def test_credentials_that_are_no_longer_taken_end_the_write(peer):
    peer.secrets = {"one": "secret one"}
    with tsframe.connect(session=at(boto3.Session("one", "secret one", region_name="us-east-1"), peer)) as ts:
        write(ts)
        peer.secrets = {"one": "another secret"}

        with pytest.raises(AccessDeniedError, match="The secret key does not fit the access key"):
            write(ts)


def test_a_client_without_the_parts_that_are_needed_takes_the_whole_way(ts, ways, monkeypatch):
    monkeypatch.setattr(posting.Mould, "of", lambda _sent, _body, _signer: None)

    assert bool(write(ts))

    assert ways == ["whole"] * 10


def test_a_client_of_the_callers_own_takes_the_whole_way_and_hears_every_call(peer, ways):
    client = boto3.client(
        "timestream-write",
        "us-east-1",
        endpoint_url=peer.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    heard = []
    client.meta.events.register("before-call.timestream-write.WriteRecords", lambda **words: heard.append(words))

    with tsframe.connect(write_client=client) as ts:
        assert bool(write(ts))

    assert ways == ["whole"] * 10
    assert len(heard) == 10
    # What was lent is as it was.
    client.write_records(DatabaseName="iot", TableName="sensors", Records=[record()])
    assert peer.of()[-1].request["Records"] == [record()]


def test_what_answers_in_place_of_the_service_answers_on_the_short_way_too(peer, ways):
    session = at(boto3.Session(KEY, KEY, region_name="us-east-1"), peer)
    answered = []

    def answer(request: Any, **_: object) -> AWSResponse:
        answered.append(request)
        content = b'{"RecordsIngested":{"Total":100,"MemoryStore":100,"MagneticStore":0}}'
        response = AWSResponse(request.url, 200, {}, None)
        response._content = content
        return response

    session.events.register("before-send.timestream-write.WriteRecords", answer)
    with tsframe.connect(session=session) as ts:
        assert bool(write(ts))

    assert (len(answered), len(peer.of())) == (10, 0)
    assert ways == ["whole"] + ["short"] * 9


def at(session: boto3.Session, peer: Peer) -> boto3.Session:
    """The session, whose clients go to the peer."""
    made = session.client

    def client(name: str, **words: Any) -> Any:
        return made(name, endpoint_url=peer.url, **words)

    session.client = client  # type: ignore[method-assign]
    return session


def record() -> dict[str, Any]:
    time = str(pl.Series([frame(1)["time"][0]]).dt.epoch("ms")[0])
    return {
        "Dimensions": [{"Name": "device", "Value": "x"}],
        "MeasureName": "m",
        "MeasureValue": "1.5",
        "MeasureValueType": "DOUBLE",
        "Time": time,
    }
