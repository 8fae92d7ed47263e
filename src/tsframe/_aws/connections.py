"""The kept connections of a botocore session to one address, without what the session does anew for each request."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from botocore import exceptions as boto
from urllib3 import exceptions as urllib3
from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest

_NEVER_AGAIN: Final = Retry(total=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: as much of botocore's ``AWSResponse`` as is read."""

    url: str
    status_code: int
    headers: Mapping[str, str]
    content: bytes
    raw: None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """Sends requests to one address."""

    pool: Any
    path: str

    @classmethod
    def of(cls, session: Any, url: str) -> Self | None:  # noqa: ANN401 - botocore has no types
        """Return those that a session has to an address; none if there is a proxy, or the session is unlike botocore's.

        It has sent a request there before, so that its certificates are set up.
        """
        proxies, manager = (getattr(session, name, None) for name in ("_proxy_config", "_manager"))
        if proxies is None or manager is None or proxies.proxy_url_for(url) is not None:
            return None
        parts = urlsplit(url)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return cls(manager.connection_from_url(url), path)

    def send(self, request: AWSPreparedRequest) -> Response:
        """Send a request; raise what botocore's session raises."""
        try:
            answer = self.pool.urlopen(
                method=request.method,
                url=self.path,
                body=request.body,
                headers=request.headers,
                retries=_NEVER_AGAIN,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,
            )
            return Response(request.url, answer.status, answer.headers, answer.read())
        except Exception as error:
            raise _as_botocore_has_it(error, request) from error


def _as_botocore_has_it(error: Exception, request: AWSPreparedRequest) -> Exception:
    """Return the exception of botocore for one of urllib3, by the table of its own ``URLLib3Session.send``."""
    url = request.url
    match error:
        case urllib3.SSLError():
            return boto.SSLError(endpoint_url=url, error=error)
        case urllib3.NewConnectionError() | socket.gaierror():
            return boto.EndpointConnectionError(endpoint_url=url, error=error)
        case urllib3.ConnectTimeoutError():
            return boto.ConnectTimeoutError(endpoint_url=url, error=error)
        case urllib3.ReadTimeoutError():
            return boto.ReadTimeoutError(endpoint_url=url, error=error)
        case urllib3.ProtocolError():
            return boto.ConnectionClosedError(error=error, request=request, endpoint_url=url)
        case _:
            return boto.HTTPClientError(error=error)
