"""The words of G."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

_COUNTED = {
    "too_many_deactivations": "more people would lose access within 24 hours than `max_deactivations` allows",
    "too_many_role_changes": "more people would have their roles changed than `max_role_changes` allows",
    "too_many_removals": "more people would lose calendars or events than `max_deactivations` allows",
    "too_many_grants": "more people would get access within 24 hours than `max_grants` allows",
}


def _counted(name: str) -> ConditionWords:
    counts = "({counts:how many is not recorded})"
    return ConditionWords(f"{_COUNTED[name]} {counts}", f"no {_COUNTED[name]} {counts}")


_EITHER = ConditionWords("{why}", "{why}")

CONDITIONS = {
    "has_action": ConditionWords("something is planned for the user", "nothing is planned for the user"),
    "not_c6": ConditionWords("the action is not C6's", "what C6 takes out of Emply is never held"),
    "held_before": ConditionWords("the previous plan held {them}", "the previous plan did not hold {them}"),
    "held_with_other": ConditionWords(
        "the deletion in Entra and the deactivation are held as one (W3)", "nothing that belongs to {them} is held"
    ),
    "not_approved": ConditionWords("nobody has approved {them} yet", "somebody has approved {them}"),
    "still_waits": _EITHER,
    "behind_link": ConditionWords(
        "the user's link is held, and the user's other actions wait for it", "no link of the user is held"
    ),
    "deactivates": ConditionWords("{they} {take} access away", "{they} {do} not take access away"),
    "deactivates_or_held": _EITHER,
    "too_many_deactivations": _counted("too_many_deactivations"),
    "too_many_deactivations_or_held": _EITHER,
    "sets_roles": ConditionWords("{they} {change} roles", "{they} {do} not change roles"),
    "sets_roles_or_held": _EITHER,
    "too_many_role_changes": _counted("too_many_role_changes"),
    "too_many_role_changes_or_held": _EITHER,
    "protected": _EITHER,
    "protected_or_held": _EITHER,
    "touches_holder": ConditionWords(
        "the user holds a protected role",
        "{they} {do} not concern a protected role, nor a link in place of another or by another address",
    ),
    "gives_protected": ConditionWords("the user would get a protected role", "the user gets no protected role"),
    "replaces_link": ConditionWords("the link would replace another one", "the link replaces no other one"),
    "links_by_address": ConditionWords(
        "the link is by an address other than sign-in name and e-mail (M3b)", "the link is by sign-in name or e-mail"
    ),
    "leaves_group": ConditionWords("the user left the groups", "{they} {are} not about a user who left the groups"),
    "leaves_group_or_held": _EITHER,
    "group_emptied": ConditionWords(
        "a configured group is suddenly empty ({emptied:its name is not recorded})",
        "none of the user's groups is suddenly empty",
    ),
    "group_emptied_or_held": _EITHER,
    "removes": ConditionWords(
        "{they} {take} away calendars, or events in Outlook",
        "{they} {do} not take away calendars, nor events in Outlook",
    ),
    "removes_or_held": _EITHER,
    "too_many_removals": _counted("too_many_removals"),
    "too_many_removals_or_held": _EITHER,
    "grants": ConditionWords("{they} {give} access", "{they} {do} not give access"),
    "grants_or_held": _EITHER,
    "too_many_grants": _counted("too_many_grants"),
    "too_many_grants_or_held": _EITHER,
    "undoes": ConditionWords("{they} {undo} what was applied before", "{they} {do} not undo anything"),
    "undoes_or_held": _EITHER,
    "refused": ConditionWords("{why}", "every list was read completely, or there would be no plan"),
    "lost_rows": ConditionWords("the read has fewer rows than is believed", "the read has the rows that it should"),
    "first_read_empty": ConditionWords("the first read is empty", "the first read is not empty"),
    "source_needed": ConditionWords("{they} {are} asked for", "{they} {are} not asked for"),
    "source_left_out": ConditionWords(
        "the service answered {code:nothing}", "everything that only some rules need could be read"
    ),
    "not_accepted": ConditionWords("nobody accepted the loss", "somebody accepted the loss"),
}

_PLAIN = ("touches_holder", "gives_protected", "replaces_link", "links_by_address", "behind_link")
HELD_BECAUSE = {
    **_COUNTED,
    **{name: CONDITIONS[name].holds for name in _PLAIN},
    "group_emptied": "a configured group is suddenly empty",
    "undoes": "it undoes what was applied before",
    "held_before": "the previous plan held it, and nobody has approved it",
    "held_with_other": "deleting and deactivating this user are held as one (W3)",
}
"""Why an action is held, by the condition that is its cause: a line for lists, without what was counted."""
GUARDS = {
    "G1": HELD_BECAUSE["too_many_deactivations"],
    "G2": HELD_BECAUSE["too_many_role_changes"],
    "G3": "a protected role, or a link that a person has to confirm",
    "G4": HELD_BECAUSE["group_emptied"],
    "G6": HELD_BECAUSE["too_many_removals"],
    "G7": HELD_BECAUSE["too_many_grants"],
    "G8": HELD_BECAUSE["undoes"],
}
"""What each guard is for: where many actions are told of, and where the cause of one is not recorded."""


def _guard(cause: str) -> RuleWords:
    return RuleWords(
        "{names} {are} held until somebody approves {them}",
        "Nothing is held by this guard",
        each="{names} {are} not held",
        because=(cause,),
    )


RULES = {
    "G1": _guard("too_many_deactivations_or_held"),
    "G2": _guard("too_many_role_changes_or_held"),
    "G3": _guard("protected_or_held"),
    "G4": _guard("group_emptied_or_held"),
    "G5": RuleWords("The run fails, and there is no plan", "No read is refused", because=("refused",)),
    "G5b": RuleWords(
        "Nothing is planned that needs {names}, and what is there stays",
        "Nothing is left out of the plan",
        each="{names} {are} not left out",
        because=("source_left_out",),
    ),
    "G6": _guard("too_many_removals_or_held"),
    "G7": _guard("too_many_grants_or_held"),
    "G8": _guard("undoes_or_held"),
}
