"""Files under one address, a folder or an object store: each is there whole or not at all, and is read as it is now.

An object store puts an object whole, and knows neither folders nor renaming. In a folder a file is written under
another name and renamed. What is in the files is `storage`'s business.
"""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from fsspec import get_filesystem_class
from fsspec.core import split_protocol, url_to_fs

from entra_emply.errors import SettingsError


class Files:
    """The files under an address that fsspec knows. Names are relative to it, with slashes.

    Everything raises SettingsError where the address cannot be used: unknown, unreachable, or access is refused.
    """

    def __init__(self, url: str) -> None:
        protocol, path = split_protocol(url)
        try:
            get_filesystem_class(protocol or "file")
        except (ValueError, ImportError) as error:
            raise SettingsError(f"FRAMES_URL: expected a folder or an address that fsspec knows ({error})") from None
        self.local = protocol in (None, "file", "local")
        self.where = str(Path(path).absolute()) if self.local else str(protocol)
        with self._in_words():
            # A listing that is remembered hides what other processes store.
            self._fs, self._root = url_to_fs(url, use_listings_cache=False)

    def address(self, name: str) -> str:
        """Where a file or a folder is, for people."""
        return self._path(name) if self.local else str(self._fs.unstrip_protocol(self._path(name)))

    def put(self, name: str, data: bytes) -> str:
        """Store a file, in place of one of that name; its address."""
        with self._in_words():
            if self.local:
                _put_locally(Path(self._path(name)), data)
            else:
                self._fs.pipe_file(self._path(name), data)
        return self.address(name)

    def get(self, name: str) -> bytes | None:
        """What is in a file; None where there is none."""
        with self._in_words():
            try:
                return bytes(self._fs.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def open(self, name: str) -> BinaryIO:
        """A file, to be read in part. Raises FileNotFoundError."""
        with self._in_words():
            try:
                opened: BinaryIO = self._fs.open(self._path(name), "rb")
            except FileNotFoundError:
                pass
            else:
                return opened
        raise FileNotFoundError(f"there is no {name}")

    def has(self, name: str) -> bool:
        """Whether there is this file."""
        with self._in_words():
            try:
                return bool(self._fs.info(self._path(name))["type"] == "file")  # `exists` is False where nobody answers
            except FileNotFoundError:
                return False

    def names(self, folder: str, kind: Literal["file", "directory"]) -> list[str]:
        """The names of the files or folders in a folder, but for hidden ones; none where it is not there."""
        path = self._path(folder)
        with self._in_words():
            try:
                found = self._fs.ls(path, detail=True)
            except FileNotFoundError:
                return []
        # An object of the folder's own name is how some tools make one.
        inside = [each for each in found if each["type"] == kind and each["name"].strip("/") != path.strip("/")]
        names = [PurePosixPath(each["name"]).name for each in inside]
        return [name for name in names if not name.startswith(".")]

    def untouched(self, folder: str, since: datetime) -> bool:
        """Whether there is a folder into which nothing was written since then, hidden files and parts included."""
        path = self._path(folder)
        with self._in_words():
            try:
                # An empty one has a time only on this machine, where a run may have just made it.
                written = self._fs.find(path) or ([path] if self.local else [])
                return bool(written) and all(self._written(each) < since for each in written)
            except (FileNotFoundError, IsADirectoryError):  # somebody removes it right now
                return False

    def remove(self, name: str) -> bool:
        """Remove a file or a whole folder; whether it was there, and it was not another who removed it."""
        with self._in_words():
            try:
                self._fs.rm(self._path(name), recursive=True)
            except OSError as error:
                if not isinstance(error, FileNotFoundError) and error.errno != errno.ENOTEMPTY:
                    raise
                return False
        return True

    def _written(self, path: str) -> datetime:
        try:
            written: datetime = self._fs.modified(path)
        except NotImplementedError:
            written = self._fs.created(path)
        return written if written.tzinfo else written.replace(tzinfo=UTC)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Every kind of storage raises errors of its own, whose messages may hold addresses and keys."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (the packages have no error in common)
            number = error.errno if isinstance(error, OSError) else None
            why = type(error).__name__ if number is None else os.strerror(number)
            raise SettingsError(
                f"FRAMES_URL: {self.where} cannot be used ({why}): check the address, and its credentials"
            ) from None


def _put_locally(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{uuid.uuid4().hex}"
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name without what is in it
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
