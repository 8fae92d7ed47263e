"""A table with roles to a record batch: columns are cast, incomplete rows set aside, repeats settled.

Past here a batch is right by construction, and it knows which of the frame's rows each record came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._frames import layouts, values
from tsframe._frames.faults import NothingToWriteError, refuse, show_rows
from tsframe._model.records import Measure, Origin, RecordBatch

if TYPE_CHECKING:
    from tsframe._model.columns import Columns
    from tsframe.typing import DuplicatesRule, Flags, Integers, Layout, NullsRule


@dataclass(frozen=True, slots=True)
class Rules:
    """How a frame becomes records."""

    layout: Layout = "auto"
    naive: str = "utc"
    nulls: NullsRule = "omit"
    duplicates: DuplicatesRule = "error"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows that make no record, by reason."""

    rows: dict[str, Integers] = field(default_factory=dict[str, "Integers"])

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A frame's records, and what of the frame is not in them."""

    batch: RecordBatch
    left_out: dict[str, int]
    """For each column, how many values no record carries: null, empty, NaN, infinite, or repeated in a long layout."""
    skipped: Skipped


NO_DIMENSION = "the row has no dimension"
NO_MEASURE = "the row has no measure"
REPEATED = "another row of the frame with the same dimensions, measure name and time was written"


def make_batch(table: pa.Table, columns: Columns, rules: Rules, table_name: str) -> Prepared:
    """Make records of a frame's rows; raise ``InvalidFrameError`` for what cannot become one."""
    _check_roles(table, columns)
    layouts.check(columns, rules.layout)
    rows, left_out = _rows_as_records(table, columns, rules)
    if rules.nulls == "error":
        _refuse_nulls(left_out)
    skipped: dict[str, Integers] = {}
    kept = _with_dimension_and_measure(rows, skipped)
    rows = rows if len(kept) == len(rows) else rows.take(kept)
    if rules.layout == "long" and not columns.measure_name_is_column:
        # Each value is a record of its own, so that rows repeat each other only where both have one.
        every = layouts.lay_out(rows, columns, rules.layout, table_name)
        singles, kept = _without_repeats(every, rules.duplicates, every.rows_of_each(kept), skipped)
        _count_dropped(every, singles, left_out)
        batch = layouts.with_origin(singles, Origin(np.arange(len(singles)), kept))
        return Prepared(batch, left_out, Skipped(skipped))
    rows, kept = _without_repeats(rows, rules.duplicates, kept, skipped)
    batch = layouts.lay_out(rows, columns, rules.layout, table_name)
    if len(kept) < len(table):
        batch = layouts.with_origin(batch, _in_rows_of_the_frame(batch, kept))
    return Prepared(batch, left_out, Skipped(skipped))


def _without_repeats(
    records: RecordBatch, rule: DuplicatesRule, rows: Integers, skipped: dict[str, Integers]
) -> tuple[RecordBatch, Integers]:
    """Return the records that the rule chooses, with their rows in the frame; note rows of which none is left."""
    chosen = _settle_repeats(records, rule, rows)
    if len(chosen) == len(records):
        return records, rows
    lost = np.setdiff1d(rows, rows[chosen])
    if len(lost):
        skipped[REPEATED] = lost
    return records.take(chosen), rows[chosen]


def _count_dropped(every: RecordBatch, chosen: RecordBatch, left_out: dict[str, int]) -> None:
    """Add the single values that repeat another to those that no record carries."""
    if len(chosen) < len(every):
        written = _by_measure_name(chosen)
        for name, count in _by_measure_name(every).items():
            dropped = count - written.get(name, 0)
            if dropped:
                left_out[name] = left_out.get(name, 0) + dropped


def _by_measure_name(batch: RecordBatch) -> dict[str, int]:
    if isinstance(batch.measure_name, str):
        return {batch.measure_name: len(batch)}
    counts = pc.value_counts(pa.array(batch.measure_names.numbers))
    names = batch.measure_name.take(pa.array(batch.measure_names.first)).to_pylist()
    return {names[number]: count for number, count in zip(*map(pa.Array.to_pylist, counts.flatten()), strict=True)}


def _in_rows_of_the_frame(batch: RecordBatch, kept: Integers) -> Origin:
    if batch.origin is None:
        return Origin(np.arange(len(batch)), kept)
    return Origin(batch.origin.records, kept[batch.origin.rows])


