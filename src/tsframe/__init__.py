"""Data frames into Amazon Timestream and back, on AWS or on the embedded engine.

Importing this module loads no other library: a name is fetched when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tsframe import errors
from tsframe._register import register

if TYPE_CHECKING:
    from tsframe._api import (
        create_database,
        create_table,
        delete_database,
        delete_table,
        describe,
        describe_database,
        describe_table,
        ensure_table,
        list_databases,
        list_tables,
        list_tags,
        plan,
        read,
        read_batches,
        replay,
        tag,
        untag,
        update_database,
        update_table,
        write,
    )
    from tsframe._connection import Connection, connect
    from tsframe._frames.libraries import set_backend
    from tsframe._model.sending import RequestEvent
    from tsframe._model.tables import Database, PartitionKey, Retention, Table
    from tsframe._model.units import WriteUnits
    from tsframe._plan import Price, WritePlan
    from tsframe._reading import TableDescription
    from tsframe._report import WriteReport
    from tsframe._resources import Drift, EnsuredTable
    from tsframe._watching import Counters

__version__ = "0.1.0"

__all__ = [
    "Connection",
    "Counters",
    "Database",
    "Drift",
    "EnsuredTable",
    "PartitionKey",
    "Price",
    "RequestEvent",
    "Retention",
    "Table",
    "TableDescription",
    "WritePlan",
    "WriteReport",
    "WriteUnits",
    "__version__",
    "connect",
    "create_database",
    "create_table",
    "delete_database",
    "delete_table",
    "describe",
    "describe_database",
    "describe_table",
    "ensure_table",
    "errors",
    "list_databases",
    "list_tables",
    "list_tags",
    "plan",
    "read",
    "read_batches",
    "replay",
    "set_backend",
    "tag",
    "untag",
    "update_database",
    "update_table",
    "write",
]

_HOMES = {
    "Connection": "_connection",
    "connect": "_connection",
    "set_backend": "_frames.libraries",
    "Database": "_model.tables",
    "PartitionKey": "_model.tables",
    "Retention": "_model.tables",
    "Table": "_model.tables",
    "RequestEvent": "_model.sending",
    "WriteUnits": "_model.units",
    "Price": "_plan",
    "WritePlan": "_plan",
    "Counters": "_watching",
    "TableDescription": "_reading",
    "WriteReport": "_report",
    "Drift": "_resources",
    "EnsuredTable": "_resources",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module 'tsframe' has no attribute {name!r}"
        raise AttributeError(message)
    found: object = getattr(importlib.import_module(f"tsframe.{_HOMES.get(name, '_api')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__]


register()
