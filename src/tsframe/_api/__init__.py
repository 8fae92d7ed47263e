"""The public functions: each finds the connection and calls its verb."""

from __future__ import annotations

from tsframe._api.data import describe, plan, read, read_batches, replay, write
from tsframe._api.resources import (
    create_database,
    create_table,
    delete_database,
    delete_table,
    describe_database,
    describe_table,
    ensure_table,
    list_databases,
    list_tables,
    list_tags,
    tag,
    untag,
    update_database,
    update_table,
)

__all__ = [
    "create_database",
    "create_table",
    "delete_database",
    "delete_table",
    "describe",
    "describe_database",
    "describe_table",
    "ensure_table",
    "list_databases",
    "list_tables",
    "list_tags",
    "plan",
    "read",
    "read_batches",
    "replay",
    "tag",
    "untag",
    "update_database",
    "update_table",
    "write",
]
