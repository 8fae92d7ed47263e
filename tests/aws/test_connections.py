"""Connections of a botocore session: what they raise is what the session raises."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from urllib3 import exceptions as urllib3

from tsframe._aws.connections import Connections

URL = "http://127.0.0.1:9/"
FAULTS = [
    urllib3.SSLError("x"),
    urllib3.NewConnectionError(None, "x"),  # type: ignore[arg-type]
    socket.gaierror("x"),
    urllib3.ConnectTimeoutError("x"),
    urllib3.ReadTimeoutError(None, URL, "x"),  # type: ignore[arg-type]
    urllib3.ProtocolError("x"),
    ValueError("x"),
]


class Pool:
    """Connections that fail."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def urlopen(self, **_: object) -> None:
        raise self.fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_is_told_as_botocores_session_tells_it(fault, monkeypatch):
    session: Any = URLLib3Session()
    pool = Pool(fault)
    monkeypatch.setattr(session, "_manager", SimpleNamespace(connection_from_url=lambda _url: pool))
    request: Any = AWSPreparedRequest("POST", URL, {}, b"", stream_output=False)  # type: ignore[arg-type]
    line = Connections.of(session, URL)

    with pytest.raises(BotoCoreError) as expected:
        session.send(request)
    with pytest.raises(BotoCoreError) as found:
        line.send(request)

    assert type(found.value) is type(expected.value)
    assert str(found.value) == str(expected.value)


def test_the_connections_are_those_that_the_session_keeps():
    session: Any = URLLib3Session(max_pool_connections=7, timeout=3)

    line = Connections.of(session, "https://example.org/a?b=c")

    assert line.pool is session._manager.connection_from_url("https://example.org/other")
    assert line.path == "/a?b=c"


def test_a_session_with_a_proxy_sends_by_itself():
    session = URLLib3Session(proxies={"http": "http://127.0.0.1:3128"})

    assert Connections.of(session, URL) is None
    assert Connections.of(object(), URL) is None
