"""Databases, tables and their settings: small frozen values, right by construction."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from tsframe._model import limits
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from datetime import datetime

    from tsframe._model.places import Place
    from tsframe._model.types import ScalarType

Role = Literal["dimension", "measure_name", "time", "measure"]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each store keeps a record; the age of a record is that of its time."""

    memory_store_hours: int = limits.DEFAULT_MEMORY_STORE_HOURS
    magnetic_store_days: int = limits.DEFAULT_MAGNETIC_STORE_DAYS

    def __post_init__(self) -> None:
        _check_range("memory_store_hours", self.memory_store_hours, limits.MAX_MEMORY_STORE_HOURS)
        _check_range("magnetic_store_days", self.magnetic_store_days, limits.MAX_MAGNETIC_STORE_DAYS)

    @property
    def memory_nanoseconds(self) -> int:
        """The memory store's retention in nanoseconds."""
        return self.memory_store_hours * 3_600 * 1_000_000_000

    @property
    def total_nanoseconds(self) -> int:
        """The life of a record in nanoseconds: both retentions after each other."""
        return self.memory_nanoseconds + self.magnetic_store_days * 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """The dimension that a table is divided by, chosen when the table is made."""

    dimension: str
    required: bool = False
    """Whether records without the dimension are rejected."""


BY_MEASURE_NAME: Final = PartitionKey("")
"""The usual way to divide a table: by measure name. A table's own ``partition_key`` is ``None`` then."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database as the service describes it. Times are UTC; ``None`` where an endpoint does not tell them."""

    name: str
    arn: str
    tables: int
    kms_key: str
    created: datetime | None
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the service describes it. Times are UTC; ``None`` where an endpoint does not tell them."""

    database: str
    name: str
    arn: str
    status: str
    retention: Retention
    magnetic_writes: bool
    rejected_data: Place
    partition_key: PartitionKey | None
    created: datetime | None
    updated: datetime | None

    @property
    def rejected_to(self) -> str | None:
        """Where late records are reported that lose to a stored version: ``"s3://bucket/prefix"``."""
        return self.rejected_data.location


@dataclass(frozen=True, slots=True)
class TableChange:
    """What CreateTable or UpdateTable is asked for; what is not said stays, or is the service's default."""

    memory_store_hours: int | None = None
    magnetic_store_days: int | None = None
    magnetic_writes: bool | None = None
    rejected_data: Place | None = None
    """An empty one takes the place away."""
    partition_key: PartitionKey | None = None

    def retention(self, current: Retention) -> Retention:
        """Return the retention after the change."""
        return Retention(
            current.memory_store_hours if self.memory_store_hours is None else self.memory_store_hours,
            current.magnetic_store_days if self.magnetic_store_days is None else self.magnetic_store_days,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, as DESCRIBE shows it."""

    name: str
    role: Role
    type: ScalarType


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table, in the service's order, and the types of its measure names."""

    columns: tuple[Column, ...] = ()
    measure_names: dict[str, str] = field(default_factory=dict[str, str])
    """A scalar type, or ``MULTI``."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds at one moment; times are nanoseconds since 1970 UTC."""

    rows: int
    series: int
    memory_store: int
    magnetic_store: int
    first_time: int | None
    last_time: int | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a table to read; times are nanoseconds since 1970 UTC."""

    columns: tuple[str, ...] | None = None
    """None reads all."""
    start: int | None = None
    """The first time that is read."""
    end: int | None = None
    """The first time that is not read any more."""
    where: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """For each dimension named, the values that are read."""


_NOT_IN_TAGS = re.compile(r"[^\w\s+\-=.:/]")
"""Developer guide, "Tag restrictions"; ``\\w`` has the underscore."""


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags if the service takes them (developer guide, "Tag restrictions")."""
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.MAX_TAG_KEY:
            message = f"tag key {key!r} has {len(key)} characters; it needs 1 to {limits.MAX_TAG_KEY}"
            raise ValidationError(message)
        for what, text in (("key", key), ("value", value)):
            if strange := _NOT_IN_TAGS.search(text):
                message = (
                    f"tag {what} {text!r} holds {strange[0]!r}; it may hold letters, digits, blanks and + - = . _ : /"
                )
                raise ValidationError(message)
        if key.startswith("aws:"):
            message = f"tag key {key!r} starts with 'aws:', which AWS keeps for itself"
            raise ValidationError(message)
        if len(value) > limits.MAX_TAG_VALUE:
            message = f"the value of tag {key!r} has {len(value)} characters; it may have {limits.MAX_TAG_VALUE}"
            raise ValidationError(message)
    return tags


def _check_range(what: str, value: int, largest: int) -> None:
    if not 1 <= value <= largest:
        message = f"{what}={value!r} is out of range: it needs 1 to {largest}"
        raise ValidationError(message)
