"""The words of L."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

_FREE = (
    "no login in Emply has the user's sign-in name or e-mail ({email:none}), or may be the user's by another address"
)
_TAKEN = "one of the user's addresses is taken in Emply, by {carriers}"

CONDITIONS = {
    "address_free": ConditionWords(_FREE, _TAKEN),
    "address_taken": ConditionWords(_TAKEN, _FREE),
    "may_activate": ConditionWords(
        "{allowed}",
        "somebody deactivated the login in Emply, and `reactivate` is `ours`",
    ),
    "was_in_configured_group": ConditionWords(
        "{was_in}",
        "no group of the last reconciliation ({groups_then:there was none}) is configured any more",
    ),
    "no_group_configured_any_more": ConditionWords(
        "no group of the last reconciliation ({groups_then:there was none}) is configured any more",
        "{was_in}",
    ),
    "not_deleted_with_employee": ConditionWords(
        "the Entra user is not deleted with the employee", "W3 deactivates the login together with the Entra user"
    ),
    "gets_or_has_login": ConditionWords("the user has a login or gets one", "the user has no login and gets none"),
    "leaves": ConditionWords(
        "the Entra user is gone, disabled or out of the groups",
        "neither L5 nor L6 nor L7 is about the user",
    ),
    "login_has_email": ConditionWords("the login has the e-mail {login_email}", "the login has no e-mail"),
    "employee_by_entra_email": ConditionWords(
        "an employee has the e-mail {email}, which the login does not have ({login_email:none})",
        "no employee was found by the Entra user's e-mail alone",
    ),
    "employee_active": ConditionWords("the employee is active", "the employee is {status}"),
    "no_resignation_date": ConditionWords(
        "the employee has no resignation date", "the employee has the resignation date {resignation_date}"
    ),
}

_DEACTIVATED = "The login is deactivated in Emply, never deleted"

RULES = {
    "L1": RuleWords(
        "A login {username:without a username} is made, with {roles:no role}",
        "No login is made",
        because=("in_group", "address_free"),
    ),
    "L1a": RuleWords(
        "No login is made, and somebody has to look into it",
        "No address stands in the way of a login",
        because=("address_taken",),
    ),
    "L2": RuleWords("No login can be made", "A missing e-mail address is no obstacle", because=("no_email",)),
    "L3": RuleWords(
        "No login is made, although a group calls for one",
        "No archived employee is an obstacle",
        because=("employee_archived",),
    ),
    "L4": RuleWords(
        "The login is activated again",
        "The login is not activated",
        because=("in_group", "may_activate"),
        otherwise={"may_activate": "The login stays deactivated"},
    ),
    "L5": RuleWords(
        _DEACTIVATED, "The login is not deactivated as that of a deleted user", because=("gone_from_entra",)
    ),
    "L6": RuleWords(_DEACTIVATED, "The login is not deactivated as that of a disabled account", because=("disabled",)),
    "L7": RuleWords(
        _DEACTIVATED,
        "The login is not deactivated for having left the groups",
        because=("in_no_group", "was_in_configured_group"),
    ),
    "L7a": RuleWords(_DEACTIVATED, "The login is not deactivated as that of a room", because=("in_room",)),
    "L8": RuleWords(
        "The groups do not manage the login any more",
        "The login does not count as unmanaged",
        because=("no_group_configured_any_more",),
    ),
    "L9": RuleWords(
        "Entra leads the user's roles and fields",
        "The user does not count as one without an employee",
        because=("without_employee",),
    ),
    "L10": RuleWords(
        "The resignation date is missing: enter it, so that the employee becomes pending and then archived",
        "No resignation date is missing",
        because=("leaves", "employee_active"),
    ),
    "L11": RuleWords(
        "The employee is archived, but the user is enabled and in {groups}", "No archived employee is still in a group"
    ),
    "L12": RuleWords(
        "The login's e-mail should be corrected",
        "The login's e-mail is no obstacle",
        because=("employee_by_entra_email",),
    ),
}
