"""Databases, tables and tags: our values to AWS's shapes and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from tsframe._model.names import fault_of_dimension
from tsframe._model.places import Place
from tsframe._model.tables import (
    BY_MEASURE_NAME,
    Database,
    PartitionKey,
    Retention,
    Table,
    TableChange,
)
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Shape: TypeAlias = Mapping[str, Any]

_PLACE = {
    "bucket": "BucketName",
    "prefix": "ObjectKeyPrefix",
    "encryption": "EncryptionOption",
    "kms_key": "KmsKeyId",
}


# --- databases -------------------------------------------------------------------------------------------------------


def database_from_shape(shape: Shape) -> Database:
    """Read a ``Database``."""
    return Database(
        name=shape["DatabaseName"],
        arn=shape["Arn"],
        tables=shape.get("TableCount", 0),
        kms_key=shape.get("KmsKeyId", ""),
        created=_utc(shape.get("CreationTime")),
        updated=_utc(shape.get("LastUpdatedTime")),
    )


def database_to_shape(database: Database) -> dict[str, Any]:
    """Write a ``Database``."""
    return {
        "Arn": database.arn,
        "DatabaseName": database.name,
        "TableCount": database.tables,
        "KmsKeyId": database.kms_key,
        "CreationTime": moment_to_shape(database.created),
        "LastUpdatedTime": moment_to_shape(database.updated),
    }


# --- tables ----------------------------------------------------------------------------------------------------------


def table_from_shape(shape: Shape) -> Table:
    """Read a ``Table``."""
    retention = shape.get("RetentionProperties") or {}
    magnetic = shape.get("MagneticStoreWriteProperties") or {}
    usual = Retention()
    return Table(
        database=shape["DatabaseName"],
        name=shape["TableName"],
        arn=shape["Arn"],
        status=shape.get("TableStatus", "ACTIVE"),
        retention=Retention(
            retention.get("MemoryStoreRetentionPeriodInHours", usual.memory_store_hours),
            retention.get("MagneticStoreRetentionPeriodInDays", usual.magnetic_store_days),
        ),
        magnetic_writes=magnetic.get("EnableMagneticStoreWrites", False),
        rejected_data=_place_from_shape(magnetic),
        partition_key=_partition_key(shape.get("Schema") or {}),
        created=_utc(shape.get("CreationTime")),
        updated=_utc(shape.get("LastUpdatedTime")),
    )


def table_to_shape(table: Table) -> dict[str, Any]:
    """Write a ``Table``."""
    return {
        "Arn": table.arn,
        "TableName": table.name,
        "DatabaseName": table.database,
        "TableStatus": table.status,
        "RetentionProperties": _retention_to_shape(table.retention),
        "CreationTime": moment_to_shape(table.created),
        "LastUpdatedTime": moment_to_shape(table.updated),
        "MagneticStoreWriteProperties": _magnetic_to_shape(table.rejected_data, writes=table.magnetic_writes),
        "Schema": {"CompositePartitionKey": [_key_to_shape(table.partition_key or BY_MEASURE_NAME)]},
    }


def change_to_shape(change: TableChange, current: Table | None) -> dict[str, Any]:
    """Write what CreateTable or UpdateTable is asked for.

    ``current`` fills what is not said of a group that is said, as the service takes groups whole.
    """
    shape: dict[str, Any] = {}
    if change.memory_store_hours is not None or change.magnetic_store_days is not None:
        shape["RetentionProperties"] = _retention_to_shape(
            change.retention(current.retention if current else Retention())
        )
    if change.magnetic_writes is not None or change.rejected_data is not None:
        place = change.rejected_data
        if place is None:
            place = current.rejected_data if current else Place()
        # A place for rejected data means that late data is wanted.
        shape["MagneticStoreWriteProperties"] = _magnetic_to_shape(place, writes=change.magnetic_writes is not False)
    if change.partition_key is not None:
        shape["Schema"] = {"CompositePartitionKey": [_key_to_shape(change.partition_key)]}
    return shape


def change_from_shape(shape: Shape) -> TableChange:
    """Read what CreateTable or UpdateTable is asked for; a group that is said is said whole."""
    retention = shape.get("RetentionProperties") or {}
    magnetic = shape.get("MagneticStoreWriteProperties")
    schema = shape.get("Schema") or {}
    return TableChange(
        memory_store_hours=retention.get("MemoryStoreRetentionPeriodInHours"),
        magnetic_store_days=retention.get("MagneticStoreRetentionPeriodInDays"),
        magnetic_writes=magnetic and magnetic["EnableMagneticStoreWrites"],
        rejected_data=_place_from_shape(magnetic) if magnetic else None,
        partition_key=_asked_key(schema.get("CompositePartitionKey") or ()),
    )


# --- tags ------------------------------------------------------------------------------------------------------------


def tags_to_shape(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_from_shape(shape: list[Shape]) -> dict[str, str]:
    """Read tags."""
    return {tag["Key"]: tag.get("Value", "") for tag in shape}


def asked_tags(shape: list[Shape] | None) -> dict[str, str]:
    """Read tags that somebody asks for; a key may be there once."""
    tags = tags_from_shape(shape or [])
    if len(tags) < len(shape or ()):
        message = "A tag key is there twice; each key may have one value."
        raise ValidationError(message)
    return tags


# --- parts -----------------------------------------------------------------------------------------------------------


def moment_to_shape(moment: datetime | None) -> float | None:
    """Write a time as the service does: seconds since 1970 UTC, to the millisecond."""
    return None if moment is None else round(moment.timestamp(), 3)


def _retention_to_shape(retention: Retention) -> dict[str, int]:
    return {
        "MemoryStoreRetentionPeriodInHours": retention.memory_store_hours,
        "MagneticStoreRetentionPeriodInDays": retention.magnetic_store_days,
    }


def _magnetic_to_shape(place: Place, *, writes: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {"EnableMagneticStoreWrites": writes}
    said = {key: getattr(place, name) for name, key in _PLACE.items() if getattr(place, name) is not None}
    if said:
        shape["MagneticStoreRejectedDataLocation"] = {"S3Configuration": said}
    return shape


def _place_from_shape(magnetic: Shape) -> Place:
    place = (magnetic.get("MagneticStoreRejectedDataLocation") or {}).get("S3Configuration") or {}
    return Place(**{name: place.get(key) for name, key in _PLACE.items()})


def _key_to_shape(key: PartitionKey) -> dict[str, str]:
    if key == BY_MEASURE_NAME:
        return {"Type": "MEASURE"}
    return {
        "Type": "DIMENSION",
        "Name": key.dimension,
        "EnforcementInRecord": "REQUIRED" if key.required else "OPTIONAL",
    }


def _partition_key(schema: Shape) -> PartitionKey | None:
    for key in schema.get("CompositePartitionKey") or ():
        if key.get("Type") == "DIMENSION":
            return PartitionKey(key["Name"], key.get("EnforcementInRecord") == "REQUIRED")
    return None


def _asked_key(keys: list[Shape] | tuple[()]) -> PartitionKey | None:
    """Read the partition key that a table is to have (developer guide, "Customer-defined partition keys")."""
    if len(keys) > 1:
        # Recorded from the service, grammar included.
        message = (
            "You have specified too many partition keys to be used in your composite partition key. "
            "Only 1 partition keys can be specified."
        )
        raise ValidationError(message)
    for key in keys:
        name = key.get("Name")
        if key["Type"] == "MEASURE":
            if name is not None or key.get("EnforcementInRecord") is not None:
                message = "A partition key of the type MEASURE has neither Name nor EnforcementInRecord."
                raise ValidationError(message)
            return BY_MEASURE_NAME
        if name is None:
            message = "A partition key of the type DIMENSION needs Name, the name of the dimension."
            raise ValidationError(message)
        if fault := fault_of_dimension(name):
            message = f"The partition key {name} is invalid: {fault}."
            raise ValidationError(message)
        return PartitionKey(name, key.get("EnforcementInRecord") == "REQUIRED")
    return None


def _utc(moment: datetime | None) -> datetime | None:
    # botocore gives the machine's zone. Not all who speak the protocol tell times (moto 5.2 tells none of a table's).
    return moment and moment.astimezone(UTC)
