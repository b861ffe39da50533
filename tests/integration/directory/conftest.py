"""What tests of the directory's deltas share: a client, a series of reads, and a small company that was read once."""

from collections.abc import Iterator
from random import Random

import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.storage.frame_store import FrameStore
from sandbox import Sandbox
from tests.integration.directory.random_directory import GROUPS, RandomDirectory
from tests.integration.directory.tracked_reads import TrackedReads


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[GraphClient]:
    made = GraphClient(Environment.load(sandbox.environment))
    yield made
    made.close()


@pytest.fixture
def reads(client: GraphClient) -> TrackedReads:
    return TrackedReads(client, FrameStore("memory://directory-deltas"), GROUPS[:3])


@pytest.fixture
def company(sandbox: Sandbox, reads: TrackedReads) -> RandomDirectory:
    """A directory that was read once: ten people, all of them in `staff`."""
    directory = RandomDirectory(Random(1))
    directory.users, directory.deleted = {}, {}
    for name in GROUPS:
        directory.groups[name] = directory.groups[name] | {"members": []}
    for number in range(10):
        name = f"p{number}"
        person = {"id": name, "displayName": "Çağla Yıldız", "userPrincipalName": f"{name}@contoso.com"}
        directory.users[name] = person | {"accountEnabled": True, "mail": f"{name}@contoso.com"}
    directory.groups["staff"]["members"] += list(directory.users)
    sandbox.put_state(directory.scenario())
    reads.read()
    sandbox.clear_requests()
    return directory
