"""A mould of a signed request: what botocore made of one body, to cast the next ones without making it all again.

Address, headers and the text that is signed are botocore's, taken from a request that it sent; so are the credentials,
asked for anew each time, and the signature. Only the moment and the body's digest are put in. A mould is taken only if
casting the same body again gives the signature that botocore gave.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.awsrequest import AWSPreparedRequest, AWSRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<signed>[^,]+), Signature=[0-9a-f]{64}"
)
_OF_ONE_CALL: Final = frozenset({"authorization", "content-length", "amz-sdk-invocation-id", "amz-sdk-request"})
_MOMENT: Final = "X-Amz-Date"
_FRESH: Final = 60.0
"""Seconds for which a mould serves: discovered endpoints, and what a session says, may change."""


@dataclass(frozen=True, slots=True)
class Mould:
    """What the requests of one operation, of one set of credentials, have in common."""

    url: str
    headers: Mapping[str, str]
    canonical: str
    """The text that is signed, but for the body's digest at its end; it holds the first request's moment."""
    moment: str
    authorization: re.Match[str]
    token: str | None
    signer: Any
    until: float

    @classmethod
    def of(cls, sent: AWSPreparedRequest, body: bytes, signer: Any) -> Self | None:  # noqa: ANN401 - no types
        """Return the mould of a request that was sent; none if it was not signed in the usual way."""
        headers = {name: _text(value) for name, value in sent.headers.items()}
        authorization = _AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
        if authorization is None or _MOMENT not in headers:
            return None
        kept = {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_CALL}
        signed = {name: value for name, value in kept.items() if name.lower() in authorization["signed"].split(";")}
        auth = _auth(signer, authorization)
        request = AWSRequest(method=sent.method, url=sent.url, headers=signed, data=body)
        canonical, body_digest = auth.canonical_request(request).rsplit("\n", 1)
        mould = cls(
            url=sent.url,
            headers=kept,
            canonical=f"{canonical}\n",
            moment=headers[_MOMENT],
            authorization=authorization,
            token=auth.credentials.token,
            signer=signer,
            until=time.monotonic() + _FRESH,
        )
        same = body_digest == sha256(body).hexdigest()
        again = mould._cast(body, mould.moment)
        return mould if same and again and again.headers["Authorization"] == headers["Authorization"] else None

    def cast(self, body: bytes) -> AWSPreparedRequest | None:
        """Return a request with this body, signed now; none if the mould is worn out."""
        if time.monotonic() > self.until:
            return None
        return self._cast(body, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))

    def _cast(self, body: bytes, moment: str) -> AWSPreparedRequest | None:
        auth = _auth(self.signer, self.authorization)
        if (auth.credentials.access_key, auth.credentials.token) != (self.authorization["key"], self.token):
            return None
        about = AWSRequest()
        about.context["timestamp"] = moment
        canonical = self.canonical.replace(self.moment, moment) + sha256(body).hexdigest()
        signature = auth.signature(auth.string_to_sign(about, canonical), about)
        signed = f"SignedHeaders={self.authorization['signed']}, Signature={signature}"
        own = {
            _MOMENT: moment,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={auth.scope(about)}, {signed}",
            "Content-Length": str(len(body)),
        }
        # A dictionary does, and botocore's own kind would take a tenth of a request's time.
        headers: Any = {**self.headers, **own}
        return AWSPreparedRequest("POST", self.url, headers, body, stream_output=False)


def _auth(signer: Any, authorization: re.Match[str]) -> Any:  # noqa: ANN401 - as above
    return signer.get_auth_instance(authorization["service"], authorization["region"], "v4")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
