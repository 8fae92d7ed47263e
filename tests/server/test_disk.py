"""A served store on a disk that is full, or may not be written: clear answers, and nothing acknowledged is lost.

Tests mount file systems of their own, which they alone see: see ``tests/engine/test_storage.py``.
"""

from __future__ import annotations

import json

from tests.engine.test_storage import run_with_mounts

FULL = """
    import json, pathlib, subprocess, sys, time
    import tsframe
    from botocore.exceptions import ClientError
    from tests.server.processes import Served

    folder = pathlib.Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", folder], check=True)
    start = time.time_ns() // 10**6
    acknowledged, refusals, after = 0, set(), 0

    def write(client, number, count=100):
        records = [{
            "Dimensions": [{"Name": "device", "Value": f"d{row}"}], "Time": str(start + number),
            "MeasureName": "note", "MeasureValueType": "VARCHAR", "MeasureValue": f"{number} {row} " + "x" * 1500,
        } for row in range(count)]
        return client.write_records(DatabaseName="iot", TableName="sensors", Records=records)["RecordsIngested"]

    with Served(folder / "store") as served:
        client = served.client()
        client.create_database(DatabaseName="iot")
        client.create_table(DatabaseName="iot", TableName="sensors")
        client.create_table(DatabaseName="iot", TableName="other")
        for number in range(2000):
            try:
                acknowledged += write(client, number)["Total"]
            except ClientError as error:
                answer = error.response
                refusals.add((answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"],
                              answer["Error"]["Message"].partition(" (")[0]))
                after += 1
                if after == 5:
                    break
        # It still answers, and a smaller request may fit.
        tables = [one["TableName"] for one in client.list_tables(DatabaseName="iot")["Tables"]]
        ended = served.stop()
    with tsframe.connect(folder / "store") as ts:
        found = ts.describe("iot.sensors").rows
    print(json.dumps([ended, acknowledged, found, sorted(refusals), tables]))
"""


def test_a_full_disk_refuses_what_does_not_fit_and_keeps_what_was_acknowledged(tmp_path):
    done = run_with_mounts(FULL, tmp_path)

    assert done.stderr == ""
    ended, acknowledged, found, refusals, tables = json.loads(done.stdout)
    assert (ended, tables) == (0, ["other", "sensors"])
    assert acknowledged == found > 0
    assert refusals == [[500, "InternalServerException", f"the disk of the store '{tmp_path}/store' is full"]]


READ_ONLY = """
    import pathlib, subprocess, sys
    import tsframe
    from tests.server.processes import command

    folder = pathlib.Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    tsframe.connect(folder / "store").close()
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    done = subprocess.run(command("--store", folder / "store"), capture_output=True, text=True)
    print(done.returncode, done.stderr)
"""


def test_a_store_that_may_not_be_written_is_not_served(tmp_path):
    done = run_with_mounts(READ_ONLY, tmp_path)

    assert done.stderr == ""
    assert done.stdout.strip() == (
        f"2 tsframe: the store '{tmp_path}/store' cannot be written: choose a folder that you may write"
    )
