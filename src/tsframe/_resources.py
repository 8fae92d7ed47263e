"""Databases, tables and tags: the verbs on a service, and the listings as frames."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from tsframe._frames.libraries import from_arrow
from tsframe._model.names import check_resource, split_table
from tsframe._model.tables import Retention, check_tags
from tsframe.errors import ConflictError, ResourceNotFoundError, TableDriftWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsframe._model.tables import Table, TableChange
    from tsframe._service import Service
    from tsframe.typing import Backend, Frame

_TIME: Final = pa.timestamp("ms", "UTC")
_DATABASES: Final = pa.schema(
    [
        ("database", pa.string()),
        ("tables", pa.int64()),
        ("kms_key", pa.string()),
        ("arn", pa.string()),
        ("created", _TIME),
        ("updated", _TIME),
    ]
)
_TABLES: Final = pa.schema(
    [
        ("database", pa.string()),
        ("table", pa.string()),
        ("status", pa.string()),
        ("memory_store_hours", pa.int64()),
        ("magnetic_store_days", pa.int64()),
        ("magnetic_writes", pa.bool_()),
        ("rejected_to", pa.string()),
        ("partition_key", pa.string()),
        ("partition_key_required", pa.bool_()),
        ("arn", pa.string()),
        ("created", _TIME),
        ("updated", _TIME),
    ]
)
_TAGS: Final = pa.schema([("key", pa.string()), ("value", pa.string())])


@dataclass(frozen=True, slots=True)
class Drift:
    """A setting in which a table differs from what was asked for."""

    setting: str
    wanted: object
    found: object

    def __str__(self) -> str:
        return f"{self.setting} is {self.found!r}, not {self.wanted!r}"


@dataclass(frozen=True, slots=True)
class EnsuredTable:
    """What ``ensure_table`` found or made."""

    table: Table
    created: bool
    """Whether it was made by this call."""
    drift: tuple[Drift, ...]
    """The settings that differ; they were left as they are."""


def list_databases(service: Service, backend: Backend | None) -> Frame:
    """Return all databases as a frame."""
    rows = [
        {
            "database": one.name,
            "tables": one.tables,
            "kms_key": one.kms_key,
            "arn": one.arn,
            "created": one.created,
            "updated": one.updated,
        }
        for one in service.list_databases()
    ]
    return from_arrow(pa.Table.from_pylist(rows, schema=_DATABASES), backend)


def list_tables(service: Service, database: str | None, backend: Backend | None) -> Frame:
    """Return tables as a frame."""
    rows = [_row_of_table(one) for one in service.list_tables(database)]
    return from_arrow(pa.Table.from_pylist(rows, schema=_TABLES), backend)


def list_tags(service: Service, resource: str | tuple[str, str], backend: Backend | None) -> Frame:
    """Return the tags of a database or a table as a frame."""
    tags = service.list_tags_for_resource(arn_of(service, resource))
    rows = [{"key": key, "value": value} for key, value in tags.items()]
    return from_arrow(pa.Table.from_pylist(rows, schema=_TAGS), backend)


def ensure_table(
    service: Service, table: str | tuple[str, str], change: TableChange, tags: dict[str, str]
) -> EnsuredTable:
    """Make a table, and its database, if they are missing; else say how it differs."""
    database, name = split_table(table)
    try:
        found = service.describe_table(database, name)
    except ResourceNotFoundError:
        return EnsuredTable(create_with_database(service, database, name, change, tags), created=True, drift=())
    drift = tuple(_drift(found, change))
    if drift:
        warnings.warn(
            f"table '{database}.{name}' exists with other settings: {'; '.join(map(str, drift))}. "
            f"Use update_table to change it",
            TableDriftWarning,
            stacklevel=4,
        )
    return EnsuredTable(found, created=False, drift=drift)


def delete_database(service: Service, name: str, *, tables: bool) -> None:
    """Remove a database; what is inside only if that was said."""
    if tables:
        for table in service.list_tables(name):
            service.delete_table(name, table.name)
    service.delete_database(name)


def arn_of(service: Service, resource: str | tuple[str, str]) -> str:
    """Return the resource name of ``"iot"``, ``"iot.sensors"``, a pair of names, or of a resource name itself."""
    if isinstance(resource, str):
        if resource.startswith("arn:"):
            return resource
        if "." not in resource:
            return service.describe_database(resource).arn
    return service.describe_table(*split_table(resource)).arn


def create_with_database(
    service: Service, database: str, name: str, change: TableChange, tags: dict[str, str]
) -> Table:
    """Make a table, and its database if that is missing too; return the table if another caller was faster.

    What the service would refuse of the table is found before the database is made.
    """
    check_resource("database", database)
    check_resource("table", name)
    check_tags(tags)
    change.retention(Retention())
    with suppress(ConflictError):
        service.create_database(database, kms_key=None, tags={})
    try:
        return service.create_table(database, name, change, tags=tags)
    except ConflictError:
        return service.describe_table(database, name)


def _drift(found: Table, wanted: TableChange) -> Iterable[Drift]:
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("memory_store_hours", wanted.memory_store_hours, found.retention.memory_store_hours),
        ("magnetic_store_days", wanted.magnetic_store_days, found.retention.magnetic_store_days),
        ("magnetic_writes", wanted.magnetic_writes, found.magnetic_writes),
        ("rejected_to", wanted.rejected_data and wanted.rejected_data.location, found.rejected_to),
        ("partition_key", wanted.partition_key, found.partition_key),
    )
    return (Drift(name, asked, is_) for name, asked, is_ in pairs if asked is not None and asked != is_)


def _row_of_table(table: Table) -> dict[str, object]:
    key = table.partition_key
    return {
        "database": table.database,
        "table": table.name,
        "status": table.status,
        "memory_store_hours": table.retention.memory_store_hours,
        "magnetic_store_days": table.retention.magnetic_store_days,
        "magnetic_writes": table.magnetic_writes,
        "rejected_to": table.rejected_to,
        "partition_key": key and key.dimension,
        "partition_key_required": bool(key and key.required),
        "arn": table.arn,
        "created": table.created,
        "updated": table.updated,
    }
