"""Batch-load tasks: files of a bucket into a table. What is asked for, and how far a task is.

What may be left out is ``None`` where it was, so that a task can be shown as it was asked for. The defaults are those
of the developer guide ("Batch load"), or inferred where it is silent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tsframe._model.limits import MAX_MEASURES_PER_RECORD, MAX_VERSION
from tsframe._model.names import fault_of_dimension, fault_of_measure
from tsframe._model.types import MULTI, ScalarType
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from typing import NoReturn

    from tsframe._model.places import Place


class Status(StrEnum):
    """Where a task is (developer guide, "Using batch load error reports")."""

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING_RESUME = "PENDING_RESUME"
    PROGRESS_STOPPED = "PROGRESS_STOPPED"
    FAILED = "FAILED"
    """Ended, with at least one error; what had none is in the table."""
    SUCCEEDED = "SUCCEEDED"


ACTIVE: Final = (Status.CREATED, Status.IN_PROGRESS, Status.PENDING_RESUME)
SEPARATORS: Final = (",", "|", ";", "\t", " ")
QUOTES: Final = ('"', "'")


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How rows are written (API_CsvConfiguration)."""

    separator: str | None = None
    quote: str | None = None
    escape: str | None = None
    null: str | None = None
    """A text that stands for no value; an empty one always does."""
    trim: bool | None = None

    def __post_init__(self) -> None:
        for what, value, allowed in (
            ("ColumnSeparator", self.separator, SEPARATORS),
            ("QuoteChar", self.quote, QUOTES),
        ):
            if value is not None and value not in allowed:
                _refuse(f"{what} is {value!r}; it needs to be one of {', '.join(map(repr, allowed))}.")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column that becomes a measure of a multi-measure record."""

    source: str
    target: str | None = None
    """The column's own name where nothing is said."""
    type: ScalarType | None = None
    """As of a record: DOUBLE where nothing is said."""


@dataclass(frozen=True, slots=True)
class DimensionColumn:
    """A column that becomes a dimension; either name stands for both."""

    source: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Multi:
    """Every row is a multi-measure record."""

    attributes: tuple[Attribute, ...]
    measure_name: str | None = None


@dataclass(frozen=True, slots=True)
class Mixed:
    """Rows, or some of them, are records of one measure name."""

    type: str
    measure_name: str | None = None
    """Which rows: those with this text in the column of measure names."""
    source: str | None = None
    target: str | None = None
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What kind of record rows become; either sort of mapping comes down to these."""

    rows: str | None
    """Rows with this text in the column of measure names; ``None``: all."""
    measure_name: str | None
    """``None``: what the column of measure names says."""
    type: str
    measures: tuple[tuple[str, str, ScalarType], ...]
    """Column, name of the measure, type."""


@dataclass(frozen=True, slots=True)
class DataModel:
    """How the columns of a file become records (API_DataModel)."""

    dimensions: tuple[DimensionColumn, ...]
    time: str | None = None
    time_unit: str | None = None
    measure_name: str | None = None
    """The column that tells each row's measure name."""
    multi: Multi | None = None
    mixed: tuple[Mixed, ...] | None = None

    def __post_init__(self) -> None:
        if self.time is None:
            _refuse("The data model has no TimeColumn; it needs one.")
        if (self.multi is None) == (self.mixed is None):
            _refuse("The data model needs either MultiMeasureMappings or MixedMeasureMappings.")
        _check_names("dimension", [name for _, name in self.dimension_columns], fault_of_dimension)
        for form in self.forms:
            _check_form(form)

    @property
    def dimension_columns(self) -> tuple[tuple[str, str], ...]:
        """Column and name of each dimension."""
        return tuple((one.source or _target(one), one.target or _source(one)) for one in self.dimensions)

    @property
    def forms(self) -> tuple[RecordForm, ...]:
        """What rows become."""
        return tuple(self._forms())

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        own = [name for name in (self.time, self.measure_name) if name is not None]
        dimensions = [source for source, _ in self.dimension_columns]
        measures = [source for form in self.forms for source, _, _ in form.measures]
        return tuple(dict.fromkeys([*own, *dimensions, *measures]))

    def _forms(self) -> Iterator[RecordForm]:
        if self.multi is not None:
            if self.measure_name is None and self.multi.measure_name is None:
                _refuse("MultiMeasureMappings needs TargetMultiMeasureName, or the data model MeasureNameColumn.")
            name = self.multi.measure_name if self.measure_name is None else None
            yield RecordForm(None, name, MULTI, _measures(self.multi.attributes))
        for one in self.mixed or ():
            if self.measure_name is not None and one.measure_name is None:
                _refuse("A mixed-measure mapping needs MeasureName, as there is a MeasureNameColumn.")
            rows = None if self.measure_name is None else one.measure_name
            name = one.target or one.measure_name or one.source
            if name is None:
                _refuse("A mixed-measure mapping needs TargetMeasureName, MeasureName or SourceColumn.")
            yield RecordForm(rows, name, one.type, _mixed_measures(one))


