"""Graph: the kinds of directory objects, and their properties."""

from collections.abc import Sequence

from sandbox.exchange import Row
from sandbox.graph.call import Call
from sandbox.graph.paging import Kind, Project
from sandbox.graph.permissions import READ_USERS


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


USER = Kind(
    "user",
    known=frozenset(_names(
        "id accountEnabled ageGroup assignedLicenses assignedPlans businessPhones city companyName "
        "consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime "
        "department displayName employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType "
        "externalUserState externalUserStateChangeDateTime faxNumber givenName identities imAddresses "
        "isManagementRestricted isResourceAccount jobTitle lastPasswordChangeDateTime "
        "legalAgeGroupClassification licenseAssignmentStates mail mailNickname mobilePhone officeLocation "
        "onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
        "onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName "
        "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails "
        "passwordPolicies passwordProfile postalCode preferredDataLocation preferredLanguage provisionedPlans "
        "proxyAddresses securityIdentifier serviceProvisioningErrors showInAddressList signInActivity "
        "signInSessionsValidFromDateTime state streetAddress surname usageLocation userPrincipalName userType"
    )),
    default=("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
             "preferredLanguage", "surname", "userPrincipalName", "id"),
    lists=frozenset(_names(
        "assignedLicenses assignedPlans businessPhones identities imAddresses licenseAssignmentStates "
        "onPremisesProvisioningErrors otherMails provisionedPlans proxyAddresses serviceProvisioningErrors"
    )),
)  # fmt: skip

GROUP = Kind(
    "group",
    known=frozenset(_names(
        "id allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification "
        "createdDateTime creationOptions deletedDateTime description displayName expirationDateTime groupTypes "
        "hasMembersWithLicenseErrors infoCatalogs isArchived isAssignableToRole isManagementRestricted "
        "isSubscribedByMail licenseProcessingState mail mailEnabled mailNickname membershipRule "
        "membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName "
        "onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier "
        "onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime "
        "resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier "
        "serviceProvisioningErrors theme uniqueName unseenCount visibility"
    )),
    default=_names(
        "id deletedDateTime classification createdDateTime creationOptions description displayName "
        "expirationDateTime groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule "
        "membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName "
        "onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation "
        "preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions "
        "securityEnabled securityIdentifier theme uniqueName visibility onPremisesProvisioningErrors "
        "serviceProvisioningErrors"
    ),
    lists=frozenset(_names(
        "assignedLabels assignedLicenses creationOptions groupTypes infoCatalogs onPremisesProvisioningErrors "
        "proxyAddresses resourceBehaviorOptions resourceProvisioningOptions serviceProvisioningErrors"
    )),
)  # fmt: skip

ORGANIZATION = Kind(
    "organization",
    known=frozenset(_names(
        "id assignedPlans businessPhones city country countryLetterCode createdDateTime defaultUsageLocation "
        "deletedDateTime displayName marketingNotificationEmails onPremisesLastSyncDateTime "
        "onPremisesSyncEnabled onPremisesSyncStatus partnerTenantType postalCode preferredLanguage "
        "privacyProfile provisionedPlans securityComplianceNotificationMails "
        "securityComplianceNotificationPhones state street technicalNotificationMails tenantType "
        "verifiedDomains"
    )),
    default=_names(
        "id deletedDateTime businessPhones city country countryLetterCode createdDateTime defaultUsageLocation "
        "displayName onPremisesLastSyncDateTime onPremisesSyncEnabled postalCode preferredLanguage state "
        "street technicalNotificationMails tenantType verifiedDomains"
    ),
    lists=frozenset({"assignedPlans", "businessPhones", "provisionedPlans", "technicalNotificationMails",
                     "verifiedDomains"}),
)  # fmt: skip

_OTHER = Kind("directoryObject", frozenset({"id", "displayName"}), ("id", "displayName"), frozenset())


def typed(call: Call) -> Project:
    """A projection for lists of several kinds: each object says its kind and has its kind's properties only.

    Without a permission to read users, of a user only the id is shown.
    """
    users, groups, select = call.entra["users"], call.entra["groups"], call.options.select
    may_read_users = not call.permissions.isdisjoint(READ_USERS)

    def one(row: Row) -> Row:
        kind = USER if row["id"] in users else GROUP if row["id"] in groups else _OTHER
        wanted: Sequence[str] | None = [name for name in select if name in kind.known] if select else None
        if kind is USER and not may_read_users:
            row = {"id": row["id"]}
        declared = row.get("@odata.type", f"#microsoft.graph.{kind.name}")
        return {"@odata.type": declared, **(kind.project([row], wanted)[0] if wanted != [] else {})}

    return lambda rows: [one(row) for row in rows]
