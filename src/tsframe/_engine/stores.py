"""Memory store and magnetic store: which holds a record, when one moves or expires.

A record carries a mark once it belongs to the magnetic store for good: it was written there, or the memory store was
made shorter than its age. Ageing alone needs no mark, as time decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsframe._model.window import Window, window

if TYPE_CHECKING:
    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._model.tables import Retention


def window_of(stored: StoredTable, now: int) -> Window:
    """Return the times that a table takes now."""
    table = stored.table
    return window(table.retention, magnetic_writes=table.magnetic_writes, now=now, memory_floor=stored.memory_floor)


def oldest_kept(stored: StoredTable, now: int) -> int:
    """Return the first time that has not expired (developer guide, "Storage": both retentions after each other)."""
    return max(now - stored.table.retention.total_nanoseconds, 0)


def in_magnetic_store(stored: StoredTable, now: int) -> str:
    """Write the SQL condition under which a stored record is in the magnetic store."""
    border = max(now - stored.table.retention.memory_nanoseconds, 0)
    return f"(magnetic or time < make_timestamp_ns({border}))"


def expire(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, now: int) -> None:
    """Remove what has expired; reads do not see it in any case."""
    cursor.execute(f"delete from {stored.records} where time < make_timestamp_ns({oldest_kept(stored, now)})")


def change_retention(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, new: Retention, now: int) -> int:
    """Bring the records in line with a new retention; return the table's new memory floor.

    What the old or the new retention has let expire is removed and does not come back with a longer one; what has left
    the memory store does not move back (developer guide, "Storage"). A longer memory store fills from now on only.
    """
    expire(cursor, stored, now)
    kept = max(now - new.total_nanoseconds, 0)
    cursor.execute(f"delete from {stored.records} where time < make_timestamp_ns({kept})")
    border = max(now - min(new.memory_nanoseconds, stored.table.retention.memory_nanoseconds), 0)
    cursor.execute(
        f"update {stored.records} set magnetic = true where not magnetic and time < make_timestamp_ns({border})"
    )
    return max(stored.memory_floor, now - stored.table.retention.memory_nanoseconds)
