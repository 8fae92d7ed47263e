"""AWS JSON 1.0 without I/O: headers and body of a request in, status and body of an answer out.

Whatever comes in, an answer goes out that an AWS client can read; what nobody thought of is an InternalServerException
here and a traceback in the log.
"""

from __future__ import annotations

import base64
import logging
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from tsframe._model.sending import Sending
from tsframe._server.models import query_operations, records_reader, write_model
from tsframe._server.operations import OPERATIONS, Call, content_of, databases_of
from tsframe._wire.errors import STATUS, ConstraintError, SerializationError, UnknownOperationError, error_to_shape
from tsframe.errors import AccessDeniedError, InternalServerError, ServiceError, StoreError, TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tsframe._service import Service
    from tsframe._wire.constraints import Sheet

MEDIA_TYPE: Final = "application/x-amz-json-1.0"
TARGET: Final = "Timestream_20181101"

_SMALL: Final = ("DatabaseName", "TableName")
"""What is needed of a WriteRecords beside its records."""

_log = logging.getLogger("tsframe.server")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a client may do."""

    refusal: Callable[[str, list[str]], str | None]
    """Why it may not call an operation on databases, in AWS's words; ``None`` if it may."""
    may_see: Callable[[str], bool]
    """Whether a listing shows it a database."""


ALL_RIGHTS: Final = Rights(lambda _operation, _databases: None, lambda _database: True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to a client."""

    status: int
    body: bytes
    request_id: str
    operation: str = "Unknown"
    """AWS's name; ``"Unknown"`` where the request names none that exists."""
    error: str | None = None
    """AWS's name of the error."""
    records: int = 0
    """How many records a WriteRecords stored, if it stored all of them."""
    rejected: int = 0
    """How many it rejected."""


class Coming:
    """Counts who is inside; a context manager."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    def anybody(self) -> bool:
        """Whether anybody is inside."""
        return self._count > 0


class Endpoint:
    """A service behind the protocol of AWS. Safe between threads."""

    def __init__(self, service: Service) -> None:
        self.service = service
        # Reading a request is work of Python's interpreter alone, and threads that share it only disturb each other:
        # eight at once took half as much time again as one after the other, and waiting ones gather to be committed
        # together.
        self._reading = threading.Lock()
        self._coming = Coming()
        self._sending = Sending(company=self._coming.anybody)

    def answer(self, headers: Mapping[str, str], body: bytes, *, address: str, rights: Rights = ALL_RIGHTS) -> Answer:
        """Answer one request; the names of headers are in lower case."""
        operation = "Unknown"
        try:
            operation = _operation(headers)
            shape = self._call(operation, body, address, rights)
        except ServiceError as error:
            return failed(error, operation)
        except TimestreamError as error:
            return failed(_internal(error), operation)
        except Exception as error:  # noqa: BLE001 - what nobody thought of must not reach the client as a traceback
            _log.exception("%s failed", operation)
            message = f"{operation} failed inside tsframe ({type(error).__name__}); its log has the details."
            return failed(InternalServerError(message), operation)
        return Answer(200, orjson.dumps(shape), request_id(), operation, records=_count(shape))

    def _call(self, operation: str, body: bytes, address: str, rights: Rights) -> dict[str, Any]:
        with self._coming, self._reading:
            request, sheet = _read(operation, body)
            if refusal := rights.refusal(operation, databases_of(request, self.service)):
                raise AccessDeniedError(refusal)
            content = content_of(operation, sheet)
            if content is not None:
                # Thousands of small objects, which Python's collector would go through again and again.
                del sheet
                request = {key: request[key] for key in _SMALL}
        return OPERATIONS[operation](Call(self.service, address, request, content, rights.may_see, self._sending))


def failed(error: ServiceError, operation: str = "Unknown") -> Answer:
    """Return an error as an answer."""
    name, shape = error_to_shape(error)
    rejected = len(shape.get("RejectedRecords", ()))
    return Answer(STATUS.get(name, 400), orjson.dumps(shape), request_id(), operation, name, rejected=rejected)


def request_id() -> str:
    """Return a new request id, which looks like AWS's: 26 letters and digits."""
    return base64.b32encode(secrets.token_bytes(17))[:26].decode()


def _operation(headers: Mapping[str, str]) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        message = f"the content type is {kind!r}; it needs to be {MEDIA_TYPE!r}"
        raise SerializationError(message)
    service, _, operation = headers.get("x-amz-target", "").partition(".")
    if service != TARGET or operation not in OPERATIONS:
        message = (
            f"X-Amz-Target is {headers.get('x-amz-target', '')[:200]!r}; it needs to be '{TARGET}.' and an operation"
        )
        if service == TARGET and operation in query_operations():
            message = f"{operation} is an operation of timestream-query, which tsframe does not answer yet"
        raise UnknownOperationError(message)
    return operation


def _read(operation: str, body: bytes) -> tuple[dict[str, Any], Sheet]:
    """Return a request that the model allows, and the same member by member; else raise what is wrong with it."""
    if operation == "WriteRecords" and (sheet := records_reader().read(body)):
        return {key: sheet.first(key) for key in _SMALL}, sheet
    request = _parse(body)
    return request, write_model().check(operation, request)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        message = f"the body is not JSON: {error}"
        raise SerializationError(message) from None
    if not isinstance(request, dict):
        message = f"the body is a JSON {type(request).__name__}; it needs to be an object"
        raise SerializationError(message)
    return request


def _internal(error: TimestreamError) -> ServiceError:
    """Tell of a store that cannot be read or written, or an input that our own checks refuse."""
    if isinstance(error, StoreError):
        _log.error("%s", error)
        return InternalServerError(str(error))
    return ConstraintError(str(error))


def _count(shape: Mapping[str, Any]) -> int:
    ingested = shape.get("RecordsIngested")
    return ingested["Total"] if ingested else 0
