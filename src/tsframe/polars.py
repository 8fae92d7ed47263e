"""Gives Polars data frames ``.timestream``; ``import tsframe`` does so too, once Polars is imported."""

from __future__ import annotations

import polars as pl

from tsframe._accessor import TimestreamAccessor

if not hasattr(pl.DataFrame, "timestream"):
    pl.api.register_dataframe_namespace("timestream")(TimestreamAccessor)
