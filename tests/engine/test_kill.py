"""Killed at any moment: no acknowledged write is lost, none is there by half."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time

import tsframe

WRITER = """
    import sys, time
    import pyarrow as pa, tsframe
    from datetime import UTC, datetime

    rows = 500
    ts = tsframe.connect(sys.argv[1])
    start = int(sys.argv[2])
    now = datetime.now(UTC)
    print("ready", flush=True)
    for number in range(start, start + 100_000):
        # Each write makes a series of its own, and moves one shared record to a higher version.
        ts.write(
            pa.table({
                "device": [f"w{number}"] * rows + ["shared"],
                "time": pa.array([1_000_000_000 * row for row in range(rows)] + [0]).cast(pa.timestamp("ns")),
                "value": [float(number)] * (rows + 1),
            }),
            "iot.sensors", version=number + 1,
        )
        print(number, flush=True)
"""
KILLS = 20
ROWS = 500


def test_sigkill_loses_no_acknowledged_write_and_leaves_none_half_done(tmp_path):
    store = str(tmp_path / "store")
    with tsframe.connect(store) as ts:
        ts.create_database("iot")
        ts.create_table("iot.sensors", magnetic_writes=True)
    acknowledged: list[int] = []
    chance = random.Random(20_13)

    for kill in range(KILLS):
        start = acknowledged[-1] + 1000 if acknowledged else 0
        acknowledged += _write_until_killed(store, start, chance.uniform(0.0, 0.25))
        if kill % 5 == 4:
            _check(store, acknowledged)

    assert len(acknowledged) >= KILLS


def _write_until_killed(store: str, start: int, seconds: float) -> list[int]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), store, str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        first = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        lines = [first, *writer.stdout.read().splitlines(keepends=True)]
    assert writer.returncode == -signal.SIGKILL
    # A line without its end was being written when the kill came; its write was done, but not yet told.
    return [int(line) for line in lines if line.endswith("\n")]


def _check(store: str, acknowledged: list[int]) -> None:
    with tsframe.connect(store) as ts:
        table = ts.read("iot.sensors", backend="pyarrow")
    counts = {row["values"]: row["counts"] for row in table["device"].value_counts().to_pylist()}
    shared = counts.pop("shared")
    written = {int(device.removeprefix("w")) for device in counts}
    newest = max(written)
    values = table.filter(pa_equal(table["device"], "shared"))["value"].to_pylist()
    assert set(acknowledged) <= written
    assert set(counts.values()) == {ROWS}
    assert (shared, values) == (1, [float(newest)])


def pa_equal(column, value):
    import pyarrow.compute as pc

    return pc.equal(column, value)
