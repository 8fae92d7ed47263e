"""Pages of a listing, and the tokens that name the next one.

A token says where the next page begins: after the last item shown. So nothing is shown twice and nothing left out that
was there all the time, whatever is made or deleted between two pages. It holds for the listing it was given for alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

_SEAL: Final = 8


def page(
    items: Sequence[Item],
    key: Callable[[Item], Sequence[str]],
    listing: Sequence[str],
    *,
    token: str | None,
    size: int,
) -> tuple[Sequence[Item], str | None]:
    """Return a page of items, which are in the order of their keys, and the token of the next one."""
    if token is not None:
        after = _open(token, listing)
        items = [item for item in items if [*key(item)] > after]
    if len(items) <= size:
        return items, None
    return items[:size], _seal(key(items[size - 1]), listing)


def _seal(key: Sequence[str], listing: Sequence[str]) -> str:
    content = json.dumps([*key]).encode()
    return base64.urlsafe_b64encode(_sum(content, listing) + content).decode()


def _open(token: str, listing: Sequence[str]) -> list[Any]:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    seal, content = raw[:_SEAL], raw[_SEAL:]
    if seal != _sum(content, listing):
        message = "The NextToken is not one that this listing gave; call again without it for the first page."
        raise ValidationError(message)
    return json.loads(content)


def _sum(content: bytes, listing: Sequence[str]) -> bytes:
    return hashlib.blake2b(content + json.dumps([*listing]).encode(), digest_size=_SEAL, person=b"tsframe").digest()
