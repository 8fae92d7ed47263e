"""The two sides of each case: a tsframe store, and a DuckDB file as one would write it by hand."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

import tsframe
from benchmarks import tsbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

TABLE: Final = "tsbs.cpu"

MEMORY_STORE_HOURS: Final = 8_766  # the longest there is: the table takes the frame's times
_AGE: Final = timedelta(days=60)

CREATE_AS: Final = "create table cpu as select * from frame"
CREATE_VERSIONED: Final = "create table cpu as select *, 1::bigint as version from frame"
INSERT: Final = "insert into cpu select *, 1 from frame"
MERGE: Final = f"""
merge into cpu t
using (select *, $version::bigint as version from frame) b
on {" and ".join(f"t.{name} = b.{name}" for name in (*tsbs.TAGS, "time"))}
when matched and b.version > t.version then
    update set {", ".join(f"{name} = b.{name}" for name in (*tsbs.VALUES, "version"))}
when not matched then
    insert
"""


def recently() -> datetime:
    """Return the frames' first moment: an hour so long ago that all frames of a run end before now."""
    return (datetime.now(UTC) - _AGE).replace(minute=0, second=0, microsecond=0)


@contextmanager
def tsframe_store(folder: str) -> Iterator[tsframe.Connection]:
    """Open the store in a folder, with the table made if it is not there."""
    with tsframe.connect(Path(folder, "tsframe")) as ts:
        ts.ensure_table(TABLE, memory_store_hours=MEMORY_STORE_HOURS)
        yield ts


def duckdb_file(folder: str) -> duckdb.DuckDBPyConnection:
    """Open the DuckDB file in a folder, with DuckDB's own settings; each statement commits by itself."""
    return duckdb.connect(str(Path(folder, "peer.duckdb")))


def run(peer: duckdb.DuckDBPyConnection, sql: str, frame: pa.Table, **values: int) -> None:
    """Run a statement on an Arrow table, which it calls ``frame``."""
    peer.register("frame", frame)
    peer.execute(sql, values or None)
    peer.unregister("frame")
