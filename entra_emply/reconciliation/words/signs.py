"""The words of S and X."""

from entra_emply.reconciliation.words.phrase import ConditionWords, RuleWords

CONDITIONS = {
    "integration_off": ConditionWords("the integration is off (`enabled: false`)", "the integration is on"),
    "application_set": ConditionWords(
        "`sso.service_principal_id` is set", "single sign-on is not looked at: `sso.service_principal_id` is not set"
    ),
    "application_read": ConditionWords(
        "the application for single sign-on could be read",
        "the application for single sign-on could not be read ({code:no answer})",
    ),
    "assignment_required": ConditionWords(
        "the application requires assignment", "the application requires no assignment"
    ),
    "not_assigned": ConditionWords(
        "neither the user nor a group that they are a direct member of is assigned to the application",
        "the user or one of their groups is assigned to the application",
    ),
    "several_roles": ConditionWords(
        "the groups {groups} give the roles {roles}", "the user's groups give no more than one role ({roles:none})"
    ),
    "in_configured_group": ConditionWords(
        "{they} {are} a configured group of the user", "the user is in none of the configured groups"
    ),
    "in_read_group": ConditionWords(
        "{they} {are} a group of the user", "the user is in none of the groups of the settings"
    ),
    "members_hidden": ConditionWords("Entra hides the members of {them}", "the members of {them} are not hidden"),
    "members_visible": ConditionWords(
        "the application may see hidden members (`Member.Read.Hidden`)",
        "the application may not see hidden members (`Member.Read.Hidden`)",
    ),
    "dynamic": ConditionWords("the membership is dynamic", "the membership is not dynamic"),
    "tenant_has_guests": ConditionWords("the tenant has guests", "the tenant has no guests"),
    "has_group_as_member": ConditionWords("a group is a member of {them}", "no group is a member of {them}"),
    "nested_groups_off": ConditionWords("`nested_groups` is off", "`nested_groups` is on"),
    "has_near_employee": ConditionWords(
        "an employee has the same or nearly the same e-mail, or the same name",
        "no employee who is nobody's has the same or nearly the same e-mail, or the same name",
    ),
    "employee_free": ConditionWords("the employee is nobody's", "the employee belongs to somebody, or is archived"),
}

RULES = {
    "X": RuleWords(
        "Nothing is planned but that calendars that came from Outlook leave Emply; links and what was reconciled stay "
        "remembered",
        "The rules apply",
        because=("integration_off",),
    ),
    "sso_not_assigned": RuleWords(
        "The user cannot sign in to Emply by single sign-on",
        "No assignment for single sign-on is missing",
        because=("assignment_required", "not_assigned"),
    ),
    "dynamic_group_guests": RuleWords(
        "The rule of {names} may leave guests out: look at it",
        "No dynamic group of the user has to be looked at",
        each="The rule of {names} does not have to be looked at",
        because=("dynamic", "tenant_has_guests"),
    ),
    "nested_group_ignored": RuleWords(
        "The members of a group in {names} do not count",
        "No nested group of the user is ignored",
        each="No nested group of {names} is ignored",
        because=("has_group_as_member", "nested_groups_off"),
    ),
    "hidden_membership": RuleWords(
        "Only applications with the permission Member.Read.Hidden see who is in {names}",
        "No group of the user hides its members",
        each="Nothing is to be said of {names}",
        because=("members_hidden", "members_visible"),
    ),
    "multiple_groups_single_role": RuleWords(
        "Of the roles of the groups only the main group's can be given",
        "The user does not miss the role of another group",
        because=("several_roles", "roles_not_synchronized"),
    ),
    "calendar_not_editable": RuleWords(
        "{names} {are} kept out of Emply",
        "No calendar is reported as not editable",
        each="{names} {are} not reported as not editable",
        because=("may_not_edit",),
    ),
    "email_nearly_matches": RuleWords(
        "{names} may be the same person: if so, give both the same e-mail",
        "No employee is nearly this user",
        each="{names} {are} not taken for the user",
        because=("has_near_employee",),
    ),
}
