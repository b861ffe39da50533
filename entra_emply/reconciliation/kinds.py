"""Every kind of action, in the order of applying (rules.md, "Applying" 2 and C4). Nothing else."""

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
