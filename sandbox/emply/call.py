"""What an Emply route is, and what its handler is given. No resource of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sandbox.emply.style import Style
from sandbox.exchange import Answer, Request
from sandbox.state import Emply, State


@dataclass
class Call:
    """A request that was let in: the customer it reads, the variables of its path, the style it is in."""

    request: Request
    emply: Emply
    state: State
    variables: dict[str, str]
    style: Style


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path after the customer (`{name}` is a variable), and the access it needs in which area.

    The rest is told to clients (`openapi`): the parameters of the query, the schema of the body and of the answer, and
    whether the answer is a list. A route with PATCH has the method that the style has for changes.
    """

    method: str
    path: str
    handler: Handler
    area: str
    access: Literal["read", "write", "delete"] = "read"
    query: tuple[str, ...] = ()
    body: str | None = None
    gives: str | None = None
    is_list: bool = False

    @cached_property
    def segments(self) -> list[str]:
        """The path's parts."""
        return self.path.split("/")

    def variables(self, segments: list[str]) -> dict[str, str] | None:
        """The variables of a path that is this route's, else None."""
        if len(segments) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{"):
                found[pattern[1:-1]] = segment
            elif pattern != segment:
                return None
        return found
