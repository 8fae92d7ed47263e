"""The boto3 clients of one target, made when they are first needed."""

from __future__ import annotations

import ipaddress
import threading
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoRegionError, ProfileNotFound

from tsframe._aws.pacing import MOST
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable

READ_TIMEOUT: Final = 20
"""Seconds without a byte of an answer, as AWS's samples have it."""
_NAMES: Final = ("timestream-write", "timestream-query")
_PROFILE: Final = "profile"
_LOOPBACK_KEYS: Final = {"aws_access_key_id": "tsframe", "aws_secret_access_key": "tsframe"}
"""For an endpoint on this machine, which needs no account; never for another."""


class Clients:
    """The way to one target. Safe between threads."""

    def __init__(self, name: str, make: Callable[[str, Config | None], Any], *, brought: bool = False) -> None:
        self.name = name
        """What to show: the target, without credentials."""
        self._make = make
        self.brought = brought
        """Whether the clients are the caller's own."""
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_target(cls, target: str) -> Self:
        """Make clients for ``"aws"``, ``"aws://region?profile=name"``, or the address of an endpoint."""
        if target.startswith(("http://", "https://")):
            return cls._of_endpoint(target)
        parts = urlsplit(target if "://" in target else f"{target}://")
        said = parse_qs(parts.query, keep_blank_values=True)
        unknown = sorted(said.keys() - {_PROFILE})
        if unknown or parts.path.strip("/"):
            found = repr(unknown[0]) if unknown else repr(parts.path)
            message = (
                f"connect({target!r}): {found} is not understood; write 'aws://region' or 'aws://region?profile=name'"
            )
            raise TimestreamError(message)
        profile = said.get(_PROFILE, [None])[-1]
        session = _session(target, profile_name=profile, region_name=parts.netloc or None)
        return cls.from_session(session, target)

    @classmethod
    def from_session(cls, session: Any, name: str | None = None) -> Self:  # noqa: ANN401 - see ``_session``
        """Make clients of a session."""
        return cls(
            name or f"aws://{session.region_name or ''}", lambda service, config: session.client(service, config=config)
        )

    @classmethod
    def from_client(cls, client: Any) -> Self:  # noqa: ANN401 - boto3's clients have no types of their own
        """Take a client of either service as it is."""
        meta = getattr(client, "meta", None)
        found = meta and meta.service_model.service_name
        if found not in _NAMES:
            what = f"a client of {found!r}" if found else repr(client)
            message = f"connect(client=…): {what} is no client of {' or '.join(map(repr, _NAMES))}: make one with boto3"
            raise TimestreamError(message)
        return cls.from_clients(write_client=client) if found == _NAMES[0] else cls.from_clients(query_client=client)

    @classmethod
    def from_clients(cls, *, write_client: object = None, query_client: object = None) -> Self:
        """Take clients as they are."""
        brought: dict[str, Any] = dict(zip(_NAMES, (write_client, query_client), strict=True))
        for name, client in brought.items():
            found = client and client.meta.service_model.service_name
            if client is not None and found != name:
                message = f"a client of {found!r} was given where one of {name!r} belongs"
                raise TimestreamError(message)

        def make(name: str, _config: Config | None) -> Any:  # noqa: ANN401
            if brought[name] is None:
                message = f"the connection has no client of {name!r}: give one to connect"
                raise TimestreamError(message)
            return brought[name]

        meta = next(client.meta for client in brought.values() if client is not None)
        return cls(meta.endpoint_url, make, brought=True)

    @classmethod
    def _of_endpoint(cls, address: str) -> Self:
        session = _session(address)
        region = session.region_name or "us-east-1"
        keys = _LOOPBACK_KEYS if _is_loopback(address) and session.get_credentials() is None else {}

        def make(name: str, config: Config | None) -> Any:  # noqa: ANN401
            return session.client(name, endpoint_url=address, region_name=region, config=config, **keys)

        return cls(address, make)

    @property
    def control(self) -> Any:  # noqa: ANN401 - boto3's clients have no types of their own
        """The client for everything but WriteRecords, with botocore's own retries."""
        return self._get("control", "timestream-write", None)

    @property
    def write(self) -> Any:  # noqa: ANN401
        """The client for WriteRecords, which makes one attempt; a brought client is used as it is."""
        if self.brought:
            return self.control
        return self._get("write", "timestream-write", _config_of_writer(self.control))

    @property
    def query(self) -> Any:  # noqa: ANN401
        """The client for queries."""
        return self._get("query", "timestream-query", None)

    def client(self, name: str) -> Any:  # noqa: ANN401
        """Return the client of a service."""
        if name not in _NAMES:
            message = f"client({name!r}): the clients are {' and '.join(map(repr, _NAMES))}"
            raise TimestreamError(message)
        return self.control if name == _NAMES[0] else self.query

    @property
    def region(self) -> str:
        """The region of the clients."""
        return self.control.meta.region_name

    def close(self) -> None:
        """Close the connections of clients that were made here."""
        with self._lock:
            made, self._made = self._made, {}
        if not self.brought:
            for client in made.values():
                client.close()

    def _get(self, key: str, name: str, config: Config | None) -> Any:  # noqa: ANN401
        with self._lock:
            if key not in self._made:
                self._made[key] = self._new(name, config)
            return self._made[key]

    def _new(self, name: str, config: Config | None) -> Any:  # noqa: ANN401
        try:
            return self._make(name, config)
        except NoRegionError as error:
            message = (
                f"connect({self.name!r}): no region is configured: write 'aws://eu-west-1', set AWS_DEFAULT_REGION, or "
                f"give the profile a region"
            )
            raise TimestreamError(message) from error
        except (BotoCoreError, ValueError) as error:
            message = f"connect({self.name!r}): {error}"
            raise TimestreamError(message) from error


def _session(target: str, **words: Any) -> Any:  # noqa: ANN401 - its stubs know each service by a literal name
    try:
        return boto3.Session(**words)
    except ProfileNotFound as error:
        known = boto3.Session().available_profiles
        message = f"connect({target!r}): {error}; the profiles are {known}"
        raise TimestreamError(message) from error


def _config_of_writer(control: Any) -> Config:  # noqa: ANN401
    """Return how to send many small requests; what is not said here is as the session has it."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=MOST,
        connect_timeout=10,
        read_timeout=READ_TIMEOUT,
        tcp_keepalive=True,
        # Bodies are made by the encoder, which its tests hold against botocore's own validator.
        parameter_validation=False,
        # botocore would put this text together anew for every request, twice (a sixth of its time, 1.44).
        user_agent=f"{control.meta.config.user_agent} tsframe/{version('tsframe')}",
    )


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
