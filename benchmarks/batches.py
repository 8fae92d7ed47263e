"""What an upsert is measured with: a large table, then batches that update a part of it and go on from its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from benchmarks import tsbs

if TYPE_CHECKING:
    from datetime import datetime

STORED: Final = 10
"""A batch meets so many times its own rows."""


@dataclass(frozen=True, slots=True)
class Batches:
    """A plan of frames: each is made when asked for, and the same number gives the same one."""

    half: int
    """The moments that a batch updates; it has as many new ones."""
    hosts: int
    start: datetime

    @classmethod
    def of(cls, rows: int, hosts: int, start: datetime) -> Batches:
        """Plan batches of about so many rows: whole moments, and an even number of them."""
        return cls(max(1, rows // hosts // 2), hosts, start)

    @property
    def rows(self) -> int:
        """The rows of each frame."""
        return 2 * self.half * self.hosts

    def stored(self, number: int) -> pl.DataFrame:
        """Return a frame to store beforehand, one of ``STORED``, each where the one before ended."""
        return self._moments(2 * self.half * number, 2 * self.half, seed=number)

    def upsert(self, number: int) -> pl.DataFrame:
        """Return a batch: updates of moments all over what was stored, then new ones where the batch before ended."""
        apart = 2 * STORED
        updates = self._moments(number % apart, self.half, apart=apart, seed=STORED + 2 * number)
        new = self._moments(self.half * (apart + number), self.half, seed=STORED + 2 * number + 1)
        return pl.concat([updates, new], rechunk=True)

    def version(self, number: int) -> int:
        """Return the version of a batch: higher than that of all before."""
        return number + 2

    def _moments(self, first: int, count: int, *, apart: int = 1, seed: int) -> pl.DataFrame:
        start = self.start + first * tsbs.STEP
        return tsbs.cpu(count * self.hosts, self.hosts, start, apart * tsbs.STEP, seed=seed)