@dataclass(frozen=True, slots=True)
class BatchLoad:
    """What CreateBatchLoadTask is asked for."""

    database: str
    table: str
    source: Place
    report: Place | None
    model: DataModel | None = None
    model_at: Place | None = None
    """A file that holds the data model; the prefix is its key."""
    csv: CsvFormat | None = None
    version: int | None = None
    token: str | None = None

    def __post_init__(self) -> None:
        if (self.model is None) == (self.model_at is None):
            _refuse("DataModelConfiguration needs either DataModel or DataModelS3Configuration.")
        if self.version is not None and not 1 <= self.version <= MAX_VERSION:
            _refuse(f"The record version {self.version} is invalid: a version is 1 or higher.")
        if self.report is None:
            _refuse("ReportConfiguration needs ReportS3Configuration, the place of error reports.")
        if self.report.encryption == "SSE_KMS" and self.report.kms_key is None:
            _refuse("ReportS3Configuration has the EncryptionOption SSE_KMS and no KmsKeyId; it needs one.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is, in records, files and metered bytes (API_BatchLoadProgressReport)."""

    processed: int = 0
    ingested: int = 0
    unparsed: int = 0
    rejected: int = 0
    failed_files: int = 0
    metered: int = 0

    def plus(self, other: Progress) -> Progress:
        """Return both together."""
        return Progress(
            self.processed + other.processed,
            self.ingested + other.ingested,
            self.unparsed + other.unparsed,
            self.rejected + other.rejected,
            self.failed_files + other.failed_files,
            self.metered + other.metered,
        )

    @property
    def has_errors(self) -> bool:
        """Whether anything could not be loaded."""
        return bool(self.unparsed or self.rejected or self.failed_files)


@dataclass(frozen=True, slots=True)
class BatchLoadTask:
    """A task as the service describes it. Times are UTC."""

    id: str
    load: BatchLoad
    status: Status
    progress: Progress
    error: str | None
    created: datetime
    updated: datetime
    resumable_until: datetime | None


def _measures(attributes: Iterable[Attribute]) -> tuple[tuple[str, str, ScalarType], ...]:
    return tuple((one.source, one.target or one.source, one.type or ScalarType.DOUBLE) for one in attributes)


def _mixed_measures(mapping: Mixed) -> tuple[tuple[str, str, ScalarType], ...]:
    if mapping.type == MULTI:
        if not mapping.attributes:
            _refuse("A mixed-measure mapping of the type MULTI needs MultiMeasureAttributeMappings.")
        return _measures(mapping.attributes)
    if mapping.type == ScalarType.TIMESTAMP:
        _refuse("TIMESTAMP is an invalid measure value type.")
    if mapping.attributes or mapping.source is None:
        _refuse(f"A mixed-measure mapping of the type {mapping.type} needs SourceColumn, and no attributes.")
    return ((mapping.source, mapping.source, ScalarType(mapping.type)),)


def _check_form(form: RecordForm) -> None:
    if form.measure_name is not None and (fault := fault_of_measure(form.measure_name)):
        _refuse(f"The measure name {form.measure_name} is invalid: {fault}.")
    if form.type != MULTI:
        return
    _check_names("measure", [name for _, name, _ in form.measures], fault_of_measure)
    if len(form.measures) > MAX_MEASURES_PER_RECORD:
        _refuse(f"A record would have {len(form.measures)} measures; it may have {MAX_MEASURES_PER_RECORD}.")


def _check_names(what: str, names: list[str], fault_of: Callable[[str], str | None]) -> None:
    for name, count in Counter(names).items():
        if fault := fault_of(name):
            _refuse(f"The {what} name {name} is invalid: {fault}.")
        if count > 1:
            _refuse(f"The {what} {name} is there twice in the data model.")


def _source(column: DimensionColumn) -> str:
    return column.source if column.source is not None else _unnamed()


def _target(column: DimensionColumn) -> str:
    return column.target if column.target is not None else _unnamed()


def _unnamed() -> NoReturn:
    _refuse("A dimension mapping needs SourceColumn or DestinationColumn.")


def _refuse(message: str) -> NoReturn:
    raise ValidationError(message)
