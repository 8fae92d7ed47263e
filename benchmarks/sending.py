"""The cases of the way to Amazon Timestream: a frame to an endpoint, beside those who do the same.

All sides send the same frame to the same sink on loopback, each in a process of its own, one after the other in each
round. awswrangler and InfluxDB's client are in an environment of their own, as they need older packages than tsframe;
without it (``scripts/environment peers``) their lines are left out, which is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import tsframe
from benchmarks import sink, stores, tsbs
from benchmarks.measure import Line, Pairs, folder
from benchmarks.processes import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Scale

    Found: TypeAlias = dict[str, dict[str, float]]
    """What each side of a round measured."""

_ROOT: Final = Path(__file__).parents[1]
_PEERS: Final = _ROOT / ".venv" / "peers" / "bin" / "python"
_OURS: Final = ("tsframe_of_polars", "tsframe_of_pandas")
_FROM: Final = {"tsframe_of_polars": "Polars", "tsframe_of_pandas": "pandas"}
_IN_PEERS: Final = ("awswrangler", "line_protocol")
_FLOOR: Final = "ready bodies, SHA-256, one connection"
_ROWS, _HOSTS = 100_000, 100
_MOST_UNITS: Final = 20_500
_MOST_MEMORY: Final = 1_024


def send(scale: Scale) -> Iterator[Line]:
    """Write a frame to an endpoint; beside it awswrangler, a loop over boto3, and the floor."""
    rows, hosts = min(scale.rows, _ROWS), min(scale.hosts, _HOSTS)
    with folder() as path, sink.running() as url:
        file = Path(path, "frame.parquet")
        tsbs.cpu(rows, hosts, stores.recently()).write_parquet(file)
        sides = (*_OURS, "boto3_loop", "floor", *(_IN_PEERS[:1] if _has_peers("awswrangler") else ()))
        rounds = [{side: _measure(side, file, url) for side in sides} for _ in range(scale.repeats)]
    for ours in _OURS:
        what = f"send {rows:,} rows from {_FROM[ours]}"
        if "awswrangler" in rounds[0]:
            yield _line(rounds, ours, "awswrangler", "busy", what=what, beside="awswrangler", rows=rows, limit=30)
        yield _line(rounds, ours, "boto3_loop", "busy", what=what, beside="a loop over boto3", rows=rows, limit=15)
        yield _line(
            rounds,
            ours,
            "floor",
            "seconds",
            what=what,
            beside=_FLOOR,
            rows=rows,
            limit=3,
        )


def encode(scale: Scale) -> Iterator[Line]:
    """Pack and encode a frame's records, and send nothing; beside it InfluxDB's line protocol."""
    rows, hosts = min(scale.rows, _ROWS), min(scale.hosts, _HOSTS)
    peer, beside = (
        ("line_protocol", "influxdb3-python's line protocol, from pandas")
        if _has_peers("influxdb3-python")
        else ("floor", _FLOOR)
    )
    with folder() as path, sink.running() as url:
        file = Path(path, "frame.parquet")
        tsbs.cpu(rows, hosts, stores.recently()).write_parquet(file)
        rounds = [{side: _measure(side, file, url) for side in ("encoding", peer)} for _ in range(scale.repeats)]
    yield Line(
        case="encode",
        what=f"pack and encode {rows:,} rows on one core",
        beside=beside,
        pairs=_pairs(rounds, "encoding", peer, "busy"),
        limit=rows / 500_000,
        limited="ours",
        unit="s of CPU",
        rows=rows,
    )


def units(scale: Scale) -> Iterator[Line]:
    """Count what a frame is metered as; beside it the same without common attributes."""
    frame = tsbs.cpu(min(scale.rows, _ROWS), min(scale.hosts, _HOSTS), stores.recently())
    with tsframe.connect(":memory:") as ts:
        found = ts.plan(frame, stores.TABLE, create=True).write_units
    yield Line(
        case="units",
        what=f"write units of {len(frame):,} rows, common attributes counted once a request",
        beside="no common attributes",
        pairs=Pairs((found.shared,), (found.upper,)),
        limit=_MOST_UNITS,
        limited="ours",
        unit="units",
    )


def stream(scale: Scale) -> Iterator[Line]:
    """Write ten times the rows from a reader; beside it the rows themselves, as memory must not grow with them."""
    rows = 10 * scale.rows
    with folder() as path, sink.running() as url:
        file = Path(path, "frame.parquet")
        tsbs.cpu(min(scale.rows, _ROWS), min(scale.hosts, _HOSTS), stores.recently()).write_parquet(file)
        found = {count: _measure("tsframe_of_reader", file, url, count)["peak"] / MIB for count in (rows, scale.rows)}
    yield Line(
        case="stream",
        what=f"peak memory of the process that sends {rows:,} rows from a reader",
        beside=f"the same with {scale.rows:,} rows",
        pairs=Pairs((found[rows],), (found[scale.rows],)),
        limit=_MOST_MEMORY,
        limited="ours",
        unit="MiB",
    )


def _line(
    rounds: list[Found], ours: str, peer: str, figure: str, *, what: str, beside: str, rows: int, limit: float
) -> Line:
    busy = figure == "busy"
    limited: Literal["times", "ratio"] = "times" if busy else "ratio"
    return Line(
        case="send",
        what=what,
        beside=beside,
        pairs=_pairs(rounds, ours, peer, figure),
        limit=limit,
        limited=limited,
        unit="s of CPU" if busy else "s",
        rows=rows,
    )


def _pairs(rounds: list[Found], ours: str, peer: str, figure: str) -> Pairs:
    return Pairs(tuple(found[ours][figure] for found in rounds), tuple(found[peer][figure] for found in rounds))


def _has_peers(name: str) -> bool:
    if _PEERS.exists():
        return True
    print(f"left out: {name}, as there is no .venv/peers: make it with scripts/environment peers", file=sys.stderr)
    return False


def _measure(side: str, file: Path, url: str, *more: int) -> dict[str, float]:
    python = _PEERS if side in _IN_PEERS else sys.executable
    command = [python, "-m", "benchmarks.senders", side, file, url, *map(str, more)]
    done = subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
