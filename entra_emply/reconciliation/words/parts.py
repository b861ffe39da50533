"""The words of what a rule tells one by one (`rule.Part`): groups, switches, and the fields of users."""

from entra_emply.reconciliation.words.fields import field_name

_EMPLY = ("firstName", "lastName", "jobTitle", "mobilePhone", "email", "username")
_ENTRA = ("givenName", "surname", "displayName", "department")

PARTS = {
    **{field: field_name(field) for field in _EMPLY + _ENTRA},
    "group_joined": "{group} is new since the last reconciliation and gives {role}",
    "group_first": "{group} gives {role}, and the user was never reconciled",
    "group_unmapped": "{group} gives {role}, which was not reconciled before",
    "group_unchanged": "{group} gave {role} before and still does",
    "group_replaced": "{group} gave {old} before and gives {role} now, which replaces it",
    "group_not_replaced": "{group} gave {old} before and gives {role} now, but the user does not have {old}",
    "create_on": "`entra_write_back.create`",
    "update_on": "`entra_write_back.update`",
    "delete_on": "`entra_write_back.delete`",
    "field_changes": "{field} from {before:nothing} to {after}",
    "an_email": "the e-mail {value}",
    "a_username": "the username {value}",
    "is_deactivated": "is deactivated",
    "stays_deactivated": "stays deactivated",
    "by_the_pipeline": "the pipeline itself deactivated the login",
    "by_the_setting": "`reactivate` is `all`",
    "was_in": "at the last reconciliation the user was in {groups}",
    "never_reconciled": "the user was never reconciled, which counts as having been in a group",
    "counts": "counted: {counted}, allowed: {allowed}, of {of}",
    "first_picture": "Emply was never given a picture from Entra",
    "other_picture": "the picture is another than the one that Emply was given last",
    "restores_it": "restores it by itself",
    "changes_it": "changes it",
    "restore_in_entra": "restore the user in Entra",
    "enable_in_entra": "enable the account in Entra",
    "add_to_group": "add the user to a configured group",
    "leave_room_group": "take the user out of the room group",
    "bring_employee_back": "make the employee active in Emply",
    "change_in_entra": "change it in Entra",
    "change_the_groups": "change the user's groups or the mapping of the settings",
}
