"""The answers of the service that are not a success: status, name and text of every error.

Statuses are those of the developer guide ("Using the API", errors), as recorded in the wild: see docs/errors.md.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

SERVICE = "com.amazonaws.timestream.v20181101#"
VALIDATE = "com.amazon.coral.validate#"
"""The front of AWS's services, which looks at a request before the service does."""
FRONT = "com.amazon.coral.service#"
STATUS = {
    "ValidationException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 400,
    "IncompleteSignatureException": 400,
    "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "RejectedRecordsException": 419,
    "InvalidEndpointException": 421,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}
"""403 is that of all others: they are about credentials."""


class RefusedError(Exception):
    """A request is answered with an error."""

    def __init__(self, code: str, message: str, *, space: str = SERVICE, **more: Any) -> None:
        super().__init__(message)
        self.status, self.shape = error(code, message, space=space, **more)


def error(code: str, message: str, *, space: str = SERVICE, **more: Any) -> tuple[int, Shape]:
    """Return the status and the shape of an error."""
    key = "message" if space == VALIDATE else "Message"
    return STATUS.get(code, 403), {"__type": space + code, key: message} | more


def invalid(message: str) -> RefusedError:
    """Make the answer to a request of which nothing is stored."""
    return RefusedError("ValidationException", message)
