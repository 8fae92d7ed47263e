"""The verbs of databases, tables and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tsframe._connection import Connection, current

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tsframe._model.tables import Database, PartitionKey, Table
    from tsframe._resources import EnsuredTable
    from tsframe.typing import Backend, Frame, TableOptions


def list_databases(*, backend: Backend | None = None, connection: Connection | None = None) -> Frame:
    """Return all databases, by name, as a frame.

    Its columns are ``database``, ``tables`` (their number), ``kms_key``, ``arn``, ``created`` and ``updated`` (UTC).

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.list_databases(backend="polars")["database"].to_list()
    ['iot']
    """
    return current(connection).list_databases(backend=backend)


def list_tables(
    database: str | None = None, *, backend: Backend | None = None, connection: Connection | None = None
) -> Frame:
    """Return the tables of a database, or all, by name, as a frame.

    Its columns are ``database``, ``table``, ``status``, ``memory_store_hours``, ``magnetic_store_days``,
    ``magnetic_writes``, ``rejected_to``, ``partition_key``, ``partition_key_required``, ``arn``, ``created`` and
    ``updated`` (UTC).

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.list_tables("iot", backend="polars")["table"].to_list()
    ['sensors']
    """
    return current(connection).list_tables(database, backend=backend)


def list_tags(
    resource: str | tuple[str, str],
    *,
    backend: Backend | None = None,
    connection: Connection | None = None,
) -> Frame:
    """Return the tags of a database, a table or a resource name (ARN) as a frame of ``key`` and ``value``.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.

    Examples
    --------
    >>> database = tsframe.create_database("iot", tags={"team": "ops"})
    >>> tsframe.list_tags("iot", backend="polars").rows()
    [('team', 'ops')]
    """
    return current(connection).list_tags(resource, backend=backend)


def create_database(
    database: str,
    *,
    kms_key: str | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> Database:
    """Make a database.

    Parameters
    ----------
    database
        3 to 256 letters, digits, ``_``, ``.`` and ``-``.
    kms_key
        The key that encrypts it: a key's id, its ARN, an alias ``alias/…`` or an alias's ARN; by default AWS's own key.
    tags
        Up to 50.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ConflictError
        If it exists.
    ValidationError
        If the service does not take the name or a tag.
    ServiceQuotaExceededError
        If there are 500 databases.

    Examples
    --------
    >>> tsframe.create_database("iot").arn
    'arn:aws:timestream:us-east-1:000000000000:database/iot'
    """
    return current(connection).create_database(database, kms_key=kms_key, tags=tags)


def describe_database(database: str, *, connection: Connection | None = None) -> Database:
    """Return a database: name, ARN, number of tables, key, times of creation and update (UTC).

    Raises
    ------
    ResourceNotFoundError
        If it is missing.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.describe_database("iot") == database
    True
    """
    return current(connection).describe_database(database)


def update_database(database: str, *, kms_key: str, connection: Connection | None = None) -> Database:
    """Give a database another key; the same key changes nothing.

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> tsframe.update_database("iot", kms_key="alias/mine").kms_key
    'arn:aws:kms:us-east-1:000000000000:key/831595bb-7a89-5a84-b99a-6d1378ef6bb5'
    """
    return current(connection).update_database(database, kms_key=kms_key)


def delete_database(database: str, *, tables: bool = False, connection: Connection | None = None) -> None:
    """Remove a database for good.

    Parameters
    ----------
    database
        The database.
    tables
        Whether its tables, with all their records, are removed too.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ResourceNotFoundError
        If it is missing.
    ValidationError
        If it has tables, and ``tables=True`` was not said.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.delete_database("iot", tables=True)
    >>> len(tsframe.list_databases(backend="polars"))
    0
    """
    current(connection).delete_database(database, tables=tables)


def create_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> Table:
    """Make a table; its columns come with what is written.

    Parameters
    ----------
    table
        ``"database.table"``, or a pair of names.
    memory_store_hours
        How long the memory store keeps a record: 1 to 8,766 hours, by default 6.
    magnetic_store_days
        How long the magnetic store keeps it after that: 1 to 73,000 days, by default 73,000.
    magnetic_writes
        Whether records older than the memory store keeps are taken, by the magnetic store; by default not.
    rejected_to
        Where the magnetic store reports late records that it could not take: ``"s3://bucket/prefix"``.
    partition_key
        The dimension that the table is divided by.
    tags
        Up to 50.
    connection
        By default the one that ``connect`` opened last.

    Raises
    ------
    ResourceNotFoundError
        If the database is missing.
    ConflictError
        If the table exists.
    ValidationError
        If the service does not take a name or a setting.

    Examples
    --------
    >>> database = tsframe.create_database("iot")
    >>> table = tsframe.create_table("iot.sensors", memory_store_hours=24)
    >>> table.retention
    Retention(memory_store_hours=24, magnetic_store_days=73000)
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).create_table(table, tags=tags, **options)


