"""Places for files: buckets of S3, as the service names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from tsframe.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, and with what the keys of its files begin; an empty place is nowhere."""

    bucket: str | None = None
    prefix: str | None = None
    encryption: str | None = None
    """``"SSE_S3"`` or ``"SSE_KMS"``."""
    kms_key: str | None = None

    @classmethod
    def at(cls, location: str) -> Self:
        """Return the place of ``"s3://bucket/prefix"``."""
        bucket, prefix = check_location(location)
        return cls(bucket, prefix, "SSE_S3")

    @property
    def location(self) -> str | None:
        """The place as ``"s3://bucket/prefix"``."""
        return self.bucket and "/".join(filter(None, (f"s3://{self.bucket}", self.prefix)))


_LOCATION = re.compile(
    r"s3://(?P<bucket>[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9])(?:/(?P<prefix>[a-zA-Z0-9|!\-_*'()][a-zA-Z0-9!\-_*'()/.]+))?/?"
)


def check_location(location: str) -> tuple[str, str | None]:
    """Return bucket and prefix of ``"s3://bucket/prefix"`` if the service takes them (patterns: service model)."""
    match = _LOCATION.fullmatch(location)
    if match is None:
        message = f"rejected_to={location!r} is no place in S3: write 's3://bucket' or 's3://bucket/prefix'"
        raise ValidationError(message)
    return match["bucket"], match["prefix"]
