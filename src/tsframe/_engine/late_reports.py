"""Error reports of late records: taken for the magnetic store, then lost to a stored version.

The service compares versions there after it has answered, and says in the table's place for rejected data which records
lost. Neither its layout nor its keys are published; these are inferred.
"""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tsframe._engine.buckets import BucketError
from tsframe._wire.reports import late_report

if TYPE_CHECKING:
    import pyarrow as pa

    from tsframe._engine.buckets import Buckets
    from tsframe._model.records import RecordBatch
    from tsframe._model.tables import Table

_log: Final = logging.getLogger("tsframe")


def write_report(buckets: Buckets, table: Table, batch: RecordBatch, lost: pa.Table, now: int) -> None:
    """Put a report of lost records (``REJECTIONS``) where a table has them put, if it has them put anywhere.

    The records are taken, so what keeps a report from being written is no fault of the write: the log tells.
    """
    place = table.rejected_data
    if place.bucket is None:
        return
    report = uuid.uuid4().hex.upper()
    day = datetime.fromtimestamp(now // 1_000_000_000, UTC).date().isoformat()
    parts = ((place.prefix or "").rstrip("/"), table.database, table.name, day, f"{report}.json")
    content = late_report(report, batch.take(lost["record"].to_numpy()), lost["reason"].to_pylist())
    try:
        buckets.write(place, "/".join(filter(None, parts)), content)
    except BucketError as error:
        _log.error("%d late records lost to stored versions, and their report was not written: %s", len(lost), error)
