"""The form of every kind of action: an `Effect`, and the `Context` in which it is carried out."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from entra_emply.connectors.entra.memberships import Memberships
from entra_emply.errors import TargetRefused
from entra_emply.ledger.action import Action
from entra_emply.ledger.sync_state import CurrentSyncState
from entra_emply.provisioning.calendar_list import CalendarList
from entra_emply.provisioning.ports import Emply, Graph


@dataclass
class Context:
    """Both systems, the sync state, and what the plan's settings say.

    window: start and end of the time in which events were planned; None where none were. deletions: the actions by
    which this plan deletes Entra users (W3), by the user's id. A group's members and Emply's calendars are read once.
    Threads share it.
    """

    graph: Graph
    emply: Emply
    sync_state: CurrentSyncState
    configured_groups: Collection[str] = ()
    room_groups: Collection[str] = ()
    nested_groups: bool = False
    window: tuple[str, str] | None = None
    deletions: Mapping[str, Action] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendars = CalendarList(self.emply)
        self._memberships = Memberships(self.graph.directory, nested=self.nested_groups)

    def is_member(self, entra_id: str, groups: Collection[str]) -> bool:
        """Whether the user is a member of one of the groups now; with `nested_groups` also of a group inside it."""
        return bool(self._memberships.among(entra_id, groups))


@dataclass(frozen=True)
class Done:
    """The change was made.

    object_id: the target's id of the object that was created or changed; None where the object was deleted. left: the
    refusal of the second step, which a later run repeats; None where nothing is left to do.
    """

    object_id: str | None = None
    left: TargetRefused | None = None


EMPLY, ENTRA = "emply", "entra"
"""The two services, as the targets of a plan's actions are called."""

Write = Callable[[], Done]
"""Makes the change without reading anything first. Raises TargetRefused."""


@dataclass(frozen=True)
class Effect:
    """How a kind of action is carried out.

    prepare: reads what the write depends on, and returns it; None where the action is no longer called for.
    look: reads whether the target already is as in `after`. For a change of two steps it makes the second step if only
    the first was made. Both raise SourceUnreadable. services: those that have to answer for it.
    """

    prepare: Callable[[Action, Context], Write | None]
    look: Callable[[Action, Context], Done | None]
    services: Collection[str] = (EMPLY, ENTRA)
