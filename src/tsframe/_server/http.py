"""The endpoint on HTTP: a Starlette application. It knows sizes, times and signatures, no operation."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tsframe._server import metrics
from tsframe._server.endpoint import ALL_RIGHTS, MEDIA_TYPE, Answer, Endpoint, Rights, failed
from tsframe._server.metrics import Metrics
from tsframe._server.signatures import Received, Refused, verify
from tsframe._wire.errors import FrontError
from tsframe.errors import AccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from tsframe._server.credentials import Keys

_log = logging.getLogger("tsframe.server")
_PORT: Final = re.compile(r":[0-9]+$")
_TAKES_A_NAME: Final = re.compile(r"(?:^| )aws-sdk-js/3\.")
"""Of clients that take an address for a host's name and keep the scheme and the port that they have, as the SDK for
JavaScript 3.1138.0 does where its endpoint comes from the environment. All others need the scheme."""
_HOST: Final = re.compile(r"[a-zA-Z0-9._-]+(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    body_bytes: int = 8 * 2**20
    """Of a body. The service publishes no limit; requests of this client have 1 MiB at most."""
    body_seconds: float = 30.0
    """From the head of a request to the end of its body."""


@dataclass(frozen=True, slots=True)
class Site:
    """An endpoint with the rules of its address."""

    endpoint: Endpoint
    keys: Keys | None = None
    """Who may call; none: anybody on this machine."""
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)

    def application(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/", self._operate, methods=["POST"]),
                Route("/health", self._health),
                Route("/metrics", self._count),
            ],
            exception_handlers={HTTPException: _no_such_page},
        )

    async def _operate(self, request: Request) -> Response:
        began = time.perf_counter()
        with self.metrics.open.track_inprogress():
            body, fault = await self._body(request)
            received = time.perf_counter()
            key, rights, refused = ("", ALL_RIGHTS, failed(fault)) if fault else self._admit(request, body)
            answer = refused
            if answer is None:
                answer = await to_thread.run_sync(self._answer, request.headers, body, rights)
        ended = time.perf_counter()
        self.metrics.count(answer, size=len(body), seconds=ended - received)
        _log.info(
            "request",
            extra={
                "operation": answer.operation,
                "status": answer.status,
                "error": answer.error,
                "request_id": answer.request_id,
                "bytes": len(body),
                "milliseconds": round((ended - began) * 1000, 2),
                "records": answer.records,
                "rejected": answer.rejected,
            }
            | ({"key": key} if key else {}),
        )
        return Response(answer.body, answer.status, {"x-amzn-requestid": answer.request_id}, MEDIA_TYPE)

    def _answer(self, headers: Mapping[str, str], body: bytes, rights: Rights) -> Answer:
        return self.endpoint.answer(headers, body, address=_address(headers), rights=rights)

    async def _body(self, request: Request) -> tuple[bytes, FrontError | None]:
        """Read a request's body, or say why not."""
        most, said = self.limits.body_bytes, request.headers.get("content-length", "")
        too_large = FrontError("RequestEntityTooLargeException", f"a request may have {most} bytes")
        if said.isdigit() and int(said) > most:
            return b"", too_large
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > most:
                        return b"", too_large
                    chunks.append(chunk)
        except TimeoutError:
            message = f"the body did not arrive within {self.limits.body_seconds:g} seconds"
            return b"", FrontError("RequestTimeoutException", message)
        except ClientDisconnect:
            return b"", FrontError("RequestTimeoutException", "the body ended before its length was reached")
        return b"".join(chunks), None

    def _admit(self, request: Request, body: bytes) -> tuple[str, Rights, Answer | None]:
        """Return who asks and what they may do, or the answer that turns them away."""
        if self.keys is None:
            if _is_local(request.headers.get("host", "")):
                return "", ALL_RIGHTS, None
            # A page of the web whose name was made to mean this machine is kept out.
            message = (
                f"The host {request.headers.get('host', '')[:100]!r} is no name of this machine's own address, and "
                f"without --credentials only local clients are answered."
            )
            return "", ALL_RIGHTS, failed(AccessDeniedError(message))
        scope = request.scope
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        received = Received(request.method, path, scope["query_string"].decode("latin-1"), request.headers, body)
        try:
            key = verify(received, self.keys.get, now=datetime.now(UTC))
        except Refused as refused:
            return "", ALL_RIGHTS, failed(FrontError(refused.code, refused.message))
        return key.id, Rights(key.refusal, key.may_see), None

    async def _health(self, _request: Request) -> Response:
        # Where the store lies is for those who may open it anyway.
        where = {} if self.keys else {"where": self.endpoint.service.where}
        return JSONResponse({"status": "ok", "service": "timestream"} | where)

    async def _count(self, _request: Request) -> Response:
        return Response(self.metrics.written(), media_type=metrics.MEDIA_TYPE)


async def _no_such_page(request: Request, error: Exception) -> Response:
    """Answer what is asked of another path, or with another method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"{request.method} {request.url.path[:100]} is nothing here: operations are POST /"
    answer = failed(FrontError("UnknownOperationException", message))
    return Response(answer.body, status, {"x-amzn-requestid": answer.request_id}, MEDIA_TYPE)


def _address(headers: Mapping[str, str]) -> str:
    """Return the endpoint's address as the client wrote it, so that no answer sends it anywhere else."""
    said = headers.get("host", "")
    host = said if _HOST.fullmatch(said) else "localhost"
    if any(_TAKES_A_NAME.search(headers.get(header, "")) for header in ("user-agent", "x-amz-user-agent")):
        return _PORT.sub("", host)
    scheme = "https" if headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host}"


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0] if re.search(r":[0-9]*$", host) and not host.endswith("]") else host
    name = name.strip("[]").lower()
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name in {"localhost", ""} or name.endswith(".localhost")
