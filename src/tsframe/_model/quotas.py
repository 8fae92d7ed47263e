"""The quotas of an account and of its tables; AWS's own by default, others for tests."""

from __future__ import annotations

from dataclasses import dataclass

from tsframe._model import limits


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much of each there may be (developer guide, "Quotas")."""

    databases: int = limits.MAX_DATABASES
    tables: int = limits.MAX_TABLES
    batch_loads: int = limits.MAX_BATCH_LOADS
    """Active tasks of batch load."""
    batch_loads_of_table: int = limits.MAX_BATCH_LOADS_OF_TABLE
    """Active tasks of batch load into one table."""
    tags: int = limits.MAX_TAGS
    """Of one resource."""
    dimensions: int = limits.MAX_DIMENSIONS
    """Of one table."""
    measure_names: int = limits.MAX_MEASURE_NAMES
    """Of one table."""
    measures: int = limits.MAX_MEASURES_PER_TABLE
    """Names of measures in the multi-measure records of one table."""


AWS_QUOTAS = Quotas()
