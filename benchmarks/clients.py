"""Clients of a served endpoint: requests made of a frame, and who sends them."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import boto3

from benchmarks import stores, tsbs
from benchmarks.senders import as_record, expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

RECORDS: Final = 100
"""Of a request, which is the most that there may be."""

_DATABASE, _TABLE = stores.TABLE.split(".")
_HEADERS: Final = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "Timestream_20181101.WriteRecords",
}


def requests_of(frame: pl.DataFrame, *, version: int | None = None) -> list[dict[str, Any]]:
    """Spell a frame as requests of WriteRecords without common attributes; a version is said by each record."""
    said = {} if version is None else {"Version": version}
    tags, values = [*tsbs.TAGS], [*tsbs.VALUES]
    records = [as_record(row, tags, values) | said for row in frame.iter_rows(named=True)]
    return [
        {"DatabaseName": _DATABASE, "TableName": _TABLE, "Records": records[first : first + RECORDS]}
        for first in range(0, len(records), RECORDS)
    ]


def bodies_of(requests: Iterable[dict[str, Any]]) -> list[bytes]:
    """Encode requests, so that sending them costs a client next to nothing."""
    return [json.dumps(request).encode() for request in requests]


def boto3_client(url: str) -> Any:
    """Return a client of boto3, which signs what it sends."""
    return boto3.client(
        "timestream-write",
        "us-east-1",
        endpoint_url=url,
        aws_access_key_id="benchmark",
        aws_secret_access_key="benchmark",
    )


def make_table(url: str) -> None:
    """Make the table that requests go to; it takes the frame's times."""
    client = boto3_client(url)
    client.create_database(DatabaseName=_DATABASE)
    client.create_table(
        DatabaseName=_DATABASE,
        TableName=_TABLE,
        RetentionProperties={
            "MemoryStoreRetentionPeriodInHours": stores.MEMORY_STORE_HOURS,
            "MagneticStoreRetentionPeriodInDays": 73_000,
        },
    )


def send_by_boto3(url: str, requests: Iterable[dict[str, Any]]) -> None:
    """Send requests one after the other with boto3, and see that all of each was stored."""
    client = boto3_client(url)
    for request in requests:
        answer = client.write_records(**request)
        expect(answer["RecordsIngested"]["Total"], len(request["Records"]))


def send_ready(url: str, bodies: Iterable[bytes]) -> list[float]:
    """Send bodies one after the other, unsigned and over one connection; return the seconds that each took."""
    connection = HTTPConnection(url.removeprefix("http://"))
    taken: list[float] = []
    try:
        for body in bodies:
            began = time.perf_counter()
            connection.request("POST", "/", body, _HEADERS)
            answer = connection.getresponse()
            content = answer.read()
            taken.append(time.perf_counter() - began)
            expect((answer.status, json.loads(content)["RecordsIngested"]["Total"]), (200, RECORDS))
    finally:
        connection.close()
    return taken


def send_at_once(url: str, clients: int, bodies: Sequence[bytes]) -> list[float]:
    """Let clients send bodies at the same time, each every so many-th of them; return the seconds that each took."""
    with ThreadPoolExecutor(clients) as pool:
        shares = [bodies[number::clients] for number in range(clients)]
        return [*chain.from_iterable(pool.map(lambda share: send_ready(url, share), shares))]
