"""Every series of a table under a number that stays.

The number is 64 bits of an MD5 over the dimensions' names and values in the order of the names, so that it is the same
whatever the order in a frame and whatever DuckDB's own hash becomes. A table of the series keeps numbers exact: where
another series holds a number already, the next salt gives another. So records are matched by number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from tsframe._engine.statements import lent
from tsframe._engine.storage import arrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from tsframe._engine.catalog import StoredTable
    from tsframe._engine.known import Known
    from tsframe._model.records import RecordBatch
    from tsframe.typing import Integers, SeriesNumbers

HASH: Final = "md5_number_lower({})"


def store_series(
    cursor: duckdb.DuckDBPyConnection, known: Known, batch: RecordBatch, parts: Sequence[RecordBatch]
) -> SeriesNumbers:
    """Return the number of each record's series; new series are kept. All dimensions must be columns already.

    ``parts`` are the batches that the batch was made of.
    """
    recalled = [numbers for part in parts if (numbers := known.recall(part)) is not None]
    if len(recalled) == len(parts):
        return np.concatenate(recalled) if len(parts) > 1 else recalled[0]
    # What a rejected record alone brings is no column, and no part of a key that may be remembered.
    if not (known.remembers(batch) and batch.dimensions.keys() <= known.stored.of_role("dimension").keys()):
        everything = np.arange(len(batch.series))
        return _numbers(cursor, known.stored, batch, everything)[batch.series.numbers]
    keys = known.keys(batch)
    found, missing = known.find(keys)
    if len(missing):
        found[missing] = _numbers(cursor, known.stored, batch, missing)
        known.learn_series([keys[place] for place in missing.tolist()], found[missing])
    numbers = found[batch.series.numbers]
    ends = np.cumsum([len(part) for part in parts])
    for part, own in zip(parts, np.split(numbers, ends[:-1]), strict=True):
        known.note(part, own)
    return numbers


def _numbers(
    cursor: duckdb.DuckDBPyConnection, stored: StoredTable, batch: RecordBatch, which: Integers
) -> SeriesNumbers:
    """Return the numbers of some of the distinct series of a batch."""
    columns = stored.of_role("dimension")
    physical = {name: column.physical.strip('"') for name, column in columns.items() if name in batch.dimensions}
    first = pa.array(batch.series.first[which])
    distinct = pa.table(
        {"i": np.arange(len(first))}
        | {physical[name]: column.take(first) for name, column in batch.dimensions.items() if name in physical}
    )
    found = np.zeros(len(first), np.uint64)
    pending, salt = distinct, 0
    while len(pending):
        pending = _try_salt(cursor, stored, pending, salt=salt, found=found, physical=physical)
        salt += 1
    return found


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
    text = " || ".join(_part(name, physical[name]) for name in sorted(physical)) or "''"
    same = " and ".join(
        f"s.{column.physical} is not distinct from " + (f"p.{column.physical}" if name in physical else "null")
        for name, column in stored.of_role("dimension").items()
    )
    # Each pending series with its number, and whether the series that holds the number is the same.
    answer = arrow(
        cursor,
        f"""
        with numbered as (select *, {HASH.format(f"'{salt or ''}' || {text}")} as number from pending)
        select p.i, p.number, s.series is null as free, {same or "true"} as same
        from numbered p left join {stored.series} s on s.series = p.number
        order by p.i
        """,
        pending=pending,
    )
    numbers = answer["number"].to_numpy()
    free, same_series = answer["free"].to_numpy(), answer["same"].to_numpy()
    # Of several new series that want one number, the first gets it.
    new = np.intersect1d(np.unique(numbers, return_index=True)[1], np.flatnonzero(free))
    _keep(cursor, stored, pending.take(pa.array(new)), numbers[new])
    settled = ~free & same_series
    settled[new] = True
    found[answer["i"].to_numpy()[settled]] = numbers[settled]
    return pending.filter(pa.array(~settled))


def _keep(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, series: pa.Table, numbers: SeriesNumbers) -> None:
    """Store new series under their numbers."""
    if len(series):
        columns = series.column_names[1:]
        names = "".join(f', "{column}"' for column in columns)
        with lent(cursor, new=series.append_column("series", pa.array(numbers))):
            cursor.execute(f"insert into {stored.series} (series{names}) select series{names} from new")


def _part(name: str, column: str) -> str:
    """Write name and value of a dimension so that no two series have the same text; nothing where it is null."""
    label = f"{len(name)}:{name}".replace("'", "''")
    return f"""coalesce('{label}' || strlen("{column}") || ':' || "{column}", '')"""
