"""Whoever holds the secret gets in; nobody gets in with anything else, and every refusal has AWS's words.

The requests are signed by botocore and by boto3's own clients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tsframe._server.signatures import Received, Refused, verify

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BODY = b'{"DatabaseName":"iot","TableName":"sensors","Records":[{"Time":"1"}]}'
HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "host": "127.0.0.1:8086",
    "x-amz-target": "Timestream_20181101.WriteRecords",
}
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
BAD_TOKEN = "The security token included in the request is invalid."
TRIES = settings(max_examples=300, deadline=None)


@dataclass(frozen=True)
class Known:
    secret: str
    session_token: str | None = None


ALONE = {ID: Known(SECRET)}
WITH_TOKEN = {ID: Known(SECRET, "the token")}


def request_of(
    *, body: bytes = BODY, headers: dict[str, str] | None = None, url: str = "http://127.0.0.1:8086/"
) -> AWSRequest:
    return AWSRequest("POST", url, HEADERS | (headers or {}), body)


def signed(
    request: AWSRequest | None = None,
    *,
    secret: str = SECRET,
    token: str | None = None,
    service: str = "timestream",
    region: str = "eu-west-1",
    at: datetime = NOW,
    signer: type[SigV4Auth] = SigV4Auth,
) -> Received:
    """A request signed by botocore, as a server gets it."""
    made = request or request_of()
    with patch("botocore.auth.get_current_datetime", return_value=at):
        signer(Credentials(ID, secret, token), service, region).add_auth(made)
    return received(made.prepare())


def received(sent: Any) -> Received:
    headers = {
        name.lower(): value if isinstance(value, str) else value.decode() for name, value in sent.headers.items()
    }
    path, _, query = sent.url.split("://", 1)[1].partition("/")[2].partition("?")
    return Received(sent.method, f"/{path}", query, headers, sent.body or b"")


def with_headers(request: Received, **changes: str | None) -> Received:
    names = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {name: value for name, value in (request.headers | names).items() if value is not None}
    return replace(request, headers=headers)


def reworded(request: Received, *changes: tuple[str, str]) -> Received:
    text = request.headers["authorization"]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return with_headers(request, authorization=text)


def refusal(request: Received, known: dict[str, Known] = ALONE, now: datetime = NOW) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        verify(request, known.get, now=now)
    return caught.value.code, caught.value.message


# --- who gets in -----------------------------------------------------------------------------------------------------


def test_the_key_that_signed_a_request_is_returned():
    assert verify(signed(), ALONE.get, now=NOW) is ALONE[ID]


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff" * 50_000], ids=["empty", "small", "large"])
def test_any_body_that_was_signed_is_accepted(body):
    assert verify(signed(request_of(body=body)), ALONE.get, now=NOW)


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "local"])
def test_a_signature_for_any_region_is_accepted(region):
    assert verify(signed(region=region), ALONE.get, now=NOW)


@pytest.mark.parametrize("minutes", [-15, -1, 1, 15])
def test_a_date_up_to_fifteen_minutes_off_is_accepted(minutes):
    assert verify(signed(at=NOW + timedelta(minutes=minutes)), ALONE.get, now=NOW)


def test_a_date_before_midnight_is_accepted_after_it():
    midnight = datetime(2026, 3, 15, tzinfo=UTC)

    assert verify(signed(at=midnight - timedelta(seconds=1)), ALONE.get, now=midnight)


def test_now_may_be_told_in_another_zone():
    elsewhere = NOW.astimezone(tz=datetime.fromisoformat("2026-03-14T21:00:00+09:00").tzinfo)

    assert verify(signed(), ALONE.get, now=elsewhere)


def test_a_path_and_a_query_that_were_signed_are_accepted():
    request = signed(request_of(url="http://127.0.0.1:8086/a%20b/c?x=1&a=%20&b"))

    assert (request.path, request.query) == ("/a%20b/c", "x=1&a=%20&b")
    assert verify(request, ALONE.get, now=NOW)


def test_a_header_that_was_not_signed_may_change():
    assert verify(with_headers(signed(), user_agent="other", x_forwarded_for="10.0.0.1"), ALONE.get, now=NOW)


def test_a_digest_of_the_body_may_be_sent_along():
    request = request_of(headers={"x-amz-content-sha256": sha256(BODY).hexdigest()})

    assert verify(signed(request), ALONE.get, now=NOW)


class SigningAll(SigV4Auth):
    """As SDKs of other languages do: headers that botocore would leave out are signed too."""

    def headers_to_sign(self, request):
        every = HTTPHeaders()
        for name, value in request.headers.items():
            every[name.lower()] = value
        return every


def test_headers_that_botocore_would_not_sign_are_accepted_if_another_signer_did():
    request = signed(request_of(headers={"user-agent": "other  sdk", "x-amzn-trace-id": "1"}), signer=SigningAll)

    assert "user-agent;x-amz-date;x-amz-target;x-amzn-trace-id" in request.headers["authorization"]
    assert verify(request, ALONE.get, now=NOW)
    assert refusal(with_headers(request, user_agent="another")) == ("InvalidSignatureException", MISMATCH)


def test_parameters_without_a_space_between_them_are_accepted():
    assert verify(reworded(signed(), (", ", ",")), ALONE.get, now=NOW)


def test_the_token_of_a_session_is_accepted_with_its_key():
    assert verify(signed(token="the token"), WITH_TOKEN.get, now=NOW)


@pytest.fixture
def captured(monkeypatch) -> Callable[..., Received]:
    """What boto3's client sends for an operation, caught before it leaves."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")

    def capture(service: str, operation: str, *, token: str | None = None, **parameters: Any) -> Received:
        client = boto3.Session(ID, SECRET, token, region_name="us-east-1").client(
            service, endpoint_url="http://127.0.0.1:8086", config=Config(retries={"total_max_attempts": 1})
        )
        found: list[Received] = []

        def catch(request: Any, **_: Any) -> AWSResponse:
            found.append(received(request))
            return AWSResponse(request.url, 200, {}, type("Raw", (), {"stream": lambda _: iter([b"{}"])})())

        client.meta.events.register("before-send", catch)
        getattr(client, operation)(**parameters)
        client.close()
        return with_headers(found[0], host="127.0.0.1:8086")  # which the HTTP library adds

    return capture


