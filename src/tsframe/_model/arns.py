"""The names that AWS gives to resources, in the one account that an embedded service knows."""

from __future__ import annotations

from typing import Final

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"


def arn_of(database: str, table: str | None = None) -> str:
    """Return the resource name of a database or a table."""
    arn = f"arn:aws:timestream:{REGION}:{ACCOUNT}:database/{database}"
    return arn if table is None else f"{arn}/table/{table}"


def arn_of_user(name: str) -> str:
    """Return the resource name of who calls."""
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"
