"""R9: what is remembered of people's groups, and of the roles that these gave, until R4 asks for it.

Not here: which roles somebody has to have (`roles`).
"""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Rows,
    among,
    as_set,
    different,
    different_texts,
    positions,
    take,
    take_numbers,
)
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import not_left_alone, roles_synchronized, without_employee
from entra_emply.reconciliation.rules.lifecycle import gets_or_has_login
from entra_emply.reconciliation.rules.roles import protection_silent
from entra_emply.reconciliation.rules.scope import SCOPE


def _groups(identities: Identities, person: int) -> Values:
    return {"groups": identities.groups_of(person)}


R9 = Rule("R9", (*SCOPE, not_left_alone, gets_or_has_login), (protection_silent,), told=_groups)


def role_states(identities: Identities) -> pd.DataFrame:
    """R9: entra_id, person, group_id, role_id (missing where R4 does not apply) of everybody whose role state changes.

    Whose role action is held or fails is left out by the plan and by applying.
    """
    subject = R9.acts(identities)
    follows = subject & all_hold((roles_synchronized, without_employee), identities)
    person, priority = (identities.memberships[name].to_numpy() for name in ("entra_row", "priority"))
    person, priority = person[subject[person]], priority[subject[person]]
    group_id, role_id = (identities.mapping.groups[column] for column in ("group_id", "role_id"))
    then = identities.role_states.of(subject[identities.role_states.person])

    groups, roles = different_texts(group_id, then.group_ids), different_texts(role_id, then.role_ids)
    new_role = np.where(follows[person], positions(role_id, roles)[priority], -1)
    then_role = take_numbers(positions(then.role_ids, roles), then.role)
    new = _state_keys(person, positions(group_id, groups)[priority], new_role, len(groups), len(roles))
    old = _state_keys(then.person, positions(then.group_ids, groups)[then.group], then_role, len(groups), len(roles))
    changed = as_set(different(as_set(new), as_set(old)) // (max(len(groups), 1) * (len(roles) + 1)))
    ours = among(person, changed)
    return pd.DataFrame(
        {
            "entra_id": take(identities.frame["entra_id"], person[ours]),
            "person": person[ours],
            "group_id": take(group_id, priority[ours]),
            "role_id": take(roles, new_role[ours]),
        }
    )


def _state_keys(person: Rows, group: Rows, role: Rows, groups: int, roles: int) -> Rows:
    return (person * max(groups, 1) + group) * (roles + 1) + role + 1