WRITE = {
    "DatabaseName": "iot",
    "TableName": "sensors",
    "Records": [{"Dimensions": [{"Name": "device", "Value": "größe"}], "MeasureName": "temp", "MeasureValue": "1.5"}],
}


def test_a_write_of_a_boto3_client_is_accepted(captured):
    request = captured("timestream-write", "write_records", **WRITE)

    assert b'"DatabaseName": "iot"' in request.body
    assert verify(request, ALONE.get, now=datetime.now(UTC)) is ALONE[ID]


def test_a_query_of_a_boto3_client_with_a_session_token_is_accepted(captured):
    request = captured("timestream-query", "query", token="the token", QueryString="select 1")

    assert request.headers["x-amz-target"] == "Timestream_20181101.Query"
    assert verify(request, WITH_TOKEN.get, now=datetime.now(UTC)) is WITH_TOKEN[ID]


def test_a_request_of_a_boto3_client_does_not_pass_for_another_operation(captured):
    request = captured("timestream-write", "list_databases")
    changed = with_headers(request, x_amz_target="Timestream_20181101.DeleteDatabase")

    assert refusal(changed, now=datetime.now(UTC)) == ("InvalidSignatureException", MISMATCH)


# --- what is missing, or malformed -----------------------------------------------------------------------------------


