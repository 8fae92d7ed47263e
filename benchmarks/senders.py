"""Who sends a frame to an endpoint, each in a process of its own: ``python -m benchmarks.senders SIDE FRAME URL``.

It sends some rows first, so that everything is loaded and connected, then all rows, and prints as JSON how many seconds
and how many seconds of processor time that took. Peers are imported where they are used: each is in one environment.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

TAGS: Final = 10
"""The frame begins with so many columns that are dimensions; its time follows, then its values."""
_DATABASE, _TABLE = "tsbs", "cpu"
_REGION, _KEY = "us-east-1", "benchmark"
_WARM: Final = 20_000
_MOST: Final = 100

Step: TypeAlias = Callable[[], object]


def tsframe_of_pandas(file: str, url: str) -> Iterator[Step]:
    """Write with tsframe from pandas."""
    yield from _tsframe(_pandas(file), url)


def tsframe_of_polars(file: str, url: str) -> Iterator[Step]:
    """Write with tsframe from Polars."""
    yield from _tsframe(_polars(file), url)


def tsframe_of_reader(file: str, url: str, rows: str) -> Iterator[Step]:
    """Write with tsframe from a reader, which has so many rows: those of the frame again and again, ever later."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    frame = pq.read_table(file).combine_chunks()
    place, time_column = TAGS, frame["time"]
    span = (pc.max(time_column).value - pc.min(time_column).value) + 10**10

    def batches(count: int) -> Iterator[pa.RecordBatch]:
        for number in range(-(-count // len(frame))):
            later = pc.add(time_column, pa.scalar(number * span, pa.duration("ns")))
            part = frame.set_column(place, frame.schema.field(place), later)
            yield from part.slice(0, count - number * len(frame)).to_batches()

    def write(count: int) -> None:
        _write(url, pa.RecordBatchReader.from_batches(frame.schema, batches(count)), count)

    yield lambda: write(_WARM)
    yield lambda: write(int(rows))


def awswrangler(file: str, url: str) -> Iterator[Step]:
    """Write with awswrangler, in one thread: with more it needs more processor time."""
    import awswrangler as wr  # noqa: PLC0415
    import boto3  # noqa: PLC0415

    frame = _pandas(file)
    wr.config.timestream_write_endpoint_url = url
    session = boto3.Session(_KEY, _KEY, region_name=_REGION)
    tags, values = frame.columns[:TAGS], frame.columns[TAGS + 1 :]

    def write(rows: pd.DataFrame) -> None:
        rejected = wr.timestream.write(
            rows,
            database=_DATABASE,
            table=_TABLE,
            time_col="time",
            measure_col=[*values],
            dimensions_cols=[*tags],
            measure_name=_TABLE,
            use_threads=False,
            boto3_session=session,
        )
        expect(rejected, [])

    yield from _steps(frame, write)


def boto3_loop(file: str, url: str) -> Iterator[Step]:
    """Write with boto3 as anybody would: a dictionary for each row, 100 of them a request."""
    import boto3  # noqa: PLC0415

    frame = _polars(file)
    tags, values = frame.columns[:TAGS], frame.columns[TAGS + 1 :]
    client = boto3.client(
        "timestream-write", _REGION, endpoint_url=url, aws_access_key_id=_KEY, aws_secret_access_key=_KEY
    )

    def send(records: list[dict[str, Any]]) -> None:
        answer = client.write_records(DatabaseName=_DATABASE, TableName=_TABLE, Records=records)
        expect(answer["RecordsIngested"]["Total"], len(records))

    def write(rows: pl.DataFrame) -> None:
        records = []
        for row in rows.iter_rows(named=True):
            records.append(as_record(row, tags, values))
            if len(records) == _MOST:
                send(records)
                records = []
        if records:
            send(records)

    yield from _steps(frame, write)


def as_record(row: dict[str, Any], tags: list[str], values: list[str]) -> dict[str, Any]:
    """Spell a row as a record that shares nothing with others."""
    return {
        "Dimensions": [{"Name": name, "Value": row[name]} for name in tags],
        "MeasureName": _TABLE,
        "MeasureValueType": "MULTI",
        "MeasureValues": [{"Name": name, "Value": str(row[name]), "Type": "DOUBLE"} for name in values],
        "Time": str(int(row["time"].timestamp() * 1000)),
    }


def floor(file: str, url: str) -> Iterator[Step]:
    """Send bodies that are encoded already: SHA-256 of each, and one connection that is kept."""
    import hashlib  # noqa: PLC0415
    from http.client import HTTPConnection  # noqa: PLC0415

    bodies = [request.body for request in _encoded(_prepared(_polars(file)))]
    connection = HTTPConnection(url.removeprefix("http://"))

    def send(some: list[bytes]) -> None:
        for body in some:
            hashlib.sha256(body).hexdigest()
            connection.request("POST", "/", body)
            connection.getresponse().read()

    yield lambda: send(bodies[: _WARM // _MOST])
    yield lambda: send(bodies)


def encoding(file: str, _url: str) -> Iterator[Step]:
    """Pack and encode, and send nothing."""
    batch = _prepared(_polars(file))
    yield lambda: _encoded(batch)
    yield lambda: _encoded(batch)


def line_protocol(file: str, _url: str) -> Iterator[Step]:
    """Serialise for InfluxDB 3, from pandas, and send nothing."""
    from influxdb_client_3 import PointSettings  # noqa: PLC0415
    from influxdb_client_3.write_client.client.write.dataframe_serializer import DataframeSerializer  # noqa: PLC0415

    frame = _pandas(file)
    said = {
        "data_frame_measurement_name": _TABLE,
        "data_frame_tag_columns": [*frame.columns[:TAGS]],
        "data_frame_timestamp_column": "time",
    }

    def serialise(rows: pd.DataFrame) -> None:
        expect(len(DataframeSerializer(rows, PointSettings(), **said).serialize()), len(rows))

    yield from _steps(frame, serialise)


def _tsframe(frame: Any, url: str) -> Iterator[Step]:
    yield from _steps(frame, lambda rows: _write(url, rows, len(rows)))


def _write(url: str, rows: Any, count: int) -> None:
    report = _connected(url).write(rows, f"{_DATABASE}.{_TABLE}", progress=False)
    expect((report.ingested, report.rows), (count, count))


@cache
def _connected(url: str) -> Any:
    import tsframe  # noqa: PLC0415

    return tsframe.connect(url)


def _prepared(frame: pl.DataFrame) -> Any:
    from tsframe._frames.batches import Rules, make_batch  # noqa: PLC0415
    from tsframe._frames.columns import Said, choose_columns  # noqa: PLC0415
    from tsframe._frames.libraries import to_arrow  # noqa: PLC0415

    table = to_arrow(frame)
    columns = choose_columns(frame, table.schema, Said(), {}, _TABLE)
    return make_batch(table, columns, Rules(), _TABLE).batch


def _encoded(batch: Any) -> list[Any]:
    from tsframe._wire import packing  # noqa: PLC0415
    from tsframe._wire.records import encode  # noqa: PLC0415

    packed = packing.pack(batch, "auto")
    return list(encode(_DATABASE, _TABLE, batch, packed, packing.shared(batch, packed)))


def _steps(frame: Any, action: Callable[[Any], None]) -> Iterator[Step]:
    some = frame[:_WARM]
    yield lambda: action(some)
    yield lambda: action(frame)


def _pandas(file: str) -> pd.DataFrame:
    import pandas  # noqa: PLC0415, ICN001

    return pandas.read_parquet(file)


def _polars(file: str) -> pl.DataFrame:
    import polars  # noqa: PLC0415, ICN001

    return polars.read_parquet(file)


def expect(found: object, expected: object) -> None:
    """Fail where a side did not do what it is measured for."""
    if found != expected:
        message = f"{found!r} where {expected!r} belongs"
        raise AssertionError(message)


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> int:
    """Return the most memory that this process ever held; not what it inherits from the one that started it."""
    status = Path("/proc/self/status")
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status.read_text())[0]) * 1024 if status.exists() else 0


_SIDES: Final[tuple[Callable[..., Iterator[Step]], ...]] = (
    tsframe_of_pandas,
    tsframe_of_polars,
    tsframe_of_reader,
    awswrangler,
    boto3_loop,
    floor,
    encoding,
    line_protocol,
)
SIDES: Final = {side.__name__: side for side in _SIDES}


def main(side: str, *arguments: str) -> None:
    """Warm up, measure, and print."""
    warm_up, measured = SIDES[side](*arguments)
    warm_up()
    began, busy = time.perf_counter(), _processor_time()
    measured()
    found = {"seconds": time.perf_counter() - began, "busy": _processor_time() - busy}
    print(json.dumps(found | {"peak": _peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
