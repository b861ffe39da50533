"""Servers that a test starts for itself, on free ports and in folders of its own: Redis, and one that speaks S3."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import kept_port
from tests.waiting import wait_until


def debians_postgres() -> Path:
    """The folder of the programs of Debian's PostgreSQL; the test is skipped, in words, where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL of Debian's on this machine: apt-get install postgresql")
    return found[-1].parent


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Redis, which keeps nothing; its address."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis on this machine: apt-get install redis-server")
    options = ["--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    with _running([program, *options], folder / "redis") as port:
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def s3(folder: Path, bucket: str) -> Iterator[Mapping[str, str]]:
    """An S3 server with an empty bucket; the environment with which s3fs finds it and signs in."""
    import s3fs  # noqa: PLC0415 (only where it is used: an extra, and slow)

    command = [str(Path(sys.executable).parent / "moto_server"), "--host", "127.0.0.1"]
    with _running(command, folder / "s3") as port:
        address = f"http://127.0.0.1:{port}"
        signed = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-north-1"}
        files = s3fs.S3FileSystem(
            key=signed["AWS_ACCESS_KEY_ID"], secret=signed["AWS_SECRET_ACCESS_KEY"], endpoint_url=address
        )
        files.mkdir(bucket)
        yield {**signed, "AWS_ENDPOINT_URL": address}


@contextmanager
def _running(command: list[str], said: Path) -> Iterator[int]:
    """A server that listens, and the port that it was given; stopped at the end."""
    with (
        kept_port() as port,
        said.open("w") as out,
        subprocess.Popen([*command, "--port", str(port)], stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            wait_until(lambda: _listens(port) or process.poll() is not None, f"the start of {command[0]}", every=0.05)
            assert process.poll() is None, said.read_text()
            yield port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
