"""A tenant of 1,500 people that the tests of the Graph client read, its lists by name, and what it was asked."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment
from sandbox import Sandbox
from tests.fake_time import FakeTime

PEOPLE = 1500
NAMES = ["Şükrü Öztürk", "Søren Ærøskøbing", "Łucja Święcicka", "Megan Jordan"]
CANARY = "canary.person@contoso.example"
GROUPS = {"group-1": PEOPLE, "group-2": 3, "group-3": 0}

USERS, MEMBERS, ORGANIZATION = r"/users$", r"/group-1/members$", r"/organization$"
Call = Callable[[GraphClient], Read]
LISTS: dict[str, tuple[str, Call]] = {
    "users": (USERS, lambda client: client.directory.users()),
    "groups": (r"/groups$", lambda client: client.directory.groups()),
    "tenant": (ORGANIZATION, lambda client: client.directory.tenant()),
    "members": (MEMBERS, lambda client: client.directory.members(list(GROUPS), transitive=False)),
    "transitive members": (
        r"transitiveMembers$",
        lambda client: client.directory.members(list(GROUPS), transitive=True),
    ),
}


def _user(n: int) -> dict[str, Any]:
    return {"id": f"user-{n:04}", "displayName": NAMES[n % 4], "mail": CANARY, "userPrincipalName": f"{n}.{CANARY}"}


SCENARIO: dict[str, Any] = {
    "entra": {
        "users": [_user(n) for n in range(PEOPLE)],
        "groups": [
            {
                "id": name,
                "displayName": "Ansatte på Ærø",
                "groupTypes": ["DynamicMembership"] if name == "group-2" else [],
                "members": [f"user-{n:04}" for n in range(size)] + (["group-2"] if name == "group-3" else []),
            }
            for name, size in GROUPS.items()
        ],
        "deletedUsers": [{"id": "gone-1", "userPrincipalName": "gone"}],
    }
}


@contextmanager
def client_with(server: Sandbox, time: FakeTime, **changed: str) -> Iterator[GraphClient]:
    """A client of the tenant, some of whose variables are changed."""
    made = GraphClient(Environment.load({**server.environment, **changed}), time.timing())
    yield made
    made.close()


def asked(server: Sandbox, path: str = "/v1.0/") -> list[dict[str, Any]]:
    """The requests to these addresses."""
    return [entry for entry in server.requests() if path in entry["path"]]


def everything(error: BaseException) -> str:
    """All that an error shows or holds, and those behind it."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(everything(each) for each in (error.__cause__, error.__context__) if each)
