"""An endpoint that takes every record and keeps none, as fast as may be: ``python -m benchmarks.sink`` prints its port.

All who send meet the same one, in a process of its own. It reads a request to its end, counts its records, and
answers; it looks at nothing else, so that what is measured is the sender.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).parents[1]
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_RECORD: Final = b'"MeasureValues"'
"""What each record of the frame has once: it is cheaper to count than to parse."""
_DESCRIBE: Final = b".DescribeTable"
_END_OF_HEAD: Final = b"\r\n\r\n"
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def running() -> Iterator[str]:
    """Start a sink, and stop it at the end; return its address."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(2 * 2**20)
    with connection:
        while end := _read(connection, buffer):
            connection.sendall(_answer(buffer, end))


def _read(connection: socket.socket, buffer: bytearray) -> int:
    """Read a request; return where it ends in the buffer, 0 at the end of a connection."""
    view = memoryview(buffer)
    count = at = 0
    while at < len(_END_OF_HEAD):
        more = connection.recv_into(view[count:])
        if not more:
            return 0
        count += more
        at = buffer.find(_END_OF_HEAD, 0, count) + len(_END_OF_HEAD)
    length = _LENGTH.search(buffer, 0, at)
    end = at + int(length[1]) if length else at
    while count < end:
        count += connection.recv_into(view[count:end])
    return end


def _answer(buffer: bytearray, end: int) -> bytes:
    described = buffer.find(_DESCRIBE, 0, min(end, 4_096)) > 0
    content = json.dumps(_described() if described else _taken(buffer.count(_RECORD, 0, end))).encode()
    return _HEAD % len(content) + content


def _taken(records: int) -> dict[str, object]:
    return {"RecordsIngested": {"Total": records, "MemoryStore": records, "MagneticStore": 0}}


def _described() -> dict[str, object]:
    table = {
        "Arn": "arn:aws:timestream:us-east-1:000000000000:database/tsbs/table/cpu",
        "DatabaseName": "tsbs",
        "TableName": "cpu",
        "TableStatus": "ACTIVE",
        "RetentionProperties": {
            "MemoryStoreRetentionPeriodInHours": 8_766,
            "MagneticStoreRetentionPeriodInDays": 73_000,
        },
        "CreationTime": time.time(),
        "LastUpdatedTime": time.time(),
    }
    return {"Table": table}


def main() -> None:
    """Listen until stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
