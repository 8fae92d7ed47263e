"""Upsert: a record replaces the stored one only under a higher version.

Everything that decides new, replaced or refused by version is in this file; the cases are those of the developer guide
("Upserts") and of messages recorded from the service. Records of one batch with the same identity count as written one
after the other, in their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._engine.statements import ROWS
from tsframe._engine.storage import literal
from tsframe._engine.verdicts import in_order, rejections
from tsframe._model.records import Reason, no_records, no_rejections

if TYPE_CHECKING:
    from tsframe._engine.known import Known
    from tsframe._engine.verdicts import Verdicts
    from tsframe._model.records import RecordBatch
    from tsframe.typing import Flags, Integers, SeriesNumbers

SAME_VERSION = (
    "A record already exists with the same time, dimensions, measure name, and record version. A higher record version "
    "must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs."
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch changes in the records of a table."""

    written: Integers
    """The records to store."""
    replaced: Integers
    """The row ids of the stored records that they replace."""
    later: pa.Table
    """Records for the magnetic store that lost to a stored version: accepted, and reported afterwards."""


def decide(
    known: Known,
    batch: RecordBatch,
    series: SeriesNumbers,
    *,
    verdicts: Verdicts,
    late: Flags,
    altered: bool,
) -> Changes:
    """Decide by version what is written; the losers are rejected, or reported later if they are late records.

    ``altered`` says that the transaction has altered the table.
    """
    suspects = verdicts.open & known.may_repeat(batch, series)
    if not suspects.any() and not len(batch.repeats):
        # The usual write: every record is newer than its series.
        return Changes(np.flatnonzero(verdicts.open), no_records(), no_rejections())
    match = _match(known, batch, series, suspects, altered=altered)
    versions = batch.versions()
    existing = np.zeros(len(batch), np.int64)
    existing[match.records] = match.versions
    holder_row = np.full(len(batch), -1, np.int64)
    holder_row[match.records] = match.row_ids

    top, holder = _outcome(batch, verdicts.open, versions, existing)
    higher, equal = verdicts.open & (versions > top), verdicts.open & (versions == top)
    same = _same_as_holder(known, batch, equal, holder=holder, holder_row=holder_row, altered=altered)
    lower = verdicts.open & (versions < top)

    parts: list[tuple[Integers, Reason, str | pa.Array, Integers | None]] = [
        (np.flatnonzero(lower), Reason.LOWER_VERSION, _lower_reasons(versions, top, lower), top[lower]),
        (np.flatnonzero(equal & ~same), Reason.SAME_VERSION, SAME_VERSION, None),
    ]
    later = _refuse(verdicts, parts, late)
    written = _last_of_each(batch, higher)
    replaced = holder_row[written]
    return Changes(written, replaced[replaced >= 0], later)


@dataclass(frozen=True, slots=True)
class _Match:
    """Which records have a stored one of the same identity: its row id and its version."""

    records: Integers
    row_ids: Integers
    versions: Integers


def _match(known: Known, batch: RecordBatch, series: SeriesNumbers, open_: Flags, *, altered: bool) -> _Match:
    if not open_.any():
        return _Match(no_records(), no_records(), no_records())
    keys = {"i": np.arange(len(batch)), "series": series, "time": batch.time}
    if isinstance(batch.measure_name, str) and "\0" not in batch.measure_name:
        name = literal(batch.measure_name)
    else:
        name = "b.measure_name"
        keys["measure_name"] = batch.names()
    # For each record of the batch, the stored one with the same identity. DuckDB looks only where the times can be, as
    # the join tells the scan which there are.
    found = known.statements.ask(
        f"""
        select b.i, t.rowid as row_id, t.version
        from {ROWS} b join {known.stored.records} t
            on t.series = b.series and t.time = b.time and t.measure_name = {name}
        """,
        pa.table(keys).filter(pa.array(open_)),
        altered=altered,
    )
    return _Match(found["i"].to_numpy(), found["row_id"].to_numpy(), found["version"].to_numpy())


