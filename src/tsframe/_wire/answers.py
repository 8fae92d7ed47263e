"""What the service answers to WriteRecords: how many records each store took, and which records it rejected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsframe._model.records import Reason
from tsframe._model.sending import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsframe.typing import Flags

_REASONS: Final = (
    (re.compile("lower than the existing version"), Reason.LOWER_VERSION),
    (re.compile("already exists with the same time"), Reason.SAME_VERSION),
    (re.compile("outside the time range"), Reason.OUTSIDE_TIME_RANGE),
    (re.compile("partition key", re.IGNORECASE), Reason.NO_PARTITION_KEY),
    (re.compile("has the type .*; the record gives it"), Reason.TYPE_CONFLICT),
    (re.compile("has the name of a (measure|dimension) of the table"), Reason.NAME_CONFLICT),
    (re.compile("bytes, which is the limit of"), Reason.TOO_LARGE),
    (re.compile("; it cannot have "), Reason.TABLE_LIMIT),
)
"""The texts that have been seen of AWS, and those of our own engine behind its protocol; there is no code for them."""


class MalformedAnswerError(Exception):
    """An answer that does not account for every record of its request; whether they are stored is not known."""


def decode_answer(shape: Mapping[str, Any], records: int, request_id: str | None) -> Answer:
    """Read the answer to a request all of whose records were taken."""
    match shape.get("RecordsIngested"):
        case {"MemoryStore": int() as memory_store, "MagneticStore": int() as magnetic_store} if (
            memory_store + magnetic_store == records
        ):
            return Answer(memory_store, magnetic_store, request_id=request_id)
        case found:
            message = f"the answer to a request of {records} records says RecordsIngested={found!r}"
            raise MalformedAnswerError(message)


def decode_rejection(shape: Mapping[str, Any], late: Flags, request_id: str | None) -> Answer:
    """Read the error that names rejected records; the others were taken.

    It does not say which store took them. ``late`` tells, for each record of the request, whether it is older than what
    the memory store takes.
    """
    found = shape.get("RejectedRecords")
    try:
        refusals = tuple(_refusal(one) for one in found or ())
    except (KeyError, TypeError, AttributeError):
        refusals = ()
    indexes = [one.index for one in refusals]
    if not refusals or len(set(indexes)) < len(indexes) or not all(0 <= index < len(late) for index in indexes):
        message = f"the answer to a request of {len(late)} records says RejectedRecords={found!r}"
        raise MalformedAnswerError(message)
    taken = np.delete(late, indexes)
    magnetic_store = int(np.count_nonzero(taken))
    return Answer(len(taken) - magnetic_store, magnetic_store, refusals, request_id)


def _refusal(shape: Mapping[str, Any]) -> Refusal:
    reason = str(shape.get("Reason") or "no reason given")
    code = next((code for pattern, code in _REASONS if pattern.search(reason)), Reason.OTHER)
    return Refusal(int(shape["RecordIndex"]), str(code), reason, shape.get("ExistingVersion"))
