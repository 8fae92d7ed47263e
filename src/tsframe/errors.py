"""The tree of exceptions, all that tsframe raises on purpose.

* ``TimestreamError``
    * ``InvalidFrameError`` (also a ``ValueError``): the frame or the words about it are wrong; no service was reached
    * ``ConnectionClosedError``: the connection was closed before the call
    * ``StoreError``: the embedded store cannot be opened, read or written
        * ``StoreLockedError``: another process owns the store
    * ``ServiceError``: the service answered with an error; named after AWS's own
        * ``AccessDeniedError``
        * ``ConflictError``
        * ``InternalServerError``
        * ``InvalidEndpointError``
        * ``QueryExecutionError``
        * ``RejectedRecordsError``
        * ``ResourceNotFoundError``
        * ``ServiceQuotaExceededError``
        * ``ServiceUnreachableError``: no answer came, or none that can be read
        * ``ThrottlingError``
        * ``ValidationError``

One warning stands beside them: ``TableDriftWarning``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tsframe._report import WriteReport
    from tsframe.typing import Frame

__all__ = [
    "AccessDeniedError",
    "ConflictError",
    "ConnectionClosedError",
    "InternalServerError",
    "InvalidEndpointError",
    "InvalidFrameError",
    "QueryExecutionError",
    "RejectedRecordsError",
    "ResourceNotFoundError",
    "ServiceError",
    "ServiceQuotaExceededError",
    "ServiceUnreachableError",
    "StoreError",
    "StoreLockedError",
    "TableDriftWarning",
    "ThrottlingError",
    "TimestreamError",
    "ValidationError",
]


class TimestreamError(Exception):
    """The base of everything that tsframe raises on purpose."""

    report: WriteReport | None = None
    """What had happened to every row, if records were handed to a service before the error."""


class InvalidFrameError(TimestreamError, ValueError):
    """The frame, or what was said about it, cannot become records; nothing reached a service."""


class ConnectionClosedError(TimestreamError):
    """The connection was closed before the call."""


class StoreError(TimestreamError):
    """The embedded store cannot be opened, read or written."""


class StoreLockedError(StoreError):
    """Another process owns the embedded store."""


class ServiceError(TimestreamError):
    """The service answered with an error."""

    code: ClassVar[str] = "ServiceException"
    """AWS's name of the error."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        """AWS's number of the request; none from the embedded service."""


class AccessDeniedError(ServiceError):
    """The caller may not do this."""

    code = "AccessDeniedException"


class ConflictError(ServiceError):
    """The resource exists already, or is being changed by another call."""

    code = "ConflictException"


class InternalServerError(ServiceError):
    """The service failed; the call may be repeated."""

    code = "InternalServerException"


class InvalidEndpointError(ServiceError):
    """The endpoint is not, or no longer, one of this service."""

    code = "InvalidEndpointException"


class QueryExecutionError(ServiceError):
    """The query was understood and failed while it ran."""

    code = "QueryExecutionException"


class ResourceNotFoundError(ServiceError):
    """The database or the table does not exist."""

    code = "ResourceNotFoundException"


class ServiceQuotaExceededError(ServiceError):
    """A quota of the account is used up."""

    code = "ServiceQuotaExceededException"


class ServiceUnreachableError(ServiceError):
    """No answer came from the service, or none that can be read."""

    code = "ServiceUnreachableException"


class ThrottlingError(ServiceError):
    """Too many requests; the call may be repeated."""

    code = "ThrottlingException"


class ValidationError(ServiceError):
    """A parameter of the call is not valid."""

    code = "ValidationException"


class RejectedRecordsError(ServiceError):
    """Some records were rejected; the others are stored. ``.report`` holds every row's fate."""

    code = "RejectedRecordsException"

    def __init__(self, message: str, report: WriteReport, *, request_id: str | None = None) -> None:
        super().__init__(message, request_id=request_id)
        self.report = self._account = report

    @property
    def rejected(self) -> Frame:
        """The rejected rows in the caller's library, as ``report.rejected``."""
        return self._account.rejected


class TableDriftWarning(UserWarning):
    """A table exists, but with other settings than ``ensure_table`` was asked for."""
