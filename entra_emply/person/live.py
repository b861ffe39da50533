"""`explain --live`: fresh reads of one person. From Graph the user by an address, their groups and their mailbox; from
Emply whole lists, because Emply cannot be asked for one address.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import pandas as pd

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra import frames as graph_frames
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.entra.memberships import Memberships
from entra_emply.connectors.frames import Row
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment
from entra_emply.extraction.planning import Lists, Planned, Planning, read_check_plan
from entra_emply.extraction.side_by_side import in_turn
from entra_emply.extraction.sources import LISTS, Systems, announced
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import uncounted
from entra_emply.reconciliation.explain.neighbourhood import Directory
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.mapping import groups_to_read
from entra_emply.reconciliation.settings import Settings

_ROUNDS = 4
"""How often what was found leads to further addresses to ask for."""


@dataclass(frozen=True)
class Live:
    """Both systems, to be asked about one person. Every method raises what reading raises."""

    environment: Environment
    graph: GraphClient
    emply: EmplyClient

    @classmethod
    @contextmanager
    def opened(cls, environment: Environment) -> "Iterator[Live]":
        """With connections that are closed afterwards. Raises SettingsError."""
        with closing(GraphClient(environment)) as graph, closing(EmplyClient(environment)) as emply:
            yield cls(environment, graph, emply)

    def read(self, settings: Settings, state: SyncState, asked: Collection[str]) -> InMemory:
        """The frames of the people who carry one of the texts `asked`, and of all around them; of Emply everybody's."""
        frames = self._lists() | {f"sync_state/{name}": frame for name, frame in state.frames().items()}
        frames["entra_users"] = self._users(frames, frozenset(asked))
        frames["entra_group_members/members"] = self._memberships(settings, frames, state)
        return InMemory(frames)

    def plan(self, lists: Inputs) -> Planned:
        """The plan of a few people, of whom `lists` are; with their photos, mailboxes, calendars and events.

        Guards that count people are left out: of few people they say nothing.
        """
        with closing(_EmplyOf(self.environment, lists)) as emply:
            # Others' calendars are not in a neighbourhood, so that they are missing says nothing (G5).
            systems = Systems(self.graph, emply)
            how = Planning(systems, accepted=("emply_calendars",), planned_as=uncounted)
            return read_check_plan(lambda: Lists(lists), how)

    def _lists(self) -> dict[str, pd.DataFrame]:
        """What is read whole, side by side."""
        whole = [source for source in LISTS if source.name != "entra_users"]
        systems = Systems(self.graph, self.emply)
        return {name: read.frame for name, read in in_turn(announced(whole, systems), systems.stop)}

    def _users(self, frames: Mapping[str, pd.DataFrame], asked: frozenset[str]) -> pd.DataFrame:
        """The Entra users by what was asked, then by every address and link of those found, until nobody is new."""
        found, wanted, asked_for = graph_frames.users([]), set(asked), set[str]()
        for _ in range(_ROUNDS):
            if wanted <= asked_for:
                break
            read = self.graph.directory.users_named(wanted - asked_for).frame
            found = pd.concat([found, read]).drop_duplicates("entra_id", ignore_index=True)
            asked_for |= wanted
            directory = Directory(InMemory({**frames, "entra_users": found}))
            wanted = directory.texts_of(directory.around(directory.carriers(*asked, *found["entra_id"])))
        return found

    def _memberships(self, settings: Settings, frames: Mapping[str, pd.DataFrame], state: SyncState) -> pd.DataFrame:
        """The groups of the settings that each user is a member of, through groups in them with `nested_groups`."""
        groups = groups_to_read(settings, frames["entra_groups"], state.group_ids)
        memberships = Memberships(self.graph.directory, nested=settings.nested_groups)
        members: dict[str, list[Row]] = {group: [] for group in groups}
        for entra_id in frames["entra_users"]["entra_id"]:
            for group in memberships.among(entra_id, groups):
                members[group].append({"id": entra_id, "@odata.type": graph_frames.A_USER})
        return graph_frames.members(members)


class _EmplyOf(EmplyClient):
    """Emply, of whose calendars only those of a neighbourhood's people are seen: events are read of no others."""

    def __init__(self, environment: Environment, inputs: Inputs) -> None:
        super().__init__(environment)
        self._users = frozenset(inputs.emply_users["emply_user_id"])
        self._recorded = frozenset(inputs.state.calendars["calendar_id"])

    def calendars(self) -> Read:
        """The calendars of these people: frame `Calendars`."""
        read = super().calendars()
        theirs = read.frame["user_id"].isin(self._users) | read.frame["calendar_id"].isin(self._recorded)
        return replace(read, frame=read.frame[theirs].reset_index(drop=True))
