"""Error reports as the service puts them into buckets: what it could not load, and late records that it took and lost.

The report of a batch load is the developer guide's ("Using batch load error reports"). That of late records is not
published; it is written as those of scheduled queries, which come from the same machinery.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from tsframe._model.types import MULTI, ScalarType
from tsframe._wire.texts import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tsframe._model.records import Measure, RecordBatch
    from tsframe.typing import Integers

_TIME_UNIT = "NANOSECONDS"


def batch_load_report(task: str, faults: Iterable[Sequence[Any]]) -> bytes:
    """Write what a task could not load, from file, reason, first and last line, in order."""
    rows = [*faults]
    files: list[dict[str, Any]] = []
    for file, of_file in groupby((row for row in rows if row[0] is not None), lambda row: row[0]):
        errors: list[dict[str, Any]] = []
        for reason, of_reason in groupby(of_file, lambda row: row[1]):
            ranges = [[first, last] for _, _, first, last in of_reason if first is not None]
            errors.append({"reason": reason, "lineRanges": ranges})
        files.append({"fileName": file, "errors": errors})
    own = [{"reason": reason} for file, reason, _, _ in rows if file is None]
    return orjson.dumps({"taskId": task, "taskErrors": own, "fileErrors": files}, option=orjson.OPT_INDENT_2)


def late_report(report: str, batch: RecordBatch, reasons: Sequence[str]) -> bytes:
    """Write records that lost to a stored version after they were taken; each has its reason."""
    errors: list[dict[str, Any]] = []
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for reason, record in zip(reasons, _records(batch), strict=True):
        if reason not in by_reason:
            by_reason[reason] = []
            errors.append({"reason": reason, "records": by_reason[reason]})
        by_reason[reason].append(record)
    return orjson.dumps({"reportId": report, "errors": errors}, option=orjson.OPT_INDENT_2)


def _records(batch: RecordBatch) -> list[dict[str, Any]]:
    dimensions = {name: column.to_pylist() for name, column in batch.dimensions.items()}
    measures = [(measure, _texts(measure, np.ones(len(batch), np.int64))) for measure in batch.measures]
    names, versions, times = batch.names().to_pylist(), batch.versions().tolist(), batch.times.tolist()
    records: list[dict[str, Any]] = []
    for row in range(len(batch)):
        singles = [(measure, texts[row]) for measure, texts in measures if measure.single and texts[row] is not None]
        multi = [
            {"name": measure.name, "value": texts[row], "type": str(measure.type)}
            for measure, texts in measures
            if not measure.single and texts[row] is not None
        ]
        records.append(
            {
                "dimensions": [
                    {"name": name, "value": values[row], "dimensionValueType": None}
                    for name, values in dimensions.items()
                    if values[row] is not None
                ],
                "measureName": names[row],
                "measureValue": singles[0][1] if singles else None,
                "measureValues": multi or None,
                "measureValueType": str(singles[0][0].type) if singles else MULTI,
                "time": str(times[row]),
                "timeUnit": _TIME_UNIT,
                "version": versions[row],
            }
        )
    return records


def _texts(measure: Measure, divisors: Integers) -> list[str | None]:
    if measure.type is ScalarType.VARCHAR:
        return measure.values.to_pylist()
    return written(measure.type, measure.values, divisors).to_pylist()
