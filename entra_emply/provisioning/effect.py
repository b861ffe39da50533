"""What every kind of action is made of: an effect, and the context that it is done in."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from entra_emply.errors import TargetRefused
from entra_emply.ledger.action import Action
from entra_emply.provisioning.calendar_list import CalendarList
from entra_emply.provisioning.ports import Emply, Graph, Records


@dataclass
class Context:
    """Both systems, the ledger's memory, and what the plan's settings said.

    window: in which events were planned; None where none were. deletions: the Entra users that this plan deletes (W3),
    by id. Nested groups and Emply's calendars are looked up once for each plan.
    """

    graph: Graph
    emply: Emply
    records: Records
    configured_groups: Collection[str] = ()
    room_groups: Collection[str] = ()
    nested_groups: bool = False
    window: tuple[str, str] | None = None
    deletions: Mapping[str, Action] = field(default_factory=dict)
    _nested: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendars = CalendarList(self.emply)

    def is_member(self, entra_id: str, groups: Collection[str]) -> bool:
        """Whether the user is in one of the groups now; with `nested_groups` through groups in them, too."""
        direct = self.graph.member_of(entra_id)
        return any(not direct.isdisjoint(self._with_nested(group)) for group in groups)

    def _with_nested(self, group: str) -> frozenset[str]:
        if group not in self._nested:
            inside = self.graph.transitive_groups(group) if self.nested_groups else frozenset[str]()
            self._nested[group] = inside | {group}
        return self._nested[group]


@dataclass(frozen=True)
class Done:
    """The change is made. `object_id`: of what was made or changed, where it is still to be found.

    `left`: why its second step was refused, which a later run goes on with; None where nothing is left to do.
    """

    object_id: str | None = None
    left: TargetRefused | None = None


Write = Callable[[], Done]
"""Makes the change, and nothing else: all that had to be read was read. Raises TargetRefused."""


@dataclass(frozen=True)
class Effect:
    """What a kind of action does.

    prepare: reads what there is to read, and gives the write; None where the action is not called for any more.
    look: whether `after` holds already, read anew. For a change that takes two steps it takes the second one where the
    first was made. Both raise SourceUnreadable.
    """

    prepare: Callable[[Action, Context], Write | None]
    look: Callable[[Action, Context], Done | None]
