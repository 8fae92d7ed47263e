"""Signature Version 4, checked: a request is what the holder of a secret signed, a moment ago, or it is refused.

The signature is botocore's own, made again from what the request says was signed; nothing is taken on trust before the
two agree. What decides about a request must be signed: the host, the moment, the operation and the body, whole.

Codes, words and the order of the checks are those of AWS's own front, as users of several services have quoted them.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPMessage

SERVICE: Final = "timestream"
WINDOW: Final = timedelta(minutes=15)
"""How far a request's date may be from now, either way."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TERMINATOR: Final = "aws4_request"
_PARAMETERS: Final = ("Credential", "Signature", "SignedHeaders")
_MUST_BE_SIGNED: Final = {
    "host": "'Host' or ':authority'",
    "x-amz-date": "'X-Amz-Date'",
    "x-amz-target": "'X-Amz-Target'",
}
"""What decides about a request, beside its body; the words are how AWS names them."""
_TOKEN: Final = "x-amz-security-token"  # noqa: S105 - the name of a header
_BODY_DIGEST: Final = "x-amz-content-sha256"
_MOST_HEADERS: Final = 100
"""botocore looks for each signed header among all: more than clients send would only cost time."""
_MOST_SHOWN: Final = 100
_DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_MISSING: Final = "MissingAuthenticationTokenException"
_INCOMPLETE: Final = "IncompleteSignatureException"
_UNRECOGNIZED: Final = "UnrecognizedClientException"
_INVALID: Final = "InvalidSignatureException"
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_BAD_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105 - words, no token


class Refused(Exception):  # noqa: N818 - what happens to the request, not what went wrong here
    """A request is not let in; code and message are what AWS would answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code: Final = code
        self.message: Final = message

    def __str__(self) -> str:
        """Return both, as a log would want them."""
        return f"{self.code}: {self.message}"


class Signer(Protocol):
    """What must be known of a key to check what it signed."""

    @property
    def secret(self) -> str: ...
    @property
    def session_token(self) -> str | None: ...


_S = TypeVar("_S", bound=Signer)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire: nothing decoded, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an Authorization header says, and when the request says it was signed; none of it is proved."""

    key: str
    day: str
    region: str
    service: str
    terminator: str
    headers: tuple[str, ...]
    signature: str
    date: str