def _check_roles(table: pa.Table, columns: Columns) -> None:
    if not len(table):
        refuse("the frame has no rows", "there is nothing to write")
    if not columns.dimensions:
        refuse(
            "the frame has no dimension, and a record needs one",
            "say which columns identify a series, for example dimensions=['device']",
        )
    if not columns.measures:
        refuse(
            "the frame has no measure, and a record needs one",
            "say which columns were observed, for example measures=['temp']",
        )


def _rows_as_records(table: pa.Table, columns: Columns, rules: Rules) -> tuple[RecordBatch, dict[str, int]]:
    left_out: dict[str, int] = {}
    dimensions: dict[str, pa.DictionaryArray] = {}
    for name in columns.dimensions:
        dimensions[name], left_out[name] = values.dimension(name, table[name])
    measures: list[Measure] = []
    for name in columns.measures:
        found = values.measure(name, table[name], rules.naive)
        measures.append(Measure(name, found.type, found.values))
        left_out[name] = found.left_out
    name, version = columns.measure_name, columns.version
    rows = RecordBatch(
        time=values.time(columns.time, table[columns.time], columns.time_unit, rules.naive),
        dimensions=dimensions,
        measures=tuple(measures),
        measure_name=values.measure_name(name, table[name]) if columns.measure_name_is_column else name,
        version=values.version(version, table[version]) if isinstance(version, str) else version,
    )
    return rows, {name: count for name, count in left_out.items() if count}


def _refuse_nulls(left_out: dict[str, int]) -> None:
    if left_out:
        counts = ", ".join(f"{name!r} {count:,}" for name, count in left_out.items())
        refuse(
            f"nulls='error' was said, and the service cannot hold some values (null, empty, NaN, infinite): {counts}",
            "fill or drop them, or write without nulls='error' to leave them out",
        )


def _with_dimension_and_measure(rows: RecordBatch, skipped: dict[str, Integers]) -> Integers:
    """Return the rows that make a record; note the others."""
    has_dimension = _any_present(list(rows.dimensions.values()), len(rows))
    has_measure = _any_present([measure.values for measure in rows.measures], len(rows))
    if has_dimension.all() and has_measure.all():
        return np.arange(len(rows))
    if not (has_dimension & has_measure).any():
        without = "measure" if has_dimension.any() else "dimension"
        message = f"every row of the frame lacks a {without} (null, empty, NaN or infinite): there is nothing to write"
        raise NothingToWriteError(message, NO_MEASURE if has_dimension.any() else NO_DIMENSION)
    for reason, flags in ((NO_DIMENSION, ~has_dimension), (NO_MEASURE, has_dimension & ~has_measure)):
        if flags.any():
            skipped[reason] = np.flatnonzero(flags)
    return np.flatnonzero(has_dimension & has_measure)


def _any_present(columns: list[pa.Array], length: int) -> Flags:
    if any(column.null_count == 0 for column in columns):
        return np.ones(length, np.bool_)
    present = np.zeros(length, np.bool_)
    for column in columns:
        present |= column.is_valid().to_numpy(zero_copy_only=False)
    return present


def _settle_repeats(rows: RecordBatch, rule: DuplicatesRule, numbers: Integers) -> Integers:
    """Return the rows to write: of those that share dimensions, measure name and time, the one the rule chooses."""
    repeats = rows.repeats
    if not len(repeats):
        return np.arange(len(rows))
    records, groups = repeats.records, repeats.groups
    if rule == "error":
        refuse(
            f"{show_rows(np.sort(numbers[records]))} have the same dimensions, measure name and time as another row",
            "say duplicates='last', 'first' or 'version' to choose, or add the dimension that tells them apart",
        )
    if rule == "version":
        order = np.lexsort((records, rows.versions()[records], groups))
        records = records[order]
        _refuse_equal_versions(rows.versions()[records], groups, numbers[records])
    ends = np.append(groups[1:] != groups[:-1], True) if rule != "first" else repeats.starts
    chosen = np.ones(len(rows), np.bool_)
    chosen[records[~ends]] = False
    return np.flatnonzero(chosen)


def _refuse_equal_versions(versions: Integers, groups: Integers, numbers: Integers) -> None:
    last = np.append(groups[1:] != groups[:-1], True)
    before = np.append(False, ~last[:-1])
    tied = last & before & (versions == np.roll(versions, 1))
    if tied.any():
        refuse(
            f"dimensions, measure name, time and the highest version of {show_rows(np.sort(numbers[tied]))} are those "
            f"of another row",
            "say duplicates='last' or 'first', or correct the versions",
        )
