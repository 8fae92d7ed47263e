"""AWS's names of errors and our exceptions, one table read both ways; an error as the body of an answer.

Statuses are those of the developer guide ("Using the API", API-specific errors), as recorded in the wild; the other
pages of the guide say 400 for nearly everything, which no recorded answer bears out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tsframe import errors

if TYPE_CHECKING:
    from tsframe._model.sending import Refusal

ERRORS: Final[dict[str, type[errors.ServiceError]]] = {
    kind.code: kind
    for kind in (
        errors.AccessDeniedError,
        errors.ConflictError,
        errors.InternalServerError,
        errors.InvalidEndpointError,
        errors.QueryExecutionError,
        errors.RejectedRecordsError,
        errors.ResourceNotFoundError,
        errors.ServiceQuotaExceededError,
        errors.ThrottlingError,
        errors.ValidationError,
    )
}
"""By AWS's name; ``code`` of each is the way back."""

STATUS: Final = {
    "ValidationException": 400,
    "QueryExecutionException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 400,
    "IncompleteSignatureException": 400,
    "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "ResourceNotFoundException": 404,
    "RequestTimeoutException": 408,
    "ConflictException": 409,
    "RequestEntityTooLargeException": 413,
    "RejectedRecordsException": 419,
    "InvalidEndpointException": 421,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}
"""The HTTP status of each error, by AWS's name."""

_SERVICE: Final = "com.amazonaws.timestream.v20181101#"
_VALIDATE: Final = "com.amazon.coral.validate#"
_FRONT: Final = "com.amazon.coral.service#"


class ConstraintError(errors.ValidationError):
    """A request does not fit the model of the service; its text is Coral's."""


class FrontError(errors.ServiceError):
    """What AWS's front refuses before the service sees it, under a name of its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.name = code


class SerializationError(FrontError):
    """A request's body is not what the protocol asks for."""

    def __init__(self, message: str) -> None:
        super().__init__("SerializationException", message)


class UnknownOperationError(FrontError):
    """A request names no operation."""

    def __init__(self, message: str) -> None:
        super().__init__("UnknownOperationException", message)


class RecordsRejectedError(errors.ServiceError):
    """Some records of a request were not stored; the others were."""

    code = "RejectedRecordsException"

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__("One or more records have been rejected. See RejectedRecords for details.")
        self.refusals = refusals


def error_to_shape(error: errors.ServiceError) -> tuple[str, dict[str, Any]]:
    """Return an error's name, and the shape that AWS would answer."""
    if isinstance(error, FrontError):
        return error.name, {"__type": _FRONT + error.name, "Message": str(error)}
    if isinstance(error, ConstraintError):
        # Coral's own validation writes the key in lower case (a client that knew one alone showed an empty text).
        return error.code, {"__type": _VALIDATE + error.code, "message": str(error)}
    shape: dict[str, Any] = {"__type": _SERVICE + error.code, "Message": str(error)}
    if isinstance(error, RecordsRejectedError):
        shape["RejectedRecords"] = [_refusal_to_shape(one) for one in error.refusals]
    return error.code, shape


def _refusal_to_shape(refusal: Refusal) -> dict[str, Any]:
    version = {} if refusal.existing_version is None else {"ExistingVersion": refusal.existing_version}
    return {"RecordIndex": refusal.index, "Reason": refusal.reason} | version
