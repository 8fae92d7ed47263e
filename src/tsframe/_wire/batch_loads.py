"""Batch-load tasks: our values to AWS's shapes and back; as text, to be kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson

from tsframe._model.batch_loads import (
    Attribute,
    BatchLoad,
    BatchLoadTask,
    CsvFormat,
    DataModel,
    DimensionColumn,
    Mixed,
    Multi,
    Progress,
    Status,
)
from tsframe._model.places import Place
from tsframe._model.types import ScalarType
from tsframe._wire.resources import moment_to_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    Shape: TypeAlias = Mapping[str, Any]

_CSV: Final = {
    "separator": "ColumnSeparator",
    "quote": "QuoteChar",
    "escape": "EscapeChar",
    "null": "NullValue",
    "trim": "TrimWhiteSpace",
}
_REPORT: Final = {
    "bucket": "BucketName",
    "prefix": "ObjectKeyPrefix",
    "encryption": "EncryptionOption",
    "kms_key": "KmsKeyId",
}
_SOURCE: Final = {"bucket": "BucketName", "prefix": "ObjectKeyPrefix"}
_MODEL_AT: Final = {"bucket": "BucketName", "prefix": "ObjectKey"}
_DIMENSION: Final = {"source": "SourceColumn", "target": "DestinationColumn"}
_ATTRIBUTE: Final = {
    "source": "SourceColumn",
    "target": "TargetMultiMeasureAttributeName",
    "type": "MeasureValueType",
}
_MIXED: Final = {
    "type": "MeasureValueType",
    "measure_name": "MeasureName",
    "source": "SourceColumn",
    "target": "TargetMeasureName",
}
_PROGRESS: Final = {
    "processed": "RecordsProcessed",
    "ingested": "RecordsIngested",
    "unparsed": "ParseFailures",
    "rejected": "RecordIngestionFailures",
    "failed_files": "FileFailures",
    "metered": "BytesMetered",
}


def load_from_shape(shape: Shape) -> BatchLoad:
    """Read what CreateBatchLoadTask is asked for."""
    source, configured = shape["DataSourceConfiguration"], shape.get("DataModelConfiguration") or {}
    report = shape["ReportConfiguration"].get("ReportS3Configuration")
    model, model_at = configured.get("DataModel"), configured.get("DataModelS3Configuration")
    csv = source.get("CsvConfiguration")
    return BatchLoad(
        database=shape["TargetDatabaseName"],
        table=shape["TargetTableName"],
        source=Place(**_read(_SOURCE, source["DataSourceS3Configuration"])),
        report=None if report is None else Place(**_read(_REPORT, report)),
        model=None if model is None else model_from_shape(model),
        model_at=None if model_at is None else Place(**_read(_MODEL_AT, model_at)),
        csv=None if csv is None else CsvFormat(**_read(_CSV, csv)),
        version=shape.get("RecordVersion"),
        token=shape.get("ClientToken"),
    )


def load_to_shape(load: BatchLoad) -> dict[str, Any]:
    """Write what CreateBatchLoadTask is asked for."""
    token = {} if load.token is None else {"ClientToken": load.token}
    return _configured(load) | token


def task_from_shape(shape: Shape) -> BatchLoadTask:
    """Read a ``BatchLoadTaskDescription``."""
    return BatchLoadTask(
        id=shape["TaskId"],
        load=load_from_shape(shape),
        status=Status(shape["TaskStatus"]),
        progress=Progress(**_read(_PROGRESS, shape.get("ProgressReport") or {}, missing=0)),
        error=shape.get("ErrorMessage"),
        created=shape["CreationTime"].astimezone(UTC),
        updated=shape["LastUpdatedTime"].astimezone(UTC),
        resumable_until=_utc(shape.get("ResumableUntil")),
    )


def task_to_shape(task: BatchLoadTask) -> dict[str, Any]:
    """Write a ``BatchLoadTaskDescription``."""
    error = {} if task.error is None else {"ErrorMessage": task.error}
    return _configured(task.load) | error | _standing(task) | {"ProgressReport": _written(_PROGRESS, task.progress)}


def listed_to_shape(task: BatchLoadTask) -> dict[str, Any]:
    """Write a ``BatchLoadTask``, as listings show it."""
    return {"DatabaseName": task.load.database, "TableName": task.load.table} | _standing(task)


def model_from_shape(shape: Shape) -> DataModel:
    """Read a ``DataModel``."""
    multi, mixed = shape.get("MultiMeasureMappings"), shape.get("MixedMeasureMappings")
    return DataModel(
        dimensions=tuple(DimensionColumn(**_read(_DIMENSION, one)) for one in shape["DimensionMappings"]),
        time=shape.get("TimeColumn"),
        time_unit=shape.get("TimeUnit"),
        measure_name=shape.get("MeasureNameColumn"),
        multi=multi and Multi(_attributes(multi), multi.get("TargetMultiMeasureName")),
        mixed=mixed and tuple(Mixed(**_read(_MIXED, one), attributes=_attributes(one)) for one in mixed),
    )


def load_to_text(load: BatchLoad) -> str:
    """Write what a task is asked for as text."""
    return orjson.dumps(_configured(load)).decode()


def load_from_text(text: str) -> BatchLoad:
    """Read what a task is asked for."""
    return load_from_shape(orjson.loads(text))


def _configured(load: BatchLoad) -> dict[str, Any]:
    source: dict[str, Any] = {"DataSourceS3Configuration": _written(_SOURCE, load.source), "DataFormat": "CSV"}
    if load.csv is not None:
        source["CsvConfiguration"] = _written(_CSV, load.csv)
    if load.model is not None:
        model = {"DataModel": _model_to_shape(load.model)}
    else:
        model = {"DataModelS3Configuration": _written(_MODEL_AT, load.model_at)}
    return {
        "TargetDatabaseName": load.database,
        "TargetTableName": load.table,
        "DataSourceConfiguration": source,
        "DataModelConfiguration": model,
        "ReportConfiguration": {"ReportS3Configuration": _written(_REPORT, load.report)},
    } | ({} if load.version is None else {"RecordVersion": load.version})


def _standing(task: BatchLoadTask) -> dict[str, Any]:
    return {
        "TaskId": task.id,
        "TaskStatus": str(task.status),
        "CreationTime": moment_to_shape(task.created),
        "LastUpdatedTime": moment_to_shape(task.updated),
    } | ({} if task.resumable_until is None else {"ResumableUntil": moment_to_shape(task.resumable_until)})


def _model_to_shape(model: DataModel) -> dict[str, Any]:
    said = {
        "TimeColumn": model.time,
        "TimeUnit": model.time_unit,
        "DimensionMappings": [_written(_DIMENSION, one) for one in model.dimensions],
        "MeasureNameColumn": model.measure_name,
        "MultiMeasureMappings": model.multi and _multi_to_shape(model.multi),
        "MixedMeasureMappings": model.mixed and [_mixed_to_shape(one) for one in model.mixed],
    }
    return {key: value for key, value in said.items() if value is not None}


def _multi_to_shape(multi: Multi) -> dict[str, Any]:
    name = {} if multi.measure_name is None else {"TargetMultiMeasureName": multi.measure_name}
    return name | _attributes_to_shape(multi.attributes)


def _mixed_to_shape(mixed: Mixed) -> dict[str, Any]:
    return _written(_MIXED, mixed) | (_attributes_to_shape(mixed.attributes) if mixed.attributes else {})


def _attributes_to_shape(attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    return {"MultiMeasureAttributeMappings": [_written(_ATTRIBUTE, one) for one in attributes]}


def _attributes(shape: Shape) -> tuple[Attribute, ...]:
    read = [_read(_ATTRIBUTE, one) for one in shape.get("MultiMeasureAttributeMappings") or ()]
    return tuple(Attribute(**one | {"type": one["type"] and ScalarType(one["type"])}) for one in read)


def _read(members: Mapping[str, str], shape: Shape, *, missing: object = None) -> dict[str, Any]:
    return {name: shape.get(key, missing) for name, key in members.items()}


def _written(members: Mapping[str, str], value: object) -> dict[str, Any]:
    """Write what is said of a value."""
    said = {key: getattr(value, name) for name, key in members.items()}
    return {key: one for key, one in said.items() if one is not None}


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)
