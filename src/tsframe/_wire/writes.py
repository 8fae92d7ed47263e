"""WriteRecords as AWS spells it, to a record batch.

Common attributes are merged, defaults applied afterwards, and every fault that a record shows by itself refuses the
whole request (semantics: developer guide, API_WriteRecords and API_Record). What depends on the table's state is for
the engine to judge, record by record.

A request comes member by member, so the values of one measure are every tenth, say, of a list: as long as all records
have the same dimensions and measures in the same order, no record is looked at by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tsframe._model import names
from tsframe._model.limits import MAX_DIMENSIONS, MAX_MEASURES_PER_RECORD, MAX_VERSION
from tsframe._model.records import Measure, RecordBatch, RecurringDimensions
from tsframe._model.types import ARROW, MULTI, ScalarType, column_of_single_measure
from tsframe._wire import literals
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from tsframe._wire.constraints import Sheet

_NUMBERS: Final = (ScalarType.DOUBLE, ScalarType.BIGINT)
_TEXT: Final = ARROW[ScalarType.VARCHAR]
_REMEMBERED: Final = 65_536
_MOST_PAIRS: Final = 2_000
_MOST_CHARACTERS: Final = 50_000
"""Of the dimensions of a request that are remembered; 64 of them take 20 MB at the most."""


def decode_records(request: Sheet) -> RecordBatch:
    """Return the records of a WriteRecords that fits the model."""
    records = request.inner["Records"]
    common = request.inner.get("CommonAttributes")
    merged = _Merged(records, common)
    units = [literals.UNITS[unit] for unit in merged.column("TimeUnit", "MILLISECONDS")]
    time = literals.times(merged.column("Time"), units)
    dimensions, measures = _dimensions(records, common), tuple(_measures(merged, units))
    _check_apart(dimensions, measures)
    return RecordBatch(
        time=time,
        dimensions=dimensions,
        measures=measures,
        measure_name=_measure_name(merged.column("MeasureName")),
        version=_version(merged.column("Version", 1)),
    )


@dataclass(frozen=True, slots=True)
class _Merged:
    """Records and what they have in common; where both say something, the record does."""

    records: Sheet
    common: Sheet | None

    def shared(self, member: str) -> Any:  # noqa: ANN401 - what JSON holds
        """Return what all records have in common."""
        return self.common and self.common.first(member)

    def column(self, member: str, default: object = None) -> list[Any]:
        """Return a member of every record."""
        shared = self.shared(member)
        filled = default if shared is None else shared
        column = self.records.columns.get(member)
        if column is None:
            return [filled] * self.records.size
        return column if None not in column else [filled if value is None else value for value in column]


@dataclass(frozen=True, slots=True)
class _Lists:
    """A member that is a list of structures, for all records: its items after each other, and where each begins."""

    bounds: list[int]
    size: int
    """How many records there are."""

    @classmethod
    def of(cls, column: list[Any] | None, size: int) -> _Lists:
        """Return the lists of a column that may lack some, or all."""
        lengths = map(len, ([] if one is None else one for one in column)) if column else [0] * size
        return cls([0, *accumulate(lengths)], size)

    def layouts(self, keys: tuple[Any, ...] | list[Any]) -> Iterator[tuple[tuple[Any, ...], list[int] | None]]:
        """Yield each order of keys that lists have, and the records whose list has it (``None``: all records)."""
        width, rest = divmod(len(keys), self.size)
        if not rest and self._is_even(width) and keys == keys[:width] * self.size:
            yield tuple(keys[:width]), None
            return
        found: dict[tuple[Any, ...], list[int]] = {}
        for record, (begin, end) in enumerate(pairwise(self.bounds)):
            found.setdefault(tuple(keys[begin:end]), []).append(record)
        yield from found.items()

    def item(self, values: Sequence[Any], position: int, width: int, records: list[int] | None) -> list[Any]:
        """Return the values of one position in the lists of some records, or of all, that have so many items."""
        if records is None:
            return [*values[position::width]]
        return [values[self.bounds[record] + position] for record in records]

    def _is_even(self, width: int) -> bool:
        return self.bounds == [*range(0, width * self.size + 1, width)] if width else self.bounds[-1] == 0


def _check_apart(dimensions: dict[str, pa.DictionaryArray], measures: Sequence[Measure]) -> None:
    """Refuse a record that has a dimension and a measure of one name."""
    for measure in measures:
        column = dimensions.get(measure.name)
        if column is not None and pc.any(pc.and_(column.is_valid(), measure.values.is_valid())).as_py():
            _refuse(f"The name {measure.name} is that of a dimension and of a measure of one record.")


# --- dimensions ------------------------------------------------------------------------------------------------------


def _dimensions(records: Sheet, common: Sheet | None) -> dict[str, pa.DictionaryArray]:
    shared = _Pairs.of(common.inner.get("Dimensions") if common else None)
    own = _Pairs.of(records.inner.get("Dimensions"))
    bounds = tuple(_Lists.of(records.columns.get("Dimensions"), records.size).bounds)
    # Clients send the same hosts again and again; what is large is not worth to be remembered.
    if len(own.names) <= _MOST_PAIRS and own.size + shared.size <= _MOST_CHARACTERS:
        return _recurring(shared, own, bounds)
    return _columns(shared, own, bounds)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Names and values of dimensions."""

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, sheet: Sheet | None) -> _Pairs:
        return cls(tuple(sheet.columns["Name"]), tuple(sheet.columns["Value"])) if sheet and sheet.size else cls()

    @property
    def size(self) -> int:
        """How many characters the values have."""
        return len("".join(self.values))