def ensure_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    tags: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> EnsuredTable:
    """Make a table, and its database, if they are missing; report how an existing one differs, and change nothing.

    Parameters are those of ``create_table``; only what is said is compared.

    Returns
    -------
    EnsuredTable
        ``table``, ``created`` and ``drift``: the settings that differ, which a ``TableDriftWarning`` tells too.

    Examples
    --------
    >>> tsframe.ensure_table("iot.sensors", memory_store_hours=24).created
    True
    >>> tsframe.ensure_table("iot.sensors", memory_store_hours=24).drift
    ()
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).ensure_table(table, tags=tags, **options)


def describe_table(table: str | tuple[str, str], *, connection: Connection | None = None) -> Table:
    """Return a table's settings, ARN, status, times of creation and update (UTC).

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.describe_table("iot.sensors").status
    'ACTIVE'
    """
    return current(connection).describe_table(table)


def update_table(
    table: str | tuple[str, str],
    *,
    memory_store_hours: int | None = None,
    magnetic_store_days: int | None = None,
    magnetic_writes: bool | None = None,
    rejected_to: str | None = None,
    partition_key: str | PartitionKey | None = None,
    connection: Connection | None = None,
) -> Table:
    """Change a table's settings; what is not said stays.

    A shorter retention moves records to the magnetic store, or removes them, for good. A longer one brings nothing
    back, and the memory store fills its new part only as time passes. Parameters are those of ``create_table``; of a
    partition key only ``required`` can change.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.
    ValidationError
        If the service does not take a setting.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.update_table("iot.sensors", magnetic_writes=True).magnetic_writes
    True
    """
    options = _said(
        memory_store_hours=memory_store_hours,
        magnetic_store_days=magnetic_store_days,
        magnetic_writes=magnetic_writes,
        rejected_to=rejected_to,
        partition_key=partition_key,
    )
    return current(connection).update_table(table, **options)


def delete_table(table: str | tuple[str, str], *, connection: Connection | None = None) -> None:
    """Remove a table with all its records, for good.

    Raises
    ------
    ResourceNotFoundError
        If database or table are missing.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.delete_table("iot.sensors")
    """
    current(connection).delete_table(table)


def tag(resource: str | tuple[str, str], tags: Mapping[str, str], *, connection: Connection | None = None) -> None:
    """Add tags to a database, a table or a resource name (ARN); a key that is there gets the new value.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.
    ValidationError
        If the service does not take a tag.
    ServiceQuotaExceededError
        If it would have more than 50.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors")
    >>> tsframe.tag("iot.sensors", {"team": "ops"})
    """
    current(connection).tag(resource, tags)


def untag(resource: str | tuple[str, str], keys: str | Sequence[str], *, connection: Connection | None = None) -> None:
    """Remove tags from a database, a table or a resource name (ARN); keys that are not there are ignored.

    Raises
    ------
    ResourceNotFoundError
        If there is no such resource.

    Examples
    --------
    >>> ensured = tsframe.ensure_table("iot.sensors", tags={"team": "ops"})
    >>> tsframe.untag("iot.sensors", "team")
    """
    current(connection).untag(resource, keys)


def _said(**options: object) -> TableOptions:
    """Keep the options that were said."""
    return cast("TableOptions", {name: value for name, value in options.items() if value is not None})
