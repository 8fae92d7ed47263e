"""Signature Version 4, from the side that checks it: who signed a request, and what has changed since.

After "Signature Version 4 for API requests" in the guide of IAM; botocore signs, this file shares no line with it.
"""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from tests.peer.answers import FRONT, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request), SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
NEEDED = {"host", "x-amz-date", "x-amz-target"}
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def check(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> None:
    """Refuse a request that was not signed with a secret that is known, or was changed afterwards."""
    if "authorization" not in headers:
        raise _refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = FORM.fullmatch(headers["authorization"])
    if found is None or not {*found["headers"].split(";")} >= NEEDED:
        raise _refused("IncompleteSignatureException", f"not a complete signature: {headers['authorization']}")
    if found["key"] not in secrets:
        raise _refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if found["service"] != "timestream":
        raise _refused("InvalidSignatureException", "Credential should be scoped to correct service: 'timestream'. ")
    if not hmac.compare_digest(_signature(found, headers, body, secrets[found["key"]]), found["signature"]):
        raise _refused("InvalidSignatureException", MISMATCH)


def _signature(found: re.Match[str], headers: Mapping[str, str], body: bytes, secret: str) -> str:
    signed = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in found["headers"].split(";"))
    request = f"POST\n/\n\n{signed}\n{found['headers']}\n{sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{found['scope']}\n{sha256(request.encode()).hexdigest()}"
    key = _signing_key(secret, found["day"], found["region"])
    return hmac.new(key, text.encode(), sha256).hexdigest()


@lru_cache(maxsize=16)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "timestream", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError(code, message, space=FRONT)