@lru_cache(64)
def _recurring(shared: _Pairs, own: _Pairs, bounds: tuple[int, ...]) -> RecurringDimensions:
    return RecurringDimensions(_columns(shared, own, bounds))


def _columns(shared: _Pairs, own: _Pairs, bounds: tuple[int, ...]) -> dict[str, pa.DictionaryArray]:
    size = len(bounds) - 1
    _check_names(shared.names, names.fault_of_dimension, "dimension")
    constants = dict(zip(shared.names, shared.values, strict=True))
    columns: dict[str, list[str | None]] = {}
    if "" in own.values:
        _refuse(f"The dimension {own.names[own.values.index('')]} has an empty value.")
    lists = _Lists([*bounds], size)
    for layout, which in lists.layouts(own.names):
        _check_dimensions(layout, constants)
        for position, name in enumerate(layout):
            _fill(columns, name, size, lists.item(own.values, position, len(layout), which), which)
    if "" in shared.values:
        _refuse("A dimension of the common attributes has an empty value.")
    codes = pa.array(np.zeros(size, np.int32))
    whole = {name: pa.DictionaryArray.from_arrays(codes, pa.array([text], _TEXT)) for name, text in constants.items()}
    return whole | {name: pa.array(column, _TEXT).dictionary_encode() for name, column in columns.items()}


def _check_dimensions(layout: Sequence[str], constants: dict[str, str]) -> None:
    """Refuse the dimensions of a record that it cannot have together."""
    if not layout and not constants:
        _refuse("A record has no dimension; it needs at least one.")
    _check_names(layout, names.fault_of_dimension, "dimension")
    if constants.keys() & layout:
        name = next(name for name in layout if name in constants)
        _refuse(f"The dimension {name} is in the common attributes and in a record; it may be in one of them.")
    if len(layout) + len(constants) > MAX_DIMENSIONS:
        _refuse(f"A record has {len(layout) + len(constants)} dimensions; it may have {MAX_DIMENSIONS}.")


def _fill(
    columns: dict[str, list[str | None]], name: str, size: int, texts: list[str | None], which: list[int] | None
) -> None:
    """Put texts into a column, for all records or for some."""
    if which is None:
        columns[name] = texts
        return
    column = columns.setdefault(name, [None] * size)
    for record, text in zip(which, texts, strict=True):
        column[record] = text


# --- measures --------------------------------------------------------------------------------------------------------


def _measures(merged: _Merged, units: list[int]) -> Iterator[Measure]:
    """Yield the columns of measures; each may lack values."""
    types = merged.column("MeasureValueType", "DOUBLE")
    multi = [record for record, type_ in enumerate(types) if type_ == MULTI]
    singles = merged.column("MeasureValue")
    _check_kinds(merged, types, singles)
    if multi:
        yield from _multi_measures(merged, multi, units)
    if len(multi) == len(types):
        return
    found: dict[str, list[int]] = {}
    for record, type_ in enumerate(types):
        if type_ != MULTI:
            found.setdefault(type_, []).append(record)
    for type_, which in found.items():
        read = _read(ScalarType(type_), [singles[record] for record in which], which, units)
        yield Measure(column_of_single_measure(ScalarType(type_)), ScalarType(type_), _spread(read, which, len(types)))


def _check_kinds(merged: _Merged, types: list[str], singles: list[str | None]) -> None:
    """Refuse records whose type and values do not go together."""
    if str(ScalarType.TIMESTAMP) in types:
        _refuse("TIMESTAMP is an invalid measure value type.")
    lists = merged.column("MeasureValues")
    if types.count(MULTI) == len(types) and all(lists) and singles.count(None) == len(types):
        return
    for type_, single, values in zip(types, singles, lists, strict=True):
        if type_ == MULTI and single is not None:
            _refuse("A record of the type MULTI has MeasureValue; its values belong into MeasureValues.")
        if type_ == MULTI and not values:
            _refuse("A record of the type MULTI has no MeasureValues; it needs at least one.")
        if type_ != MULTI and values is not None:
            _refuse(f"A record of the type {type_} has MeasureValues, which only the type MULTI may have.")
        if type_ != MULTI and single is None:
            _refuse(f"A record of the type {type_} has no MeasureValue.")


