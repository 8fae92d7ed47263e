"""Rows of a file to records, as a data model says; and which rows are none, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model.names import fault_of_measure
from tsframe._model.records import Measure, RecordBatch, together
from tsframe._model.types import ARROW, MULTI, ScalarType, column_of_single_measure
from tsframe._wire import literals

if TYPE_CHECKING:
    from tsframe._engine.csv_files import Chunk
    from tsframe._model.batch_loads import DataModel, RecordForm
    from tsframe.typing import Flags, Integers

_TEXT: Final = ARROW[ScalarType.VARCHAR]
_NO_DIMENSION: Final = "A record has no dimension; it needs at least one."
_NO_MEASURE_NAME: Final = "A record has no measure name; it needs one."
_NO_VALUE: Final = "A record has no measure value; it needs at least one."
_NO_TIME: Final = "Invalid time for record."


@dataclass(slots=True)
class Mapped:
    """What the rows of a chunk become."""

    batch: RecordBatch | None
    lines: Integers
    """Of each record, the line in which its row begins."""
    faults: list[tuple[Integers, str]]
    """Lines of rows that are no records, and why; a row is there once for each record that it fails to be."""


def records_of(chunk: Chunk, model: DataModel, version: int) -> Mapped:
    """Return the records of a chunk's rows."""
    rows = _Rows(chunk, model, version)
    parts = [part for form in model.forms if (part := rows.records(form)) is not None]
    if not parts:
        return Mapped(None, np.zeros(0, np.int64), rows.faults)
    batch = together([batch for batch, _ in parts])
    return Mapped(batch, np.concatenate([chunk.lines[taken] for _, taken in parts]), rows.faults)


@dataclass(slots=True)
class _Rows:
    """The rows of a chunk; what all records of a row share is read once."""

    chunk: Chunk
    model: DataModel
    version: int
    faults: list[tuple[Integers, str]] = field(default_factory=list[tuple["Integers", str]])
    open: Flags = field(init=False)
    """Rows that may still become records."""
    unit: int = field(init=False)
    times: pa.Array = field(init=False)
    names: pa.Array | None = field(init=False)
    """Of each row, the measure name that a column tells."""

    def __post_init__(self) -> None:
        self.open = np.ones(len(self.chunk.lines), np.bool_)
        self.unit = literals.UNITS[self.model.time_unit or "MILLISECONDS"]
        self.times = self._times()
        dimensions = [self.chunk.columns[source].is_valid() for source, _ in self.model.dimension_columns]
        has_one = np.logical_or.reduce([flags.to_numpy(zero_copy_only=False) for flags in dimensions])
        self._close(np.flatnonzero(~has_one), _NO_DIMENSION)
        self.names = self._measure_names()

    def records(self, form: RecordForm) -> tuple[RecordBatch, Integers] | None:
        """Return the records of one form, and the row of each."""
        asked = self.open if form.rows is None else self.open & _equal(self.names, form.rows)
        rows = np.flatnonzero(asked)
        bad: dict[int, str] = {}
        columns = [self._values(source, type_, rows, bad) for source, _, type_ in form.measures]
        present = np.logical_or.reduce([column.is_valid().to_numpy(zero_copy_only=False) for column in columns])
        bad |= {place: _NO_VALUE for place in np.flatnonzero(~present).tolist() if place not in bad}
        by_reason: dict[str, list[int]] = {}
        for place in sorted(bad):
            by_reason.setdefault(bad[place], []).append(place)
        self.faults += [(self.chunk.lines[rows[places]], reason) for reason, places in by_reason.items()]
        kept = np.setdiff1d(np.arange(len(rows)), [*bad])
        if not len(kept):
            return None
        return self._batch(form, rows[kept], [column.take(pa.array(kept)) for column in columns]), rows[kept]

    def _batch(self, form: RecordForm, rows: Integers, columns: list[pa.Array]) -> RecordBatch:
        taken = pa.array(rows)
        dimensions = {
            name: self.chunk.columns[source].take(taken).cast(_TEXT).dictionary_encode()
            for source, name in self.model.dimension_columns
        }
        measures = [
            Measure(name if form.type == MULTI else column_of_single_measure(type_), type_, values)
            for (_, name, type_), values in zip(form.measures, columns, strict=True)
        ]
        name = form.measure_name
        if name is None:
            assert self.names is not None  # noqa: S101 - as the data model was checked
            return RecordBatch(
                self.times.take(taken),
                dimensions,
                tuple(measures),
                self.names.take(taken).cast(_TEXT).dictionary_encode(),
                self.version,
            )
        return RecordBatch(self.times.take(taken), dimensions, tuple(measures), name, self.version)

    def _times(self) -> pa.Array:
        texts: list[str | None] = self.chunk.columns[str(self.model.time)].to_pylist()
        misread = literals.misread_times(texts, self.unit)
        self._close(np.array(misread, np.int64), _NO_TIME)
        for place in misread:
            texts[place] = "0"
        return literals.times(texts, [self.unit] * len(texts)) if texts else pa.array([], pa.timestamp("ns"))

    def _measure_names(self) -> pa.Array | None:
        if self.model.measure_name is None:
            return None
        names = self.chunk.columns[self.model.measure_name]
        self._close(np.flatnonzero(names.is_null().to_numpy(zero_copy_only=False)), _NO_MEASURE_NAME)
        if self.model.mixed is not None:
            known = pa.array([form.rows for form in self.model.forms])
            others = pc.unique(names.drop_null().filter(pc.invert(pc.is_in(names.drop_null(), known))))
            reasons = {name: f"No mapping has the measure name {name}." for name in others.to_pylist()}
        else:
            distinct = pc.unique(names.drop_null()).to_pylist()
            found = {name: fault_of_measure(name) for name in distinct}
            reasons = {name: f"The measure name {name} is invalid: {fault}." for name, fault in found.items() if fault}
        for name, reason in reasons.items():
            self._close(np.flatnonzero(_equal(names, name)), reason)
        return names

    def _values(self, source: str, type_: ScalarType, rows: Integers, bad: dict[int, str]) -> pa.Array:
        """Read a column of some rows; note the places among them that cannot be read."""
        column = self.chunk.columns[source].take(pa.array(rows))
        if type_ is ScalarType.VARCHAR:
            return column.cast(_TEXT)
        places = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        texts = column.drop_null().to_pylist()
        misread = literals.misread_values(type_, texts, self.unit)
        for place in misread:
            bad.setdefault(int(places[place]), f"Invalid value {texts[place]} for {type_.lower()} measure value type.")
        if misread:
            kept = np.delete(np.arange(len(texts)), misread)
            places, texts = places[kept], [texts[place] for place in kept.tolist()]
        read = literals.values(type_, texts, [self.unit] * len(texts)) if texts else pa.array([], ARROW[type_])
        where = np.full(len(rows), -1, np.int64)
        where[places] = np.arange(len(places))
        return read.take(pa.array(where, mask=where < 0))

    def _close(self, rows: Integers, reason: str) -> None:
        """Take rows for none at all; the first reason stays."""
        fresh = rows[self.open[rows]]
        if len(fresh):
            self.open[fresh] = False
            self.faults.append((self.chunk.lines[fresh], reason))


def _equal(names: pa.Array | None, name: str) -> Flags:
    return pc.equal(names, name).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
