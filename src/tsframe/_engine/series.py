"""Every series of a table under a number that stays.

The number is 64 bits of an MD5 over the dimensions' names and values in the order of the names, so that it is the same
whatever the order in a frame and whatever DuckDB's own hash becomes. A table of the series keeps numbers exact: where
another series holds a number already, the next salt gives another. So records are matched by number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._engine.storage import arrow

if TYPE_CHECKING:
    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._model.records import RecordBatch
    from tsframe.typing import SeriesNumbers

HASH: Final = "md5_number_lower({})"


def store_series(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, batch: RecordBatch) -> SeriesNumbers:
    """Return the number of each record's series; new series are kept. All dimensions must be columns already."""
    columns = stored.of_role("dimension")
    physical = {name: column.physical.strip('"') for name, column in columns.items() if name in batch.dimensions}
    first = pa.array(batch.series.first)
    distinct = pa.table(
        {"i": np.arange(len(first))}
        | {physical[name]: column.take(first) for name, column in batch.dimensions.items() if name in physical}
    )
    found = np.zeros(len(first), np.uint64)
    pending, salt = distinct, 0
    while len(pending):
        pending = _try_salt(cursor, stored, pending, salt=salt, found=found, physical=physical)
        salt += 1
    return found[batch.series.numbers]


def _try_salt(
    cursor: duckdb.DuckDBPyConnection,
    stored: StoredTable,
    pending: pa.Table,
    *,
    salt: int,
    found: SeriesNumbers,
    physical: dict[str, str],
) -> pa.Table:
    """Find the numbers under a salt, and keep new series; return the series whose number another has."""
    cursor.register("pending", pending)
    text = " || ".join(_part(name, physical[name]) for name in sorted(physical)) or "''"
    same = " and ".join(
        f"s.{column.physical} is not distinct from " + (f"p.{column.physical}" if name in physical else "null")
        for name, column in stored.of_role("dimension").items()
    )
    # Of the pending series, each with its number, the first that wants a number; then who holds that number.
    answer = arrow(
        cursor,
        f"""
        with numbered as (
            select *, {HASH.format(f"'{salt or ''}' || {text}")} as series
            from pending
        ),
        ranked as (select *, row_number() over (partition by series order by i) as turn from numbered)
        select
            p.i, p.series, s.series is null as new,
            case when s.series is null then p.turn = 1 else {same or "true"} end as ours
        from ranked p left join {stored.series} s on s.series = p.series
        order by p.i
        """,
    )
    ours = answer.filter(answer["ours"])
    found[ours["i"].to_numpy()] = ours["series"].to_numpy()
    new = ours.filter(ours["new"])
    if len(new):
        cursor.register("new", new)
        names = ", ".join(f'"{column}"' for column in physical.values())
        cursor.execute(
            f"insert into {stored.series} (series{', ' if names else ''}{names}) "
            f"select n.series{', ' if names else ''}{names} from new n join pending p on p.i = n.i order by n.i"
        )
        cursor.unregister("new")
    cursor.unregister("pending")
    others = answer.filter(pc.invert(answer["ours"]))["i"]
    return pending.filter(pc.is_in(pending["i"], others.combine_chunks()))


def _part(name: str, column: str) -> str:
    """Write name and value of a dimension so that no two series have the same text; nothing where it is null."""
    label = f"{len(name)}:{name}".replace("'", "''")
    return f"""coalesce('{label}' || strlen("{column}") || ':' || "{column}", '')"""
