"""Clients that nobody here wrote talk to ``tsframe serve``: the AWS CLI and the AWS SDK for JavaScript.

They are told what the server says when it starts, and nothing else: no endpoint in a command or in code, no files. The
SDK for JavaScript is installed once, from ``sdks/``; where there is no Node, its tests are skipped.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from tests.server.processes import Served

SDKS = Path(__file__).parent / "sdks"
ENVIRONMENTS = Path(__file__).parents[2] / ".venv"
NODE = 20
"""The first Node that the SDK runs on."""
VARIABLES = ["AWS_ENDPOINT_URL_TIMESTREAM_WRITE", "AWS_ENDPOINT_URL"]


@dataclass(frozen=True)
class CommandLine:
    """The AWS CLI, a process for each call."""

    environment: dict[str, str]
    files: Path

    def run(self, operation: str, **members: Any) -> subprocess.CompletedProcess[str]:
        options = [text for name, value in members.items() for text in self._option(name, value)]
        words = [sys.executable, "-m", "awscli", "timestream-write", xform_name(operation, "-"), *options]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, env=self.environment, check=False)

    def ask(self, operation: str, **members: Any) -> dict[str, Any]:
        done = self.run(operation, **members)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    def refusal(self, operation: str, **members: Any) -> tuple[str, str]:
        done = self.run(operation, **members)
        found = re.fullmatch(
            rf"\s*An error occurred \((\w+)\) when calling the {operation} operation: (.*)\n", done.stderr
        )
        assert found, done
        assert (done.returncode, done.stdout) == (255, "")
        return found[1], found[2]

    def _option(self, name: str, value: Any) -> list[str]:
        option = f"--{xform_name(name, '-')}"
        if not isinstance(value, (dict, list)):
            return [option, str(value)]
        file = self.files / f"{name}.json"
        file.write_text(json.dumps(value))
        return [option, f"file://{file}"]


@dataclass(frozen=True)
class JavaScript:
    """The AWS SDK for JavaScript, a process and a client for each list of calls."""

    environment: dict[str, str]
    modules: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """Return what became of each call, and the addresses that Node asked."""
        # A script on the standard input finds packages from the folder that it is run in.
        words = ["node", "--input-type=module", "-", json.dumps(calls), json.dumps(self.settings)]
        script = (SDKS / "calls.mjs").read_text()
        done = subprocess.run(
            words,
            input=script,
            cwd=self.modules,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ask(self, operation: str, **members: Any) -> dict[str, Any]:
        (outcome,) = self.run((operation, members))["outcomes"]
        assert outcome["status"] == 200, outcome
        return outcome["output"]

    def refusal(self, operation: str, **members: Any) -> tuple[str, str]:
        (outcome,) = self.run((operation, members))["outcomes"]
        return outcome["name"], outcome["message"]


def lacks_node() -> str | None:
    """Tell what the SDK for JavaScript needs and this machine does not have."""
    if missing := [program for program in ("node", "npm") if not shutil.which(program)]:
        return f"not on PATH: {', '.join(missing)}"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    found = int(re.match(r"v(\d+)", version)[1])
    return f"Node is {version.strip()}; the SDK for JavaScript needs {NODE} or later" if found < NODE else None


@pytest.fixture(scope="session")
def modules():
    """The folder in which Node finds the SDK for JavaScript, made once for each lock file."""
    if lack := lacks_node():
        pytest.skip(lack)
    lock = SDKS / "package-lock.json"
    made = ENVIRONMENTS / f"sdks-{sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not made.exists():
        ENVIRONMENTS.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ENVIRONMENTS, prefix="sdks-making-") as folder:
            install(lock, Path(folder) / "modules")
            # Of two runs at once, one finds the folder of the other, which is the same.
            with suppress(OSError):
                (Path(folder) / "modules").rename(made)
    return made


def install(lock, folder):
    folder.mkdir()
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, folder)
    words = [shutil.which("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.fail(f"npm could not install the SDK for JavaScript:\n{done.stderr[-2000:]}", pytrace=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("served") / "store") as running:
        yield running


@pytest.fixture
def home(tmp_path):
    """A home without settings."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def told(served, home, endpoint=None):
    """What a client knows: what the server says to export; an endpoint takes the place of those that it says."""
    said = dict(re.findall(r"(AWS_\w+)=(\S+)", served.start))
    if endpoint is not None:
        said = {name: value for name, value in said.items() if "ENDPOINT" not in name} | endpoint
    return said | {"HOME": str(home), "PATH": os.environ["PATH"]}


