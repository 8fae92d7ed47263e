"""Databases, tables and tags: our values to AWS's shapes and back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeAlias

from tsframe._model.tables import Database, PartitionKey, Retention, Table, TableChange, check_location

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Shape: TypeAlias = Mapping[str, Any]


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
        rejected_to=_location(magnetic),
        partition_key=_partition_key(shape.get("Schema") or {}),
        created=_utc(shape.get("CreationTime")),
        updated=_utc(shape.get("LastUpdatedTime")),
    )


def change_to_shape(change: TableChange, current: Retention | None) -> dict[str, Any]:
    """Write what CreateTable or UpdateTable is asked for; ``current`` fills the half of a retention not said."""
    shape: dict[str, Any] = {}
    if change.memory_store_hours is not None or change.magnetic_store_days is not None:
        retention = change.retention(current or Retention())
        shape["RetentionProperties"] = {
            "MemoryStoreRetentionPeriodInHours": retention.memory_store_hours,
            "MagneticStoreRetentionPeriodInDays": retention.magnetic_store_days,
        }
    if change.magnetic_writes is not None or change.rejected_to is not None:
        shape["MagneticStoreWriteProperties"] = _magnetic_to_shape(change)
    if change.partition_key is not None:
        shape["Schema"] = {"CompositePartitionKey": [_key_to_shape(change.partition_key)]}
    return shape


def tags_to_shape(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_from_shape(shape: list[Shape]) -> dict[str, str]:
    """Read tags."""
    return {tag["Key"]: tag.get("Value", "") for tag in shape}


def _magnetic_to_shape(change: TableChange) -> dict[str, Any]:
    # A place for rejected data means that late data is wanted.
    shape: dict[str, Any] = {"EnableMagneticStoreWrites": change.magnetic_writes is not False}
    if change.rejected_to is not None:
        bucket, prefix = check_location(change.rejected_to)
        place = {"BucketName": bucket, "EncryptionOption": "SSE_S3"} | ({"ObjectKeyPrefix": prefix} if prefix else {})
        shape["MagneticStoreRejectedDataLocation"] = {"S3Configuration": place}
    return shape


def _key_to_shape(key: PartitionKey) -> dict[str, str]:
    return {
        "Type": "DIMENSION",
        "Name": key.dimension,
        "EnforcementInRecord": "REQUIRED" if key.required else "OPTIONAL",
    }


def _partition_key(schema: Shape) -> PartitionKey | None:
    for key in schema.get("CompositePartitionKey", ()):
        if key.get("Type") == "DIMENSION":
            return PartitionKey(key["Name"], key.get("EnforcementInRecord") == "REQUIRED")
    return None


def _location(magnetic: Shape) -> str | None:
    place = (magnetic.get("MagneticStoreRejectedDataLocation") or {}).get("S3Configuration") or {}
    bucket, prefix = place.get("BucketName"), place.get("ObjectKeyPrefix")
    return bucket and "/".join(filter(None, (f"s3://{bucket}", prefix)))


def _utc(moment: datetime | None) -> datetime | None:
    # botocore gives the machine's zone. Not all who speak the protocol tell times (moto 5.2 tells none of a table's).
    return moment and moment.astimezone(UTC)