def _multi_measures(merged: _Merged, multi: list[int], units: list[int]) -> Iterator[Measure]:
    """Yield the columns of multi-measure records."""
    size = merged.records.size
    own = merged.records.inner.get("MeasureValues")
    column = merged.records.columns.get("MeasureValues") if own is not None else None
    parts: dict[tuple[str, str], list[tuple[pa.Array, list[int] | None]]] = {}
    if own is not None and own.size:
        lists, keys = _Lists.of(column, size), [*zip(own.columns["Name"], own.columns["Type"], strict=True)]
        texts = own.columns["Value"]
        for layout, which in lists.layouts(keys):
            if not layout:
                continue
            _check_measures([*layout])
            if which is None and len({type_ for _, type_ in layout}) == 1 and layout[0][1] in _NUMBERS:
                # The usual request: all numbers are read at once, and each measure's are every so many-th.
                read = literals.values(ScalarType(layout[0][1]), texts, [1] * len(texts))
                grid = read.to_numpy().reshape(size, len(layout))
                for position, key in enumerate(layout):
                    parts[key] = [(pa.array(grid[:, position]), None)]
                continue
            for position, key in enumerate(layout):
                values = lists.item(texts, position, len(layout), which)
                read = _read(ScalarType(key[1]), values, which, units)
                parts.setdefault(key, []).append((read, which))
    # Records without values of their own have the common ones.
    shared = merged.common.inner.get("MeasureValues") if merged.common else None
    lacking = [record for record in multi if column is None or column[record] is None]
    if shared is not None and shared.size and lacking:
        triples = [*zip(shared.columns["Name"], shared.columns["Type"], shared.columns["Value"], strict=True)]
        _check_measures([(name, type_) for name, type_, _ in triples])
        for name, type_, text in triples:
            read = _read(ScalarType(type_), [text] * len(lacking), lacking, units)
            parts.setdefault((name, type_), []).append((read, lacking))
    for (name, type_), pieces in parts.items():
        yield Measure(name, ScalarType(type_), _together(pieces, size))


def _check_measures(layout: list[Any]) -> None:
    """Refuse the measures of a multi-measure record that it cannot have together."""
    listed = [name for name, _ in layout]
    _check_names(listed, names.fault_of_measure, "measure")
    if len(layout) > MAX_MEASURES_PER_RECORD:
        _refuse(f"A record has {len(layout)} measures; it may have {MAX_MEASURES_PER_RECORD}.")
    for name, type_ in layout:
        if type_ == MULTI:
            _refuse(f"The measure {name} has the type MULTI, which only a record may have.")


def _read(type_: ScalarType, texts: list[str], which: list[int] | None, units: list[int]) -> pa.Array:
    return literals.values(type_, texts, units if which is None else [units[record] for record in which])


def _together(pieces: list[tuple[pa.Array, list[int] | None]], size: int) -> pa.Array:
    if len(pieces) == 1 and pieces[0][1] is None:
        return pieces[0][0]
    values = pa.concat_arrays([values for values, _ in pieces])
    return _spread(values, [*chain.from_iterable(which for _, which in pieces if which is not None)], size)


def _spread(values: pa.Array, which: list[int], size: int) -> pa.Array:
    """Put values where their records are; the other records have none."""
    if len(which) == size and which == [*range(size)]:
        return values
    places: list[int | None] = [None] * size
    for place, record in enumerate(which):
        places[record] = place
    return values.take(pa.array(places, pa.int64()))


# --- what is one for each record -------------------------------------------------------------------------------------


def _measure_name(column: list[str | None]) -> str | pa.DictionaryArray:
    distinct = dict.fromkeys(column)
    for name in distinct:
        if name is None:
            _refuse("A record has no measure name; it needs one.")
        _check_names([name], names.fault_of_measure, "measure", listed=False)
    if len(distinct) == 1 and column[0] is not None:
        return column[0]
    return pa.array(column, _TEXT).dictionary_encode()


def _version(column: list[int]) -> int | np.ndarray[Any, np.dtype[np.int64]]:
    if not 1 <= min(column) <= max(column) <= MAX_VERSION:
        wrong = next(version for version in column if not 1 <= version <= MAX_VERSION)
        _refuse(f"The record version {wrong} is invalid: a version is 1 or higher.")
    return column[0] if column.count(column[0]) == len(column) else np.array(column, np.int64)


def _check_names(
    layout: Sequence[Any], fault_of: Callable[[str], str | None], what: str, *, listed: bool = True
) -> None:
    for name in layout:
        if fault := _fault(fault_of, name):
            _refuse(f"The {what} name {name} is invalid: {fault}.")
    if listed and len({*layout}) < len(layout):
        name = next(name for name in layout if layout.count(name) > 1)
        _refuse(f"The {what} {name} is there twice in a record.")


@lru_cache(_REMEMBERED)
def _fault(fault_of: Callable[[str], str | None], name: str) -> str | None:
    return fault_of(name)


def _refuse(message: str) -> NoReturn:
    raise ValidationError(message)