def _outcome(batch: RecordBatch, open_: Flags, versions: Integers, existing: Integers) -> tuple[Integers, Integers]:
    """Return, for each record, the version it meets and the record of this batch that holds it (-1: the stored one).

    Nothing stored is version 0. Only records that repeat an identity can meet another of the batch: in the order of
    their group, each meets the highest version before it, held by the first that had it.
    """
    top, holder = existing.copy(), np.full(len(batch), -1, np.int64)
    repeats = batch.repeats
    if not len(repeats):
        return top, holder
    kept = open_[repeats.records]
    records, group = repeats.records[kept], repeats.groups[kept]
    if not len(records):
        return top, holder
    start = np.append(True, group[1:] != group[:-1])
    # Versions as ranks, so that group and version fit one integer and a running maximum never crosses a group.
    _, rank = np.unique(np.append(versions[records], existing[records]), return_inverse=True)
    own, met = rank[: len(records)], rank[len(records) :]
    scale = int(rank.max()) + 1
    before = np.where(start, met, np.append(0, own[:-1]))
    running = np.maximum.accumulate(before + group * scale) - group * scale
    raises = own > running
    positions = np.where(raises, np.arange(len(records)), -1)
    last_raise = np.maximum.accumulate(np.append(-1, positions[:-1]))
    begins = np.maximum.accumulate(np.where(start, np.arange(len(records)), 0))
    in_group = last_raise >= begins
    holder[records] = np.where(in_group, records[last_raise], -1)
    top[records] = np.where(in_group, versions[records[last_raise]], existing[records])
    return top, holder


def _same_as_holder(
    known: Known,
    batch: RecordBatch,
    equal: Flags,
    *,
    holder: Integers,
    holder_row: Integers,
    altered: bool,
) -> Flags:
    """Tell which records of an equal version have the values that are there already: a repetition, not a conflict."""
    same = np.zeros(len(batch), np.bool_)
    inside = np.flatnonzero(equal & (holder >= 0))
    same[inside] = batch.same_values(inside, holder[inside])
    outside = np.flatnonzero(equal & (holder < 0))
    if len(outside):
        same[outside[_same_as_stored(known, batch.take(outside), holder_row[outside], altered=altered)]] = True
    return same


def _same_as_stored(known: Known, batch: RecordBatch, row_ids: Integers, *, altered: bool) -> Integers:
    columns = known.stored.of_role("measure")
    held = {measure.name: measure for measure in batch.measures if measure.name in columns}
    foreign = [measure.values for measure in batch.measures if measure.name not in columns]
    repeated = pa.table(
        {"i": np.arange(len(batch)), "row_id": row_ids}
        | {columns[name].physical.strip('"'): measure.values for name, measure in held.items()}
    )
    equal = " and ".join(
        f"t.{column.physical} is not distinct from " + (f"b.{column.physical}" if name in held else "null")
        for name, column in columns.items()
    )
    # The repeated records whose every measure is as stored.
    found = known.statements.ask(
        f"""
        select b.i
        from {ROWS} b join {known.stored.records} t on t.rowid = b.row_id
        where {equal or "true"}
        order by b.i
        """,
        repeated,
        altered=altered,
    )["i"].to_numpy()
    for values in foreign:
        found = found[pc.is_null(values).to_numpy(zero_copy_only=False)[found]]
    return found


def _last_of_each(batch: RecordBatch, higher: Flags) -> Integers:
    """Of the records that raise a version, leave out those that a later one of the same batch replaces."""
    final = higher.copy()
    records, groups = batch.repeats.records, batch.repeats.groups
    raising = higher[records]
    records, groups = records[raising], groups[raising]
    if len(records):
        last = np.append(groups[1:] != groups[:-1], True)
        final[records[~last]] = False
    return np.flatnonzero(final)


def _lower_reasons(versions: Integers, top: Integers, lower: Flags) -> pa.Array:
    return pc.binary_join_element_wise(
        "The record version ",
        pc.cast(pa.array(versions[lower]), pa.string()),
        " is lower than the existing version ",
        pc.cast(pa.array(top[lower]), pa.string()),
        ". A higher version is required to update the measure value.",
        "",
    )


def _refuse(
    verdicts: Verdicts,
    parts: list[tuple[Integers, Reason, str | pa.Array, Integers | None]],
    late: Flags,
) -> pa.Table:
    """Reject records now, or, late ones, later: the magnetic store compares versions after it has answered."""
    later: list[pa.Table] = []
    for records, code, reason, existing in parts:
        table = rejections(records, code, reason, existing)
        is_late = late[records]
        later.append(table.filter(pa.array(is_late)))
        verdicts.add(table.filter(pa.array(~is_late)))
    return in_order(later)
