"""Inputs as they will be once some logins were changed: what the rules would say then. Nothing is decided here."""

from dataclasses import replace

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import as_set, positions
from entra_emply.reconciliation.inputs import Inputs

COLUMNS = {
    "active": "active",
    "roleIds": "role_ids",
    "firstName": "first_name",
    "lastName": "last_name",
    "jobTitle": "job_title",
    "mobilePhone": "mobile_phone",
    "email": "email",
    "username": "username",
}
"""Emply's fields that actions change, by the column of Emply's users."""


def with_logins_changed(inputs: Inputs, changes: pd.DataFrame) -> Inputs:
    """The same inputs after `changes` (emply_user_id, field, value), made one after the other.

    A login that is not there and a field that is no column stay as they are. The rows keep their places.
    """
    users = inputs.emply_users
    row = positions(changes["emply_user_id"].astype("str"), users["emply_user_id"])
    known = (row >= 0) & changes["field"].isin(COLUMNS).to_numpy(dtype=bool)
    if not known.any():
        return inputs
    changed = as_set(row[known])
    of, made = users.take(changed), changes[known].assign(place=np.searchsorted(changed, row[known]))
    for field, some in made.groupby("field"):
        column = COLUMNS[str(field)]
        values = of[column].tolist()
        for place, value in zip(some["place"], some["value"], strict=True):
            values[place] = value
        of = of.assign(**{column: pd.Series(values, index=of.index, dtype=users[column].dtype)})
    order = np.arange(len(users))
    order[changed] = len(users) + np.arange(len(changed))
    return replace(inputs, emply_users=pd.concat([users, of]).take(order).set_axis(users.index))
