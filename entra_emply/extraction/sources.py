"""The lists: how each source that every run reads whole is read. Their names are `inputs.SOURCES`.

What is read of some people only is in `dependent_reads`; whether a read is believed, in `checks`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pandera

from entra_emply.connectors.emply import frames as emply
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra import frames as entra
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.entra.member_deltas import group_frame
from entra_emply.connectors.reads import MultiRead, Read, Tracking
from entra_emply.extraction.side_by_side import Announced
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, SOURCES, Inputs, SyncState, sees_hidden_members
from entra_emply.reconciliation.mapping import groups_to_read, resolve
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.unreadable_frame import merged
from entra_emply.storage.frame_store import StoredFrames

MEMBERS = "entra_group_members"
"""The one list that depends on another: of which groups, the settings and `entra_groups` say."""


@dataclass(frozen=True)
class Systems:
    """Both systems, to be read. tracking: how each list is read, which may go on from an earlier read."""

    graph: GraphClient
    emply: EmplyClient
    tracking: Callable[[str], Tracking] = lambda _source: None

    def stop(self) -> None:
        """Send nothing more: what is still being read fails with its next request."""
        self.graph.service.stop()
        self.emply.service.stop()


@dataclass(frozen=True)
class ListSource:
    """A source that is one list: its frame's model, and how it is read (raises SourceUnreadable, CredentialsError)."""

    name: str
    model: type[pandera.DataFrameModel]
    read: Callable[[Systems], Read]

    @property
    def system(self) -> str:
        """Which system it is read from: `entra` or `emply`."""
        return self.name.partition("_")[0]


LISTS = (
    ListSource("entra_tenant", entra.Tenant, lambda to: to.graph.directory.tenant()),
    ListSource("entra_users", entra.Users, lambda to: to.graph.directory.users(to.tracking("entra_users"))),
    ListSource("entra_groups", entra.Groups, lambda to: to.graph.directory.groups(to.tracking("entra_groups"))),
    ListSource("emply_users", emply.Users, lambda to: to.emply.users()),
    ListSource("emply_employees", emply.Employees, lambda to: to.emply.employees()),
    ListSource("emply_roles", emply.Roles, lambda to: to.emply.roles()),
    ListSource("emply_departments", emply.Departments, lambda to: to.emply.departments()),
)
"""All of `inputs.SOURCES` but MEMBERS; none needs another."""


def announced(sources: Iterable[ListSource], systems: Systems) -> dict[str, Announced]:
    """These lists, to be read side by side."""
    return {source.name: _announced(source, systems) for source in sources}


def _announced(source: ListSource, systems: Systems) -> Announced:
    return Announced(lambda _: source.read(systems))


def announced_lists(systems: Systems, settings: Callable[[], Settings], state: SyncState) -> dict[str, Announced]:
    """Every list, MEMBERS last, which are read once the groups are. The read of these raises what `settings` raises."""

    def members(lists: Mapping[str, Read]) -> MultiRead:
        asked, groups = settings(), lists["entra_groups"].frame
        return read_members(systems, asked, groups_to_read(asked, groups, state.group_ids), groups)

    return announced(LISTS, systems) | {MEMBERS: Announced(members, ("entra_groups",))}


def read_members(systems: Systems, settings: Settings, groups: list[str], entra_groups: pd.DataFrame) -> MultiRead:
    """`members` of these groups, and `groups` (group_id): which were read. One that was not is not an empty one.

    With `nested_groups` they are always read whole: Graph tells nothing of members of members.
    """
    how = None if settings.nested_groups else systems.tracking(MEMBERS)
    if how is not None:
        hidden = entra_groups.loc[entra_groups["hidden"], "group_id"]
        return systems.graph.directory.tracked_members(groups, frozenset(hidden), how)
    read = systems.graph.directory.members(groups, transitive=settings.nested_groups)
    return MultiRead({"members": read.frame, "groups": group_frame(groups)}, read.certificate)


def require_names(settings: Settings, state: SyncState, lists: Mapping[str, Read]) -> None:
    """Raise SettingsError for every wrong name of the settings at once: of groups, roles and departments."""
    groups, roles, departments = (lists[name].frame for name in ("entra_groups", "emply_roles", "emply_departments"))
    resolve(settings, groups, roles, departments, state.group_ids)


def inputs_of(frames: Mapping[str, StoredFrames], settings: Settings, state: SyncState) -> Inputs:
    """The inputs that the frames of one run make, by the names of their assets; those of dependent sources may lack."""
    lists: dict[str, pd.DataFrame] = {}
    for name in SOURCES:
        found = frames[name]
        lists[name] = found if isinstance(found, pd.DataFrame) else found["members"]
    sets = (frames.get(name, {}) for name in DEPENDENT_SOURCES)
    dependent = merged([found for found in sets if not isinstance(found, pd.DataFrame)])
    hidden = sees_hidden_members(lists["entra_tenant"])
    return Inputs(**lists, **dependent, state=state, settings=settings, member_read_hidden=hidden)
