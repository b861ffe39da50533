"""The words of the conditions that rules of several letters ask (`rules.conditions`)."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

RULES: dict[str, RuleWords] = {}

CONDITIONS = {
    "integration_on": ConditionWords("the integration is on", "the integration is off (`enabled: false`)"),
    "roles_synchronized": ConditionWords("`synchronize_roles` is on", "`synchronize_roles` is off"),
    "roles_not_synchronized": ConditionWords("`synchronize_roles` is off", "`synchronize_roles` is on"),
    "in_entra": ConditionWords("there is an Entra user", "there is no Entra user"),
    "gone_from_entra": ConditionWords("the linked Entra user is gone", "the Entra user exists"),
    "enabled": ConditionWords("the account is enabled in Entra", "the account is disabled in Entra"),
    "disabled": ConditionWords("the account is disabled in Entra", "the account is enabled in Entra"),
    "in_group": ConditionWords(
        "the user is in {groups}", "the user is in none of the configured groups ({configured:none is configured})"
    ),
    "in_no_group": ConditionWords(
        "the user is in none of the configured groups ({configured:none is configured})", "the user is in {groups}"
    ),
    "not_in_room": ConditionWords("the user is in no room group", "the user is in a room group ({rooms})"),
    "in_room": ConditionWords("the user is in a room group ({rooms})", "the user is in no room group"),
    "in_emply": ConditionWords("there is the login {login:without username}", "no login in Emply belongs to the user"),
    "matched": ConditionWords(
        "the login {login:without username} belongs to the user", "no login in Emply belongs to the user"
    ),
    "unmatched": ConditionWords(
        "no login in Emply belongs to the user", "the user has the login {login:without username}"
    ),
    "linked": ConditionWords(
        "the login {login:without username} was linked before", "no recorded link joins the user with a login in Emply"
    ),
    "not_left_alone": ConditionWords(
        "it is clear whom to match by sign-in name and e-mail",
        "it is not clear whose the address {shared:of the user} is (M4)",
    ),
    "left_alone": ConditionWords(
        "it is not clear whose the address {shared:of the user} is",
        "it is clear whom to match by sign-in name and e-mail",
    ),
    "login_active": ConditionWords(
        "the login {login:without username} is active", "the login {login:in Emply} is deactivated already"
    ),
    "login_deactivated": ConditionWords(
        "the login {login:without username} is deactivated", "the login {login:in Emply} is active"
    ),
    "stays_active": ConditionWords(
        "the login {login:in Emply} is active after this plan",
        "the login {login:in Emply} is not active after this plan",
    ),
    "with_employee": ConditionWords(
        "there is an employee ({status})", "no employee has the e-mail {email:of the user}"
    ),
    "without_employee": ConditionWords(
        "no employee has the e-mail {email:of the user}", "there is an employee ({status}), who controls the user"
    ),
    "employee_archived": ConditionWords(
        "the employee is archived", "no employee of the user is archived ({status:there is none})"
    ),
    "employee_not_archived": ConditionWords("no archived employee stands in the way", "the employee is archived"),
    "has_email": ConditionWords("the e-mail is {email}", "the user has no e-mail address in Entra"),
    "no_email": ConditionWords("the user has no e-mail address in Entra", "the e-mail is {email}"),
}
