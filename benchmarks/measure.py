"""Measuring: tsframe and its peer in turn, so that what else the machine does meets both.

Ratios are taken pair by pair and their median is the figure: on a busy machine seconds say little, and a ratio of two
neighbours says most.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    Side = Callable[[int], float]
    """One of the two: makes what it needs, measures once, cleans up; the number says which repetition it is."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large and how often; the figures in the documentation are those of the defaults."""

    rows: int = 1_000_000
    hosts: int = 1_000
    repeats: int = 5


@dataclass(frozen=True, slots=True)
class Pairs:
    """What both sides measured, repetition by repetition."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours over the peer's, in each repetition."""
        return tuple(ours / peer for ours, peer in zip(self.ours, self.peer, strict=True))

    @property
    def differences(self) -> tuple[float, ...]:
        """Ours less the peer's, in each repetition."""
        return tuple(ours - peer for ours, peer in zip(self.ours, self.peer, strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what both sides measured, and the limit that ours has to keep."""

    case: str
    what: str
    beside: str
    """What the peer does."""
    pairs: Pairs
    limit: float
    limited: Literal["ratio", "ours", "times", "more"]
    """``"times"``: how many times the peer's figure is ours, which has to be the limit at least; ``"more"``: by how
    much ours is more than the peer's."""
    unit: Literal["s", "s of CPU", "ms", "ms of CPU", "MiB", "units"] = "s"
    rows: int | None = None
    """How many rows ours handles in the time measured, if it is about rows."""

    @property
    def figure(self) -> float:
        """The number that the limit is for."""
        if self.limited == "times":
            return median(1 / ratio for ratio in self.pairs.ratios)
        if self.limited == "more":
            return median(self.pairs.differences)
        return median(self.pairs.ratios if self.limited == "ratio" else self.pairs.ours)

    @property
    def met(self) -> bool:
        """Whether the limit is kept."""
        return self.figure >= self.limit if self.limited == "times" else self.figure <= self.limit


def in_turn(ours: Side, peer: Side, repeats: int) -> Pairs:
    """Measure ours, the peer, ours, the peer, …"""
    pairs = [(ours(number), peer(number)) for number in range(repeats)]
    return Pairs(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes; what earlier ones left to the garbage collector is not part of it."""
    gc.collect()
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def folder() -> TemporaryDirectory[str]:
    """Make an empty folder for a block; both sides have theirs on the same disk."""
    return TemporaryDirectory(prefix="tsframe-benchmark-")
