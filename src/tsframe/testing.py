"""Amazon Timestream for tests, without an account: an embedded service that all clients of this process reach.

In ``with embedded():`` the functions of tsframe, ``boto3.client("timestream-write")`` and whatever else is built on
boto3 talk to a fresh embedded service. No request leaves the process. For pytest, a ``conftest.py`` with

.. code-block:: python

    pytest_plugins = ["tsframe.testing"]

brings the fixtures ``timestream``, a fresh service for each test, and ``timestream_endpoint``, the same on a socket.

Examples
--------
>>> import boto3
>>> with tsframe.testing.embedded() as timestream:
...     client = boto3.client("timestream-write")
...     answer = client.create_database(DatabaseName="iot")
...     print(timestream.connection.describe_database("iot").name)
iot
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from tsframe._connection import Connection, embedded_connection
from tsframe._model.quotas import AWS_QUOTAS, Quotas
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

__all__ = ["Clock", "Quotas", "Timestream", "embedded"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Clock:
    """The time that a service goes by: the machine's, until it is frozen or moved.

    Parameters
    ----------
    at
        When to stand still, as a ``datetime`` with a zone or as ISO 8601 text with one; ``None`` runs.

    Examples
    --------
    >>> clock = tsframe.testing.Clock("2026-01-01T00:00:00Z")
    >>> clock.forward(hours=3)
    >>> clock.now().isoformat()
    '2026-01-01T03:00:00+00:00'
    """

    def __init__(self, at: datetime | str | None = None) -> None:
        self._ahead = 0
        self._frozen: int | None = None
        if at is not None:
            self.freeze(at)

    def __call__(self) -> int:
        """Return the time in nanoseconds since 1970 UTC."""
        return self._frozen if self._frozen is not None else time.time_ns() + self._ahead

    def now(self) -> datetime:
        """Return the time, in UTC, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self() // 1000)

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stand still, now or at a time with a zone."""
        self._frozen = self() if at is None else _nanoseconds(at)

    def forward(self, **period: float) -> None:
        """Move by a period, in the words of ``datetime.timedelta``; a frozen clock stays frozen."""
        moved = timedelta(**period) // _MICROSECOND * 1000
        if self._frozen is None:
            self._ahead += moved
        else:
            self._frozen += moved


@dataclass(frozen=True, slots=True)
class Timestream:
    """An embedded service, for one test."""

    connection: Connection
    """To the service; the default connection meanwhile."""
    clock: Clock
    """What the service goes by."""

    def client(self, name: str) -> Any:  # noqa: ANN401 - boto3's clients have no types of their own
        """Return a boto3 client of ``"timestream-write"`` or ``"timestream-query"`` that the service answers."""
        return self.connection.client(name)

    def bucket(self, name: str) -> Path:
        """Return the folder that stands for a bucket of S3, made if there is none.

        Files to load with ``CreateBatchLoadTask`` go there; error reports are found there.

        Raises
        ------
        TimestreamError
            If the environment variable ``TSFRAME_S3`` names no folder.
        """
        folder: Path | None = self.connection.service.buckets.folder  # type: ignore[attr-defined]  # it is embedded
        if folder is None:
            message = f"the buckets are no folders, but on S3: bucket({name!r}) is none; unset TSFRAME_S3"
            raise TimestreamError(message)
        made = folder / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    @contextmanager
    def serve(self) -> Generator[str]:
        """Serve on a free port of this machine, from a thread; give the address. It needs ``tsframe[server]``."""
        from tsframe._server.endpoint import Endpoint  # noqa: PLC0415 - needs an extra, as below
        from tsframe._server.http import Site  # noqa: PLC0415
        from tsframe._server.serving import InThread  # noqa: PLC0415

        with InThread(Site(Endpoint(self.connection.service))) as server:
            yield server.address


@contextmanager
def embedded(
    store: str = ":memory:", *, clock: Clock | None = None, quotas: Quotas = AWS_QUOTAS
) -> Generator[Timestream]:
    """Let an embedded service answer all clients of this process, old and new, for the block.

    Parameters
    ----------
    store
        A folder, or ``":memory:"`` for a store that vanishes.
    clock
        What the service goes by; the machine's clock if none is given.
    quotas
        Of the account and its tables; AWS's own if none are given.

    Yields
    ------
    Timestream
        The service's connection, which is the default for the block, and its clock.

    Notes
    -----
    Requests of boto3 to other services go their way. Where no credentials or region are set, the block has some that
    mean nothing; credentials that are set are hidden, so that nothing is signed with them.
    """
    # Imported here: boto3 takes time to load.
    from tsframe._server.botocore import answering  # noqa: PLC0415
    from tsframe._server.endpoint import Endpoint  # noqa: PLC0415

    going_by = clock or Clock()
    with ExitStack() as stack:
        connection = stack.enter_context(embedded_connection(store, going_by, quotas))
        stack.enter_context(mock.patch.dict(os.environ, _environment()))
        stack.enter_context(answering(Endpoint(connection.service)))
        yield Timestream(connection, going_by)


def _environment() -> dict[str, str]:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": region,
    }


def _nanoseconds(at: datetime | str) -> int:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    if moment.tzinfo is None:
        message = f"the time {at!r} has no zone: write for example '2026-01-01T00:00:00Z'"
        raise ValueError(message)
    return (moment - _EPOCH) // _MICROSECOND * 1000


if find_spec("pytest") is not None:
    import pytest

    @pytest.fixture(name="timestream")
    def timestream_fixture() -> Iterator[Timestream]:
        """Give a fresh embedded service, which all clients of the test reach."""
        with embedded() as timestream:
            yield timestream

    @pytest.fixture
    def timestream_endpoint(timestream: Timestream) -> Iterator[str]:
        """Give the address of the same service on a socket."""
        with timestream.serve() as address:
            yield address
