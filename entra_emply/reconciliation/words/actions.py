"""What planned actions are called, and why each is planned: a line for each, where a plan is shown.

The conditions of the rules, in full, are in the other modules of this catalogue.
"""

REASONS = {
    ("M2", None): "the username in Emply equals the sign-in name in Entra",
    ("M3", None): "the e-mails are equal",
    ("M3b", None): "an address of the Entra user is the username or an e-mail of this login; nobody else shares one",
    ("L1", None): "is in a configured group, and nobody in Emply has this address",
    ("L4", None): "is in scope while the login is deactivated, and may be reactivated",
    ("L5", "deleted_in_entra"): "the Entra user is gone",
    ("L6", "account_disabled"): "the Entra account is disabled",
    ("L7", "removed_from_group"): "is in no configured group any more",
    ("L7a", "is_room"): "is a meeting room",
    ("R2", "roles_missing"): "has no role at all; gets the main group's",
    ("R4", "mapping_changed"): "a group is mapped to another role now",
    ("R4", "group_joined"): "joined a configured group",
    (
        "R5",
        "roles_missing",
    ): "a role given by a group was taken away in Emply, so the user gets exactly the groups' roles again",
    ("A1", None): "the fields follow Entra",
    ("A2", None): "Emply has none yet",
    ("P1", None): "Emply has not been given this picture yet",
    ("C1", None): "the user may edit this calendar, and no calendar in Emply follows it",
    ("C1a", None): "the default calendar has a new id in Entra",
    ("C3", None): "the calendar's name or sharing differs",
    (
        "C4",
        None,
    ): "Entra has no such calendar for the user to edit, or the user is no longer active or in scope",
    ("C5", None): "is the calendar of a meeting room",
    ("C6", None): "calendars are not synchronised",
    ("E1", None): "Outlook leads its events",
    ("E2", None): "Emply leads the events made in it",
    ("W1", None): "is active in Emply, and nobody in Entra has one of the login's addresses",
    ("W2", None): "the employee leads these fields",
    ("W3", None): "the employee is archived",
    ("W3", "deleted_in_entra"): "the employee is archived, and the Entra user is deleted with this plan",
}
"""By rule and reason, why an action is planned."""
KINDS = {
    "emply.deactivate_user": ("-", "leavers: deactivate"),
    "ledger.link_user": ("~", "link to an existing Emply user"),
    "emply.create_user": ("+", "joiners: create a login"),
    "emply.activate_user": ("+", "activate"),
    "emply.set_roles": ("~", "movers: change roles"),
    "emply.update_user": ("~", "change fields"),
    "emply.set_photo": ("~", "copy the picture from Entra"),
    "emply.remove_calendar": ("-", "take a calendar out of Emply"),
    "emply.detach_calendar": ("-", "take Outlook's events out of a calendar"),
    "emply.add_calendar": ("+", "add a calendar"),
    "emply.attach_calendar": ("+", "attach a calendar to Outlook again"),
    "emply.update_calendar": ("~", "change a calendar"),
    "emply.delete_event": ("-", "take an event out of Emply"),
    "emply.upsert_event": ("+", "write an event to Emply"),
    "entra.create_event": ("+", "create an event in Outlook"),
    "entra.update_event": ("~", "change an event in Outlook"),
    "entra.delete_event": ("-", "delete an event in Outlook"),
    "entra.create_user": ("+", "create a user in Entra"),
    "entra.update_user": ("~", "change fields in Entra"),
    "entra.delete_user": ("-", "delete a user in Entra"),
}
"""What each kind of action is called, and whether it adds (+), takes away (-) or changes (~)."""
