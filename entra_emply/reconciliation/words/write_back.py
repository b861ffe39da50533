"""The words of W."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "tenant_in_cloud": ConditionWords(
        "the tenant is not mastered on-premises",
        "the tenant is hybrid (mastered on-premises), where nothing is ever written and no switch may be on",
    ),
    "on_premises": ConditionWords("the user is mastered on-premises", "the user is not mastered on-premises"),
    "not_on_premises": ConditionWords("the user is not mastered on-premises", "the user is mastered on-premises (W0)"),
    "would_be_written": ConditionWords("W2 or W3 would write to the user", "neither W2 nor W3 would write to the user"),
    "create_on": ConditionWords("`entra_write_back.create` is on", "`entra_write_back.create` is off"),
    "update_on": ConditionWords("`entra_write_back.update` is on", "`entra_write_back.update` is off"),
    "delete_on": ConditionWords("`entra_write_back.delete` is on", "`entra_write_back.delete` is off"),
    "kept_by_switch": ConditionWords("{off} is off", "no switch that is off concerns this person"),
    "deleted_users_read": ConditionWords(
        "the deleted users of Entra could be read", "the deleted users of Entra could not be read ({code:no answer})"
    ),
    "unknown_to_entra": ConditionWords(
        "no user or group of Entra has the username ({username:none}) or the e-mail ({email:none}) of the login",
        "a user or group of Entra has the username ({username:none}) or the e-mail ({email:none}) of the login",
    ),
    "name_in_verified_domain": ConditionWords(
        "the username ({username:none}) or the e-mail ({email:none}) is in a verified domain of the tenant",
        "neither the username ({username:none}) nor the e-mail ({email:none}) is in a verified domain of the tenant",
    ),
    "name_allowed": ConditionWords(
        "Entra takes the sign-in name {name}",
        "Entra takes neither the username ({username:none}) nor the e-mail ({email:none}) as a sign-in name in a "
        "verified domain",
    ),
    "name_wanted_once": ConditionWords(
        "nobody else would get the sign-in name {name}", "{others} would get the sign-in name {name}, too"
    ),
    "name_not_deleted": ConditionWords(
        "no deleted Entra user has the sign-in name {name}, or another address of the login",
        "a deleted Entra user has the sign-in name {name}, or another address of the login: restore that user",
    ),
    "login_email_agrees": ConditionWords(
        "the employee was not found by the Entra user's e-mail alone",
        "the employee has the e-mail {email}, which the login does not have ({login_email:none})",
    ),
    "employee_differs": ConditionWords(
        "Entra and the employee have different values for {differ}", "Entra has everything that the employee has"
    ),
    "not_deleted_before": ConditionWords(
        "the Entra user was not deleted for this employee before",
        "the Entra user was deleted for this employee before, and was restored by hand",
    ),
}

_NAMES = ("name_in_verified_domain", "name_allowed", "name_wanted_once", "name_not_deleted")
_NOT_CREATED = "The user is not created in Entra, and somebody has to look into it"

RULES = {
    "W0": RuleWords(
        "Entra is not written to, and the change is to be made on-premises",
        "W0 keeps nothing from Entra",
        because=("on_premises",),
    ),
    "W1": RuleWords(
        "The user is created in Entra as {name}, and groups are given by hand",
        "The user is not created in Entra",
        because=("unknown_to_entra",),
        otherwise=dict.fromkeys(_NAMES, _NOT_CREATED),
    ),
    "W2": RuleWords(
        "The employee leads, and Entra gets {differ} from there",
        "Entra does not follow the employee",
        because=("employee_differs",),
    ),
    "W3": RuleWords(
        "The Entra user {name:without a sign-in name} is moved to the deleted users, where Entra keeps users for 30 "
        "days, and the login {becomes}",
        "The Entra user is not deleted",
        because=("employee_archived",),
    ),
    "W4": RuleWords(
        "A switch leaves out an action or a finding", "No switch leaves anything out", because=("kept_by_switch",)
    ),
}
