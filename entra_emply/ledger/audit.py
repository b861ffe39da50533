"""The console's audit trail: who looked up whom, and who decided what there. Never what they saw."""

from typing import Literal

from sqlalchemy import Connection, insert

from entra_emply import clock
from entra_emply.ledger.tables import console_audit

Did = Literal["looked_up", "approved", "refused", "released", "undid", "withdrew"]


def record(connection: Connection, *, by: str, did: Did, about: str) -> None:
    """Add a line. `about` is an id: of a person, a plan or an action."""
    connection.execute(insert(console_audit).values(at=clock.now(), by=by, did=did, about=about))