def test_a_request_without_a_signature_is_refused():
    assert refusal(with_headers(signed(), authorization=None)) == (
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_an_empty_header_is_told_all_that_is_missing():
    assert refusal(with_headers(signed(), authorization="")) == (
        "IncompleteSignatureException",
        (
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "(Hashed with SHA-256 and encoded with Base64) Authorization=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        ),
    )


@pytest.mark.parametrize("name", ["Credential", "Signature", "SignedHeaders"])
def test_a_missing_parameter_is_named(name):
    code, message = refusal(reworded(signed(), (f"{name}=", "Other=")))

    assert code == "IncompleteSignatureException"
    assert message.startswith(f"Authorization header requires '{name}' parameter. (Hashed")


def test_a_missing_date_is_named():
    code, message = refusal(with_headers(signed(), x_amz_date=None))

    assert code == "IncompleteSignatureException"
    assert message.startswith("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (")


def test_a_password_in_the_header_is_not_shown():
    code, message = refusal(with_headers(signed(), authorization="Basic cGFzc3dvcmQ"))

    assert code == "IncompleteSignatureException"
    assert message == (
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with "
        "Base64): '1brw1fsa7Htw2YiCAa5kQWeo73iC68HcfJNvyy7ks7E='."
    )


def test_another_algorithm_is_refused():
    assert refusal(reworded(signed(), ("SHA256 ", "SHA1 "))) == (
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only AWS4-HMAC-SHA256 for now). ",
    )


@pytest.mark.parametrize("scope", ["", "/a", "/20260314/eu-west-1/timestream", "/a/b/c/d/e", "/20260314//timestream/x"])
def test_a_credential_needs_five_parts(scope):
    request = reworded(signed(), (f"{ID}/20260314/eu-west-1/timestream/aws4_request", f"{ID}{scope}"))

    assert refusal(request) == (
        "IncompleteSignatureException",
        (
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got 'AKIDEXAMPLE{scope}'"
        ),
    )


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "AWS4-HMAC-SHA256 " + "Credential=a," * 100_000, "AWS4-HMAC-SHA256 " + "/," * 500_000]
)
def test_a_very_long_header_gets_a_short_answer(text):
    code, message = refusal(with_headers(signed(), authorization=text))

    assert code == "IncompleteSignatureException"
    assert len(message) < 400


@pytest.mark.parametrize("old", ["Credential=AKIDEXAMPLE", "AWS4-HMAC-SHA256"])
def test_a_very_long_part_is_not_repeated_whole(old):
    code, message = refusal(reworded(signed(), (old, f"{old}{'/x' * 50_000}")))

    assert code == "IncompleteSignatureException"
    assert len(message) < 400


@pytest.mark.parametrize(
    "date",
    [
        "20260314T120000",
        "2026-03-14T12:00:00Z",
        "20260314",
        "20261340T120000Z",
        "\N{DEVANAGARI DIGIT TWO}0260314T120000Z",
        "Sat",
    ],
)
def test_a_date_in_another_form_is_refused(date):
    assert refusal(with_headers(signed(), x_amz_date=date)) == (
        "IncompleteSignatureException",
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601",
    )


# --- when and what for -----------------------------------------------------------------------------------------------


def test_a_date_before_the_window_has_expired():
    assert refusal(signed(at=datetime(2026, 3, 14, 11, 44, 59, tzinfo=UTC))) == (
        "InvalidSignatureException",
        "Signature expired: 20260314T114459Z is now earlier than 20260314T114500Z (20260314T120000Z - 15 min.)",
    )


def test_a_date_after_the_window_is_not_yet_current():
    assert refusal(signed(at=datetime(2026, 3, 14, 12, 15, 1, tzinfo=UTC))) == (
        "InvalidSignatureException",
        "Signature not yet current: 20260314T121501Z is still later than 20260314T121500Z (20260314T120000Z + 15 min.)",
    )


def test_a_signature_for_another_service_is_refused():
    assert refusal(signed(service="dynamodb")) == (
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'timestream'. ",
    )


def test_a_scope_with_another_end_is_refused():
    assert refusal(reworded(signed(), ("aws4_request", "aws5_request"))) == (
        "InvalidSignatureException",
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
    )


