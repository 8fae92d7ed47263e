"""How rows are laid out as records: wide, long, packed; and the split of records with too many measures.

* wide: a row is one multi-measure record. Columns named as the service names those of single-measure records
  (``measure_value::double``) stay single-measure records.
* long: every value is a single-measure record. With a column of measure names the one measure column holds their
  values; without, each measure column's name is the measure name.
* packed: rows of name and value, with the names in the measure name column, are put together: all rows with the same
  dimensions and time make one multi-measure record. Its measure name is the table's name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow as pa

from tsframe._frames.faults import refuse
from tsframe._model import series
from tsframe._model.limits import MAX_MEASURES_PER_RECORD
from tsframe._model.records import Measure, Origin, RecordBatch
from tsframe._model.types import ScalarType, column_of_single_measure

if TYPE_CHECKING:
    from tsframe._model.columns import Columns
    from tsframe.typing import Integers, Layout


def lay_out(rows: RecordBatch, columns: Columns, layout: Layout, table_name: str) -> RecordBatch:
    """Return the records of a frame's rows; the origin counts rows of the batch that came in."""
    if layout in {"auto", "wide"}:
        _check_single_measures(rows)
        return _split(rows)
    if layout == "long":
        return _long(rows, by_name=columns.measure_name_is_column)
    if layout == "packed":
        return _split(_packed(rows, columns, table_name))
    return refuse(f"layout={layout!r} is unknown", "say 'auto', 'wide', 'long' or 'packed'")


def check(columns: Columns, layout: Layout) -> None:
    """Check that a layout can take columns of these roles."""
    if layout == "packed" and not (columns.measure_name_is_column and len(columns.measures) == 1):
        _refuse_to_pack(columns)


def _refuse_to_pack(columns: Columns) -> NoReturn:
    refuse(
        f"layout='packed' takes a column of measure names and one column of values; the measure name is "
        f"{columns.measure_name!r}, the measures are {list(columns.measures)}",
        "say which, for example measure_name='name', measures='value'",
    )


def with_origin(batch: RecordBatch, origin: Origin) -> RecordBatch:
    """Return the batch with another origin; what was computed about its records stays computed."""
    changed = replace(batch, origin=origin)
    for known in ("times", "series", "measure_names", "repeats"):
        if known in vars(batch):
            vars(changed)[known] = vars(batch)[known]
    return changed


def _long(rows: RecordBatch, *, by_name: bool) -> RecordBatch:
    for measure in rows.measures:
        if measure.type is ScalarType.TIMESTAMP:
            refuse(
                f"column {measure.name!r} holds times, which the service takes in multi-measure records only",
                "write it with layout='wide', or cast it to integers",
            )
    if by_name and all(measure.single for measure in rows.measures):
        _check_single_measures(rows)
        return rows
    if not by_name:
        return _stack([replace(rows, measures=(_as_single(one),), measure_name=one.name) for one in rows.measures])
    if len(rows.measures) > 1:
        refuse(
            f"layout='long' with measure names from a column takes one column of values, but the measures are "
            f"{[measure.name for measure in rows.measures]}",
            "say which one, for example measures='value'",
        )
    return replace(rows, measures=tuple(map(_as_single, rows.measures)))


def _as_single(measure: Measure) -> Measure:
    return measure if measure.single else Measure(column_of_single_measure(measure.type), measure.type, measure.values)


def _packed(rows: RecordBatch, columns: Columns, table_name: str) -> RecordBatch:
    """Put rows of one series and time together, each measure name a column."""
    if isinstance(rows.measure_name, str):
        _refuse_to_pack(columns)
    (value,) = rows.measures
    times = pa.array(rows.times).dictionary_encode()
    groups = series.number([*rows.dimensions.values(), times], len(rows))
    names = rows.measure_name
    measures: list[Measure] = []
    for number in np.unique(rows.measure_names.numbers).tolist():
        at = np.flatnonzero(rows.measure_names.numbers == number)
        # For each record, the row that holds this measure; null where none does.
        source = np.full(len(groups), -1, np.int64)
        source[groups.numbers[at]] = at
        taken = value.values.take(pa.array(source, mask=source < 0))
        measures.append(Measure(names[int(at[0])].as_py(), value.type, taken))
    first = rows.take(groups.first)
    order = np.argsort(groups.numbers, kind="stable")
    version = rows.version if isinstance(rows.version, int) else _highest(rows.version, groups)
    return RecordBatch(
        time=first.time,
        dimensions=first.dimensions,
        measures=tuple(measures),
        measure_name=table_name,
        version=version,
        origin=Origin(groups.numbers[order], order),
    )


def _highest(versions: Integers, groups: series.Numbering) -> Integers:
    """Return the highest version of each record's rows."""
    highest = np.zeros(len(groups), np.int64)
    np.maximum.at(highest, groups.numbers, versions)
    return highest


