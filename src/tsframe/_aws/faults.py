"""What boto3 raises, told as our exceptions, with what to do; and what a failure means for a request.

A failed request is tried again if that may help, and is in doubt if its records may have been stored although no good
answer came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from botocore import exceptions as boto
from botocore.discovery import EndpointDiscoveryException, EndpointDiscoveryRefreshFailed
from botocore.parsers import ResponseParserError

from tsframe._wire.answers import MalformedAnswerError
from tsframe._wire.errors import ERRORS
from tsframe.errors import (
    AccessDeniedError,
    InternalServerError,
    ServiceError,
    ServiceUnreachableError,
    ThrottlingError,
    TimestreamError,
    ValidationError,
)

if TYPE_CHECKING:
    from tsframe._aws.clients import Clients

REGIONS: Final = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "us-gov-west-1",
)
"""Where Timestream for LiveAnalytics is (AWS General Reference)."""

_THROTTLING: Final = frozenset(
    {"ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"}
)
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_UNKNOWN_KEYS: Final = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"})
_CLOCK: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_CLOSED: Final = "Only existing Timestream for LiveAnalytics customers"

_NO_CREDENTIALS: Final = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.NoAuthTokenError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.MetadataRetrievalError,
)
_NEVER_LEFT: Final = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.ProxyConnectionError,
    boto.SSLError,
    EndpointDiscoveryException,
    *_NO_CREDENTIALS,
)
_NO_ANSWER: Final = (boto.HTTPClientError, boto.ConnectionError, ResponseParserError, MalformedAnswerError)
"""Failures of the way; a request may do better another time."""


def code_of(error: Exception) -> str:
    """Return AWS's name of an error, or the kind of the failure."""
    return str(_said(error).get("Code") or type(error).__name__)


def request_id_of(error: Exception) -> str | None:
    """Return AWS's number of the request, if there was an answer."""
    return _response(error).get("ResponseMetadata", {}).get("RequestId")


def throttled(error: Exception) -> bool:
    """Tell whether a request was refused because there were too many."""
    return code_of(error) in _THROTTLING or _status(error) == 429  # noqa: PLR2004  # too many requests


def retryable(error: Exception) -> bool:
    """Tell whether the same request may do better another time."""
    if isinstance(error, boto.ClientError):
        return throttled(error) or _status(error) >= 500 or code_of(error) == "InvalidEndpointException"  # noqa: PLR2004
    if isinstance(error, boto.SSLError):
        return False
    return isinstance(error, (*_NO_ANSWER, EndpointDiscoveryRefreshFailed))


def in_doubt(error: Exception) -> bool:
    """Tell whether the request may have been stored although no good answer came."""
    if isinstance(error, boto.ClientError):
        return _status(error) >= 500 or _status(error) < 400  # noqa: PLR2004  # what 4xx refuses is refused whole
    return not isinstance(error, _NEVER_LEFT)


def translate(error: Exception, *, doing: str, clients: Clients, table: str | None = None) -> Exception:
    """Return the exception to raise for one of boto3's: what was found, and what to do."""
    if isinstance(error, TimestreamError):
        return error
    if isinstance(error, boto.ClientError):
        return _answered(error, doing=doing, clients=clients, table=table)
    for kinds, raised, text in _FAILURES:
        if isinstance(error, kinds):
            found = text.format(where=clients.name, doing=doing, error=str(error).rstrip("."), region=_about(clients))
            return raised(found)
    return error


_FAILURES: Final[tuple[tuple[Any, type[ServiceError], str], ...]] = (
    (
        _NO_CREDENTIALS,
        AccessDeniedError,
        "{error}: configure credentials for boto3 (the environment, ~/.aws, a role), or name a profile",
    ),
    (boto.EndpointConnectionError, ServiceUnreachableError, "{where} did not answer {doing}: {error}. {region}"),
    (
        boto.SSLError,
        ServiceUnreachableError,
        "{where} did not answer {doing}: {error}. Check the address, the proxy and the certificates (AWS_CA_BUNDLE)",
    ),
    (
        EndpointDiscoveryException,
        ServiceUnreachableError,
        "{where} named no endpoint for {doing}: {error}. {region}, and the permission timestream:DescribeEndpoints",
    ),
    (
        (ResponseParserError, MalformedAnswerError),
        ServiceUnreachableError,
        "{where} gave an answer to {doing} that cannot be read: {error}",
    ),
    (_NO_ANSWER, ServiceUnreachableError, "{where} did not answer {doing}: {error}"),
    (boto.ParamValidationError, ValidationError, "{error}"),
)
"""What to raise for a failure without an answer; the first that fits."""


