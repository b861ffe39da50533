"""An object store in memory, as S3 is to fsspec: no folders, no renaming, and listings that each process remembers."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import fsspec
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem


class ObjectStore(AbstractFileSystem):
    """Objects by name, the same for all instances. A folder is there for as long as one is in it."""

    protocol = "objects"
    objects: ClassVar[dict[str, tuple[bytes, datetime]]] = {}
    fetched: ClassVar[list[int]] = []
    """How many bytes each read of a part fetched."""

    def ls(self, path: str, detail: bool = True, **_options: object) -> list[Any]:
        path = self._strip_protocol(path)
        if path not in self.dircache:
            self.dircache[path] = self._listed(path)
        found = self._ls_from_cache(path) or self._listed(path)
        return found if detail else [each["name"] for each in found]

    def _listed(self, path: str) -> list[dict[str, Any]]:
        if path in self.objects:
            return [self._described(path)]
        below = [name for name in self.objects if name.startswith(f"{path}/")]
        if not below:
            raise FileNotFoundError(path)
        children = sorted({f"{path}/{name.removeprefix(f'{path}/').split('/')[0]}" for name in below})
        return [self._described(name) for name in children]

    def _described(self, name: str) -> dict[str, Any]:
        if name not in self.objects:
            return {"name": name, "size": 0, "type": "directory"}
        data, written = self.objects[name]
        return {"name": name, "size": len(data), "type": "file", "LastModified": written}

    def info(self, path: str, **_options: object) -> dict[str, Any]:
        path = self._strip_protocol(path)
        remembered = self._ls_from_cache(path)
        if remembered is not None:
            return next(each for each in remembered if each["name"] == path)
        self._listed(path)
        return self._described(path)

    def modified(self, path: str) -> datetime:
        if "LastModified" not in self.info(path):
            raise IsADirectoryError
        written: datetime = self.info(path)["LastModified"]
        return written

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_options: object) -> None:
        assert mode == "overwrite"
        self.objects[self._strip_protocol(path)] = (value, datetime.now(UTC))
        self.dircache.clear()

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_options: object) -> bytes:
        try:
            return self.objects[self._strip_protocol(path)][0][start:end]
        except KeyError:
            raise FileNotFoundError(path) from None

    def _open(self, path: str, mode: str = "rb", **_options: object) -> "_Object":
        assert mode == "rb"
        return _Object(self, path, block_size=1 << 14)

    def rm_file(self, path: str) -> None:
        self.objects.pop(self._strip_protocol(path), None)
        self.dircache.clear()

    def _unknown(self, *_arguments: object, **_options: object) -> None:
        raise NotImplementedError("an object store knows neither folders nor renaming")

    mv = mkdir = makedirs = rmdir = cp_file = _unknown


class _Object(AbstractBufferedFile):
    """An object that is read in part."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        self.fs.fetched.append(end - start)
        return self.fs.cat_file(self.path, start, end)


fsspec.register_implementation("objects", ObjectStore, clobber=True)
