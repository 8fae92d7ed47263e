"""Keys for encryption, as the service names them. There is none here: a name is read, resolved, and shown."""

from __future__ import annotations

import re
import uuid
from typing import Final

from tsframe._model.arns import ACCOUNT, REGION
from tsframe.errors import ValidationError

_KMS: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
DEFAULT_KEY: Final = f"{_KMS}key/{uuid.uuid5(uuid.NAMESPACE_DNS, 'timestream.amazonaws.com')}"
"""What the service shows when no key was said: the key behind ``alias/aws/timestream``, resolved."""

_OWN: Final = "alias/aws/timestream"
"""The key of the service itself."""
_KEY_ID: Final = "(?:mrk-[0-9a-f]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_KEY: Final = re.compile(
    rf"(?P<home>arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:)?(?:(?:key/)(?P<key>{_KEY_ID})|(?P<alias>alias/[a-zA-Z0-9/_-]+))"
    rf"|(?P<id>{_KEY_ID})"
)


def resolve_key(key: str | None) -> str:
    """Return the key's resource name; all four forms of API_UpdateDatabase are taken.

    An alias stands for a key, and the service shows the key. There is no key here, so each alias has one of its own.
    """
    if key is None or key in {_OWN, _KMS + _OWN}:
        return DEFAULT_KEY
    found = _KEY.fullmatch(key)
    if found is None or (found["key"] and not found["home"]):
        message = f"The KMS key [{key}] doesn't exist, is disabled or you don't have sufficient permission to use it"
        raise ValidationError(message)
    if found["alias"]:
        return f"{found['home'] or _KMS}key/{uuid.uuid5(uuid.NAMESPACE_URL, found['alias'])}"
    return key if found["home"] else f"{_KMS}key/{found['id']}"
