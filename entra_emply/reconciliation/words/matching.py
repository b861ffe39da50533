"""The words of M."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "not_linked": ConditionWords(
        "no recorded link joins the login with an Entra user",
        "the login {login:without username} was linked before (M1)",
    ),
    "not_linked_yet": ConditionWords("no recorded link holds", "a link is recorded already (M1)"),
    "not_matched_yet": ConditionWords("M1 and M2 matched nobody", "the user is linked or matched already (M1, M2)"),
    "has_sign_in_name": ConditionWords("the sign-in name in Entra is {key}", "the user has no sign-in name in Entra"),
    "sign_in_name_once": ConditionWords(
        "nobody else carries {key}", "more than one user carries {key}, among them {carriers:others}"
    ),
    "sign_in_name_in_emply": ConditionWords(
        "the username in Emply is {key}, too", "no free login in Emply has the username {key}"
    ),
    "has_address": ConditionWords("the e-mail in Entra is {key}", "the user has no e-mail address in Entra"),
    "address_once": ConditionWords(
        "nobody else carries {key}",
        "it is not clear whose {key} is; others who carry it: "
        "{carriers:nobody, but the user is left alone by the sign-in name}",
    ),
    "address_in_emply": ConditionWords(
        "the e-mail of a login in Emply is {key}, too", "no free login in Emply has the e-mail {key}"
    ),
    "not_matched_by_key": ConditionWords(
        "M1 to M3 matched nobody", "the user is linked or matched already (M1, M2, M3)"
    ),
    "shares_address": ConditionWords(
        "the user shares {address} with {logins}",
        "no free login in Emply may be the user's by one of the user's addresses",
    ),
    "shares_with_one": ConditionWords(
        "nobody else shares an address with either", "several share an address: {carriers}"
    ),
    "both_clear": ConditionWords(
        "neither of the two was left alone", "one of the two was left alone in M2 or M3 (M4): {carriers}"
    ),
}

RULES = {
    "M1": RuleWords(
        "The link to the login holds, however both users are renamed",
        "No link holds",
        because=("in_entra",),
        otherwise={"in_entra": "The login stays linked to an Entra user that is gone (L5)"},
    ),
    "M2": RuleWords(
        "The users are matched by sign-in name and username",
        "Sign-in name and username match nobody",
        because=("sign_in_name_in_emply",),
    ),
    "M3": RuleWords("The users are matched by e-mail", "The e-mails match nobody", because=("address_in_emply",)),
    "M3b": RuleWords(
        "The users are matched by another address, and a person has to say whether they are the same",
        "Other addresses match nobody",
        because=("shares_address",),
    ),
    "M4": RuleWords("The user is left alone", "The user is not left alone", because=("left_alone",)),
    "M5": RuleWords("This plan records the link", "There is no new link to record", because=("matched",)),
    "M6": RuleWords(
        "The login is external, and nothing of it is changed", "The login is not external", because=("not_linked",)
    ),
}
