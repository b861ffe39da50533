"""The words of U."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

UNDOES = "undoes plan "
"""Begins the cause of a request; the plan's id follows."""

CONDITIONS = {
    "restores_roles": ConditionWords("roles are to be restored", "no role is to be restored"),
    "restores_fields": ConditionWords("fields are to be restored", "no field is to be restored"),
    "restores_login": ConditionWords("a login is to be activated again", "no login is to be activated again"),
    "still_linked": ConditionWords(
        "the login is linked with the same Entra user", "the login is not linked with this Entra user any more"
    ),
    "still_set": ConditionWords("the login still has what was set", "it was changed since, and stays as it is"),
    "roles_there": ConditionWords("the roles exist in Emply", "a role that was taken does not exist in Emply any more"),
    "no_rule_acts": ConditionWords("no rule changes it at the next run", "{rule} {does} at the next run"),
    "would_stay": ConditionWords("no rule would do the same again", "{rule} would do the same again: first {first}"),
}


def _restores(what: str) -> RuleWords:
    return RuleWords(f"{what} as somebody asked", "Nothing is undone", because=("still_set",))


RULES = {
    "U1": _restores("The roles that were taken are given back"),
    "U2": _restores("The fields are set back"),
    "U3": _restores("The login is activated again"),
}
