"""M of a person: linked, left alone, newly matched, external. What compares is in `comparison` and `sharing`."""

from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Rule
from entra_emply.reconciliation.rules.conditions import EXTERNAL, left_alone, linked, matched, not_linked
from entra_emply.reconciliation.rules.scope import in_entra

M1 = Rule[Identities]("M1", (linked,), (in_entra,))
M4 = Rule[Identities]("M4", (), (left_alone,))
M5 = Rule[Identities]("M5", (in_entra, matched), (not_linked,))
M6 = Rule[Identities]("M6", EXTERNAL[:1], EXTERNAL[1:])
