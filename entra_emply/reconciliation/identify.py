"""The step that makes `Identities` of inputs: the mapping in force and the join, computed once a run.

How people are matched is `rules.matching`; what the settings mean in ids is `mapping`.
"""

import pandas as pd

from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.mapping import GroupMapping, mapping_of, nothing_configured


def mapping_in_force(inputs: Inputs) -> GroupMapping:
    """The settings in ids; with the integration off (X) nothing is configured. Raises SettingsError (R8, W0)."""
    return mapping_of(inputs) if inputs.settings.enabled else nothing_configured()


def identify(inputs: Inputs, joined: pd.DataFrame | None = None) -> Identities:
    """The identities of these inputs; `joined` is their join where it is known. Raises SettingsError (R8, W0)."""
    mapping = mapping_in_force(inputs)
    return Identities(inputs, mapping, join(inputs, mapping) if joined is None else joined)