@pytest.fixture(params=["the CLI", "JavaScript"])
def make_sdk(request, served, home, tmp_path):
    """Make a client that was told of the server."""
    if request.param == "the CLI":
        return lambda endpoint=None: CommandLine(told(served, home, endpoint), tmp_path)
    modules = request.getfixturevalue("modules")
    return lambda endpoint=None: JavaScript(told(served, home, endpoint), modules)


@pytest.fixture
def sdk(make_sdk):
    return make_sdk()


NUMBERS = itertools.count()


@pytest.fixture
def database():
    """The name of a database that nobody has made yet."""
    return f"iot{next(NUMBERS)}"


@pytest.fixture
def table(served, database):
    """A new table, as requests name it."""
    client = served.client()
    client.create_database(DatabaseName=database)
    client.create_table(DatabaseName=database, TableName="sensors")
    return {"DatabaseName": database, "TableName": "sensors"}


def multi(**changes):
    return {
        "Dimensions": [{"Name": "device", "Value": "a"}],
        "MeasureName": "climate",
        "MeasureValueType": "MULTI",
        "MeasureValues": [
            {"Name": "temp", "Value": "20.5", "Type": "DOUBLE"},
            {"Name": "note", "Value": "Größe 5 µm", "Type": "VARCHAR"},
        ],
        "Time": str(time.time_ns() // 10**6),
    } | changes


def scalar(**changes):
    return {
        "Dimensions": [{"Name": "device", "Value": "a"}],
        "MeasureName": "speed",
        "MeasureValue": "2.5",
        "Time": str(time.time_ns() // 10**6),
    } | changes


@pytest.mark.parametrize("variable", VARIABLES)
def test_databases_and_tables_are_made_and_deleted(make_sdk, served, database, variable):
    sdk = make_sdk({variable: served.address})
    names = {"DatabaseName": database, "TableName": "sensors"}
    hours_and_days = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 30}

    made = sdk.ask("CreateDatabase", DatabaseName=database)["Database"]
    sdk.ask(
        "CreateTable",
        **names,
        RetentionProperties=hours_and_days,
        MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True},
    )
    described = sdk.ask("DescribeTable", **names)["Table"]
    sdk.ask("DeleteTable", **names)
    sdk.ask("DeleteDatabase", DatabaseName=database)

    assert made["Arn"] == f"arn:aws:timestream:us-east-1:000000000000:database/{database}"
    assert described["TableStatus"] == "ACTIVE"
    assert described["RetentionProperties"] == hours_and_days
    assert described["MagneticStoreWriteProperties"] == {"EnableMagneticStoreWrites": True}
    assert database not in {one["DatabaseName"] for one in served.client().list_databases()["Databases"]}


@pytest.mark.parametrize("variable", VARIABLES)
def test_multi_measure_and_single_measure_records_are_written(make_sdk, served, table, variable):
    sdk = make_sdk({variable: served.address})

    written = sdk.ask("WriteRecords", **table, Records=[multi(), scalar()], CommonAttributes={"Version": 3})

    assert written == {"RecordsIngested": {"Total": 2, "MemoryStore": 2, "MagneticStore": 0}}


def test_a_rejected_record_is_told(sdk, served, table):
    old = scalar()
    served.client().write_records(**table, Records=[old])

    told = sdk.refusal("WriteRecords", **table, Records=[old | {"MeasureValue": "9.5"}])

    assert told == (
        "RejectedRecordsException",
        "One or more records have been rejected. See RejectedRecords for details.",
    )


