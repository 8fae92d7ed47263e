"""The cases of the served endpoint: what a request takes of the server's processor time, its latency, its memory.

Each server has a process of its own, and is measured from outside. Requests carry 100 records of the frame.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

import tsframe
from benchmarks import clients, servers, stores, tsbs
from benchmarks.batches import STORED, Batches
from benchmarks.clients import RECORDS
from benchmarks.measure import Line, Pairs, folder, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import polars as pl

    from benchmarks.measure import Scale
    from benchmarks.servers import Server

_FEWEST: Final = 10
"""Requests of a case, however small the scale: processor time is told in hundredths of a second."""
_WARM: Final = 50
"""Requests before those that are measured: all series are known then."""
_MS: Final = 1_000


def serve(scale: Scale) -> Iterator[Line]:
    """Send requests with boto3 to a new server with an empty table; the peer is moto's server."""
    count, warm = _count(scale, 300), _count(scale, _WARM)
    requests = clients.requests_of(tsbs.cpu((warm + count) * RECORDS, scale.hosts, stores.recently()))

    def side(serving: Callable[[str], AbstractContextManager[Server]]) -> float:
        with folder() as path, serving(path) as server:
            clients.make_table(server.url)
            clients.send_by_boto3(server.url, requests[:warm])
            return _busy_by_boto3(server, requests[warm:])

    yield Line(
        case="serve",
        what=f"serve a request of {RECORDS} records, into an empty table",
        beside="moto's server",
        pairs=in_turn(lambda _: side(servers.of_tsframe), lambda _: side(servers.of_moto), scale.repeats),
        limit=1,
        limited="ratio",
        unit="ms of CPU",
        rows=RECORDS,
    )


