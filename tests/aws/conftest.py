"""A peer on loopback, and a connection to it that knows nothing of the machine's own AWS configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tsframe
from tests.peer.server import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe import Connection

SETTINGS = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
OTHERS = ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(autouse=True)
def no_aws_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in (*OTHERS, "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_TIMESTREAM_WRITE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        running.add_table()
        yield running


@pytest.fixture
def ts(peer: Peer) -> Iterator[Connection]:
    with tsframe.connect(peer.url, patience=10) as connection:
        yield connection
