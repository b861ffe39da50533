"""What a Graph route is, and what its handler is given. No resource of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sandbox.exchange import Answer, Request
from sandbox.graph.delta import Deltas
from sandbox.graph.odata import Options, options
from sandbox.graph.permissions import OPERATIONS, READ_HIDDEN_MEMBERS, Operation
from sandbox.settings import Settings
from sandbox.state import Entra, State

_OUTLOOK = frozenset({"calendar", "calendars", "events"})


def mailbox_in(segments: tuple[str, ...]) -> str | None:
    """Whose mailbox a path goes to, as written there; None for what is not Outlook's."""
    users, place = "".join(segments[:1]), "".join(segments[2:3])
    outlook = users.lower() == "users" and place.lower() in _OUTLOOK
    return segments[1] if outlook else None


@dataclass
class Call:
    """A request that was let in: the tenant it reads, the variables of its path, the app's permissions.

    A write finds the tenant as it is in `entra`, and tells `state` before it changes it.
    """

    request: Request
    entra: Entra
    state: State
    deltas: Deltas
    settings: Settings
    secret: bytes
    segments: tuple[str, ...]
    permissions: frozenset[str]
    variables: dict[str, str]

    @cached_property
    def options(self) -> Options:
        """The OData options."""
        return options(self.request)

    @property
    def sees_hidden(self) -> bool:
        """Whether the app may see who is in groups of hidden membership."""
        return READ_HIDDEN_MEMBERS in self.permissions

    def query(self, name: str) -> str | None:
        """A parameter of a function, such as `startDateTime`, whatever letters its name is written in."""
        return next((value for key, value in self.request.query.items() if key.lower() == name.lower()), None)

    @property
    def root(self) -> str:
        """The address of Graph as the client sees it."""
        return f"https://{self.request.host}/v1.0"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path (`{name}` is a variable), and what answers it."""

    method: str
    path: str
    handler: Handler

    @cached_property
    def operation(self) -> Operation:
        """Its line in the table of what Graph documents. Raises `KeyError` for a route that has none."""
        return OPERATIONS[self.method, self.path]

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts."""
        return tuple(self.path.split("/"))

    @cached_property
    def is_outlooks(self) -> bool:
        """Whether Outlook serves it, and not the directory."""
        return mailbox_in(self.segments) is not None

    def variables(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The variables of a path that is this route's, else None."""
        if len(segments) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{"):
                # Names with a dot or a dollar are casts and `$count`, never an id.
                if segment.startswith(("microsoft.graph.", "$")):
                    return None
                found[pattern[1:-1]] = segment
            elif pattern.lower() != segment.lower():
                return None
        return found