def _split(rows: RecordBatch) -> RecordBatch:
    """Cut records with more measures than a record may have: 256 in the frame's order, then 256 under ``name_2``, ….

    Rows of a measure name column keep their names; those cannot be cut.
    """
    multi = [measure for measure in rows.measures if not measure.single]
    if len(multi) <= MAX_MEASURES_PER_RECORD:
        return rows
    if not isinstance(rows.measure_name, str):
        refuse(
            f"the frame has {len(multi)} measures, a record may have {MAX_MEASURES_PER_RECORD}, and measure names come "
            f"from a column",
            "write the measures in several calls, or leave the measure name to be chosen",
        )
    parts = [multi[start : start + MAX_MEASURES_PER_RECORD] for start in range(0, len(multi), MAX_MEASURES_PER_RECORD)]
    parts[0] = [*parts[0], *(measure for measure in rows.measures if measure.single)]
    names = [rows.measure_name, *(f"{rows.measure_name}_{part}" for part in range(2, len(parts) + 1))]
    return _stack(
        [
            replace(rows, measures=tuple(measures), measure_name=name)
            for measures, name in zip(parts, names, strict=True)
        ]
    )


def _stack(parts: list[RecordBatch]) -> RecordBatch:
    """Put batches with the same rows and different measures under each other; rows without a measure drop out."""
    sources = [_rows_with_values(part) for part in parts]
    kept = [part.take(source) for part, source in zip(parts, sources, strict=True)]
    lengths = [len(part) for part in kept]
    origins = parts[0].origin
    rows = np.concatenate(sources)
    records = np.arange(len(rows))
    if origins is not None:
        at = np.searchsorted(origins.records, rows, side="left")
        counts = np.searchsorted(origins.records, rows, side="right") - at
        records = np.repeat(records, counts)
        offsets = np.arange(len(records)) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = origins.rows[np.repeat(at, counts) + offsets]
    names = np.repeat(np.arange(len(parts)), lengths)
    labels = pa.array([str(part.measure_name) for part in parts], pa.large_string())
    return RecordBatch(
        time=pa.concat_arrays([part.time for part in kept]),
        dimensions={name: _joined([part.dimensions[name] for part in kept]) for name in parts[0].dimensions},
        measures=_stacked_measures(kept, lengths),
        measure_name=pa.DictionaryArray.from_arrays(pa.array(names.astype(np.int32)), labels),
        version=_joined_versions(kept),
        origin=Origin(records, rows),
    )


def _stacked_measures(parts: list[RecordBatch], lengths: list[int]) -> tuple[Measure, ...]:
    """Give every measure of any part a column over all parts, null in the others."""
    columns: dict[tuple[str, ScalarType], dict[int, pa.Array]] = {}
    for number, part in enumerate(parts):
        for measure in part.measures:
            columns.setdefault((measure.name, measure.type), {})[number] = measure.values
    stacked: list[Measure] = []
    for (name, type_), held in columns.items():
        kind = next(iter(held.values())).type
        pieces = [held.get(number, pa.nulls(length, kind)) for number, length in enumerate(lengths)]
        stacked.append(Measure(name, type_, pa.concat_arrays(pieces)))
    return tuple(stacked)


def _rows_with_values(part: RecordBatch) -> Integers:
    present = np.zeros(len(part), np.bool_)
    for measure in part.measures:
        present |= measure.values.is_valid().to_numpy(zero_copy_only=False)
    return np.flatnonzero(present)


def _joined(columns: list[Any]) -> pa.DictionaryArray:
    return pa.chunked_array(columns).unify_dictionaries().combine_chunks()


def _joined_versions(parts: list[RecordBatch]) -> int | Integers:
    if isinstance(parts[0].version, int):
        return parts[0].version
    return np.concatenate([part.versions() for part in parts])


def _check_single_measures(rows: RecordBatch) -> None:
    """Refuse rows with several single-measure values, or with one and multi-measure values."""
    single = [measure for measure in rows.measures if measure.single]
    if not single or len(rows.measures) == 1:
        return
    held = np.zeros(len(rows), np.int64)
    for measure in single:
        held += measure.values.is_valid().to_numpy(zero_copy_only=False)
    multi = np.zeros(len(rows), np.bool_)
    for measure in rows.measures:
        if not measure.single:
            multi |= measure.values.is_valid().to_numpy(zero_copy_only=False)
    mixed = np.flatnonzero((held > 1) | ((held == 1) & multi))
    if len(mixed):
        refuse(
            f"row {mixed[0]} has a value in {[measure.name for measure in single]} and in another measure",
            "a record is a single-measure record or a multi-measure record: put them into rows of their own",
        )
