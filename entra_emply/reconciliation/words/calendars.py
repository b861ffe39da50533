"""The words of C."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "calendars_on": ConditionWords("calendars are synchronised", "calendars are switched off ({switch})"),
    "calendars_off": ConditionWords("calendars are switched off ({switch})", "calendars are synchronised"),
    "waiting": ConditionWords(
        "the user's link, activation or deactivation waits for a person (C8)",
        "no link, activation or deactivation of the user waits",
    ),
    "not_waiting": ConditionWords(
        "no link, activation or deactivation of the user waits",
        "the user's link, activation or deactivation waits for a person (C8)",
    ),
    "unmanaged": ConditionWords("the user is not managed any more (L8)", "the user is still managed"),
    "not_deleted_room": ConditionWords("the room stays in Entra", "W3 deletes the room in Entra"),
    "calendars_read": ConditionWords(
        "calendars and events could be read",
        "calendars or events could not be read ({code:no answer}), so that nobody's are synchronised (G5b)",
    ),
    "mailboxes_read": ConditionWords(
        "the mailboxes could be read",
        "the mailboxes could not be read ({code:no answer}), so that none is judged (G5b)",
    ),
    "mailbox_asked": ConditionWords("the mailbox was asked for", "the mailbox was not read yet"),
    "mailbox_unreadable": ConditionWords(
        "the service answered {code:nothing} when the mailbox was read", "the mailbox could be read"
    ),
    "mailbox_readable": ConditionWords(
        "the mailbox could be read", "the service answered {code:nothing} when the mailbox was read"
    ),
    "mailbox_barred": ConditionWords("{why}", "the mailbox can be opened"),
    "to_be_looked_at": ConditionWords(
        "somebody has to look into it", "the user is a guest, who usually has no mailbox"
    ),
    "owner_settled": ConditionWords(
        "it is known whose {they} {are}", "a room's mailbox is unreadable, which might tell whose {they} {are}"
    ),
    "mailbox_open": ConditionWords(
        "the mailbox can be opened", "the mailbox does not exist, or the application may not open it"
    ),
    "mailbox_closed": ConditionWords(
        "the mailbox does not exist, or the application may not open it", "the mailbox can be opened"
    ),
    "no_guest": ConditionWords("the user is no guest", "the user is a guest, who usually has no mailbox"),
    "considered": ConditionWords("the user's calendars are synchronised", "{why}"),
    "calendars_synchronised": ConditionWords("the user's calendars are synchronised", "{why}"),
    "spared": ConditionWords("{why}", "no link, activation or deactivation waits, and the user is clear and managed"),
    "not_left_for_now": ConditionWords("nothing of the user waits (C8)", "{why}, so that calendars stay as they are"),
    "mailbox_not_shut": ConditionWords("the mailbox can be opened", "{why}; what is in Emply stays"),
    "has_calendar": ConditionWords("the mailbox has calendars", "no calendar was found in the mailbox"),
    "may_edit": ConditionWords("the user may edit {them} in Outlook", "the user may not edit {them} in Outlook"),
    "may_not_edit": ConditionWords("the user may not edit {them} in Outlook", "the user may edit {them} in Outlook"),
    "is_default": ConditionWords("{they} {are} the room's default calendar", "a room brings its default calendar only"),
    "not_in_emply": ConditionWords("Emply does not have {them} under this user", "Emply has {them} already"),
    "not_renewed": ConditionWords(
        "no calendar in Emply stands for {them} under an id of before",
        "the default calendar has a new id, which the one in Emply gets (C1a)",
    ),
    "stands_for_default": ConditionWords(
        "{they} {are} there as the user's default calendar", "{they} {do} not stand for the default calendar"
    ),
    "gone_from_mailbox": ConditionWords(
        "the calendar in Entra that {they} came from is gone", "the mailbox still has {them}"
    ),
    "default_to_add": ConditionWords(
        "the user's default calendar has another id now",
        "Emply has the user's default calendar, or there is none that may come to Emply",
    ),
    "least_of_several": ConditionWords(
        "no other one comes first", "another calendar in Emply stands for the default one, too"
    ),
    "was_detached": ConditionWords(
        "{are} joined with Outlook again, as the calendar that Emply kept", "{are} added as a new calendar"
    ),
    "enabled_at_first": ConditionWords(
        "{are} added and {stay} on", "{are} added disabled, until the user enables {them} in the user settings"
    ),
    "from_entra": ConditionWords("Emply has calendars that came from Entra", "no calendar in Emply came from Entra"),
    "wanted_still": ConditionWords("Emply has to have {them}", "{why}"),
    "not_wanted": ConditionWords("{why}", "the user still has {them} in Entra"),
    "still_in_entra": ConditionWords("{they} {are} still in Entra", "the calendar in Entra is gone"),
    "disabled_in_emply": ConditionWords(
        "`enabled` belongs to the user, who disabled {them} or did not enable {them} in the user settings yet",
        "{they} {are} enabled in Emply",
    ),
    "own_events": ConditionWords("{are} detached (the events made in Emply stay, Outlook's go)", "{are} removed"),
    "kept_in_emply": ConditionWords("Emply has calendars that stay", "no calendar of the user stays in Emply"),
    "differs": ConditionWords("{why}", "name and sharing are as they have to be"),
    "another_name": ConditionWords("the name in Entra is {name}", "the name is the same in Entra"),
    "not_shared": ConditionWords(
        "dates and titles are not shared, and `always_share_dates_and_titles` is on", "sharing is as it has to be"
    ),
}

RULES = {
    "C1": RuleWords("{names} {how}", "No calendar is added", each="{names} {are} not added"),
    "C1a": RuleWords(
        "{names} {are} joined with the default calendar in Outlook again",
        "No calendar in Emply gets a new id",
        each="{names} {do} not get a new id",
        because=("default_to_add",),
    ),
    "C2": RuleWords(
        "The events of {names} are not synchronised",
        "No calendar is disabled under the user",
        each="{names} {are} not disabled",
        because=("disabled_in_emply",),
    ),
    "C3": RuleWords(
        "{names} {are} changed",
        "No calendar's name or sharing changes",
        each="{names} {are} not changed",
        because=("differs",),
    ),
    "C4": RuleWords(
        "{names} {how}",
        "C4 takes no calendar out of Emply",
        each="{names} {are} not taken out of Emply",
        because=("not_wanted",),
    ),
    "C5": RuleWords(
        "The room's default calendar comes to Emply as {room}",
        "No room's calendar is added",
        each="{names} {are} not added",
        because=("in_room",),
    ),
    "C6": RuleWords(
        "{names} {how}",
        "C6 takes no calendar out of Emply",
        each="{names} {are} not taken out of Emply",
        because=("calendars_off",),
    ),
    "C7": RuleWords(
        "What Emply has of the mailbox stays as it is, and somebody has to look into it",
        "No closed mailbox is reported",
        because=("mailbox_barred",),
    ),
    "C8": RuleWords(
        "Calendars and events stay as they are for now",
        "Calendars and events do not have to wait",
        because=("spared",),
    ),
}
