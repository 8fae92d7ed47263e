"""The endpoint without a socket: boto3 clients answered in process, through botocore's public ``before-send`` event.

Everything up to the signed request, and everything from its answer on, is botocore's: checks of parameters, retries,
parsing, exceptions. Only the socket is left out.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from botocore.httpsession import URLLib3Session

from tsframe._server.endpoint import MEDIA_TYPE, TARGET, Endpoint
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from botocore.config import Config

NAMES: Final = ("timestream-write", "timestream-query")
EVENTS: Final = tuple(f"before-send.{name}" for name in NAMES)
_making: Final = threading.Lock()
"""boto3's sessions are not to be shared between threads that make clients."""
_ADDRESS: Final = "http://embedded.tsframe.invalid"
"""Where nothing can ever be reached: a name that does not resolve (RFC 2606)."""


class _Raw(BytesIO):
    """A body as urllib3 hands it on."""

    def stream(self, _size: int | None = None, *, decode_content: bool | None = None) -> Iterator[bytes]:
        del decode_content
        yield self.read()


def answer(endpoint: Endpoint, request: AWSPreparedRequest) -> AWSResponse:
    """Answer what a client was about to send."""
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    body: Any = request.body or b""
    answered = endpoint.answer(
        headers, body.encode() if isinstance(body, str) else bytes(body), address=request.url.rstrip("/")
    )
    shown: Any = {
        "x-amzn-requestid": answered.request_id,
        "content-type": MEDIA_TYPE,
        "content-length": str(len(answered.body)),
    }
    return AWSResponse(request.url, answered.status, shown, _Raw(answered.body))


def client(endpoint: Endpoint, name: str, region: str, config: Config | None = None) -> Any:  # noqa: ANN401 - as boto3
    """Return a boto3 client that an endpoint answers; it needs no credentials and no configuration."""
    if name not in NAMES:
        message = f"client({name!r}): the clients are {' and '.join(map(repr, NAMES))}"
        raise TimestreamError(message)
    with _making:
        made: Any = _session().client(name, region, endpoint_url=_ADDRESS, config=config)  # type: ignore[call-overload]  # stubs: literal names

    def handle(request: AWSPreparedRequest, **_more: object) -> AWSResponse:
        return answer(endpoint, request)

    for event in EVENTS:
        made.meta.events.register_first(event, handle)
    return made


@cache
def _session() -> boto3.Session:
    """Return the session of all such clients, as a new one takes 70 ms to read AWS's models.

    It has no profile and no credentials of the machine: those are none of its business.
    """
    return boto3.Session(aws_access_key_id="tsframe", aws_secret_access_key="tsframe", region_name="us-east-1")  # noqa: S106


@contextmanager
def answering(endpoint: Endpoint) -> Generator[None]:
    """Let an endpoint answer all that any client of this process sends to Timestream.

    Sessions made meanwhile get a handler of ``before-send``, as the mocks of other services do it. Clients that are
    there already are met where they send.
    """
    send = URLLib3Session.send

    def handle(request: AWSPreparedRequest, **_more: object) -> AWSResponse:
        return answer(endpoint, request)

    def met(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        target = _text(request.headers.get("X-Amz-Target", ""))
        return answer(endpoint, request) if target.startswith(f"{TARGET}.") else send(session, request)

    handlers: list[Any] = [*BUILTIN_HANDLERS, *((event, handle) for event in EVENTS)]
    with (
        mock.patch("botocore.handlers.BUILTIN_HANDLERS", handlers),
        mock.patch("botocore.session.handlers.BUILTIN_HANDLERS", handlers),
        mock.patch.object(URLLib3Session, "send", met),
        # The session that boto3.client() shares: what it was made with is not what is asked for here.
        mock.patch("boto3.DEFAULT_SESSION", None),
    ):
        yield


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
