"""The behaviour of Timestream, stated once, for every way to a service that claims it.

Tests here know the ``Service`` protocol and a movable clock, nothing of what is behind: the engine itself, the engine
behind boto3 in this process, or the engine behind boto3 and HTTP. What a client would ask with queries (what a table
holds) is asked of the engine on every way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from tests.conformance.batches import START
from tsframe._aws.clients import Clients
from tsframe._aws.service import AwsService
from tsframe._engine.service import EmbeddedService
from tsframe._model.tables import TableChange
from tsframe._server.botocore import client as answered_client
from tsframe._server.endpoint import Endpoint
from tsframe._server.http import Site
from tsframe._server.serving import InThread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe._model.tables import Table
    from tsframe._service import Service


SESSION = boto3.Session("key", "secret", region_name="us-east-1")


class Clock:
    """A clock that stands still until it is moved. Nanoseconds since 1970 UTC."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def forward(self, *, hours: float = 0, days: float = 0) -> None:
        self.now += int((hours + 24 * days) * 3_600_000_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Remote(AwsService):
    """A service behind the protocol of AWS, in boto3's hands; what it holds is asked of the engine behind."""

    def __init__(self, engine: EmbeddedService, clients: Clients, clock: Clock) -> None:
        super().__init__(clients)
        self.now = clock
        self.read_records = engine.read_records
        self.describe_columns = engine.describe_columns
        self.describe_contents = engine.describe_contents


@pytest.fixture
def engine(clock: Clock) -> Iterator[EmbeddedService]:
    service = EmbeddedService.open(":memory:", clock)
    yield service
    service.close()


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Endpoint, str]]:
    """An endpoint on HTTP and its address; each test puts its own engine behind."""
    endpoint = Endpoint(EmbeddedService.open(":memory:"))
    with InThread(Site(endpoint)) as server:
        yield endpoint, server.address


def http_client(address: str, config: Config | None = None) -> Any:
    return SESSION.client("timestream-write", endpoint_url=address, config=config)


@pytest.fixture(params=["engine", "in process", "http"])
def empty_service(request: pytest.FixtureRequest, engine: EmbeddedService, clock: Clock) -> Iterator[Service]:
    match request.param:
        case "engine":
            yield engine
        case "in process":
            made = answered_client(Endpoint(engine), "timestream-write", "us-east-1")
            yield Remote(engine, Clients.from_client(made), clock)
        case "http":
            endpoint, address = request.getfixturevalue("served")
            endpoint.service = engine
            made = http_client(address)
            remote = Remote(engine, Clients.from_client(made), clock)
            yield remote
            remote.close()
            made.close()


@pytest.fixture
def sensors(engine: EmbeddedService) -> Table:
    """The table iot.sensors: a day of memory store, ten days of magnetic store, no late records."""
    engine.create_database("iot", kms_key=None, tags={})
    return engine.create_table("iot", "sensors", TableChange(memory_store_hours=24, magnetic_store_days=10), tags={})


@pytest.fixture
def service(empty_service: Service, sensors: Table) -> Service:
    """A service with that table."""
    return empty_service


@pytest.fixture(params=["in process", "http"])
def client(request: pytest.FixtureRequest, engine: EmbeddedService) -> Iterator[Any]:
    """A boto3 client that sends what it is given, unchecked, and once."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    if request.param == "in process":
        yield answered_client(Endpoint(engine), "timestream-write", "us-east-1", config)
        return
    endpoint, address = request.getfixturevalue("served")
    endpoint.service = engine
    made = http_client(address, config)
    yield made
    made.close()


@pytest.fixture
def late_service(service: Service) -> Service:
    """The same with magnetic-store writes on."""
    service.update_table("iot", "sensors", TableChange(magnetic_writes=True))
    return service
