"""The words of A."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "fields_differ": ConditionWords(
        "Emply and Entra have different values for {differ}",
        "no value in Entra differs (equal: {equal:none}; without a value in Entra, so that Emply keeps its own: "
        "{blank:none})",
    ),
    "address_blank": ConditionWords(
        "Emply has none", "Emply has an e-mail and a username, or Entra has none to fill in"
    ),
    "nobody_else_has": ConditionWords(
        "nobody else has, gets or would be given the same",
        "another login in Emply has, gets or would be given {carried}, too",
    ),
    "fields_change": ConditionWords("A1 or A2 changes a field", "neither A1 nor A2 changes a field"),
}

RULES = {
    "A1": RuleWords(
        "Entra leads, and Emply gets {differ} from there", "No field follows Entra", because=("fields_differ",)
    ),
    "A2": RuleWords(
        "Emply gets {filled}",
        "Neither e-mail nor username is filled",
        because=("address_blank",),
        otherwise={"nobody_else_has": "Emply gets {filled:nothing}, and somebody has to look into it"},
    ),
    "A3": RuleWords(
        "The employee controls the user, and master data are changed on the employee's profile in Emply",
        "No employee controls the user's fields",
        because=("with_employee",),
    ),
    "A4": RuleWords("The fields change in one step: {changes}", "No field changes"),
}
