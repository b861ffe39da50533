"""Every kind of action, in the order of applying (rules.md, "Applying" 2 and C4), and how people name one."""

from entra_emply.errors import PlanRefused

ORDER = (
    "emply.deactivate_user",
    "ledger.link_user",
    "emply.create_user",
    "emply.activate_user",
    "emply.set_roles",
    "emply.update_user",
    "emply.set_photo",
    "emply.remove_calendar",
    "emply.detach_calendar",
    "emply.add_calendar",
    "emply.attach_calendar",
    "emply.update_calendar",
    "emply.delete_event",
    "emply.upsert_event",
    "entra.create_event",
    "entra.update_event",
    "entra.delete_event",
    "entra.create_user",
    "entra.update_user",
    "entra.delete_user",
)

UNDO_RULES = frozenset({"U1", "U2", "U3"})
"""The rules whose actions restore what was applied before (U)."""


def require_kind(kind: str | None) -> None:
    """Raise PlanRefused where nothing is called so: "set_roles" and "emply.set_roles" are kinds, and None is any."""
    kinds = {name for full in ORDER for name in (full, full.partition(".")[2])}
    if kind is not None and kind not in kinds:
        raise PlanRefused(f"there is no kind {kind!r}: the kinds are {', '.join(ORDER)}")
