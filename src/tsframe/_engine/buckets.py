"""Buckets: where the files are that the service takes from S3 and puts there. S3, or a folder for each bucket.

The store's own folder has them unless something else was named, so nothing leaves the machine by itself, whatever
credentials lie on it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from pyarrow import fs

from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import IO

    from tsframe._model.places import Place

VARIABLE: Final = "TSFRAME_S3"
"""``aws``, the address of something that speaks S3's protocol, or a folder."""
ENDPOINT: Final = "AWS_ENDPOINT_URL_S3"
"""What AWS's own clients go by; it names an endpoint, so it counts as said."""
AWS: Final = "aws"


class BucketError(TimestreamError):
    """A file of a bucket cannot be reached."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a bucket."""

    key: str
    size: int
    """In bytes."""


class Buckets:
    """The buckets that a service reaches."""

    def __init__(self, target: str | None, store: str | None) -> None:
        """Take S3, an address of it, or a folder; else a folder in the store, or one that vanishes with it."""
        self._target = target
        self._store = store
        self._vanishing: TemporaryDirectory[str] | None = None
        self._files: fs.FileSystem | None = None

    @classmethod
    def configured(cls, store: str | None) -> Buckets:
        """Return the buckets that the environment names, else those of a store (``None``: of one in memory)."""
        return cls(os.environ.get(VARIABLE) or os.environ.get(ENDPOINT), store)

    @property
    def folder(self) -> Path | None:
        """The folder that has one for each bucket, if they are folders."""
        if self._target is not None:
            is_s3 = self._target == AWS or self._target.startswith(("http://", "https://"))
            return None if is_s3 else Path(self._target).expanduser().absolute()
        if self._store is not None:
            return Path(self._store, "buckets")
        if self._vanishing is None:
            self._vanishing = TemporaryDirectory(prefix="tsframe-buckets-")
        return Path(self._vanishing.name)

    def close(self) -> None:
        """Give back what is held; buckets of a store in memory vanish."""
        if self._vanishing is not None:
            self._vanishing.cleanup()
            self._vanishing = None

    def files_at(self, place: Place) -> list[StoredFile]:
        """Return the files of a bucket whose keys begin with the place's prefix, by key."""
        prefix = place.prefix or ""
        with self._reached(place) as files:
            if files.get_file_info(place.bucket).type is not fs.FileType.Directory:
                message = "there is no such bucket"
                raise FileNotFoundError(message)
            found = files.get_file_info(fs.FileSelector(place.bucket, allow_not_found=True, recursive=True))
            start = len(f"{place.bucket}/")
            return sorted(
                (
                    StoredFile(info.path[start:], info.size)
                    for info in found
                    if info.type is fs.FileType.File and info.path[start:].startswith(prefix)
                ),
                key=lambda file: file.key,
            )

    @contextmanager
    def reading(self, place: Place, key: str) -> Generator[IO[bytes]]:
        """Open a file of a bucket for a block."""
        with self._reached(place, key) as files, files.open_input_stream(_path(place, key)) as stream:
            yield stream

    def write(self, place: Place, key: str, content: bytes) -> None:
        """Put a file into a bucket, whole."""
        with self._reached(place, key) as files:
            path = _path(place, key)
            if self.folder is not None:
                files.create_dir(path.rpartition("/")[0], recursive=True)
            with files.open_output_stream(path) as stream:
                stream.write(content)

    @contextmanager
    def _reached(self, place: Place, key: str | None = None) -> Generator[fs.FileSystem]:
        """Give the file system; tell what it raises as one error that names the place."""
        try:
            if self._files is None:
                self._files = self._open()
            yield self._files
        except OSError as error:
            where = f"s3://{place.bucket}/{place.prefix or '' if key is None else key}"
            folder = f" (the folder {self.folder / str(place.bucket)})" if self.folder is not None else ""
            message = f"cannot reach {where}{folder}: {error}"
            raise BucketError(message) from error

    def _open(self) -> fs.FileSystem:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            return fs.SubTreeFileSystem(str(self.folder), fs.LocalFileSystem())
        if self._target == AWS:
            return fs.S3FileSystem()
        scheme, _, address = str(self._target).partition("://")
        return fs.S3FileSystem(endpoint_override=address.rstrip("/"), scheme=scheme)


def _path(place: Place, key: str) -> str:
    """Return the path of a key; no key leads out of its bucket."""
    if any(part in {"", ".", ".."} for part in key.split("/")):
        message = f"the key {key!r} has a part that is no name of a file"
        raise OSError(message)
    return f"{place.bucket}/{key}"