def test_tables_are_listed_page_by_page(sdk, served, database):
    client = served.client()
    client.create_database(DatabaseName=database)
    for name in ("air", "soil", "water"):
        client.create_table(DatabaseName=database, TableName=name)

    first = sdk.ask("ListTables", DatabaseName=database, MaxResults=2)
    last = sdk.ask("ListTables", DatabaseName=database, MaxResults=2, NextToken=first["NextToken"])

    assert [one["TableName"] for one in first["Tables"]] == ["air", "soil"]
    assert [one["TableName"] for one in last["Tables"]] == ["water"]
    assert "NextToken" not in last


def test_a_table_is_updated(sdk, table):
    hours_and_days = {"MemoryStoreRetentionPeriodInHours": 48, "MagneticStoreRetentionPeriodInDays": 7}

    updated = sdk.ask("UpdateTable", **table, RetentionProperties=hours_and_days)["Table"]

    assert updated["RetentionProperties"] == hours_and_days


def test_tags_are_put_on_and_taken_off(sdk, served, database):
    arn = served.client().create_database(DatabaseName=database)["Database"]["Arn"]

    sdk.ask("TagResource", ResourceARN=arn, Tags=[{"Key": "team", "Value": "lab"}, {"Key": "room", "Value": "7"}])
    sdk.ask("UntagResource", ResourceARN=arn, TagKeys=["room"])

    assert sdk.ask("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "team", "Value": "lab"}]}


def test_the_sdk_for_javascript_tells_the_reason_of_each_rejected_record(served, table, home, modules):
    js = JavaScript(told(served, home), modules)
    old = scalar(Version=4)
    served.client().write_records(**table, Records=[old])

    records = [multi(), old | {"Version": 3}, scalar(Time="1000")]
    outcome = js.run(("WriteRecords", table | {"Records": records}))["outcomes"][0]

    lower, early = outcome["RejectedRecords"]
    assert (outcome["name"], outcome["status"]) == ("RejectedRecordsException", 419)
    assert lower == {
        "RecordIndex": 1,
        "Reason": "The record version 3 is lower than the existing version 4. A higher version is required to update "
        "the measure value.",
        "ExistingVersion": 4,
    }
    assert early["RecordIndex"] == 2
    assert early["Reason"].startswith("The record timestamp is outside the time range [")


# --- endpoint discovery: a client goes where the server says, so the server must say where the client already is


def has_ipv6():
    with suppress(OSError), socket.socket(socket.AF_INET6) as trial:
        trial.bind(("::1", 0))
        return True
    return False


@pytest.fixture(scope="module", params=["127.0.0.1", "localhost", "[::1]"])
def named(request, served, tmp_path_factory):
    """A server, and its address by one of its names."""
    if request.param != "[::1]":
        yield served, served.address.replace("127.0.0.1", request.param)
        return
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with Served(tmp_path_factory.mktemp("named") / "store", ("--host", "::1")) as running:
        assert running.address.startswith("http://[::1]:")
        yield running, running.address


def test_the_cli_is_sent_to_the_address_that_it_came_by(named, home, tmp_path):
    served, address = named
    cli = CommandLine(told(served, home, {VARIABLES[0]: address}), tmp_path)

    answer = cli.ask("DescribeEndpoints")

    assert answer == {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
    # It asks for the endpoints itself, first, and goes there.
    assert "Databases" in cli.ask("ListDatabases")


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_sdk_for_javascript_asks_no_address_but_that_of_the_environment(named, home, modules, variable):
    served, address = named
    js = JavaScript(told(served, home, {variable: address}), modules)

    done = js.run(("ListDatabases", {}), ("DescribeEndpoints", {}), ("ListTables", {}))

    assert [one["status"] for one in done["outcomes"]] == [200, 200, 200]
    assert done["asked"] == [address]


def test_the_sdk_for_javascript_asks_no_address_but_that_of_the_code(named, home, modules):
    served, address = named
    js = JavaScript(told(served, home, {}), modules, {"endpoint": address})

    done = js.run(("ListDatabases", {}), ("ListTables", {}))

    assert [one["status"] for one in done["outcomes"]] == [200, 200]
    assert done["asked"] == [address]
