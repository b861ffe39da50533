"""The demo's ports, where another program, or another demo, takes the same one at the same moment."""

import socket
from collections.abc import Iterator

import pytest

from pipelines.commands.demo_company import DemoFailed
from pipelines.commands.demo_ports import kept_free, on_free_port


class Start:
    """A service that ends at once on the first port; with `taken_by`, because that has it."""

    def __init__(self, taken_by: socket.socket | None = None) -> None:
        self.tried: list[int] = []
        self._taken_by = taken_by

    def __call__(self, port: int) -> str:
        self.tried.append(port)
        if len(self.tried) > 1:
            return f"http://localhost:{port}"
        if self._taken_by is not None:
            self._taken_by.bind(("127.0.0.1", port))
            self._taken_by.listen()
        raise DemoFailed("the console ended")


@pytest.fixture
def another() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield made


def test_a_port_that_is_taken_meanwhile_is_left_and_another_one_used(another: socket.socket, free_port: int) -> None:
    start = Start(another)
    assert on_free_port(start, free_port) == f"http://localhost:{start.tried[1]}"
    assert start.tried[0] != start.tried[1]


def test_what_ends_for_another_reason_is_not_started_again(free_port: int) -> None:
    start = Start()
    with pytest.raises(DemoFailed):
        on_free_port(start, free_port)
    assert len(start.tried) == 1


def test_a_port_that_was_asked_for_is_not_exchanged(another: socket.socket, free_port: int) -> None:
    start = Start(another)
    with pytest.raises(DemoFailed):
        on_free_port(start, 3000, free_port)
    assert start.tried == [free_port]


def test_the_port_that_was_asked_for_is_for_dagster_though_it_is_the_console_s_usual_one(free_port: int) -> None:
    with kept_free(free_port):
        console = on_free_port(str, free_port)
    assert console != str(free_port)
    assert on_free_port(str, 3000, free_port) == str(free_port)
