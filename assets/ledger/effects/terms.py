"""What effects are written in: an action, the systems it is done to, and what an effect consists of."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from assets.errors import TargetRefused
from assets.ledger.effects.calendar_list import CalendarList
from assets.ledger.effects.systems import Emply, Graph, JsonObject, Records


@dataclass(frozen=True)
class Action:
    """One action of a plan, as far as applying it needs.

    employee_id: whose being archived is the cause (W3). approved: a person approved it, it was not simply free.
    """

    plan_no: int
    action_id: str
    target: str
    kind: str
    rule: str
    reason: str | None
    entra_id: str | None
    emply_user_id: str | None
    employee_id: str | None
    before: JsonObject | None
    after: JsonObject | None
    approved: bool

    @property
    def name(self) -> str:
        """Target and kind: `emply.set_roles`."""
        return f"{self.target}.{self.kind}"

    @property
    def fields(self) -> JsonObject:
        """`after`, or nothing."""
        return self.after or {}


@dataclass
class Targets:
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

    prepare: Callable[[Action, Targets], Write | None]
    look: Callable[[Action, Targets], Done | None]
