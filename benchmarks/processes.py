"""The cases that need a process of their own: the time of an import, and the peak of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import stores, tsbs
from benchmarks.measure import Line, folder, in_turn, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Scale

MIB: Final = 1024 * 1024

_ROOT: Final = Path(__file__).parents[1]
_IMPORT: Final = """
import time
started = time.perf_counter()
import tsframe
print(time.perf_counter() - started)
"""


def importing(scale: Scale) -> Iterator[Line]:
    """Import tsframe in a new process; beside it, what starting and ending Python alone takes."""
    pairs = in_turn(
        lambda _: float(_python("-c", _IMPORT)),
        lambda _: seconds(lambda: _python("-c", "pass")),
        scale.repeats,
    )
    yield Line(
        case="import",
        what="`import tsframe`",
        beside="`python -c pass`, all of it",
        pairs=pairs,
        limit=0.1,
        limited="ours",
    )


def memory(scale: Scale) -> Iterator[Line]:
    """Write a frame into an empty table in a new process; the peer creates a table from Arrow in another."""
    frame = tsbs.cpu(scale.rows, scale.hosts, stores.recently())
    allowed = tsbs.arrow(frame).nbytes / MIB + 1024
    with folder() as path:
        file = Path(path, "frame.parquet")
        frame.write_parquet(file, row_group_size=len(frame))  # one group: the frame is in one piece, as it was
        pairs = in_turn(lambda _: _peak("tsframe", file), lambda _: _peak("duckdb", file), scale.repeats)
    yield Line(
        case="memory",
        what=f"peak memory of writing {len(frame):,} rows, the frame included",
        beside="`create table … as` from Arrow",
        pairs=pairs,
        limit=allowed,
        limited="ours",
        unit="MiB",
    )


def _peak(side: str, file: Path) -> float:
    with folder() as path:
        found: dict[str, int] = json.loads(_python("-m", "benchmarks.peak", side, str(file), path))
    return (found["peak"] - found["before"]) / MIB


def _python(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
