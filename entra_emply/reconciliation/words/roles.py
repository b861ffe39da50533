"""The words of R."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "gets_login": ConditionWords("the user gets a login", "the user gets no login in this plan"),
    "has_no_role": ConditionWords("the user has no role at all", "the user has {roles} already"),
    "group_changed": ConditionWords(
        "{groups}", "no group is new or mapped to another role that the user has: {groups:there is none}"
    ),
    "no_role_taken_away": ConditionWords(
        "no role that a group had given was taken away in Emply",
        "a group had given {lost}, which the user does not have any more (R5)",
    ),
    "role_taken_away": ConditionWords(
        "a group had given {lost}, which the user does not have any more",
        "no role that a group had given was taken away (what is missing is R4's)",
    ),
    "role_missing": ConditionWords(
        "the user does not have {missing}", "the user has every role of the groups, {wanted:of which there is none}"
    ),
    "outcome_differs": ConditionWords("the roles become others", "the user has these roles already: {groups}"),
    "protected_role": ConditionWords(
        "the user holds the protected role {held}",
        "the user holds none of the protected roles ({protected:none is configured})",
    ),
    "no_protected_role": ConditionWords(
        "the user holds none of the protected roles ({protected:none is configured})",
        "the user holds the protected role {held} (R7)",
    ),
    "roles_would_change": ConditionWords(
        "R2, R4 or R5 would change the roles", "neither R2 nor R4 nor R5 changes them: the user has {roles:no role}"
    ),
    "protection_silent": ConditionWords(
        "no protected role stands in the way", "the user holds the protected role {held}, and R7 keeps the roles"
    ),
    "renamed": ConditionWords("{group} is called {now:by no name} in Entra now", "{group} is still called so in Entra"),
}

RULES = {
    "R1": RuleWords(
        "The roles in Emply ({roles:none}) are never changed, only active or not active is",
        "No employee keeps the roles as they are",
        because=("with_employee",),
    ),
    "R2": RuleWords(
        "The user gets {main_role}, the role of the main group {main_group}",
        "No single role is given",
        because=("roles_not_synchronized", "has_no_role"),
    ),
    "R3": RuleWords(
        "The new login gets the roles of all the groups: {roles:none}",
        "No role is given at creation",
        otherwise={"roles_synchronized": "The new login gets the role of the main group alone, {roles:none}"},
        because=("roles_synchronized",),
    ),
    "R4": RuleWords("The roles follow the groups", "No group adds or replaces a role", because=("group_changed",)),
    "R5": RuleWords(
        "The roles become exactly those of the groups: {after:none} instead of {before:none}",
        "The roles are not set to exactly those of the groups",
        because=("role_taken_away",),
    ),
    "R6": RuleWords("The roles change from {before:none} to {after:none}", "The roles stay as they are"),
    "R7": RuleWords(
        "The roles stay as they are and do not become {after:none}",
        "No protected role keeps the roles as they are",
        because=("protected_role",),
    ),
    "R8": RuleWords("The group goes on working by its id", "No group was renamed", because=("renamed",)),
    "R9": RuleWords(
        "Once this is applied, the pipeline remembers that the user was in {groups}", "Nothing new is remembered"
    ),
}
