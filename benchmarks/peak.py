"""Memory of one write, in a process of its own: ``python -m benchmarks.peak SIDE FRAME FOLDER`` prints it as JSON.

Everything is imported and the store is open before the first look, so that what is counted is the frame and the write.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import psutil
import pyarrow.parquet as pq

import tsframe
from benchmarks import stores

if TYPE_CHECKING:
    from collections.abc import Callable


def of_tsframe(file: str, folder: str) -> dict[str, int]:
    """Write a Polars frame into an empty table."""
    with stores.tsframe_store(folder) as ts:
        before = _now()
        frame = pl.read_parquet(file)
        loaded = _now()
        tsframe.write(frame, stores.TABLE, connection=ts)
        return {"before": before, "loaded": loaded, "peak": _highest()}


def of_duckdb(file: str, folder: str) -> dict[str, int]:
    """Create a table from an Arrow table."""
    with stores.duckdb_file(folder) as con:
        before = _now()
        table = pq.read_table(file, memory_map=False)
        loaded = _now()
        stores.run(con, stores.CREATE_AS, table)
        return {"before": before, "loaded": loaded, "peak": _highest()}


SIDES: dict[str, Callable[[str, str], dict[str, int]]] = {"tsframe": of_tsframe, "duckdb": of_duckdb}


def _now() -> int:
    return psutil.Process().memory_info().rss


def _highest() -> int:
    """Return the most that this process ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: on Linux a process inherits it from the one that started it, and that one made the frame.
        return int(re.findall(r"VmHWM:\s*(\d+) kB", status.read_text())[0]) * 1024
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    side, file, folder = sys.argv[1:]
    print(json.dumps(SIDES[side](file, folder)))
