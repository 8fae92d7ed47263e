"""AWS's names of errors and our exceptions, one table read both ways."""

from __future__ import annotations

from typing import Final

from tsframe import errors

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
