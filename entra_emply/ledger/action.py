"""One action of a recorded plan, as far as applying it needs."""

from collections.abc import Mapping
from dataclasses import dataclass

JsonObject = Mapping[str, object]


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
