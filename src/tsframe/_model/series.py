"""Numbers for what repeats: series, and records of one identity.

A column of dictionary codes is a column of small integers, so a whole key is one integer a record, and equal keys are
found by integer work alone. No text is compared, and no hash decides: equal numbers mean equal keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsframe.typing import Flags, Integers

_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True)
class Numbering:
    """Every record's key as a number; numbers count up in the order of first appearance."""

    numbers: Integers
    """One for each record."""
    first: Integers
    """For each number, the first record that has it."""

    def __len__(self) -> int:
        return len(self.first)


def number(columns: Iterable[pa.DictionaryArray], length: int) -> Numbering:
    """Give each distinct combination of values a number; null is a value like any other."""
    keys: Integers = np.zeros(length, np.int64)
    size = 1
    for column in columns:
        choices = len(column.dictionary) + 1
        if size * choices > _LARGEST_KEY:
            keys, size = _densely(keys)
        codes = column.indices.fill_null(choices - 1).to_numpy(zero_copy_only=False)
        keys = keys * choices + codes
        size *= choices
    numbers, count = _densely(keys)
    first = np.zeros(count, np.int64)
    # Assigned from the back, so that the earliest record stays.
    first[numbers[::-1]] = np.arange(length - 1, -1, -1)
    return Numbering(numbers, first)


@dataclass(frozen=True, slots=True)
class Repeats:
    """The records that share their identity with another, group by group, each group in its own order."""

    records: Integers
    starts: Flags
    """Where a new group begins."""

    def __len__(self) -> int:
        return len(self.records)

    @property
    def groups(self) -> Integers:
        """The number of each record's group."""
        return np.cumsum(self.starts) - 1


def repeats(numbers: Integers, times: Integers) -> Repeats:
    """Find records with the same number and time.

    One pass of sorting a mixed 64-bit key tells the usual case, no repeats, apart; what looks repeated there is then
    compared exactly.
    """
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= times.view(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    ordered = np.sort(mixed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return Repeats(np.zeros(0, np.int64), np.zeros(0, np.bool_))
    suspects = np.flatnonzero(np.isin(mixed, twice))
    order = suspects[np.lexsort((suspects, times[suspects], numbers[suspects]))]
    same = (numbers[order[1:]] == numbers[order[:-1]]) & (times[order[1:]] == times[order[:-1]])
    before, after = np.append(False, same), np.append(same, False)
    kept = before | after
    return Repeats(order[kept], ~before[kept])


def _densely(keys: Integers) -> tuple[Integers, int]:
    encoded = pa.array(keys).dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(encoded.dictionary)
