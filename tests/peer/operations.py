"""The operations: what each does to a peer's databases and tables, and the shape that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.peer.answers import RefusedError, Shape, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.peer.ledger import Table
    from tests.peer.server import Peer

ARN = "arn:aws:timestream:us-east-1:123456789012:database/"
CREATED = 1_700_000_000.123


def describe_endpoints(peer: Peer, _request: Shape) -> Shape:
    # With its scheme: botocore would take "https" for a bare host.
    return {"Endpoints": [{"Address": peer.url, "CachePeriodInMinutes": 1440}]}


def create_database(peer: Peer, request: Shape) -> Shape:
    name = request["DatabaseName"]
    if name in peer.databases:
        raise RefusedError("ConflictException", f"The database {name} already exists.")
    peer.created.add(name)
    return {"Database": _database(peer, name)}


def describe_database(peer: Peer, request: Shape) -> Shape:
    return {"Database": _database(peer, _existing(peer, request))}


def list_databases(peer: Peer, request: Shape) -> Shape:
    return _page("Databases", (_database(peer, name) for name in sorted(peer.databases)), request)


def delete_database(peer: Peer, request: Shape) -> Shape:
    name = _existing(peer, request)
    if any(database == name for database, _ in peer.tables):
        raise invalid(f"The database {name} has tables.")
    peer.created.discard(name)
    return {}


def create_table(peer: Peer, request: Shape) -> Shape:
    database, name = _existing(peer, request), request["TableName"]
    if (database, name) in peer.tables:
        raise RefusedError("ConflictException", f"The table {name} already exists.")
    table = peer.add_table(f"{database}.{name}", memory_hours=6, magnetic_writes=False)
    return {"Table": _described(_changed(table, request))}


def describe_table(peer: Peer, request: Shape) -> Shape:
    return {"Table": _described(_table(peer, request))}


def list_tables(peer: Peer, request: Shape) -> Shape:
    wanted = {_existing(peer, request)} if "DatabaseName" in request else peer.databases
    tables = (_described(table) for key, table in sorted(peer.tables.items()) if key[0] in wanted)
    return _page("Tables", tables, request)


def update_table(peer: Peer, request: Shape) -> Shape:
    return {"Table": _described(_changed(_table(peer, request), request))}


def delete_table(peer: Peer, request: Shape) -> Shape:
    table = _table(peer, request)
    peer.created.add(table.database)  # which stays
    del peer.tables[table.database, table.name]
    return {}


def write_records(peer: Peer, request: Shape, refused: Mapping[int, Shape] | None = None) -> Shape:
    rejected, memory, magnetic = _table(peer, request).write(request, refused or {})
    if rejected:
        message = "One or more records have been rejected. See RejectedRecords for details."
        raise RefusedError("RejectedRecordsException", message, RejectedRecords=rejected)
    return {"RecordsIngested": {"Total": memory + magnetic, "MemoryStore": memory, "MagneticStore": magnetic}}


OPERATIONS: dict[str, Callable[..., Shape]] = {
    "CreateDatabase": create_database,
    "CreateTable": create_table,
    "DeleteDatabase": delete_database,
    "DeleteTable": delete_table,
    "DescribeDatabase": describe_database,
    "DescribeEndpoints": describe_endpoints,
    "DescribeTable": describe_table,
    "ListDatabases": list_databases,
    "ListTables": list_tables,
    "UpdateTable": update_table,
    "WriteRecords": write_records,
}


def _existing(peer: Peer, request: Shape) -> str:
    name = request["DatabaseName"]
    if name not in peer.databases:
        raise RefusedError("ResourceNotFoundException", f"The database {name} does not exist.")
    return name


def _table(peer: Peer, request: Shape) -> Table:
    key = _existing(peer, request), request["TableName"]
    if key not in peer.tables:
        raise RefusedError("ResourceNotFoundException", f"The table {key[1]} does not exist.")
    return peer.tables[key]


def _changed(table: Table, request: Shape) -> Table:
    if retention := request.get("RetentionProperties"):
        table.memory_hours = retention["MemoryStoreRetentionPeriodInHours"]
        table.magnetic_days = retention["MagneticStoreRetentionPeriodInDays"]
    if properties := request.get("MagneticStoreWriteProperties"):
        table.magnetic_properties = properties
        table.magnetic_writes = properties["EnableMagneticStoreWrites"]
    table.schema = request.get("Schema", table.schema)
    return table


def _database(peer: Peer, name: str) -> Shape:
    return {
        "Arn": ARN + name,
        "DatabaseName": name,
        "TableCount": sum(database == name for database, _ in peer.tables),
        "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "CreationTime": CREATED,
        "LastUpdatedTime": CREATED,
    }


def _described(table: Table) -> Shape:
    return {
        "Arn": f"{ARN}{table.database}/table/{table.name}",
        "TableName": table.name,
        "DatabaseName": table.database,
        "TableStatus": "ACTIVE",
        "RetentionProperties": {
            "MemoryStoreRetentionPeriodInHours": table.memory_hours,
            "MagneticStoreRetentionPeriodInDays": table.magnetic_days,
        },
        "CreationTime": CREATED,
        "LastUpdatedTime": CREATED,
        "MagneticStoreWriteProperties": table.magnetic_properties
        | {"EnableMagneticStoreWrites": table.magnetic_writes},
        "Schema": table.schema,
    }


def _page(member: str, items: Iterable[Any], request: Shape) -> Shape:
    first, count = int(request.get("NextToken", "0")), request.get("MaxResults", 20)
    whole = [*items]
    last = first + count
    return {member: whole[first:last]} | ({"NextToken": str(last)} if last < len(whole) else {})
