"""The same columns as a frame of every library."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa


def pandas_of_arrow(columns: dict[str, Any]) -> pd.DataFrame:
    return pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)


FRAMES = {"pandas": pd.DataFrame, "pandas-arrow": pandas_of_arrow, "polars": pl.DataFrame, "pyarrow": pa.table}


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """The rows of a frame of any library."""
    if isinstance(frame, pd.DataFrame):
        return frame.to_dict("records")
    return frame.to_dicts() if isinstance(frame, pl.DataFrame) else frame.to_pylist()
