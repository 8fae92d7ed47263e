"""Names for annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypedDict

__all__ = [
    "Backend",
    "ColumnName",
    "ColumnNames",
    "Concurrency",
    "DuplicatesRule",
    "Frame",
    "IntoFrame",
    "IntoProgress",
    "Layout",
    "Moment",
    "NullsRule",
    "Pack",
    "ReadOptions",
    "RejectedRule",
    "TableOptions",
    "TimeUnit",
    "WriteOptions",
]

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from tsframe._model.tables import PartitionKey

    Integers: TypeAlias = npt.NDArray[np.int64]
    Flags: TypeAlias = npt.NDArray[np.bool_]
    SeriesNumbers: TypeAlias = npt.NDArray[np.uint64]

Frame: TypeAlias = "pd.DataFrame | pl.DataFrame | pa.Table"
"""A data frame of one of the three libraries."""


class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


IntoFrame: TypeAlias = "pd.DataFrame | pl.DataFrame | _ArrowStream"
"""Any data frame: of pandas or Polars, or anything that exports an Arrow stream, as pyarrow's tables and readers do."""

TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns"]
"""A unit of time."""

Backend: TypeAlias = Literal["pandas", "polars", "pyarrow"]
"""The library that frames come back in."""

Layout: TypeAlias = Literal["auto", "wide", "long", "packed"]
NullsRule: TypeAlias = Literal["omit", "error"]
DuplicatesRule: TypeAlias = Literal["error", "last", "first", "version"]
RejectedRule: TypeAlias = Literal["raise", "return", "ignore-stale"]
Pack: TypeAlias = Literal["auto", "order"]
Concurrency: TypeAlias = "int | Literal['auto']"

Moment: TypeAlias = "datetime | date | np.datetime64 | str"
"""A moment: without a zone it is UTC; text is ISO 8601."""

ColumnName: TypeAlias = "str | pl.Expr"
"""A column's name, or a Polars selector of one column."""

ColumnNames: TypeAlias = "str | Sequence[str] | pl.Expr"
"""A column's name, several, or a Polars selector."""


class _Bar(Protocol):
    def update(self, n: int, /) -> object: ...


IntoProgress: TypeAlias = "bool | Callable[[int, int | None], object] | _Bar | None"
"""How to tell of progress: ``True``, a function of records done and in all, or an object like a bar of tqdm."""


class WriteOptions(TypedDict, total=False):
    """The options of ``tsframe.write``."""

    time: ColumnName | tuple[ColumnName, TimeUnit] | None
    dimensions: ColumnNames | None
    measures: ColumnNames | None
    measure_name: ColumnName | None
    version: int | ColumnName
    layout: Layout
    naive: str
    nulls: NullsRule
    duplicates: DuplicatesRule
    create: bool
    on_rejected: RejectedRule
    pack: Pack
    concurrency: Concurrency
    progress: IntoProgress
    checkpoint: str | os.PathLike[str] | None
    dead_letter: str | os.PathLike[str] | None
    max_cost: float | Decimal | None


class ReadOptions(TypedDict, total=False):
    """Which part of a table to read, as ``tsframe.read`` takes it."""

    start: Moment | None
    end: Moment | None
    columns: str | Sequence[str] | None
    where: Mapping[str, str | Sequence[str]] | None


class TableOptions(TypedDict, total=False):
    """The settings of a table, as ``tsframe.create_table`` takes them."""

    memory_store_hours: int
    magnetic_store_days: int
    magnetic_writes: bool
    rejected_to: str
    partition_key: str | PartitionKey
