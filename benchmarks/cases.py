"""The cases beside DuckDB: write, upsert, read. Both sides have the same frame, a file of their own and all cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tsframe
from benchmarks import stores, tsbs
from benchmarks.batches import STORED, Batches
from benchmarks.measure import Line, folder, in_turn, seconds
from benchmarks.stores import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Scale


def write(scale: Scale) -> Iterator[Line]:
    """Write a Polars frame into an empty table; the peer creates a table from the same frame as Arrow."""
    frame = tsbs.cpu(scale.rows, scale.hosts, stores.recently())
    table = tsbs.arrow(frame)

    def ours(_: int) -> float:
        with folder() as path, stores.tsframe_store(path) as ts:
            return seconds(lambda: tsframe.write(frame, TABLE, connection=ts))

    def peer(_: int) -> float:
        with folder() as path, stores.duckdb_file(path) as con:
            return seconds(lambda: stores.run(con, stores.CREATE_AS, table))

    yield Line(
        case="write",
        what=f"write {len(frame):,} rows from Polars into an empty table",
        beside="`create table … as` from Arrow",
        pairs=in_turn(ours, peer, scale.repeats),
        limit=3,
        limited="ratio",
        rows=len(frame),
    )


def read(scale: Scale) -> Iterator[Line]:
    """Read a whole table to Polars; the peer fetches its own as Arrow."""
    frame = tsbs.cpu(scale.rows, scale.hosts, stores.recently())
    with folder() as path:
        with stores.tsframe_store(path) as ts, stores.duckdb_file(path) as con:
            tsframe.write(frame, TABLE, connection=ts)
            stores.run(con, stores.CREATE_AS, tsbs.arrow(frame))
        # Opened anew, so that both read what lies in their file.
        with stores.tsframe_store(path) as ts, stores.duckdb_file(path) as con:
            pairs = in_turn(
                lambda _: seconds(lambda: tsframe.read(TABLE, backend="polars", connection=ts)),
                lambda _: seconds(lambda: con.sql("from cpu").to_arrow_table()),
                scale.repeats,
            )
    yield Line(
        case="read",
        what=f"read {len(frame):,} rows to Polars",
        beside="fetch as Arrow",
        pairs=pairs,
        limit=2,
        limited="ratio",
        rows=len(frame),
    )


def upsert(scale: Scale) -> Iterator[Line]:
    """Write batches, half of them updates, into a large table; the peer merges the same batches into its own."""
    batches = Batches.of(scale.rows, scale.hosts, stores.recently())
    with folder() as path, stores.tsframe_store(path) as ts, stores.duckdb_file(path) as con:
        for number in range(STORED):
            frame = batches.stored(number)
            tsframe.write(frame, TABLE, connection=ts)
            stores.run(con, stores.INSERT if number else stores.CREATE_VERSIONED, tsbs.arrow(frame))

        def ours(number: int) -> float:
            frame, version = batches.upsert(number), batches.version(number)
            return seconds(lambda: tsframe.write(frame, TABLE, version=version, connection=ts))

        def peer(number: int) -> float:
            table, version = tsbs.arrow(batches.upsert(number)), batches.version(number)
            return seconds(lambda: stores.run(con, stores.MERGE, table, version=version))

        pairs = in_turn(ours, peer, scale.repeats)
    yield Line(
        case="upsert",
        what=f"write {batches.rows:,} rows, half of them updates, into {STORED * batches.rows:,} stored",
        beside="`merge into` from Arrow",
        pairs=pairs,
        limit=2,
        limited="ratio",
        rows=batches.rows,
    )
