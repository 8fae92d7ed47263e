"""Databases, tables and tags: made, described, changed, dropped."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tsframe._engine import stores
from tsframe._engine.storage import quoted
from tsframe._model.arns import arn_of
from tsframe._model.keys import resolve_key
from tsframe._model.names import check_resource
from tsframe._model.places import Place
from tsframe._model.tables import (
    BY_MEASURE_NAME,
    Column,
    Database,
    PartitionKey,
    Retention,
    Table,
    TableChange,
)
from tsframe._model.types import ScalarType
from tsframe.errors import (
    ConflictError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from tsframe._model.quotas import Quotas
    from tsframe._model.tables import Role


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column of a table, and where it is kept."""

    column: Column
    physical: str


@dataclass(frozen=True)
class StoredTable:
    """A table with what only the store knows of it."""

    number: int
    table: Table
    memory_floor: int
    """The oldest time, in nanoseconds, that the memory store had room for since its retention last grew."""
    columns: tuple[StoredColumn, ...]

    @property
    def records(self) -> str:
        """The SQL name of its records."""
        return f"records.t{self.number}"

    @property
    def series(self) -> str:
        """The SQL name of its series."""
        return f"records.s{self.number}"

    def of_role(self, role: str) -> dict[str, StoredColumn]:
        """Return the columns of a role by name."""
        return self._roles.get(role, {})

    @cached_property
    def _roles(self) -> dict[str, dict[str, StoredColumn]]:
        found: dict[str, dict[str, StoredColumn]] = {}
        for stored in self.columns:
            found.setdefault(stored.column.role, {})[stored.column.name] = stored
        return found


# --- databases -------------------------------------------------------------------------------------------------------


def create_database(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    *,
    kms_key: str | None,
    tags: dict[str, str],
    now: int,
    quotas: Quotas,
) -> Database:
    """Make a database."""
    check_resource("database", name)
    if _database_rows(cursor, name):
        message = f"The database {name} already exists."
        raise ConflictError(message)
    if _count(cursor, "databases") >= quotas.databases:
        message = f"The account has {quotas.databases} databases, which is its quota."
        raise ServiceQuotaExceededError(message)
    moment = _milliseconds(now)
    cursor.execute("insert into catalog.databases values (?, ?, ?, ?)", [name, resolve_key(kms_key), moment, moment])
    tag(cursor, arn_of(name), tags, quotas)
    return describe_database(cursor, name)


def describe_database(cursor: duckdb.DuckDBPyConnection, name: str) -> Database:
    """Return a database that exists."""
    rows = _database_rows(cursor, name)
    if not rows:
        message = f"The database {name} does not exist."
        raise ResourceNotFoundError(message)
    return rows[0]


def list_databases(cursor: duckdb.DuckDBPyConnection) -> tuple[Database, ...]:
    """Return all databases by name."""
    return _database_rows(cursor)


def update_database(cursor: duckdb.DuckDBPyConnection, name: str, *, kms_key: str, now: int) -> Database:
    """Give a database another key; the same key changes nothing."""
    key = resolve_key(kms_key)
    if describe_database(cursor, name).kms_key != key:
        cursor.execute(
            "update catalog.databases set kms_key = ?, updated = ? where name = ?", [key, _milliseconds(now), name]
        )
    return describe_database(cursor, name)


