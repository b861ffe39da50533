"""The words of what `--why-not` asks beyond the rules' own conditions."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

RULES: dict[str, RuleWords] = {}

CONDITIONS = {
    "in_giving_group": ConditionWords(
        "the user is in {giving}, which gives {role}",
        "the user is in none of the configured groups that give {role} ({giving:there is none})",
    ),
    "has_named_calendar": ConditionWords(
        "the mailbox has the calendar {calendar}", "the mailbox has no calendar {calendar}"
    ),
    "may_edit_named": ConditionWords(
        "the user may edit the calendar {calendar} in Outlook",
        "the user may not edit the calendar {calendar} in Outlook",
    ),
}