def test_a_scope_of_another_day_than_the_date_is_refused():
    assert refusal(reworded(signed(), ("/20260314/", "/20260313/"))) == (
        "InvalidSignatureException",
        (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20260313' != '20260314', from '20260314T120000Z'."
        ),
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("host", "'Host' or ':authority'"),
        ("x-amz-date", "'X-Amz-Date'"),
        ("x-amz-target", "'X-Amz-Target'"),
        ("x-amz-security-token", "'X-Amz-Security-Token'"),
    ],
)
def test_what_decides_about_a_request_must_be_signed(name, words):
    class Leaving(SigV4Auth):
        def headers_to_sign(self, request):
            headers = super().headers_to_sign(request)
            del headers[name]
            return headers

    assert refusal(signed(token="the token", signer=Leaving), WITH_TOKEN) == (
        "InvalidSignatureException",
        f"{words} must be a 'SignedHeader' in the AWS Authorization.",
    )


# --- who signed, and what has changed since --------------------------------------------------------------------------


def test_an_unknown_key_is_refused():
    assert refusal(signed(), {"AKIDOTHER": Known(SECRET)}) == ("UnrecognizedClientException", BAD_TOKEN)


def test_a_key_with_another_secret_is_refused():
    assert refusal(signed(secret="another")) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize(
    "change",
    [
        {"host": "127.0.0.1:9999"},
        {"x_amz_target": "Timestream_20181101.DeleteDatabase"},
        {"x_amz_date": "20260314T120001Z"},
        {"content_type": "application/json"},
        {"content_type": None},
        {"host": "größe"},
        {"host": "\ud800"},
    ],
    ids=["host", "target", "date", "type", "no type", "letters", "surrogate"],
)
def test_a_signed_header_that_has_changed_is_refused(change):
    assert refusal(with_headers(signed(), **change)) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize(
    "change",
    [
        {"body": BODY.replace(b"iot", b"lab")},
        {"body": b""},
        {"body": BODY + b" "},
        {"method": "PUT"},
        {"method": "PÖST"},
        {"path": "/other"},
        {"path": "/#"},
        {"path": "/\t"},
        {"path": "/?"},
        {"path": ""},
        {"path": "*"},
        {"query": "a=b"},
        {"query": "#"},
    ],
    ids=repr,
)
def test_a_request_that_has_changed_is_refused(change):
    assert refusal(replace(signed(), **change)) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("signature", ["0" * 64, "0", "é"])
def test_another_signature_is_refused(signature):
    request = signed()
    own = request.headers["authorization"][-64:]

    assert refusal(reworded(request, (own, signature))) == ("InvalidSignatureException", MISMATCH)


def test_a_signature_in_capitals_is_refused():
    request = signed()
    own = request.headers["authorization"][-64:]

    assert refusal(reworded(request, (own, own.upper()))) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("more", ["x-absent;", "host;", "Host;", ";"])
def test_a_list_of_signed_headers_that_has_grown_is_refused(more):
    request = reworded(signed(), ("SignedHeaders=", f"SignedHeaders={more}"))

    assert refusal(request) == ("InvalidSignatureException", MISMATCH)


def test_another_region_in_the_scope_is_refused():
    assert refusal(reworded(signed(), ("eu-west-1", "eu-west-2"))) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize(
    "digest",
    [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        sha256(b"another").hexdigest(),
        "",
    ],
)
def test_a_body_that_the_signature_does_not_cover_is_refused(digest):
    assert refusal(signed(request_of(headers={"x-amz-content-sha256": digest}))) == (
        "InvalidSignatureException",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )


def test_a_digest_added_afterwards_does_not_stand_for_the_body():
    request = replace(signed(), body=b"{}")
    changed = with_headers(request, x_amz_content_sha256=sha256(BODY).hexdigest())

    assert refusal(changed)[0] == "InvalidSignatureException"


def test_a_signature_in_the_query_string_is_refused():
    request = signed(signer=SigV4QueryAuth)

    assert "X-Amz-Signature=" in request.query
    assert refusal(request) == (
        "InvalidSignatureException",
        "A signature in the query string is not supported here: send it in an Authorization header.",
    )


