"""Who may call the endpoint, and what for: keys and their rules, read from a file.

A secret is never in an error, a ``repr`` or the log.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from tsframe._model.arns import arn_of, arn_of_user
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LOG: Final = logging.getLogger("tsframe")

_MEMBERS: Final = (
    "id",
    "secret",
    "secret_env",
    "session_token",
    "session_token_env",
    "access",
    "databases",
)
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""What can stand in a signature's scope; botocore writes it there as it is."""
_PATTERN: Final = re.compile(r"[A-Za-z0-9_.\-*?\[\]!]+")
"""A database's name, or a glob."""
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_READING: Final = frozenset({"CancelQuery", "PrepareQuery", "Query"})
_READING_STARTS: Final = ("Describe", "List")
_FOR_ALL: Final = "DescribeEndpoints"
"""Clients ask for endpoints before anything else, and the answer tells nothing."""


class Access(StrEnum):
    """What a key may do."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"


@dataclass(frozen=True, slots=True)
class Key:
    """A caller: how it signs, what it may do, and where."""

    id: str
    secret: str = field(repr=False)
    access: Access
    databases: tuple[str, ...] | None = None
    """Names, with ``*``, ``?`` and ``[…]`` as in file names; None: all databases."""
    session_token: str | None = field(default=None, repr=False)

    def may_see(self, database: str) -> bool:
        """Whether the key's rules reach this database."""
        return self.databases is None or any(fnmatchcase(database, pattern) for pattern in self.databases)

    def refusal(self, operation: str, databases: Collection[str]) -> str | None:
        """Say in AWS's words why the key may not do this to these databases, or nothing.

        Without a database, a key that is held to some may read, for the answer can be filtered, but not write.
        """
        if operation == _FOR_ALL:
            return None
        hidden = next((database for database in databases if not self.may_see(database)), None)
        if hidden is not None:
            return self._refused(operation, arn_of(hidden))
        held = self.databases is not None and not databases
        if not _only_reads(operation) and (held or self.access is Access.READ_ONLY):
            return self._refused(operation, next(map(arn_of, databases), "*"))
        return None

    def _refused(self, operation: str, resource: str) -> str:
        user = arn_of_user(self.id)
        return f"User: {user} is not authorized to perform: timestream:{operation} on resource: {resource}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that an endpoint knows."""

    by_id: Mapping[str, Key]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read the keys of a TOML file."""
        file, content, exposed = _read(Path(path))
        entries = _entries(file, content)
        by_id: dict[str, Key] = {}
        for number, entry in enumerate(entries, start=1):
            key = _Entry(file, number, entry).key()
            if key.id in by_id:
                message = (
                    f"{file}: key {number} has the id {key.id!r} of an earlier one: give each key an id of its own"
                )
                raise TimestreamError(message)
            by_id[key.id] = key
        if exposed and any("secret" in entry or "session_token" in entry for entry in entries):
            LOG.warning("%s holds secrets and others than its owner may read it: chmod 600 it", file)
        return cls(by_id)

    def get(self, key_id: str) -> Key | None:
        """Return the key of this id, if there is one."""
        return self.by_id.get(key_id)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One ``[[key]]`` of a file, not checked yet."""

    file: str
    number: int
    members: Mapping[str, Any] = field(repr=False)

    def key(self) -> Key:
        identity = self._id()
        unknown = sorted(set(self.members) - set(_MEMBERS))
        if unknown:
            self._fail(f"has the unknown member {unknown[0]!r}", f"a key has {', '.join(_MEMBERS)}")
        secret = self._secret("secret")
        if secret is None:
            self._fail("has no secret", 'write secret = "…", or secret_env = "NAME_OF_A_VARIABLE"')
        return Key(identity, secret, self._access(), self._databases(), self._secret("session_token"))

    def _id(self) -> str:
        identity = self.members.get("id")
        if identity is None:
            self._fail("has no id", 'write id = "…"', named=False)
        # It is not shown: it may well be the secret, in the wrong place.
        if not isinstance(identity, str) or not _ID.fullmatch(identity):
            what = "has an id that cannot be signed with"
            self._fail(what, "write 1 to 128 letters, digits, '_', '.' or '-'", named=False)
        return identity

    def _secret(self, name: str) -> str | None:
        variable = f"{name}_env"
        if name in self.members and variable in self.members:
            self._fail(f"has both {name} and {variable}", "keep one of them")
        if variable in self.members:
            return self._from_environment(variable)
        if name not in self.members:
            return None
        secret = self.members[name]
        if not isinstance(secret, str) or not secret:
            self._fail(f"has a {name} that is no text, or empty", f'write {name} = "…"')
        return secret

    def _from_environment(self, member: str) -> str:
        name = self.members[member]
        if not isinstance(name, str) or not name:
            self._fail(f"has a {member} that is no text, or empty", f'write {member} = "NAME_OF_A_VARIABLE"')
        if not (secret := os.environ.get(name)):
            # What does not look like a variable may well be the secret itself, in the wrong member.
            shown = name if _VARIABLE.fullmatch(name) else "…"
            self._fail(f'has {member} = "{shown}", a variable that is not set, or empty', "export it")
        return secret

    def _access(self) -> Access:
        words = " or ".join(f'access = "{word}"' for word in Access)
        word = self.members.get("access")
        if word is None:
            self._fail("has no access", f"write {words}")
        if word not in list(Access):
            self._fail(f"has access = {word!r}", f"write {words}")
        return Access(word)

    def _databases(self) -> tuple[str, ...] | None:
        patterns = self.members.get("databases")
        if patterns is None:
            return None
        remedy = 'write databases = ["iot", "lab-*"], or leave it out for all'
        if not isinstance(patterns, list) or not patterns:
            self._fail("has databases that are no list, or an empty one", remedy)
        for pattern in patterns:
            if not isinstance(pattern, str) or not _PATTERN.fullmatch(pattern):
                self._fail(f"has {pattern!r} among its databases, which no database can be called", remedy)
        return tuple(patterns)

    def _fail(self, what: str, remedy: str, *, named: bool = True) -> NoReturn:
        name = f" ({self.members['id']})" if named else ""
        message = f"{self.file}: key {self.number}{name} {what}: {remedy}"
        raise TimestreamError(message)


def _read(path: Path) -> tuple[str, dict[str, Any], bool]:
    """Return the file's name, what is in it, and whether others than its owner may read it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = tomllib.load(file)
    except OSError as error:
        message = f"cannot read the keys in {path}: {error.strerror}"
        raise TimestreamError(message) from None
    except ValueError as error:  # not TOML, or not even UTF-8
        # From none: the error may carry the text, and so the secrets, with it.
        message = f"{path} is not TOML: {error}"
        raise TimestreamError(message) from None
    exposed = os.name == "posix" and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
    return str(path), content, exposed


def _entries(file: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    unknown = sorted(set(content) - {"key"})
    if unknown:
        message = f"{file} has {unknown[0]!r}, which is no key: begin each key with a line [[key]]"
        raise TimestreamError(message)
    entries = content.get("key", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = f"{file} has a 'key' that is no list of them: begin each key with a line [[key]]"
        raise TimestreamError(message)
    if not entries:
        message = f"{file} has no key: write [[key]] and below it id, secret and access"
        raise TimestreamError(message)
    return entries


def _only_reads(operation: str) -> bool:
    return operation in _READING or operation.startswith(_READING_STARTS)