def delete_database(cursor: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove a database that has no tables."""
    database = describe_database(cursor, name)
    if database.tables:
        message = f"The database {name} still has tables ({database.tables}): delete them first."
        raise ValidationError(message)
    cursor.execute("delete from catalog.databases where name = ?", [name])
    cursor.execute("delete from catalog.tags where arn = ?", [arn_of(name)])


# --- tables ----------------------------------------------------------------------------------------------------------


def create_table(
    cursor: duckdb.DuckDBPyConnection,
    database: str,
    name: str,
    change: TableChange,
    *,
    tags: dict[str, str],
    now: int,
    quotas: Quotas,
) -> StoredTable:
    """Make a table without records; its columns come with what is written."""
    check_resource("table", name)
    describe_database(cursor, database)
    if _table_rows(cursor, database, name):
        message = f"The table {name} already exists."
        raise ConflictError(message)
    if _count(cursor, "tables") >= quotas.tables:
        message = f"The account has {quotas.tables} tables, which is its quota."
        raise ServiceQuotaExceededError(message)
    retention, moment = change.retention(Retention()), _milliseconds(now)
    key = None if change.partition_key == BY_MEASURE_NAME else change.partition_key
    number = _one(cursor, "select nextval('catalog.numbers')")
    cursor.execute(
        "insert into catalog.tables values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        [
            number,
            database,
            name,
            retention.memory_store_hours,
            retention.magnetic_store_days,
            bool(change.magnetic_writes),
            _place_to_text(change.rejected_data or Place()),
            key and key.dimension,
            bool(key and key.required),
            moment,
            moment,
        ],
    )
    cursor.execute(
        f"create table records.t{number} (series ubigint not null, measure_name varchar not null, "
        f"time timestamp_ns not null, version bigint not null, magnetic boolean not null)"
    )
    cursor.execute(f"create table records.s{number} (series ubigint not null)")
    tag(cursor, arn_of(database, name), tags, quotas)
    return stored_table(cursor, database, name)


def stored_table(cursor: duckdb.DuckDBPyConnection, database: str, name: str) -> StoredTable:
    """Return a table that exists, with its columns."""
    rows = _table_rows(cursor, database, name)
    if not rows:
        describe_database(cursor, database)
        message = f"The table {name} does not exist."
        raise ResourceNotFoundError(message)
    return rows[0]


def list_tables(cursor: duckdb.DuckDBPyConnection, database: str | None) -> tuple[Table, ...]:
    """Return the tables of a database, or all, by name."""
    if database is not None:
        describe_database(cursor, database)
    return tuple(row.table for row in _table_rows(cursor, database, None))


def update_table(
    cursor: duckdb.DuckDBPyConnection, database: str, name: str, change: TableChange, *, now: int
) -> StoredTable:
    """Change a table's settings and bring its records in line with them; what is not said stays."""
    stored = stored_table(cursor, database, name)
    _check_partition_key(stored.table.partition_key, change.partition_key)
    if change == TableChange():
        return stored
    retention, floor = change.retention(stored.table.retention), stored.memory_floor
    if retention != stored.table.retention:
        floor = stores.change_retention(cursor, stored, retention, now)
    table, key = stored.table, change.partition_key or stored.table.partition_key
    cursor.execute(
        "update catalog.tables set memory_store_hours = ?, magnetic_store_days = ?, magnetic_writes = ?, "
        "rejected_to = ?, partition_required = ?, memory_floor = ?, updated = ? where number = ?",
        [
            retention.memory_store_hours,
            retention.magnetic_store_days,
            table.magnetic_writes if change.magnetic_writes is None else change.magnetic_writes,
            _place_to_text(table.rejected_data if change.rejected_data is None else change.rejected_data),
            bool(key and key.required),
            floor,
            _milliseconds(now),
            stored.number,
        ],
    )
    return stored_table(cursor, database, name)


def delete_table(cursor: duckdb.DuckDBPyConnection, database: str, name: str) -> None:
    """Remove a table with all its records."""
    stored = stored_table(cursor, database, name)
    cursor.execute(f"drop table {stored.records}")
    cursor.execute(f"drop table {stored.series}")
    for relation, column in (("columns", "table_number"), ("measure_names", "table_number"), ("tables", "number")):
        cursor.execute(f"delete from catalog.{relation} where {column} = ?", [stored.number])
    cursor.execute("delete from catalog.tags where arn = ?", [arn_of(database, name)])


def add_columns(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, columns: Sequence[Column]) -> StoredTable:
    """Give a table further columns; they are null in what is stored."""
    if not columns:
        return stored
    position = len(stored.columns)
    for offset, column in enumerate(columns):
        physical = quoted(f"c{position + offset}")
        cursor.execute(f"alter table {stored.records} add column {physical} {_DUCKDB[column.type]}")
        if column.role == "dimension":
            cursor.execute(f"alter table {stored.series} add column {physical} varchar")
        cursor.execute(
            "insert into catalog.columns values (?, ?, ?, ?, ?)",
            [stored.number, position + offset, column.name, column.role, str(column.type)],
        )
    return stored_table(cursor, stored.table.database, stored.table.name)


def newest_time(cursor: duckdb.DuckDBPyConnection, stored: StoredTable) -> int:
    """Return the newest time of a table in nanoseconds since 1970 UTC; -1 if it holds nothing."""
    return _one(cursor, f"select coalesce(epoch_ns(max(time)), -1) from {stored.records}")


def measure_names(cursor: duckdb.DuckDBPyConnection, stored: StoredTable) -> dict[str, str]:
    """Return the type of each measure name of a table."""
    rows = cursor.execute(
        "select name, type from catalog.measure_names where table_number = ?", [stored.number]
    ).fetchall()
    return dict(rows)


def add_measure_names(cursor: duckdb.DuckDBPyConnection, stored: StoredTable, names: dict[str, str]) -> None:
    """Remember the types of new measure names, for ever (developer guide, "Data modeling")."""
    if names:
        cursor.execute(
            "insert into catalog.measure_names select $table, unnest($names), unnest($types)",
            {"table": stored.number, "names": [*names], "types": [*names.values()]},
        )


_DUCKDB: Final = {
    ScalarType.DOUBLE: "double",
    ScalarType.BIGINT: "bigint",
    ScalarType.BOOLEAN: "boolean",
    ScalarType.VARCHAR: "varchar",
    ScalarType.TIMESTAMP: "timestamp_ns",
}


# --- tags ------------------------------------------------------------------------------------------------------------


def tag(cursor: duckdb.DuckDBPyConnection, arn: str, tags: dict[str, str], quotas: Quotas) -> None:
    """Add tags to a resource; a key that is there gets the new value."""
    if not tags:
        return
    merged = tags_of(cursor, arn) | tags
    if len(merged) > quotas.tags:
        message = f"The resource {arn} would have {len(merged)} tags; it may have {quotas.tags}."
        raise ServiceQuotaExceededError(message)
    untag(cursor, arn, tags)
    cursor.executemany("insert into catalog.tags values (?, ?, ?)", [[arn, key, value] for key, value in tags.items()])


def untag(cursor: duckdb.DuckDBPyConnection, arn: str, keys: Iterable[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    cursor.execute("delete from catalog.tags where arn = ? and list_contains(?, key)", [arn, list(keys)])


def tags_of(cursor: duckdb.DuckDBPyConnection, arn: str) -> dict[str, str]:
    """Return the tags of a resource by key."""
    rows = cursor.execute("select key, value from catalog.tags where arn = ? order by key", [arn]).fetchall()
    return dict(rows)


def check_resource_exists(cursor: duckdb.DuckDBPyConnection, arn: str) -> str:
    """Return the resource name if it is one of a database or table that exists."""
    named = _RESOURCE.fullmatch(arn)
    if named is None:
        message = f"The resource name {arn} is invalid; one of a database is {arn_of('NAME')}."
        raise ValidationError(message)
    database, table = named["database"], named["table"]
    # A name of another region or account is one of a resource that is not here.
    here = arn == arn_of(database, table)
    if not here or not (_table_rows(cursor, database, table) if table else _database_rows(cursor, database)):
        message = f"The resource {arn} does not exist."
        raise ResourceNotFoundError(message)
    return arn


_RESOURCE: Final = re.compile(
    r"arn:aws[a-z-]*:timestream:[a-z0-9-]+:\d{12}:database/(?P<database>[^/]+)(?:/table/(?P<table>[^/]+))?"
)


# --- rows of the catalog ---------------------------------------------------------------------------------------------


def _database_rows(cursor: duckdb.DuckDBPyConnection, name: str | None = None) -> tuple[Database, ...]:
    # The databases (or the one of a name) with the number of their tables.
    rows = cursor.execute(
        """
        select name, kms_key, created, updated, (select count(*) from catalog.tables t where t.database = d.name)
        from catalog.databases d
        where $1 is null or name = $1
        order by name
        """,
        [name],
    ).fetchall()
    return tuple(
        Database(name, arn_of(name), tables, kms_key, _datetime(created), _datetime(updated))
        for name, kms_key, created, updated, tables in rows
    )


def _table_rows(cursor: duckdb.DuckDBPyConnection, database: str | None, name: str | None) -> tuple[StoredTable, ...]:
    # The tables of a database (or all), or the one of a name.
    tables = cursor.execute(
        """
        select *
        from catalog.tables
        where ($1 is null or database = $1) and ($2 is null or name = $2)
        order by database, name
        """,
        [database, name],
    ).fetchall()
    columns: dict[int, list[tuple[str, Role, str]]] = {table[0]: [] for table in tables}
    # Their columns, in the order of first appearance.
    rows = cursor.execute(
        """
        select table_number, name, role, type
        from catalog.columns
        where list_contains(?, table_number)
        order by position
        """,
        [list(columns)],
    ).fetchall()
    for number, column, role, type_ in rows:
        columns[number].append((column, role, type_))
    return tuple(_stored(*table, columns=columns[table[0]]) for table in tables)


def _stored(  # noqa: PLR0917 - a row of the catalog, column by column
    number: int,
    database: str,
    name: str,
    hours: int,
    days: int,
    magnetic: bool,  # noqa: FBT001 - as above
    rejected_to: str | None,
    dimension: str | None,
    required: bool,  # noqa: FBT001 - as above
    floor: int,
    created: int,
    updated: int,
    *,
    columns: list[tuple[str, Role, str]],
) -> StoredTable:
    table = Table(
        database=database,
        name=name,
        arn=arn_of(database, name),
        status="ACTIVE",
        retention=Retention(hours, days),
        magnetic_writes=magnetic,
        rejected_data=_place_from_text(rejected_to),
        partition_key=None if dimension is None else PartitionKey(dimension, required),
        created=_datetime(created),
        updated=_datetime(updated),
    )
    stored = tuple(
        StoredColumn(Column(column, role, ScalarType(type_)), quoted(f"c{position}"))
        for position, (column, role, type_) in enumerate(columns)
    )
    return StoredTable(number, table, floor, stored)


def _place_to_text(place: Place) -> str | None:
    return None if place == Place() else json.dumps(asdict(place))


def _place_from_text(text: str | None) -> Place:
    # A store of an earlier tsframe has the location alone.
    if text is not None and text.startswith("s3://"):
        return Place.at(text)
    return Place(**json.loads(text or "{}"))


def _check_partition_key(current: PartitionKey | None, wanted: PartitionKey | None) -> None:
    if wanted is not None and (current or BY_MEASURE_NAME).dimension != wanted.dimension:
        found = "no partition key" if current is None else f"the partition key {current.dimension!r}"
        message = (
            f"The table has {found}: a key is chosen when the table is made; later only its enforcement may change."
        )
        raise ValidationError(message)


def _count(cursor: duckdb.DuckDBPyConnection, relation: str) -> int:
    return _one(cursor, f"select count(*) from catalog.{relation}")


def _one(cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = cursor.execute(sql).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return int(row[0])


def _milliseconds(now: int) -> int:
    return now // 1_000_000


def _datetime(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
