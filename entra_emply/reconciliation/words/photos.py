"""The words of P."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "profile_pictures": ConditionWords("`profile_pictures` is on", "`profile_pictures` is off"),
    "photos_read": ConditionWords(
        "the pictures in Entra could be read", "nobody's picture in Entra could be read ({code:no answer})"
    ),
    "photo_unreadable": ConditionWords(
        "the service answered {code:nothing} when the picture was asked for", "the user's picture could be asked for"
    ),
    "photo_readable": ConditionWords(
        "the user's picture could be asked for", "the service answered {code:nothing} when the picture was asked for"
    ),
    "photo_in_entra": ConditionWords("the user has a picture in Entra", "the user has no picture in Entra"),
    "no_photo_in_entra": ConditionWords("the user has no picture in Entra", "the user has a picture in Entra"),
    "photo_changed": ConditionWords("{picture}", "Emply was given this picture already"),
    "photo_recorded": ConditionWords("Emply was given a picture before", "Emply was never given a picture from Entra"),
}

RULES = {
    "P1": RuleWords(
        "Emply gets the picture from Entra", "No picture is taken over from Entra", because=("photo_changed",)
    ),
    "P2": RuleWords(
        "The picture from Entra is not taken over: the employee controls the user, and the picture is changed on the "
        "employee's profile in Emply",
        "No employee controls the picture",
        because=("with_employee",),
    ),
    "P3": RuleWords("", "A picture never goes from Emply to Entra"),
    "P4": RuleWords(
        "The picture was removed in Entra, and the one in Emply stays",
        "No picture counts as removed in Entra",
        because=("no_photo_in_entra",),
    ),
    "P5": RuleWords(
        "The picture in Emply stays as it is", "The user's picture is not unreadable", because=("photo_unreadable",)
    ),
}
