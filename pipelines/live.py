"""`explain --live`: fresh reads of one person. From Graph the user by its addresses and its groups; from Emply whole
lists, because Emply cannot be asked for one address.

What is read is put together as a world of its own, planned by the same rules. Which guards would hold an action is not
known before a run has planned for everybody: what the last plan held is told, and the rest is said to be new.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pandas as pd

from assets import clock
from assets.emply.client import EmplyClient
from assets.entra import frames as graph_frames
from assets.entra.client import GraphClient
from assets.environment import Environment
from assets.frames import Row
from assets.ledger.ledger import Ledger
from assets.reconciliation.explain.in_memory import InMemory
from assets.reconciliation.explain.neighbourhood import Directory, Ids
from assets.reconciliation.mapping import groups_to_read
from assets.reconciliation.settings import Settings
from assets.reconciliation.world import SyncState

_ROUNDS = 4
"""How often what was found leads to further addresses to ask for."""


def read_live(environment: Environment, settings: Settings, asked: str, ledger: Ledger | None) -> InMemory:
    """The frames of whoever `asked` finds and of all around them. Raises what reading raises."""
    now = clock.now()
    state = SyncState.of({}, read_at=now) if ledger is None else ledger.read_state(now)
    with closing(GraphClient(environment)) as graph, closing(EmplyClient(environment)) as emply:
        frames = _lists(graph, emply)
        frames |= {f"sync_state/{name}": frame for name, frame in state.frames().items()}
        frames["entra_users"] = _users(graph, frames, asked)
        frames["entra_group_members/members"] = _memberships(graph, settings, frames, state)
    return InMemory(frames)


def _lists(graph: GraphClient, emply: EmplyClient) -> dict[str, pd.DataFrame]:
    """What is read whole, side by side."""
    sources = {
        "entra_tenant": graph.tenant,
        "entra_groups": graph.groups,
        "emply_users": emply.users,
        "emply_employees": emply.employees,
        "emply_roles": emply.roles,
        "emply_departments": emply.departments,
    }
    with ThreadPoolExecutor(max_workers=4) as threads:
        reading = {name: threads.submit(read) for name, read in sources.items()}
        return {name: future.result().frame for name, future in reading.items()}


def _users(graph: GraphClient, frames: Mapping[str, pd.DataFrame], asked: str) -> pd.DataFrame:
    """The Entra users by what was asked, then by every address and link of whoever was found, until nobody is new."""
    wanted, found = {asked.strip()} - {""}, graph_frames.users([])
    asked_for: set[str] = set()
    for _ in range(_ROUNDS):
        new = wanted - asked_for
        if not new:
            break
        found = pd.concat([found, graph.users_named(new).frame]).drop_duplicates("entra_id", ignore_index=True)
        asked_for |= new
        directory = Directory(InMemory({**frames, "entra_users": found}))
        around = directory.around(_everybody(directory.carriers(asked), found))
        wanted = directory.texts_of(around)
    return found


def _everybody(who: Ids, found: pd.DataFrame) -> Ids:
    return Ids(who.entra | frozenset(found["entra_id"]), who.emply, who.employees)


def _memberships(
    graph: GraphClient, settings: Settings, frames: Mapping[str, pd.DataFrame], state: SyncState
) -> pd.DataFrame:
    """The groups of the settings that each user found is a member of, through groups in them with `nested_groups`."""
    groups = groups_to_read(settings, frames["entra_groups"], state.group_ids)
    inside = {group: _with_nested(graph, group, nested=settings.nested_groups) for group in groups}
    members: dict[str, list[Row]] = {group: [] for group in groups}
    for entra_id in frames["entra_users"]["entra_id"]:
        direct = graph.member_of(entra_id)
        for group, these in inside.items():
            if not direct.isdisjoint(these):
                members[group].append({"id": entra_id, "@odata.type": "#microsoft.graph.user"})
    return graph_frames.members(members)


def _with_nested(graph: GraphClient, group: str, *, nested: bool) -> frozenset[str]:
    return (graph.transitive_groups(group) if nested else frozenset[str]()) | {group}
