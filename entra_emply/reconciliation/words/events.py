"""The words of E."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

_WINDOW = "the window from {start} to {end}"
_DISABLED = "the calendar is disabled under the user in Emply (C2)"
_ENABLED = "the calendar is enabled in Emply"

CONDITIONS = {
    "has_outlook_event": ConditionWords("events were read in Outlook", "no event was read in Outlook"),
    "has_emply_event": ConditionWords("Emply has events", "the user's calendars have no event in Emply"),
    "has_pair": ConditionWords("events of Emply are known in Outlook", "no event of Emply is recorded as in Outlook"),
    "on_synchronised_calendar": ConditionWords("the calendar is synchronised", "the calendar is not synchronised"),
    "calendar_events_read": ConditionWords(
        "the events of the calendar were read", "the events of the calendar were not read yet"
    ),
    "calendar_enabled": ConditionWords(_ENABLED, _DISABLED),
    "calendar_disabled": ConditionWords(_DISABLED, _ENABLED),
    "in_window": ConditionWords(f"{{they}} {{are}} in {_WINDOW}", f"{{they}} {{are}} outside {_WINDOW}"),
    "not_cancelled": ConditionWords("{they} {are} not cancelled", "{they} {are} cancelled"),
    "not_declined": ConditionWords("the owner did not decline {them}", "the owner declined {them}"),
    "pair_may_be_written": ConditionWords(
        "the calendar where Outlook has {them} may be edited",
        "the owner may not edit the calendar where Outlook has {them} now",
    ),
    "not_paired": ConditionWords("nobody made {them} in Emply", "{they} {are} made in Emply (E2)"),
    "new_or_changed": ConditionWords("{why}", "Emply has {them} as in Outlook"),
    "new_in_outlook": ConditionWords("{are} written to Emply", "{are} updated in Emply after a change in Outlook"),
    "another_change_key": ConditionWords("Outlook has changed {them}", "Outlook has not changed {them}"),
    "made_in_outlook": ConditionWords("{they} {are} from Outlook", "{they} {are} made in Emply"),
    "made_in_emply": ConditionWords("{they} {are} made in Emply", "{they} {are} from Outlook"),
    "leaves_emply": ConditionWords("{why}", "Outlook has {them}, or {they} {are} outside the window"),
    "elsewhere_in_outlook": ConditionWords(
        f"the calendar in Outlook does not have {{them}} any more in {_WINDOW}",
        f"the calendar in Outlook has {{them}}, or {{they}} {{are}} outside {_WINDOW}",
    ),
    "cancelled_in_outlook": ConditionWords(
        "{they} {are} cancelled in Outlook", "{they} {are} not cancelled in Outlook"
    ),
    "declined_in_outlook": ConditionWords("the owner declined {them}", "the owner did not decline {them}"),
    "calendar_stays": ConditionWords("the calendar stays in Emply", "the calendar leaves Emply (C4)"),
    "gone_in_outlook": ConditionWords(
        f"Outlook does not have {{them}} any more in {_WINDOW}",
        f"Outlook has {{them}}, or {{they}} {{are}} outside {_WINDOW}",
    ),
    "names_no_outlook_event": ConditionWords("Outlook does not have {them}", "Outlook was given {them} already"),
    "no_recorded_pair": ConditionWords("Outlook was not given {them} before", "Outlook was given {them} before"),
    "pair_in_outlook": ConditionWords(
        "Outlook has {them}, too", "{they} {are} not made in Emply with a counterpart in Outlook"
    ),
    "pair_in_window": ConditionWords(f"{{they}} {{are}} in {_WINDOW}", f"{{they}} {{are}} outside {_WINDOW}"),
    "own_fields_differ": ConditionWords("Emply has other values", "Outlook has the same values"),
    "gone_in_emply": ConditionWords("Emply does not have {them} any more", "Emply still has {them}"),
    "pair_there_in_window": ConditionWords(
        f"Outlook still has {{them}} in {_WINDOW}", f"Outlook does not have {{them}} in {_WINDOW}"
    ),
    "private": ConditionWords("the sensitivity in Outlook is not normal", "the sensitivity in Outlook is normal"),
}

RULES = {
    "E1": RuleWords(
        "{names} {how}",
        "No event is written to Emply",
        each="{names} {are} not written to Emply",
        because=("in_window",),
    ),
    "E1 gone": RuleWords(
        "{names} {are} taken out of Emply",
        "No event is taken out of Emply",
        each="{names} {are} not taken out of Emply",
        because=("leaves_emply",),
        otherwise={"calendar_stays": "{names} {go} with the calendar"},
    ),
    "E2": RuleWords(
        "{names} {are} created in Outlook",
        "No event is created in Outlook",
        each="{names} {are} not created in Outlook",
        because=("made_in_emply", "in_window"),
    ),
    "E2 changed": RuleWords(
        "{names} {are} updated in Outlook",
        "No event is updated in Outlook",
        each="{names} {are} not updated in Outlook",
        because=("own_fields_differ",),
    ),
    "E2 gone": RuleWords(
        "{names} {are} deleted in Outlook",
        "No event is deleted in Outlook",
        each="{names} {are} not deleted in Outlook",
        because=("gone_in_emply",),
    ),
    "E3": RuleWords(
        "{names} {are} shown as Private in Emply",
        "No event to write is private",
        each="{names} {are} not written as Private",
        because=("private",),
    ),
}
