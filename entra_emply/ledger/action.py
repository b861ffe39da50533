"""The action of a recorded plan, which the ledger and provisioning share. Not here: its status (`action_status`)."""

from collections.abc import Mapping
from dataclasses import dataclass

JsonObject = Mapping[str, object]


@dataclass(frozen=True)
class Action:
    """One action of a plan, with what applying needs of it.

    employee_id: the archived employee that is the cause (W3). approved: a person approved the action. time_zone: of an
    event, that of the calendar's owner.
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
    time_zone: str | None = None

    @property
    def name(self) -> str:
        """Target and kind: `emply.set_roles`."""
        return f"{self.target}.{self.kind}"

    @property
    def zone(self) -> str:
        """The IANA name of the zone that an event's dates are in (E0)."""
        return self.time_zone or "UTC"

    @property
    def fields(self) -> JsonObject:
        """The properties of `after`; empty where the action has none."""
        return self.after or {}
