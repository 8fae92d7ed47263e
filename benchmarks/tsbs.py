"""The frame of the Time Series Benchmark Suite, use case cpu-only: what hosts report about their processors.

Tags and values follow TSBS (github.com/timescale/tsbs, ``host.go`` and ``cpu.go`` in ``pkg/data/usecases/devops``):
a host keeps its tags, and each of its values walks at random between 0 and 100, told in whole numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa

DATACENTERS: Final = {
    "us-east-1": ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1e"),
    "us-west-1": ("us-west-1a", "us-west-1b"),
    "us-west-2": ("us-west-2a", "us-west-2b", "us-west-2c"),
    "eu-west-1": ("eu-west-1a", "eu-west-1b", "eu-west-1c"),
    "eu-central-1": ("eu-central-1a", "eu-central-1b"),
    "ap-southeast-1": ("ap-southeast-1a", "ap-southeast-1b"),
    "ap-southeast-2": ("ap-southeast-2a", "ap-southeast-2b"),
    "ap-northeast-1": ("ap-northeast-1a", "ap-northeast-1c"),
    "sa-east-1": ("sa-east-1a", "sa-east-1b", "sa-east-1c"),
}
CHOICES: Final = {
    "rack": tuple(str(rack) for rack in range(100)),
    "os": ("Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"),
    "arch": ("x64", "x86"),
    "team": ("SF", "NYC", "LON", "CHI"),
    "service": tuple(str(service) for service in range(20)),
    "service_version": ("0", "1"),
    "service_environment": ("production", "staging", "test"),
}
TAGS: Final = ("hostname", "region", "datacenter", *CHOICES)
VALUES: Final = (
    "usage_user",
    "usage_system",
    "usage_idle",
    "usage_nice",
    "usage_iowait",
    "usage_irq",
    "usage_softirq",
    "usage_steal",
    "usage_guest",
    "usage_guest_nice",
)
STEP: Final = timedelta(seconds=10)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TAGS_SEED: Final = 20_160_101


def cpu(rows: int, hosts: int, start: datetime, step: timedelta = STEP, *, seed: int = 0) -> pl.DataFrame:
    """Return what all hosts report at one moment after the other, from ``start`` on, as many rows as wanted.

    The seed changes the values, never a host's tags: frames of any seed hold the same series.
    """
    moments = -(-rows // hosts)
    tags = host_tags(hosts).select(pl.all().gather(np.tile(np.arange(hosts, dtype=np.uint32), moments)))
    time = pl.Series("time", _times(moments, start, step).repeat(hosts)).dt.replace_time_zone("UTC")
    values = [pl.Series(name, walk) for name, walk in zip(VALUES, _walks(moments, hosts, seed), strict=True)]
    return tags.with_columns(time, *values).head(rows)


def arrow(frame: pl.DataFrame) -> pa.Table:
    """Return the same frame as an Arrow table: the input of whoever does not take Polars."""
    return frame.to_arrow()


def host_tags(hosts: int) -> pl.DataFrame:
    """Return the tags of the hosts, one row each; the first hosts have the same ones however many there are."""
    regions = _chosen("region", tuple(DATACENTERS), hosts)
    draws = _draws("datacenter", hosts)
    datacenters = [
        DATACENTERS[name][int(draw * len(DATACENTERS[name]))] for name, draw in zip(regions, draws, strict=True)
    ]
    return pl.DataFrame(
        {
            "hostname": [f"host_{number}" for number in range(hosts)],
            "region": regions,
            "datacenter": datacenters,
            **{name: _chosen(name, choices, hosts) for name, choices in CHOICES.items()},
        }
    )


def _draws(tag: str, hosts: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng([_TAGS_SEED, TAGS.index(tag)]).random(hosts)


def _chosen(tag: str, choices: tuple[str, ...], hosts: int) -> list[str]:
    return [choices[int(draw * len(choices))] for draw in _draws(tag, hosts)]


def _times(moments: int, start: datetime, step: timedelta) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    # Whole microseconds are exact in a datetime; a float of seconds would not be.
    first = (start - _EPOCH) // timedelta(microseconds=1) * 1_000
    each = step // timedelta(microseconds=1) * 1_000
    return (first + each * np.arange(moments)).astype("datetime64[ns]")


def _walks(moments: int, hosts: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return a row for each value: the hosts' walks, all hosts of one moment after each other."""
    random = np.random.default_rng(seed)
    walks = random.standard_normal((len(VALUES), moments, hosts))
    state = random.uniform(0, 100, (len(VALUES), hosts))
    # A walk is held at the bounds, not reflected, so that each moment needs the one before: a loop over moments alone.
    for moment in range(moments):
        state = np.clip(state + walks[:, moment], 0, 100)
        walks[:, moment] = state
    return np.trunc(walks, out=walks).reshape(len(VALUES), moments * hosts)
