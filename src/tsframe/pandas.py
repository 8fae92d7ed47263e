"""Gives pandas data frames ``.timestream``; ``import tsframe`` does so too, once pandas is imported."""

from __future__ import annotations

import pandas as pd

from tsframe._accessor import TimestreamAccessor

if not hasattr(pd.DataFrame, "timestream"):
    pd.api.extensions.register_dataframe_accessor("timestream")(TimestreamAccessor)
