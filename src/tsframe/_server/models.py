"""AWS's models of the two services as botocore ships them, and what the documentation says beyond them."""

from __future__ import annotations

from functools import cache
from typing import Final

from botocore.loaders import Loader

from tsframe._wire.constraints import Model
from tsframe._wire.reading import Reader

_NAME: Final = {"min": 3, "max": 256, "pattern": "[a-zA-Z0-9_.-]+"}

STRICTER: Final = {
    # API_CreateDatabase and API_CreateTable: "Length Constraints: Minimum length of 3. Maximum length of 256."
    "ResourceCreateAPIName": _NAME,
    # API_RejectedRecordsException and the pages of all other operations have the same for names that exist, but a name
    # that cannot be is as well one that is not there; ResourceNotFoundException is the recorded answer.
}
"""By shape: constraints that the pages of the API reference have and the model lacks."""


@cache
def write_model() -> Model:
    """Return the model of timestream-write."""
    return Model.of(Loader().load_service_model("timestream-write", "service-2"), STRICTER)


@cache
def records_reader() -> Reader:
    """Return what reads WriteRecords, the one operation whose requests are large."""
    return Reader(write_model(), "WriteRecords")


@cache
def query_operations() -> frozenset[str]:
    """Return the names of the operations of timestream-query."""
    return frozenset(Loader().load_service_model("timestream-query", "service-2")["operations"])
