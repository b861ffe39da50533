"""The findings that alerts are about, with the plan that they began with. Not here: what each means (`findings`).

Only errors and what could not be read are kept: the other findings are in the frames of their run, and may be of
everybody.
"""

import pandas as pd
from sqlalchemy import ARRAY, Connection, Text, delete, exists, func, literal
from sqlalchemy.dialects.postgresql import insert

from entra_emply import clock
from entra_emply.ledger.tables import standing_findings
from entra_emply.reconciliation.arrays import records
from entra_emply.reconciliation.findings import NOT_READ

_KEY = ["code", "whose"]


def record(connection: Connection, findings: pd.DataFrame, plan_no: int) -> None:
    """Keep the findings of the newest plan: those that stood before go on from their first plan, the others end."""
    found = _watched(findings)
    keys = (literal(found[name].tolist(), ARRAY(Text)) for name in _KEY)  # PostgreSQL takes no list of 9,000 pairs
    now = func.unnest(*keys).table_valued(*_KEY).render_derived()
    stands = exists().where(*(now.c[name] == standing_findings.c[name] for name in _KEY))
    connection.execute(delete(standing_findings).where(~stands))
    if found.empty:
        return
    new = insert(standing_findings)
    changed = {name: new.excluded[name] for name in ("severity", "subject", "object")}
    began = {"plan_no": plan_no, "at": clock.now()}
    rows = [row | began for row in records(found)]
    connection.execute(new.on_conflict_do_update(index_elements=_KEY, set_=changed), rows)


def _watched(findings: pd.DataFrame) -> pd.DataFrame:
    """Errors and what was not read: code, whose (a person's id, else the subject), severity, subject, object."""
    found = findings[(findings["severity"] == "error") | findings["code"].isin(NOT_READ)]
    whose = found["entra_id"].fillna(found["emply_user_id"]).fillna(found["subject"]).fillna("")
    columns = ["code", "whose", "severity", "subject", "object"]
    return found.assign(whose=whose)[columns].drop_duplicates(_KEY)