class _Again(SigV4Auth):
    """botocore's signer, for headers that another has chosen: its own choice would leave some out."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        return request.headers


def verify(received: Received, lookup: Callable[[str], _S | None], *, now: datetime) -> _S:
    """Return the key that signed the request, or raise ``Refused``."""
    claim = _claim(received)
    _check_date(claim.date, now)
    _check_what_is_signed(claim, received.headers)
    _check_scope(claim)
    signer = lookup(claim.key)
    if signer is None:
        raise Refused(_UNRECOGNIZED, _BAD_TOKEN)
    if not _same(_signature(claim, received, signer.secret), claim.signature):
        raise _invalid(_MISMATCH)
    if not _same(received.headers.get(_TOKEN, ""), signer.session_token or ""):
        raise Refused(_UNRECOGNIZED, _BAD_TOKEN)
    return signer


# --- what the request claims -----------------------------------------------------------------------------------------


def _claim(received: Received) -> _Claim:
    authorization = received.headers.get("authorization")
    _check_not_presigned(received.query, authorization)
    if authorization is None:
        raise Refused(_MISSING, "Missing Authentication Token")
    algorithm, _, rest = authorization.strip(" ").partition(" ")
    found = dict(_pair(part, authorization) for part in rest.split(",")) if rest else {}
    date = received.headers.get("x-amz-date", "")
    _check_complete(found, date, authorization)
    if algorithm != _ALGORITHM:
        message = f"Unsupported AWS 'algorithm': '{_short(algorithm)}' (only {_ALGORITHM} for now). "
        raise _incomplete(message)
    key, day, region, service, terminator = _credential(found["Credential"])
    headers = tuple(found["SignedHeaders"].split(";"))
    return _Claim(key, day, region, service, terminator, headers, found["Signature"], date)


def _check_not_presigned(query: str, authorization: str | None) -> None:
    # Presigned requests say nothing of their body, and no client of Timestream makes them.
    if "x-amz-" not in query.lower():
        return
    if authorization is not None:
        message = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        raise _invalid(message)
    message = "A signature in the query string is not supported here: send it in an Authorization header."
    raise _invalid(message)


def _pair(part: str, authorization: str) -> tuple[str, str]:
    name, equal_sign, value = part.strip(" ").partition("=")
    if not equal_sign:
        message = (
            "Invalid key=value pair (missing equal-sign) in Authorization header "
            f"(hashed with SHA-256 and encoded with Base64): '{_hashed(authorization)}'."
        )
        raise _incomplete(message)
    return name, value


def _check_complete(found: Mapping[str, str], date: str, authorization: str) -> None:
    missing = [f"Authorization header requires '{name}' parameter. " for name in _PARAMETERS if not found.get(name)]
    if not date:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    if missing:
        hashed = f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"
        raise _incomplete("".join(missing) + hashed)


def _credential(text: str) -> list[str]:
    parts = text.split("/")
    if len(parts) != 5 or not all(parts):  # noqa: PLR2004 - the message says it
        message = (
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{_short(text)}'"
        )
        raise _incomplete(message)
    return parts


# --- whether the claim may stand -------------------------------------------------------------------------------------


def _check_date(text: str, now: datetime) -> None:
    moment = _moment(text)
    if moment < now - WINDOW:
        message = f"Signature expired: {text} is now earlier than {_written(now - WINDOW)} ({_written(now)} - 15 min.)"
        raise _invalid(message)
    if moment > now + WINDOW:
        message = (
            f"Signature not yet current: {text} is still later than {_written(now + WINDOW)} "
            f"({_written(now)} + 15 min.)"
        )
        raise _invalid(message)


def _moment(text: str) -> datetime:
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # digits that are no date
    message = (
        f"Date must be in ISO-8601 'basic format'. Got '{_short(text)}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )
    raise _incomplete(message)


def _check_what_is_signed(claim: _Claim, headers: Mapping[str, str]) -> None:
    needed = _MUST_BE_SIGNED | ({_TOKEN: "'X-Amz-Security-Token'"} if _TOKEN in headers else {})
    for name, words in needed.items():
        if name not in claim.headers:
            message = f"{words} must be a 'SignedHeader' in the AWS Authorization."
            raise _invalid(message)


def _check_scope(claim: _Claim) -> None:
    faults: list[str] = []
    if claim.service != SERVICE:
        faults.append(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if claim.terminator != _TERMINATOR:
        shown = _short(claim.terminator)
        faults.append(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{shown}'. ")
    if claim.day != claim.date[:8]:
        faults.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{_short(claim.day)}' != '{claim.date[:8]}', from '{claim.date}'."
        )
    if faults:
        raise _invalid("".join(faults))


# --- whether it is true ----------------------------------------------------------------------------------------------


def _signature(claim: _Claim, received: Received, secret: str) -> str:
    """Return the signature that the request should have."""
    _check_digest(received)
    url = f"http://endpoint{received.path}?{received.query}"  # the host that counts is the signed header
    headers = {name: received.headers[name] for name in claim.headers if name in received.headers}
    _check_is_readable(url, received, headers, claim)
    request = AWSRequest(received.method, url, headers, received.body)
    request.context["timestamp"] = claim.date
    auth = _Again(ReadOnlyCredentials(claim.key, secret, None), claim.service, claim.region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def _check_digest(received: Received) -> None:
    # botocore signs what this header says, whatever the body is: so it has to be the body's digest, and neither
    # UNSIGNED-PAYLOAD nor one of the words for a body that is signed in pieces.
    said = received.headers.get(_BODY_DIGEST)
    if said is not None and not _same(said, sha256(received.body).hexdigest()):
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise _invalid(message)


def _check_is_readable(url: str, received: Received, headers: Mapping[str, str], claim: _Claim) -> None:
    """Refuse what botocore would read as something else, or stumble over."""
    texts = (received.method, url, claim.region, *headers, *headers.values())
    plain = all(text.isascii() for text in texts) and received.path.startswith("/")
    parts = urlsplit(url) if plain else None
    whole = parts is not None and (parts.path, parts.query, parts.fragment) == (received.path, received.query, "")
    if not whole or len(headers) != len(claim.headers) or len(headers) > _MOST_HEADERS:
        raise _invalid(_MISMATCH)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


# --- words -----------------------------------------------------------------------------------------------------------


def _incomplete(message: str) -> Refused:
    return Refused(_INCOMPLETE, message)


def _invalid(message: str) -> Refused:
    return Refused(_INVALID, message)


def _hashed(text: str) -> str:
    """Return what AWS shows of a header that may hold a secret of another kind."""
    return base64.b64encode(sha256(text.encode("utf-8", "surrogatepass")).digest()).decode()


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(SIGV4_TIMESTAMP)