def test_signatures_in_the_query_string_and_the_header_are_refused():
    request = replace(signed(), query="X-Amz-Algorithm=AWS4-HMAC-SHA256")

    assert refusal(request) == (
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


@pytest.mark.parametrize(
    ("token", "known"),
    [("the token", ALONE), (None, WITH_TOKEN), ("another", WITH_TOKEN)],
    ids=["of none", "missing", "another"],
)
def test_a_token_that_is_not_the_key_s_own_is_refused(token, known):
    assert refusal(signed(token=token), known) == ("UnrecognizedClientException", BAD_TOKEN)


def test_more_signed_headers_than_anybody_sends_are_refused():
    many = {f"x-amz-{number}": "a" for number in range(97)}

    assert verify(signed(request_of(headers=dict(list(many.items())[:96]))), ALONE.get, now=NOW)
    assert refusal(signed(request_of(headers=many))) == ("InvalidSignatureException", MISMATCH)


def test_a_refusal_reads_as_its_code_and_its_message():
    assert str(Refused("UnrecognizedClientException", BAD_TOKEN)) == (
        "UnrecognizedClientException: The security token included in the request is invalid."
    )


# --- whatever is sent ------------------------------------------------------------------------------------------------

SIGNED = signed(token="the token")
PARTS = st.sampled_from(
    [
        "AWS4-HMAC-SHA256",
        " ",
        ",",
        ", ",
        "=",
        "/",
        "Credential=",
        "Signature=",
        "SignedHeaders=",
        ID,
        ";",
        "host",
        "é",
        f"{ID}/20260314/eu-west-1/timestream/aws4_request",
        "host;x-amz-date;x-amz-target;x-amz-security-token",
    ]
)
GARBAGE = st.text(st.characters(), max_size=200) | st.lists(PARTS, max_size=12).map("".join)


@TRIES
@given(text=GARBAGE)
def test_any_text_as_the_header_is_refused_and_nothing_else(text):
    assert refusal(with_headers(SIGNED, authorization=text), WITH_TOKEN)


@TRIES
@given(region=st.text(st.characters(exclude_characters="/,"), min_size=1), headers=st.text(min_size=1), date=st.text())
def test_any_text_in_the_parts_of_the_header_is_refused_and_nothing_else(region, headers, date):
    assume(region.strip(" "))
    scope = f"{ID}/{date[:8]}/{region}/timestream/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;{headers}, Signature=0"

    assert refusal(with_headers(SIGNED, authorization=text, x_amz_date=date), WITH_TOKEN)


@TRIES
@given(text=GARBAGE, name=st.sampled_from(sorted(SIGNED.headers.keys() - {"authorization", "content-length"})))
def test_any_text_as_a_signed_header_is_refused_and_nothing_else(text, name):
    assume(text.split() != SIGNED.headers[name].split())

    assert refusal(replace(SIGNED, headers=SIGNED.headers | {name: text}), WITH_TOKEN)


@TRIES
@given(place=st.integers(0, len(BODY) - 1), mask=st.integers(1, 255))
def test_a_flipped_byte_of_the_body_is_refused(place, mask):
    body = bytearray(SIGNED.body)
    body[place] ^= mask

    assert refusal(replace(SIGNED, body=bytes(body)), WITH_TOKEN) == ("InvalidSignatureException", MISMATCH)


# "the token" is not among them but whole: white space in a value is worth one space, whatever it is.
VALUES = [name for name in sorted(SIGNED.headers) if name not in {"content-length", "x-amz-security-token"}]


@TRIES
@given(name=st.sampled_from(VALUES), place=st.integers(0), mask=st.integers(1, 255))
def test_a_flipped_byte_of_a_signed_header_or_of_the_signature_is_refused(name, place, mask):
    value = bytearray(SIGNED.headers[name].encode("latin-1"))
    value[place % len(value)] ^= mask

    changed = SIGNED.headers | {name: value.decode("latin-1")}
    assert refusal(replace(SIGNED, headers=changed), WITH_TOKEN)