def out_of_patience(seconds: float, last: Exception | None, clients: Clients) -> Exception:
    """Return the exception after so many seconds in which nothing was settled."""
    waited = f"{clients.name} settled no request for {seconds:.0f} s"
    if last is None:
        return ServiceUnreachableError(f"{waited}, and answered none: write the rows in doubt again when it does")
    kind = type(last) if isinstance(last, (ThrottlingError, InternalServerError)) else ServiceUnreachableError
    remedy = "go on later with the same checkpoint, or connect with more patience"
    last_words = str(last).rstrip(".")
    return kind(
        f"{waited}; the last answer: {last_words}. {remedy[0].upper()}{remedy[1:]}",
        request_id=getattr(last, "request_id", None),
    )


def _answered(error: boto.ClientError, *, doing: str, clients: Clients, table: str | None) -> ServiceError:
    """Return the exception for an error that the service answered."""
    code, text = code_of(error), str(_said(error).get("Message") or "no reason was given").rstrip(".")
    kind = _kind(error, code)
    remedy = _remedy(code, text, doing=error.operation_name or doing, clients=clients, table=table)
    shown = f"{text} ({code})" if kind.code != code else text
    message = f"{shown}. {remedy[0].upper()}{remedy[1:]}" if remedy else f"{shown}."
    return kind(message, request_id=request_id_of(error))


def _kind(error: boto.ClientError, code: str) -> Any:  # noqa: ANN401 - a class that is made with a message
    if code in ERRORS:
        return ERRORS[code]
    status = _status(error)
    if throttled(error):
        return ThrottlingError
    if status >= 500:  # noqa: PLR2004
        return InternalServerError
    return AccessDeniedError if status in {401, 403} or code in _EXPIRED | _UNKNOWN_KEYS | _CLOCK else ServiceError


def _remedy(code: str, text: str, *, doing: str, clients: Clients, table: str | None) -> str:
    """Say what to do."""
    signature = code in {"InvalidSignatureException", "SignatureDoesNotMatch"}
    also = "" if doing == "DescribeEndpoints" else ", and timestream:DescribeEndpoints, which every call needs"
    on = f" on table {table!r}" if table else ""
    remedies = (
        (
            _CLOSED in text,
            "Timestream takes no new customers since June 2025; tsframe.connect() opens the embedded engine instead",
        ),
        (
            code in _EXPIRED,
            "the credentials have expired: renew them (aws sso login, or a new session token) and write again",
        ),
        (code in _UNKNOWN_KEYS, "the access key is unknown: check the profile and AWS_ACCESS_KEY_ID"),
        (
            code in _CLOCK or (signature and _is_about_time(text)),
            "this machine's clock is off: set it (AWS allows 5 minutes), and write again",
        ),
        (signature, "the secret key does not fit the access key: check the profile and AWS_SECRET_ACCESS_KEY"),
        (code == "AccessDeniedException", f"allow timestream:{doing}{on} to the caller{also}"),
        (
            code == "ResourceNotFoundException",
            f"the region is {clients.region!r}: check it, and the name; names are case sensitive",
        ),
    )
    return next((remedy for applies, remedy in remedies if applies), "")


def _about(clients: Clients) -> str:
    if clients.name.startswith("aws") and clients.region not in REGIONS:
        return f"Timestream is not in the region {clients.region!r}; it is in {', '.join(REGIONS)}"
    return "Check the network, the proxy, and the address or region"


def _is_about_time(text: str) -> bool:
    return re.search(r"(?i)expired|not yet current|too skewed", text) is not None


def _said(error: Exception) -> dict[str, Any]:
    return _response(error).get("Error", {})


def _status(error: Exception) -> int:
    return int(_response(error).get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)


def _response(error: Exception) -> dict[str, Any]:
    # Some errors of botocore have the attribute and nothing in it.
    return getattr(error, "response", None) or {}
