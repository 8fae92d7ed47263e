"""Clients that write at once and remember what was acknowledged, and a look at whether it is there.

Each record is a counter: its key says which, its version and its value how often it was written. Keys are shared
between clients, so that writes of one key race.

    python -m tests.server.load SECONDS CLIENTS        on a server of its own
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import tsframe
from tests.server.processes import Served

TABLES = ["alpha", "beta", "gamma"]
KEYS = 200
RECORDS = 50
Key = tuple[str, str, int]
"""Table, device and time."""


class Load:
    """What clients wrote and what was acknowledged."""

    def __init__(self, start: int, *, killed: bool = False) -> None:
        self.start = start
        self.killed = killed
        """Whether the server is killed meanwhile, so that an answer may be cut off after its head."""
        self.acknowledged: Counter[Key] = Counter()
        """The highest version of each record that was acknowledged."""
        self.requests = 0
        self.failures: list[str] = []
        self._version = 0
        self._lock = threading.Lock()

    def run(self, client: Any, until: float, rng: random.Random) -> None:
        while time.monotonic() < until:
            table = rng.choice(TABLES)
            keys = rng.sample(range(KEYS), RECORDS)
            with self._lock:
                self._version += 1
                version = self._version
            try:
                refused = self._write(client, table, keys, version)
            except BotoCoreError:
                return  # the server is gone; nothing was acknowledged
            with self._lock:
                self.requests += 1
                for place, key in enumerate(keys):
                    if place not in refused:
                        one = table, f"d{key % 10}", key
                        self.acknowledged[one] = max(self.acknowledged[one], version)

    def _write(self, client: Any, table: str, keys: list[int], version: int) -> set[int]:
        records = [
            {
                "Dimensions": [{"Name": "device", "Value": f"d{key % 10}"}],
                "Time": str(self.start + key),
                "MeasureValue": str(version),
            }
            for key in keys
        ]
        common = {"MeasureName": "count", "MeasureValueType": "BIGINT", "Version": version}
        try:
            client.write_records(DatabaseName="load", TableName=table, CommonAttributes=common, Records=records)
        except client.exceptions.RejectedRecordsException as error:
            rejected = error.response["RejectedRecords"]
            for one in rejected:
                # Only a write of a higher version may have come first.
                if not one.get("ExistingVersion", 0) > version:
                    self.failures.append(one["Reason"])
            return {one["RecordIndex"] for one in rejected}
        except ClientError as error:
            # An answer that was cut off has a status, and says nothing.
            if not (self.killed and not error.response["Error"]["Message"]):
                self.failures.append(str(error))
            return {*range(len(keys))}
        return set()


def prepare(client: Any) -> None:
    client.create_database(DatabaseName="load")
    for table in TABLES:
        client.create_table(DatabaseName="load", TableName=table)


def run(served: Served, load: Load, *, clients: int, seconds: float) -> list[threading.Thread]:
    """Start clients that write for some seconds."""
    until = time.monotonic() + seconds
    made = [
        threading.Thread(target=load.run, args=(served.client(), until, random.Random(number)))
        for number in range(clients)
    ]
    for one in made:
        one.start()
    return made


def faults(store: Path, load: Load) -> list[str]:
    """Return what is not as it was acknowledged."""
    found = [*load.failures]
    with tsframe.connect(store) as ts:
        for table in TABLES:
            held = ts.read(f"load.{table}", backend="pyarrow")
            times = [moment.value // 10**6 - load.start for moment in held["time"]]
            keys = [*zip(held["device"].to_pylist(), times, strict=True)]
            values = dict(zip(keys, held["measure_value::bigint"].to_pylist(), strict=True))
            if len(values) < len(keys):
                found.append(f"{table}: {len(keys) - len(values)} records are there twice")
            for (owner, device, key), version in load.acknowledged.items():
                if owner == table and values.get((device, key), 0) < version:
                    found.append(f"{table}: {device} {key} has {values.get((device, key))}, acknowledged {version}")
    return found


def main(seconds: float, clients: int) -> None:
    store = Path(tempfile.mkdtemp()) / "store"
    load = Load(int(time.time() * 1000))
    with Served(store) as served:
        prepare(served.client())
        for one in run(served, load, clients=clients, seconds=seconds):
            one.join()
    found = faults(store, load)
    lines = [f"{load.requests} requests, {len(load.acknowledged)} records, {len(found)} faults", *found[:20]]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
