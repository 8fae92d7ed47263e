"""Statements over Arrow tables, as cheaply as DuckDB runs them.

A small statement costs DuckDB more for being read, planned, and introduced to the Arrow data than for the rows. So each
is prepared once for a text and a form of data, and reads whatever lies in its slot when it is run.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    import duckdb
    import pyarrow as pa

ROWS: Final = ":rows:"
"""What stands for the Arrow table; no name of a measure has a colon."""
_MOST: Final = 64
"""Statements kept ready; a client that sends ever other forms of data gets no more."""


class _Slot:
    """What a prepared statement reads; it speaks Arrow's stream protocol."""

    def __init__(self) -> None:
        self.table: pa.Table | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        assert self.table is not None  # noqa: S101 - filled while a statement is prepared, and while it runs
        return self.table.__arrow_c_stream__(requested_schema)


class Statements:
    """The prepared statements of one cursor. Each names one Arrow table, as ``ROWS``."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._ready: OrderedDict[Any, tuple[int, _Slot]] = OrderedDict()
        self._number = 0

    def change(self, sql: str, rows: pa.Table, *, altered: bool) -> None:
        """Run a statement that changes a table; ``altered`` says that the transaction has altered one.

        Then nothing is prepared: DuckDB 2.0 would plan such a statement anew each time it is run.
        """
        if altered:
            with lent(self._cursor, rows=rows):
                self._cursor.execute(sql.replace(ROWS, "rows"))
            return
        with self._prepared(sql, rows) as name:
            self._cursor.execute(f"execute {name}")

    def ask(self, sql: str, rows: pa.Table, *, altered: bool) -> pa.Table:
        """Run a query and return all its rows; ``altered`` as above."""
        if altered:
            with lent(self._cursor, rows=rows):
                return self._cursor.sql(sql.replace(ROWS, "rows")).to_arrow_table()
        with self._prepared(sql, rows) as name:
            return self._cursor.sql(f"execute {name}").to_arrow_table()

    @contextmanager
    def _prepared(self, sql: str, rows: pa.Table) -> Generator[str]:
        form = (sql, rows.schema.serialize().to_pybytes())
        if form in self._ready:
            self._ready.move_to_end(form)
        else:
            self._ready[form] = self._prepare(sql, rows)
        number, slot = self._ready[form]
        slot.table = rows
        try:
            yield f"statement_{number}"
        except BaseException:
            del self._ready[form]
            raise
        finally:
            slot.table = None

    def _prepare(self, sql: str, rows: pa.Table) -> tuple[int, _Slot]:
        if len(self._ready) >= _MOST:
            _, (oldest, _) = self._ready.popitem(last=False)
            self._cursor.execute(f"deallocate statement_{oldest}")
            self._cursor.unregister(f"slot_{oldest}")
        number, slot = self._number, _Slot()
        self._number += 1
        slot.table = rows
        self._cursor.register(f"slot_{number}", slot)
        self._cursor.execute(f"prepare statement_{number} as {sql.replace(ROWS, f'slot_{number}')}")
        return number, slot


@contextmanager
def lent(cursor: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Generator[None]:
    """Let SQL name Arrow tables for a while. After an error nothing is taken back: the cursor is of no use then."""
    for name, table in tables.items():
        cursor.register(name, table)
    yield
    for name in tables:
        cursor.unregister(name)
