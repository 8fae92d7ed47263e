"""Rows into a table of DuckDB, as cheaply as it takes them.

A small insert costs DuckDB more for reading the statement and for meeting the Arrow data than for the rows. So a
statement is prepared once for each table and form of data, and reads whatever lies in its slot when it is run.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    import duckdb
    import pyarrow as pa

_MOST: Final = 64
"""Statements kept ready; a client that sends ever other forms of data gets no more."""


class _Slot:
    """What a prepared statement reads; it speaks Arrow's stream protocol."""

    def __init__(self, table: pa.Table) -> None:
        self.table: pa.Table | None = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        assert self.table is not None  # noqa: S101 - filled while a statement runs
        return self.table.__arrow_c_stream__(requested_schema)


class Inserts:
    """The prepared inserts of one cursor."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._ready: OrderedDict[Any, tuple[int, _Slot]] = OrderedDict()
        self._number = 0

    def insert(self, relation: str, table: pa.Table, *, changed: bool) -> None:
        """Append rows to a relation, which has columns of the same names.

        In a transaction that has changed the relation nothing is prepared: DuckDB 2.0 would plan such a statement anew
        each time it is run.
        """
        if changed:
            with lent(self._cursor, rows=table):
                self._cursor.execute(f"insert into {relation} by name select * from rows")
            return
        form = (relation, table.schema.serialize().to_pybytes())
        if form in self._ready:
            self._ready.move_to_end(form)
            number, slot = self._ready[form]
            slot.table = table
        else:
            number, slot = self._prepare(relation, table)
            self._ready[form] = number, slot
        try:
            self._cursor.execute(f"execute insert_{number}")
        except BaseException:
            del self._ready[form]
            raise
        finally:
            slot.table = None

    def _prepare(self, relation: str, table: pa.Table) -> tuple[int, _Slot]:
        if len(self._ready) >= _MOST:
            _, (oldest, _) = self._ready.popitem(last=False)
            self._cursor.execute(f"deallocate insert_{oldest}")
            self._cursor.unregister(f"slot_{oldest}")
        number, slot = self._number, _Slot(table)
        self._number += 1
        self._cursor.register(f"slot_{number}", slot)
        self._cursor.execute(f"prepare insert_{number} as insert into {relation} by name select * from slot_{number}")
        return number, slot


@contextmanager
def lent(cursor: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Generator[None]:
    """Let SQL name Arrow tables for a while. After an error nothing is taken back: the cursor is of no use then."""
    for name, table in tables.items():
        cursor.register(name, table)
    yield
    for name in tables:
        cursor.unregister(name)