def large(scale: Scale) -> Iterator[Line]:
    """Send requests with boto3 to a server with a large table; beside it the same to one that began with none."""
    batches = Batches.of(scale.rows, scale.hosts, stores.recently())
    found: dict[str, Pairs] = {}
    with folder() as path, folder() as other:
        with stores.tsframe_store(path) as ts:
            for number in range(STORED):
                tsframe.write(batches.stored(number), stores.TABLE, connection=ts)
        with servers.of_tsframe(path) as ours, servers.of_tsframe(other) as peer:
            clients.make_table(peer.url)
            for what, requests in _Parts(batches, _count(scale, 200)).kinds().items():
                # What a server does once an hour, and once for each series, is not part of the figure.
                for server in (ours, peer):
                    clients.send_by_boto3(server.url, requests(0)[:_WARM])
                found[what] = in_turn(
                    lambda number, requests=requests: _busy_by_boto3(ours, requests(number + 1)),
                    lambda number, requests=requests: _busy_by_boto3(peer, requests(number + 1)),
                    scale.repeats,
                )
    for what, pairs in found.items():
        yield Line(
            case="serve-large",
            what=f"serve a request of {RECORDS} {what}, {STORED * batches.rows:,} stored",
            beside="the same, into an empty table",
            pairs=pairs,
            limit=15,
            limited="ours",
            unit="ms of CPU",
            rows=RECORDS,
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Requests for a large table, a part for each number; a part's records have a version higher than those before."""

    batches: Batches
    count: int

    def kinds(self) -> dict[str, Callable[[int], list[dict[str, Any]]]]:
        """Return what requests there are, in words, and how a part of them is made."""
        return {"new records": self._new, "updates of one time": self._updates, "updates of all times": self._scattered}

    def _new(self, number: int) -> list[dict[str, Any]]:
        return clients.requests_of(self._frame(self._stored + number * self._moments))

    def _updates(self, number: int) -> list[dict[str, Any]]:
        """Return updates of moments all over the table, one moment a request."""
        return clients.requests_of(self._frame(number, apart=self._apart), version=2 + number)

    def _scattered(self, number: int) -> list[dict[str, Any]]:
        """Return the same updates in another order, so that each request has moments from all over the table."""
        frame = self._frame(number, apart=self._apart).sample(fraction=1, shuffle=True, seed=number)
        return clients.requests_of(frame, version=1_000 + number)

    @property
    def _stored(self) -> int:
        """How many moments are stored."""
        return 2 * self.batches.half * STORED

    @property
    def _moments(self) -> int:
        """How many moments a part has."""
        return -(-self.count * RECORDS // self.batches.hosts)

    @property
    def _apart(self) -> int:
        return max(1, self._stored // self._moments)

    def _frame(self, first: int, *, apart: int = 1) -> pl.DataFrame:
        start = self.batches.start + first * tsbs.STEP
        return tsbs.cpu(self.count * RECORDS, self.batches.hosts, start, apart * tsbs.STEP, seed=first)


def together(scale: Scale) -> Iterator[Line]:
    """Send the same bodies with eight clients at once and with one; a client has its own series."""
    many = 8
    warm, bodies = _own_series(scale, many, 800)

    def side(count: int) -> float:
        with _warm_server(many, warm) as server:
            before = server.busy()
            clients.send_at_once(server.url, count, bodies)
            return (server.busy() - before) / len(bodies) * _MS

    yield Line(
        case="serve-together",
        what=f"serve a request of {RECORDS} records, {many} clients at once",
        beside="one client",
        pairs=in_turn(lambda _: side(many), lambda _: side(1), scale.repeats),
        limit=2.5,
        limited="times",
        unit="ms of CPU",
        rows=RECORDS,
    )


def latency(scale: Scale) -> Iterator[Line]:
    """Time each request of four clients at once: the 99th percentile beside the median."""
    many = 4
    warm, bodies = _own_series(scale, many, 1_000)

    def once() -> tuple[float, float]:
        with _warm_server(many, warm) as server:
            taken = clients.send_at_once(server.url, many, bodies)
        return quantiles(taken, n=100, method="inclusive")[98] * _MS, median(taken) * _MS

    found = [once() for _ in range(scale.repeats)]
    yield Line(
        case="serve-latency",
        what=f"answer a request of {RECORDS} records, {many} clients at once: 99th percentile",
        beside="the median",
        pairs=Pairs(tuple(one[0] for one in found), tuple(one[1] for one in found)),
        limit=5,
        limited="ratio",
        unit="ms",
    )


def start(scale: Scale) -> Iterator[Line]:
    """Start a server with a new store, until it has answered; the peer is moto's server."""

    def side(serving: Callable[[str], AbstractContextManager[Server]]) -> float:
        with folder() as path, serving(path) as server:
            return server.started

    yield Line(
        case="serve-start",
        what="start a server, until it has answered",
        beside="moto's server",
        pairs=in_turn(lambda _: side(servers.of_tsframe), lambda _: side(servers.of_moto), scale.repeats),
        limit=1,
        limited="ours",
    )


def memory(scale: Scale) -> Iterator[Line]:
    """Send one request again and again, which stores nothing new; beside the memory at the end, that after a tenth."""
    count = _count(scale, 2_000)
    first = count // 10
    [body] = clients.bodies_of(clients.requests_of(tsbs.cpu(RECORDS, RECORDS, stores.recently())))
    with folder() as path, servers.of_tsframe(path) as server:
        clients.make_table(server.url)
        clients.send_ready(server.url, [body] * first)
        early = server.resident()
        clients.send_ready(server.url, [body] * (count - first))
        pairs = Pairs((server.resident(),), (early,))
    yield Line(
        case="serve-memory",
        what=f"memory of a server after the same {RECORDS} records {count:,} times",
        beside=f"after {first:,} times",
        pairs=pairs,
        # Less than if it kept the records of each request as columns, which are some 16 kB; a body is 112 kB.
        limit=10,
        limited="more",
        unit="MiB",
    )


def _count(scale: Scale, most: int) -> int:
    """Return how many requests a case has: with no more than half as many records as the scale has rows, but some."""
    return max(_FEWEST, min(most, scale.rows // 2 // RECORDS))


def _busy_by_boto3(server: Server, requests: list[dict[str, Any]]) -> float:
    """Return the milliseconds of the server's processor time that each request takes."""
    before = server.busy()
    clients.send_by_boto3(server.url, requests)
    return (server.busy() - before) / len(requests) * _MS


def _own_series(scale: Scale, many: int, most: int) -> tuple[list[bytes], list[bytes]]:
    """Return bodies to begin with and bodies to measure: every so many-th of them has the same series."""
    count, warm = _count(scale, most), _count(scale, _WARM)
    frame = tsbs.cpu((warm + count) * RECORDS, many * RECORDS, stores.recently())
    bodies = clients.bodies_of(clients.requests_of(frame))
    return bodies[:warm], bodies[warm:]


@contextmanager
def _warm_server(many: int, warm: list[bytes]) -> Iterator[Server]:
    """Serve a new store to so many clients, which have sent something already."""
    with folder() as path, servers.of_tsframe(path) as server:
        clients.make_table(server.url)
        clients.send_at_once(server.url, many, warm)
        yield server
